"""Whose a pixel is that lies in several boxes."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.frustum import Views
from openspatial_assets.engine.visibility.ownership import LocalBoxes, SeenPixels, owned
from tests.support.ray_cast_corner import camera_at

CAMERA = camera_at((0.0, -2.0, 1.5), (0.0, 0.0, 0.7), 160, 120)
UP, FORWARD = (0, 0, 1), (0, 1, 0)
TABLE = ([0, 0, 0.37], [1.4, 0.8, 0.74])
CHAIR = ([0.1, -0.4, 0.43], [0.45, 0.45, 0.86])
MUG = ([0.2, 0.1, 0.79], [0.1, 0.1, 0.1])


def owner(point, normal, *boxes) -> int:
    """The place of the box that owns a point of a surface."""
    centers, extents = zip(*boxes, strict=True)
    all_boxes, every = Boxes.from_rpy(centers, extents, np.zeros((len(boxes), 3))), np.arange(len(boxes))
    seen = LocalBoxes.seen_from(Views.of([CAMERA]), all_boxes, np.zeros(len(boxes), int), every)
    points = np.tile(CAMERA.camera_from_world(point)[:, None], len(boxes)).astype(np.float32)
    normals = np.tile((CAMERA.rotation.T @ normal)[:, None], len(boxes)).astype(np.float32)
    return int(np.flatnonzero(owned(seen, seen.local(points, every), normals, np.zeros(len(boxes), int), every)).item())


def test_a_table_keeps_its_top_where_it_cuts_through_a_chairs_box():
    assert owner([0.1, -0.3, 0.74], UP, CHAIR, TABLE) == 1


def test_a_chair_keeps_its_seat_under_the_table():
    assert owner([0.1, -0.3, 0.45], UP, CHAIR, TABLE) == 0


def test_a_mug_keeps_its_side_but_not_the_table_around_its_foot():
    assert owner([0.2, 0.05, 0.75], FORWARD, TABLE, MUG) == 1
    assert owner([0.24, 0.06, 0.742], UP, TABLE, MUG) == 0


def test_of_two_books_in_a_row_the_one_that_holds_the_pixel_owns_it():
    books = ([0.0, 0, 1.0], [0.03, 0.2, 0.25]), ([0.03, 0, 1.0], [0.035, 0.2, 0.25])
    assert owner([0.035, -0.1, 1.0], FORWARD, *books) == 1


def test_without_a_surface_the_smallest_box_owns_a_pixel():
    assert owner([0.1, -0.3, 0.6], FORWARD, TABLE, CHAIR) == 1


@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (0.0, 0.6, -0.8), (0.5, 0.5, -0.7071)])
def test_normals_of_a_plane_are_exact(normal):
    plane = np.array(normal)
    u, v = np.meshgrid(np.arange(CAMERA.width), np.arange(CAMERA.height))
    fx, fy, cx, cy = CAMERA.intrinsics
    rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(u.shape)])
    depth = (plane @ [0, 0, 2.0] / np.einsum("i,ihw->hw", plane, rays)).astype(np.float32)
    assert depth.min() > 0
    normals = SeenPixels.of(CAMERA, DepthImage(depth), np.arange(depth.size)).normals()
    assert np.abs(plane @ normals).min() > 0.9999


def test_normals_do_not_cross_an_edge_and_are_zero_where_depth_is_alone():
    depth = np.full((120, 160), 2.0, np.float32)
    depth[:, 80:] = 3.0
    normals = SeenPixels.of(CAMERA, DepthImage(depth), np.arange(depth.size)).normals()
    assert np.abs(normals[2]).min() > 0.9999
    alone = np.zeros((120, 160), np.float32)
    alone[60, 80] = 2.0
    assert not SeenPixels.of(CAMERA, DepthImage(alone), np.array([60 * 160 + 80])).normals().any()
