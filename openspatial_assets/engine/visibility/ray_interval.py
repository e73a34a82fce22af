"""Where the ray of a pixel enters and leaves an oriented box, and so which pixels of a depth image lie in it.

For the masks room: `depth_masks` gives the full-resolution masks of all objects of one frame, `silhouette_mask` the
whole projected box. What does not belong here: whose a pixel is that lies in several boxes (`ownership.py`), counting
(`counting.py`), and the verdict on an object (`verdict.py`).

A half-space `n . p <= d` of the box (camera axes) holds for the point `p = z (x, y, 1)` on a pixel's ray exactly if
`d / z >= n . (x, y, 1)`. So in inverse depth each face is a plane over the image: the faces that look at the camera
(`d < 0`) bound 1/z from above, the others from below. That is the slab test of Kay and Kajiya (SIGGRAPH 1986) without a
division per pixel, and exact for boxes that reach behind the camera or contain it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.frustum import project_boxes
from openspatial_assets.engine.visibility.ownership import owners
from openspatial_assets.engine.visibility.settings import VisibilitySettings

LARGEST_INVERSE = 1e6
"""Stands for an infinite inverse depth (1/m): a micrometre from the camera."""

DOWN_COSINE = 0.8
"""A face whose outward normal is within 37 degrees of straight down rests on a support."""

EXIT_SHARE = 0.5
"""Behind its exit a box gets this share of the tolerance that it gets before its entry. A box is annotated around the
surfaces that are seen; what lies just behind it is most often the wall or the floor that it touches."""


@dataclass(frozen=True)
class FacePlanes:
    """The faces of boxes as planes of inverse depth over the image: inverse depth = a u + b v + c, 1/m.

    Attributes:
        entry: `(*, 3, 3)` float32 (a, b, c) of the faces that look at the camera, three at most; the rest are
            `LARGEST_INVERSE`, which bounds nothing.
        leave: `(*, 6, 3)` of the others; the rest are zero.
    """

    entry: NDArray[np.float32]
    leave: NDArray[np.float32]

    def __getitem__(self, index) -> "FacePlanes":
        return FacePlanes(self.entry[index], self.leave[index])


def face_planes(camera: Camera, boxes: Boxes, settings: VisibilitySettings | None = None) -> FacePlanes:
    """The face planes of boxes `(n,)` in the world; with settings, their lowest part is left to their support."""
    fx, fy, cx, cy = camera.intrinsics
    axes = boxes.rotations.swapaxes(-1, -2)
    outward = np.tile(boxes.extents / 2, 2)
    if settings is not None:
        down = np.concatenate([axes[..., 2] > DOWN_COSINE, axes[..., 2] < -DOWN_COSINE], axis=-1)
        margin = np.minimum(settings.support_margin_m, settings.support_share * 2 * outward)
        outward = outward - np.where(down, margin, 0.0)
    along = np.einsum("nki,ni->nk", axes, boxes.centers - camera.center)
    offset = np.concatenate([-along, along], axis=-1) + outward
    offset = np.where(np.abs(offset) < 1 / LARGEST_INVERSE, 1 / LARGEST_INVERSE, offset)
    axes = axes @ camera.rotation
    a, b = axes[..., 0] / fx, axes[..., 1] / fy
    planes = np.stack([a, b, axes[..., 2] - a * cx - b * cy], axis=-1)
    planes = np.concatenate([-planes, planes], axis=-2) / offset[..., None]
    front = offset < 0
    order = np.argsort(front, axis=-1, kind="stable")[..., None]
    entry = np.where(front[..., None], planes, (0.0, 0.0, LARGEST_INVERSE))
    leave = np.where(front[..., None], 0.0, planes)
    return FacePlanes(
        np.take_along_axis(entry, order[..., 3:, :], axis=-2).astype(np.float32),
        np.take_along_axis(leave, order, axis=-2).astype(np.float32),
    )


def inverse_interval(
    planes: FacePlanes, u: NDArray[np.float32], v: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inverse depth `(*, height, width)` in 1/m at a box's entry and exit; a ray misses the box where entry < exit.

    Args:
        planes: of boxes `(*,)`.
        u, v: `(*, width)` pixel columns and `(*, height)` rows, for each box.
    """

    def over_image(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        a, b, c = plane[..., :1], plane[..., 1:2], plane[..., 2:]
        return (b * v + c)[..., :, None] + (a * u)[..., None, :]

    # The first bound is always there: a box has three faces at least that look away, and leave sorts them first.
    entry = over_image(planes.entry[..., 2, :])
    for slot in (1, 0):
        if (planes.entry[..., slot, 2] < LARGEST_INVERSE).any():
            np.minimum(entry, over_image(planes.entry[..., slot, :]), out=entry)
    leave = np.maximum(over_image(planes.leave[..., 0, :]), np.float32(1 / LARGEST_INVERSE))
    for slot in range(1, 6):
        if planes.leave[..., slot, :].any():
            np.maximum(leave, over_image(planes.leave[..., slot, :]), out=leave)
    return entry, leave


def nearest_and_farthest(depth: NDArray[np.float32], settings: VisibilitySettings) -> tuple[NDArray, NDArray]:
    """The inverse depths `(*,)` between which the box's interval must reach for a pixel of `depth` `(*,)` to be in it.

    A pixel lies in a box where `farthest <= entry` and `nearest >= leave`. It is occluded where `farthest > entry`.
    """
    tolerance = np.float32(settings.depth_noise_per_m) * depth + np.float32(settings.occlusion_tolerance_m)
    farthest = 1 / (depth + tolerance)
    nearest = 1 / np.maximum(depth - np.float32(EXIT_SHARE) * tolerance, np.float32(1 / LARGEST_INVERSE))
    return nearest, farthest


def silhouette_mask(camera: Camera, box: Boxes) -> NDArray[np.bool_]:
    """Pixels `(height, width)` whose ray meets the box: one box, with a leading axis of length 1 or without."""
    box = Boxes(box.centers.reshape(1, 3), box.extents.reshape(1, 3), box.rotations.reshape(1, 3, 3))
    mask = np.zeros((camera.height, camera.width), dtype=bool)
    for x0, y0, x1, y1 in project_boxes(camera, box.corners).window:
        entry, leave = inverse_interval(face_planes(camera, box)[0], *_grid(x0, y0, x1, y1))
        mask[y0:y1, x0:x1] = entry >= leave
    return mask


def depth_masks(
    camera: Camera, depth: NDArray[np.float32], boxes: Boxes, settings: VisibilitySettings
) -> NDArray[np.bool_]:
    """The pixels of each object of one frame, at full resolution.

    Args:
        depth: `(height, width)` metres, 0 = none.
        boxes: `(n,)` in the world: **all** boxes of the scene (or all that project into the frame), because a pixel
            that lies in several boxes is given to only one of them.

    Returns:
        `(n, height, width)` bool; no pixel is in two masks, and no mask has parts under `min_speck_px`.
    """
    projection, planes = project_boxes(camera, boxes.corners), face_planes(camera, boxes, settings)
    masks = np.zeros((len(boxes), *depth.shape), dtype=bool)
    covered = np.zeros(depth.shape, dtype=np.int32)
    nearest, farthest = nearest_and_farthest(depth, settings)
    farthest[depth <= 0] = np.inf
    windows = [(slice(y0, y1), slice(x0, x1)) for x0, y0, x1, y1 in projection.window]
    for index, window in zip(projection.index, windows, strict=True):
        rows, columns = window
        entry, leave = inverse_interval(planes[index], *_grid(columns.start, rows.start, columns.stop, rows.stop))
        masks[index][window] = (entry >= leave) & (farthest[window] <= entry) & (nearest[window] >= leave)
        covered[window] += masks[index][window]
    v, u = np.nonzero(covered > 1)
    if len(u):
        pixel, box = np.nonzero(masks[:, v, u].T)
        masks[owners(camera, depth, boxes, u, v, pixel, box, settings)[...]] = False
    for index, window in zip(projection.index, windows, strict=True):
        masks[index][window] = _without_specks(masks[index][window], settings.min_speck_px)
    return masks
