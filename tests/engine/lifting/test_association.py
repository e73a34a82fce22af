"""Masks are joined by what they have in common, and kept apart by what a view tells apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.lifting.association import consensus, groups_of, may_merge
from openspatial_assets.engine.lifting.clouds import NOBODY, view_of
from openspatial_assets.engine.lifting.coverage import coverage_of
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.lifting.voxels import connected_parts, voxel_keys
from tests.support.box_views import rendered, ring

SETTINGS = LiftingSettings()
LONG = Boxes.from_rpy([[0.0, 0.0, 0.3]], [[1.6, 0.5, 0.6]], [[0.0, 0.0, 0.0]])


def scene(split, count=6):
    """Views of one long box whose masks are the parts that `split(view number, columns)` gives."""
    views = []
    for number, camera in enumerate(ring((0.0, 0.0), 2.5, 1.3, count, start_deg=-130, arc_deg=90)):
        depth, shown = rendered(camera, LONG)
        masks = [
            part & (shown == 0) for part in split(number, np.arange(depth.shape[1])[None, :] < depth.shape[1] // 2)
        ]
        views.append(view_of(camera, depth, masks, ["bench"] * len(masks), SETTINGS))
    return views, coverage_of(views, SETTINGS)


def halves(number, left):
    return [left, ~left]


def test_two_masks_of_one_view_stay_apart_and_a_whole_one_does_not_join_them():
    groups = groups_of(*scene(halves), SETTINGS)
    assert sum(len(group.masks) > 1 for group in groups) == 2
    assert all(len(group.views) == len(group.masks) for group in groups)


def test_halves_seen_in_turn_are_joined_by_the_views_that_see_the_whole():
    def in_turn(number, left):
        return [left] if number == 0 else [~left] if number == 1 else [left | ~left]

    (group,) = groups_of(*scene(in_turn, count=10), SETTINGS)
    assert len(group.masks) == 10


@pytest.mark.parametrize(("whole_views", "expected"), [(2, False), (5, True)])
def test_parts_merge_only_if_most_views_have_both_in_one_mask(whole_views, expected):
    def split(number, left):
        return [left | ~left] if number < whole_views else [left]

    _, coverage = scene(split)
    right = np.flatnonzero(coverage.points[:, 0] > 0.3)
    left = np.flatnonzero(coverage.points[:, 0] < -0.3)
    agreeing, asked = consensus(left, right, coverage, SETTINGS)
    assert (agreeing, asked) == consensus(right, left, coverage, SETTINGS)
    assert (agreeing >= SETTINGS.min_consensus * asked) == expected


def test_other_kinds_never_merge():
    views, coverage = scene(lambda number, left: [left | ~left])
    (group,) = groups_of(views, coverage, SETTINGS)
    assert may_merge(group, group, views, coverage, SETTINGS)
    assert not may_merge(group, replace(group, kinds=("table",) * len(group.kinds)), views, coverage, SETTINGS)


def test_a_pixel_belongs_to_the_smallest_mask_and_never_to_what_lies_apart():
    camera = ring((0.0, 0.0), 2.5, 1.3, 1, start_deg=-90)[0]
    depth, shown = rendered(camera, LONG)
    whole = shown == 0
    inner = whole & (np.arange(320)[None, :] > 150) & (np.arange(320)[None, :] < 200)
    corner = np.zeros_like(whole)
    corner[:40, :60] = depth[:40, :60] > 0  # far behind the box: a leak of the mask
    view = view_of(camera, depth, [inner, whole | corner], ["cushion", "bench"], SETTINGS)
    assert view.overlapping.all()
    assert (view.owner[inner][view.owner[inner] != NOBODY] == 0).all()
    assert (view.owner[corner] == NOBODY).all()
    bench = view.points(1)[np.isin(voxel_keys(view.points(1), 0.5), voxel_keys(LONG.corners[0] * 0.999, 0.5))]
    assert len(bench) > 1000


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=30), st.floats(-3, 3))
def test_parts_hang_together_exactly_as_single_linkage_has_it(places, shift):
    """Along a line, gaps below the radius never part points, and gaps beyond two radii always do."""
    points = np.zeros((len(places), 3))
    points[:, 0] = np.sort(places) * 0.1 + shift
    part = connected_parts(points, 0.25)
    gaps = np.diff(points[:, 0])
    same = part[1:] == part[:-1]
    assert same[gaps <= 0.25 - 1e-9].all()
    assert not same[gaps > 0.5 + 1e-9].any()
