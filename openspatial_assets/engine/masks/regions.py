"""Binary masks of one image: their box, overlap, erosion, the point deepest inside them, and their COCO encoding.

What does not belong here: how a mask comes about (`engine/visibility` from depth, `resources/segmenter` from colour),
and what the depth under a mask says (`partial_clouds.py`).
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

Mask = NDArray[np.bool_]
"""`(height, width)`, True on the object."""

DISC_LIMIT_PX = 16
"""Up to this radius a dilation by a disc is faster than a distance transform; its time grows with the radius."""

PLATEAU_PX = 0.5
"""Pixels this close to the greatest distance from the edge count as equally deep inside the mask."""


def encoded(mask: Mask) -> bytes:
    """COCO compressed run-length `counts` of a mask `(h, w)`; the size is not part of it."""
    return coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"]


def decoded(counts: bytes, height: int, width: int) -> Mask:
    """The mask `(height, width)` of COCO compressed run-length `counts`."""
    return coco_mask.decode({"size": [height, width], "counts": counts}).astype(bool, order="C")


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """xmin, ymin, xmax, ymax in pixels, the maxima exclusive.

    Raises:
        ValueError: the mask is empty.
    """
    xmin, ymin, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if not width:
        raise ValueError("an empty mask has no bounding box")
    return xmin, ymin, xmin + width, ymin + height


def window_of(mask: Mask, margin_px: int) -> tuple[slice, slice]:
    """Rows and columns of a mask's box grown by `margin_px`, as far as the image reaches.

    Raises:
        ValueError: the mask is empty.
    """
    xmin, ymin, xmax, ymax = bounding_box(mask)
    rows = slice(max(ymin - margin_px, 0), min(ymax + margin_px, mask.shape[0]))
    return rows, slice(max(xmin - margin_px, 0), min(xmax + margin_px, mask.shape[1]))


def intersection_over_union(a: Mask, b: Mask) -> float:
    """IoU of two masks of one size, 0 to 1; two empty masks are equal, so 1."""
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def disc(radius_px: int) -> NDArray[np.uint8]:
    """The structuring element `(2 r + 1, 2 r + 1)` of all pixels within `radius_px`."""
    offsets = np.arange(-radius_px, radius_px + 1)
    return (offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius_px**2).astype(np.uint8)


def eroded(mask: Mask, radius_px: int) -> Mask:
    """The mask's pixels farther than `radius_px` from any pixel off the mask; the image's border erodes nothing."""
    return cv2.erode(mask.astype(np.uint8), disc(radius_px)).astype(bool)


def dilated(mask: Mask, radius_px: int) -> Mask:
    """All pixels within `radius_px` of the mask."""
    if radius_px <= DISC_LIMIT_PX:
        return cv2.dilate(mask.astype(np.uint8), disc(radius_px)).astype(bool)
    if not mask.any():
        return np.zeros_like(mask)
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius_px


def without_fragments(mask: Mask, min_share: float) -> Mask:
    """The mask less its connected parts that are smaller than `min_share` of it."""
    if not mask.any():  # OpenCV does not survive an image without pixels
        return mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= min_share * np.count_nonzero(mask)
    kept[0] = False
    return kept[labels]


def edge_distance(mask: Mask) -> NDArray[np.float32]:
    """`(h, w)` exact distance in pixels to the nearest pixel off the mask; all beyond the image is off it."""
    padded = np.pad(mask.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]


def mark_point(mask: Mask) -> tuple[int, int]:
    """(u, v) of the mask pixel farthest from the mask's edge; of several as deep, the one nearest to their mean.

    Raises:
        ValueError: the mask is empty.
    """
    xmin, ymin, xmax, ymax = bounding_box(mask)
    depth_inside = edge_distance(mask[ymin:ymax, xmin:xmax])
    rows, columns = np.nonzero(depth_inside >= depth_inside.max() - PLATEAU_PX)
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(columns[middle]) + xmin, int(rows[middle]) + ymin
