"""The faces of oriented boxes as planes of inverse depth over the image, and so each pixel's entry and exit.

What does not belong here: comparing them with a depth image (`ray_interval.py`).

A half-space `n . p <= d` of the box (camera axes) holds for the point `p = z (x, y, 1)` on a pixel's ray exactly if
`d / z >= n . (x, y, 1)`. So in inverse depth each face is a plane over the image: the faces that look at the camera
(`d < 0`) bound 1/z from above, the others from below. That is the slab test of Kay and Kajiya (SIGGRAPH 1986) without a
division per pixel, and exact for boxes that reach behind the camera or contain it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.visibility.frustum import Views, viewpoints
from openspatial_assets.engine.visibility.settings import VisibilitySettings

LARGEST_INVERSE = 1e6
"""Stands for an infinite inverse depth (1/m): a micrometre from the camera."""

DOWN_COSINE = 0.8
"""A face whose outward normal is within 37 degrees of straight down rests on a support."""


@dataclass(frozen=True)
class FacePlanes:
    """The faces of boxes `(*,)` as planes of inverse depth over the image: inverse depth = a u + b v + c, 1/m.

    Attributes:
        entry: `(*, 3, 3)` float32 (a, b, c) of the faces that look at the camera, three at most; the rest, which come
            first, are `LARGEST_INVERSE`: they bound nothing.
        leave: `(*, 6, 3)` of the other faces, three at least; the rest, which come last, are zero.
        support: `(*, 3)` of the face that looks down, moved up by the support margin: what lies beyond it is the floor
            or table that the object stands on. Zero where the camera is below it, or no face looks down.
    """

    entry: NDArray[np.float32]
    leave: NDArray[np.float32]
    support: NDArray[np.float32]

    def __getitem__(self, index) -> "FacePlanes":
        return FacePlanes(self.entry[index], self.leave[index], self.support[index])


def face_planes(
    views: Views, boxes: Boxes, frame: NDArray[np.intp], box: NDArray[np.intp], settings: VisibilitySettings
) -> FacePlanes:
    """The face planes `(p,)` of `boxes[box]` in the images of `views[frame]`."""
    axes = boxes.rotations.swapaxes(-1, -2)[box]
    normals = np.concatenate([-axes, axes], axis=-2)
    viewpoint, extents = viewpoints(views, boxes, frame, box), np.tile(boxes.extents, 2)[box]
    offset = extents / 2 - np.concatenate([-viewpoint, viewpoint], axis=-1)
    local = normals @ views.rotations[frame]
    fx, fy, cx, cy = (values[:, None] for values in views.intrinsics[frame].T)
    a, b = local[..., 0] / fx, local[..., 1] / fy
    directions = np.stack([a, b, local[..., 2] - a * cx - b * cy], axis=-1)
    planes, front = directions / _nonzero(offset)[..., None], _nonzero(offset) < 0
    order = np.argsort(front, axis=-1, kind="stable")[..., None]
    entry = np.where(front[..., None], planes, (0.0, 0.0, LARGEST_INVERSE))
    leave = np.where(front[..., None], 0.0, planes)
    margin = np.minimum(settings.support_margin_m, settings.support_share * extents)
    below = (normals[..., 2] < -DOWN_COSINE) & (offset - margin > 0)
    support = np.where(below[..., None], directions / _nonzero(offset - margin)[..., None], 0.0).sum(-2)
    return FacePlanes(
        np.take_along_axis(entry, order, axis=-2)[..., :2:-1, :].astype(np.float32),
        np.take_along_axis(leave, order, axis=-2).astype(np.float32),
        support.astype(np.float32),
    )


def over_image(plane: NDArray[np.float32], u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values `(*, height, width)` of planes `(*, 3)` (a, b, c) at columns `u` `(*, width)`, rows `v` `(*, height)`."""
    a, b, c = plane[..., :1], plane[..., 1:2], plane[..., 2:]
    return (b * v + c)[..., :, None] + (a * u)[..., None, :]


def inverse_interval(
    planes: FacePlanes, u: NDArray[np.float32], v: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inverse depth `(*, height, width)` in 1/m at a box's entry and exit; a ray misses the box where entry < exit.

    Args:
        planes: of boxes `(*,)`.
        u, v: `(*, width)` pixel columns and `(*, height)` rows, for each box.
    """
    entry = over_image(planes.entry[..., 0, :], u, v)
    for slot in (1, 2):
        if (planes.entry[..., slot, 2] < LARGEST_INVERSE).any():
            np.minimum(entry, over_image(planes.entry[..., slot, :], u, v), out=entry)
    leave = np.maximum(over_image(planes.leave[..., 0, :], u, v), np.float32(1 / LARGEST_INVERSE))
    for slot in range(1, 6):
        if planes.leave[..., slot, :].any():
            np.maximum(leave, over_image(planes.leave[..., slot, :], u, v), out=leave)
    return entry, leave


def _nonzero(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of the camera behind faces, metres; a camera in the plane of a face counts as just behind it."""
    return np.where(np.abs(offset) < 1 / LARGEST_INVERSE, 1 / LARGEST_INVERSE, offset)
