"""Keyframes: the frames that are sharp and different enough in pose to stand for their neighbours.

What does not belong here: reading images (`resources/images.py`).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.poses import pose_difference


@dataclass(frozen=True)
class KeyframeSettings:
    """When a frame stands for another.

    Attributes:
        translation_m: frames whose optical centres are nearer than this, and
        rotation_deg: whose axes are turned by less than this, see the same.
        sharpness_ratio: a frame below this share of the scene's median sharpness is blurred, and no keyframe.
    """

    translation_m: float = 0.2
    rotation_deg: float = 15.0
    sharpness_ratio: float = 0.5


def laplacian_variance(grey: NDArray[np.uint8]) -> float:
    """Sharpness of a grey image `(h, w)`: the variance of its Laplacian; larger is sharper.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000 (measure LAPV). Comparable only
    between images of one size.
    """
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return float(deviation[0, 0] ** 2)


def select_keyframes(
    sharpness: ArrayLike, world_from_camera: ArrayLike, settings: KeyframeSettings | None = None
) -> NDArray[np.bool_]:
    """Which of a scene's frames are keyframes, `(n,)`.

    From the sharpest frame on, a frame is taken if it differs in pose from all that were taken before. So each frame
    that is not blurred is a keyframe or near one that is at least as sharp.

    Args:
        sharpness: `(n,)`, as `laplacian_variance` gives it.
        world_from_camera: `(n, 4, 4)` poses, metres.
        settings: when two frames see the same; the defaults if None.
    """
    settings = settings or KeyframeSettings()
    sharpness = np.asarray(sharpness, dtype=np.float64)
    poses = np.asarray(world_from_camera, dtype=np.float64)
    taken: list[int] = []
    if len(sharpness):
        blurred = sharpness < settings.sharpness_ratio * np.median(sharpness)
        for index in np.argsort(-sharpness, kind="stable"):
            distance, angle = pose_difference(poses[index], poses[taken])
            near = (distance < settings.translation_m) & (angle < math.radians(settings.rotation_deg))
            if not blurred[index] and not near.any():
                taken.append(int(index))
    keyframe = np.zeros(len(sharpness), dtype=bool)
    keyframe[taken] = True
    return keyframe
