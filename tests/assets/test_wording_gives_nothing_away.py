"""No answer can be told from words alone, names of objects left out: over thousands of questions of random scenes.

A classifier learns from all scenes but one, and guesses the answers of that one (`engine/dataset/guessing.py`). Random
scenes are no real ones: some directions are rarer in them than others, so answers are compared with what is guessed
without any words.
"""

import json
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare
from support.linked_tables import linked_tables
from support.tables import random_tables

from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.engine.dataset.blind_guesses import guesses_of, question_words
from openspatial_assets.engine.dataset.closed_labels import closed_labels, label_classes
from openspatial_assets.engine.dataset.guessing import guess_classes
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings

NUM_SCENES, NUM_FRAMES = 12, 14
LEAST_QUESTIONS = 60

MARGIN, SIGMAS = 0.12, 4.0
"""Guesses are told from chance if they are better by both."""

LEAST_P_VALUE = 0.001

UNEVEN_BY_NATURE = frozenset(["camera_motion"])
"""Cameras that look into a room from its sides face each other: between them, they move forward and not backward."""


def rows_of_scenes() -> tuple[dict[str, list[dict]], dict]:
    """Sub-task -> its questions in all scenes, and what each object is."""
    rows, tags = {name: [] for name in SUBTASKS}, {}
    for seed in range(NUM_SCENES):
        scene, tables = f"room_{seed}", random_tables(700 + seed, NUM_FRAMES)
        tags |= {(scene, name): tag for name, tag in tables.scene_boxes.select("object_id", "tag").iter_rows()}
        made = questions_of_scene(*tables, scene, "variant", QuestionSettings(), **linked_tables(tables, seed))
        for name in SUBTASKS:
            rows[name] += [{**row, "told": json.loads(row["evidence"])} for row in made[name].iter_rows(named=True)]
    return rows, tags


ROWS, TAGS = rows_of_scenes()
JUDGED = [name for name, task in SUBTASKS.items() if "judgement" in task.forms]
CHOSEN = [name for name, task in SUBTASKS.items() if "multiple_choice" in task.forms]


def of_form(name: str, form: str) -> list[dict]:
    return [row for row in ROWS[name] if row["form"] == form]


def told_apart(guess, chance: float) -> bool:
    spread = np.sqrt(chance * (1 - chance) / guess.questions)
    return guess.right > chance + MARGIN and guess.right > chance + SIGMAS * spread


@pytest.mark.parametrize("name", SUBTASKS)
def test_every_subtask_is_looked_at(name):
    assert len(ROWS[name]) > LEAST_QUESTIONS


@pytest.mark.parametrize("name", JUDGED)
def test_yes_and_no_are_not_told_by_the_words(name):
    guess = guesses_of(ROWS[name], TAGS)["judgement"]
    assert guess.questions > LEAST_QUESTIONS
    assert not told_apart(guess, 0.5), guess


@pytest.mark.parametrize("name", SUBTASKS)
def test_sides_directions_and_views_are_not_told_by_the_words(name):
    rows = [row for row in ROWS[name] if closed_labels(row) == [row["answer_label"]]]
    if rows:
        classes, allowed = label_classes(rows)
        scenes = [row["scene_id"] for row in rows]
        # What is asked (a rotation, a movement) tells which answers are frequent; that is no fault of the words.
        kinds = [[f"{row['told']['asks'] if name in UNEVEN_BY_NATURE else ''} {row['form']}"] for row in rows]
        unread = guess_classes(kinds, classes, allowed, scenes)
        read = guess_classes([question_words(row, TAGS) for row in rows], classes, allowed, scenes)
        assert not told_apart(read, max(unread.right, unread.chance)), (read, unread)


@pytest.mark.parametrize("name", [name for name in CHOSEN if name not in UNEVEN_BY_NATURE])
def test_the_right_option_is_not_told_by_its_words_place_or_length(name):
    rows = of_form(name, "multiple_choice")
    assert len(rows) > LEAST_QUESTIONS
    guess = guesses_of(rows, TAGS)["choice"]
    assert not told_apart(guess, guess.chance), guess


@pytest.mark.parametrize("name", CHOSEN)
def test_letters_are_equally_frequent(name):
    letters = Counter(row["answer"][0] for row in of_form(name, "multiple_choice"))
    assert set(letters) == set("ABCD")
    assert chisquare([letters[letter] for letter in "ABCD"]).pvalue > LEAST_P_VALUE


@pytest.mark.parametrize("name", [name for name in CHOSEN if of_form(name, "multiple_choice")[0]["answer_unit"]])
def test_the_right_number_has_no_place_of_its_own_among_the_four(name):
    ranks = Counter()
    for row in of_form(name, "multiple_choice"):
        numbers = [float(text.split()[0]) for text in row["options"]]
        ranks[sorted(numbers).index(numbers["ABCD".index(row["answer"][0])])] += 1
    assert chisquare([ranks[rank] for rank in range(4)]).pvalue > LEAST_P_VALUE


@pytest.mark.parametrize("name", CHOSEN)
def test_the_right_option_is_neither_the_longest_nor_the_shortest(name):
    expected = found = count = 0
    for row in of_form(name, "multiple_choice"):
        lengths = [len(text) for text in row["options"]]
        right = lengths["ABCD".index(row["answer"][0])]
        for extreme in (min(lengths), max(lengths)):
            # Of several that are equally long, each is as likely.
            if len(set(lengths)) > 1:
                expected += lengths.count(extreme) / 4
                found += right == extreme
                count += 1
    if count and name not in UNEVEN_BY_NATURE | {"left_right", "front_behind"}:
        assert abs(found - expected) / count < MARGIN


@pytest.mark.parametrize("name", JUDGED)
def test_every_wording_is_used_with_yes_and_with_no(name):
    answers: dict[str, set[str]] = {}
    uses = Counter()
    for row in of_form(name, "judgement"):
        marked = [f"({mark['color']} {mark['kind']})" for mark in row["marks"]]
        text = question_words(row, TAGS)[-1]
        for mark in marked:
            text = text.replace(mark.strip("()").rstrip("s"), "")
        key = " ".join(text.split())
        answers.setdefault(key, set()).add(row["answer_label"])
        uses[key] += 1
    often = [key for key, count in uses.items() if count >= 12]
    assert all(answers[key] == {"yes", "no"} for key in often), [key for key in often if len(answers[key]) < 2]


def test_a_word_that_tells_the_answer_would_be_noticed():
    rows = []
    for row in of_form("left_right", "judgement"):
        told = "indeed " if row["answer_label"] == "yes" else ""
        rows.append({**row, "question": told + row["question"]})
    guess = guesses_of(rows, TAGS)["judgement"]
    assert guess.right > 0.9
    assert told_apart(guess, 0.5)
    longest = []
    for row in of_form("high_low", "multiple_choice"):
        place = "ABCD".index(row["answer"][0])
        said = [f"{text} over there" if at == place else text for at, text in enumerate(row["options"])]
        longest.append({**row, "options": said})
    assert told_apart(guesses_of(longest, TAGS)["choice"], 0.25)
