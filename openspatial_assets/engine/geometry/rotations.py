"""Rotation matrices and the project's Euler convention.

What belongs here: `R = Rz(yaw) Ry(pitch) Rx(roll)` and its inverse, and tests of whether a matrix is a rotation.
What does not: boxes and cameras. Every function takes any leading batch axes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

GIMBAL_COSINE = 1e-9
"""Below this cosine of the pitch, roll and yaw are not unique; roll is then set to zero."""


def matrix_from_rpy(rpy: ArrayLike) -> NDArray[np.float64]:
    """Rotation matrices `(*, 3, 3)` from roll, pitch, yaw `(*, 3)` in radians: `Rz(yaw) Ry(pitch) Rx(roll)`."""
    rpy = np.asarray(rpy, dtype=np.float64)
    (cr, cp, cy), (sr, sp, sy) = np.moveaxis(np.cos(rpy), -1, 0), np.moveaxis(np.sin(rpy), -1, 0)
    rows = (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rpy_from_matrix(rotation: ArrayLike) -> NDArray[np.float64]:
    """Roll, pitch, yaw `(*, 3)` in radians of rotation matrices `(*, 3, 3)`; pitch lies in [-pi/2, pi/2].

    At gimbal lock (pitch = +-pi/2) roll is zero and yaw holds the whole rotation.
    """
    r = np.asarray(rotation, dtype=np.float64)
    cos_pitch = np.hypot(r[..., 0, 0], r[..., 1, 0])
    pitch = np.arctan2(-r[..., 2, 0], cos_pitch)
    locked = cos_pitch < GIMBAL_COSINE
    roll = np.where(locked, 0.0, np.arctan2(r[..., 2, 1], r[..., 2, 2]))
    yaw = np.where(locked, np.arctan2(-r[..., 0, 1], r[..., 1, 1]), np.arctan2(r[..., 1, 0], r[..., 0, 0]))
    return np.stack([roll, pitch, yaw], axis=-1)


def rotation_error(matrix: ArrayLike) -> NDArray[np.float64]:
    """How far matrices `(*, 3, 3)` are from a proper rotation: `max |R^T R - I|`, infinite if mirrored, NaN or inf."""
    m = np.asarray(matrix, dtype=np.float64)
    finite = np.isfinite(m).all(axis=(-2, -1))
    safe = np.where(finite[..., None, None], m, np.eye(3))
    error = np.abs(np.swapaxes(safe, -1, -2) @ safe - np.eye(3)).max(axis=(-2, -1))
    return np.where(finite & (np.linalg.det(safe) > 0), error, np.inf)
