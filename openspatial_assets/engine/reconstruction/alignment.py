"""Similarity transforms between worlds: applied to points and poses, and fitted to corresponding points.

What does not belong here: where up is (`upright.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Similarity:
    """`target = scale * rotation @ source + translation`.

    Attributes:
        scale: target units a source unit, positive.
        rotation: `(3, 3)`, proper.
        translation: `(3,)` target units.
    """

    scale: float
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]

    def points(self, source_points: ArrayLike) -> NDArray[np.float64]:
        """Points `(*, 3)` of the source world in the target world."""
        return self.scale * np.asarray(source_points, dtype=np.float64) @ self.rotation.T + self.translation

    def poses(self, source_from_camera: ArrayLike) -> NDArray[np.float64]:
        """`target_from_camera` `(*, 4, 4)`, rigid, of poses in the source world: camera depths grow by `scale`."""
        moved = np.array(source_from_camera, dtype=np.float64)
        moved[..., :3, 3] = self.points(moved[..., :3, 3])
        moved[..., :3, :3] = self.rotation @ moved[..., :3, :3]
        return moved


def fitted_similarity(source: ArrayLike, target: ArrayLike) -> Similarity:
    """The similarity that takes points `source` `(n, 3)` to `target` `(n, 3)` with the least sum of squared distances.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 13(4), 1991.

    Raises:
        ValueError: fewer than three points, or all of them on one spot.
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if len(source) < 3:
        raise ValueError(f"a similarity needs three points or more, not {len(source)}")
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centered = source - source_mean
    spread = (centered**2).sum()
    if spread <= np.finfo(np.float64).eps * max(1.0, (source**2).sum()):
        raise ValueError("all points lie on one spot, so no scale fits them")
    u, singular, v_transposed = np.linalg.svd((target - target_mean).T @ centered)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v_transposed))])
    rotation = (u * sign) @ v_transposed
    scale = float((singular * sign).sum() / spread)
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


def alignment_error(source: ArrayLike, target: ArrayLike) -> float:
    """Root mean square distance of `source` `(n, 3)` from `target` `(n, 3)` after the best similarity, target units.

    The "absolute trajectory error" of Sturm et al., "A benchmark for the evaluation of RGB-D SLAM systems", IROS 2012,
    with scale.
    """
    moved = fitted_similarity(source, target).points(source)
    return float(np.sqrt(((moved - np.asarray(target)) ** 2).sum(axis=-1).mean()))
