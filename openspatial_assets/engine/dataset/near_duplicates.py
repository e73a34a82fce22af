"""Which questions ask the same thing again.

Neighbouring frames show the same objects, so the same fact is asked many times. Two questions state the same *fact* if
scene, sub-task, what is asked, the objects and the answer agree, whatever the form, the words and the frames (but for
answers about the views themselves, such as how the camera moved); they have the same *words* if their text agrees too.
What does not belong here: duplicates of frames, and how a question is made.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.questions import SUBTASKS

SAME_WORDS, SAME_FACT = "same_words", "same_fact"

_ASKED = ("asks", "rank", "facing", "claim", "source")
"""The entries of a question's evidence that say what is asked; the others are measurements."""


def fact_of(question: Mapping[str, Any]) -> bytes:
    """The fact that a question states, as a hash.

    A measured number is the same fact in every frame, though a box fitted to visible points measures it differently in
    each. An answer that is neither a label nor a number (boxes in the camera's axes) is part of the fact as it is said.

    Args:
        question: a row of a question table.
    """
    evidence = json.loads(question["evidence"])
    objects, label = list(question["object_ids"]), question["answer_label"]
    if label is None:
        said = question["answer"] if question["answer_value"] is None else question["answer_unit"]
    else:
        said = label
    # "Which is larger, a or b?" and "... b or a?" have one answer; "is a left of b" depends on the order.
    if label is None or all(part in objects for part in label.split(">")):
        objects.sort()
    asked = {name: evidence[name] for name in _ASKED if name in evidence}
    task = SUBTASKS.get(question["subtask"])
    views = list(question["frame_ids"]) if task is not None and task.of_views else []
    return _hash([question["scene_id"], question["subtask"], asked, views, objects, said])


def words_of(question: Mapping[str, Any], fact: bytes) -> bytes:
    """The question's fact and text, without regard to case and spaces, as a hash."""
    return _hash([fact.hex(), question["question"].lower().split()])


def near_duplicates(
    facts: Sequence[bytes], words: Sequence[bytes], order: ArrayLike, views_per_fact: int
) -> NDArray[np.str_]:
    """Why each question is dropped: `same_words`, `same_fact`, or "" where it stays, `(n,)`.

    Args:
        order: `(n,)` numbers; of near-duplicates those with the lowest stay.
        views_per_fact: how many questions may state the same fact, each in other words.
    """
    reasons = np.full(len(facts), "", dtype=f"U{max(len(SAME_WORDS), len(SAME_FACT))}")
    said: set[bytes] = set()
    views: Counter[bytes] = Counter()
    for index in np.argsort(order, kind="stable"):
        if words[index] in said:
            reasons[index] = SAME_WORDS
        elif views[facts[index]] >= views_per_fact:
            reasons[index] = SAME_FACT
        else:
            said.add(words[index])
            views[facts[index]] += 1
    return reasons


def _hash(value: Any) -> bytes:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).digest()
