"""Turns, shifts and common points of cameras: held against SciPy, and against directions worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.camera_motion import (
    around,
    nearest_to_axes,
    rotation_vector,
    second_from_first,
)

SEEDS = st.integers(0, 10_000)


@given(seed=SEEDS, scale=st.sampled_from([1e-9, 1e-4, 1.0]))
def test_rotation_vectors_are_scipys(seed, scale):
    turns = Rotation.from_rotvec(scale * np.random.default_rng(seed).normal(size=(20, 3)))
    np.testing.assert_allclose(rotation_vector(turns.as_matrix()), turns.as_rotvec(), atol=1e-9)


@given(seed=SEEDS)
def test_half_turns_keep_their_axis(seed):
    axes = np.random.default_rng(seed).normal(size=(20, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    for short in (0.0, 1e-10, 1e-6):
        found = rotation_vector(Rotation.from_rotvec((np.pi - short) * axes).as_matrix())
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.pi - short, atol=1e-7)
        np.testing.assert_allclose(np.abs((found * axes).sum(axis=1)), np.pi - short, atol=1e-6)
    assert rotation_vector(np.eye(3)).tolist() == [0.0, 0.0, 0.0]


def pose(turn: Rotation, center) -> np.ndarray:
    made = np.eye(4)
    made[:3, :3], made[:3, 3] = turn.as_matrix(), center
    return made


NORTH = Rotation.from_matrix([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
"""A camera that looks along world y, upright: its right is world x, its down is world -z."""


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (Rotation.from_euler("z", -30, degrees=True), (0, 30, 0)),  # to the east: to its right
        (Rotation.from_euler("z", 30, degrees=True), (0, -30, 0)),
        (Rotation.from_euler("x", 20, degrees=True), (20, 0, 0)),  # from the horizon towards the zenith: up
        (Rotation.from_euler("y", 10, degrees=True), (0, 0, 10)),  # its right side sinks: clockwise
    ],
)
def test_the_signs_of_turns(turn, expected):
    found, shift = second_from_first(pose(NORTH, (1, 2, 3)), pose(turn * NORTH, (1, 2, 3)))
    np.testing.assert_allclose(np.degrees(found), expected, atol=1e-9)
    np.testing.assert_allclose(shift, 0, atol=1e-12)


def test_the_signs_of_shifts_are_those_of_the_first_camera():
    shift = second_from_first(pose(NORTH, (1, 1, 1)), pose(Rotation.random(rng=0), (2, 5, 0)))[1]
    np.testing.assert_allclose(shift, (1, 1, 4))  # 1 m to the right, 1 m down, 4 m forward


@given(seed=SEEDS)
def test_going_back_undoes_the_motion(seed):
    rng = np.random.default_rng(seed)
    a, b = (pose(Rotation.random(rng=rng), rng.normal(size=3)) for _ in range(2))
    turn, shift = second_from_first(a, b)
    back, shift_back = second_from_first(b, a)
    np.testing.assert_allclose(back, -turn, atol=1e-6)
    np.testing.assert_allclose(Rotation.from_rotvec(turn).apply(shift_back), -shift, atol=1e-9)
    moved = a @ pose(Rotation.from_rotvec(turn), shift)
    np.testing.assert_allclose(moved, b, atol=1e-9)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@given(seed=SEEDS, count=st.integers(2, 5))
def test_the_point_nearest_to_axes_is_the_least_squares_one(seed, count):
    rng = np.random.default_rng(seed)
    centers, forwards = rng.normal(size=(count, 3)) + 100.0, unit(rng.normal(size=(count, 3)))
    filled = [np.concatenate([part, rng.normal(size=(2, 3))]) for part in (centers, forwards)]
    point, spread = nearest_to_axes(*filled, np.arange(count + 2) < count)

    def offsets(p):
        return np.cross(p - centers, forwards).ravel()

    best = least_squares(offsets, centers.mean(axis=0), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert np.linalg.norm(offsets(point)) <= np.linalg.norm(offsets(best.x)) + 1e-9
    assert spread == pytest.approx(1 - np.linalg.eigvalsh(forwards.T @ forwards)[-1] / count, abs=1e-9)


def test_axes_that_meet_and_parallel_ones():
    centers = np.array([[3.0, 0, 1], [0, 3, 1], [-3, 0, 1]])
    point, spread = nearest_to_axes(centers, unit([1, 1, 1] - centers), [1, 1, 1])
    np.testing.assert_allclose(point, (1, 1, 1))
    assert spread > 0.2
    point, spread = nearest_to_axes(centers, np.tile([0.0, 1, 0], (3, 1)), [1, 1, 1])
    assert spread == 0
    np.testing.assert_allclose(point, centers.mean(axis=0))


def test_bearings_go_counterclockwise_from_east_and_aims_tell_where_a_camera_looks():
    point = np.array([1.0, 1.0, 0.0])
    centers = np.array([[2, 0, 1], [0, 2, 1], [-2, 0, 1], [0, -2, 0]]) + point
    forwards = unit(np.array([[-2.0, 0, -1], [0, -2, 0], [-1, 0, 0], [0, 1, 1]]))
    bearing, distance, aim = around(centers, forwards, point)
    np.testing.assert_allclose(np.degrees(bearing), (0, 90, 180, -90), atol=1e-9)
    np.testing.assert_allclose(distance, 2)
    np.testing.assert_allclose(np.degrees(aim), (0, np.degrees(np.arctan(0.5)), 180 - np.degrees(np.arctan(0.5)), 45),
                               atol=1e-5)  # fmt: skip
