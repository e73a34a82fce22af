"""The camera against OpenCV's projection, and its laws."""

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.cameras import Camera


@pytest.fixture
def camera() -> Camera:
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = Rotation.from_euler("xyz", [-1.9, 0.2, 0.7]).as_matrix()
    world_from_camera[:3, 3] = [1.0, -2.0, 1.5]
    return Camera(640, 480, np.array([520.0, 510.0, 322.5, 236.0]), world_from_camera)


def test_projection_is_opencvs(camera):
    points = camera.world_points(np.random.default_rng(0).uniform([-2, -2, 0.5], [2, 2, 6], (50, 3)))
    fx, fy, cx, cy = camera.intrinsics
    camera_from_world = np.linalg.inv(camera.world_from_camera)
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    expected, _ = cv2.projectPoints(
        points, cv2.Rodrigues(camera_from_world[:3, :3])[0], camera_from_world[:3, 3], matrix, None
    )
    pixels, depth = camera.project(points)
    assert np.allclose(pixels, expected[:, 0])
    assert np.allclose(depth, (points - camera.center) @ camera.rotation[:, 2])


def test_projecting_then_back_projecting_is_the_identity(camera):
    points = camera.world_points(np.random.default_rng(1).uniform([-2, -2, 0.5], [2, 2, 6], (4, 5, 3)))
    assert np.allclose(camera.back_project(*camera.project(points)), points)
    assert np.allclose(camera.world_points(camera.camera_from_world(points)), points)


def test_field_of_view_reaches_from_edge_to_edge_of_the_image(camera):
    edges = camera.back_project(np.array([[-0.5, 236.0], [639.5, 236.0]]), np.ones(2)) - camera.center
    angle = np.arccos(np.prod(1 / np.linalg.norm(edges, axis=1)) * (edges[0] @ edges[1]))
    assert camera.horizontal_fov == pytest.approx(angle)
