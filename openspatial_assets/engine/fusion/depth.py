"""Depth images before they are fused: what to leave out, and what a length means in a scene without scale.

What does not belong here: reading depth (`resources/images.py`).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def without_edges(depth: NDArray[np.float32], edge_share: float) -> NDArray[np.float32]:
    """Depth `(h, w)` with 0 where one of the eight neighbours differs by more than `edge_share` of the nearer depth.

    Pixels without depth (0) are no neighbours.
    """
    around = np.ones((3, 3), np.uint8)
    farthest = cv2.dilate(depth, around)
    nearest = cv2.erode(np.where(depth > 0, depth, np.float32(np.inf)), around)
    return np.where(farthest / np.float32(1 + edge_share) <= nearest, depth, np.float32(0))


def median_depth(depths: Sequence[NDArray[np.float32]]) -> float:
    """The median over images of their median depth, world units; 0 where there is none.

    Of medians, so that an image need not be kept for it: `depths` may also be samples of images.
    """
    medians = [np.median(depth[depth > 0]) for depth in depths if (depth > 0).any()]
    return float(np.median(medians)) if medians else 0.0
