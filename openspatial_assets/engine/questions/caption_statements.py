"""What can be said about the objects of a caption, each statement with the facts that it states.

A statement is about groups: one thing ("the sofa"), all things of a tag ("both lamps") or some of them ("one of the two
lamps"). What does not live here: how boxes are measured (`caption_relations.py`), and words (`caption_text.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.questions.caption_relations import related, sides
from openspatial_assets.engine.questions.captions import Kind, Shown
from openspatial_assets.engine.questions.distances import MAX_DISTANCE_M, MIN_DISTANCE_M
from openspatial_assets.engine.questions.forms import CENTIMETERS, METERS
from openspatial_assets.engine.questions.gates import CLEARLY_VISIBLE_FRACTION
from openspatial_assets.engine.questions.options import in_unit
from openspatial_assets.engine.questions.spatial_measurement import MIN_DIMENSION_M, MIN_IN_FRAME
from openspatial_assets.engine.scene_graph.scene import SceneGraph

Fact = Mapping[str, object]

RELATIONS = ("on", "near", "far", "taller", "larger", "higher", "distance")
"""The kinds of facts that relate two objects."""

COMPARISONS = ("taller", "larger", "higher")

MOST_COMPARED = 4
"""Pairs in "all four chairs are larger than the mug": more make the statement a long list of facts."""

TELLING_RATIO = {"taller": 3.0, "larger": 8.0}
"""Up to here, a comparison is worth telling: that a bed is larger than a mug, everyone knows."""

TRITE = 0.1
"""Weight of a comparison that is not worth telling, beside one that is."""

MIN_FOOTPRINT_M = 0.3
"""Length from which length and width are told: of a bottle, one tells the height."""

SLENDER = 2.0
"""Height by length, above which length and width are not told."""


@dataclass(frozen=True)
class Group:
    """Some or all of the objects of one tag."""

    kind: Kind
    members: tuple[int, ...]

    @property
    def whole(self) -> bool:
        return len(self.members) == len(self.kind.members)


@dataclass(frozen=True)
class Statement:
    """Something that a sentence can say.

    Attributes:
        kind: as of its facts.
        subjects: groups of which it is said; several only of what lies on top of `target`.
        target: the other side of a relation; of two of the same tag, there is none.
        facts: without their text.
        weight: how much it is worth telling.
        lengths: measured lengths in metres: dimension -> metres, or `value`, or `long` and `short`.
        unit: of all of them, where they are said.
        each: "each of the two tables carries one of the lamps".
        beside: whether near things are next to each other.
    """

    kind: str
    subjects: tuple[Group, ...]
    target: Group | None
    facts: tuple[Fact, ...]
    weight: float = 1.0
    lengths: Mapping[str, float] = field(default_factory=dict)
    unit: str = METERS
    each: bool = False
    beside: bool = False

    @cached_property
    def partial(self) -> tuple[Kind, ...]:
        """The tags of which it mentions only some things."""
        groups = (*self.subjects, *([self.target] if self.target else []))
        return tuple(group.kind for group in groups if not group.whole)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The tags that it mentions."""
        groups = (*self.subjects, *([self.target] if self.target else []))
        return tuple(group.kind for group in groups)

    @cached_property
    def about(self) -> frozenset[Kind]:
        """The same in any order."""
        return frozenset(self.kinds)


def unit_of(meters: float) -> str:
    """Centimetres below one metre, metres above."""
    return METERS if meters >= 1.0 else CENTIMETERS


