"""Outlines on the floor, and the ends of straight walks towards them, against Shapely's distances."""

import numpy as np
import pytest
import shapely

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.footprints import entry_shares, footprints, outline_points


def random_boxes(count: int, seed: int) -> Boxes:
    rng = np.random.default_rng(seed)
    tilts = np.where(rng.random((count, 1)) < 0.5, rng.uniform(-0.6, 0.6, (count, 2)), 0.0)
    rpy = np.concatenate([tilts, rng.uniform(-np.pi, np.pi, (count, 1))], axis=1)
    return Boxes.from_rpy(rng.uniform(-2, 2, (count, 3)), rng.uniform(0.02, 1.5, (count, 3)), rpy)


def test_outlines_are_the_polygons_counter_clockwise():
    polygons = footprints(random_boxes(50, 0))
    outlines = outline_points(polygons)
    rings = [shapely.Polygon(points) for points in outlines]
    assert shapely.equals(shapely.normalize(np.array(rings)), polygons).all()
    assert all(ring.exterior.is_ccw for ring in rings)


@pytest.mark.parametrize("distance", [0.05, 0.4, 1.0])
def test_a_walk_ends_at_the_distance(distance):
    boxes, rng = random_boxes(400, 1), np.random.default_rng(2)
    polygons, centers = footprints(boxes), boxes.centers[:, :2]
    starts = centers + rng.uniform(-3, 3, (400, 2))
    shares = entry_shares(starts, centers, outline_points(polygons), distance)
    ends = shapely.points(starts + shares[:, None] * (centers - starts))
    begins_near = shapely.distance(shapely.points(starts), polygons) <= distance
    assert begins_near.any()
    assert not begins_near.all()
    np.testing.assert_array_equal(shares == 0, begins_near)
    np.testing.assert_allclose(shapely.distance(ends, polygons)[~begins_near], distance, atol=1e-9)
    ways = shapely.linestrings(np.stack([starts, shapely.get_coordinates(ends)], axis=1))
    np.testing.assert_allclose(shapely.distance(ways, polygons)[~begins_near], distance, atol=1e-9)


def test_a_walk_towards_a_corner_and_towards_an_edge():
    square = np.array([[[-1.0, -1.0], [1, -1], [1, 1], [-1, 1]]] * 3)
    starts, ends = np.array([[5.0, 0], [5, 5], [0, 0.5]]), np.zeros((3, 2))
    shares = entry_shares(starts, ends, square, 0.5)
    lengths = shares * np.linalg.norm(starts, axis=1)
    np.testing.assert_allclose(lengths, [3.5, 4 * 2**0.5 - 0.5, 0])


def test_a_walk_that_passes_by_never_comes_near():
    square = np.array([[[-1.0, -1.0], [1, -1], [1, 1], [-1, 1]]])
    assert entry_shares(np.array([[5.0, 2]]), np.array([[-5.0, 2]]), square, 0.5)[0] == np.inf
    assert entry_shares(np.array([[5.0, 1.4]]), np.array([[-5.0, 1.4]]), square, 0.5)[0] < 0.5
