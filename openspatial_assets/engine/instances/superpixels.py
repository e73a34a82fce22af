"""A frame cut into many small regions that keep to its edges, and the graph of which region touches which.

Regions grow as in Boruvka's minimum spanning tree: in each round, every region joins the neighbour that differs least.
What does not belong here: what a region belongs to (`claims.py`, `walk.py`).
Source: Wei, Yang, Gong, Ahuja and Yang, "Superpixel Hierarchy", IEEE TIP 2018 (here with contrasts of depth, too).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from openspatial_assets.engine.instances.contrast import Neighbours, color_contrast
from openspatial_assets.engine.instances.working import WorkingImage

INNER_COLOR, MEAN_COLOR = 0.5, 0.5
"""Weights of the colour contrast along the border of two regions, and of that between their means."""

SIZE_WEIGHT = 1e-4
"""Contrast added for each root of a sample that a region has: of regions as alike, the small ones join first."""


@dataclass(frozen=True)
class RegionGraph:
    """Regions of a frame, and their borders.

    Attributes:
        labels: `(h, w)` region of each sample, 0 to n - 1.
        first, second: `(m,)` the two regions of each border.
        length: `(m,)` samples along the border.
        contrast: `(m,)` how much the two regions differ, by depth and colour.
        sizes: `(n,)` samples of each region.
    """

    labels: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    length: NDArray[np.float64]
    contrast: NDArray[np.float64]
    sizes: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def flat(self) -> NDArray[np.int64]:
        """`(h * w,)` region of each sample."""
        return self.labels.ravel()

    def total(self, samples: NDArray) -> NDArray[np.float64]:
        """`(n,)` sum over each region of an image `(h, w)`, broadcast if need be."""
        return np.bincount(self.flat, np.broadcast_to(samples, self.labels.shape).ravel(), len(self))

    def joined(self, max_contrast: float) -> tuple[int, NDArray[np.int32]]:
        """How many parts are left when regions whose contrast is lower are joined, and `(n,)` the part of each."""
        return joined(len(self), self.first, self.second, self.contrast < max_contrast)


def joined(
    count: int, first: NDArray[np.int64], second: NDArray[np.int64], chosen: NDArray
) -> tuple[int, NDArray[np.int32]]:
    """Connected parts of a graph of `count` nodes by its chosen edges: how many, and `(count,)` the part of each."""
    edges = first[chosen], second[chosen]
    return connected_components(sparse.coo_matrix((np.ones(len(edges[0])), edges), (count, count)), directed=False)


def regions_of(frame: WorkingImage, along: tuple[Neighbours, Neighbours], count: int) -> RegionGraph:
    """`count` regions of a frame, or one a sample if it has fewer.

    Args:
        along: contrasts along rows and along columns.
    """
    height, width = frame.size
    ids = np.arange(height * width).reshape(height, width)
    first = np.concatenate([ids[:, :-1].ravel(), ids[:-1].ravel()])
    second = np.concatenate([ids[:, 1:].ravel(), ids[1:].ravel()])
    # Sums over a border: of the contrast of depth, of that of colour, and its length.
    sums = np.stack([np.concatenate([getattr(one, name).ravel() for one in along]) for name in ("depth", "color")])
    sums = np.vstack([sums, np.ones(len(first))])
    labels, sizes, colors = ids.ravel(), np.ones(ids.size), frame.color.reshape(-1, 3).astype(np.float64)
    while True:
        contrast = _contrast(first, second, sums, colors / sizes[:, None], frame.color_unit)
        if len(sizes) <= count:
            return RegionGraph(labels.reshape(height, width), first, second, sums[2], contrast, sizes)
        cost = contrast + SIZE_WEIGHT * np.sqrt(np.minimum(sizes[first], sizes[second]))
        chosen = _lightest(first, second, cost, len(sizes))
        excess = len(sizes) - count
        if len(chosen) > excess:
            chosen = chosen[np.argsort(cost[chosen], kind="stable")[:excess]]
        left, part = joined(len(sizes), first, second, chosen)
        if left == len(sizes):
            return RegionGraph(labels.reshape(height, width), first, second, sums[2], contrast, sizes)
        labels, sizes = part[labels], np.bincount(part, sizes, left)
        colors = np.stack([np.bincount(part, channel, left) for channel in colors.T], axis=1)
        first, second, sums = _borders(part[first], part[second], sums, left)


def _contrast(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    sums: NDArray[np.float64],
    means: NDArray[np.float64],
    unit: float,
) -> NDArray[np.float64]:
    depth, color, length = sums
    return (depth + INNER_COLOR * color) / length + MEAN_COLOR * color_contrast(means[first], means[second], unit)


def _lightest(
    first: NDArray[np.int64], second: NDArray[np.int64], cost: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """The edges that are the lightest of a node, sorted; of edges as light, the first."""
    least = np.full(count, np.inf)
    np.minimum.at(least, first, cost)
    np.minimum.at(least, second, cost)
    edges = np.arange(len(first))
    chosen = np.full(count, len(first))
    for ends in (first, second):
        light = cost <= least[ends]
        np.minimum.at(chosen, ends[light], edges[light])
    return np.unique(chosen[chosen < len(first)])


def _borders(
    first: NDArray[np.int32], second: NDArray[np.int32], sums: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Edges between different regions, those of the same two regions summed up."""
    apart = first != second
    first, second, sums = first[apart], second[apart], sums[:, apart]
    key = np.minimum(first, second).astype(np.int64) * count + np.maximum(first, second)
    keys, index = np.unique(key, return_inverse=True)
    summed = np.stack([np.bincount(index, row, len(keys)) for row in sums])
    return keys // count, keys % count, summed
