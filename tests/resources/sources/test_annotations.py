"""Annotated boxes as they become rows: the same set of points, whatever axes a dataset has written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from support.readings import box_difference
from support.truth_scene import TruthBox

from resources.sources.annotations import MIN_EXTENT_M, UNTYPED, Annotation, boxes_table, normalized_tag
from resources.sources.registration import SourceError

SIZES = st.tuples(*[st.floats(0.05, 3.0)] * 3)
TURNS = st.tuples(*[st.floats(-3.1, 3.1)] * 3)


@settings(max_examples=60, deadline=None)
@given(SIZES, TURNS, st.permutations(range(3)), st.tuples(*[st.sampled_from([-1, 1])] * 3))
def test_a_box_is_the_same_set_of_points_whatever_its_axes_are_called(size, turn, order, signs):
    axes = Rotation.from_euler("xyz", turn).as_matrix()
    truth = TruthBox("chair", np.array([1.0, 2.0, 0.5]), axes, np.array(size))
    renamed = (axes * signs)[:, list(order)]  # half of these sets are left-handed
    rows = boxes_table("s", "f", [Annotation("a", "chair", truth.center, renamed, np.array(size)[list(order)])])
    row = rows.row(0, named=True)
    metres_off, radians_off = box_difference(row, truth)
    assert metres_off < 1e-9
    assert radians_off < 1e-6
    up = Rotation.from_euler("ZYX", row["rpy"][::-1]).as_matrix()[2]
    assert up[2] >= np.abs(up).max() - 1e-9, "the third axis is the one nearest to up"


def test_an_upright_box_keeps_its_heading():
    for yaw in (-3.0, -1.2, 0.4, 2.8):
        turn = Rotation.from_euler("z", yaw).as_matrix()
        row = boxes_table("s", "f", [Annotation("a", "bed", (0, 0, 0), turn, (2, 1, 0.5))]).row(0, named=True)
        np.testing.assert_allclose(row["rpy"], (0, 0, yaw), atol=1e-12)
        assert row["extents"] == [2, 1, 0.5]


def test_labels_are_kept_and_tags_are_what_a_question_says():
    labels = ["Office_Chair", "unknown", "Object", "tv  monitor"]
    boxes = [Annotation(str(i), label, (i, 0, 0), np.eye(3), (1, 1, 0)) for i, label in enumerate(labels)]
    rows = boxes_table("s", "f", boxes)
    assert rows["label"].to_list() == labels
    assert rows["tag"].to_list() == ["office chair", UNTYPED, UNTYPED, "tv monitor"]
    assert rows["extents"][0].to_list() == [1, 1, MIN_EXTENT_M], "a sheet has a thickness"
    assert normalized_tag("otherprop") == UNTYPED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"object_id": "a|b"}, "ids in answers"),
        ({"center": (0, np.nan, 0)}, "center must be 3 finite"),
        ({"extents": (1, -1, 1)}, "negative"),
        ({"rotation": np.eye(3) * 1.3}, "no rotation"),
        ({"rotation": np.ones((3, 3))}, "no rotation"),
    ],
)
def test_a_broken_box_names_file_and_object(change, reason):
    sound = {"object_id": "a", "label": "x", "center": (0, 0, 0), "rotation": np.eye(3), "extents": (1, 1, 1)}
    with pytest.raises(SourceError, match=reason) as error:
        boxes_table("hall", "boxes.json", [Annotation(**(sound | change)), Annotation(**(sound | {"object_id": "b"}))])
    assert "scene hall: boxes.json: object" in str(error.value)
