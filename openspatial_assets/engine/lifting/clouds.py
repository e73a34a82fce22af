"""The points of each mask of a view, cleaned of what is not the object.

What does not belong here: reading depth and masks, and comparing views (`coverage.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.lifting.voxels import connected_parts
from openspatial_assets.engine.masks.regions import Mask, dilated, disc, eroded

NOBODY = -1
"""The owner of a pixel that no cleaned mask has."""

NEIGHBOURS = 8
"""Points to which the mean distance is taken when outliers are looked for: those around a pixel."""

MAX_NEIGHBOUR_POINTS = 3_000
"""Of a mask with more points, so many, evenly taken, stand for all when outliers are looked for."""


@dataclass(frozen=True)
class View:
    """What one frame shows, sampled down.

    Attributes:
        camera: of the sampled image.
        depth: `(h, w)` float32 metres, camera z; 0 = none.
        owner: `(h, w)` int16 number of the mask that has a pixel after cleaning, the smallest of several; `NOBODY`
            for none.
        aside: `(h, w)` int16 likewise, of pixels that lie apart from their mask's largest cluster: another part of an
            object that something cuts in two, or something else.
        labels: of the masks, normalised.
        overlapping: `(n, n)` whether two masks have a pixel in common.
    """

    camera: Camera
    depth: NDArray[np.float32]
    owner: NDArray[np.int16]
    aside: NDArray[np.int16]
    labels: tuple[str, ...]
    overlapping: NDArray[np.bool_]

    def points(self, mask: int | None = None) -> NDArray[np.float64]:
        """`(k, 3)` world points, metres, of the pixels that a mask has, or any mask, in row order."""
        chosen = (self.owner == mask) | (self.aside == mask)
        if mask is None:
            chosen = (self.owner != NOBODY) | (self.aside != NOBODY)
        rows, columns = np.nonzero(chosen)
        return self.camera.back_project(np.stack([columns, rows], axis=-1), self.depth[rows, columns])


def sampled(camera: Camera, image_width_px: int) -> tuple[Camera, slice]:
    """The camera of every k-th pixel, with images about `image_width_px` wide, and the slice that takes those."""
    step = max(1, round(camera.width / image_width_px))
    first = (step - 1) // 2
    size = [len(range(first, length, step)) for length in (camera.width, camera.height)]
    fx, fy, cx, cy = camera.intrinsics
    intrinsics = np.array([fx / step, fy / step, (cx - first) / step, (cy - first) / step])
    return Camera(*size, intrinsics, camera.world_from_camera), slice(first, None, step)


def view_of(
    camera: Camera,
    depth: NDArray[np.float32],
    masks: Sequence[Mask],
    labels: Sequence[str],
    settings: LiftingSettings,
    unit: float = 1.0,
) -> View:
    """A frame's view: its masks cleaned, each pixel given to the smallest mask that has it.

    Args:
        camera: of the whole image.
        depth: `(h, w)` metres, camera z, 0 = none.
        masks: of the same size; they may overlap and be empty.
        labels: of the masks, normalised.
        unit: length that stands for a metre.
    """
    small, every = sampled(camera, settings.image_width_px)
    near = depth[every, every]
    near = np.where(near <= settings.max_depth_m * unit, near, 0.0).astype(np.float32)
    rim = round(settings.erosion_share * camera.width)
    coarse = [mask[every, every] for mask in masks]
    flat = np.array([mask.ravel() for mask in coarse], np.float32).reshape(len(coarse), near.size)
    owner, aside = (np.full(near.shape, NOBODY, np.int16) for _ in range(2))
    for index in sorted(range(len(masks)), key=lambda index: -int(np.count_nonzero(masks[index]))):
        kept = _without_rim(masks[index], depth, rim, settings.depth_tolerance)[every, every] & (near > 0)
        owner[coarse[index]], aside[coarse[index]] = NOBODY, NOBODY  # a rim that is cleaned off is no other's either
        rows, columns, apart = _cleaned(kept, near, small, settings, unit)
        owner[rows, columns] = np.where(apart, NOBODY, index)
        aside[rows, columns] = np.where(apart, index, NOBODY)
    return View(small, near, owner, aside, tuple(labels), flat @ flat.T > 0)


def _without_rim(mask: Mask, depth: NDArray[np.float32], rim: int, step: float) -> Mask:
    """The mask less the pixels of its rim whose depth is not that of its inside, where object and background mix.

    Parts too thin to have an inside, like a lamp's pole, stay as they are.

    Args:
        rim: width in pixels.
        step: share of the depth by which neighbours on one surface may differ.
    """
    if not rim or not mask.any():
        return mask
    core = eroded(mask, rim)
    if not core.any():
        return mask
    window = disc(2 * rim)
    known = core & (depth > 0)
    nearest = cv2.erode(np.where(known, depth, np.float32(np.inf)), window)
    farthest = cv2.dilate(np.where(known, depth, np.float32(-np.inf)), window)
    fits = (depth >= nearest - step * depth) & (depth <= farthest + step * depth)
    return mask & (core | fits | ~dilated(core, 2 * rim))


def _cleaned(
    mask: Mask, depth: NDArray[np.float32], camera: Camera, settings: LiftingSettings, unit: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Rows and columns of a mask's pixels in its larger clusters of points, less outliers, and whether they lie apart
    from the largest one; none for too few."""
    rows, columns = np.nonzero(mask)
    if len(rows) < settings.min_mask_points:
        return rows[:0], columns[:0], np.zeros(0, bool)
    z = depth[rows, columns]
    points = camera.back_project(np.stack([columns, rows], axis=-1), z)
    spacing = float(np.median(z)) / camera.intrinsics[0]
    part = connected_parts(points, max(settings.cluster_radius * spacing, settings.min_cluster_m * unit))
    sizes = np.bincount(part)
    kept = np.flatnonzero((sizes >= settings.min_part_share * sizes.max())[part])
    kept = kept[_inliers(points[kept], settings.outlier_deviations)]
    apart = part[kept] != sizes.argmax()
    if np.count_nonzero(~apart) < settings.min_mask_points:
        return rows[:0], columns[:0], np.zeros(0, bool)
    return rows[kept], columns[kept], apart


def _inliers(points: NDArray[np.float64], deviations: float) -> NDArray[np.bool_]:
    """`(n,)` whether the mean distance to a point's neighbours is usual in the cloud `(n, 3)`.

    Rusu et al., "Towards 3D point cloud based object maps for household environments", RAS 2008, section 4.1.
    """
    if len(points) <= NEIGHBOURS:
        return np.ones(len(points), bool)
    tree = cKDTree(points[:: -(-len(points) // MAX_NEIGHBOUR_POINTS)])
    mean = tree.query(points, min(NEIGHBOURS + 1, tree.n))[0].mean(axis=1)
    return mean <= mean.mean() + deviations * mean.std()
