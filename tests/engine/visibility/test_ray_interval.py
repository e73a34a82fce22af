"""Depth masks and silhouettes against Open3D's instance maps of a furnished corner."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from tests.support.ray_cast_corner import Corner, View, block, camera_at, ray_cast, scene_of

SETTINGS = VisibilitySettings()


def overlap(mask, truth) -> float:
    return (mask & truth).sum() / (mask | truth).sum()


def overlaps(corner: Corner, view: View, depth) -> dict[str, float]:
    """IoU of each truly visible object's depth mask with its pixels."""
    masks = depth_masks(view.camera, depth, corner.boxes, SETTINGS)
    return {corner.tags[i]: overlap(masks[i], view.instance == i) for i in np.flatnonzero(view.truly_visible())}


@pytest.mark.parametrize("number", [0, 1])
def test_masks_are_the_objects_pixels(corner, number):
    view = corner.views[number]
    found = overlaps(corner, view, view.depth)
    assert len(found) >= 6
    assert min(found.values()) >= 0.85, found
    assert np.mean(list(found.values())) >= 0.95, found


def test_masks_hold_up_under_a_sensors_noise(corner):
    view = corner.views[0]
    noise = np.random.default_rng(0).normal(size=view.depth.shape) * 0.0025 * view.depth**2
    found = overlaps(corner, view, np.where(view.depth > 0, view.depth + noise, 0).astype(np.float32))
    assert np.mean(list(found.values())) >= 0.85, found


def test_masks_are_disjoint_and_a_hidden_object_has_none(corner):
    for view in corner.views:
        masks = depth_masks(view.camera, view.depth, corner.boxes, SETTINGS)
        assert masks.sum(0).max() == 1
        assert not masks[corner.index("hidden bin")].any()


def test_no_depth_gives_no_mask_and_specks_are_removed(corner):
    view, mug = corner.views[0], corner.index("mug")
    depth = np.where(view.instance == mug, 0, view.depth)
    assert not depth_masks(view.camera, depth, corner.boxes, SETTINGS)[mug].any()
    v, u = np.argwhere(view.instance == mug)[40]
    depth[v : v + 3, u : u + 3] = view.depth[v : v + 3, u : u + 3]
    assert not depth_masks(view.camera, depth, corner.boxes, SETTINGS)[mug].any()


def test_masks_do_not_change_when_the_world_is_turned(corner):
    view, turn = corner.views[1], np.eye(4)
    turn[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    turn[:3, 3] = [3, -1, 0.5]
    camera = type(view.camera)(640, 480, view.camera.intrinsics, turn @ view.camera.world_from_camera)
    before = depth_masks(view.camera, view.depth, corner.boxes, SETTINGS)
    after = depth_masks(camera, view.depth, corner.boxes.transformed(turn), SETTINGS)
    assert (before != after).sum() <= 1e-4 * before.sum()


def test_silhouette_is_the_solid_boxs_shadow(corner):
    camera = camera_at((0.5, -1.0, 1.0), (0.0, 1.0, 0.4), 160, 120)
    for low, high in (((-0.4, 0.5, 0.0), (0.4, 1.0, 0.6)), ((-0.5, -1.5, 0.2), (0.6, 0.8, 0.5))):
        solid = np.isfinite(ray_cast(scene_of(block(low, high)), camera)["t_hit"])
        box = Boxes.from_rpy(np.add(low, high) / 2, np.subtract(high, low), [0, 0, 0])
        assert overlap(silhouette_mask(camera, box), solid) > 0.999


def test_a_box_that_projects_between_all_pixels_has_an_empty_mask():
    camera = Camera(640, 480, np.array([500.0, 500.0, 319.5, 239.5]), np.eye(4))
    speck = Boxes.from_rpy([[0.0, 0.004, 2.0]], [[0.0005, 0.0005, 0.0005]], np.zeros((1, 3)))
    assert not depth_masks(camera, np.full((480, 640), 2.0, np.float32), speck, SETTINGS).any()
