"""Numbers about questions: even shares against SciPy, and small sets counted by hand."""

import json

import numpy as np
import pytest
from scipy.stats import chisquare

from openspatial_assets.engine.dataset.blind_guesses import guesses_of, option_words, question_words
from openspatial_assets.engine.dataset.closed_labels import closed_labels, closed_set, label_group
from openspatial_assets.engine.dataset.guessing import folds_of, guess_classes, guess_options, log_odds
from openspatial_assets.engine.dataset.quality import (
    balance_of,
    coverage_of,
    labels_of,
    lengths_of,
    repetition_of,
    uniform_p_value,
)

TAGS = {("room", "chair_1"): "chair", ("room", "table_1"): "coffee table", ("room", "cups"): "cups"}


def row(form="open_ended", label="left", **changes) -> dict:
    """A question about a chair and a table; entries of `told` are the evidence."""
    told = {"asks": "bearing", "measure": {}, **changes.pop("told", {})}
    base = {
        "qa_id": "q", "scene_id": "room", "subtask": "left_right", "form": form, "options": None,
        "question": "Is the chair left or right of the coffee table?", "answer": "Left.", "answer_label": label,
        "answer_value": None, "answer_unit": None, "frame_ids": ["0"], "object_ids": ["chair_1", "table_1"],
        "marks": [], "evidence": json.dumps(told), "told": told,
    }  # fmt: skip
    return {**base, **changes}


def choice(letter, options=("the chair", "the cups", "left", "right"), **changes):
    return row("multiple_choice", None, answer=f"{letter}.", options=list(options), **changes)


def judgement(yes, question="Is it so?", scene="room"):
    label = "yes" if yes else "no"
    return row("judgement", label, answer=label.capitalize(), question=question, scene_id=scene)


@pytest.mark.parametrize("counts", [[10, 10, 10, 10], [20, 5, 9, 6], [0, 7], [1, 0, 0], [130, 97, 101, 112]])
def test_p_value_is_that_of_pearsons_test(counts):
    assert uniform_p_value(counts) == pytest.approx(chisquare(counts).pvalue)


def test_groups_are_tested_together_and_nothing_has_no_p_value():
    first, second = chisquare([8, 2]), chisquare([3, 4, 9])
    together = np.random.default_rng(0).chisquare(3, 400_000) >= first.statistic + second.statistic
    assert uniform_p_value([8, 2], [3, 4, 9]) == pytest.approx(together.mean(), abs=0.003)
    assert uniform_p_value() is None
    assert uniform_p_value([5], [0, 0]) is None


def test_letters_and_yes_and_no_are_counted():
    rows = [choice("A"), choice("A"), choice("C"), judgement(True), judgement(False), judgement(True), row()]
    found = balance_of(rows)
    assert found["forms"] == [
        {"name": "judgement", "count": 3},
        {"name": "multiple_choice", "count": 3},
        {"name": "open_ended", "count": 1},
    ]
    assert [entry["count"] for entry in found["letters"]] == [2, 0, 1, 0]
    assert found["letters_p_value"] == pytest.approx(chisquare([2, 0, 1, 0]).pvalue)
    assert (found["choices"], found["judgements"], found["yes_share"]) == (3, 3, pytest.approx(2 / 3))
    assert found["yes_no_p_value"] == pytest.approx(chisquare([2, 1]).pvalue)


def test_scenes_images_objects_and_tags_are_counted_once():
    rows = [row(), row(frame_ids=["0", "1"], marks=["one"]), row(scene_id="hall", object_ids=["cups"])]
    found = coverage_of(rows, TAGS | {("hall", "cups"): " Coffee\nTable"})
    assert found == {"questions": 3, "scenes": 2, "frames": 3, "objects": 3, "tags": 2, "marked_share": 1 / 3}


def test_lengths_are_compared_in_metres():
    rows = [row(answer_value=value, answer_unit=unit) for value, unit in ((150.0, "cm"), (2.5, "m"), (90.0, "deg"))]
    assert lengths_of(rows) == {"lengths": 2, "length_min_m": 1.5, "length_median_m": 2.0, "length_max_m": 2.5}


def test_repeated_facts_and_repeated_words_are_counted():
    again = row(frame_ids=["7"], question="Is the chair to the left or to the right of the coffee table?")
    rows = [row(), row(frame_ids=["3"]), again, row(object_ids=["cups", "table_1"])]
    assert repetition_of(rows) == {"near_duplicates": 2, "same_words": 1}


