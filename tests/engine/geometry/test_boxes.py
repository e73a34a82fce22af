"""Boxes against SciPy's linear programming and quadratic minimisation, and the laws of distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, lsq_linear
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.boxes import (
    EDGES,
    FACES,
    Boxes,
    box_distance,
    boxes_overlap,
    point_box_distance,
    world_dimensions,
)

seeds = st.integers(0, 2**32 - 1)


def random_boxes(seed: int, number: int, spread: float = 1.0) -> Boxes:
    rng = np.random.default_rng(seed)
    return Boxes.from_rpy(
        rng.uniform(-spread, spread, (number, 3)),
        rng.uniform(0.05, 1.5, (number, 3)),
        rng.uniform(-np.pi, np.pi, (number, 3)),
    )


def rigid(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    transform = np.eye(4)
    transform[:3, :3] = Rotation.random(random_state=seed % 2**32).as_matrix()
    transform[:3, 3] = rng.uniform(-3, 3, 3)
    return transform


def distance_by_least_squares(a: Boxes, b: Boxes) -> float:
    """The closest points a.c + A x and b.c + B y with bounded local coordinates x, y, as one bounded least squares."""
    found = lsq_linear(
        np.hstack([a.rotations, -b.rotations]),
        b.centers - a.centers,
        bounds=(-np.r_[a.extents, b.extents] / 2, np.r_[a.extents, b.extents] / 2),
        method="bvls",
        tol=1e-14,
    )
    return float(np.sqrt(2 * found.cost))


def test_corners_edges_and_faces_make_a_solid_box():
    box = random_boxes(3, 1)[0]
    hull = ConvexHull(box.corners)
    assert hull.volume == pytest.approx(box.volumes)
    sides = np.linalg.norm(box.corners[EDGES[:, 0]] - box.corners[EDGES[:, 1]], axis=1)
    assert np.allclose(sides.reshape(3, 4), box.extents[:, None])
    for axis, (first, second) in enumerate(FACES.reshape(3, 2, 4)):
        for sign, face in ((-1, first), (1, second)):
            quad = box.corners[face]
            outward = np.cross(quad[1] - quad[0], quad[2] - quad[1])
            assert np.allclose(outward / np.linalg.norm(outward), sign * box.rotations[:, axis])


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_distance_agrees_with_least_squares(seed):
    a, b = random_boxes(seed, 1, spread=1.5)[0], random_boxes(seed + 1, 1, spread=1.5)[0]
    assert box_distance(a, b) == pytest.approx(distance_by_least_squares(a, b), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_overlap_agrees_with_linear_programming(seed):
    a, b = random_boxes(seed, 1)[0], random_boxes(seed + 1, 1)[0]
    faces = np.vstack([a.rotations.T, -a.rotations.T, b.rotations.T, -b.rotations.T])
    reach = np.r_[np.tile(a.extents / 2, 2), np.tile(b.extents / 2, 2)]
    bounds = reach + (faces * np.repeat([a.centers, b.centers], 6, axis=0)).sum(1)
    feasible = linprog(np.zeros(3), A_ub=faces, b_ub=bounds, bounds=(None, None)).status == 0
    assert bool(boxes_overlap(a, b)) == feasible


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_distance_is_symmetric_and_the_same_in_every_frame(seed):
    a, b = random_boxes(seed, 6, spread=2), random_boxes(seed + 1, 6, spread=2)
    distance, moved = box_distance(a, b), rigid(seed)
    assert np.allclose(distance, box_distance(b, a))
    assert np.allclose(distance, box_distance(a.transformed(moved), b.transformed(moved)), atol=1e-9)


def test_boxes_that_touch_are_at_distance_zero():
    a = Boxes.from_rpy([0, 0, 0], [1, 1, 1], [0, 0, 0])
    beside = Boxes.from_rpy([1, 0.3, 0], [1, 1, 1], [0, 0, 0])
    inside = Boxes.from_rpy([0.1, 0, 0], [0.2, 0.2, 0.2], [0.4, 0, 1])
    apart = Boxes.from_rpy([1.25, 0, 0], [1, 1, 1], [0, 0, 0])
    assert box_distance(a, beside) == 0
    assert box_distance(a, inside) == 0
    assert box_distance(a, apart) == pytest.approx(0.25)


def test_point_distance_is_zero_inside_and_to_the_nearest_face_edge_or_corner_outside():
    box = Boxes.from_rpy([1, 2, 3], [2, 2, 2], [0, 0, np.pi / 4])
    out = np.array([np.cos(np.pi / 4), np.sin(np.pi / 4), 0])
    points = box.centers + np.array([[0, 0, 0.9], 3 * out, [0, 0, 1.5], [0, np.sqrt(2) + 0.5, 1 + 1.2]])
    assert np.allclose(point_box_distance(points, box), [0, 2, 0.5, 1.3])


def test_dimensions_follow_the_world_not_the_order_of_the_axes():
    standing = Boxes.from_rpy([0, 0, 0], [0.4, 0.9, 2.0], [0, 0, 0.3])
    lying = Boxes.from_rpy([0, 0, 0], [2.0, 0.4, 0.9], [0, np.pi / 2, 0.3])
    assert np.allclose(world_dimensions(standing), [0.9, 0.4, 2.0])
    assert np.allclose(world_dimensions(lying), [0.9, 0.4, 2.0])
