import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.geometry.fitting import MAX_POINTS, minimum_area_yaw, tail_bounds, yaw_box


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Points `(n, 3)` turned about world Z."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]).T


def same_direction(a: float, b: float) -> bool:
    return abs(np.sin(a - b)) < 1e-6


def surface(rng: np.random.Generator, extents: tuple[float, float, float], count: int = 4000) -> np.ndarray:
    """Points on the faces of a box about the origin, its corners among them."""
    points = rng.uniform(-0.5, 0.5, (count, 3))
    points[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-0.5, 0.5], count)
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    return np.concatenate([points, corners]) * extents


@given(st.floats(-4, 4), st.integers(0, 2**31))
def test_a_box_is_found_again_whatever_its_yaw(angle: float, seed: int) -> None:
    cloud = turned(surface(np.random.default_rng(seed), (1.6, 0.7, 0.9)), angle)
    center, extents, rpy = yaw_box(cloud + np.array((3.0, -2.0, 0.5)), 0.0, 0.01)
    np.testing.assert_allclose(extents, (1.6, 0.7, 0.9), atol=1e-6)
    np.testing.assert_allclose(center, (3.0, -2.0, 0.5), atol=1e-6)
    assert rpy[0] == rpy[1] == 0.0
    assert -np.pi / 2 < rpy[2] <= np.pi / 2
    assert same_direction(rpy[2], angle)


@given(st.integers(0, 2**31), st.integers(3, 40))
def test_no_other_direction_gives_a_smaller_rectangle(seed: int, count: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, 2))

    def area(angle: float) -> float:
        along, across = points @ (np.cos(angle), np.sin(angle)), points @ (-np.sin(angle), np.cos(angle))
        return np.ptp(along) * np.ptp(across)

    assert area(minimum_area_yaw(points)) <= min(area(angle) for angle in np.linspace(0, np.pi, 181)) + 1e-6


def test_a_fit_turns_with_the_cloud_also_when_trimmed() -> None:
    rng = np.random.default_rng(3)
    cloud = rng.normal(size=(900, 3)) * (1.0, 0.4, 0.2)
    center, extents, rpy = yaw_box(cloud, 2.0, 0.01)
    other_center, other_extents, other_rpy = yaw_box(turned(cloud, 0.7), 2.0, 0.01)
    np.testing.assert_allclose(other_extents, extents, atol=1e-9)
    np.testing.assert_allclose(other_center, turned(center[None], 0.7)[0], atol=1e-9)
    assert same_direction(other_rpy[2], rpy[2] + 0.7)


def test_strays_move_neither_direction_nor_size() -> None:
    rng = np.random.default_rng(5)
    cloud = turned(surface(rng, (1.6, 0.7, 0.9)), 0.4)
    strays = rng.uniform(-6, 6, (20, 3))
    _, extents, rpy = yaw_box(np.concatenate([cloud, strays]), 1.0, 0.01)
    np.testing.assert_allclose(extents, (1.6, 0.7, 0.9), atol=0.06)
    assert abs(rpy[2] - 0.4) < 0.05


@pytest.mark.parametrize(
    ("points", "extents", "yaw"),
    [
        ([(1.0, 2.0, 3.0)], (0.01, 0.01, 0.01), 0.0),
        ([(1.0, 2.0, 3.0)] * 7, (0.01, 0.01, 0.01), 0.0),
        ([(0.0, 0.0, 0.0), (1.0, 1.0, 0.0)], (np.sqrt(2), 0.01, 0.01), np.pi / 4),
        ([(0.0, 0.0, z / 10) for z in range(11)], (0.01, 0.01, 1.0), 0.0),
        ([(x / 10, x / 10, 0.0) for x in range(11)], (np.sqrt(2), 0.01, 0.01), np.pi / 4),
    ],
    ids=["one point", "one point seven times", "two points", "an upright line", "a line on the floor"],
)
def test_too_few_points_for_a_volume_still_give_a_box(points, extents, yaw) -> None:
    center, fitted, rpy = yaw_box(points, 1.0, 0.01)
    np.testing.assert_allclose(fitted, extents, atol=1e-6)
    np.testing.assert_allclose(center, np.mean(points, axis=0), atol=1e-6)
    assert same_direction(rpy[2], yaw) or extents[0] == extents[1]


def test_no_point_gives_no_box() -> None:
    with pytest.raises(ValueError, match="no points"):
        yaw_box(np.zeros((0, 3)), 1.0, 0.01)


def test_many_points_are_thinned_without_a_change_of_the_box() -> None:
    cloud = np.random.default_rng(1).uniform(-0.5, 0.5, (20 * MAX_POINTS, 3)) * (2.0, 1.0, 0.5)
    _, extents, _ = yaw_box(cloud, 1.0, 0.01)
    np.testing.assert_allclose(extents, np.array((2.0, 1.0, 0.5)) * 0.98, rtol=0.02)


def test_tails_are_whole_values_rounded_down() -> None:
    assert tail_bounds(np.arange(99.0), 1.0) == (0.0, 98.0)
    assert tail_bounds(np.arange(100.0), 1.0) == (1.0, 98.0)
    assert tail_bounds(np.arange(3.0), 50.0) == (1.0, 1.0)
