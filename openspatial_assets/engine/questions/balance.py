"""Who is asked what: forms, true and false claims, sides, units and letters in exactly even shares, in random order.

A coin for each question would leave small scenes unbalanced; dealing cards does not. What does not live here: which
candidates are asked at all (`candidates.py`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.forms import JUDGEMENT, OPEN_ENDED, OPTIONS, UNITS, Turn


def deal(
    forms: Sequence[str], offered: Mapping[str, NDArray[np.bool_]], count: int, rng: np.random.Generator
) -> list[Turn]:
    """Turns for `count` questions.

    Args:
        forms: of the sub-task, at least one of which every question can take.
        offered: form -> `(count,)` whether a question can take it; missing: it can.
    """
    taken = _forms(forms, offered, count, rng)
    first, asks = np.zeros(count, np.bool_), np.zeros(count, np.int64)
    letters, units = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for form in range(len(forms)):
        rows = np.flatnonzero(taken == form)
        dealt = _cards(len(rows), rng)
        first[rows], asks[rows] = dealt % 2 == 0, dealt // 2  # so each question asked is true as often as false
        letters[rows], units[rows] = _cards(len(rows), rng) % OPTIONS, _cards(len(rows), rng) % len(UNITS)
    columns = (taken.tolist(), first.tolist(), asks.tolist(), letters.tolist(), units.tolist())
    return [Turn(forms[form], *rest, UNITS[unit], rng) for form, *rest, unit in zip(*columns, strict=True)]


def _cards(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` consecutive numbers from a random start, shuffled."""
    return rng.permutation(count) + int(rng.integers(1 << 16))


def _forms(
    forms: Sequence[str], offered: Mapping[str, NDArray[np.bool_]], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Index `(count,)` of each question's form: as even as what is offered allows, and an even number of judgements.

    The form that fewest questions can take chooses first; the last one, which all can take, is left the rest.
    """
    possible = np.stack([offered.get(form, np.ones(count, np.bool_)) for form in forms], axis=1)
    taken, waiting = np.empty(count, np.int64), rng.permutation(count)
    scarcest_first = np.argsort(possible.sum(axis=0), kind="stable")
    for place, form in enumerate(scarcest_first.tolist()):
        share, over = divmod(len(waiting), len(forms) - place)
        share += int(rng.integers(len(forms) - place)) < over
        chosen = np.flatnonzero(possible[waiting, form])[:share]
        taken[waiting[chosen]] = form
        waiting = np.delete(waiting, chosen)
    if JUDGEMENT in forms and OPEN_ENDED in forms:
        judgements = np.flatnonzero(taken == forms.index(JUDGEMENT))
        if len(judgements) % 2:  # an odd one could not be balanced by a claim of the other kind
            taken[rng.choice(judgements)] = forms.index(OPEN_ENDED)
    return taken
