import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask
from scipy.ndimage import distance_transform_edt

from openspatial_assets.engine.masks.regions import (
    bounding_box,
    decoded,
    dilated,
    encoded,
    eroded,
    intersection_over_union,
    mark_point,
    window_of,
    without_fragments,
)

masks = arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


@given(masks)
def test_encoding_and_decoding_is_the_identity(mask: np.ndarray) -> None:
    counts = encoded(mask)
    assert isinstance(counts, bytes)
    np.testing.assert_array_equal(decoded(counts, *mask.shape), mask)
    assert coco_mask.area({"size": list(mask.shape), "counts": counts}) == mask.sum()


@given(masks, st.integers(0, 4) | st.just(20))
def test_erosion_and_dilation_keep_to_their_radius(mask: np.ndarray, radius: int) -> None:
    inside = distance_transform_edt(mask) if not mask.all() else np.full(mask.shape, np.inf)
    outside = distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
    np.testing.assert_array_equal(eroded(mask, radius), mask & (inside > radius))
    np.testing.assert_array_equal(dilated(mask, radius), outside <= radius)


@given(masks)
def test_the_box_is_the_tightest_one(mask: np.ndarray) -> None:
    if not mask.any():
        with pytest.raises(ValueError, match="empty"):
            bounding_box(mask)
        return
    rows, columns = np.nonzero(mask)
    assert bounding_box(mask) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert mask[window_of(mask, 2)].sum() == mask.sum()


def test_overlap() -> None:
    a, b = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert intersection_over_union(a, b) == 1.0
    a[:2], b[1:3] = True, True
    assert intersection_over_union(a, b) == pytest.approx(4 / 12)


@given(masks)
def test_the_mark_is_a_mask_pixel_as_deep_inside_as_any(mask: np.ndarray) -> None:
    if not mask.any():
        return
    u, v = mark_point(mask)
    depth_inside = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    assert mask[v, u]
    assert depth_inside[v, u] >= depth_inside.max() - 0.5 - 1e-6


def test_the_mark_of_a_bar_is_in_its_middle_and_that_of_a_ring_not_in_its_hole() -> None:
    bar = np.zeros((40, 100), bool)
    bar[10:21, 5:96] = True
    assert mark_point(bar) == (50, 15)
    y, x = np.mgrid[-30:31, -30:31]
    ring = (np.hypot(x, y) < 28) & (np.hypot(x, y) > 12)
    u, v = mark_point(ring)
    assert ring[v, u]


def test_fragments_go_and_parts_stay() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = mask[30:35, 30:35] = True
    parts = mask.copy()
    mask[0, 0] = mask[38, 2] = True
    np.testing.assert_array_equal(without_fragments(mask, 0.01), parts)
    np.testing.assert_array_equal(without_fragments(mask, 0.0), mask)
    assert not without_fragments(np.zeros((3, 3), bool), 0.01).any()
