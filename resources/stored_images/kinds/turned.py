"""An image that is stored sideways and read upright; it may itself be inside of another file.

Options: `quarter_turns`, counter-clockwise, as `engine/geometry/quarter_turns.py` counts them; and, where they are
known, `width` and `height`, pixels, that the image should have as it is stored. A file of another size is refused: its
intrinsics would be turned about the wrong place.
"""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from resources.images import decode_color, decode_depth
from resources.stored_images import read_stored
from resources.stored_images.plain import ImageError

DEEP_MODES = ("I;16", "I;16B", "I;16L", "I", "F")
"""Pillow's names for more than 8 bits in one channel: depth. All else is colour."""


def read(path: str, options: Mapping[str, str]) -> np.ndarray:
    """The turned pixels: RGB `(h, w, 3)` uint8, or depth values `(h, w)` in the file's own type."""
    turns, expected = int(options["quarter_turns"]), (options.get("width"), options.get("height"))
    stored = read_stored(path)
    pixels = _decoded(stored, path) if isinstance(stored, bytes) else stored
    found = (str(pixels.shape[1]), str(pixels.shape[0]))
    if any(size not in (None, there) for size, there in zip(expected, found, strict=True)):
        raise ImageError(
            f"{path}: is {found[0]}x{found[1]} pixels, but its intrinsics are for {expected[0]}x{expected[1]}"
        )
    return np.ascontiguousarray(np.rot90(pixels, turns))


def _decoded(data: bytes, path: str) -> np.ndarray:
    return (decode_depth if _mode(data) in DEEP_MODES else decode_color)(data, path)


def _mode(data: bytes) -> str | None:
    """The pixel format of an image as Pillow calls it; None for what is no image, which decoding then says."""
    try:
        return Image.open(io.BytesIO(data)).mode
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
