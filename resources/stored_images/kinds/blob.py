"""A run of bytes in a container file.

Options: `offset` and `size`, bytes. An encoded image (JPEG, PNG) needs no more. Bare pixels have `width`, `height`,
`type` (`u2` or `f4`, little endian) and `codec`: `raw`, `zlib`, `deflate` (zlib without its header) or `lz4` (a block).
"""

import zlib
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from resources.stored_images.plain import ImageError, check_size, inflated, read_slice

TYPES = {"u2": np.dtype("<u2"), "f4": np.dtype("<f4")}


def read(path: str, options: Mapping[str, str]) -> bytes | np.ndarray:
    """The encoded image, or its pixels `(h, w)`."""
    data = read_slice(path, int(options["offset"]), int(options["size"]))
    if "codec" not in options:
        return data
    width, height, kind = int(options["width"]), int(options["height"]), TYPES[options["type"]]
    check_size(path, width, height)
    pixels = unpacked(data, options["codec"], width * height * kind.itemsize, path)
    return np.frombuffer(pixels, kind).reshape(height, width)


def unpacked(data: bytes, codec: str, size: int, path: str) -> bytes:
    """`size` bytes, unpacked.

    Raises:
        ImageError: the data are broken, hold another number of bytes, or the codec is unknown.
    """
    if codec in ("zlib", "deflate"):
        return inflated(data, size, path, zlib.MAX_WBITS if codec == "zlib" else -zlib.MAX_WBITS)
    if codec == "lz4":
        try:
            pixels = pa.decompress(data, size, codec="lz4_raw", asbytes=True)
        except (OSError, ValueError) as error:
            raise ImageError(f"{path}: cannot be unpacked ({error})") from None
        if _fits(data, size - 1):  # the rest of `pixels` would be whatever was in memory
            raise ImageError(f"{path}: unpacks to less than the {size} bytes of the image; it is broken")
        return pixels
    if codec == "raw" and len(data) == size:
        return data
    raise ImageError(f"{path}: holds {len(data)} bytes of codec {codec!r}, not {size}")


def _fits(block: bytes, size: int) -> bool:
    """Whether an LZ4 block unpacks to no more than `size` bytes."""
    try:
        pa.decompress(block, size, codec="lz4_raw")
    except (OSError, ValueError):
        return False
    return True
