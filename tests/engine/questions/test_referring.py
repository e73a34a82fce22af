"""Names that fit one object, marks that can be told apart, and sub-tasks that are found by themselves."""

import numpy as np
import pytest
from support.scene_graphs import scene_of

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.candidates import Draft, Margin
from openspatial_assets.engine.questions.referring import Naming, mentions

THREE = {"centers": [(-1, 2, 0), (0, 2, 0), (1, 2, 0)], "extents": (0.2, 0.2, 0.2)}
DRAFT = Draft("asks", (0, 1, 2), {}, Margin({}, {}))


def test_sub_tasks_are_found_in_the_order_of_the_paper():
    assert list(SUBTASKS) == [
        *("size_absolute", "size_relative", "distance_absolute", "grounding_3d"),
        *("left_right", "high_low", "front_behind"),
        *("depth_choice", "depth_order", "distance_object_camera", "camera_motion", "camera_pose"),
        *("multiview_distance_relative", "multiview_distance_absolute", "multiview_position"),
        *("correspondence_point", "correspondence_object"),
        *("scene_caption", "route_plan"),
    ]
    assert SUBTASKS["depth_order"].capability == "camera_perception"
    assert all(task.description.endswith(".") for task in SUBTASKS.values())


@pytest.mark.parametrize(
    ("tags", "hidden", "bare"),
    [
        (["mug", "sofa", "lamp"], (), [True, True, True]),
        (["mug", "mug", "lamp"], (), [False, False, True]),
        (["mug", "sofa", "lamp"], ("lamp",), [True, True, False]),
        (["table", "coffee table", "lamp"], (), [False, True, True]),
        (["stable", "table", "lamp"], (), [True, True, True]),
    ],
)
def test_a_bare_tag_fits_one_object_of_all_that_project(tags, hidden, bare):
    naming = Naming(scene_of(**THREE, tags=tags, hidden=hidden))
    for in_scene in (False, True):  # here, one image shows the whole scene
        assert [naming.is_bare(one, (0,), in_scene) for one in range(3)] == bare


def test_marks_have_colors_of_their_own_and_names_say_them():
    scene = scene_of(**THREE, tags=["mug", "mug", "scissors"])
    called, marks = mentions(scene, DRAFT, (0,), (0, 1, 2), Naming(scene), 0.0, np.random.default_rng(0))
    assert [mark.object for mark in marks] == [0, 1]
    assert len({mark.color for mark in marks}) == 2
    assert called[0].text == f"the mug ({marks[0].color} {marks[0].kind})"
    assert (called[2].text, called[2].introduced, called[2].plural) == ("the scissors", "scissors", True)


def test_boxes_that_cover_each_other_become_masks():
    apart, over = [(0, 50), (100, 150), (200, 250)], [(0, 50), (10, 60), (200, 250)]
    for columns, kinds in ((apart, {"box", "mask"}), (over, {"mask"})):
        scene = scene_of(**THREE, columns=columns)
        draws = [np.random.default_rng(number) for number in range(20)]
        drawn = [mentions(scene, DRAFT, (0,), (0, 1, 2), Naming(scene), 1.0, rng) for rng in draws]
        assert {mark.kind for _, marks in drawn for mark in marks} == kinds
