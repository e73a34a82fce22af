"""How much of two oriented boxes is common to both: exact volumes, for any rotations.

What does not belong here: whether boxes touch, and how far apart they are (`boxes.py`); which box is matched to which
(`engine/evaluation`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from openspatial_assets.engine.geometry.boxes import EDGES, UNIT_CORNERS, Boxes, boxes_overlap

TOLERANCE = 1e-10
"""Share of a box's extents by which the other's edges may stand out of it and still count as inside. Faces that
coincide differ by rounding (1e-16), and an edge in such a face must not be lost; boxes that touch share as little."""


def oriented_iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Volume common to two boxes over the volume of both, 0 to 1; 0 where they only touch, or have no volume.

    Args:
        a, b: boxes whose leading axes broadcast: `oriented_iou(a[:, None], b[None, :])` is the whole table.

    Returns:
        `(*,)`.
    """
    common = intersection_volumes(a, b)
    union = a.volumes + b.volumes - common
    return np.clip(np.divide(common, union, out=np.zeros_like(common), where=union > 0), 0.0, 1.0)


def intersection_volumes(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Volume common to two boxes `(*,)`, cubic metres; the leading axes broadcast.

    The common part is convex, and its vertices are the ends of the edges of either box where these are cut by the
    faces of the other, so their convex hull is exact. It is taken in the axes of the smaller box, in units of its
    extents: a picture of 1 cm on a wall is then as well conditioned as a cube.
    """
    shape = np.broadcast_shapes(a.centers.shape[:-1], b.centers.shape[:-1])
    a, b = _flat(a, shape), _flat(b, shape)
    common = np.zeros(len(a))
    near = np.linalg.norm(a.centers - b.centers, axis=-1) <= (a.diagonals + b.diagonals) / 2
    near &= (a.volumes > 0) & (b.volumes > 0)
    pairs = np.nonzero(near)[0]
    pairs = pairs[boxes_overlap(a[pairs], b[pairs])]
    swapped = (a.volumes > b.volumes)[pairs]
    small, large = _chosen(swapped, b[pairs], a[pairs]), _chosen(swapped, a[pairs], b[pairs])
    vertices, exists = _common_vertices(small, large)
    for pair, points, found, volume in zip(pairs, vertices, exists, small.volumes, strict=True):
        common[pair] = min(_hull_volume(points[found]), 1.0) * volume
    return common.reshape(shape)


def _flat(boxes: Boxes, shape: tuple[int, ...]) -> Boxes:
    return Boxes(
        np.broadcast_to(boxes.centers, (*shape, 3)).reshape(-1, 3),
        np.broadcast_to(boxes.extents, (*shape, 3)).reshape(-1, 3),
        np.broadcast_to(boxes.rotations, (*shape, 3, 3)).reshape(-1, 3, 3),
    )


def _chosen(first: NDArray[np.bool_], a: Boxes, b: Boxes) -> Boxes:
    """The boxes `(n,)` of `a` where `first`, else those of `b`."""
    return Boxes(
        np.where(first[:, None], a.centers, b.centers),
        np.where(first[:, None], a.extents, b.extents),
        np.where(first[:, None, None], a.rotations, b.rotations),
    )


def _common_vertices(small: Boxes, large: Boxes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Points `(n, 48, 3)` whose hull is the common part, in extents of the small box from its centre, and `(n, 48)`
    which of them there are."""
    edges_of_large = small.local(large.corners)[:, EDGES] / small.extents[:, None, None, :]
    from_large, has_large = _cut_by_unit_cube(edges_of_large)
    edges_of_small = large.local(small.corners)[:, EDGES] / large.extents[:, None, None, :]
    shares, has_small = _shares_in_unit_cube(edges_of_small)
    # The ends of the small box's edges are corners of the unit cube: only the shares are taken from the other's axes.
    from_small = _along(np.broadcast_to(UNIT_CORNERS[EDGES], edges_of_small.shape), shares)
    points = np.concatenate([from_large, from_small], axis=1).reshape(len(small), 2 * 2 * len(EDGES), 3)
    return points, np.repeat(np.concatenate([has_large, has_small], axis=1), 2, axis=1)


def _cut_by_unit_cube(edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    shares, inside = _shares_in_unit_cube(edges)
    return _along(edges, shares), inside


def _shares_in_unit_cube(edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Where segments `(n, 12, 2, 3)` run inside the unit cube: shares of their length `(n, 12, 2)`, and whether at all.

    Slabs: Kay and Kajiya, "Ray Tracing Complex Scenes", SIGGRAPH 1986.
    """
    start, way = edges[..., 0, :], edges[..., 1, :] - edges[..., 0, :]
    half = 0.5 + TOLERANCE
    along = np.abs(way) > TOLERANCE
    steps = np.where(along, way, 1.0)
    low, high = (-half - start) / steps, (half - start) / steps
    enters = np.where(along, np.minimum(low, high), -np.inf).max(-1)
    leaves = np.where(along, np.maximum(low, high), np.inf).min(-1)
    shares = np.clip(np.stack([enters, leaves], axis=-1), 0.0, 1.0)
    within = (along | (np.abs(start) <= half + TOLERANCE)).all(-1)
    return shares, within & (enters <= leaves) & (enters <= 1.0) & (leaves >= 0.0)


def _along(edges: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points `(n, 12, 2, 3)` at two shares `(n, 12, 2)` of each segment `(n, 12, 2, 3)`."""
    start, end = edges[..., None, 0, :], edges[..., None, 1, :]
    return start + shares[..., None] * (end - start)


def _hull_volume(points: NDArray[np.float64]) -> float:
    """Volume of the hull of points `(m, 3)`; 0 where they lie in a plane."""
    if len(points) < 4:
        return 0.0
    try:
        return float(ConvexHull(points).volume)
    except QhullError:
        return 0.0
