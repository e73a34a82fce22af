"""Depth that several views agree on: what others deny is dropped, what they agree on is averaged and fills gaps.

What belongs here: the comparison of depth maps of posed cameras. What does not: estimating depth
(`resources/depth_estimator`), and reading and writing it (`assets/depth_maps.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings

Depth = NDArray[np.float32]

LEVELS = 16
"""Levels of a tolerance in which depth is compared: rounding to a sixteenth does not matter."""

PINHOLE_NEIGHBORS = 5
"""Of eight: a pixel outside a straight edge has three neighbours inside, so that edges do not grow."""


@dataclass(frozen=True)
class DepthView:
    """A posed depth map.

    Attributes:
        camera: of the depth map's own pixels.
        depth: `(h, w)` camera z, world units; 0 = none.
        disagreement: median difference from the views that agree, as a share of the depth; None before any check, or
            where there is no depth.
    """

    camera: Camera
    depth: Depth
    disagreement: float | None = None

    @cached_property
    def pixels(self) -> NDArray[np.intp]:
        """`(n,)` flat indices of the pixels that have depth."""
        return np.flatnonzero(self.depth)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """`(n, 3)` world points of `pixels`."""
        rows, columns = np.divmod(self.pixels, self.camera.width)
        return self.camera.back_project(np.stack([columns, rows], axis=-1), self.depth.ravel()[self.pixels])


def checked(view: DepthView, others: Sequence[DepthView], settings: DepthMapSettings) -> DepthView:
    """`view` with only the depth that enough `others` agree on, as the mean of all that agree.

    A view agrees where its surface lies within the tolerance of the point, along its own ray, and denies a point in
    front of its surface: it sees through it. A point behind its surface is hidden from it, and it says nothing. A depth
    is kept if at least `min_agreeing` agree and fewer deny.
    """
    count = len(view.pixels)
    own = view.depth.ravel()[view.pixels].astype(np.float64)
    total, agreeing, denying, strayed = (
        own.copy(),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count),
    )
    forward = view.camera.rotation[:, 2]
    for other in others:
        index, ratio = _surface_against(other, view.points)
        agrees = np.abs(ratio - 1) <= settings.tolerance
        denying[index[ratio > 1 + settings.tolerance]] += 1
        index, ratio = index[agrees], ratio[agrees]
        agreeing[index] += 1
        strayed[index] += np.abs(ratio - 1)
        # The other's surface along the other's ray through the point, seen from here.
        toward = (view.points[index] - other.camera.center) * (ratio - 1)[:, None]
        total[index] += own[index] + toward @ forward
    kept = (agreeing >= settings.min_agreeing) & (agreeing > denying)
    depth = np.zeros(view.depth.size, np.float32)
    depth[view.pixels[kept]] = total[kept] / (agreeing[kept] + 1)
    disagreement = float(np.median(strayed[kept] / agreeing[kept])) if kept.any() else None
    return DepthView(view.camera, depth.reshape(view.depth.shape), disagreement)


def filled(view: DepthView, others: Sequence[DepthView], settings: DepthMapSettings) -> DepthView:
    """`view`, its gaps filled by what more than `min_agreeing` `others` agree on: the median of those that see nearest.

    Args:
        others: views that were checked.
    """
    size = view.depth.size
    if len(others) <= settings.min_agreeing or len(view.pixels) == size:
        return view
    seen = np.sort([_splatted(other, view.camera) for other in others], axis=0)
    gaps = np.flatnonzero(view.depth.ravel() == 0)
    seen = seen[:, gaps]
    # The nearest surface hides the others; those behind it are no contradiction.
    count = (seen <= seen[0] * (1 + 2 * settings.tolerance)).sum(axis=0)
    enough = np.isfinite(seen[0]) & (count > settings.min_agreeing)
    depth = view.depth.ravel().copy()
    depth[gaps[enough]] = seen[(count[enough] - 1) // 2, np.flatnonzero(enough)]
    return replace(view, depth=depth.reshape(view.depth.shape))


def without_pinholes(view: DepthView, settings: DepthMapSettings) -> DepthView:
    """`view`, each pixel without depth given the mean of those around it, where most have depth, of one surface.

    A farther view's points do not meet every pixel of a nearer one, and leave such holes.
    """
    around = np.ones((3, 3), np.uint8)
    valid = view.depth > 0
    count = cv2.boxFilter(valid.astype(np.float32), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    total = cv2.boxFilter(view.depth, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    farthest = cv2.dilate(view.depth, around)
    nearest = cv2.erode(np.where(valid, view.depth, np.float32(np.inf)), around)
    holes = ~valid & (count >= PINHOLE_NEIGHBORS) & (farthest / (1 + settings.tolerance) <= nearest)
    return replace(view, depth=np.where(holes, total / np.maximum(count, 1), view.depth))


def without_specks(view: DepthView, settings: DepthMapSettings) -> DepthView:
    """`view` without patches that are small and stand apart in depth from what surrounds them."""
    least = round(settings.min_patch_share * view.depth.size)
    if least < 1 or not len(view.pixels):
        return view
    valid = view.depth > 0
    # Steps of the logarithm are shares of the depth; 16-bit levels of one tolerance in LEVELS parts.
    nearest = view.depth[valid].min()
    levels = np.zeros(view.depth.shape, np.int16)
    log = np.log(view.depth[valid] / nearest) / np.log1p(settings.tolerance) * LEVELS
    levels[valid] = 1 + LEVELS + np.minimum(log, np.iinfo(np.int16).max - 2 * LEVELS - 1)
    cv2.filterSpeckles(levels, 0, least, LEVELS)
    return replace(view, depth=np.where(levels > 0, view.depth, np.float32(0)))


def _surface_against(other: DepthView, points: NDArray) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which of `points` (n, 3) fall on a pixel of `other` that has depth, and its depth as a share of theirs."""
    pixels, z = other.camera.project(points)
    height, width = other.depth.shape
    inside = (z > 0) & (np.abs(pixels - (np.array([width, height]) - 1) / 2) < np.array([width, height]) / 2).all(
        axis=1
    )
    index = np.flatnonzero(inside)
    columns, rows = np.rint(pixels[index]).astype(np.intp).T
    depth = other.depth[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    index, depth = index[depth > 0], depth[depth > 0]
    return index, depth / z[index]


def _splatted(view: DepthView, camera: Camera) -> NDArray[np.float32]:
    """`(h * w,)` depth of the nearest of `view`'s points at each pixel of `camera`; infinite where none falls."""
    pixels, z = camera.project(view.points)
    size = np.array([camera.width, camera.height])
    inside = (z > 0) & (np.abs(pixels - (size - 1) / 2) < size / 2).all(axis=1)
    columns, rows = np.clip(np.rint(pixels[inside]).astype(np.intp), 0, size - 1).T
    nearest = np.full(camera.width * camera.height, np.inf, np.float32)
    np.minimum.at(nearest, rows * camera.width + columns, z[inside].astype(np.float32))
    return nearest
