"""A depth image of many that were compressed as one raw deflate stream: 32-bit floating point, little endian.

Options: `frame`, from 0; `width` and `height`, pixels. Such a stream can only be read from its start. So the position
after the last image is kept, one for each file and process: reading forward costs what lies between, and reading an
earlier image starts again.
"""

import os
import threading
import zlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from resources.stored_images.plain import ImageError, check_size

PIXEL = np.dtype("<f4")

OPEN_STREAMS = 4
READ_BYTES = 1 << 18
"""Taken from the file at a time: about one image."""


def read(path: str, options: Mapping[str, str]) -> NDArray[np.float32]:
    """The stored values `(h, w)`."""
    number, width, height = (int(options[name]) for name in ("frame", "width", "height"))
    check_size(path, width, height)
    if number < 0:
        raise ImageError(f"{path}: has no frame {number}; materialise frames again")
    try:
        stat = os.stat(path)
        stream = _opened(path, width * height * PIXEL.itemsize, stat.st_size, stat.st_mtime_ns, os.getpid())
        return np.frombuffer(stream.frame(number), PIXEL).reshape(height, width)
    except FileNotFoundError:
        raise ImageError(f"{path}: the file is missing") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from error


class _Stream:
    """One stream, and how far it has been read."""

    def __init__(self, path: str, frame_bytes: int) -> None:
        self._path, self._frame_bytes = path, frame_bytes
        self._lock = threading.Lock()
        self._file = open(path, "rb")  # noqa: SIM115  (kept open; closed with this object)
        self._restart()

    def frame(self, number: int) -> bytes:
        """The bytes of an image.

        Raises:
            ImageError: the stream is broken, or ends before.
        """
        with self._lock:
            if number == self._next - 1:
                return self._last
            if number < self._next:
                self._restart()
            try:
                while self._next <= number:
                    self._last = self._inflated(number)
                    self._next += 1
            except ImageError:
                self._restart()
                raise
            return self._last

    def _restart(self) -> None:
        self._file.seek(0)
        self._decompressor, self._pending = zlib.decompressobj(-zlib.MAX_WBITS), b""
        self._next, self._last = 0, b""

    def _inflated(self, wanted: int) -> bytes:
        """The bytes of the next image, and no more."""
        parts, missing = [], self._frame_bytes
        while missing:
            pending = self._pending or self._file.read(READ_BYTES)
            try:
                part = self._decompressor.decompress(pending, missing)
            except zlib.error as error:
                raise ImageError(f"{self._path}: is broken in frame {self._next} ({error})") from None
            # At the file's end the decompressor may still hold output; the stream is over when it gives none.
            if not part and (not pending or self._decompressor.eof):
                end = f"ends in frame {self._next}" if missing < self._frame_bytes else f"has {self._next} frames"
                raise ImageError(f"{self._path}: does not hold frame {wanted}: it {end}; it may be truncated")
            self._pending = self._decompressor.unconsumed_tail
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)


@lru_cache(maxsize=OPEN_STREAMS)
def _opened(path: str, frame_bytes: int, size: int, modified: int, process: int) -> _Stream:
    """The stream of a file. Size and time of change make a file that was replaced another one; processes share none."""
    return _Stream(path, frame_bytes)
