"""The vertices of a scan's mesh.

What does not belong here: which object a vertex belongs to (`objects.py`).
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from plyfile import PlyData, PlyParseError

MAX_HEADER_BYTES = 1 << 16
"""A header has a dozen lines."""

TRIANGLES = {"face": {"vertex_indices": 3, "vertex_index": 3}}
"""That faces are triangles lets the file be mapped instead of read face by face."""

_END = b"end_header\n"
_BINARY = re.compile(rb"^format binary_", re.MULTILINE)
_ELEMENT = re.compile(rb"^element (\S+) (\d+)\s*$", re.MULTILINE)


class MeshError(ValueError):
    """A mesh that cannot be used; the message says what is wrong, without the file's name."""


def vertex_count(path: Path) -> int:
    """How many vertices a PLY file has, as its header says, once the file is large enough for what it promises.

    Raises:
        MeshError: the file cannot be read, is no binary PLY file, or its header is broken.
    """
    try:
        with path.open("rb") as file:
            header = file.read(MAX_HEADER_BYTES)
            size = file.seek(0, 2)
    except FileNotFoundError:
        raise MeshError("the file is missing") from None
    except OSError as error:
        raise MeshError(f"cannot be read ({error.strerror})") from error
    header, end, _ = header.replace(b"\r\n", b"\n").partition(_END)
    if not end or not (header.startswith(b"ply\n") and _BINARY.search(header)):
        raise MeshError("is no binary PLY file; download it again")
    counts = {name: int(count) for name, count in _ELEMENT.findall(header)}
    # Each vertex has at least three coordinates of four bytes, each other element at least a byte.
    needed = sum(count * (12 if name == b"vertex" else 1) for name, count in counts.items())
    if needed > size:
        raise MeshError(
            f"is truncated: its header promises {needed} bytes or more, but it has {size}; download it again"
        )
    if not counts.get(b"vertex"):
        raise MeshError("has no vertices; download it again")
    return counts[b"vertex"]


def read_vertices(path: Path) -> NDArray[np.float64]:
    """`(n, 3)` metres, in the axes of the scan.

    Raises:
        MeshError: as `vertex_count`, and if the file holds less than its header promises, or no finite coordinates.
    """
    vertex_count(path)
    try:
        vertex = PlyData.read(str(path), mmap="r", known_list_len=TRIANGLES)["vertex"]
        vertices = np.stack([vertex[axis] for axis in "xyz"], axis=-1).astype(np.float64)
    except (PlyParseError, OSError, ValueError, KeyError, MemoryError, UnicodeDecodeError) as error:
        raise MeshError(f"is truncated or broken ({error}); download it again") from None
    if not np.isfinite(vertices).all():
        raise MeshError("holds coordinates that are not finite; download it again")
    return vertices
