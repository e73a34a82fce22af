"""What views agree on is kept, what they deny is dropped, whatever the scale and place of the world."""

from dataclasses import replace

import numpy as np
import pytest

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.consistency import (
    DepthView,
    checked,
    filled,
    without_pinholes,
    without_specks,
)
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from tests.support import textured_scene

SETTINGS = DepthMapSettings()
MIDDLE = 3


@pytest.fixture(scope="module")
def truth() -> list[DepthView]:
    return [DepthView(seen.camera, seen.depth) for seen in textured_scene.walk(texture=False)]


def others(views: list[DepthView]) -> list[DepthView]:
    return [view for number, view in enumerate(views) if number != MIDDLE]


def noisy(views: list[DepthView], share: float) -> list[DepthView]:
    rng = np.random.default_rng(1)
    return [
        replace(view, depth=(view.depth * (1 + share * rng.standard_normal(view.depth.shape))).astype(np.float32))
        for view in views
    ]


def test_true_depth_is_kept_and_stays_true(truth) -> None:
    seen = checked(truth[MIDDLE], others(truth), SETTINGS)
    assert (seen.depth > 0).mean() > 0.97
    assert np.percentile(textured_scene.errors(seen.depth, truth[MIDDLE].depth), 99) < 0.015
    assert seen.disagreement < 0.005


def test_noise_is_averaged(truth) -> None:
    views = noisy(truth, 0.01)
    seen = checked(views[MIDDLE], others(views), SETTINGS)
    before = np.median(textured_scene.errors(views[MIDDLE].depth, truth[MIDDLE].depth))
    assert np.median(textured_scene.errors(seen.depth, truth[MIDDLE].depth)) < 0.6 * before


@pytest.mark.parametrize("factor", [0.7, 1.3], ids=["in front of what others see", "behind it"])
def test_a_false_patch_is_dropped(truth, factor: float) -> None:
    false = np.zeros(truth[MIDDLE].depth.shape, bool)
    false[60:90, 80:130] = True
    wrong = replace(truth[MIDDLE], depth=np.where(false, truth[MIDDLE].depth * np.float32(factor), truth[MIDDLE].depth))
    seen = checked(wrong, others(truth), SETTINGS)
    assert (seen.depth[false] == 0).mean() > 0.99
    assert (seen.depth[~false] > 0).mean() > 0.97


def test_what_is_seen_through_is_dropped_though_some_agree(truth) -> None:
    """Two views share one false surface; four others see through it."""
    false = [
        replace(view, depth=view.depth * np.float32(0.8)) if number in (2, MIDDLE, 4) else view
        for number, view in enumerate(truth)
    ]
    assert (checked(false[MIDDLE], others(false), SETTINGS).depth > 0).mean() < 0.05
    assert (checked(false[MIDDLE], [false[2], false[4]], SETTINGS).depth > 0).mean() > 0.6


def test_too_few_views_leave_nothing(truth) -> None:
    for views in ([], others(truth)[: SETTINGS.min_agreeing - 1]):
        seen = checked(truth[MIDDLE], views, SETTINGS)
        assert not seen.depth.any()
        assert seen.disagreement is None
        assert filled(seen, views, SETTINGS) is seen


def test_a_gap_is_filled_by_what_others_see_there(truth) -> None:
    depth = truth[MIDDLE].depth.copy()
    depth[40:110, 60:150] = 0
    seen = filled(replace(truth[MIDDLE], depth=depth), others(truth), SETTINGS)
    gap = np.zeros(depth.shape, bool)
    gap[40:110, 60:150] = True
    assert (seen.depth[gap] > 0).mean() > 0.97
    np.testing.assert_array_equal(seen.depth[~gap], depth[~gap])
    error = textured_scene.errors(np.where(gap, seen.depth, 0), truth[MIDDLE].depth)
    assert np.percentile(error, 95) < SETTINGS.tolerance
    few = filled(replace(truth[MIDDLE], depth=depth), others(truth)[: SETTINGS.min_agreeing], SETTINGS)
    np.testing.assert_array_equal(few.depth, depth)


def test_small_patches_that_stand_apart_go(truth) -> None:
    depth = truth[MIDDLE].depth.copy()
    depth[10:13, 10:13] *= 0.5
    seen = without_specks(replace(truth[MIDDLE], depth=depth), SETTINGS)
    assert not seen.depth[10:13, 10:13].any()
    assert (seen.depth > 0).sum() >= (depth > 0).sum() - 9
    assert not without_specks(DepthView(truth[0].camera, np.zeros_like(depth)), SETTINGS).depth.any()


def test_pinholes_in_a_surface_are_closed_but_not_across_an_edge_or_around_one(truth) -> None:
    depth = truth[MIDDLE].depth.copy()
    depth[20:120:4, 10:180:4] = 0
    depth[60:90, 80:130] = 0
    seen = without_pinholes(replace(truth[MIDDLE], depth=depth), SETTINGS).depth
    assert not seen[61:89, 81:129].any()
    closed = (depth == 0) & (seen > 0)
    assert closed.sum() > 0.85 * ((depth == 0).sum() - 30 * 50), "all but those at edges of depth"
    assert textured_scene.errors(np.where(closed, seen, 0), truth[MIDDLE].depth).max() < SETTINGS.tolerance
    np.testing.assert_array_equal(seen[depth > 0], depth[depth > 0])


def test_the_answer_is_the_same_in_a_world_of_another_size_and_place(truth) -> None:
    views = noisy(truth, 0.015)
    angle, scale = 0.7, 40.0
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])

    def moved(view: DepthView) -> DepthView:
        pose = np.eye(4)
        pose[:3, :3] = turn @ view.camera.rotation
        pose[:3, 3] = scale * turn @ view.camera.center + (300, -200, 10)
        camera = Camera(view.camera.width, view.camera.height, view.camera.intrinsics, pose)
        return DepthView(camera, view.depth * np.float32(scale))

    def settled(given: list[DepthView]) -> np.ndarray:
        sound = checked(given[MIDDLE], others(given), SETTINGS)
        return without_specks(filled(sound, others(given), SETTINGS), SETTINGS).depth

    here, there = settled(views), settled([moved(view) for view in views]) / scale
    assert ((here > 0) == (there > 0)).mean() > 0.999
    both = (here > 0) & (there > 0)
    assert np.isclose(here[both], there[both], rtol=1e-4).mean() > 0.999
