"""How the boxes of a few objects stand to each other, with room to spare: on, near, far, taller, larger, higher.

Every relation holds by its own rule and also after both boxes were moved by `SHIFT_M` and turned by `TURN_RAD` in the
worst direction. What does not live here: which of the relations a caption tells (`caption_statements.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes, world_dimensions
from openspatial_assets.engine.questions.gates import BOX_TURN_RAD
from openspatial_assets.engine.questions.spatial_measurement import MAX_TILT_RAD, MIN_HEIGHT_RATIO, MIN_VOLUME_RATIO
from openspatial_assets.engine.questions.spatial_relationship import (
    MIN_HEIGHT_GAP_M,
    MIN_HEIGHT_GAP_SHARE,
    MIN_ORDER_GAP_M,
)

SUPPORT_TOLERANCE_M = 0.05
"""Between the bottom of what lies and the top of what bears it: annotated boxes do not touch exactly."""

NEAR_M = 0.5
FAR_M = 2.0

BESIDE_M = 0.25
"""Up to here, two things on one level are "next to" each other."""

MOST_OVERHANG = 2.0
"""Footprint of what lies by that of what bears it: a table does not lie on the book that lies under it."""

INSIDE_M = 0.05
"""A box whose centre is this close to the inside of another is in it, or part of it: neither near it nor far."""

SHIFT_M = 0.01
TURN_RAD = float(np.radians(0.5))
"""What annotations may be off by. Each relation holds for every box moved and turned by so much, in any direction."""


@dataclass(frozen=True)
class Relations:
    """Relations among `n` boxes; `[i, j]` says how i stands to j, and `[i, i]` is false.

    Attributes:
        on: `(n, n)` i lies on top of j.
        maybe_on: `(n, n)` it could lie on it if the boxes were off.
        near, far: `(n, n)` symmetric; neither of what lies on top of, or inside of, the other.
        maybe_near, maybe_far: `(n, n)` they could be if the boxes were off.
        beside: `(n, n)` near, close, on one level and not above one another; symmetric.
        taller, larger, higher: `(n, n)` i is taller (larger in volume, higher up) than j.
        distance: `(n, n)` closest distance of the boxes, world units.
        ratios: taller and larger -> `(n, n)` height and volume of i by those of j.
    """

    on: NDArray[np.bool_]
    maybe_on: NDArray[np.bool_]
    near: NDArray[np.bool_]
    far: NDArray[np.bool_]
    maybe_near: NDArray[np.bool_]
    maybe_far: NDArray[np.bool_]
    beside: NDArray[np.bool_]
    taller: NDArray[np.bool_]
    larger: NDArray[np.bool_]
    higher: NDArray[np.bool_]
    distance: NDArray[np.float64]
    ratios: dict[str, NDArray[np.float64]]


def related(boxes: Boxes, distance: NDArray[np.float64], unit: float) -> Relations:
    """The relations among `boxes` `(n,)`.

    Args:
        distance: `(n, n)` closest distances, world units.
        unit: world units that stand for one metre.
    """
    corners = boxes.corners
    bottom, top = corners[..., 2].min(-1), corners[..., 2].max(-1)
    height, reach = top - bottom, boxes.diagonals / 2
    slack = 2 * SHIFT_M * unit + TURN_RAD * (reach[:, None] + reach)
    other = ~np.eye(len(boxes), dtype=np.bool_)

    across = np.linalg.norm(corners[..., :2] - boxes.centers[:, None, :2], axis=-1).max(-1)
    rise = 2 * SHIFT_M * unit + TURN_RAD * (across[:, None] + across)
    gap = np.abs(bottom[:, None] - top)
    room = _room_inside(boxes)
    apart = np.linalg.norm(boxes.centers[:, None, :2] - boxes.centers[:, :2], axis=-1)
    drift = 2 * SHIFT_M * unit + TURN_RAD * apart
    upper = other & (boxes.centers[:, None, 2] > boxes.centers[:, 2]) & (top[:, None] > top)
    tolerance = SUPPORT_TOLERANCE_M * unit
    # What stands beside or astride a flat thing has its bottom nearer to the bottom of that thing than to its top.
    raised = bottom[:, None] - bottom >= height / 2
    footprint = np.prod(_level_sides(boxes)[1], axis=-1)
    bears = raised & (footprint[:, None] <= MOST_OVERHANG * footprint) & _upright(boxes)
    on = upper & bears & (gap <= tolerance - rise) & (room >= drift)
    maybe_on = upper & (gap <= tolerance + rise) & (room >= -drift)

    inside = (_depth_inside(boxes) >= -INSIDE_M * unit) & other
    loose = other & ~(maybe_on | maybe_on.T | inside | inside.T)
    near = loose & (distance <= NEAR_M * unit - slack)
    overlap = np.minimum(top[:, None], top) - np.maximum(bottom[:, None], bottom)
    level = overlap >= 0.5 * np.minimum(height[:, None], height)
    covers = room >= 0
    beside = near & (distance <= BESIDE_M * unit - slack) & level & ~(covers | covers.T)
    far = loose & (distance >= FAR_M * unit + slack)

    ratios = {"taller": height[:, None] / height, "larger": boxes.volumes[:, None] / boxes.volumes}
    sway = BOX_TURN_RAD * boxes.diagonals
    steady = (height - sway)[:, None] > height + sway
    middle = boxes.centers[:, None, 2] - boxes.centers[:, 2]
    least = np.maximum(MIN_HEIGHT_GAP_M * unit, MIN_HEIGHT_GAP_SHARE * np.maximum(height[:, None], height))
    order = MIN_ORDER_GAP_M * unit + rise
    return Relations(
        on=on,
        maybe_on=maybe_on,
        near=near,
        far=far,
        maybe_near=other & (distance <= NEAR_M * unit + slack),
        maybe_far=other & (distance >= FAR_M * unit - slack),
        beside=beside,
        taller=other & steady & (ratios["taller"] >= MIN_HEIGHT_RATIO),
        larger=other & (ratios["larger"] >= MIN_VOLUME_RATIO),
        higher=other & (middle >= least) & (bottom[:, None] - bottom >= order) & (top[:, None] - top >= order),
        distance=distance,
        ratios=ratios,
    )


def sides(boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`(n, 3)` length, width, height; and `(n,)` whether a box is upright, so that length and width are its sides."""
    return world_dimensions(boxes), _upright(boxes)


