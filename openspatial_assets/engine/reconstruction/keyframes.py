"""Keyframes of a video without poses, chosen while it streams by: sharp, and moved on from one another.

The picture's motion is followed by optical flow from frame to frame. Where that is lost, because a clip cuts or jumps
from picture to picture, each picture is new. The sharpest stands for the frames of a stretch of little motion. What
does not belong here: decoding (`resources/video.py`), and keyframes of scenes that have poses (`engine/keyframes.py`).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.keyframes import laplacian_variance

SMALL_SIDE = 320
"""Motion and sharpness are judged on grey images of this longer side, pixels: fast, and little disturbed by noise."""

MAX_CORNERS = 150
MIN_CORNERS = 12
"""With fewer corners followed, nothing can be said of the motion."""

KEPT_CORNERS_SHARE = 0.5
"""Once fewer of the corners are still followed, the picture has changed, however little the others moved."""

CORNER_QUALITY, CORNER_DISTANCE_PX = 0.01, 8
FLOW_WINDOW_PX, FLOW_LEVELS = 15, 3
"""Lucas-Kanade windows; with three halvings, motions of some 60 of the small image's pixels a frame are followed."""

BACKWARD_PX = 1.0
"""A corner followed forth and back must come home within this, else it is lost (Kalal et al., ICPR 2010)."""


@dataclass(frozen=True)
class Keyframe:
    """One kept frame of a video.

    Attributes:
        number: of the frame in the video, from 0.
        timestamp: seconds from the start of the video.
        sharpness: Laplacian variance of the small grey image.
        moved: motion since the keyframe before it, as a share of the image's diagonal, at most 1.
        image: the encoded picture.
    """

    number: int
    timestamp: float
    sharpness: float
    moved: float
    image: bytes


def small_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey image of `SMALL_SIDE` from RGB `(h, w, 3)`."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = SMALL_SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


class MotionMeter:
    """How far the picture has moved since a starting frame, followed frame by frame."""

    def __init__(self) -> None:
        self._grey: NDArray[np.uint8] | None = None
        self._start = self._now = np.zeros((0, 2), dtype=np.float32)
        self._count = 0

    def restart(self, grey: NDArray[np.uint8]) -> None:
        """Measure from this grey image `(h, w)` on."""
        corners = cv2.goodFeaturesToTrack(grey, MAX_CORNERS, CORNER_QUALITY, CORNER_DISTANCE_PX)
        corners = np.zeros((0, 2), np.float32) if corners is None else corners.reshape(-1, 2)
        self._grey, self._start, self._now, self._count = grey, corners, corners, len(corners)

    def moved(self, grey: NDArray[np.uint8]) -> float:
        """Median motion of the corners up to the next frame, as a share of the diagonal; 1 if they are lost."""
        if self._grey is None or self._count < MIN_CORNERS:
            return 1.0
        window = {"winSize": (FLOW_WINDOW_PX, FLOW_WINDOW_PX), "maxLevel": FLOW_LEVELS}
        there, ok, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, self._now[:, None], None, **window)
        back, ok_back, _ = cv2.calcOpticalFlowPyrLK(grey, self._grey, there, None, **window)
        home = np.linalg.norm(back[:, 0] - self._now, axis=1) <= BACKWARD_PX
        kept = (ok[:, 0] == 1) & (ok_back[:, 0] == 1) & home
        self._grey, self._start, self._now = grey, self._start[kept], there[kept, 0]
        if len(self._now) < max(MIN_CORNERS, KEPT_CORNERS_SHARE * self._count):
            self._count = 0
            return 1.0
        motion = np.linalg.norm(self._now - self._start, axis=1)
        return min(1.0, float(np.median(motion)) / math.hypot(*grey.shape))


def choose_keyframes(
    frames: Iterable[tuple[int, float, NDArray[np.uint8]]],
    encode: Callable[[NDArray[np.uint8]], bytes],
    motion: float,
    most: int,
) -> list[Keyframe]:
    """Keyframes of a stream of frames, of which one is held at a time, and at most `2 * most` encoded pictures.

    Args:
        frames: (number, timestamp in seconds, RGB `(h, w, 3)`) in order.
        encode: makes the stored picture.
        motion: a new keyframe is due after so much motion, as a share of the diagonal.
        most: keyframes in the end; where there were more, those that moved on least are left out.
    """
    meter, chosen = MotionMeter(), []
    best: tuple[float, int, float, NDArray[np.uint8]] | None = None
    opened_by = 0.0  # the motion with which the present stretch began
    for number, timestamp, image in frames:
        grey = small_grey(image)
        sharpness = laplacian_variance(grey)
        moved = meter.moved(grey) if best is not None else 1.0
        if best is None or moved >= motion:
            if best is not None:
                chosen.append(_kept(best, opened_by, encode))
            if len(chosen) >= 2 * most:
                chosen = thinned(chosen, most)
            best, opened_by = (sharpness, number, timestamp, image), moved
            meter.restart(grey)
        elif sharpness > best[0]:
            best = (sharpness, number, timestamp, image)
    if best is not None:
        chosen.append(_kept(best, opened_by, encode))
    return thinned(chosen, most)


def thinned(keyframes: list[Keyframe], most: int) -> list[Keyframe]:
    """At most `most` of the keyframes, in order; the first stays.

    Again and again the pair that moved on least from one to the next gives up the less sharp of its two.
    """
    left = list(keyframes)
    while len(left) > max(1, most):
        later = min(range(1, len(left)), key=lambda i: left[i].moved)
        drop = later if later == 1 or left[later].sharpness <= left[later - 1].sharpness else later - 1
        if drop + 1 < len(left):
            after = left[drop + 1]
            joined = min(1.0, after.moved + left[drop].moved)
            left[drop + 1] = Keyframe(after.number, after.timestamp, after.sharpness, joined, after.image)
        del left[drop]
    return left


def _kept(
    best: tuple[float, int, float, NDArray[np.uint8]], moved: float, encode: Callable[[NDArray[np.uint8]], bytes]
) -> Keyframe:
    sharpness, number, timestamp, image = best
    return Keyframe(number, timestamp, sharpness, moved, encode(image))
