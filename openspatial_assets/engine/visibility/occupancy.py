"""How much of a box's space its pixels reach: the share of its voxels that they hit, against a fully seen box.

What does not belong here: which pixels are the object's (`counting.py`).
"""

import numpy as np
from numpy.typing import NDArray

VOXELS_ALONG_LONGEST = 12
"""The longest side of a box has this many voxels (the design's voxel edge)."""


def voxel_counts(extents: NDArray[np.float64]) -> NDArray[np.intp]:
    """Voxels along each axis `(n, 3)` of boxes with `extents` `(n, 3)`; the edge is the longest side / 12."""
    edge = extents.max(-1, keepdims=True) / VOXELS_ALONG_LONGEST
    return np.maximum(np.ceil(extents / edge - 1e-6), 1).astype(np.intp)


def seen_voxels(extents: NDArray[np.float64], viewpoint: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many voxels a solid box shows where nothing hides it: the layers under the faces that look at the camera.

    Args:
        extents: `(n, 3)` metres.
        viewpoint: `(n, 3)` the camera centre in each box's axes, metres from its centre. From inside, all six faces.
    """
    counts = voxel_counts(extents)
    layers = (np.abs(viewpoint) > extents / 2).astype(np.intp)
    layers = np.where(layers.any(-1, keepdims=True), layers, 2)
    return counts.prod(-1) - np.maximum(counts - layers, 0).prod(-1)


def hit_voxels(local: NDArray[np.float32], box: NDArray[np.intp], half: NDArray[np.float32]) -> NDArray[np.intp]:
    """How many different voxels of each box `(n,)` hold a point.

    Args:
        local: `(3, k)` points in the axes of their box, metres from its centre. A point outside of the box (within the
            tolerance) counts for the voxel nearest to it.
        box: `(k,)` the box of each point.
        half: `(3, n)` half of the extents, metres.
    """
    counts = voxel_counts(2 * half.T).T.astype(np.float32)
    scale, middle = counts / (2 * half), counts / 2
    voxel = local * scale.take(box, axis=1) + middle.take(box, axis=1)
    voxel = np.clip(voxel, 0, (counts - 1).take(box, axis=1)).astype(np.int32)
    side = VOXELS_ALONG_LONGEST
    hit = np.zeros((half.shape[1], side**3), dtype=bool)
    hit.ravel()[((box * side + voxel[0]) * side + voxel[1]) * side + voxel[2]] = True
    return hit.sum(-1)


def occupancy(hit: NDArray[np.intp], seen: NDArray[np.intp], samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share `(n,)`, 0 to 1, of the voxels that a fully seen box would have hit with as many samples.

    Args:
        hit: voxels hit by the object's pixels.
        seen: voxels that a fully seen box shows.
        samples: sampled pixels of the box's whole silhouette; a far box cannot hit more voxels than it has pixels.
    """
    return np.minimum(hit / np.maximum(np.minimum(seen, samples), 1), 1.0)
