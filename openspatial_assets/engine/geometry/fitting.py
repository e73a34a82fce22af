"""Upright boxes fitted to point clouds.

What belongs here: the minimum-area rectangle of points in the plane, and the yaw box around a cloud.
What does not: where the points come from, and the boxes' own geometry (`boxes.py`).
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_POINTS = 2_000
"""A box is fitted to at most this many points, evenly taken: the end that 1 % of them lie beyond is then passed by 0.8
to 1.2 % of all."""

YAW_ROUNDS = 3
"""Rounds of cutting tails and fitting; each halves what is left of the error, a degree at first."""


def tail_bounds(values: ArrayLike, trim_percent: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the greatest of values `(n, *)` once `trim_percent` percent of the n are cut off at either end.

    Whole values are cut, rounded down, so that of a few none is lost.
    """
    values = np.asarray(values, dtype=np.float64)
    cut = min(int(len(values) * trim_percent / 100.0), (len(values) - 1) // 2)
    ordered = np.partition(values, [cut, len(values) - 1 - cut], axis=0)
    return ordered[cut], ordered[len(values) - 1 - cut]


def minimum_area_yaw(points: ArrayLike) -> float:
    """Direction, in radians in (-pi/2, pi/2], of the longer side of the smallest rectangle around points `(n, 2)`.

    The smallest rectangle has a side along an edge of the convex hull (Freeman and Shapira, "Determining the
    minimum-area encasing rectangle for an arbitrary closed curve", CACM 1975), so the hull's edges are all tried.
    Points on one line give that line's direction; a single point, or none, gives 0.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(points) < 2:
        return 0.0
    points = points - points.mean(axis=0)
    hull = points[cv2.convexHull(points.astype(np.float32), returnPoints=False).ravel()]
    edges = np.roll(hull, -1, axis=0) - hull
    edges = edges[np.linalg.norm(edges, axis=1) > 0]
    if not len(edges):
        return 0.0
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    cosines, sines = np.cos(angles), np.sin(angles)
    along = np.ptp(np.stack([cosines, sines], axis=-1) @ hull.T, axis=1)
    across = np.ptp(np.stack([-sines, cosines], axis=-1) @ hull.T, axis=1)
    best = int(np.argmin(along * across))
    yaw = angles[best] + (np.pi / 2 if across[best] > along[best] else 0.0)
    return float(np.pi / 2 - (np.pi / 2 - yaw) % np.pi)


def yaw_box(
    points: ArrayLike, trim_percent: float, min_extent_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The upright box of least floor area around a cloud.

    Args:
        points: `(n, 3)` metres, Z up, n >= 1.
        trim_percent: share of the points, in percent, that is left beyond each of the box's faces.
        min_extent_m: the least extent along any axis, so that a plane, a line or a point still gives a box.

    Returns:
        centre `(3,)` metres; extents `(3,)` metres, x along the longer horizontal side of the cloud; and roll, pitch,
        yaw `(3,)` radians, of which roll and pitch are 0.

    Raises:
        ValueError: there is no point.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    if not len(points):
        raise ValueError("a box cannot be fitted to no points")
    points = points[:: -(-len(points) // MAX_POINTS)]
    yaw = _trimmed_yaw(points[:, :2], trim_percent)
    cosine, sine = np.cos(yaw), np.sin(yaw)
    world_from_box = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    low, high = tail_bounds(points @ world_from_box, trim_percent)
    return world_from_box @ ((low + high) / 2), np.maximum(high - low, min_extent_m), np.array([0.0, 0.0, yaw])


def _trimmed_yaw(points: NDArray[np.float64], trim_percent: float) -> float:
    """`minimum_area_yaw` of points `(n, 2)` less those in the tails, of which a single one would turn the hull's box.

    Tails are cut along the cloud's principal axes first, so that the result does not depend on the directions of the
    world's x and y, and then along the sides just found: a cut askew to them would turn the box itself.
    """
    centered = points - points.mean(axis=0)
    long_axis = np.linalg.eigh(centered.T @ centered)[1][:, 1]
    yaw = float(np.arctan2(long_axis[1], long_axis[0]))
    for _ in range(YAW_ROUNDS):
        cosine, sine = np.cos(yaw), np.sin(yaw)
        local = centered @ np.array([[cosine, -sine], [sine, cosine]])
        low, high = tail_bounds(local, trim_percent)
        yaw = minimum_area_yaw(centered[((local >= low) & (local <= high)).all(axis=1)])
    return yaw
