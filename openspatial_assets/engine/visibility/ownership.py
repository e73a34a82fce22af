"""Whose a pixel is that lies inside several boxes: a table's top inside the box of the chair pushed under it.

The rule: boxes on whose surface the pixel lies come before others, then those that it lies in before those that it is
only within the tolerance of, then the smallest. It lies on a box's surface if it is near one of the faces and the seen
surface runs along that face. So a mug keeps its pixels inside a shelf's box, and a table keeps its top, which cuts
through the middle of the chair's box.

Points are `(3, k)` float32 here, one axis after the other: several times faster than `(k, 3)`.
What does not belong here: which boxes a pixel lies in (`ray_interval.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.face_planes import DOWN_COSINE
from openspatial_assets.engine.visibility.frustum import Views, viewpoints

NEAR_FACE_M = 0.03
"""A point this near to a face may lie on it: boxes are annotated to a few centimetres."""

ALONG_COSINE = 0.7
"""A surface whose normal is within 45 degrees of a face's runs along it; a smaller angle would lose noisy depth."""

OUTSIDE_STEP_M = 0.01
MOST_STEPS = 10
"""How far a pixel lies outside of a box, within the tolerance, is compared in centimetres: books in a row stand closer
than the tolerance. Finer steps would follow the noise of the depth."""

NORMAL_STEP_PX = 4
"""Pixels to each side from which a normal is taken: at 2 m, 1.5 cm, a few times the noise of a depth sensor."""


@dataclass(frozen=True)
class LocalBoxes:
    """Boxes `(n,)` in the axes of the camera that sees them.

    Attributes:
        centers, half: `(3, n)` float32 metres: centre, and half of the extents.
        rotations: `(9, n)` float32, box to camera, row order.
        foot: `(3, n)` float32 sign of the axis whose face rests on a support, seen from above; else 0. No such face can
            be seen, so what lies near it and runs along it is the support.
        rank: `(n,)` 0 for the smallest box of the scene; equal volumes in the scene's order.
    """

    centers: NDArray[np.float32]
    half: NDArray[np.float32]
    rotations: NDArray[np.float32]
    foot: NDArray[np.float32]
    rank: NDArray[np.intp]

    @classmethod
    def seen_from(cls, views: Views, boxes: Boxes, frame: NDArray[np.intp], box: NDArray[np.intp]) -> "LocalBoxes":
        """`boxes[box]` in the axes of `views[frame]`."""
        camera_from_world = views.rotations[frame].swapaxes(-1, -2)
        offset = boxes.centers[box] - views.centers[frame]
        centers = (offset[:, :, None] * views.rotations[frame]).sum(1)
        rotations = (camera_from_world @ boxes.rotations[box]).reshape(-1, 9)
        up = boxes.rotations[box][:, 2, :]
        foot = np.where(np.abs(up) > DOWN_COSINE, -np.sign(up), 0.0)
        foot[viewpoints(views, boxes, frame, box) * foot > boxes.extents[box] / 2] = 0.0
        rank = np.argsort(np.argsort(boxes.volumes, kind="stable"))
        return cls(
            centers.T.astype(np.float32),
            (boxes.extents[box] / 2).T.astype(np.float32),
            np.ascontiguousarray(rotations.T, dtype=np.float32),
            foot.T.astype(np.float32),
            rank[box],
        )

    def __getitem__(self, part: slice) -> "LocalBoxes":
        columns = (array[:, part] for array in (self.centers, self.half, self.rotations, self.foot))
        return LocalBoxes(*columns, self.rank[part])

    def local(self, points: NDArray[np.float32], box: NDArray[np.intp]) -> NDArray[np.float32]:
        """Camera-axes points `(3, k)` in the axes of their boxes, metres from the centre; `box` `(k,)` are places."""
        return self.turned(points - self.centers.take(box, axis=1), box)

    def turned(self, directions: NDArray[np.float32], box: NDArray[np.intp]) -> NDArray[np.float32]:
        """Camera-axes directions `(3, k)` in the axes of their boxes."""
        x, y, z = directions
        rotation = self.rotations.take(box, axis=1)
        return x * rotation[:3] + y * rotation[3:6] + z * rotation[6:]


