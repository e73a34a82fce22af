"""The mixture: which questions to leave out so that no answer can be guessed, and how to weigh the rest.

Everything is arrays of codes, one entry a question. What does not belong here: the split (`splits.py`) and repeated
questions (`near_duplicates.py`).
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

ANSWER_BALANCE = "answer_balance"

_LETTER = re.compile(r"\s*\(?([A-Z])\)?(?:[.):,\s]|$)")


def letter_of(answer: str) -> str | None:
    """The letter of a multiple-choice answer such as "B", "B." or "(B) the chair"; None if it begins with none."""
    found = _LETTER.match(answer)
    return found.group(1) if found else None


def stable_order(ids: Sequence[str], seed: int) -> NDArray[np.uint64]:
    """`(n,)` numbers that order questions at random, each from its own id and the seed alone."""
    digests = (hashlib.blake2b(f"order|{seed}|{name}".encode(), digest_size=8).digest() for name in ids)
    return np.fromiter((int.from_bytes(digest, "big") for digest in digests), np.uint64, len(ids))


def cap_of(counts: ArrayLike, max_share: float) -> int:
    """The largest number of questions an answer may keep so that none has more than `max_share` of what is kept.

    Args:
        counts: `(k,)` questions by answer, of the `k` answers that there can be.

    Returns:
        At most the largest count. Where too many answers are missing for any cap to do, the answers present are made
        equally frequent; an answer that stands alone keeps one question.
    """
    counts = np.asarray(counts)
    present = np.sort(counts[counts > 0])
    if not len(present):
        return 0
    # The largest share falls with the cap, so the cap is found by bisection.
    low, high = 0, int(present[-1])
    while low < high:
        middle = (low + high + 1) // 2
        if middle <= max_share * np.minimum(present, middle).sum() + 1e-9:
            low = middle
        else:
            high = middle - 1
    if low:
        return low
    return int(present[0]) if len(present) > 1 else 1


def surplus_answers(
    answers: ArrayLike,
    possible: ArrayLike,
    groups: ArrayLike,
    subtasks: ArrayLike,
    order: ArrayLike,
    tolerance: float,
    slack: int = 0,
) -> NDArray[np.bool_]:
    """Which questions to drop so that within each group no answer exceeds its even share by more than `tolerance`.

    Those go first whose answer is the most over-represented within their own sub-task.

    Args:
        answers: `(n,)` code of each answer (yes or no; the letter); negative: takes no part.
        possible: `(n,)` how many answers the question allows; questions that allow more or fewer are a group apart.
        groups: `(n,)` code of the group within which answers are balanced.
        subtasks: `(n,)` code of the sub-task.
        order: `(n,)` numbers that decide among equals; the highest goes first.
        tolerance: by how much a share may exceed 1 / `possible`: 0.05 keeps yes and no within 45-55 %.
        slack: questions that the most frequent answer may have beyond the rarest, whatever their shares.
    """
    answers, possible, groups, subtasks = (np.asarray(a, np.int64) for a in (answers, possible, groups, subtasks))
    order = np.asarray(order)
    dropped = np.zeros(len(answers), bool)
    taking_part = answers >= 0
    for group, k in np.unique(np.stack([groups, possible], -1)[taking_part], axis=0):
        rows = np.nonzero(taking_part & (groups == group) & (possible == k))[0]
        counts = np.bincount(answers[rows], minlength=k)
        cap = max(cap_of(counts, 1 / k + tolerance), int(counts.min()) + slack)
        for answer in np.nonzero(counts > cap)[0]:
            mine = rows[answers[rows] == answer]
            excess = _excess(rows, mine, answers, subtasks, order, int(k))
            by_excess = np.lexsort((order[mine], excess))
            dropped[mine[by_excess[cap:]]] = True
    return dropped


def _excess(
    rows: NDArray, mine: NDArray, answers: NDArray, subtasks: NDArray, order: NDArray, possible: int
) -> NDArray[np.int64]:
    """For the questions `mine`, which share an answer: their place in their sub-task beyond its rarest answer."""
    excess = np.zeros(len(mine), np.int64)
    for subtask in np.unique(subtasks[mine]):
        rarest = np.bincount(answers[rows[subtasks[rows] == subtask]], minlength=possible).min()
        here = np.nonzero(subtasks[mine] == subtask)[0]
        excess[here[np.argsort(order[mine[here]], kind="stable")]] = np.arange(len(here)) - rarest
    return excess


def even_weights(subtasks: ArrayLike, forms: ArrayLike, max_weight: float) -> NDArray[np.float64]:
    """`(n,)` sampling weights with which every sub-task is equally likely, and every form within its sub-task.

    Their mean is 1, or less where `max_weight` cuts the largest.
    """
    subtasks, forms = np.asarray(subtasks), np.asarray(forms)
    if not len(subtasks):
        return np.zeros(0)
    pairs, pair, count = np.unique(np.stack([subtasks, forms], -1), axis=0, return_inverse=True, return_counts=True)
    _, subtask, num_forms = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    weight = len(subtasks) / (len(num_forms) * num_forms[subtask] * count)
    return np.minimum(weight, max_weight)[pair.reshape(-1)]
