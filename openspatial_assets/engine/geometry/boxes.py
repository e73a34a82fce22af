"""Oriented boxes as arrays: corners, extents in the world, and exact distances.

`p_world = R p_local + c`; extents are full lengths along the local axes; `R = Rz(yaw) Ry(pitch) Rx(roll)`.
What does not belong here: visibility in an image, and fitting boxes to points (`fitting.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.rotations import matrix_from_rpy, rpy_from_matrix

UNIT_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
"""`(8, 3)` corners of the unit box; corner index bits are (x, y, z)."""

EDGES = np.array([(i, i | bit) for bit in (4, 2, 1) for i in range(8) if not i & bit])
"""`(12, 2)` corner indices of the edges: four along x, four along y, four along z."""

FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
"""`(6, 4)` corner indices of the faces, counter-clockwise seen from outside: -x, +x, -y, +y, -z, +z."""


@dataclass(frozen=True)
class Boxes:
    """Oriented boxes.

    Attributes:
        centers: `(*, 3)` metres.
        extents: `(*, 3)` full lengths along the local axes, metres.
        rotations: `(*, 3, 3)` local to world.
    """

    centers: NDArray[np.float64]
    extents: NDArray[np.float64]
    rotations: NDArray[np.float64]

    @classmethod
    def from_rpy(cls, centers: ArrayLike, extents: ArrayLike, rpy: ArrayLike) -> "Boxes":
        """Boxes from centres, extents and roll, pitch, yaw, each `(*, 3)`."""
        return cls(np.asarray(centers, np.float64), np.asarray(extents, np.float64), matrix_from_rpy(rpy))

    def __len__(self) -> int:
        return len(self.centers)

    def __getitem__(self, index) -> "Boxes":
        return Boxes(self.centers[index], self.extents[index], self.rotations[index])

    @property
    def rpy(self) -> NDArray[np.float64]:
        """`(*, 3)` roll, pitch, yaw in radians."""
        return rpy_from_matrix(self.rotations)

    @property
    def corners(self) -> NDArray[np.float64]:
        """`(*, 8, 3)` metres, in the order of `UNIT_CORNERS`."""
        local = UNIT_CORNERS * self.extents[..., None, :]
        return local @ np.swapaxes(self.rotations, -1, -2) + self.centers[..., None, :]

    @property
    def volumes(self) -> NDArray[np.float64]:
        """`(*,)` cubic metres."""
        return np.prod(self.extents, axis=-1)

    @property
    def diagonals(self) -> NDArray[np.float64]:
        """`(*,)` metres."""
        return np.linalg.norm(self.extents, axis=-1)

    def transformed(self, target_from_source: ArrayLike) -> "Boxes":
        """The same boxes after a rigid transform `(4, 4)`."""
        t = np.asarray(target_from_source, dtype=np.float64)
        return Boxes(self.centers @ t[:3, :3].T + t[:3, 3], self.extents, t[:3, :3] @ self.rotations)

    def local(self, points: ArrayLike) -> NDArray[np.float64]:
        """Points `(*, m, 3)` in each box's own axes, metres from its centre."""
        return (np.asarray(points, np.float64) - self.centers[..., None, :]) @ self.rotations


def world_dimensions(boxes: Boxes) -> NDArray[np.float64]:
    """`(*, 3)` length, width, height in metres.

    Height is the span of the corners in world z. Length and width are the longer and the shorter of the two horizontal
    extents: the sizes along the two local axes nearest to the horizontal plane.
    """
    corners = boxes.corners
    height = corners[..., 2].max(-1) - corners[..., 2].min(-1)
    vertical = np.abs(boxes.rotations[..., 2, :]).argmax(-1)
    horizontal = np.arange(3) != vertical[..., None]
    sides = boxes.extents[horizontal].reshape(*boxes.extents.shape[:-1], 2)
    return np.stack([sides.max(-1), sides.min(-1), height], axis=-1)


def point_box_distance(points: ArrayLike, boxes: Boxes) -> NDArray[np.float64]:
    """Distance `(*, m)` in metres from points `(*, m, 3)` to each solid box; zero inside."""
    outside = np.abs(boxes.local(points)) - boxes.extents[..., None, :] / 2
    return np.linalg.norm(np.maximum(outside, 0.0), axis=-1)


def boxes_overlap(a: Boxes, b: Boxes) -> NDArray[np.bool_]:
    """Whether the solid boxes touch or intersect, `(*,)`.

    Separating axes: Gottschalk, Lin and Manocha, "OBBTree", SIGGRAPH 1996. The nine edge cross products are normalised,
    and those of parallel edges are left out.
    """
    crosses = np.cross(a.rotations.swapaxes(-1, -2)[..., :, None, :], b.rotations.swapaxes(-1, -2)[..., None, :, :])
    crosses = crosses.reshape(*crosses.shape[:-3], 9, 3)
    axes = np.concatenate([a.rotations.swapaxes(-1, -2), b.rotations.swapaxes(-1, -2), crosses], axis=-2)
    length = np.linalg.norm(axes, axis=-1, keepdims=True)
    axes = np.where(length > 1e-9, axes / np.maximum(length, 1e-9), 0.0)
    offset = np.abs(np.einsum("...ki,...i->...k", axes, b.centers - a.centers))
    reach_a = np.einsum("...ki,...i->...k", np.abs(axes @ a.rotations), a.extents / 2)
    reach_b = np.einsum("...ki,...i->...k", np.abs(axes @ b.rotations), b.extents / 2)
    return (offset <= reach_a + reach_b + 1e-12).all(-1)


def box_distance(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Exact closest distance `(*,)` in metres between solid boxes, pair by pair; zero if they touch.

    Two disjoint convex polyhedra are closest either at a vertex of one and any point of the other, or on two edges, so
    the minimum over 16 vertex-box and 144 edge-edge distances is exact.
    """
    corners_a, corners_b = a.corners, b.corners
    vertex = np.minimum(point_box_distance(corners_a, b).min(-1), point_box_distance(corners_b, a).min(-1))
    edge = _segment_distance(
        corners_a[..., EDGES[:, 0], :][..., :, None, :],
        corners_a[..., EDGES[:, 1], :][..., :, None, :],
        corners_b[..., EDGES[:, 0], :][..., None, :, :],
        corners_b[..., EDGES[:, 1], :][..., None, :, :],
    ).min((-1, -2))
    return np.where(boxes_overlap(a, b), 0.0, np.minimum(vertex, edge))


def _segment_distance(p0: NDArray, p1: NDArray, q0: NDArray, q1: NDArray) -> NDArray[np.float64]:
    """Distance `(*,)` between segments p and q `(*, 3)`; Ericson, "Real-Time Collision Detection" (2005), 5.1.9."""
    d, e, r = p1 - p0, q1 - q0, p0 - q0
    a, b, c = (d * d).sum(-1), (d * e).sum(-1), (d * r).sum(-1)
    f, g = (e * e).sum(-1), (e * r).sum(-1)
    determinant = a * f - b * b
    parallel = determinant <= 1e-12 * a * f
    s = np.clip(np.where(parallel, 0.0, (b * g - c * f) / np.where(parallel, 1.0, determinant)), 0.0, 1.0)
    t = np.clip((b * s + g) / np.maximum(f, 1e-300), 0.0, 1.0)
    s = np.clip((b * t - c) / np.maximum(a, 1e-300), 0.0, 1.0)
    return np.linalg.norm(r + d * s[..., None] - e * t[..., None], axis=-1)
