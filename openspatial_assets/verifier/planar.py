"""Seen from above: shadows of boxes, distances to them, bearings, and turns.

The shadow of a box is a zonogon: a centre and the halves of three edges. Distances between two shadows, or from a point
or a leg of a walk to a shadow, are all distances from the origin to a zonogon with more edges.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.verifier.solids import Box


def _outline(
    centers: NDArray[np.float64], halves: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First corner and course `(n, 2 k, 2)` of the edges of zonogons, counterclockwise; some may have no length.

    Args:
        centers: `(n, 2)` metres.
        halves: `(n, k, 2)` halves of the edges, metres.
    """
    downward = (halves[..., 1] < 0) | ((halves[..., 1] == 0) & (halves[..., 0] < 0))
    halves = np.where(downward, -1.0, 1.0)[..., None] * halves
    order = np.argsort(np.arctan2(halves[..., 1], halves[..., 0]), axis=1)
    halves = np.take_along_axis(halves, order[..., None], axis=1)
    # from the lowest corner once around: up along the edges in the order of their directions, and back
    steps = 2 * np.concatenate([halves, -halves], axis=1)
    return (centers - halves.sum(axis=1))[:, None] + np.cumsum(steps, axis=1) - steps, steps


def zonogon_distance(centers: NDArray[np.float64], halves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance `(n,)` in metres from the origin to solid zonogons, as in `_outline`; zero inside."""
    starts, steps = _outline(centers, halves)
    cross = steps[..., 1] * starts[..., 0] - steps[..., 0] * starts[..., 1]
    squared = (steps * steps).sum(-1)
    along = np.clip(-(starts * steps).sum(-1) / np.where(squared > 0, squared, 1.0), 0.0, 1.0)
    nearest = starts + along[..., None] * steps
    outside = np.sqrt((nearest * nearest).sum(-1)).min(axis=1)
    # A shadow without area holds nothing.
    return np.where((cross >= 0).all(axis=1) & (cross > 0).any(axis=1), 0.0, outside)


def shadow_distance(a: Box, b: Box) -> float:
    """Metres between what two boxes cover on the floor; zero if these touch."""
    halves = np.concatenate([a.footprint, b.footprint])
    return float(zonogon_distance((b.center - a.center)[None, :2], halves[None])[0])


def point_clearances(point: NDArray[np.float64], boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Metres `(n,)` from a point `(2,)` to what each box covers on the floor."""
    return leg_clearances([point, point], boxes)[0]


def leg_clearances(places: Sequence[NDArray[np.float64]], boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Metres `(legs, n)` from the straight legs between places `(2,)` to what each box covers on the floor."""
    places, legs, count = np.asarray(places), len(places) - 1, len(boxes)
    if not count:
        return np.empty((legs, 0))
    centers = np.array([box.center[:2] for box in boxes]) - (places[:-1] + places[1:])[:, None] / 2
    halves = np.empty((legs, count, 4, 2))
    halves[:, :, :3] = [box.footprint for box in boxes]
    halves[:, :, 3] = (places[1:] - places[:-1])[:, None] / 2
    return zonogon_distance(centers.reshape(-1, 2), halves.reshape(-1, 4, 2)).reshape(legs, count)


def stop_before(start: NDArray[np.float64], box: Box, short: float) -> NDArray[np.float64] | None:
    """Where a walk from `start` `(2,)` towards the centre of a box ends, `short` metres from its shadow.

    What is that near is the shadow with its edges moved outwards and a disc at every corner: the walk ends where it
    first meets one of them. None if it begins inside.
    """
    if point_clearances(start, [box])[0] <= short:
        return None
    corners, steps = (part[0] for part in _outline(box.center[None, :2], box.footprint[None]))
    toward, offset, length = box.center[:2] - start, start - corners, np.sqrt((steps * steps).sum(-1))
    real = length > 0
    away = np.stack([steps[:, 1], -steps[:, 0]], axis=1) / np.where(real, length, 1.0)[:, None]
    speed = away @ toward
    facing = real & (speed < 0)
    at_edge = (short - (offset * away).sum(-1)) / np.where(facing, speed, 1.0)
    along = ((offset + at_edge[:, None] * toward) * steps).sum(-1) / np.where(real, length, 1.0) ** 2
    at_edge = np.where(facing & (along >= 0) & (along <= 1), at_edge, np.inf)
    a, b, c = toward @ toward, offset @ toward, (offset * offset).sum(-1) - short * short
    root = b * b - a * c
    at_corner = np.where(root >= 0, (-b - np.sqrt(np.maximum(root, 0.0))) / a, np.inf)
    ahead = np.concatenate([at_edge, at_corner])
    return start + ahead[ahead >= 0].min() * toward


def bearing_deg(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Degrees clockwise from world y, seen from above: y is 0, x is 90; 0 to 360."""
    x, y = (end - start)[:2]
    return float(np.degrees(np.arctan2(x, y)) % 360.0)


def apart_deg(a: float, b: float) -> float:
    """Degrees from direction b to direction a by the shorter way: positive if a lies clockwise of b; -180 to 180."""
    return (a - b + 180.0) % 360.0 - 180.0
