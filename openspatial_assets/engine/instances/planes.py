"""The large planes of a frame: floor, walls, table tops, also where things in front part them into many pieces.

What does not belong here: whose a plane is (`claims.py`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter

from openspatial_assets.engine.instances.superpixels import RegionGraph
from openspatial_assets.engine.instances.working import WorkingImage

MAX_PLANES = 8
"""At most so many planes are looked for, the largest first."""

MIN_SHARE = 0.02
"""A plane covers at least this share of the frame; smaller ones are parts of things, and hold together without."""

CANDIDATES = 200
"""So many regions with their neighbours propose planes, spread evenly over the larger half."""

MIN_SAMPLES = 12
"""A region with fewer samples of depth lies on no plane that one could tell."""

WIDTH = 1.5
"""A region lies on a plane if it is at most so many tolerances away from it."""

LEAST_MEMBERSHIP = 0.3
"""Membership from which a region is taken from the planes that are yet to be found."""

NEIGHBOUR_CONTRAST = 1.0
"""A proposal takes in neighbours that differ less: across an edge lies another surface."""

REFITS = 3
"""Rounds of fitting a plane to what lies on it; it hardly moves after the second."""

RIDGE = 1e-7
"""Added to the normal equations, so that a region along a line has some plane, which then nothing else lies on."""

COLOR_BIN = np.array([12.0, 8.0, 8.0])
"""Size in CIELAB of the bins in which the colours of a plane are counted; light and shade change lightness most."""

LEAST_COLOR, COLOR_BINS = np.array([0.0, -104.0, -104.0]), (9, 26, 26)
"""CIELAB of the first bin's low end, and number of bins."""

USUAL_SHARE = 0.25
"""A colour this share as frequent as the plane's most frequent one is the plane's own; what is rarer hangs on it the
less: a magazine on a table, a picture on a wall."""

_NORMAL_EQUATIONS = [0, 1, 2, 1, 3, 4, 2, 4, 5]
"""Where the moments xx, xy, x, yy, y, 1 stand in the matrix of a plane's normal equations."""


def planes_of(frame: WorkingImage, graph: RegionGraph) -> list[NDArray[np.float64]]:
    """For each large plane `(n,)` how well each region lies on it, 0 to 1: a Gaussian of its distance in tolerances."""
    moments, tolerance = _moments(frame, graph)
    count = moments[:, 5]
    some = np.maximum(count, 1.0)
    x, y, inverse = (moments[:, index] / some for index in (2, 4, 8))
    solid = count >= MIN_SAMPLES
    least = MIN_SHARE * graph.labels.size
    if count[solid].sum() < least:
        return []

    def off(planes: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c = planes.T[..., None]
        return np.abs(a * x + b * y + c - inverse) / tolerance

    near = graph.contrast < NEIGHBOUR_CONTRAST
    ends = graph.first[near], graph.second[near]
    touching = sparse.coo_matrix((np.ones(len(ends[0])), ends), (len(graph), len(graph))).tocsr()
    pooled = moments + touching @ moments + touching.T @ moments
    largest = np.argsort(-pooled[:, 5], kind="stable")[: 2 * CANDIDATES : 2]
    fits = off(_solved(pooled[largest])) < WIDTH
    free, found = solid, []
    for _ in range(MAX_PLANES):
        support = fits @ (count * free)
        best = support.argmax()
        if support[best] < least:
            break
        on = free & fits[best]
        for _ in range(REFITS):
            plane = _solved(moments[on].sum(axis=0)[None])
            closer = free & (off(plane)[0] < WIDTH)
            on = closer if closer.any() else on
        member = np.where(solid, np.exp(-((_spread(moments, plane[0]) / tolerance / WIDTH) ** 2)), 0.0)
        taken = member > LEAST_MEMBERSHIP
        free = free & ~(taken | on | fits[best])
        if count[taken].sum() >= least:
            found.append(member * _usual(frame.color, graph, member))
    return found


def _usual(color: NDArray[np.float32], graph: RegionGraph, member: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(n,)` how usual the colour of each region is on a plane, 0 to 1.

    From a histogram of the colours of all that lies on the plane, evened out by `COLOR_BINS`.
    """
    means = np.stack([graph.total(color[..., channel]) for channel in range(3)], axis=1) / graph.sizes[:, None]
    bins = tuple(((means - LEAST_COLOR) / COLOR_BIN).astype(int).clip(0, np.array(COLOR_BINS) - 1).T)
    histogram = np.zeros(COLOR_BINS)
    np.add.at(histogram, bins, graph.sizes * member)
    share = gaussian_filter(histogram, 1.0, mode="constant")[bins]
    return np.minimum(share / (USUAL_SHARE * share.max(initial=np.finfo(float).tiny)), 1.0)


def _moments(frame: WorkingImage, graph: RegionGraph) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums over the samples of each region that have depth, of their rays (x, y, 1) and inverse depths w.

    Returns:
        `(n, 10)` sums of xx, xy, x, yy, y, 1, xw, yw, w, ww; and `(n,)` the mean tolerance.
    """
    x, y = frame.rays
    known, w = frame.has_depth, frame.inverse
    x, y = x * known, y * known
    products = (x * x, x * y, x, y * y, y, known, x * w, y * w, w, w * w)
    moments = np.stack([graph.total(product) for product in products], axis=1)
    tolerance = graph.total(frame.tolerance * known) / np.maximum(moments[:, 5], 1.0)
    return moments, np.where(moments[:, 5] > 0, tolerance, 1.0)


def _solved(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares planes `(k, 3)` of inverse depth over the ray, from moments `(k, 10)`."""
    matrices = moments[:, _NORMAL_EQUATIONS].reshape(-1, 3, 3) + RIDGE * np.eye(3)
    return np.linalg.solve(matrices, moments[:, 6:9, None])[..., 0]


def _spread(moments: NDArray[np.float64], plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(n,)` root mean square distance of each region's samples from a plane, inverse depth."""
    xx, xy, x, yy, y, count, xw, yw, w, ww = moments.T
    a, b, c = plane
    squares = ww + a * a * xx + b * b * yy + c * c * count
    squares = squares + 2 * (a * b * xy + a * c * x + b * c * y - a * xw - b * yw - c * w)
    return np.sqrt(np.maximum(squares, 0.0) / np.maximum(count, 1.0))
