"""Files as they are, and the limits that hold for everything read from them.

What does not belong here: references into files (`kinds`), and decoding (`resources/images.py`).
"""

import zlib

import fsspec

MAX_PIXELS = 80_000_000
"""Larger images are refused before they are decoded: a small file may unpack to more memory than there is. 80 million
pixels are 240 MB as RGB, and more than any camera of an indoor dataset takes."""

MAX_ENCODED_BYTES = 1 << 30
"""No encoded image has a gibibyte; a size in a broken header may say so."""


class ImageError(ValueError):
    """An image that cannot be used; the message names the file and what is wrong."""


def read_file(path: str) -> bytes:
    """The bytes of a file, given as a path or fsspec URL.

    Raises:
        ImageError: the file is missing, empty or unreadable.
    """
    try:
        if "://" in path:
            with fsspec.open(path, "rb") as file:
                data = file.read(MAX_ENCODED_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_ENCODED_BYTES + 1)
    except FileNotFoundError:
        raise ImageError(f"{path}: the file is missing") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not data:
        raise ImageError(f"{path}: the file is empty")
    if len(data) > MAX_ENCODED_BYTES:
        raise ImageError(f"{path}: has more than {MAX_ENCODED_BYTES >> 20} MiB; that is no image")
    return data


def read_slice(path: str, offset: int, size: int) -> bytes:
    """`size` bytes of a local file, from `offset` on.

    Raises:
        ImageError: the file is missing, unreadable or ends before, or the size is none of an image.
    """
    if offset < 0 or not 0 < size <= MAX_ENCODED_BYTES:
        raise ImageError(f"{path}: {size} bytes at {offset} are no image; its index is broken")
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read(size)
    except FileNotFoundError:
        raise ImageError(f"{path}: the file is missing") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) < size:
        raise ImageError(f"{path}: is truncated: it ends within the image at byte {offset}")
    return data


def check_size(path: str, width: int, height: int) -> None:
    """Raise `ImageError` for an image of absurd size."""
    if not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
        raise ImageError(f"{path}: has {width}x{height} pixels; at most {MAX_PIXELS} are read")


def inflated(data: bytes, size: int, path: str, window_bits: int = zlib.MAX_WBITS) -> bytes:
    """`size` bytes out of a zlib stream (or, with negative `window_bits`, a raw deflate stream), and never more.

    Raises:
        ImageError: the stream is broken, or holds less or more.
    """
    stream = zlib.decompressobj(window_bits)
    try:
        found = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ImageError(f"{path}: cannot be unpacked ({error})") from None
    if len(found) != size:
        much = "more" if len(found) > size else f"only {len(found)}"
        raise ImageError(f"{path}: unpacks to {much} than the {size} bytes of the image; it is truncated or broken")
    return found
