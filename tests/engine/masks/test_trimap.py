"""What depth makes certain of a table, a mug on it and a crate, against the instances that were rendered."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import (
    NOBODY,
    DepthView,
    Trimap,
    owners_of,
    raised_foot,
    trimap_of,
    view_of_frame,
)
from openspatial_assets.engine.visibility.ray_interval import depth_masks
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from tests.support import desk

FULL_SIZE = MaskSettings(grabcut_max_pixels=desk.WIDTH * desk.HEIGHT)


def seen(view: desk.View, depth: np.ndarray, settings: MaskSettings = FULL_SIZE) -> DepthView:
    masks = depth_masks(view.camera, depth, desk.BOXES, VisibilitySettings())
    return view_of_frame(view.camera, desk.BOXES, masks, depth, VisibilitySettings(), settings)


def trimap(view: DepthView, index: int, settings: MaskSettings = FULL_SIZE) -> Trimap:
    return trimap_of(view, index, owners_of(view.masks), settings)


@pytest.mark.parametrize("index", range(3), ids=desk.NAMES)
def test_what_is_sure_is_the_object_and_all_of_the_object_is_possible(index: int) -> None:
    view = desk.look()
    found = trimap(seen(view, view.depth), index)
    truth = view.instance[found.window] == index
    assert truth[found.sure].mean() > 0.995
    assert found.possible[truth].mean() > 0.99


def test_the_floor_under_a_table_is_left_to_colour() -> None:
    view = desk.look()
    depth_view = seen(view, view.depth)
    found = trimap(depth_view, desk.TABLE)
    floor = (view.instance == -1)[found.window] & depth_view.masks[desk.TABLE][found.window]
    assert floor.sum() > 100, "the depth mask of the scene must hold some of the floor, or this tests nothing"
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


def test_a_hole_may_be_the_object_unless_it_is_the_shadow_of_its_edge() -> None:
    view = desk.look()
    depth = view.depth.copy()
    v, u = (int(np.median(index)) for index in np.nonzero(view.instance == desk.CRATE))
    depth[v - 3 : v + 4, u - 3 : u + 4] = 0.0
    rows, columns = np.nonzero(view.instance == desk.MUG)
    depth[rows.min() - 4 : rows.min() + 1, columns.min() : columns.max() + 1] = 0.0
    crate = trimap(seen(view, depth), desk.CRATE)
    inside = v - crate.window[0].start, u - crate.window[1].start
    assert crate.possible[inside]
    assert not crate.sure[inside]
    mug = trimap(seen(view, depth), desk.MUG)
    rim = rows.min() - mug.window[0].start, int(np.median(columns)) - mug.window[1].start
    assert view.depth[rows.min() - 1, int(np.median(columns))] > view.depth[rows.min(), int(np.median(columns))] + 0.1
    assert not mug.possible[rim]
    assert trimap_of(
        seen(view, depth), desk.MUG, owners_of(seen(view, depth).masks), replace(FULL_SIZE, sensor_shadow_px=0)
    ).possible[rim]


def test_an_object_may_take_from_a_larger_one_but_not_from_a_smaller_one() -> None:
    view = desk.look()
    depth_view = seen(view, view.depth)
    nobody = np.full(view.depth.shape, NOBODY)
    window = trimap(depth_view, desk.MUG).window
    free = trimap_of(depth_view, desk.MUG, np.where(depth_view.masks[desk.MUG], desk.MUG, nobody), FULL_SIZE)
    of_table = np.where(depth_view.masks[desk.MUG], desk.MUG, desk.TABLE)
    np.testing.assert_array_equal(trimap_of(depth_view, desk.MUG, of_table, FULL_SIZE).possible, free.possible)
    of_mug = np.full(view.depth.shape, desk.MUG)
    assert not trimap_of(depth_view, desk.TABLE, of_mug, FULL_SIZE).possible.any()
    assert window == free.window


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
    found = trimap(view_of_frame(view.camera, desk.BOXES[2:], crate[None], None, None, FULL_SIZE), 0)
    rim = found.possible & ~found.sure
    assert 0 < rim.sum() < found.sure.sum()
    np.testing.assert_array_equal(found.possible, crate[found.window])


def test_a_raised_foot_cuts_the_lowest_part_whichever_axis_is_upright() -> None:
    boxes = Boxes.from_rpy(
        [(0.0, 0.0, 1.0)] * 3, [(0.4, 0.6, 0.8)] * 3, [(0.0, 0.0, 0.3), (np.pi, 0.0, 0.0), (0.0, np.pi / 2, 0.0)]
    )
    raised = raised_foot(boxes, 0.05, 0.5).corners[..., 2]
    np.testing.assert_allclose(raised.max(axis=1), boxes.corners[..., 2].max(axis=1))
    np.testing.assert_allclose(raised.min(axis=1), boxes.corners[..., 2].min(axis=1) + 0.05)
    np.testing.assert_allclose(np.ptp(raised_foot(boxes, 9.0, 0.5).corners[..., 2], axis=1), [0.4, 0.4, 0.2])
