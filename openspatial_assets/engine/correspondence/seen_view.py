"""One view as matching looks at it: its depth, and where points may be set on its objects.

What does not live here: how points of two views are compared (`matching.py`), and reading images and masks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.regions import Mask, edge_distance, window_of

EDGE_PX = 4.0
"""Points keep this far from the edge of their object's mask and of the image: masks and depth are unsure there, and a
mark must lie on one thing."""

INSIDE_PX = EDGE_PX + 0.71
"""What a pixel's centre needs, so that any point that rounds to the pixel (half its diagonal away) has `EDGE_PX`."""

MAX_DEPTH_STEP = 0.02
"""Of the larger depth among the 3 x 3 pixels around a sampled point: more is an edge, where depth is a guess."""


@dataclass(frozen=True)
class Region:
    """The mask of one object in a view, as a window of the image.

    Attributes:
        top, left: first row and column of the window.
        mask: `(h, w)` the object's pixels.
        inside: `(h, w)` those of them that lie far enough from the edges of mask and image.
    """

    top: int
    left: int
    mask: Mask
    inside: Mask

    @classmethod
    def of(cls, mask: Mask) -> "Region":
        """The region of a mask `(height, width)` of the whole image, which must not be empty."""
        rows, columns = window_of(mask, 1)
        window = mask[rows, columns]
        # Off the window there is no mask; only where the image ends is it cut without a rim, and that is an edge too.
        return cls(rows.start, columns.start, window, edge_distance(window) >= INSIDE_PX)

    def holds(self, pixels: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether pixels `(n, 2)` (u, v) lie on the object, and whether they do so far enough from any edge."""
        rows, columns = pixels[:, 1] - self.top, pixels[:, 0] - self.left
        height, width = self.mask.shape
        within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = np.where(within, rows, 0), np.where(within, columns, 0)
        return within & self.mask[rows, columns], within & self.inside[rows, columns]


@dataclass(frozen=True)
class SeenView:
    """A frame with depth.

    Attributes:
        camera: its camera.
        depth: `(height, width)` camera z, world units; 0 = none.
        steady: `(height, width)` whether there is depth without an edge in the 3 x 3 pixels around.
        regions: object -> its region, for the objects that are visible.
    """

    camera: Camera
    depth: NDArray[np.float32]
    steady: Mask
    regions: Mapping[str, Region]

    @classmethod
    def of(cls, camera: Camera, depth: NDArray[np.float32], masks: Iterable[tuple[str, Mask]]) -> "SeenView":
        """The view of a depth image and the `masks` of its objects, which are looked at one after the other."""
        regions = {name: Region.of(mask) for name, mask in masks if mask.any()}
        return cls(camera, depth, _steady(depth), regions)

    def spots(self, name: str, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """At most `count` pixels `(n, 2)` (u, v) on an object where a point may be set, no two the same."""
        region = self.regions[name]
        height, width = region.mask.shape
        window = slice(region.top, region.top + height), slice(region.left, region.left + width)
        places = np.flatnonzero(region.inside & self.steady[window])
        chosen = places[rng.choice(len(places), min(count, len(places)), replace=False)]
        return np.stack([chosen % width + region.left, chosen // width + region.top], axis=1)

    def spots_on_background(self, tries: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """At most `tries` pixels `(n, 2)` (u, v) with depth, as far from the image's edge and from all objects."""
        height, width = self.depth.shape
        rim = int(np.ceil(INSIDE_PX))
        if min(height, width) <= 2 * rim:
            return np.empty((0, 2), np.int64)
        pixels = rng.integers((rim, rim), (width - rim, height - rim), (tries, 2))
        reach = np.arange(-rim, rim + 1)
        around = pixels[:, None] + np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
        free = self.steady[pixels[:, 1], pixels[:, 0]]
        for region in self.regions.values():
            on_object, _ = region.holds(around.reshape(-1, 2))
            free &= ~on_object.reshape(tries, -1).any(axis=1)
        return np.unique(pixels[free], axis=0)

    def depth_at(self, pixels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth `(*,)` at pixels `(*, 2)` (u, v)."""
        return self.depth[pixels[..., 1], pixels[..., 0]].astype(np.float64)


def _steady(depth: NDArray[np.float32]) -> Mask:
    """`(h, w)` whether the 3 x 3 pixels around all have depth, with no step among them."""
    around = np.ones((3, 3), np.uint8)
    return cv2.erode(depth, around) > (1 - MAX_DEPTH_STEP) * cv2.dilate(depth, around)
