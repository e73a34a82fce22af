"""Which way an upright box around part of an object faces.

Of an object that was seen from one side its cloud is a bent sheet, around which rectangles of several directions are
almost equally small. The one whose sides lie on the cloud is then the right one. What does not belong here: boxes
(`boxes.py`), and the smallest rectangle itself (`engine/geometry/fitting.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.fitting import MAX_POINTS, tail_bounds
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy

STEP_DEG = 1.0
"""Directions are tried in such steps: over 2 m, half of it is 2 cm."""

AREA_SLACK = 1.25
"""Rectangles up to this much larger than the smallest one are compared: a right-angled triangle's own sides and its
hypotenuse give the same area, and noise adds to either."""


def facing_box(
    points: NDArray[np.float64], trim_percent: float, noise: float, least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The upright box around points `(n, 3)`, n >= 1, whose sides lie on them.

    Args:
        trim_percent: share of the points, in percent, left beyond each face.
        noise: metres by which depth errs.
        least: the least extent, metres.

    Returns:
        centre `(3,)` metres; extents `(3,)` metres, x along the longer horizontal side; roll, pitch, yaw `(3,)`
        radians, of which roll and pitch are 0 and the yaw is from -pi/2 to pi/2.
    """
    points = points[:: -(-len(points) // MAX_POINTS)]
    rpy = np.array([0.0, 0.0, facing(points[:, :2], trim_percent, noise)])
    low, high = tail_bounds(points @ matrix_from_rpy(rpy), trim_percent)
    if high[1] - low[1] > high[0] - low[0]:
        rpy[2] -= np.pi / 2  # from [0, pi/2) to [-pi/2, 0)
        low, high = tail_bounds(points @ matrix_from_rpy(rpy), trim_percent)
    return matrix_from_rpy(rpy) @ ((low + high) / 2), np.maximum(high - low, least), rpy


def facing(points: NDArray[np.float64], trim_percent: float, noise: float) -> float:
    """Direction, radians, of a side of the rectangle, nearly the smallest, on whose sides most points `(n, 2)` lie.

    Source: the closeness criterion of Zhang et al., "Efficient L-shape fitting for vehicle detection using laser
    scanners", IV 2017, among rectangles of nearly the least area.

    Args:
        points: `(n, 2)`, n >= 1, metres.
        trim_percent: share of them, in percent, left beyond each side.
        noise: metres by which depth errs.
    """
    angles = np.radians(np.arange(0.0, 90.0, STEP_DEG))
    areas, scores = np.empty(len(angles)), np.empty(len(angles))
    for index, angle in enumerate(angles):
        cosine, sine = np.cos(angle), np.sin(angle)
        local = points @ np.array([[cosine, -sine], [sine, cosine]])
        low, high = tail_bounds(local, trim_percent)
        areas[index] = np.maximum(high - low, noise).prod()
        distance = np.minimum(np.abs(local - low), np.abs(high - local)).min(axis=1)
        scores[index] = (1.0 / np.maximum(distance, noise)).mean()
    scores[areas > AREA_SLACK * areas.min()] = 0.0
    return float(angles[scores.argmax()])
