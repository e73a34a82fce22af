"""Which of several objects is nearest to one, and which is farthest from it, by a margin that is firm.

What does not live here: which objects are looked at together (`view_sets.py`), and how the question is put (the rules).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.gates import BOX_SHIFT_M, BOX_TURN_RAD
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_GAP_M = 0.3
MIN_GAP_SHARE = 0.15
"""Of the larger of the two distances, the stricter reading of a share."""

NEAREST, FARTHEST = 0, 1
"""The two ends of an order."""


@dataclass(frozen=True)
class Ranked:
    """Objects in the order of their distance from an anchor.

    Attributes:
        order: `(c, k)` places of the compared sightings from near to far.
        distance: `(c, k)` from the anchor, box to box, in that order, world units; infinite for the padding at the end.
        gap: `(c, 2)` from the nearest to the next one, and to the farthest from the one before it.
        required: `(c, 2)` the least such gaps.
        clear: `(c, 2)` whether the gap is as wide as that, and boxes that are a little off could not close it.
    """

    order: NDArray[np.int64]
    distance: NDArray[np.float64]
    gap: NDArray[np.float64]
    required: NDArray[np.float64]
    clear: NDArray[np.bool_]


def ranked(scene: SceneGraph, anchor: NDArray[np.int64], compared: NDArray[np.int64]) -> Ranked:
    """How far sightings are from others.

    Args:
        anchor: `(c,)` from which.
        compared: `(c, k)`, at least two a row, padded at the end with -1.
    """
    real = compared >= 0
    distance = np.full(compared.shape, np.inf)
    distance[real] = scene.box_distances(np.broadcast_to(anchor[:, None], compared.shape)[real], compared[real])
    order = distance.argsort(axis=1, kind="stable")
    compared, distance = np.take_along_axis(compared, order, axis=1), np.take_along_axis(distance, order, axis=1)
    nearer = np.stack([np.zeros(len(anchor), np.int64), real.sum(axis=1) - 2], axis=1)
    small, large = (np.take_along_axis(distance, nearer + step, axis=1) for step in (0, 1))
    required = np.maximum(MIN_GAP_M * scene.length_unit, MIN_GAP_SHARE * large)
    # By as much as a box moves and its corners turn, each of its distances changes at most.
    slack = BOX_SHIFT_M * scene.length_unit + BOX_TURN_RAD * scene.sightings.boxes.diagonals / 2
    ends = (slack[np.take_along_axis(compared, nearer + step, axis=1)] for step in (0, 1))
    gap = large - small
    clear = (gap >= required) & (gap >= 2 * slack[anchor][:, None] + sum(ends))
    return Ranked(order, distance, gap, required, clear)
