"""The gates of each rule, on two to five objects whose measures lie just inside and just outside a margin."""

import numpy as np
import pytest
from support.scene_graphs import scene_of

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

ALWAYS = QuestionSettings(draws_per_frame=24)


def gated(name: str, scene: SceneGraph) -> tuple[int, dict[str, int]]:
    """How many candidates pass, and what stopped the others."""
    found = SUBTASKS[name].rule(scene, ALWAYS, np.random.default_rng(0))
    return len(found), dict(found.rejected)


ONE = {"centers": [(0, 2, 0)], "extents": (0.4, 0.3, 0.8)}


@pytest.mark.parametrize(
    ("change", "passed", "rejected"),
    [
        ({}, 3, {}),
        ({"metric": False}, 0, {"not_metric": 3}),
        ({"visible": 0.49}, 0, {"not_visible_enough": 3}),
        ({"in_frame": 0.79}, 0, {"cut_off_by_image_edge": 3}),
        ({"extents": (0.4, 0.049, 0.8)}, 2, {"too_small": 1}),
        ({"tags": ["wall"]}, 0, {"tag_not_asked_about": 3}),
        ({"tags": [" Object\n"]}, 0, {"tag_not_asked_about": 3}),
        ({"rpy": [(np.radians(8), 0, 1)]}, 1, {"tilted": 2}),
    ],
)
def test_size_absolute(change, passed, rejected):
    assert gated("size_absolute", scene_of(**ONE | change)) == (passed, rejected)


def two(**change):
    return {"centers": [(-0.5, 2, 0), (0.5, 2, 0)], "extents": (0.2, 0.2, 0.2)} | change


@pytest.mark.parametrize(
    ("change", "passed", "rejected"),
    [
        ({"extents": [(0.2, 0.2, 0.26), (0.2, 0.2, 0.2)]}, 1, {"sizes_too_similar": 1}),  # taller, not larger
        ({"extents": [(0.2, 0.31, 0.2), (0.2, 0.2, 0.2)]}, 1, {"sizes_too_similar": 1}),  # larger, not taller
        ({"extents": [(0.2, 0.2, 0.31), (0.2, 0.2, 0.2)]}, 2, {}),
        ({"extents": [(0.2, 0.2, 0.2), (0.2, 0.2, 0.31)]}, 2, {}),
        # a ratio of 1.4 that a turn of half a degree can undo
        ({"extents": [(0.5, 0.5, 0.028), (0.5, 0.5, 0.02)]}, 0, {"sizes_too_similar": 2}),
        ({"extents": [(0.2, 0.2, 0.31), (0.2, 0.2, 0.2)], "visible": [1, 0.29]}, 0, {"not_visible_enough": 2}),
    ],
)
def test_size_relative(change, passed, rejected):
    assert gated("size_relative", scene_of(**two(**change))) == (passed, rejected)


@pytest.mark.parametrize(
    ("gap", "metric", "rejected"),
    [
        (0.201, True, {}),
        (0.199, True, {"too_close": 1}),
        (10.01, True, {"too_far": 1}),
        (1.0, False, {"not_metric": 1}),
        (-0.1, True, {"too_close": 1}),
    ],
)
def test_distance_absolute(gap, metric, rejected):
    scene = scene_of([(0, 2, 0), (gap + 0.2, 2, 0)], (0.2, 0.2, 0.2), metric=metric)
    assert gated("distance_absolute", scene) == (int(not rejected), rejected)


@pytest.mark.parametrize(
    ("change", "passed", "rejected"),
    [
        ({"tags": ["mug", "mug"]}, 1, {}),
        ({"tags": ["mug", "cup"]}, 2, {}),
        ({"tags": ["mug", "mug"], "visible": [1.0, 0.4]}, 0, {"not_visible_enough": 1}),
        ({"tags": ["mug", "mug"], "visible": [1.0, 0.2]}, 0, {"list_would_be_incomplete": 1}),
        ({"tags": ["mug", "mug"], "hidden": ["mug"]}, 0, {"list_would_be_incomplete": 1}),
        ({"tags": ["mug", "cup"], "hidden": ["tea cup"]}, 1, {"list_would_be_incomplete": 1, "tag_fits_others": 1}),
        ({"tags": ["mug", "mug"], "metric": False}, 0, {"not_metric": 1}),
    ],
)
def test_grounding_3d(change, passed, rejected):
    assert gated("grounding_3d", scene_of(**two(**change))) == (passed, rejected)


@pytest.mark.parametrize(
    ("change", "rejected"),
    [
        ({}, {}),
        ({"columns": [(0, 100), (100, 200)]}, {}),
        ({"columns": [(0, 101), (100, 200)]}, {"columns_overlap": 1}),
        ({"columns": [(100, 200), (0, 100)]}, {"bearings_too_close": 1}),  # masks and boxes disagree
        ({"centers": [(0, 2, 0), (2 * np.tan(np.radians(4.9)), 2, 0)]}, {"bearings_too_close": 1}),
        ({"centers": [(0, 2, 0), (2 * np.tan(np.radians(5.1)), 2, 0)]}, {}),
        # at 20 cm from the camera, 5 degrees are less than 2 cm
        ({"centers": [(0, 0.2, 0), (0.2 * np.tan(np.radians(8)), 0.2, 0)]}, {"bearings_too_close": 1}),
        ({"centers": [(-0.5, -1, 0), (0.5, 2, 0)]}, {"behind_camera_plane": 1}),
    ],
)
def test_left_right(change, rejected):
    assert gated("left_right", scene_of(**two(**change))) == (int(not rejected), rejected)


