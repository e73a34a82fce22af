"""Objects told apart in their boxes, on a small rendered scene with known pixels: a table, a mug on it, a crate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openspatial_assets.engine.instances.regions import OVERREACH, OVERREACH_PX, BoxView, masks_in_boxes
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.masks.regions import bounding_box, intersection_over_union
from tests.support import desk

SETTINGS = InstanceSettings()
COARSE = InstanceSettings(working_side_px=80, regions=300)
"""Fast enough for many examples."""

EYES = [(0.9, -2.2, 1.5), (-0.9, -2.4, 1.2), (1.8, -1.6, 1.9)]
NOISE = 0.03
"""Recognised boxes are off by about this share of their sides."""


def boxes_of(view: desk.View, objects=(desk.TABLE, desk.MUG, desk.CRATE), noise: float = 0.0) -> np.ndarray:
    exact = np.array([bounding_box(view.instance == index) for index in objects], dtype=np.float64)
    sides = np.tile(exact[:, 2:] - exact[:, :2], 2)
    shifted = exact + np.random.default_rng(0).normal(0.0, noise, exact.shape) * sides
    return np.clip(shifted, 0, [desk.WIDTH, desk.HEIGHT] * 2)


def found(view: desk.View, boxes: np.ndarray, depth: np.ndarray | None, chosen=SETTINGS, image=None) -> np.ndarray:
    image = view.image if image is None else image
    return masks_in_boxes(image, BoxView(boxes, view.camera.intrinsics, depth), chosen)


def ious(masks: np.ndarray, view: desk.View) -> np.ndarray:
    return np.array([intersection_over_union(mask, view.instance == index) for index, mask in enumerate(masks)])


@pytest.mark.parametrize("eye", EYES)
def test_objects_are_found_in_noisy_boxes_and_background_is_not(eye) -> None:
    view = desk.look(eye)
    masks = found(view, boxes_of(view, noise=NOISE), view.depth)
    assert (ious(masks, view) > 0.75).all()
    assert not (masks[desk.TABLE] & (view.instance == desk.MUG)).sum() > 0.2 * (view.instance == desk.MUG).sum()


@pytest.mark.parametrize("holes", [False, True], ids=["noisy", "noisy with holes"])
def test_noisy_depth_costs_little(holes: bool) -> None:
    view = desk.look()
    rng = np.random.default_rng(1)
    depth = (view.depth * rng.normal(1.0, 0.02, view.depth.shape)).astype(np.float32)
    if holes:
        depth[rng.random(depth.shape) < 0.3] = 0.0
    assert ious(found(view, boxes_of(view), depth), view).mean() > 0.7


def test_without_depth_colour_tells() -> None:
    view = desk.look()
    assert ious(found(view, boxes_of(view), None), view).mean() > 0.7
    nothing = found(view, boxes_of(view), np.zeros_like(view.depth))
    np.testing.assert_array_equal(nothing, found(view, boxes_of(view), None))


def test_a_magazine_on_the_table_is_told_by_its_colour() -> None:
    view = desk.look((0.9, -1.4, 1.9))
    top = np.argwhere(view.instance == desk.TABLE)
    row, column = np.quantile(top, 0.35, axis=0).astype(int)
    flat = np.zeros(view.depth.shape, dtype=bool)
    flat[row : row + 16, column : column + 28] = True
    flat &= view.instance == desk.TABLE
    image = view.image.copy()
    image[flat] = (60, 30, 120)
    boxes = np.vstack([boxes_of(view, (desk.TABLE,)), bounding_box(flat)])
    table, magazine = found(view, boxes, view.depth, image=image)
    assert intersection_over_union(magazine, flat) > 0.7
    assert intersection_over_union(table, (view.instance == desk.TABLE) & ~flat) > 0.7


def test_a_surface_that_continues_beyond_the_box_is_background() -> None:
    view = desk.look()
    crate = boxes_of(view, (desk.CRATE,))[0]
    around = crate + np.array([-15.0, -5.0, 5.0, 15.0])
    floor = found(view, around[None], view.depth)[0] & (view.instance == -1)
    assert floor.sum() < 0.1 * (view.instance == desk.CRATE).sum()


def test_the_unit_of_depth_does_not_matter() -> None:
    view = desk.look()
    boxes = boxes_of(view, noise=NOISE)
    # A power of two changes no digit.
    np.testing.assert_array_equal(found(view, boxes, view.depth), found(view, boxes, view.depth * 8))


def test_the_order_of_boxes_does_not_matter() -> None:
    view = desk.look()
    boxes = boxes_of(view, noise=NOISE)
    turned = found(view, boxes[::-1], view.depth)
    assert (ious(turned[::-1], view) == ious(found(view, boxes, view.depth), view)).all()


def test_no_boxes_no_masks() -> None:
    view = desk.look()
    assert found(view, np.zeros((0, 4)), view.depth).shape == (0, desk.HEIGHT, desk.WIDTH)


edges = st.tuples(*(st.floats(0, length) for length in (desk.WIDTH, desk.HEIGHT) * 2)).map(
    lambda edge: [min(edge[0], edge[2]), min(edge[1], edge[3]), max(edge[0], edge[2]), max(edge[1], edge[3])]
)
VIEW = desk.look()


@settings(max_examples=25, deadline=None)
@given(st.lists(edges, min_size=1, max_size=5), st.booleans())
def test_masks_of_any_boxes_stay_in_them_and_apart(boxes: list[list[float]], with_depth: bool) -> None:
    boxes = np.array(boxes)
    masks = found(VIEW, boxes, VIEW.depth if with_depth else None, COARSE)
    assert masks.sum(axis=0).max() <= 1
    for mask, box in zip(masks, boxes, strict=True):
        if not mask.any():
            continue
        margin = np.maximum(OVERREACH * (box[2:] - box[:2]), OVERREACH_PX) + 1
        reached = np.array(bounding_box(mask))
        assert (reached[:2] >= box[:2] - margin).all()
        assert (reached[2:] <= box[2:] + margin).all()
