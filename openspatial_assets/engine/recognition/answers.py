"""From a recognizer's JSON answer to sound detections: boxes inside the image, in pixels, each object once.

An answer is a list of `{"box_2d": [ymin, xmin, ymax, xmax], "label": ...}` with coordinates from 0 to 1000 whatever the
image's size, as Gemini gives them. Models break their format in small ways, so each entry is judged for itself.
What does not belong here: asking (`resources/recognizer`), and which pixels of a box are the object.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.lifting.names import same_object
from openspatial_assets.engine.recognition.labels import normalized_label
from openspatial_assets.engine.recognition.settings import RecognitionSettings

FULL_SCALE = 1000.0
"""Coordinates of an answer run from 0 to this along either side of the image."""

FARTHEST = 1e6
"""A larger coordinate is none; nor is one that is no number."""

LIST_NAMES = ("objects", "detections", "items")
"""An answer may also be an object that has its list under one of these names."""

LONGEST_SHOWN = 60
"""Characters of an answer that an error shows."""

MALFORMED, EMPTY, TINY, DUPLICATE, TOO_MANY = "malformed", "outside", "too small", "named twice", "too many"
"""Why an entry of an answer is dropped."""


class AnswerError(ValueError):
    """An answer that holds no list of objects; the message says what it holds instead."""


@dataclass(frozen=True)
class Detection:
    """One object that was named in a frame.

    Attributes:
        label: what it is called, normalised.
        box: xmin, ymin, xmax, ymax, pixels (max exclusive), inside the image.
    """

    label: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Answer:
    """What one frame's answer comes to: the detections in the answer's order, and reason -> dropped entries."""

    detections: tuple[Detection, ...]
    dropped: Mapping[str, int]


def read_answer(content: Any, width: int, height: int, settings: RecognitionSettings) -> Answer:
    """The detections of a decoded JSON answer to an image of `width` x `height` pixels.

    Edges are clamped to the image and put in order; what is then empty, tiny, or a second name for the same box is
    dropped.

    Raises:
        AnswerError: the answer has no list of objects.
    """
    kept: list[Detection] = []
    dropped: Counter[str] = Counter()
    for entry in entries_of(content):
        found = _detection(entry, width, height, settings.min_side_px)
        if isinstance(found, str):
            dropped[found] += 1
        elif any(_is_twice(found, other, settings.duplicate_iou) for other in kept):
            dropped[DUPLICATE] += 1
        elif len(kept) == settings.max_objects:
            dropped[TOO_MANY] += 1
        else:
            kept.append(found)
    return Answer(tuple(kept), dict(dropped))


def entries_of(content: Any) -> Sequence[Any]:
    """The list of an answer: itself, or the one that stands under a usual name; raises `AnswerError`."""
    if isinstance(content, Mapping):
        content = next((content[name] for name in LIST_NAMES if name in content), content)
    if not isinstance(content, list):
        raise AnswerError(f"the answer is no list of objects, but {_shown(content)}")
    return content


def pixel_box(box_2d: Sequence[float], width: int, height: int) -> NDArray[np.float64]:
    """`(4,)` xmin, ymin, xmax, ymax in pixels, inside the image, of ymin, xmin, ymax, xmax on 0 to 1000."""
    ymin, xmin, ymax, xmax = np.clip(np.asarray(box_2d, np.float64), 0.0, FULL_SCALE) / FULL_SCALE
    return np.array(
        [min(xmin, xmax) * width, min(ymin, ymax) * height, max(xmin, xmax) * width, max(ymin, ymax) * height]
    )


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes xmin, ymin, xmax, ymax of positive area."""
    sides = [min(one[axis + 2], other[axis + 2]) - max(one[axis], other[axis]) for axis in (0, 1)]
    shared = max(sides[0], 0.0) * max(sides[1], 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def _detection(entry: Any, width: int, height: int, min_side_px: float) -> Detection | str:
    """An entry's detection, or why it is dropped."""
    if not isinstance(entry, Mapping):
        return MALFORMED
    box_2d, label = entry.get("box_2d"), entry.get("label")
    if not isinstance(box_2d, list) or len(box_2d) != 4 or not all(map(_is_number, box_2d)):
        return MALFORMED
    name = normalized_label(label) if isinstance(label, str) else ""
    if not name:
        return MALFORMED
    box = pixel_box(box_2d, width, height)
    sides = box[2:] - box[:2]
    if sides.min() <= 0.0:
        return EMPTY
    if sides.min() < min_side_px:
        return TINY
    return Detection(name, tuple(box.tolist()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST


def _is_twice(one: Detection, other: Detection, duplicate_iou: float) -> bool:
    return same_object(one.label, other.label) and overlap(one.box, other.box) >= duplicate_iou


def _shown(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"an object with {', '.join(map(repr, list(content)[:3])) or 'nothing in it'}"
    return repr(content)[:LONGEST_SHOWN]
