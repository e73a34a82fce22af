"""Points in sparse grids: which voxel a point lies in, and which voxels hang together.

What does not belong here: what is done with them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_BITS = 21
_OFFSET = 1 << (_BITS - 1)
"""Voxel indices from -2^20 to 2^20 make one key: 20 km in voxels of 1 cm."""

_HALF_SHELL = np.array(
    [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)], np.int64
)
"""`(13, 3)`: one of each pair of opposite neighbours."""


def voxel_keys(points: NDArray[np.float64], edge: float) -> NDArray[np.int64]:
    """`(n,)` one number for the voxel of each point `(n, 3)`; neighbours differ by `neighbour_steps`."""
    index = np.floor(points / edge).astype(np.int64) + _OFFSET
    return (index[:, 0] << 2 * _BITS) | (index[:, 1] << _BITS) | index[:, 2]


def neighbour_steps() -> NDArray[np.int64]:
    """`(13,)` what is added to a voxel's key for one of each pair of opposite neighbours."""
    return (_HALF_SHELL[:, 0] << 2 * _BITS) + (_HALF_SHELL[:, 1] << _BITS) + _HALF_SHELL[:, 2]


def connected_parts(points: NDArray[np.float64], radius: float) -> NDArray[np.intp]:
    """`(n,)` number of the part that each point `(n, 3)` belongs to.

    Points in the same or in touching voxels of edge `radius` hang together: those closer than `radius` always, those
    farther than 2 sqrt(3) of it never. That is single linkage (DBSCAN without a least density) in linear time.
    """
    keys, voxel = np.unique(voxel_keys(points, radius), return_inverse=True)
    starts, ends = [], []
    for step in neighbour_steps():
        place = np.minimum(np.searchsorted(keys, keys + step), len(keys) - 1)
        found = np.flatnonzero(keys[place] == keys + step)
        starts.append(found)
        ends.append(place[found])
    start, end = np.concatenate(starts), np.concatenate(ends)
    links = coo_matrix((np.ones(len(start), bool), (start, end)), shape=(len(keys), len(keys)))
    return connected_components(links, directed=False)[1][voxel.reshape(-1)]