def _upright(boxes: Boxes) -> NDArray[np.bool_]:
    steepest = np.abs(boxes.rotations[:, 2, :]).max(-1)
    return steepest >= np.cos(MAX_TILT_RAD)


def _level_sides(boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two box axes nearest to the horizontal: directions `(n, 2, 2)` in world x, y; half lengths `(n, 2)`."""
    vertical = np.abs(boxes.rotations[:, 2, :]).argmax(-1)
    flat = np.arange(3) != vertical[:, None]
    axes = boxes.rotations.swapaxes(-1, -2)[flat].reshape(-1, 2, 3)[..., :2]
    return axes / np.linalg.norm(axes, axis=-1, keepdims=True), boxes.extents[flat].reshape(-1, 2) / 2


def _room_inside(boxes: Boxes) -> NDArray[np.float64]:
    """`(n, n)` how far the centre of i lies inside the footprint of j, seen from above; negative outside."""
    axes, halves = _level_sides(boxes)
    offset = boxes.centers[:, None, :2] - boxes.centers[:, :2]
    return (halves - np.abs(np.einsum("jkd,ijd->ijk", axes, offset))).min(-1)


def _depth_inside(boxes: Boxes) -> NDArray[np.float64]:
    """`(n, n)` how far the centre of i lies inside the box j; negative outside."""
    local = np.einsum("jdk,ijd->ijk", boxes.rotations, boxes.centers[:, None] - boxes.centers)
    return (boxes.extents / 2 - np.abs(local)).min(-1)
