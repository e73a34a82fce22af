"""What boxes cover on the floor, seen from above: their outlines, and where a straight walk towards one ends.

World x and y in metres throughout. What does not live here: distances in space (`boxes.py`), outlines in the image
(`polygons.py`).
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes


def footprints(boxes: Boxes) -> NDArray[np.object_]:
    """Convex polygons `(n,)` that boxes `(n,)` cover on the floor."""
    if not len(boxes):
        return np.empty(0, dtype=object)
    return shapely.convex_hull(shapely.multipoints(boxes.corners[..., :2]))


def outline_points(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """The vertices `(n, k, 2)` of convex polygons, counter-clockwise; where there are fewer, one is repeated."""
    coordinates, ring = shapely.get_coordinates(polygons, return_index=True)
    counts = np.bincount(ring, minlength=len(polygons))
    starts, longest = np.cumsum(counts) - counts, int(counts.max(initial=1))
    place = np.minimum(np.arange(longest - 1), counts[:, None] - 1)  # a ring's last point is its first again
    points = coordinates[starts[:, None] + place]
    clockwise = _doubled_area(points) < 0
    points[clockwise] = points[clockwise, ::-1]
    return points


def entry_shares(
    starts: NDArray[np.float64], ends: NDArray[np.float64], outlines: NDArray[np.float64], distance: float
) -> NDArray[np.float64]:
    """How far `(n,)` one gets on the way from start to end before a convex outline is `distance` away.

    All points within a distance of a convex outline lie within a rounded outline: its edges moved outwards, and circles
    around its vertices. What a ray meets first of these is where it enters.

    Args:
        starts, ends: `(n, 2)`.
        outlines: `(n, k, 2)` vertices, counter-clockwise; a vertex may be repeated.
        distance: above 0.

    Returns:
        Shares of the way: 0 where the start is nearer already, infinite where the way's line never comes so near.
    """
    if not len(starts):
        return np.empty(0)
    way = (ends - starts)[:, None]
    edges = np.roll(outlines, -1, axis=1) - outlines
    lengths = np.linalg.norm(edges, axis=-1)
    real = lengths > 0
    along = edges / np.where(real, lengths, 1.0)[..., None]
    outward = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    from_vertex = starts[:, None] - outlines

    ahead = (outward * from_vertex).sum(-1) - distance
    closing = -(outward * way).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ahead / closing
        place = (along * (from_vertex + share[..., None] * way)).sum(-1)
    on_edge = real & (closing > 0) & (ahead >= 0) & (place >= 0) & (place <= lengths)
    to_edges = np.where(on_edge, share, np.inf)

    a, b = (way * way).sum(-1), (way * from_vertex).sum(-1)
    c = (from_vertex * from_vertex).sum(-1) - distance**2
    root = b * b - a * c
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (-b - np.sqrt(np.maximum(root, 0.0))) / a
    to_vertices = np.where((root >= 0) & (share >= 0) & (a > 0), share, np.inf)

    foot = (along * from_vertex).sum(-1)
    beside_edge = real & (np.abs(ahead + distance) <= distance) & (foot >= 0) & (foot <= lengths)
    inside = ((ahead <= -distance) | ~real).all(axis=1) & real.any(axis=1)
    near = (c <= 0).any(axis=1) | beside_edge.any(axis=1) | inside
    return np.where(near, 0.0, np.minimum(to_edges.min(axis=1), to_vertices.min(axis=1)))


def _doubled_area(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area `(n,)` of rings `(n, k, 2)`; positive counter-clockwise."""
    after = np.roll(points, -1, axis=1)
    return (points[..., 0] * after[..., 1] - points[..., 1] * after[..., 0]).sum(-1)
