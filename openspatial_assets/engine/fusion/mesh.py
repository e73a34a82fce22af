"""Triangle meshes as arrays: dropping specks, and an order that does not depend on how they were made.

What does not belong here: fusing depth (`resources/fusion.py`) and files (`resources/mesh_files.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """A surface.

    Attributes:
        vertices: `(v, 3)` world units.
        triangles: `(t, 3)` int32 indices of vertices, counter-clockwise seen from the free side.
        colors: `(v, 3)` uint8 RGB.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    colors: NDArray[np.uint8]


def triangle_areas(mesh: TriangleMesh) -> NDArray[np.float64]:
    """`(t,)` square world units."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=-1) / 2


def without_specks(mesh: TriangleMesh, min_area: float) -> TriangleMesh:
    """The mesh without connected parts (triangles that share a vertex) of less than `min_area` square world units."""
    if not len(mesh.triangles):
        return mesh
    start, end = mesh.triangles[:, [0, 1]].ravel(), mesh.triangles[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(start), np.bool_), (start, end)), shape=(len(mesh.vertices),) * 2)
    _, part = connected_components(links, directed=False)
    part_of_triangle = part[mesh.triangles[:, 0]]
    areas = np.bincount(part_of_triangle, weights=triangle_areas(mesh))
    return TriangleMesh(mesh.vertices, mesh.triangles[areas[part_of_triangle] >= min_area], mesh.colors)


def in_order(mesh: TriangleMesh) -> TriangleMesh:
    """The same surface without unused vertices, its vertices sorted by x, y, z and its triangles by their vertices.

    Fusing and extraction run on threads that finish in any order; after this the same surface is the same bytes.
    """
    used, triangles = np.unique(mesh.triangles, return_inverse=True)
    vertices, colors = mesh.vertices[used], mesh.colors[used]
    order = np.lexsort((*colors.T, *vertices.T[::-1]))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    triangles = rank[triangles.reshape(-1, 3)]
    # The smallest corner first, by turning and not by swapping: the free side stays the free side.
    turn = (triangles.argmin(axis=1)[:, None] + np.arange(3)) % 3
    triangles = np.take_along_axis(triangles, turn, axis=1)
    return TriangleMesh(vertices[order], triangles[np.lexsort(triangles.T[::-1])], colors[order])
