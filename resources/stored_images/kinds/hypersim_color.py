"""Hypersim's rendered light, tone-mapped into a picture as the dataset's owners do for their previews.

Options: `entities`, the file that tells rendered pixels from empty ones (`render_entity_id`, -1: nothing was hit), and
`width`, `height`, pixels. Light is linear and unbounded; an exposure is chosen for each picture, then gamma is applied.
The operator is that of `scene_generate_images_tonemap.py` in github.com/apple/ml-hypersim, which follows
CGIntrinsics (Li and Snavely, ECCV 2018).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from resources.hdf5_files import Hdf5Error, read_dataset
from resources.stored_images.plain import ImageError, check_size

NOTHING = -1
"""The entity of a pixel whose ray leaves the scene."""

GAMMA = 2.2
BRIGHTNESS_OF_RGB = np.array([0.3, 0.59, 0.11], np.float32)
"""CCIR 601 luma, with the digits of the owners' script."""

PERCENTILE, ITS_BRIGHTNESS = 90.0, 0.8
"""The brightness that this percentile of the rendered pixels has in the picture."""

DARK = 1e-4
"""A picture whose percentile is below this stays black: no exposure would show it."""

BRIGHTEST = float(np.finfo(np.float16).max)
"""What an overflow of the stored half-precision floats stands for."""


def read(path: str, options: Mapping[str, str]) -> NDArray[np.uint8]:
    """`(h, w, 3)` RGB."""
    width, height = int(options["width"]), int(options["height"])
    check_size(path, width, height)
    try:
        light = read_dataset(path, (height, width, 3), "f")
        rendered = read_dataset(options["entities"], (height, width), "i") != NOTHING
    except Hdf5Error as error:
        raise ImageError(str(error)) from None
    return tone_mapped(light, rendered)


def tone_mapped(light: NDArray[np.floating], rendered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture `(h, w, 3)` of linear light `(h, w, 3)`; `rendered` `(h, w)` are the pixels that set the exposure."""
    light = np.nan_to_num(light.astype(np.float32), nan=0.0, posinf=BRIGHTEST, neginf=0.0)
    scale = 1.0
    if rendered.any():
        brightness = float(np.percentile((light @ BRIGHTNESS_OF_RGB)[rendered], PERCENTILE))
        scale = ITS_BRIGHTNESS**GAMMA / brightness if brightness >= DARK else 0.0
    shown = np.clip(np.float32(scale) * light, 0.0, 1.0) ** np.float32(1.0 / GAMMA)
    return np.rint(shown * 255.0).astype(np.uint8)