class Known:
    """All that can be said about the objects of one caption: lists of statements, by kind."""

    def __init__(self, scene: SceneGraph, shown: Shown) -> None:
        self.scene, self.kinds, self.sightings = scene, shown.kinds, shown.sightings
        self.ids = [scene.object_ids[index] for index in scene.sightings.objects[shown.sightings].tolist()]
        self.boxes = scene.sightings.boxes[shown.sightings]
        self.relations = related(self.boxes, _distances(scene, shown.sightings), scene.length_unit)
        self.statements: dict[str, list[Statement]] = {
            "on": [*self._supports()],
            **{kind: [*self._closeness(kind)] for kind in ("near", "far", "distance")},
            **{kind: [*self._comparisons(kind)] for kind in COMPARISONS},
            "size": [*self._sizes()],
        }
        self.spread = self._spread()

    @property
    def relations_known(self) -> int:
        """Facts that relate two objects."""
        return sum(is_relation(fact) for found in self.statements.values() for one in found for fact in one.facts)

    def counts(self) -> list[Fact]:
        """How many of each tag there are, in the order of `kinds`."""
        return [
            {"kind": "count", "tag": kind.name, "number": len(kind.members), "objects": self._ids(kind.members)}
            for kind in self.kinds
        ]

    def _ids(self, members: Sequence[int]) -> list[str]:
        return [self.ids[member] for member in members]

    def _facts(self, kind: str, first: Sequence[int], second: Sequence[int]) -> tuple[Fact, ...]:
        return tuple({"kind": kind, "subject": self.ids[a], "object": self.ids[b]} for a in first for b in second)

    def _supports(self) -> Iterator[Statement]:
        """What lies on top of what, one statement for each thing that bears something."""
        on, doubtful = self.relations.on, self.relations.maybe_on & ~self.relations.on
        for bearer in self.kinds:
            borne: dict[int, list[Group]] = {}
            for target in bearer.members:
                for kind in self.kinds:
                    members = tuple(one for one in kind.members if on[one, target])
                    if members and not doubtful[list(kind.members), target].any() and kind is not bearer:
                        borne.setdefault(target, []).append(Group(kind, members))
            if not borne:
                continue
            richest = max(borne, key=lambda target: len(borne[target]))
            loads = [tuple((group.kind.name, len(group.members)) for group in groups) for groups in borne.values()]
            alike = len(borne) == len(bearer.members) > 1 and len(set(loads)) == 1
            if alike and len(borne[richest]) == 1 and not borne[richest][0].whole:
                pairs = [(group.members, target) for target, (group,) in borne.items()]
                facts = sum((self._facts("on", members, (target,)) for members, target in pairs), ())
                yield Statement("on", tuple(borne[richest]), Group(bearer, bearer.members), facts, each=True)
            else:
                facts = sum((self._facts("on", group.members, (richest,)) for group in borne[richest]), ())
                yield Statement("on", tuple(borne[richest]), Group(bearer, (richest,)), facts)

    def _closeness(self, kind: str) -> Iterator[Statement]:
        """Symmetric relations: near, far, and distances."""
        firm, doubtful = self._firm(kind)
        for index, a in enumerate(self.kinds):
            if len(a.members) == 2 and firm[a.members]:
                yield self._close(kind, Group(a, a.members), None, (a.members,))
            for b in self.kinds[index + 1 :]:
                if len(a.members) > 1 and len(b.members) > 1:
                    continue
                if len(a.members) > 1:
                    a_, b_ = a, b
                else:
                    a_, b_ = b, a  # the one of which there may be several comes first
                (one,) = b_.members
                if doubtful[list(a_.members), one].any():
                    continue
                members = tuple(member for member in a_.members if firm[member, one])
                if members and not (kind == "distance" and len(a_.members) > 1):
                    yield self._close(kind, Group(a_, members), Group(b_, (one,)), [(m, one) for m in members])

    def _firm(self, kind: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """`(n, n)` pairs of which the relation is told, and those that spoil a group because it may hold."""
        relations = self.relations
        if kind == "near":
            return relations.near, relations.maybe_near & ~relations.near
        if kind == "far":
            return relations.far, relations.maybe_far & ~relations.far
        distance = relations.distance
        firm = (distance >= MIN_DISTANCE_M) & (distance <= MAX_DISTANCE_M) & self.scene.metric
        return firm, np.zeros_like(firm)

    def _close(self, kind: str, subject: Group, target: Group | None, pairs: Sequence[tuple[int, int]]) -> Statement:
        facts = [self._facts(kind, (a,), (b,))[0] for a, b in pairs]
        if kind != "distance":
            beside = kind == "near" and all(self.relations.beside[a, b] for a, b in pairs)
            return Statement(kind, (subject,), target, tuple(facts), beside=beside)
        meters = float(self.relations.distance[pairs[0]])
        unit = unit_of(meters)
        fact = {**facts[0], "value": in_unit(meters, unit), "unit": unit}
        return Statement(kind, (subject,), target, (fact,), lengths={"value": meters}, unit=unit)

    def _comparisons(self, kind: str) -> Iterator[Statement]:
        """What is taller, larger or higher than what; of several things of one tag, all are."""
        holds = getattr(self.relations, kind)
        on, ratios = self.relations.maybe_on, self.relations.ratios.get(kind)
        for a in self.kinds:
            for b in self.kinds:
                pairs = len(a.members) * len(b.members)
                if a is b or pairs > MOST_COMPARED:
                    continue
                block = (a.members[0], b.members[0]) if pairs == 1 else np.ix_(a.members, b.members)
                if not holds[block].all():
                    continue
                trite = kind == "higher" and on[block].any()
                trite |= ratios is not None and ratios[block].min() > TELLING_RATIO[kind]
                weight = TRITE if trite else 1.0
                facts = self._facts(kind, a.members, b.members)
                yield Statement(kind, (Group(a, a.members),), Group(b, b.members), facts, weight)

    def _sizes(self) -> Iterator[Statement]:
        """Lengths, widths and heights, of things that are seen whole."""
        if not self.scene.metric:
            return
        seen = self.scene.sightings
        whole = seen.visible_fraction[self.sightings] >= CLEARLY_VISIBLE_FRACTION
        whole &= seen.in_frame[self.sightings] >= MIN_IN_FRAME
        dimensions, upright = sides(self.boxes)
        for kind in self.kinds:
            if len(kind.members) > 1:
                continue  # "one of the two chairs is 85 centimeters tall" tells nothing: which one?
            (member,) = kind.members
            length, width, height = dimensions[member].tolist()
            broad = upright[member] and length >= MIN_FOOTPRINT_M and height <= SLENDER * length
            told = {"length": length, "width": width, "height": height} if broad else {"height": height}
            told = {name: meters for name, meters in told.items() if meters >= MIN_DIMENSION_M}
            if not whole[member] or not told:
                continue
            yield _size(Group(kind, kind.members), self.ids[member], told)

    def _spread(self) -> Statement | None:
        """The rectangle, seen from above and along the sides of the largest thing, that all objects fit into."""
        if not self.scene.metric:
            return None
        angle = _heading(self.boxes[int(self.boxes.volumes.argmax())])
        along = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        points = self.boxes.corners[..., :2].reshape(-1, 2) @ along.T
        long, short = sorted((points.max(axis=0) - points.min(axis=0)).tolist(), reverse=True)
        fact = {
            "kind": "spread",
            "objects": list(self.ids),
            "values": [long, short],
            "unit": METERS,
            "angle_deg": float(np.degrees(angle)),
        }
        return Statement("spread", (), None, (fact,), lengths={"long": long, "short": short})


def _size(group: Group, name: str, told: Mapping[str, float]) -> Statement:
    """The lengths of one thing, all in one unit."""
    unit = unit_of(max(told.values()))
    facts = tuple(
        {"kind": "size", "subject": name, "dimension": dimension, "value": in_unit(meters, unit), "unit": unit}
        for dimension, meters in told.items()
    )
    return Statement("size", (group,), None, facts, lengths=told, unit=unit)


def part_of(size: Statement, dimensions: Sequence[str]) -> Statement:
    """The statement of a size about some of its lengths; about all of them if there is none of these."""
    told = {name: meters for name, meters in size.lengths.items() if name in dimensions}
    return _size(size.subjects[0], str(size.facts[0]["subject"]), told) if told else size


def _heading(box: Boxes) -> float:
    """Angle in [0, 90 degrees), in radians, from world x to a horizontal side of a box."""
    level = np.abs(box.rotations[2]).argmin()
    x, y = box.rotations[:2, level]
    return float(np.arctan2(y, x) % (np.pi / 2))


def _distances(scene: SceneGraph, sightings: NDArray[np.int64]) -> NDArray[np.float64]:
    """`(n, n)` closest distances between the boxes of `sightings` `(n,)`, world units."""
    count = len(sightings)
    first, second = np.triu_indices(count, 1)
    distances = np.zeros((count, count))
    distances[first, second] = scene.box_distances(sightings[first], sightings[second])
    return distances + distances.T


def is_relation(fact: Fact) -> bool:
    """Whether a fact relates two objects."""
    return fact["kind"] in RELATIONS
