"""The rims of regions at the frame's own resolution, after the frame was cut up sampled down.

A pixel near a rim goes to the side that it is nearest to in depth and colour. What does not belong here: which object a
region is of (`walk.py`).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.working import COLOR_UNIT, LEAST_TOLERANCE, WorkingImage

BAND_SAMPLES = 1.0
"""Rims are sought within so many samples of where they are in the frame sampled down."""

DIRECTIONS = 8
"""Pixels of the two sides are looked at in so many directions."""

DISTANCES = (1.5, 2.5)
"""And at these multiples of the band's width, so that one of them is beyond it."""

MAX_APART = 6.0
"""Differences of depth count up to so many tolerances, so that one pixel's noise does not outvote colour."""

HOLE_APART = 2.0
"""What a pixel without depth and one with depth differ by, tolerances."""


def sharpened(
    owner: NDArray[np.int64], image: NDArray[np.uint8], depth: NDArray[np.float32] | None, frame: WorkingImage
) -> NDArray[np.int64]:
    """Owners `(h, w)` of the pixels with their rims moved to where depth and colour change.

    Args:
        owner: `(h, w)` owner of each pixel, exact to a sample.
        image: `(h, w, 3)` RGB.
        depth: `(h, w)`, 0 = none; None for a frame without depth.
        frame: the same frame sampled down.
    """
    if frame.stride == 1:
        return owner
    width = max(1, round(BAND_SAMPLES * frame.stride))
    labels = owner.astype(np.float32)
    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    band = cv2.dilate(labels, square) != cv2.erode(labels, square)
    rows, columns = np.nonzero(band)
    color = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    # OpenCV stores L, 0 to 100, as 0 to 255 in 8 bits.
    color[..., 0] *= 100 / 255
    inverse = None if depth is None else np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0)
    best, chosen = np.full(len(rows), np.inf, np.float32), owner[rows, columns]
    for down, right in _offsets(width):
        there = np.clip(rows + down, 0, owner.shape[0] - 1), np.clip(columns + right, 0, owner.shape[1] - 1)
        apart = np.linalg.norm(color[rows, columns] - color[there], axis=-1) / COLOR_UNIT
        if inverse is not None:
            apart += _apart(inverse[rows, columns], inverse[there])
        apart[band[there]] = np.inf
        nearer = apart < best
        best[nearer], chosen[nearer] = apart[nearer], owner[there][nearer]
    result = owner.copy()
    result[rows, columns] = chosen
    return result


def _offsets(width: int) -> Sequence[tuple[int, int]]:
    """Rows and columns from a pixel of the band to those that it is compared with, nearest first."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    reach = [np.ceil(distance * width) for distance in DISTANCES]
    offsets = [(round(r * np.sin(angle)), round(r * np.cos(angle))) for r in reach for angle in angles]
    return list(dict.fromkeys((int(down), int(right)) for down, right in offsets))


def _apart(here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many tolerances two inverse depths differ by; 0 where neither is known."""
    tolerance = 2 * LEAST_TOLERANCE * np.maximum(here, there)
    known = (here > 0) & (there > 0)
    steps = np.minimum(np.abs(here - there) / np.maximum(tolerance, np.finfo(np.float32).tiny), MAX_APART)
    return np.where(known, steps, np.where((here > 0) | (there > 0), HOLE_APART, 0.0)).astype(np.float32)
