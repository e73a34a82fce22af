"""How high the surface lies that an object stands on, seen around it, against the foot of its box.

Boxes are annotated to a few centimetres. Where a box reaches into the table under a mug, some of the table has depths
that fit the mug's box; only the table around the mug tells how much. What does not belong here: what follows for the
mask (`trimap.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera

RING_M = 0.1
"""Width of the ring around a box in which its support is looked for: what lies farther may be another surface."""

MIN_RING_PIXELS = 20
"""Of fewer pixels a median says nothing."""

SAMPLES = 5_000
"""At most this many pixels are looked at, evenly spread: a median needs no more."""


def heights(camera: Camera, depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """World z `(h, w)` in metres of what each pixel shows; that of the camera where it has no depth (0)."""
    fx, fy, cx, cy = camera.intrinsics
    right, down, forward = camera.rotation[2]
    across = right * (np.arange(camera.width) - cx) / fx + forward
    rise = across[None, :] + (down * (np.arange(camera.height) - cy) / fy)[:, None]
    return (rise * depth + camera.center[2]).astype(np.float32)


def support_height(
    camera: Camera, box: Boxes, depth: NDArray[np.float32], around: NDArray[np.bool_], limit_m: float
) -> float:
    """Height of the surface around the foot of a box above that foot, metres; 0 where none is seen, or it is lower.

    It is the median over pixels whose points lie beside the box, at most `RING_M` away and at most `limit_m` above or
    below its foot.

    Args:
        camera: of the depth image, which may be a crop (`cropped`).
        box: one box in the world, without leading axes.
        depth: `(h, w)` metres, 0 = none.
        around: `(h, w)` pixels that may show the support.
    """
    foot = box.corners[:, 2].min()
    rows, columns = np.nonzero(around & (depth > 0) & (np.abs(heights(camera, depth) - foot) <= limit_m))
    step = -(-len(rows) // SAMPLES) or 1
    rows, columns = rows[::step], columns[::step]
    points = camera.back_project(np.stack([columns, rows], axis=-1), depth[rows, columns])
    beside = np.abs(box.local(points)) - box.extents / 2
    beside[:, np.abs(box.rotations[2]).argmax()] = 0.0
    away = beside.max(axis=1)
    ring = points[(away > 0) & (away <= RING_M), 2] - foot
    return max(float(np.median(ring)), 0.0) if len(ring) >= MIN_RING_PIXELS else 0.0
