"""Box and point prompts for a promptable segmenter, drawn from the depth masks of one frame.

What does not belong here: the segmenter (`resources/segmenter`), and how a depth mask comes about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.masks.regions import Mask, bounding_box, edge_distance, mark_point

WELL_INSIDE = 0.5
"""A positive point is at least this share of the mask's greatest distance away from its edge, where depth masks err."""

BOX_MARGIN_PX = 2
"""The box prompt is that of the depth mask, grown by this: depth is often missing along an object's edge."""


@dataclass(frozen=True)
class Prompt:
    """What a segmenter is told of one object.

    Attributes:
        box: `(4,)` xmin, ymin, xmax, ymax in pixels, inside the image.
        points: `(k, 2)` u, v in pixels, inside the box; at least one is on the object.
        labels: `(k,)` 1 on the object, 0 on another one.
    """

    box: NDArray[np.float64]
    points: NDArray[np.float64]
    labels: NDArray[np.int64]


def prompt_of(masks: Sequence[Mask], index: int, max_positive: int, max_negative: int) -> Prompt:
    """The prompt of object `index` among the masks `(n, h, w)` of a frame.

    Positive points lie well inside the object's own mask, spread as far apart as they can be; the first is the one
    deepest inside. Each negative point is the deepest of another object's pixels in the box, largest part first.
    """
    mask = masks[index]
    height, width = mask.shape
    xmin, ymin, xmax, ymax = bounding_box(mask)
    xmin, ymin = max(xmin - BOX_MARGIN_PX, 0), max(ymin - BOX_MARGIN_PX, 0)
    xmax, ymax = min(xmax + BOX_MARGIN_PX, width), min(ymax + BOX_MARGIN_PX, height)
    window = slice(ymin, ymax), slice(xmin, xmax)
    own = mask[window]
    others = [other[window] & ~own for i, other in enumerate(masks) if i != index]
    largest = sorted((other for other in others if other.any()), key=np.count_nonzero, reverse=True)
    negative = np.array([mark_point(other) for other in largest[:max_negative]]).reshape(-1, 2)
    positive = spread_points(own, max_positive)
    return Prompt(
        box=np.array([xmin, ymin, xmax - 1, ymax - 1], dtype=np.float64),
        points=np.concatenate([positive, negative]) + np.array([xmin, ymin], dtype=np.float64),
        labels=np.repeat([1, 0], [len(positive), len(negative)]),
    )


def spread_points(mask: Mask, count: int) -> NDArray[np.int64]:
    """At most `count` pixels (u, v) `(k, 2)` well inside a mask, each the farthest from those before it.

    The order and the ties are fixed: the first is the mark point, then row by row.
    """
    inside = edge_distance(mask)
    rows, columns = np.nonzero(inside >= WELL_INSIDE * inside.max())
    candidates = np.stack([columns, rows], axis=-1)
    chosen = [np.array(mark_point(mask))]
    nearest = np.square(candidates - chosen[0]).sum(axis=1)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(candidates[nearest.argmax()])
        nearest = np.minimum(nearest, np.square(candidates - chosen[-1]).sum(axis=1))
    return np.stack(chosen)
