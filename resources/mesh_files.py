"""Triangle meshes as files: binary PLY, which every viewer opens.

Written by hand and not by Open3D, which writes to local paths only. Only what `mesh_bytes` writes can be read back.
What does not belong here: the mesh itself (`engine/fusion/mesh.py`), and drawing it (`mesh_view.py`).
"""

import numpy as np

from openspatial_assets.engine.fusion.mesh import TriangleMesh
from resources.images import read_bytes

_VERTEX = np.dtype([("position", "<f8", 3), ("color", "u1", 3)])
"""Doubles: a scene in national coordinates lies hundreds of kilometres from its origin."""

_FACE = np.dtype([("count", "u1"), ("vertices", "<i4", 3)])
_HEADER = """ply
format binary_little_endian 1.0
element vertex {vertices}
property double x
property double y
property double z
property uchar red
property uchar green
property uchar blue
element face {faces}
property list uchar int vertex_indices
end_header
"""


class MeshError(ValueError):
    """A mesh file that cannot be used; the message names the file."""


def mesh_bytes(mesh: TriangleMesh) -> bytes:
    """`mesh` as binary PLY; the same mesh gives the same bytes."""
    vertices, faces = np.empty(len(mesh.vertices), _VERTEX), np.empty(len(mesh.triangles), _FACE)
    vertices["position"], vertices["color"] = mesh.vertices, mesh.colors
    faces["count"], faces["vertices"] = 3, mesh.triangles
    header = _HEADER.format(vertices=len(vertices), faces=len(faces))
    return header.encode("ascii") + vertices.tobytes() + faces.tobytes()


def read_mesh(path: str) -> TriangleMesh:
    """The mesh of a file that `mesh_bytes` made, given as a path or fsspec URL.

    Raises:
        ImageError: the file is missing or unreadable.
        MeshError: the file is truncated, or holds something else.
    """
    data = read_bytes(path)
    end = data.find(b"end_header\n") + len(b"end_header\n")
    numbers = [int(word) for word in data[:end].split() if word.isdigit()]
    if len(numbers) != 2 or data[:end] != _HEADER.format(vertices=numbers[0], faces=numbers[1]).encode("ascii"):
        raise MeshError(f"{path}: is no mesh as this project writes it; materialise scene_mesh again")
    middle = end + numbers[0] * _VERTEX.itemsize
    if len(data) != middle + numbers[1] * _FACE.itemsize:
        raise MeshError(f"{path}: is truncated; materialise scene_mesh again")
    vertices, faces = np.frombuffer(data[end:middle], _VERTEX), np.frombuffer(data[middle:], _FACE)
    return TriangleMesh(vertices["position"], faces["vertices"], vertices["color"])