@pytest.mark.parametrize(
    ("change", "rejected"),
    [
        ({"centers": [(-0.5, 2, 0.16), (0.5, 2, 0)]}, {}),
        ({"centers": [(-0.5, 2, 0.14), (0.5, 2, 0)]}, {"heights_too_close": 1}),
        ({"centers": [(-0.5, 2, 0.24), (0.5, 2, 0)], "extents": (0.2, 0.2, 1.0)}, {"heights_too_close": 1}),
        ({"centers": [(-0.5, 2, 0.26), (0.5, 2, 0)], "extents": (0.2, 0.2, 1.0)}, {}),
        (
            {"centers": [(-0.5, 2, 0.5), (0.5, 2, 0.1)], "extents": [(0.2, 0.2, 1.0), (0.2, 0.2, 0.2)]},
            {"bottoms_and_tops_out_of_order": 1},  # both stand on the floor
        ),
    ],
)
def test_high_low(change, rejected):
    assert gated("high_low", scene_of(**two(**change))) == (int(not rejected), rejected)


@pytest.mark.parametrize(
    ("change", "rejected"),
    [
        ({"depths": [1.0, 1.26]}, {}),
        ({"depths": [1.0, 1.24]}, {"depths_too_close": 1}),
        ({"depths": [4.0, 4.39]}, {"depths_too_close": 1}),
        ({"depths": [4.0, 4.41]}, {}),
        ({"depths": [(0.9, 1.0, 1.9), (1.8, 2.0, 2.2)]}, {"depth_ranges_overlap": 1}),
        ({"depths": [1.0, 2.0], "has_depth": False}, {"no_depth": 1}),
        ({"depths": [1.0, 2.0], "centers": [(0, 2, 0), (0.09, 2, 0)]}, {"one_inside_the_other": 1}),
    ],
)
def test_front_behind(change, rejected):
    assert gated("front_behind", scene_of(**two(**change))) == (int(not rejected), rejected)


def test_margins_without_a_scale_are_shares_of_the_median_diagonal():
    large = {"extents": (2.0, 2.0, 2.0), "metric": False}  # 0.25 of the diagonal is 0.87
    beside = {"centers": [(-2, 5, 0), (2, 5, 0)]}
    assert gated("front_behind", scene_of(**two(depths=[1.0, 1.8], **beside, **large)))[0] == 0
    assert gated("front_behind", scene_of(**two(depths=[1.0, 1.9], **beside, **large)))[0] == 1
    assert gated("high_low", scene_of(**two(centers=[(-2, 5, 0.51), (2, 5, 0)], **large)))[0] == 0
    assert gated("high_low", scene_of(**two(centers=[(-2, 5, 0.53), (2, 5, 0)], **large)))[0] == 1


def three(depths):
    return scene_of([(-1, 2, 0), (0, 2, 0), (1, 2, 0)], (0.2, 0.2, 0.2), depths=depths)


def test_depth_order_needs_every_gap_and_depth_choice_those_beside_the_asked_rank():
    assert gated("depth_order", three([1.0, 1.2, 1.4])) == (1, {})
    assert gated("depth_order", three([1.0, 1.2, 1.34])) == (0, {"depths_too_close": 1})
    assert gated("depth_order", three([5.0, 5.5, 5.9])) == (0, {"depths_too_close": 1})
    apart = three([(1.0, 1.2, 1.5), (1.4, 1.6, 1.7), (1.9, 2.0, 2.1)])
    assert gated("depth_order", apart) == (0, {"depth_ranges_overlap": 1})
    kept = set()
    for seed in range(20):
        found = SUBTASKS["depth_choice"].rule(three([1.0, 1.1, 2.0]), ALWAYS, np.random.default_rng(seed))
        kept |= set(found.facts[:, -1].tolist())
    assert kept == {2}  # only the farthest stands apart from its neighbour


def test_sets_need_three_objects_and_points_that_can_be_told_apart():
    assert gated("depth_choice", scene_of(**two(depths=[1.0, 2.0]))) == (0, {"too_few_objects": 1})
    crowded = three([1.0, 2.0, 3.0])
    crowded.sightings.mark_points[1] = crowded.sightings.mark_points[0] + 20
    assert gated("depth_order", crowded) == (0, {"marks_too_close": 1})


def test_a_scene_with_nothing_to_ask_about_gives_nothing():
    nothing = scene_of([(0, 2, 0)], (0.2, 0.2, 0.2), tags=["floor"])
    for name in SUBTASKS:
        assert gated(name, nothing)[0] == 0
