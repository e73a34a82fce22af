"""Which boxes project into which frames, where, and how much of each lies inside the image.

The tests of many frames are one array operation; from here on a box seen from a frame is one place in arrays `(p,)`.
What does not belong here: what stands in front of a box (`ray_interval.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.polygons import NEAR_M, inside_image, outlines


@dataclass(frozen=True)
class Views:
    """The cameras of frames `(f,)` as arrays.

    Attributes:
        size: `(f, 2)` image width and height, pixels.
        intrinsics: `(f, 4)` fx, fy, cx, cy, pixels.
        centers: `(f, 3)` optical centres, world, metres.
        rotations: `(f, 3, 3)` camera to world.
    """

    size: NDArray[np.intp]
    intrinsics: NDArray[np.float64]
    centers: NDArray[np.float64]
    rotations: NDArray[np.float64]

    @classmethod
    def of(cls, cameras: Sequence[Camera]) -> "Views":
        return cls(
            np.array([(camera.width, camera.height) for camera in cameras], dtype=np.intp),
            np.stack([camera.intrinsics for camera in cameras]),
            np.stack([camera.center for camera in cameras]),
            np.stack([camera.rotation for camera in cameras]),
        )


@dataclass(frozen=True)
class Projection:
    """The boxes that project into frames: one place in each array for each such (frame, box), in that order.

    Attributes:
        frame, box: `(p,)` places among the views and among the boxes.
        box_2d: `(p, 4)` xmin, ymin, xmax, ymax of the projected box inside the image, pixels.
        in_frame: `(p,)` share of the projected box's area that lies inside the image.
        window: `(p, 4)` first column, first row, and one past the last column and row whose pixel centres lie in
            `box_2d`; empty (first >= last) where a box only grazes the image's border.
    """

    frame: NDArray[np.intp]
    box: NDArray[np.intp]
    box_2d: NDArray[np.float64]
    in_frame: NDArray[np.float64]
    window: NDArray[np.intp]


def project_boxes(views: Views, boxes: Boxes) -> Projection:
    """Where boxes `(n,)` lie in frames `(f,)`; those that project wholly outside of a frame are left out."""
    corners = (boxes.corners[None] - views.centers[:, None, None]) @ views.rotations[:, None]
    ahead = corners[..., 2] >= NEAR_M
    frame, box = np.nonzero(ahead.any(-1))
    corners, whole = corners[frame, box], ahead[frame, box].all(-1)
    fx, fy, cx, cy = (values[:, None] for values in views.intrinsics[frame].T)
    z = np.maximum(corners[..., 2], NEAR_M)
    pixels = np.stack([fx * corners[..., 0] / z + cx, fy * corners[..., 1] / z + cy], axis=-1)
    low, high = pixels.min(1), pixels.max(1)
    last = views.size[frame] - 0.5
    box_2d, in_frame = np.concatenate([low, high], axis=1), np.ones(len(frame))
    in_frame[whole & ~((high > -0.5) & (low < last)).all(-1)] = 0.0
    # Only a box that crosses the image's border or the near plane needs its outline.
    crossing = (in_frame > 0) & ~(whole & ((low >= -0.5) & (high <= last)).all(-1))
    hulls = outlines(corners[crossing], views.intrinsics[frame[crossing]])
    inside, area = inside_image(hulls, views.size[frame[crossing]]), shapely.area(hulls)
    box_2d[crossing] = shapely.bounds(inside)
    in_frame[crossing] = np.minimum(shapely.area(inside) / np.where(area > 0, area, 1.0), 1.0)
    seen = in_frame > 0
    edge = np.concatenate([np.zeros_like(last), last - 0.5], axis=1)[seen]
    box_2d = np.clip(box_2d[seen], np.tile(edge[:, :2], 2), np.tile(edge[:, 2:], 2))
    window = np.concatenate([np.ceil(box_2d[:, :2]), np.floor(box_2d[:, 2:]) + 1], axis=1).astype(np.intp)
    return Projection(frame[seen], box[seen], box_2d, in_frame[seen], window)


def viewpoints(views: Views, boxes: Boxes, frame: NDArray[np.intp], box: NDArray[np.intp]) -> NDArray[np.float64]:
    """The camera centres `(p, 3)` of `views[frame]` in the axes of `boxes[box]`, metres from the box's centre."""
    offset = views.centers[frame] - boxes.centers[box]
    return (offset[:, :, None] * boxes.rotations[box]).sum(1)
