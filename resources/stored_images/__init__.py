"""Images inside of other files: frames of a container, members of an archive, images that reading must first turn.

The tables refer to an image by one text: a path or fsspec URL, or a *reference*, which names the file and how the image
is taken out of it, such as `scans/a/a.sens#blob?offset=812&size=90210`. `read_stored` takes both. A kind of reference
is a module of `kinds`, found by name, with one function `read(path, options)`; nothing is written to disk.

What does not belong here: decoding images (`resources/images.py`), and which images make a frame (`resources/sources`).
"""

import importlib
import pkgutil
from functools import cache
from urllib.parse import parse_qsl, urlencode

from numpy.typing import NDArray

from resources.stored_images import kinds
from resources.stored_images.plain import ImageError, read_file

Stored = bytes | NDArray
"""The bytes of an encoded image (JPEG, PNG, TIFF), or its pixels: `(h, w, 3)` uint8 RGB, or `(h, w)` depth values."""


def reference(path: str, kind: str, **options: object) -> str:
    """The text that names an image inside of a file."""
    return f"{path}#{kind}?{urlencode(options)}"


def parsed(text: str) -> tuple[str, str, dict[str, str]] | None:
    """File, kind and options of a reference; None for a plain path, also one with a `#` in it."""
    path, found, rest = text.rpartition("#")
    kind, marked, query = rest.partition("?")
    if not (found and marked and kind in _kinds()):
        return None
    return path, kind, dict(parse_qsl(query, keep_blank_values=True))


def file_of(text: str) -> str:
    """The file that a path or reference leads to; a reference may stand on another one."""
    return file_of(inside[0]) if (inside := parsed(text)) else text


def read_stored(text: str) -> Stored:
    """The image of a path, fsspec URL or reference, encoded or as pixels.

    Raises:
        ImageError: the file is missing, unreadable or broken; the message names it.
    """
    inside = parsed(text)
    if inside is None:
        return read_file(text)
    path, kind, options = inside
    try:
        return importlib.import_module(f"{kinds.__name__}.{kind}").read(path, options)
    except KeyError as error:
        raise ImageError(f"{text}: the reference lacks {error}; materialise frames again") from None


@cache
def _kinds() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(kinds.__path__))
