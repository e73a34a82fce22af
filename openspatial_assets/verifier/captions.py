"""The sub-task of captions: every stated fact derived again from the boxes.

What does not live here: whether the sentences say these facts (`caption_text.py`).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from openspatial_assets.verifier.multi_view import recognised
from openspatial_assets.verifier.planar import point_clearances
from openspatial_assets.verifier.question import MARGIN_NEARLY, Question
from openspatial_assets.verifier.single_view import (
    CENTIMETERS,
    CLEARLY_VISIBLE,
    DISTANCES_M,
    MIN_LEVEL_GAP_M,
    MIN_LEVEL_GAP_SHARE,
    MIN_RATIO,
    MIN_SIZE_M,
)
from openspatial_assets.verifier.solids import Box, closest_distance
from openspatial_assets.verifier.world import World, reaching_any, tidy

VIEWS = (3, 8)
MIN_OBJECTS, MIN_RELATIONS = 5, 8
RELATIONS = ("on", "near", "far", "taller", "larger", "higher", "distance")

MAX_REST_M, NEAR_M, FAR_M = 0.05, 0.5, 2.0
SHAKEN_M = 0.1
"""What limits are eased by where boxes were shaken: more than a shake of both of two boxes moves their surfaces."""
SHAKEN_SHARE = 0.1
NEARLY_M = 1e-6
"""Of rounding in a measure."""


def _rests_on(subject: Box, other: Box, unit: float, ease: float) -> bool:
    level = abs(subject.span[0] - other.span[2]) <= (MAX_REST_M + ease) * unit + MARGIN_NEARLY
    inside = point_clearances(subject.center[:2], [other])[0] <= ease * unit
    return bool(level and inside and subject.span[2] > other.span[2])


def _near(subject: Box, other: Box, unit: float, ease: float) -> bool:
    touching = not ease and (_rests_on(subject, other, unit, 0.0) or _rests_on(other, subject, unit, 0.0))
    return closest_distance(subject, other) <= (NEAR_M + ease) * unit + MARGIN_NEARLY and not touching


def _far(subject: Box, other: Box, unit: float, ease: float) -> bool:
    return closest_distance(subject, other) >= (FAR_M - ease) * unit - MARGIN_NEARLY


def _taller(subject: Box, other: Box, unit: float, ease: float) -> bool:
    return subject.height >= (1.0 if ease else MIN_RATIO["height"] - MARGIN_NEARLY) * other.height


def _larger(subject: Box, other: Box, unit: float, ease: float) -> bool:
    return subject.volume >= (1.0 if ease else MIN_RATIO["volume"] - MARGIN_NEARLY) * other.volume


def _higher(subject: Box, other: Box, unit: float, ease: float) -> bool:
    gap, least = subject.span[1] - other.span[1], 0.0
    if not ease:
        least = max(MIN_LEVEL_GAP_M * unit, MIN_LEVEL_GAP_SHARE * max(subject.height, other.height)) - MARGIN_NEARLY
    ordered = ease or (subject.span[0] > other.span[0] and subject.span[2] > other.span[2])
    return bool(gap >= least and ordered)


HOLDS: Mapping[str, Callable[[Box, Box, float, float], bool]] = {
    "on": _rests_on,
    "near": _near,
    "far": _far,
    "taller": _taller,
    "larger": _larger,
    "higher": _higher,
}
"""Relation -> whether it holds of (subject, object, length unit, metres by which its limits are eased)."""


@dataclass(frozen=True)
class _Views:
    """What the views of a caption show: the measured boxes of its objects, and all whose boxes reach into a view."""

    boxes: Mapping[str, Box]
    reaching: Collection[str]

    @classmethod
    def of(cls, question: Question, world: World) -> "_Views":
        boxes = {name: world.named_box(question, name) for name in question.told["boxes"]}
        return cls(boxes, reaching_any(world, question.frames))


def caption(question: Question, world: World) -> list[str]:
    """Whether every stated fact is true, whatever the margins."""
    views = _Views.of(question, world)
    return [
        f"fact {number} ({fact['kind']}) does not hold: {fact['text']}"
        for number, fact in enumerate(question.told["facts"], start=1)
        if not _holds(fact, views, world, SHAKEN_M)
    ]


def caption_margins(question: Question, world: World) -> list[str]:
    facts, found, views = question.told["facts"], [], _Views.of(question, world)
    for number, fact in enumerate(facts, start=1):
        if not _holds(fact, views, world, 0.0):
            found.append(f"fact {number} ({fact['kind']}) does not hold with its margin: {fact['text']}")
        found += [f"fact {number}: {reason}" for reason in _unasked(fact, views, question, world)]
    kinds = Counter(fact["kind"] for fact in facts)
    if sum(kinds[kind] for kind in RELATIONS) < MIN_RELATIONS:
        found.append(f"{sum(kinds[kind] for kind in RELATIONS)} relations")
    stated = {name for fact in facts for name in objects_of(fact)}
    if stated != set(question.names):
        found.append(f"object_ids differ from those of the facts by {sorted(stated ^ set(question.names))}")
    if len(stated) < MIN_OBJECTS:
        found.append(f"{len(stated)} objects")
    return found + recognised(question, world)


def objects_of(fact: Mapping) -> list[str]:
    """Ids of the objects that a fact is about, its subject first."""
    return [*(fact[end] for end in ("subject", "object") if end in fact), *fact.get("objects", ())]


def _holds(fact: Mapping, views: _Views, world: World, ease: float) -> bool:
    """Whether a fact is true; `ease`: metres by which limits are eased, 0 for the limits of the rule."""
    kind, boxes = fact["kind"], [views.boxes[name] for name in objects_of(fact)]
    if kind in HOLDS:
        return HOLDS[kind](*boxes, world.length_unit, ease)
    if kind == "count":
        return _counts_all(fact, views, world)
    unit = CENTIMETERS[fact["unit"]]
    told, exact = fact["values"] if kind == "spread" else [fact["value"]], _exact(fact, boxes)
    return len(told) == len(exact) and all(
        abs(value / unit - meters) <= NEARLY_M + ease + (SHAKEN_SHARE * meters if ease else 0.0)
        for value, meters in zip(told, exact, strict=True)
    )


def _exact(fact: Mapping, boxes: list[Box]) -> list[float]:
    """The measures of a fact with numbers, metres."""
    if fact["kind"] == "distance":
        return [closest_distance(*boxes)]
    if fact["kind"] == "size":
        (box,) = boxes
        return [{"height": box.height, "length": box.sides[0], "width": box.sides[1]}[fact["dimension"]]]
    if fact["kind"] == "spread":
        turn = np.radians(fact.get("angle_deg", 0.0))
        axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        sides = np.ptp(np.concatenate([box.corners[:, :2] for box in boxes]) @ axes, axis=0)
        return sorted(sides.tolist(), reverse=True)
    raise ValueError(f"a fact of kind {fact['kind']!r} is not known")


def _counts_all(fact: Mapping, views: _Views, world: World) -> bool:
    """Whether all boxes of the tag that reach into a view are counted, as far as the world knows."""
    named = set(fact["objects"])
    if fact["number"] != len(fact["objects"]) or not named:
        return False
    if not world.tags or not world.reaching:
        return True
    tag = tidy(fact["tag"]).lower()
    return named == {name for name in views.reaching if tidy(world.tags[name]).lower() == tag}


def _unasked(fact: Mapping, views: _Views, question: Question, world: World) -> list[str]:
    """Why such a fact is not stated at all."""
    kind, found = fact["kind"], []
    if kind in ("size", "distance", "spread") and not question.row["metric"]:
        found.append("a length without a scale")
    if kind == "distance":
        (meters,) = _exact(fact, [views.boxes[name] for name in objects_of(fact)])
        if not DISTANCES_M[0] - MARGIN_NEARLY <= meters <= DISTANCES_M[1] + MARGIN_NEARLY:
            found.append(f"{meters:.3f} m is not stated")
    if kind == "size":
        (meters,) = _exact(fact, [views.boxes[fact["subject"]]])
        most = max(world.fraction(frame, fact["subject"]) for frame in question.frames)
        if most < CLEARLY_VISIBLE or meters < MIN_SIZE_M:
            found.append(f"the {fact['dimension']} of {fact['subject']} is not stated")
    return found
