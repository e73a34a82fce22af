"""A row of a question table with its evidence read, and the comparison of what it says with what is found.

What does not live here: what a sub-task asks, and the scene (`world.py`).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

NEARLY = 1e-6
"""Of rounding in a measure, absolute and relative: a micrometre."""

MARGIN_NEARLY = 1e-9
"""Of rounding in a margin."""

ALSO_AT_MOST = "max"
"""A margin whose name begins so is a largest value; any other is a least one."""


@dataclass(frozen=True, eq=False)
class Question:
    """One question.

    Attributes:
        row: as in its table.
        told: its evidence.
    """

    row: Mapping[str, Any]
    told: Mapping[str, Any]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Question":
        return cls(row, json.loads(row["evidence"]))

    @property
    def subtask(self) -> str:
        return self.row["subtask"]

    @property
    def form(self) -> str:
        return self.row["form"]

    @property
    def judged(self) -> bool:
        return self.row["form"] == "judgement"

    @property
    def label(self) -> str | None:
        return self.row["answer_label"]

    @property
    def frames(self) -> Sequence[str]:
        """The shown frames; View 1 is the first."""
        return self.row["frame_ids"]

    @property
    def names(self) -> Sequence[str]:
        """Ids of the objects that the question names, in order."""
        return self.row["object_ids"]

    @property
    def asks(self) -> str:
        return self.told["asks"]

    @property
    def options(self) -> Sequence[str]:
        """What the options say in canonical form: object ids, or their text."""
        return self.told.get("options", ())

    @property
    def claim(self) -> tuple[str, str, str]:
        """Predicate, subject and object of a judgement."""
        told = self.told["claim"]
        return told["predicate"], told["subject"], told["object"]

    @cached_property
    def involved(self) -> tuple[str, ...]:
        """Ids of all objects that question and options name, each once."""
        boxes = self.told.get("boxes", {})
        return tuple(dict.fromkeys([*self.names, *(name for name in self.options if name in boxes)]))

    @property
    def unit(self) -> str:
        """What ends the name of a length in the evidence."""
        return "m" if self.row["metric"] else "units"

    def measured(self, key: str, quantity: str) -> float:
        """A number of `evidence.measure`."""
        try:
            return float(self.told["measure"][key][quantity])
        except KeyError:
            raise ValueError(f"the evidence has no {quantity} of {key}") from None

    def misses(self, key: str, quantity: str, exact: float, slack: float = NEARLY) -> list[str]:
        """What is wrong with a number of `evidence.measure`; `slack` in its unit is let pass."""
        told = self.told["measure"].get(key, {}).get(quantity)
        if isinstance(told, int | float) and math.isclose(told, exact, rel_tol=NEARLY, abs_tol=slack):
            return []
        return [f"measure of {key}: {quantity} is {told}, not {exact:.6g}"]


def margin_problems(question: Question) -> list[str]:
    """Which of the margins that a row itself tells are not reached."""
    found, margin = [], question.told["margin"]
    for name, required in margin["required"].items():
        gaps, least = margin["found"][name], required
        if isinstance(gaps, float | int) and isinstance(least, float | int):
            ok = gaps <= least + MARGIN_NEARLY if name.startswith(ALSO_AT_MOST) else gaps >= least - MARGIN_NEARLY
        else:
            gaps, least = np.atleast_1d(np.asarray(gaps, float)), np.atleast_1d(np.asarray(least, float))
            at_most = name.startswith(ALSO_AT_MOST)
            ok = ((gaps <= least + MARGIN_NEARLY) if at_most else (gaps >= least - MARGIN_NEARLY)).all()
        if not ok:
            found.append(f"margin {name}: {gaps} does not reach {least}")
    return found
