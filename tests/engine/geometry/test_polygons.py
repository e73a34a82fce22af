"""Outlines of projected boxes against SciPy's convex hulls and against counted pixels."""

import numpy as np
import pytest
import shapely
from scipy.spatial import ConvexHull

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.polygons import NEAR_M, inside_image, near_clipped, outlines

INTRINSICS = np.array([500.0, 500.0, 319.5, 239.5])
SIZE = np.array([640, 480])


def test_outline_is_the_hull_of_the_projected_corners():
    rng = np.random.default_rng(0)
    boxes = Boxes.from_rpy(
        rng.uniform([-1, -1, 3], [1, 1, 5], (20, 3)), rng.uniform(0.1, 1, (20, 3)), rng.uniform(-3, 3, (20, 3))
    )
    areas = shapely.area(outlines(boxes.corners, np.tile(INTRINSICS, (20, 1))))
    for corners, area in zip(boxes.corners, areas, strict=True):
        pixels = INTRINSICS[:2] * corners[:, :2] / corners[:, 2:] + INTRINSICS[2:]
        assert area == pytest.approx(ConvexHull(pixels).volume)


def test_a_box_through_the_near_plane_is_cut_there():
    crossing = Boxes.from_rpy([[0.0, 0.0, 1.0]], [[0.4, 0.4, 4.0]], [[0.0, 0.0, 0.0]])
    points = near_clipped(crossing.corners)[0]
    assert points[:, 2].min() == pytest.approx(NEAR_M)
    assert ConvexHull(points).volume == pytest.approx(0.4 * 0.4 * (3.0 - NEAR_M))
    behind = Boxes.from_rpy([[0.0, 0.0, -3.0]], [[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]])
    assert outlines(behind.corners, INTRINSICS[None])[0].is_empty


def test_part_inside_the_image_is_what_the_pixels_say():
    box = Boxes.from_rpy([[1.0, 0.7, 2.0]], [[0.8, 0.6, 0.5]], [[0.3, 0.5, 0.7]])
    outline = outlines(box.corners, INTRINSICS[None])
    inside = inside_image(outline, SIZE[None])[0]
    u, v = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    pixels = shapely.contains_xy(outline[0], u.ravel(), v.ravel()).sum()
    assert 0 < inside.area < outline[0].area
    assert inside.area == pytest.approx(pixels, rel=0.01)
