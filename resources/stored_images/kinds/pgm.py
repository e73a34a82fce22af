"""Depth as a binary PGM image (`P5`), which other readers of this project do not take.

Options: `member`, its name where the file is a ZIP archive. The format: netpbm.sourceforge.net/doc/pgm.html; samples
of more than eight bits have their high byte first.
"""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from resources.stored_images.kinds import zip as archive
from resources.stored_images.plain import ImageError, check_size, read_file

MAX_HEADER_BYTES = 1024
"""A header with comments is shorter."""

ONE_BYTE = 255
"""The largest maximum of samples of one byte."""

LARGEST = 65535

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(rb"P5" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,5})\s")


def read(path: str, options: Mapping[str, str]) -> NDArray[np.uint16]:
    """The stored values `(h, w)`."""
    if member := options.get("member"):
        return parsed(archive.read(path, {"member": member}), f"{path}: {member}")
    return parsed(read_file(path), path)


def parsed(data: bytes, name: str) -> NDArray[np.uint16]:
    """The values `(h, w)` of an image; `name` is for the message of an `ImageError`."""
    header = _HEADER.match(data[:MAX_HEADER_BYTES])
    if header is None:
        raise ImageError(f"{name}: is no binary PGM image (its header is broken)")
    width, height, largest = (int(number) for number in header.groups())
    check_size(name, width, height)
    if not 0 < largest <= LARGEST:
        raise ImageError(f"{name}: has values up to {largest}; a PGM image has 1 to {LARGEST}")
    kind = np.dtype("u1") if largest <= ONE_BYTE else np.dtype(">u2")
    found, expected = len(data) - header.end(), width * height * kind.itemsize
    if found != expected:
        much = "is truncated: it has" if found < expected else "has"
        raise ImageError(f"{name}: {much} {found} bytes of pixels; {width}x{height} of them have {expected}")
    return np.frombuffer(data, kind, offset=header.end()).reshape(height, width).astype(np.uint16)
