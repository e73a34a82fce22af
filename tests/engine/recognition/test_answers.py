"""Laws of reading an answer: whatever a model says, what is kept is sound, and reading it again changes nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.lifting.names import same_object
from openspatial_assets.engine.recognition.answers import (
    DUPLICATE,
    EMPTY,
    MALFORMED,
    TINY,
    TOO_MANY,
    AnswerError,
    overlap,
    pixel_box,
    read_answer,
)
from openspatial_assets.engine.recognition.labels import LONGEST_LABEL, normalized_label
from openspatial_assets.engine.recognition.settings import RecognitionSettings

SETTINGS = RecognitionSettings()
SIZE = (640, 480)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
numbers = st.integers(-200, 1200) | st.floats(-200, 1200) | st.floats() | st.integers(10**300, 10**320)
labels = st.sampled_from(["chair", "Wooden_Chair ", "the  table", "mug"]) | st.text(max_size=50)
entries = st.fixed_dictionaries({"box_2d": st.lists(numbers, min_size=3, max_size=5), "label": labels | anything})
answers = st.lists(entries | anything, max_size=8)


def entry(box_2d, label="chair"):
    return {"box_2d": box_2d, "label": label}


def boxes(answer):
    return [detection.box for detection in answer.detections]


@given(answers, st.integers(1, 4000), st.integers(1, 4000))
def test_what_is_kept_is_sound_and_nothing_is_lost_uncounted(content, width, height):
    answer = read_answer(content, width, height, SETTINGS)
    assert len(answer.detections) + sum(answer.dropped.values()) == len(content)
    for detection in answer.detections:
        xmin, ymin, xmax, ymax = detection.box
        assert 0 <= xmin < xmax <= width
        assert 0 <= ymin < ymax <= height
        assert min(xmax - xmin, ymax - ymin) >= SETTINGS.min_side_px
        assert detection.label == normalized_label(detection.label) != ""
        assert detection.label.encode("utf-8")
    for index, one in enumerate(answer.detections):
        for other in answer.detections[:index]:
            twice = overlap(one.box, other.box) >= SETTINGS.duplicate_iou
            assert not (twice and same_object(one.label, other.label))


@given(answers)
def test_reading_what_was_kept_once_more_changes_nothing(content):
    first = read_answer(content, 1000, 1000, SETTINGS)
    again = [entry([box[1], box[0], box[3], box[2]], kept.label) for kept in first.detections for box in [kept.box]]
    second = read_answer(json.loads(json.dumps(again)), 1000, 1000, SETTINGS)
    assert second.dropped == {}
    assert [detection.label for detection in second.detections] == [detection.label for detection in first.detections]
    np.testing.assert_allclose(boxes(second), boxes(first), atol=1e-9)


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.permutations(range(2)), st.permutations(range(2)))
def test_reversed_edges_are_the_same_box(box_2d, rows, columns):
    swapped = [box_2d[2 * rows[0]], box_2d[2 * columns[0] + 1], box_2d[2 * rows[1]], box_2d[2 * columns[1] + 1]]
    np.testing.assert_array_equal(pixel_box(swapped, *SIZE), pixel_box(box_2d, *SIZE))


@given(st.lists(st.integers(-500, 1500), min_size=4, max_size=4))
def test_scale_of_the_image_scales_the_box(box_2d):
    np.testing.assert_allclose(pixel_box(box_2d, 1280, 960), 2 * pixel_box(box_2d, 640, 480))


def test_a_box_in_pixels():
    answer = read_answer([entry([250, 500, 750, 1000], " Office_Chair")], *SIZE, SETTINGS)
    (detection,) = answer.detections
    assert (detection.label, detection.box) == ("office chair", (320.0, 120.0, 640.0, 360.0))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry([0, 0, 1000]), MALFORMED),
        (entry([0, 0, 1000, "1000"]), MALFORMED),
        (entry([0, 0, 1000, True]), MALFORMED),
        (entry([0, 0, 1000, float("nan")]), MALFORMED),
        (entry([0, 0, 1000, 10**400]), MALFORMED),
        (entry([0, 0, 500, 500], None), MALFORMED),
        (entry([0, 0, 500, 500], " _ "), MALFORMED),
        (entry([0, 0, 500, 500], "12"), MALFORMED),
        (entry([0, 0, 500, 500], "a chair that " * 9), MALFORMED),
        ("chair", MALFORMED),
        (entry([1100, 0, 1200, 500]), EMPTY),
        (entry([100, 300, 100, 500]), EMPTY),
        (entry([100, 300, 104, 500]), TINY),
    ],
)
def test_what_is_wrong_with_an_entry_is_counted_and_the_others_stay(wrong, reason):
    answer = read_answer([entry([0, 0, 400, 400]), wrong, entry([500, 500, 900, 900])], *SIZE, SETTINGS)
    assert len(answer.detections) == 2
    assert answer.dropped == {reason: 1}


def test_the_same_object_twice_is_one_and_neighbours_are_two():
    said = [
        entry([100, 100, 500, 500], "chair"),
        entry([105, 100, 500, 505], "wooden chair"),
        entry([600, 600, 900, 900], "couch"),
        entry([610, 600, 900, 895], "sofa"),
        entry([105, 100, 500, 505], "cushion"),
        entry([100, 300, 500, 700], "chair"),
    ]
    answer = read_answer(said, *SIZE, SETTINGS)
    assert [detection.label for detection in answer.detections] == ["chair", "couch", "cushion", "chair"]
    assert answer.dropped == {DUPLICATE: 2}


def test_no_more_than_what_was_asked_for():
    said = [entry([0, 100 * place, 90, 100 * place + 90]) for place in range(10)]
    answer = read_answer(said, *SIZE, replace(SETTINGS, max_objects=4))
    assert len(answer.detections) == 4
    assert answer.dropped == {TOO_MANY: 6}


def test_a_list_under_a_usual_name_is_a_list():
    assert len(read_answer({"objects": [entry([0, 0, 500, 500])]}, *SIZE, SETTINGS).detections) == 1


@pytest.mark.parametrize("content", [None, 3, "[]", {}, {"answer": []}, {"objects": {}}])
def test_what_is_no_list_is_no_answer(content):
    with pytest.raises(AnswerError, match="no list of objects"):
        read_answer(content, *SIZE, SETTINGS)


@given(st.text())
def test_a_normalised_label_is_its_own_normalised_form(text):
    label = normalized_label(text)
    assert normalized_label(label) == label
    assert len(label) <= LONGEST_LABEL
    assert label == " ".join(label.split())
    assert not set(label) & set('_<>|{}[]()"`*#:;,!?/\\=\n\t')


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Coffee  Table", "coffee table"),
        ("the_TV", "tv"),
        ("a chair.", "chair"),
        ("A", "a"),
        ("chair (wooden)", "chair wooden"),
        ("child's t-shirt", "child's t-shirt"),
        ("Schüssel", "schüssel"),
        ("椅子", "椅子"),
        ("mug\u200b|\ud800", "mug"),
        ("1234", ""),
    ],
)
def test_labels_as_a_question_would_say_them(said, label):
    assert normalized_label(said) == label


@pytest.mark.parametrize(
    "wrong",
    [{"model": " "}, {"timeout_s": 0.0}, {"attempts": 0}, {"thinking_tokens": -2}, {"duplicate_iou": 0.0},
     {"max_objects": 0}, {"input_price": -1.0}],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=f"recognition settings: {next(iter(wrong))}"):
        RecognitionSettings(**wrong)