@pytest.mark.parametrize(
    ("label", "views", "others", "possible"),
    [
        ("left", 1, ("right",), ["left", "right"]),
        ("left", 1, (), ["left", "right"]),
        ("front", 1, (), ["front", "behind"]),
        ("left", 2, ("up",), ["left", "right", "up", "down"]),
        ("forward", 2, (), ["left", "right", "up", "down", "forward", "backward"]),
        ("front-left", 2, ("back",), 8),
        ("north", 2, (), 8),
        ("left", 3, ("back",), ["left", "right", "back"]),
        ("2", 3, (), ["1", "2", "3"]),
        ("4", 2, (), ["1", "2", "3", "4"]),
        ("B", 2, (), ["A", "B", "C", "D"]),
        ("1>3>2", 3, (), ["1>2>3", "1>3>2"]),
        ("1>3>2>4", 4, (), 6),
    ],
)
def test_a_label_tells_what_else_the_answer_could_be(label, views, others, possible):
    one = row(label=label, frame_ids=["0", "1", "2", "3"][:views])
    assert closed_labels(one) == [label]
    found = closed_set(label_group(one, label), {label, *others})
    assert len(found) == possible if isinstance(possible, int) else list(found) == possible


@pytest.mark.parametrize(
    "other",
    [
        row(label=None),
        row(label="chair_1"),
        row(label="table_1>chair_1"),
        row(label="7", object_ids=["7", "left"]),
        row(label="left", object_ids=["7", "left"]),
        row(label="left", told={"options": ["left", "right"], "boxes": {"left": {}}}),
        judgement(True),
    ],
)
def test_objects_numbers_and_judgements_are_in_no_closed_set(other):
    assert closed_labels(other) == []


def test_labels_are_even_within_what_is_asked():
    # Twice as many of the first kind as of the second: no matter, for each kind is even by itself.
    turns = [row(label=label, told={"asks": "rotation"}) for label in ("left", "right", "up", "down") * 20]
    winds = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
    rows = turns + [row(label=label) for label in winds * 5]
    found = labels_of(rows)
    assert found["labels_p_value"] == 1.0
    assert found["labels"][:4] == [{"name": name, "count": 20} for name in ("down", "left", "right", "up")]
    # A direction that never occurs is one that is expected as often as the others.
    some = [entry for entry in turns if entry["answer_label"] != "up"]
    assert labels_of(some)["labels_p_value"] == pytest.approx(chisquare([20, 20, 0, 20]).pvalue)
    # Which side is asked for is no kind of question of its own.
    sides = [row(label=label, told={"asks": label}) for label in ("left",) * 9 + ("right",)]
    assert labels_of(sides)["labels_p_value"] == pytest.approx(chisquare([9, 1]).pvalue)
    assert labels_of(turns[:8])["labels_p_value"] is None


def test_turns_of_a_route_count_one_by_one():
    rows = [row(label="left>right"), row(label="back"), row(label="left>left>right")]
    assert labels_of(rows)["labels"] == [
        {"name": "left", "count": 3},
        {"name": "right", "count": 2},
        {"name": "back", "count": 1},
    ]


def test_words_have_neither_names_nor_their_number():
    one = question_words(
        row(question="Are the cups (red box) left of the coffee table?", object_ids=["cups", "table_1"]), TAGS
    )
    other = question_words(row(question="Is the chair (red box) left of the coffee table?"), TAGS)
    assert one == other
    assert one[-1] == "i the ~ red box left of the ~"
    words = option_words(
        choice("B", told={"options": ["chair_1", "cups", "left", "right"], "boxes": {"cups": {}}}), TAGS
    )
    assert words[0][:2] == words[1][:2] == ["the", "~"]
    assert words[1][-3] == "place 1"
    numbers = option_words(choice("B", ("1.20 m", "0.50 m", "2.00 m", "0.90 m")), TAGS)
    assert [words[-1] for words in numbers] == ["number 2", "number 0", "number 3", "number 1"]


