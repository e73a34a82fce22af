"""Which of two objects is more of something: taller, larger, higher.

The form of the question is shared here: which object, yes or no, or one of four that alone stands on the asked side of
another. What does not live here: how much more is enough (the rules).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Margin, Sieve
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPTIONS, Turn
from openspatial_assets.engine.questions.gates import pair_facts
from openspatial_assets.engine.scene_graph.scene import SceneGraph

Asks = tuple[str, str]
"""What one asks for the greater and for the lesser of two: ("taller", "shorter")."""

WRONG = OPTIONS - 1


def compared(
    scene: SceneGraph,
    sieve: Sieve,
    asks: Sequence[Asks],
    measured: Callable[[int, int], dict[str, float]],
    margin: Callable[[int], Margin],
) -> Candidates:
    """Candidates of a comparison whose gates are passed.

    Args:
        sieve: columns `a` (the greater), `b` (the lesser) and `kind`, an index into `asks`.
        measured: (sighting, kind) -> the quantities that are compared.
        margin: row -> required and found.
    """
    greater, lesser, kind = sieve["a"], sieve["b"], sieve["kind"]
    count = len(scene.sightings)
    below = _Grouped(kind * count + greater, lesser, len(asks) * count)
    above = _Grouped(kind * count + lesser, greater, len(asks) * count)
    by_greater = below.lengths[kind * count + lesser] >= WRONG
    by_lesser = above.lengths[kind * count + greater] >= WRONG

    def draft(row: int, turn: Turn) -> Draft:
        more, less, which = int(greater[row]), int(lesser[row]), int(kind[row])
        most, least = asks[which]

        def comparison(asked: str, named: tuple[int, int], wrong: tuple[int, ...] = (), **rest) -> Draft:
            right = more if asked == most else less
            measure = {scene.object_ids[scene.sightings.objects[one]]: measured(one, which) for one in (*named, *wrong)}
            label = scene.object_ids[scene.sightings.objects[right]]
            return Draft(asked, named, measure, margin(row), label, right, wrong, **rest)

        if turn.form == JUDGEMENT:
            asked = (most, least)[turn.asks % 2]
            subject, target = (more, less) if (asked == most) == turn.first else (less, more)
            return comparison(asked, (subject, target), claim=(asked, subject, target), holds=turn.first)
        if turn.form == MULTIPLE_CHOICE:
            asked = (
                (most, least)[turn.asks % 2] if by_greater[row] and by_lesser[row] else asks[which][int(by_lesser[row])]
            )
            right, target, others = (more, less, below) if asked == most else (less, more, above)
            group = others[which * count + target]
            wrong = tuple(group[turn.rng.permutation(len(group))[:WRONG]].tolist())
            return comparison(asked, (target, right), wrong)
        asked = (most, least)[turn.asks % 2]
        right, other = (more, less) if asked == most else (less, more)
        return comparison(asked, (right, other) if turn.first else (other, right))

    return Candidates(
        frames=scene.sightings.frames[greater][:, None],
        facts=pair_facts(scene, sieve, kind),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: by_greater | by_lesser},
    )


class _Grouped:
    """Values by key: `grouped[key]` is the array of its values."""

    def __init__(self, keys: NDArray[np.int64], values: NDArray[np.int64], num_keys: int) -> None:
        self._values = values[np.argsort(keys, kind="stable")]
        self.lengths = np.bincount(keys, minlength=num_keys)
        self._ends = np.cumsum(self.lengths)

    def __getitem__(self, key: int) -> NDArray[np.int64]:
        return self._values[self._ends[key] - self.lengths[key] : self._ends[key]]
