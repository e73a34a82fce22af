"""The four options of a multiple choice: wrong numbers, wrong orders, and the place of the right one.

What does not live here: wrong objects and directions, which only a rule can tell to be wrong.
"""

from collections.abc import Sequence
from itertools import pairwise, permutations

import numpy as np

from openspatial_assets.engine.questions.forms import CENTIMETERS, OPTIONS

LETTERS = "ABCD"

SMALLEST_STEP, LARGEST_STEP = 1.35, 1.8
"""Ratio of neighbouring numbers; the smallest leaves room for rounding above the 20 % by which options must differ."""

SMALLEST_RATIO = 1.25
"""Of any two numbers as they are shown: each is then 20 % off, whichever of the two is the measure."""

CENTIMETERS_PER_METER = 100.0


def in_unit(meters: float, unit: str) -> float:
    """A length in metres in `unit` (m or cm)."""
    return meters * CENTIMETERS_PER_METER if unit == CENTIMETERS else meters


def shown(value: float, unit: str) -> str:
    """A length as an answer says it: whole centimetres, or metres with two decimals."""
    return f"{value:.0f}" if unit == CENTIMETERS else f"{value:.2f}"


def wrong_lengths(value: float, unit: str, rng: np.random.Generator) -> tuple[str, ...]:
    """Three wrong lengths, with their unit, beside `value` in `unit`: any two of the four differ by 20 % as shown.

    The right one is as often the smallest as it is the largest of the four. Only where rounding leaves no room below a
    very small value do all wrong ones lie above it.
    """
    steps = rng.uniform(SMALLEST_STEP, LARGEST_STEP, OPTIONS - 1).tolist()
    below = int(rng.integers(OPTIONS))
    for smaller in (*range(below, -1, -1), None):
        ladder, factor = [], 1.0
        for step in steps[: smaller or 0]:
            factor /= step
            ladder.append(factor)
        factor = 1.0
        for step in steps[smaller or 0 :]:
            factor *= step if smaller is not None else LARGEST_STEP
            ladder.append(factor)
        texts = [shown(value * factor, unit) for factor in ladder]
        numbers = sorted(float(text) for text in (*texts, shown(value, unit)))
        if numbers[0] > 0 and all(b >= SMALLEST_RATIO * a for a, b in pairwise(numbers)):
            break
    return tuple(f"{text} {unit}" for text in texts)


def wrong_orders(labels: Sequence[str], rng: np.random.Generator) -> tuple[tuple[str, ...], ...]:
    """Three other orders of `labels`, all equally likely."""
    others = [order for order in permutations(labels) if order != tuple(labels)]
    return tuple(others[index] for index in rng.permutation(len(others))[: OPTIONS - 1].tolist())


def placed(right: str, wrong: Sequence[str], letter: int) -> tuple[str, ...]:
    """The options in the order shown: the right one at place `letter` (0 to 3)."""
    return (*wrong[:letter], right, *wrong[letter:])
