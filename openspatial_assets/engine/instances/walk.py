"""How claims spread over a frame: along surfaces freely, across edges hardly.

Each region passes its claims on to its neighbours, and the regions of one large plane to one another. What a region
ends up with is the share of random walks from it that end with each claimant: one sparse linear system, with one right
side a claimant. What does not belong here: the claims themselves (`claims.py`).
Source: Grady, "Multilabel random walker image segmentation using prior models", CVPR 2005.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from openspatial_assets.engine.instances.superpixels import RegionGraph

CONTRAST_DECAY = 0.95
"""A sample of border passes exp(-decay * contrast)."""

LEAST_PASSAGE = 0.002
"""A sample of border passes at least so much."""

PLANE_PASSAGE = 1.3
"""Each sample of a large plane is tied to the rest of it by so much, over the reference side."""

LEAST_MEMBERSHIP = 0.05
"""Regions that lie less on a plane are not tied to it."""

LOOSE = 1e-9
"""Added to the diagonal: a region that nobody claims and nothing touches would make the system singular."""


def spread(
    graph: RegionGraph, planes: Sequence[NDArray[np.float64]], claims: NDArray[np.float64], reference_side: float
) -> NDArray[np.float64]:
    """`(n, k)` what each region ends up with of each of `k` claimants.

    Args:
        planes: for each large plane `(n,)` how well each region lies on it, 0 to 1; a plane is one more node.
        claims: `(n, k)`, 0 and above.
        reference_side: samples; what claims are measured by.
    """
    firsts, seconds = [graph.first], [graph.second]
    passages = [graph.length * (np.exp(-CONTRAST_DECAY * graph.contrast) + LEAST_PASSAGE)]
    for node, member in enumerate(planes, start=len(graph)):
        on = np.flatnonzero(member > LEAST_MEMBERSHIP)
        firsts.append(on)
        seconds.append(np.full(len(on), node))
        passages.append(PLANE_PASSAGE / reference_side * graph.sizes[on] * member[on])
    first, second, passage = (np.concatenate(parts) for parts in (firsts, seconds, passages))
    nodes = len(graph) + len(planes)
    both = (np.concatenate([passage, passage]), (np.concatenate([first, second]), np.concatenate([second, first])))
    ties = sparse.coo_matrix(both, (nodes, nodes)).tocsc()
    right = np.zeros((nodes, claims.shape[1]))
    right[: len(graph)] = claims
    diagonal = np.asarray(ties.sum(axis=0)).ravel() + right.sum(axis=1) + LOOSE
    system = splu((sparse.diags(diagonal) - ties).tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return system.solve(right)[: len(graph)]
