"""Which boxes project into a frame, where, and how much of each lies inside the image.

What does not belong here: what stands in front of them (`ray_interval.py`).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.polygons import NEAR_M, inside_image, outlines


@dataclass(frozen=True)
class Projection:
    """The boxes of a scene that project into one frame.

    Attributes:
        index: `(k,)` their places among the scene's boxes, ascending.
        box_2d: `(k, 4)` xmin, ymin, xmax, ymax of the projected box inside the image, pixels.
        in_frame: `(k,)` share of the projected box's area that lies inside the image.
        window: `(k, 4)` first column, first row, and one past the last column and row whose pixel centres lie in
            `box_2d`; empty (first >= last) where a box only grazes the image's border.
    """

    index: NDArray[np.intp]
    box_2d: NDArray[np.float64]
    in_frame: NDArray[np.float64]
    window: NDArray[np.intp]


def project_boxes(camera: Camera, corners: NDArray[np.float64]) -> Projection:
    """Where boxes with world `corners` `(n, 8, 3)` in metres lie in a frame; those outside of it are left out."""
    local = camera.camera_from_world(corners)
    ahead = local[..., 2] >= NEAR_M
    whole = ahead.all(-1)
    pixels = camera.pixels(local)
    low, high = pixels.min(1), pixels.max(1)
    last = np.array([camera.width, camera.height]) - 0.5
    box_2d, in_frame = np.concatenate([low, high], axis=1), np.ones(len(corners))
    # Only boxes that cross the image's border or the near plane need their outline.
    possible = np.where(whole, ((high > -0.5) & (low < last)).all(-1), ahead.any(-1))
    cut = np.flatnonzero(possible & ~(whole & ((low >= -0.5) & (high <= last)).all(-1)))
    if len(cut):
        hulls = outlines(camera, local[cut])
        inside, area = inside_image(camera, hulls), shapely.area(hulls)
        box_2d[cut] = shapely.bounds(inside)
        in_frame[cut] = shapely.area(inside) / np.where(area > 0, area, 1.0)
    index = np.flatnonzero(possible & (in_frame > 0))
    box_2d = np.clip(box_2d[index], 0.0, np.tile(last - 0.5, 2))
    window = np.concatenate([np.ceil(box_2d[:, :2]), np.floor(box_2d[:, 2:]) + 1], axis=1).astype(np.intp)
    return Projection(index, box_2d, np.minimum(in_frame[index], 1.0), window)
