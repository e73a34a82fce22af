"""What depth makes certain of a table, a mug on it and a crate, against the instances that were rendered."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import (
    DepthView,
    Trimap,
    owners_of,
    trimap_of,
)
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from tests.support import desk

FULL_SIZE = MaskSettings(grabcut_max_pixels=desk.WIDTH * desk.HEIGHT)


def seen(
    view: desk.View, depth: np.ndarray, settings: MaskSettings = FULL_SIZE, boxes: Boxes = desk.BOXES
) -> DepthView:
    masks = depth_masks(view.camera, depth, boxes, VisibilitySettings())
    return DepthView(view.camera, boxes, masks, depth, VisibilitySettings())


def trimap(view: DepthView, index: int, settings: MaskSettings = FULL_SIZE) -> Trimap:
    return trimap_of(view, index, owners_of(view.masks), settings)


@pytest.mark.parametrize("index", range(3), ids=desk.NAMES)
def test_what_is_sure_is_the_object_and_all_of_the_object_is_possible(index: int) -> None:
    view = desk.look()
    found = trimap(seen(view, view.depth), index)
    truth = view.instance[found.window] == index
    assert truth[found.sure].mean() > 0.995
    assert found.possible[truth].mean() > 0.99


def test_the_floor_under_a_table_whose_box_reaches_too_low_is_left_to_colour() -> None:
    view = desk.look()
    depth_view = seen(view, view.depth, boxes=desk.with_feet_too_low(0.02))
    found = trimap(depth_view, desk.TABLE)
    floor = (view.instance == -1)[found.window] & depth_view.masks[desk.TABLE][found.window]
    assert floor.sum() > 100, "the depth mask must hold some of the floor, or this tests nothing"
    assert not found.sure[floor].any()


def test_a_depth_that_contradicts_the_box_is_never_possible() -> None:
    view = desk.look()
    depth = view.depth.copy()
    crate = view.instance == desk.CRATE
    half = crate & (np.arange(desk.WIDTH) < np.nonzero(crate)[1].mean())
    depth[half] -= 0.3
    found = trimap(seen(view, depth), desk.CRATE)
    assert found.possible.any()
    assert not found.possible[half[found.window]].any()


def test_a_hole_may_be_the_object_but_not_far_from_what_depth_shows_of_it() -> None:
    view = desk.look()
    depth = view.depth.copy()
    crate = view.instance == desk.CRATE
    v, u = (int(np.median(index)) for index in np.nonzero(crate))
    depth[v - 3 : v + 4, u - 3 : u + 4] = 0.0
    found = trimap(seen(view, depth), desk.CRATE)
    inside = v - found.window[0].start, u - found.window[1].start
    assert found.possible[inside]
    assert not found.sure[inside]
    assert not trimap(seen(view, depth), desk.CRATE, replace(FULL_SIZE, max_fill_px=3)).possible[inside]


def test_a_hole_in_what_is_seen_through_an_object_is_the_shadow_of_its_edge() -> None:
    view = desk.look()
    depth = view.depth.copy()
    through = silhouette_mask(view.camera, desk.BOXES[desk.TABLE]) & (view.instance == -1)
    through &= view.camera.back_project(np.indices(depth.shape)[::-1].transpose(1, 2, 0), depth)[..., 1] > 0.5
    v, u = (int(np.median(index)) for index in np.nonzero(through))
    assert through[v - 2 : v + 3, u - 2 : u + 3].all()
    depth[v - 2 : v + 3, u - 2 : u + 3] = 0.0
    found = trimap(seen(view, depth), desk.TABLE)
    hole = v - found.window[0].start, u - found.window[1].start
    assert not found.possible[hole]
    assert trimap(seen(view, depth), desk.TABLE, replace(FULL_SIZE, sensor_shadow_px=0)).possible[hole]


def test_what_another_object_has_is_taken_only_for_the_foot_and_from_a_larger_one() -> None:
    view = desk.look()
    depth_view = seen(view, view.depth)
    of_table = np.where(depth_view.masks[desk.MUG], desk.MUG, desk.TABLE)
    mug = trimap_of(depth_view, desk.MUG, of_table, FULL_SIZE)
    taken = mug.possible & ~depth_view.masks[desk.MUG][mug.window]
    points = view.camera.back_project(np.indices(view.depth.shape)[::-1].transpose(1, 2, 0), view.depth)
    assert taken.any()
    assert (points[mug.window][taken][:, 2] < 0.75 + 0.01).all()
    of_mug = np.full(view.depth.shape, desk.MUG)
    assert not trimap_of(depth_view, desk.TABLE, of_mug, FULL_SIZE).possible.any()


def test_a_trimap_is_scaled_down_to_the_pixels_that_are_paid_for() -> None:
    view = desk.look()
    settings = MaskSettings(grabcut_max_pixels=500)
    found = trimap(seen(view, view.depth, settings), desk.TABLE, settings)
    assert 300 < found.labels.size <= 500
    assert found.decidable


def test_with_nothing_certain_there_is_nothing_to_decide() -> None:
    labels = np.full((4, 4), cv2.GC_PR_FGD, np.uint8)
    labels[0] = cv2.GC_BGD
    everything = np.ones((4, 4), bool)
    assert not Trimap((slice(0, 4), slice(0, 4)), labels, everything, everything).decidable
    labels[1] = cv2.GC_FGD
    assert Trimap((slice(0, 4), slice(0, 4)), labels, everything, everything).decidable


def test_without_depth_only_the_rim_of_a_silhouette_is_open() -> None:
    view = desk.look()
    crate = view.instance == desk.CRATE
    found = trimap(DepthView(view.camera, desk.BOXES[2:], crate[None]), 0)
    rim = found.possible & ~found.sure
    assert 0 < rim.sum() < found.sure.sum()
    np.testing.assert_array_equal(found.possible, crate[found.window])
