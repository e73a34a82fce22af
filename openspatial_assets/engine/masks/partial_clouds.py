"""What the depth under a mask says of an object: its depth quartiles and its visible points.

What does not belong here: the mask, and boxes fitted to the points (`engine/geometry/fitting.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.fitting import tail_bounds
from openspatial_assets.engine.masks.regions import Mask, eroded


def cropped(camera: Camera, window: tuple[slice, slice]) -> Camera:
    """The camera of a crop of its image: rows and columns of `window`."""
    rows, columns = window
    offset = np.array([0.0, 0.0, columns.start, rows.start])
    size = columns.stop - columns.start, rows.stop - rows.start
    return Camera(*size, camera.intrinsics - offset, camera.world_from_camera)


def depth_quartiles(depth: NDArray[np.float32], mask: Mask, erosion_px: int) -> NDArray[np.float64] | None:
    """25, 50 and 75 % of the depth `(h, w)` over the eroded mask, metres `(3,)`.

    Pixels without depth (0) do not count. Where the eroded mask has no depth, the whole mask is taken; None if that has
    none either.
    """
    for region in (eroded(mask, erosion_px), mask):
        values = depth[region & (depth > 0)]
        if len(values):
            return np.percentile(values.astype(np.float64), [25, 50, 75])
    return None


def visible_cloud(camera: Camera, depth: NDArray[np.float32], mask: Mask, trim_percent: float) -> NDArray[np.float64]:
    """World points `(n, 3)`, metres, of the mask's pixels with depth, in row order.

    Outliers are trimmed along the ray alone, the `trim_percent` nearest and farthest: the mask fixes where a pixel
    lies in the image, and what errs is its depth, on an edge that mixes object and background.
    """
    rows, columns = np.nonzero(mask & (depth > 0))
    values = depth[rows, columns].astype(np.float64)
    if len(values):
        low, high = tail_bounds(values, trim_percent)
        kept = (values >= low) & (values <= high)
        rows, columns, values = rows[kept], columns[kept], values[kept]
    return camera.back_project(np.stack([columns, rows], axis=-1), values)
