"""Points and depth as pictures: a coloured cloud from above, and depth images in colours.

What does not belong here: what is drawn over a cloud (`plots.py`), and meshes (`resources/mesh_view.py`).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.rendering.plots import Tiles

CELLS = 200
"""Along the longer side of a cloud: a cell is then some 3 pixels of a plot."""

STRAY_SHARE = 0.005
"""Of the points at each end of x and of y that may lie anywhere: they must not make the rest small."""

MARGIN_SHARE = 0.1
"""By how much of its span a cloud may stand out of what the other points cover."""


def cloud_tiles(points: NDArray[np.float64], colors: NDArray[np.uint8], cells: int = CELLS) -> Tiles:
    """What one sees of points `(n, 3)` with RGB `(n, 3)` from +Z: the colour of the highest point of each cell."""
    near = within_most(points[:, :2])
    points, colors = points[near], colors[near]
    if not len(points):
        return Tiles(np.empty((0, 2)), 1.0, [], apart=False)
    side = max(float(np.ptp(points[:, :2], axis=0).max()) / cells, 1e-9)
    index = np.floor(points[:, :2] / side).astype(np.int64)
    order = np.lexsort((-points[:, 2], index[:, 1], index[:, 0]))
    cell, first = np.unique(index[order], axis=0, return_index=True)
    return Tiles((cell + 0.5) * side, side, [tuple(color) for color in colors[order[first]].tolist()], apart=False)


def within_most(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of `(n, d)` values lie, in each dimension, where nearly all do, or a little beside it."""
    if not len(values):
        return np.zeros(0, bool)
    low, high = np.quantile(values, (STRAY_SHARE, 1 - STRAY_SHARE), axis=0)
    margin = MARGIN_SHARE * (high - low)
    return ((values >= low - margin) & (values <= high + margin)).all(-1)


def colored_depth(depth: NDArray[np.float32], nearest: float, farthest: float) -> NDArray[np.uint8]:
    """Depth `(h, w)` as a picture `(h, w, 3)` RGB: near is red, far is blue, black where there is none (0).

    The colours are even in 1 / depth, as is the error of depth from several views. Turbo: Mikhailov, "Turbo, An
    Improved Rainbow Colormap for Visualization" (2019).
    """
    there = depth > 0
    inverse = 1 / np.where(there, depth, 1.0)
    share = (inverse - 1 / farthest) / max(1 / nearest - 1 / farthest, 1e-12)
    grey = np.clip(np.rint(255 * share), 0, 255).astype(np.uint8)
    picture = cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
    picture[~there] = 0
    return picture
