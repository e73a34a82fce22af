"""The iPhone's depth of all frames in one file, `depth.bin`: which of its encodings it has, and where each frame is.

Each image has 192 rows of 256 pixels. Either each frame is a u32 (little endian) number of bytes and so many bytes,
which are an LZ4 block of 16-bit millimetres, or else a raw deflate stream of 32-bit floating-point metres; or the whole
file is one raw deflate stream of such metres, and nothing says where a frame begins or how many there are.

What does not belong here: reading a frame (`stored_images/kinds/blob.py` and `deflate_stream.py`).
"""

import mmap
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from resources.stored_images import reference
from resources.stored_images.plain import ImageError, inflated

WIDTH, HEIGHT = 256, 192
MILLIMETRE_BYTES, METRE_BYTES = WIDTH * HEIGHT * 2, WIDTH * HEIGHT * 4

MAX_FRAME_BYTES = 2 * METRE_BYTES
"""Neither coder makes noise larger than itself by more than a percent; what claims to be larger is no frame."""

PROBED_FRAMES = 3
"""Frames that are unpacked, until one is sound, to tell the encoding."""

LZ4, DEFLATE, STREAM = "lz4", "deflate", "stream"
SCALES = {LZ4: 1000.0, DEFLATE: 1.0, STREAM: 1.0}
"""Stored values a metre."""

_COUNT = struct.Struct("<I")


@dataclass(frozen=True)
class DepthFile:
    """The frames of a `depth.bin`.

    Attributes:
        path: the file.
        encoding: `lz4`, `deflate` (each a frame) or `stream` (one for all).
        offsets, sizes: of each frame's bytes; empty for `stream`.
        fault: why there are no more frames, if the file does not end with the last; empty if it does.
    """

    path: Path
    encoding: str
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]
    fault: str

    @property
    def count(self) -> int | None:
        """How many frames there are; None if only unpacking the whole file would tell."""
        return None if self.encoding == STREAM else len(self.offsets)

    @property
    def scale(self) -> float:
        """Stored values a metre."""
        return SCALES[self.encoding]

    def problem(self, number: int) -> str | None:
        """Why the frame of a number cannot be read, as far as is known."""
        if self.count is None or number < self.count:
            return None
        return self.fault or f"holds {self.count} frames, and so none of number {number}"

    def frame(self, number: int) -> str:
        """The reference to a frame that has no problem."""
        shape = {"width": WIDTH, "height": HEIGHT}
        if self.encoding == STREAM:
            return reference(str(self.path), "deflate_stream", frame=number, **shape)
        place = {"offset": self.offsets[number], "size": self.sizes[number]}
        kind = "u2" if self.encoding == LZ4 else "f4"
        return reference(str(self.path), "blob", **place, **shape, codec=self.encoding, type=kind)


def read_depth_file(path: Path) -> DepthFile:
    """The frames of a file: their sizes are read, and one of them is unpacked.

    Raises:
        ValueError: it has none of the encodings; the message says so, without the file's name.
    """
    try:
        if not path.stat().st_size:  # it could not be mapped
            raise ValueError("the file is empty")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            offsets, sizes, fault = _walked(data)
            for offset, size in list(zip(offsets, sizes, strict=True))[:PROBED_FRAMES]:
                if encoding := _encoding(data[offset : offset + size]):
                    return DepthFile(path, encoding, tuple(offsets), tuple(sizes), fault)
            if _begins_stream(data):
                return DepthFile(path, STREAM, (), (), "")
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    raise ValueError(
        f"holds no depth images of {WIDTH}x{HEIGHT} pixels, neither LZ4 blocks nor deflate streams; it may be truncated"
    )


def _walked(data: mmap.mmap) -> tuple[list[int], list[int], str]:
    """Offsets and sizes of the frames, by their counts alone, and why they end before the file."""
    offsets, sizes, place = [], [], 0
    while place < len(data):
        begin = place + _COUNT.size
        size = _COUNT.unpack_from(data, place)[0] if begin <= len(data) else 0
        if not 0 < size <= MAX_FRAME_BYTES:
            claimed = f"claims {size} bytes" if begin <= len(data) else "is cut off"
            return offsets, sizes, f"frame {len(offsets)}, at byte {place}, {claimed}; the file is broken or truncated"
        if begin + size > len(data):
            return offsets, sizes, f"is truncated in frame {len(offsets)}, at byte {place}"
        offsets.append(begin)
        sizes.append(size)
        place = begin + size
    return offsets, sizes, ""


def _encoding(payload: bytes) -> str | None:
    if _is_lz4(payload, MILLIMETRE_BYTES):
        return LZ4
    try:
        inflated(payload, METRE_BYTES, "", -zlib.MAX_WBITS)
    except ImageError:
        return None
    return DEFLATE


def _is_lz4(payload: bytes, size: int) -> bool:
    """Whether an LZ4 block holds exactly so many bytes: they do not fit into fewer. (Into more they always do, and the
    rest of them is then whatever was in memory.)"""

    def fits(room: int) -> bool:
        try:
            pa.decompress(payload, room, codec="lz4_raw")
        except (OSError, ValueError):
            return False
        return True

    return fits(size) and not fits(size - 1)


def _begins_stream(data: mmap.mmap) -> bool:
    """Whether at least one frame can be inflated from the beginning of the file."""
    try:
        begin = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[:MAX_FRAME_BYTES], METRE_BYTES)
    except zlib.error:
        return False
    return len(begin) == METRE_BYTES
