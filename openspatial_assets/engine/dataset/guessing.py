"""How well answers can be guessed by someone who sees no image: a naive Bayes classifier on the words of the questions.

It learns from the questions of other scenes and guesses those of one. Where it does no better than chance, no word of
a question gives its answer away. What does not belong here: which words a question has once the names of objects are
taken out, and what is guessed (`quality.py`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_FOLDS = 10
"""Scenes are gathered into so many groups, each guessed from the others: bounds memory, and changes little."""

ONE_SCENE_FOLDS = 5
"""Groups of questions where there is one scene only."""

LEAST_OCCURRENCES = 3
"""Of a word that is learnt from: a rarer one tells nothing, and there are many."""


@dataclass(frozen=True)
class Guess:
    """How many of `questions` were guessed: the share that was right, and the share that blind chance gets right."""

    questions: int
    right: float
    chance: float

    @property
    def sigmas(self) -> float:
        """By how many standard deviations of blind chance the guesses are better than it."""
        spread = (self.chance * (1 - self.chance) / self.questions) ** 0.5
        return (self.right - self.chance) / spread if spread else 0.0


def folds_of(scenes: Sequence[str]) -> NDArray[np.int64]:
    """`(n,)` the group of each question: its scene's, or a running number where all are of one scene."""
    _, code = np.unique(np.asarray(scenes, dtype=str), return_inverse=True)
    if not len(code) or code.max() == 0:
        return np.arange(len(code)) % ONE_SCENE_FOLDS
    return code.reshape(-1) % MAX_FOLDS


def log_odds(
    words: Sequence[Sequence[str]], classes: ArrayLike, num_classes: int, folds: ArrayLike
) -> NDArray[np.float64]:
    """`(n, num_classes)` log probabilities, up to a constant, of each item's class, learnt from the other folds.

    Bernoulli naive Bayes: a word that is missing tells as much as one that is there. Shares are smoothed by Laplace's
    rule: one item more with each word, and one without.

    Args:
        words: of each of `n` items; a word counts once however often it occurs.
        classes: `(n,)` the true class, 0 to `num_classes` - 1.
        folds: `(n,)` group of each item.
    """
    classes, folds = np.asarray(classes, np.int64), np.asarray(folds, np.int64)
    sets = [sorted(set(item)) for item in words]
    frequent = Counter(word for item in sets for word in item)
    known = {word: index for index, word in enumerate(w for w, n in frequent.items() if n >= LEAST_OCCURRENCES)}
    pairs = [(row, known[word]) for row, item in enumerate(sets) for word in item if word in known]
    row, word = np.array(pairs, np.int64).reshape(-1, 2).T
    num_folds, num_words = int(folds.max(initial=0)) + 1, len(known)

    seen = np.zeros((num_folds, num_classes, num_words))
    np.add.at(seen, (folds[row], classes[row], word), 1.0)
    items = np.zeros((num_folds, num_classes))
    np.add.at(items, (folds, classes), 1.0)
    elsewhere, items_elsewhere = seen.sum(axis=0) - seen, items.sum(axis=0) - items
    share = (elsewhere + 1.0) / (items_elsewhere[..., None] + 2.0)
    score = (np.log(items_elsewhere + 1.0) + np.log(1.0 - share).sum(axis=2))[folds]
    np.add.at(score, row, (np.log(share) - np.log(1.0 - share))[folds[row], :, word])
    return score


def guess_classes(
    words: Sequence[Sequence[str]], classes: ArrayLike, allowed: NDArray[np.bool_], scenes: Sequence[str]
) -> Guess | None:
    """How well the class of each of `n` questions is told from its words; None for no questions.

    Args:
        allowed: `(n, k)` which of the `k` classes each question's answer can be.
    """
    if not len(words):
        return None
    classes = np.asarray(classes, np.int64)
    score = log_odds(words, classes, allowed.shape[1], folds_of(scenes))
    right = np.where(allowed, score, -np.inf).argmax(axis=1) == classes
    return Guess(len(words), float(right.mean()), float((1.0 / allowed.sum(axis=1)).mean()))


def guess_options(
    words: Sequence[Sequence[Sequence[str]]], places: ArrayLike, scenes: Sequence[str], chance: float
) -> Guess | None:
    """How well the right option of each of `n` multiple choices is told from what the options say.

    Args:
        words: question -> option -> its words; every question has the same number of options.
        places: `(n,)` the place of the right one.
        chance: share that blind chance gets right.
    """
    if not len(words):
        return None
    count, places = len(words[0]), np.asarray(places, np.int64)
    right = (np.arange(count) == places[:, None]).astype(np.int64)
    folds = np.repeat(folds_of(scenes), count)
    score = log_odds([option for options in words for option in options], right.reshape(-1), 2, folds)
    chosen = (score[:, 1] - score[:, 0]).reshape(-1, count).argmax(axis=1)
    return Guess(len(words), float((chosen == places).mean()), chance)
