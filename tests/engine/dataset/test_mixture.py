"""What is dropped leaves no answer to guess, and no more is dropped than that needs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.dataset.mixture import cap_of, even_weights, letter_of, stable_order, surplus_answers
from openspatial_assets.engine.dataset.near_duplicates import fact_of, near_duplicates, words_of


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("C.", "C"),
        ("(D) the mug", "D"),
        ("A. the chair", "A"),
        ("B: 0.8 m", "B"),
        ("Chair", None),
        ("", None),
    ],
)
def test_letter_of(answer, letter):
    assert letter_of(answer) == letter


@given(st.lists(st.integers(0, 400), min_size=2, max_size=5), st.floats(0.0, 0.2))
def test_cap_is_the_largest_that_keeps_every_share(counts, tolerance):
    counts, limit = np.array(counts), 1 / len(counts) + tolerance

    def fits(cap: int) -> bool:
        kept = np.minimum(counts, cap)
        return kept.max() <= limit * kept.sum() + 1e-9

    possible = [cap for cap in range(1, int(counts.max()) + 1) if fits(cap)]
    cap = cap_of(counts, limit)
    if possible:
        assert cap == max(possible)
    else:
        kept = np.minimum(counts, cap)[counts > 0]
        assert len(set(kept.tolist())) <= 1, "where no cap does, those present are equally frequent"


@given(st.integers(0, 10_000), st.integers(30, 300), st.floats(0.1, 0.9))
def test_yes_and_no_end_within_45_to_55_percent(seed, count, bias):
    rng = np.random.default_rng(seed)
    answers, subtasks = (rng.random(count) < bias).astype(int), rng.integers(0, 4, count)
    order = rng.permutation(count)
    dropped = surplus_answers(answers, np.full(count, 2), np.zeros(count), subtasks, order, 0.05)
    kept = answers[~dropped]
    if 0 < answers.sum() < count:
        assert 0.45 <= kept.mean() <= 0.55
        assert (~dropped).sum() >= 2 * min(answers.sum(), count - answers.sum())


def test_the_sub_task_that_is_most_one_sided_pays_first():
    # Sub-task 0: 30 yes, 0 no. Sub-task 1: 20 yes, 20 no.
    answers = np.array([1] * 30 + [1] * 20 + [0] * 20)
    subtasks = np.array([0] * 30 + [1] * 40)
    dropped = surplus_answers(answers, np.full(70, 2), np.zeros(70), subtasks, np.arange(70), 0.0)
    assert dropped.sum() == 30
    assert dropped[:30].all()


def test_questions_with_more_options_and_open_ones_are_left_apart():
    answers = np.array([0] * 50 + [3] * 50 + [-1] * 10)
    possible = np.array([2] * 50 + [4] * 50 + [0] * 10)
    dropped = surplus_answers(answers, possible, np.zeros(110), np.zeros(110), np.arange(110), 0.05)
    assert dropped[:50].sum() == 49
    assert dropped[50:100].sum() == 49
    assert not dropped[100:].any()


def test_slack_keeps_a_lone_judgement():
    assert not surplus_answers([1], [2], [0], [0], [0], 0.05, slack=1).any()
    assert surplus_answers([1, 1, 1, 0], [2] * 4, [0] * 4, [0] * 4, [3, 0, 1, 2], 0.05, slack=1).tolist() == [
        *(True, False, False, False)
    ]


def test_weights_even_out_sub_tasks_and_forms():
    subtasks = np.array([0] * 90 + [1] * 10)
    forms = np.array([0] * 80 + [1] * 10 + [0] * 10)
    weights = even_weights(subtasks, forms, 100.0)
    assert weights.mean() == pytest.approx(1)
    assert weights[:90].sum() == pytest.approx(50)
    assert weights[:80].sum() == pytest.approx(weights[80:90].sum())
    assert even_weights(subtasks, forms, 3.0).max() == 3.0
    assert len(even_weights([], [], 3.0)) == 0


def test_order_depends_on_the_id_alone():
    alone, together = stable_order(["q7"], 3), stable_order(["q1", "q7", "q2"], 3)
    assert alone[0] == together[1]
    assert stable_order(["q7"], 4)[0] != alone[0]


def question(**changes) -> dict:
    base = {
        "scene_id": "room",
        "subtask": "size_relative",
        "question": "Which is larger?",
        "answer": "the table",
        "answer_label": "table_1",
        "answer_value": None,
        "answer_unit": None,
        "object_ids": ["table_1", "chair_1"],
        "frame_ids": ["1"],
        "options": None,
        "evidence": json.dumps({"asks": "larger", "measure": {"x": 1.0}}),
    }
    return {**base, **changes}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"question": "Is a table larger?", "options": ["a", "b"]}, True),
        ({"object_ids": ["chair_1", "table_1"]}, True),
        ({"evidence": json.dumps({"asks": "larger", "measure": {"x": 1.1}})}, True),
        ({"evidence": json.dumps({"asks": "smaller"})}, False),
        ({"answer_label": "chair_1"}, False),
        ({"scene_id": "other"}, False),
        ({"object_ids": ["table_1", "chair_2"]}, False),
    ],
)
def test_fact_is_what_is_asked_of_which_objects_with_which_answer(changes, same):
    assert (fact_of(question()) == fact_of(question(**changes))) is same


def test_direction_depends_on_the_order_of_the_objects_and_a_number_on_no_frame():
    left = {"subtask": "left_right", "answer_label": "left", "evidence": json.dumps({"asks": "left"})}
    assert fact_of(question(**left)) != fact_of(question(**left, object_ids=["chair_1", "table_1"]))
    number = {"subtask": "distance_absolute", "answer_label": None, "answer_unit": "m"}
    near, again = question(**number, answer_value=1.31), question(**number, answer_value=1.29, answer="1.29 m")
    assert fact_of(near) == fact_of(again)
    boxes = {"subtask": "grounding_3d", "answer_label": None}
    assert fact_of(question(**boxes, answer="[1]")) != fact_of(question(**boxes, answer="[2]"))


def test_near_duplicates_keep_the_first_in_order_and_tell_words_from_facts():
    rows = [
        question(),
        question(question="which  is LARGER?"),
        question(question="What is larger?"),
        question(scene_id="b"),
    ]
    facts = [fact_of(row) for row in rows]
    words = [words_of(row, fact) for row, fact in zip(rows, facts, strict=True)]
    assert near_duplicates(facts, words, [1, 0, 2, 3], 1).tolist() == ["same_words", "", "same_fact", ""]
    assert near_duplicates(facts, words, [1, 0, 2, 3], 2).tolist() == ["same_words", "", "", ""]


def test_answers_about_the_views_are_the_same_fact_only_in_the_same_views():
    turn = {"subtask": "camera_motion", "object_ids": [], "answer_label": "left"}
    turn["evidence"] = json.dumps({"asks": "rotation"})
    one, again, other = (question(**turn, frame_ids=frames) for frames in (["1", "2"], ["1", "2"], ["2", "3"]))
    assert fact_of(one) == fact_of(again) != fact_of(other)
    far = question(subtask="multiview_distance_relative", frame_ids=["1", "2"])
    assert fact_of(far) == fact_of(far | {"frame_ids": ["3", "4"]})
