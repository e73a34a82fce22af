"""The forms that a question takes, and what is dealt to one question.

What does not live here: how the turns of many questions are kept even (`balance.py`).
"""

from dataclasses import dataclass

import numpy as np

OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT = "open_ended", "multiple_choice", "judgement"

OPTIONS = 4
"""Options of a multiple choice."""

METERS, CENTIMETERS = "m", "cm"
UNITS = (METERS, CENTIMETERS)


@dataclass(frozen=True)
class Turn:
    """What was dealt to one question.

    Attributes:
        form: the form that it takes.
        first: true in half of the questions of each form. A judgement then holds; of two sides or two orders, the first
            is taken.
        asks: a number to choose by among what can be asked: `names[asks % len(names)]`.
        letter: 0 to 3: the place of a multiple choice's right option.
        unit: `m` or `cm`, for a length.
        rng: for all other choices.
    """

    form: str
    first: bool
    asks: int
    letter: int
    unit: str
    rng: np.random.Generator
