"""Which answers choose from a closed set (a side, a direction, a view, a point), and what else the set holds.

It is told from the labels themselves: objects and free text are in no closed set. A label that never occurs counts as
well, as long as its set is known. What does not belong here: how even the labels are (`quality.py`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.forms import JUDGEMENT

Row = Mapping[str, Any]
"""A row of a question table, and beside it `told`: of its evidence, parsed, at least `asks`, `options` and `boxes`."""

WORDS = (
    ("left", "right"),
    ("front", "behind"),
    ("left", "right", "back"),
    ("left", "right", "up", "down"),
    ("left", "right", "up", "down", "forward", "backward"),
    ("front", "front-right", "right", "back-right", "back", "back-left", "left", "front-left"),
    ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"),
)
"""Sets of words: of two that hold the same word, the smaller one first."""

COMPASS = frozenset(WORDS[-1])
KNOWN = frozenset(word for words in WORDS for word in words)

BETWEEN = ">"
"""Joins the parts of an order or of a route."""


def objects_in(row: Row) -> set[str]:
    """Objects that a question or its options name."""
    boxes = row["told"].get("boxes", ())
    return {*row["object_ids"], *(name for name in row["told"].get("options", ()) if name in boxes)}


def closed_labels(row: Row) -> list[str]:
    """The label of an answer that is out of a closed set; of a route, each turn; empty for any other answer."""
    label = row["answer_label"]
    if label is None or row["form"] == JUDGEMENT:
        return []
    parts = label.split(BETWEEN)
    if set(parts) & objects_in(row):
        return []
    if len(parts) > 1 and parts[0] == "1" and all(part.isdigit() for part in parts):
        return [label]
    return parts if all(_family(part) for part in parts) else []


def label_group(row: Row, label: str) -> tuple:
    """Questions of one group have their labels out of one set: they ask the same thing, in one form, of as many images.

    Where the thing asked is itself a label (which side?), it is no part of the group.
    """
    asks = row["told"].get("asks")
    return None if asks in KNOWN else asks, row["form"], _family(label), len(row["frame_ids"])


def closed_set(group: tuple, labels: Collection[str]) -> tuple[str, ...]:
    """The set that the `labels` of a group are out of."""
    family, views = group[-2:]
    if family == "orders":
        last = max(int(part) for label in labels for part in label.split(BETWEEN))
        orders = permutations([str(view) for view in range(2, last + 1)])
        return tuple(BETWEEN.join(("1", *order)) for order in orders)
    if family == "numbers":
        return tuple(str(number) for number in range(1, max(views, *map(int, labels)) + 1))
    if family == "letters":
        return tuple(chr(code) for code in range(ord("A"), max(ord("D"), *map(ord, labels)) + 1))
    # Where no single set holds all, labels are those that occur, so that at least these are compared.
    return next((words for words in WORDS if set(labels) <= set(words)), tuple(sorted(set(labels))))


def label_classes(rows: Sequence[Row]) -> tuple[list[int], NDArray[np.bool_]]:
    """Code `(n,)` of each row's label, and `(n, k)` which labels each could have; each row has one closed label."""
    groups: dict[tuple, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(label_group(row, row["answer_label"]), []).append(index)
    sets = {group: closed_set(group, {rows[i]["answer_label"] for i in some}) for group, some in groups.items()}
    code = {label: index for index, label in enumerate(sorted({label for labels in sets.values() for label in labels}))}
    allowed = np.zeros((len(rows), len(code)), np.bool_)
    for group, some in groups.items():
        allowed[np.ix_(some, [code[label] for label in sets[group]])] = True
    return [code[row["answer_label"]] for row in rows], allowed


def _family(label: str) -> str | None:
    """What kind of label it is; labels of two families are never out of one set."""
    if BETWEEN in label:
        return "orders"
    if label.isdigit() and label != "0":
        return "numbers"
    if re.fullmatch("[A-Z]", label):
        return "letters"
    if label in COMPASS:
        return "compass"
    return "sides" if label in KNOWN else None
