"""What the questions of a sub-task are like as a whole: how many, how even, how often the same.

Questions are rows of a question table, all of one sub-task. What does not belong here: how easily they are guessed
(`blind_guesses.py`), which are left out of a mixture (`mixture.py`), and what a lead is
warned of (`checks/quality.py`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import chdtrc

from openspatial_assets.engine.dataset.closed_labels import Row, closed_labels, closed_set, label_group
from openspatial_assets.engine.dataset.mixture import letter_of
from openspatial_assets.engine.dataset.near_duplicates import fact_of, words_of
from openspatial_assets.engine.questions.forms import CENTIMETERS, JUDGEMENT, METERS, MULTIPLE_CHOICE
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.options import LETTERS, in_unit

Tags = Mapping[tuple[str, str], str]
"""(scene, object) -> what it is."""

YES_NO = ("yes", "no")

MIN_EXPECTED = 5.0
"""Of each label, for a chi-square test: below it, the test's p-value means little (Cochran's rule)."""


def uniform_p_value(*groups: Sequence[int]) -> float | None:
    """How likely counts as uneven as these are, if all things that are counted in a group are equally likely.

    Pearson's chi-square test with k - 1 degrees of freedom for a group of k counts; over independent groups, both the
    statistics and the degrees of freedom add up. None if there is nothing to test.
    """
    statistic, freedom = 0.0, 0
    for counts in groups:
        observed = np.asarray(counts, np.float64)
        if len(observed) > 1 and observed.sum():
            statistic += float(((observed - observed.mean()) ** 2).sum() / observed.mean())
            freedom += len(observed) - 1
    return float(chdtrc(freedom, statistic)) if freedom else None


def coverage_of(rows: Sequence[Row], tags: Tags) -> dict[str, Any]:
    """Scenes, images, objects and kinds of objects that are asked about, and how many questions have marks."""
    things = {(row["scene_id"], name) for row in rows for name in row["object_ids"]}
    return {
        "questions": len(rows),
        "scenes": len({row["scene_id"] for row in rows}),
        "frames": len({(row["scene_id"], frame) for row in rows for frame in row["frame_ids"]}),
        "objects": len(things),
        "tags": len({tidy(tags[thing]).lower() for thing in things if thing in tags}),
        "marked_share": sum(bool(row["marks"]) for row in rows) / len(rows) if rows else None,
    }


def balance_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Forms, letters, and yes and no: how many, and how likely shares so uneven are by chance."""
    said = Counter(row["answer_label"] for row in rows if row["form"] == JUDGEMENT)
    found = Counter(letter_of(row["answer"]) for row in rows if row["form"] == MULTIPLE_CHOICE)
    letters, judgements = {letter: found[letter] for letter in LETTERS}, sum(said.values())
    return {
        "forms": counted(Counter(row["form"] for row in rows)),
        "choices": sum(letters.values()),
        "letters": [{"name": letter, "count": count} for letter, count in letters.items()],
        "letters_p_value": uniform_p_value(list(letters.values())),
        "judgements": judgements,
        "yes_share": said["yes"] / judgements if judgements else None,
        "yes_no_p_value": uniform_p_value([said[word] for word in YES_NO]),
    }


def labels_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Answers out of a closed set (sides, directions, views, points), and how likely shares so uneven are by chance.

    Shares are compared among questions that ask the same thing, in the same form, of as many images. A route's turns
    count one by one.
    """
    groups: dict[tuple, list[str]] = {}
    for row in rows:
        for label in closed_labels(row):
            groups.setdefault(label_group(row, label), []).append(label)
    total: Counter[str] = Counter()
    tested = []
    for group, labels in groups.items():
        counts, possible = Counter(labels), closed_set(group, set(labels))
        total += counts
        if len(labels) >= MIN_EXPECTED * len(possible):
            tested.append([counts[label] for label in possible])
    return {"labels": counted(total), "labels_p_value": uniform_p_value(*tested)}


def lengths_of(rows: Sequence[Row]) -> dict[str, Any]:
    """The lengths among the answers, in metres."""
    per_meter = {unit: in_unit(1.0, unit) for unit in (METERS, CENTIMETERS)}
    found = [row["answer_value"] / per_meter[row["answer_unit"]] for row in rows if row["answer_unit"] in per_meter]
    names = ("length_min_m", "length_median_m", "length_max_m")
    numbers = np.quantile(found, [0.0, 0.5, 1.0]).tolist() if found else [None] * len(names)
    return {"lengths": len(found), **dict(zip(names, numbers, strict=True))}


def repetition_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many questions state a fact that another one has stated already, and how many in the same words."""
    facts = [fact_of(row) for row in rows]
    words = {words_of(row, fact) for row, fact in zip(rows, facts, strict=True)}
    return {"near_duplicates": len(rows) - len(set(facts)), "same_words": len(rows) - len(words)}


def counted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Names with their counts, the most frequent first."""
    in_order = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"name": name, "count": count} for name, count in in_order]
