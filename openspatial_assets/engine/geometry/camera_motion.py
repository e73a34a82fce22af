"""How one camera stands to others: what turn and shift lead from one to the next, and what several look at.

Camera axes are OpenCV's (x right, y down, z forward). What does not belong here: how far two poses are apart, whatever
the direction (`poses.py`), and when a motion is clear enough to be asked about (`engine/questions`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

HALF_TURN_COSINE = -1.0 + 1e-9
"""Below this cosine of the angle, the axis of a rotation is read off its symmetric part: the other one vanishes."""


def second_from_first(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What moves a camera from one pose to another, in the axes that it has at first.

    Args:
        first, second: `(*, 4, 4)` world from camera.

    Returns:
        `(*, 3)` rotation vector in radians: x is the turn upwards, y to the right, z clockwise about the optical axis;
        `(*, 3)` shift of the optical centre in metres: x to the right, y down, z forward.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    first_from_world = np.swapaxes(a[..., :3, :3], -1, -2)
    shift = (first_from_world @ (b[..., :3, 3] - a[..., :3, 3])[..., None])[..., 0]
    return rotation_vector(first_from_world @ b[..., :3, :3]), shift


def rotation_vector(rotation: ArrayLike) -> NDArray[np.float64]:
    """Axis times angle `(*, 3)`, radians, of rotation matrices `(*, 3, 3)`; the angle lies in [0, pi].

    The logarithm of SO(3): the skew part of R is sin(angle) times the axis, its trace 1 + 2 cos(angle). Of a half turn,
    either of the two axes is given.
    """
    r = np.asarray(rotation, np.float64)
    opposite = np.swapaxes(r, -1, -2)
    skew = np.stack([(r - opposite)[..., 2, 1], (r - opposite)[..., 0, 2], (r - opposite)[..., 1, 0]], axis=-1) / 2.0
    sine, cosine = np.linalg.norm(skew, axis=-1), (np.trace(r, axis1=-2, axis2=-1) - 1.0) / 2.0
    angle = np.arctan2(sine, cosine)
    # angle / sin(angle) is 1 for no turn at all
    by_skew = skew * np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 1.0)[..., None]
    # For a half turn, (R + I) / 2 is the axis times itself: its longest column points along the axis.
    columns = (r + np.eye(3)) / 2.0
    longest = np.linalg.norm(columns, axis=-2).argmax(-1)
    axis = np.take_along_axis(columns, longest[..., None, None], axis=-1)[..., 0]
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-12)
    return np.where((cosine < HALF_TURN_COSINE)[..., None], axis * angle[..., None], by_skew)


def nearest_to_axes(
    centers: ArrayLike, forwards: ArrayLike, real: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points nearest to sets of optical axes, each taken as a line: least squares of the distances to them.

    The normal equations are sum(I - d d^T) p = sum(I - d d^T) c over the lines through c along d.

    Args:
        centers: `(*, k, 3)` optical centres, metres.
        forwards: `(*, k, 3)` directions of view, unit length.
        real: `(*, k)` which entries count; the others may hold anything finite.

    Returns:
        `(*, 3)` points, metres; `(*,)` how firmly they are fixed: the mean squared sine of the angles between the axes
        and the direction that is nearest to all of them. Of parallel axes it is 0, and the point is their mean centre.
    """
    c, d = np.asarray(centers, np.float64), np.asarray(forwards, np.float64)
    weight = np.asarray(real, np.float64)
    count = np.maximum(weight.sum(-1), 1.0)
    across = (np.eye(3) - d[..., :, None] * d[..., None, :]) * weight[..., None, None]
    # Relative to their mean, coordinates are small, so the solution keeps its digits far from the world's origin.
    mean = (c * weight[..., None]).sum(-2) / count[..., None]
    matrix, right = across.sum(-3), (across @ (c - mean[..., None, :])[..., None])[..., 0].sum(-2)
    values, vectors = np.linalg.eigh(matrix)
    spread = np.maximum(values[..., 0], 0.0) / count
    inverse = np.where(values > 1e-9, 1.0 / np.maximum(values, 1e-9), 0.0)
    solved = vectors @ (inverse[..., None] * (np.swapaxes(vectors, -1, -2) @ right[..., None]))
    return mean + solved[..., 0], spread


def around(centers: ArrayLike, forwards: ArrayLike, point: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    """How cameras stand around points: bearing, distance and aim.

    Args:
        centers, forwards: `(*, k, 3)` optical centres in metres, and directions of view of unit length.
        point: `(*, 3)` metres, world, Z up.

    Returns:
        `(*, k)` bearing of each centre from the point, atan2(y, x) in radians: counterclockwise as seen from above;
        `(*, k)` horizontal distance between them, metres; `(*, k)` angle in radians between the direction of view and
        that to the point.
    """
    outward = np.asarray(centers, np.float64) - np.asarray(point, np.float64)[..., None, :]
    length = np.linalg.norm(outward, axis=-1)
    cosine = -(outward * np.asarray(forwards, np.float64)).sum(-1) / np.maximum(length, 1e-12)
    bearing = np.arctan2(outward[..., 1], outward[..., 0])
    return bearing, np.hypot(outward[..., 0], outward[..., 1]), np.arccos(np.clip(cosine, -1.0, 1.0))
