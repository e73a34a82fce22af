"""Names that fit one object, marks that can be told apart, and sub-tasks that are found by themselves."""

import numpy as np
import pytest
from support.scene_graphs import scene_of

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.candidates import Draft, Margin
from openspatial_assets.engine.questions.referring import goes_by_tag, mentions

THREE = {"centers": [(-1, 2, 0), (0, 2, 0), (1, 2, 0)], "extents": (0.2, 0.2, 0.2)}
DRAFT = Draft("asks", (0, 1, 2), {}, Margin({}, {}))


def test_sub_tasks_are_found_in_the_order_of_the_paper():
    assert list(SUBTASKS) == [
        *("size_absolute", "size_relative", "distance_absolute", "grounding_3d"),
        *("left_right", "high_low", "front_behind"),
        *("depth_choice", "depth_order"),
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
    assert goes_by_tag(scene_of(**THREE, tags=tags, hidden=hidden)).tolist() == bare


def test_marks_have_colors_of_their_own_and_names_say_them():
    scene = scene_of(**THREE, tags=["mug", "mug", "scissors"])
    called, marks = mentions(scene, DRAFT, (0, 1, 2), goes_by_tag(scene), 0.0, np.random.default_rng(0))
    assert [mark.sighting for mark in marks] == [0, 1]
    assert len({mark.color for mark in marks}) == 2
    assert called[0].text == f"the mug ({marks[0].color} {marks[0].kind})"
    assert (called[2].text, called[2].introduced, called[2].plural) == ("the scissors", "scissors", True)


def test_boxes_that_cover_each_other_become_masks():
    apart, over = [(0, 50), (100, 150), (200, 250)], [(0, 50), (10, 60), (200, 250)]
    for columns, kinds in ((apart, {"box", "mask"}), (over, {"mask"})):
        scene = scene_of(**THREE, columns=columns)
        drawn = [mentions(scene, DRAFT, (0, 1, 2), np.zeros(3, bool), 0.0, np.random.default_rng(n)) for n in range(20)]
        assert {mark.kind for _, marks in drawn for mark in marks} == kinds
