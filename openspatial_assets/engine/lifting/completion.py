"""Objects of which only one side was seen, completed by what others of their kind in the scene measure.

Of a chair that is pushed under a table cameras see the back alone, and its box is as thin as that. Chairs of one room
are mostly of one make, so the box grows to the footprint of one that was seen better: only where no view has looked,
and not into space that a view has looked through. What does not belong here: fitting boxes to points, and which
objects there are.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.lifting.clouds import View
from openspatial_assets.engine.lifting.coverage import sight_of
from openspatial_assets.engine.lifting.settings import LiftingSettings

SAME_HEIGHT = 0.25
"""Two objects of a kind whose heights differ by a larger share of the higher one are not of one make."""

HALF_SEEN = 2 / 3
"""A side is taken as seen in part if it is shorter than this share of the same side of another object of its kind: less
differs by make, and is no reason to add what nobody saw."""

MAX_FREE_SHARE = 0.35
"""At most this share of what is added may be space that a view has looked through: an object is no solid block, one
looks between the legs of a chair."""

SAMPLES_A_SIDE = 8
UPRIGHT = 1e-6
"""Largest horizontal part of a vertical axis of unit length, of a box that counts as upright."""


def completed(
    boxes: Boxes,
    kinds: Sequence[str],
    views_of: Sequence[Sequence[int]],
    views: Sequence[View],
    settings: LiftingSettings,
    unit: float = 1.0,
) -> tuple[Boxes, NDArray[np.bool_]]:
    """The boxes `(n,)`, those seen in part grown to the footprint of a sibling; and which ones were, `(n,)`.

    Args:
        boxes: with local z up where they are upright; others stay as they are, and are nobody's example.
        kinds: of each, what it is.
        views_of: of each, the views that support it. What only one view supports is nobody's example.
        views: all of the scene.
        unit: length that stands for a metre.
    """
    centers, extents = boxes.centers.copy(), boxes.extents.copy()
    grown = np.zeros(len(boxes), dtype=bool)
    upright = np.abs(boxes.rotations[:, 2, :2]).max(axis=1, initial=0.0) < UPRIGHT
    for index in np.flatnonzero(upright):
        target = _target(index, boxes, kinds, views_of, upright)
        if target is None:
            continue
        center = _hidden_place(boxes[index], target, views_of[index], views, settings, unit)
        if center is not None:
            centers[index], extents[index], grown[index] = center, target, True
    return Boxes(centers, extents, boxes.rotations), grown


def _target(
    index: int, boxes: Boxes, kinds: Sequence[str], views_of: Sequence[Sequence[int]], upright: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Extents `(3,)` that the box would have if it were like the largest of its siblings; None if it is like it."""
    own = boxes.extents[index]
    siblings = [
        other
        for other in np.flatnonzero(upright)
        if other != index
        and kinds[other] == kinds[index]
        and len(set(views_of[other])) > 1
        and abs(boxes.extents[other, 2] - own[2]) <= SAME_HEIGHT * max(boxes.extents[other, 2], own[2])
    ]
    if not siblings:
        return None
    example = np.sort(boxes.extents[max(siblings, key=lambda other: boxes.extents[other, :2].prod()), :2])
    target = own.copy()
    for side, length in zip(np.argsort(own[:2], kind="stable"), example, strict=True):
        if own[side] < HALF_SEEN * length:
            target[side] = length
    return target if (target != own).any() else None


def _hidden_place(
    box: Boxes,
    target: NDArray[np.float64],
    own_views: Sequence[int],
    views: Sequence[View],
    settings: LiftingSettings,
    unit: float,
) -> NDArray[np.float64] | None:
    """Centre `(3,)` of the grown box, where most of what is added is hidden from the views; None if too much is free.

    Space that no view looked at is no evidence for either side. Where several places are as good, the one farthest from
    the cameras that saw the object: it hides what is behind it.
    """
    growth = (target - box.extents)[:2]
    grid = np.stack(
        np.meshgrid(*[(np.arange(SAMPLES_A_SIDE) + 0.5) / SAMPLES_A_SIDE - 0.5] * 3, indexing="ij"), axis=-1
    )
    cameras = np.mean([views[number].camera.center for number in own_views], axis=0)
    places = []
    for signs in product(*[(-1, 1) if length > 0 else (0,) for length in growth]):
        shift = np.array([*(signs * growth / 2), 0.0])
        local = grid.reshape(-1, 3) * target + shift
        added = local[(np.abs(local) > box.extents / 2).any(axis=1)]
        if not len(added):
            continue
        hidden, free = sight_of(box.centers + added @ box.rotations.T, views, settings, unit)
        center = box.centers + box.rotations @ shift
        if free.mean() <= MAX_FREE_SHARE:
            rank = (round(float((hidden & ~free).mean()), 1), float(np.linalg.norm(center - cameras)))
            places.append((rank, center))
    return max(places, key=lambda place: place[0])[1] if places else None
