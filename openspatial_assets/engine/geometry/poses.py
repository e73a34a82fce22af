"""Camera poses: whether a matrix is a rigid transform, and how far two poses are apart.

What does not belong here: estimating poses, and the files they are read from.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.rotations import rotation_error

RIGID_TOLERANCE = 2e-3
"""Largest `rotation_error` that passes for rounding. Poses fused in single precision and printed with eight digits were
seen with 4e-4; a scale of 0.1 % gives 2e-3."""


def pose_problem(world_from_camera: ArrayLike) -> str | None:
    """Why a `(4, 4)` matrix cannot be a camera's pose; None if it can.

    A lost frame's pose is written as NaN or infinities by some trackers; a pose in other axes may be mirrored.
    """
    pose = np.asarray(world_from_camera, dtype=np.float64)
    if np.isnan(pose).any():
        return "the pose holds NaN (tracking was lost)"
    if np.isinf(pose).any():
        return "the pose is infinite (tracking was lost)"
    if np.abs(pose[3] - (0.0, 0.0, 0.0, 1.0)).max() > RIGID_TOLERANCE:
        return "the pose's last row is not 0 0 0 1"
    determinant = float(np.linalg.det(pose[:3, :3]))
    if determinant < 0:
        return f"the pose is mirrored (determinant {determinant:.3g})"
    error = float(rotation_error(pose[:3, :3]))
    if error > RIGID_TOLERANCE:
        return f"the pose is not rigid (its axes are off unit length and right angles by {error:.3g})"
    return None


def is_lost(world_from_camera: ArrayLike) -> bool:
    """Whether a matrix `(4, 4)` says that the camera was not tracked: it holds NaN or infinities."""
    return not np.isfinite(np.asarray(world_from_camera, dtype=np.float64)).all()


def nearest_rigid(world_from_camera: ArrayLike) -> NDArray[np.float64]:
    """The rigid transforms `(*, 4, 4)` nearest to matrices that pass `pose_problem`, so that a transpose inverts them.

    Orthogonal Procrustes problem: U V^T of the singular value decomposition (Schoenemann, Psychometrika 31, 1966).
    """
    pose = np.array(world_from_camera, dtype=np.float64)
    u, _, v_transposed = np.linalg.svd(pose[..., :3, :3])
    pose[..., :3, :3] = u @ v_transposed
    pose[..., 3, :] = (0.0, 0.0, 0.0, 1.0)
    return pose


def pose_difference(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance `(*,)` in metres of the optical centres, and angle `(*,)` in radians, between poses `(*, 4, 4)`."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    distance = np.linalg.norm(a[..., :3, 3] - b[..., :3, 3], axis=-1)
    cosine = ((a[..., :3, :3] * b[..., :3, :3]).sum(axis=(-2, -1)) - 1.0) / 2.0
    return distance, np.arccos(np.clip(cosine, -1.0, 1.0))