@dataclass(frozen=True)
class SeenPixels:
    """Pixels `(k,)` of a depth image.

    Attributes:
        camera, depth: the image and its camera.
        u, v: `(k,)` columns and rows.
        points: `(3, k)` float32 camera axes, metres.
    """

    camera: Camera
    depth: DepthImage
    u: NDArray[np.intp]
    v: NDArray[np.intp]
    points: NDArray[np.float32]

    @classmethod
    def of(cls, camera: Camera, depth: DepthImage, place: NDArray[np.integer]) -> "SeenPixels":
        """The pixels at `place` `(k,)`, that is row * width + column."""
        v, u = np.divmod(place, camera.width)
        fx, fy, cx, cy = camera.intrinsics.astype(np.float32)
        z = depth.at(place)
        points = np.empty((3, len(z)), dtype=np.float32)
        points[0], points[1], points[2] = (u - cx) / fx * z, (v - cy) / fy * z, z
        return cls(camera, depth, u, v, points)

    def __getitem__(self, index) -> "SeenPixels":
        return SeenPixels(self.camera, self.depth, self.u[index], self.v[index], self.points[:, index])

    def normals(self) -> NDArray[np.float32]:
        """Unit normals `(3, k)` of the seen surface, camera axes, of either sign; zero where unknown.

        On a plane inverse depth is linear over the image, and its gradient gives the normal. Of the two sides of a
        pixel the one with the smaller change is taken, because the other may lie across an edge.
        """
        width, height = self.camera.width, self.camera.height
        place, inverse = self.v * width + self.u, 1 / self.points[2]
        step = np.array([[-NORMAL_STEP_PX], [NORMAL_STEP_PX]])
        slopes = []
        for position, size, stride in ((self.u, width, 1), (self.v, height, width)):
            moved = position + step
            neighbour = np.where((moved >= 0) & (moved < size), place + step * stride, place)
            z = self.depth.at(neighbour)
            known = (z > 0) & (neighbour != place)
            change = np.where(known, 1 / np.where(known, z, 1) - inverse, np.inf)
            slope = np.where(np.abs(change[0]) < np.abs(change[1]), -change[0], change[1])
            slopes.append(np.where(np.isfinite(slope), slope, np.nan) / np.float32(NORMAL_STEP_PX))
        fx, fy, cx, cy = self.camera.intrinsics.astype(np.float32)
        across, down = slopes[0] * fx, slopes[1] * fy
        rest = inverse - slopes[0] * (self.u - cx) - slopes[1] * (self.v - cy)
        normal = np.stack([across, down, rest]).astype(np.float32)
        length = np.sqrt((normal * normal).sum(0))
        return np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)


def owned(
    boxes: LocalBoxes,
    local: NDArray[np.float32],
    normals: NDArray[np.float32],
    pixel: NDArray[np.intp],
    box: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Which of the boxes that a pixel lies in owns it, for pairs `(p,)` of a pixel and a box that it lies in.

    Args:
        local: `(3, p)` the pixel's point in the box's axes, metres from the centre.
        normals: `(3, p)` the pixel's unit normal, camera axes.
        pixel: `(p,)` numbers from 0 that tell the pixels apart.
        box: `(p,)` places in `boxes`.

    Returns:
        `(p,)` true for exactly one pair of each pixel.
    """
    half, foot = boxes.half.take(box, axis=1), boxes.foot.take(box, axis=1)
    outside = np.abs(local) - half
    near = np.where(foot == 0, outside, -foot * local - half) > -NEAR_FACE_M
    steps = np.minimum(np.maximum(outside.max(0), 0.0) / OUTSIDE_STEP_M, MOST_STEPS - 1).astype(np.intp)
    on_surface = (near & (np.abs(boxes.turned(normals, box)) > ALONG_COSINE)).any(0) & (steps == 0)
    last = boxes.rank.max(initial=0) + 1
    rank = boxes.rank[box] + last * (steps + MOST_STEPS * ~on_surface)
    best = np.full(pixel.max(initial=-1) + 1, 2 * MOST_STEPS * last)
    np.minimum.at(best, pixel, rank)
    return rank == best[pixel]
