"""Hypersim's distances to the optical centre, read as depth along the optical axis.

Options: `fx`, `fy`, `cx`, `cy`, pixels, and `width`, `height`. The files are called `depth_meters`, but hold the length
of each pixel's ray: taken as depth, walls bulge towards the corners of the image.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from resources.hdf5_files import Hdf5Error, read_dataset
from resources.stored_images.plain import ImageError, check_size

CAMERAS = 4
"""Cameras whose rays are kept: the frames of a scene share one."""


def read(path: str, options: Mapping[str, str]) -> NDArray[np.float32]:
    """`(h, w)` metres along the optical axis; 0 where the ray hits nothing."""
    width, height = int(options["width"]), int(options["height"])
    check_size(path, width, height)
    try:
        distance = read_dataset(path, (height, width), "f").astype(np.float32)
    except Hdf5Error as error:
        raise ImageError(str(error)) from None
    depth = distance * depth_per_distance(width, height, *(float(options[name]) for name in ("fx", "fy", "cx", "cy")))
    depth[~(np.isfinite(depth) & (depth > 0))] = 0.0
    return depth


@lru_cache(maxsize=CAMERAS)
def depth_per_distance(width: int, height: int, fx: float, fy: float, cx: float, cy: float) -> NDArray[np.float32]:
    """`(h, w)` cosines between each pixel's ray and the optical axis."""
    x = (np.arange(width) - cx) / fx
    y = (np.arange(height) - cy) / fy
    cosines = (1.0 / np.sqrt(1.0 + x**2 + y[:, None] ** 2)).astype(np.float32)
    cosines.flags.writeable = False  # all images of the camera share it
    return cosines
