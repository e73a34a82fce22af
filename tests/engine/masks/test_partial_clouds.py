import numpy as np
import pytest

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy
from openspatial_assets.engine.masks.partial_clouds import cropped, depth_quartiles, visible_cloud
from openspatial_assets.engine.masks.regions import window_of


@pytest.fixture
def camera() -> Camera:
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3], world_from_camera[:3, 3] = matrix_from_rpy([-1.9, 0.1, 0.4]), (1.0, 2.0, 1.5)
    return Camera(40, 30, np.array([35.0, 36.0, 19.2, 14.7]), world_from_camera)


def test_quartiles_leave_out_the_rim_and_pixels_without_depth() -> None:
    mask, depth = np.zeros((20, 20), bool), np.full((20, 20), 9.0, np.float32)
    mask[5:15, 5:15] = True
    depth[8:12, 8:12] = np.linspace(1, 2, 16).reshape(4, 4)
    depth[8, 8] = 0.0
    expected = np.percentile(depth[8:12, 8:12].ravel()[1:], [25, 50, 75])
    np.testing.assert_allclose(depth_quartiles(depth, mask, 3), expected, rtol=1e-6)


def test_quartiles_of_a_thin_mask_are_those_of_all_of_it() -> None:
    mask, depth = np.zeros((20, 20), bool), np.full((20, 20), 3.0, np.float32)
    mask[10] = True
    np.testing.assert_allclose(depth_quartiles(depth, mask, 3), 3.0)


def test_no_depth_has_no_quartiles() -> None:
    assert depth_quartiles(np.zeros((5, 5), np.float32), np.ones((5, 5), bool), 0) is None


def test_the_cloud_of_a_plane_lies_on_it_and_projects_back_to_the_mask(camera: Camera) -> None:
    normal, offset = np.array([0.1, -0.2, 1.0]), 2.5
    v, u = np.mgrid[:30, :40]
    rays = np.stack([(u - 19.2) / 35.0, (v - 14.7) / 36.0, np.ones(u.shape)], axis=-1)
    depth = (offset / (rays @ normal)).astype(np.float32)
    mask = (u > 10) & (u < 30) & (v > 5)
    depth[10, 20] = 0.0
    cloud = visible_cloud(camera, depth, mask, 0.0)
    assert len(cloud) == mask.sum() - 1
    np.testing.assert_allclose(camera.camera_from_world(cloud) @ normal, offset, atol=1e-5)
    pixels = camera.project(cloud)[0].round().astype(int)
    assert mask[pixels[:, 1], pixels[:, 0]].all()
    window = window_of(mask, 1)
    np.testing.assert_allclose(visible_cloud(cropped(camera, window), depth[window], mask[window], 0.0), cloud)


def test_depths_far_off_are_trimmed(camera: Camera) -> None:
    depth = np.full((30, 40), 2.0, np.float32)
    depth[0, :6], depth[1, :6] = 9.0, 0.2
    cloud = visible_cloud(camera, depth, np.ones((30, 40), bool), 1.0)
    assert len(cloud) == 30 * 40 - 12
    np.testing.assert_allclose(camera.camera_from_world(cloud)[:, 2], 2.0, atol=1e-6)


def test_an_empty_cloud_is_no_error(camera: Camera) -> None:
    assert visible_cloud(camera, np.zeros((30, 40), np.float32), np.ones((30, 40), bool), 1.0).shape == (0, 3)