def test_log_odds_are_those_of_bayes_rule():
    words = [["x"], ["x"], ["x", "y"], ["y"], ["y"], ["z"], ["x"]]
    score = log_odds(words, [0, 0, 0, 1, 1, 1, 0], 2, [0, 0, 0, 0, 0, 0, 1])
    # Learnt for the last item: of three in class 0, three have x and one has y; of three in class 1, none and two. The
    # word z is too rare to be learnt from.
    with_x, without_y = (4 / 5, 1 / 5), (3 / 5, 2 / 5)
    assert score[-1] == pytest.approx([np.log(4 * x * y) for x, y in zip(with_x, without_y, strict=True)])


def test_what_a_scene_tells_is_not_used_for_itself():
    rng = np.random.default_rng(0)
    classes = rng.integers(2, size=400)
    scenes = [f"room_{index // 40}" for index in range(400)]
    own = [[f"{scene} {label}"] for scene, label in zip(scenes, classes, strict=True)]
    either = np.ones((400, 2), bool)
    assert abs(guess_classes(own, classes, either, scenes).right - 0.5) < 0.1
    told = [[str(label)] for label in classes]
    found = guess_classes(told, classes, either, scenes)
    assert (found.right, found.chance, found.questions) == (1.0, 0.5, 400)
    assert found.sigmas == pytest.approx(20.0)
    assert guess_classes([], [], np.ones((0, 2), bool), []) is None
    assert len(set(folds_of(["one"] * 9).tolist())) > 1


def test_options_that_are_never_right_are_noticed():
    rng = np.random.default_rng(1)
    places = rng.integers(4, size=200)
    options = [[["right"] if at == place else [f"wrong {at % 2}"] for at in range(4)] for place in places]
    scenes = [f"room_{index % 5}" for index in range(200)]
    assert guess_options(options, places, scenes, 0.25).right == 1.0
    alike = [[["same"]] * 4 for _ in places]
    assert guess_options(alike, places, scenes, 0.25).right < 0.4
    assert guess_options([], [], [], 0.25) is None


def test_a_wording_that_goes_with_one_answer_is_found():
    rng = np.random.default_rng(2)

    def asked(leaking: bool) -> list[dict]:
        rows = []
        for index in range(400):
            yes = bool(rng.integers(2))
            wording = yes if leaking else bool(rng.integers(2))
            text = "Is the chair near the coffee table?" if wording else "Would you say that the chair is near it?"
            rows.append(judgement(yes, text, f"room_{index % 8}"))
        return rows

    assert guesses_of(asked(True), {})["judgement"].right == 1.0
    assert guesses_of(asked(False), {})["judgement"].sigmas < 3
    common = {
        (f"room_{index}", name): tag for index in range(8) for name, tag in (("chair_1", "chair"), ("table_1", "x"))
    }
    assert {name for name, found in guesses_of(asked(False), common).items() if found} == {
        "judgement",
        "judgement_with_names",
    }


def test_common_knowledge_is_told_apart_from_wording():
    rng = np.random.default_rng(3)
    tags, rows = {}, []
    for index in range(300):
        scene, small = f"room_{index % 6}", bool(rng.integers(2))
        names = ("mug", "sofa") if small else ("sofa", "mug")
        tags |= {(scene, name): name for name in names}
        question = f"Is the {names[0]} smaller than the {names[1]}?"
        rows.append({**judgement(small, question, scene), "object_ids": list(names)})
    found = guesses_of(rows, tags)
    assert found["judgement"].sigmas < 3
    assert found["judgement_with_names"].right == 1.0


def test_two_sides_among_four_options_are_an_even_chance():
    rows = [
        choice("AB"[index % 2], ("left", "right", "directly above", "directly below"), scene_id=f"room_{index % 7}")
        for index in range(60)
    ]
    rows = [{**entry, "answer_label": "left" if entry["answer"] == "A." else "right"} for entry in rows]
    assert guesses_of(rows, TAGS)["choice"].chance == 0.5
    assert guesses_of([choice("A", scene_id=f"room_{index}") for index in range(9)], TAGS)["choice"].chance == 0.25


def test_nothing_is_measured_of_nothing():
    assert coverage_of([], {})["marked_share"] is None
    assert balance_of([])["yes_share"] is None
    assert labels_of([]) == {"labels": [], "labels_p_value": None}
    assert lengths_of([])["length_median_m"] is None
    assert repetition_of([]) == {"near_duplicates": 0, "same_words": 0}
    assert set(guesses_of([], {}).values()) == {None}
