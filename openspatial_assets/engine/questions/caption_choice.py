"""What of a scene is worth telling: statements for a caption, so that all objects come in and none too often.

What does not live here: what can be stated at all (`caption_statements.py`), and the order in the text
(`caption_plan.py`).
"""

import numpy as np

from openspatial_assets.engine.questions.caption_statements import Known, Statement, part_of
from openspatial_assets.engine.questions.captions import Kind

MOST_SUPPORTS = 5
"""Things of which is told what lies on them."""

MOST_USES = 3
"""Statements about the same two tags."""

ROUND = (
    *("near", "taller", "distance", "size", "larger", "higher"),
    *("near", "far", "size", "distance", "taller", "larger"),
)
"""What is added in turn, in a random order of each caption."""

CLOSENESS = ("near", "far", "distance")
"""Of two things, one of these is told."""

TRITE_COSTS = 3.0
"""A comparison that everyone knows is told only if other things were mentioned so much more often."""

PARTS = (("length", "width", "height"), ("length", "width"), ("height",), ("length",), ("length", "height"))
"""What is told of a thing's size."""


class Chooser:
    """Deals statements: first what lies on what, then all kinds in turn, the least mentioned objects first."""

    def __init__(self, known: Known, rng: np.random.Generator) -> None:
        self.rng, self.left = rng, {kind: list(found) for kind, found in known.statements.items()}
        self.uses = dict.fromkeys(known.kinds, 0)
        self.pairs: dict[frozenset[Kind], list[str]] = {}
        self.partly: set[Kind] = set()
        supports = self.left.pop("on")
        chosen = [supports[index] for index in rng.permutation(len(supports))[:MOST_SUPPORTS].tolist()]
        self.waiting = [*chosen, *([known.spread] if known.spread else [])][::-1]
        self.turns = [ROUND[index] for index in rng.permutation(len(ROUND)).tolist()]
        self.turn = 0

    def add(self, statements: list[Statement], number: int) -> int:
        """Append up to `number` statements; returns how many there were to append."""
        added = 0
        while added < number and (statement := self._next()) is not None:
            statements.append(statement)
            for kind in statement.kinds:
                self.uses[kind] += 1
            self.partly |= set(statement.partial)
            self.pairs.setdefault(statement.about, []).append(statement.kind)
            added += 1
        return added

    def _next(self) -> Statement | None:
        if self.waiting:
            return self.waiting.pop()
        for _ in self.turns:
            kind = self.turns[self.turn % len(self.turns)]
            self.turn += 1
            usable = [one for one in self.left[kind] if self._is_new(one)]
            if usable:
                best = usable[int(np.argmin([self._score(one) for one in usable] + self.rng.random(len(usable))))]
                self.left[kind] = [one for one in self.left[kind] if one is not best]
                return part_of(best, PARTS[int(self.rng.integers(len(PARTS)))]) if kind == "size" else best
        return None

    def _is_new(self, statement: Statement) -> bool:
        """Whether it repeats nothing: of two things one distance, and a few statements at most."""
        told = self.pairs.get(statement.about, [])
        if statement.kind in CLOSENESS and any(kind in CLOSENESS for kind in told):
            return False
        if any(kind in self.partly for kind in statement.partial):
            return False  # "one of the two lamps" again: no one could tell whether it is the same one
        return statement.kind not in told and len(told) < MOST_USES

    def _score(self, statement: Statement) -> float:
        """The less, the better: seldom mentioned things, pairs of which nothing is told yet, what is worth telling."""
        mentioned = sum(self.uses[kind] for kind in statement.kinds) / len(statement.kinds)
        told = len(self.pairs.get(statement.about, []))
        return mentioned + told + TRITE_COSTS * (statement.weight < 1.0)
