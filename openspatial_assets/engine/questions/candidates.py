"""From what could be asked to what is asked: gates that count what they stop, and the budget.

What does not live here: the gates of a rule (its own module), and how a chosen candidate is worded (`ask.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.forms import Turn
from openspatial_assets.engine.questions.settings import QuestionSettings

REPEATED = "repeated"
OVER_BUDGET = "over_budget"


class Sieve:
    """Candidates as columns of equal length; each gate keeps some rows and counts the others under its reason.

    >>> sieve = Sieve(height=np.array([0.02, 0.4]))
    >>> sieve.keep("too_small", sieve["height"] >= 0.05)
    >>> sieve["height"], sieve.rejected
    (array([0.4]), {'too_small': 1})
    """

    def __init__(self, **columns: NDArray) -> None:
        self._columns = columns
        self.rejected: dict[str, int] = {}

    def __getitem__(self, name: str) -> NDArray:
        return self._columns[name]

    def __setitem__(self, name: str, column: NDArray) -> None:
        self._columns[name] = column

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def keep(self, reason: str, passed: NDArray[np.bool_] | bool) -> None:
        """Keep the rows where `passed`."""
        passed = np.broadcast_to(np.asarray(passed, np.bool_), (len(self),))
        stopped = len(self) - int(passed.sum())
        if stopped:
            self.count(reason, stopped)
            self._columns = {name: column[passed] for name, column in self._columns.items()}

    def sample(self, groups: NDArray[np.int64], most: int, rng: np.random.Generator) -> None:
        """Keep a random choice of at most `most` rows of each group; the others are over the budget."""
        order = rng.permutation(len(self))
        kept = np.zeros(len(self), np.bool_)
        kept[order[_place_among_equals(groups[order]) < most]] = True
        self.keep(OVER_BUDGET, kept)

    def count(self, reason: str, number: int) -> None:
        """Count `number` candidates that were not even made into rows."""
        if number:
            self.rejected[reason] = self.rejected.get(reason, 0) + number


@dataclass(frozen=True)
class Margin:
    """What a rule requires and what was found, under the same names, with the unit in them.

    The found number is at least the required one; at most, if the name begins with `max`.
    """

    required: Mapping[str, float]
    found: Mapping[str, float]


@dataclass(frozen=True)
class Mention:
    """How a question calls an object.

    Attributes:
        text: such as "the chair (red box)".
        introduced: as it is brought in, such as "a chair (point A)".
        plural: whether it takes "are".
    """

    text: str
    introduced: str
    plural: bool


@dataclass(frozen=True)
class PointMark:
    """A point that is drawn in one of the views, and that stands for a pixel, not for an object.

    Attributes:
        view: place of the view among those shown, from 0.
        u, v: pixel.
        label: what is written beside it; None for the point that is asked about.
        object: index of the scene's object that it lies on, if on any.
    """

    view: int
    u: float
    v: float
    label: str | None = None
    object: int | None = None


@dataclass(frozen=True)
class Draft:
    """One question before it is worded. Sightings are indices into the scene's sightings.

    Attributes:
        asks: what is asked, one of the sub-task's `asks`.
        named: the sightings in the order in which the question names them, one an object; of any of the shown frames.
        measure: object id, or `a|b` for a pair -> quantity with its unit in the name -> number.
        margin: of the gates that hold by number.
        label: the answer in canonical form; null for a number. Of a judgement, it is made from `holds`.
        right: how the right answer is said: a sighting (said by its name) or text.
        wrong: for a multiple choice, what the other three options say, in the same way.
        value, unit: a measured number and the unit that question and answer use.
        claim: for a judgement: (predicate, subject, object), the latter two sightings or text.
        holds: for a judgement: whether the claim is true.
        words: further placeholders of the phrasings.
        frames: frames whose camera values entered.
        further: further evidence.
        point_labels: names of the point marks, one for each of `named`; empty: no points.
        by_point_only: whether the question says "the object at point A", or the tag and the point.
        collective: whether the objects are asked for by their tag all together, so that none is named or marked.
        points: points that are drawn beside the marks of objects; the first without a label is the one asked about.
        marked_in_every_view: whether a marked object is drawn in all shown views that see it, not only in the one of
            its named sighting.
        unique_in_scene: whether a bare tag must fit only one object of the whole scene, not only of the shown images.
        compose: makes further words of how the named objects are called, in their order.
    """

    asks: str
    named: tuple[int, ...]
    measure: Mapping[str, Mapping[str, object]]
    margin: Margin
    label: str | None = None
    right: int | str | None = None
    wrong: tuple[int | str, ...] = ()
    value: float | None = None
    unit: str | None = None
    claim: tuple[str, int | str, int | str] | None = None
    holds: bool | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    frames: tuple[int, ...] = ()
    further: Mapping[str, object] = field(default_factory=dict)
    point_labels: tuple[str, ...] = ()
    by_point_only: bool = False
    collective: bool = False
    points: tuple[PointMark, ...] = ()
    marked_in_every_view: bool = False
    unique_in_scene: bool = False
    compose: Callable[[Sequence[Mention]], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Candidates:
    """What a sub-task may ask in a scene, after its gates; one row a candidate.

    Attributes:
        frames: `(c, k)` frames in the order shown, padded at the end with -1; the first one bears the budget.
        facts: `(c, w)` integers; two rows are equal exactly if they are the same fact seen from elsewhere.
        rejected: reason -> how many candidates a gate stopped.
        draft: makes the question of one candidate: `draft(row, turn)`.
        offered: form -> `(c,)` whether the candidate can be asked in it; a form that is missing is always possible.
    """

    frames: NDArray[np.int64]
    facts: NDArray[np.int64]
    rejected: Mapping[str, int]
    draft: Callable[[int, Turn], Draft]
    offered: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frames)


def chosen(
    candidates: Candidates, settings: QuestionSettings, rng: np.random.Generator
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """A random choice of candidates within the budgets.

    Returns:
        Rows of `candidates`, ordered by frame, and all rejections: those of the gates, `repeated` and `over_budget`.
    """
    rejected = dict(candidates.rejected)
    rows = rng.permutation(len(candidates))
    _, fact = np.unique(candidates.facts, axis=0, return_inverse=True)
    kept = rows[_place_among_equals(fact.reshape(-1)[rows]) <= settings.max_repeats_per_fact]
    within = kept[_place_among_equals(candidates.frames[kept, 0]) < settings.max_per_frame]
    for reason, stopped in ((REPEATED, len(rows) - len(kept)), (OVER_BUDGET, len(kept) - len(within))):
        if stopped:
            rejected[reason] = rejected.get(reason, 0) + stopped
    within.sort()
    return within[np.argsort(candidates.frames[within, 0], kind="stable")], rejected


def _place_among_equals(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many equal values stand before each value: [7, 5, 7, 7] gives [0, 0, 1, 2]."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1)) if len(values) else np.empty(0, np.int64)
    lengths = np.diff(starts, append=len(values))
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(values)) - np.repeat(starts, lengths)
    return place
