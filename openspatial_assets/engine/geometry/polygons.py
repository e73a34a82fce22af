"""Convex outlines in the image: the projection of boxes, its area, and the part inside the image.

What does not belong here: which pixels of an outline show the object (`engine/visibility`), and drawing.
Image coordinates are (u, v) in pixels with integer pixel centres, so an image covers [-0.5, width - 0.5].
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import EDGES

NEAR_M = 0.05
"""Boxes are cut at this camera depth: nearer points project to infinity, and no depth camera sees them."""


def near_clipped(corners: NDArray[np.float64], near_m: float = NEAR_M) -> NDArray[np.float64]:
    """Points whose convex hull is the part of each box beyond the near plane.

    Args:
        corners: `(n, 8, 3)` metres, camera axes, in the order of `UNIT_CORNERS`.

    Returns:
        `(n, 20, 3)`: the corners beyond the plane and the cuts of the edges through it; where there are fewer, one of
        them is repeated. All NaN for a box wholly before the plane.
    """
    start, end = corners[:, EDGES[:, 0]], corners[:, EDGES[:, 1]]
    before_start, before_end = start[..., 2] - near_m, end[..., 2] - near_m
    cut = before_start * before_end < 0
    share = np.where(cut, before_start, 0.0) / np.where(cut, before_start - before_end, 1.0)
    points = np.concatenate([corners, start + share[..., None] * (end - start)], axis=1)
    keep = np.concatenate([corners[..., 2] >= near_m, cut], axis=1)
    filler = np.take_along_axis(points, keep.argmax(1)[:, None, None], axis=1)
    filler = np.where(keep.any(1)[:, None, None], filler, np.nan)
    return np.where(keep[..., None], points, filler)


def outlines(corners: NDArray[np.float64], intrinsics: NDArray[np.float64]) -> NDArray[np.object_]:
    """The projected boxes as Shapely polygons `(n,)` in pixels, not clipped to the image.

    Args:
        corners: `(n, 8, 3)` metres, camera axes. A box wholly before the near plane gives an empty polygon; one seen
            exactly edge-on a line, which has no area.
        intrinsics: `(n, 4)` fx, fy, cx, cy of each box's camera, pixels.
    """
    points = near_clipped(corners)
    fx, fy, cx, cy = (values[:, None] for values in intrinsics.T)
    u, v = fx * points[..., 0] / points[..., 2] + cx, fy * points[..., 1] / points[..., 2] + cy
    hulls = np.full(len(corners), shapely.Polygon(), dtype=object)
    ahead = np.isfinite(points).all((-1, -2))
    hulls[ahead] = shapely.convex_hull(shapely.multipoints(np.stack([u, v], axis=-1)[ahead]))
    return hulls


def inside_image(polygons: NDArray[np.object_], size: NDArray[np.intp]) -> NDArray[np.object_]:
    """The parts of polygons `(n,)` that lie inside their images of `size` `(n, 2)` (width, height); may be empty."""
    inside = np.full(len(polygons), shapely.Polygon(), dtype=object)
    for width, height in np.unique(size, axis=0):
        same = (size == (width, height)).all(-1)
        inside[same] = shapely.clip_by_rect(polygons[same], -0.5, -0.5, width - 0.5, height - 0.5)
    return inside
