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

from openspatial_assets.engine.geometry.boxes import Boxes, boxes_overlap
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.frustum import Views

NEAR_FACE_M = 0.03
"""A point this near to a face may lie on it: boxes are annotated to a few centimetres."""

ALONG_COSINE = 0.8
"""A surface whose normal is within 37 degrees of a face's runs along it; a smaller angle would lose noisy depth."""

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
        rank: `(n,)` 0 for the smallest box of the scene; equal volumes in the scene's order.
    """

    centers: NDArray[np.float32]
    half: NDArray[np.float32]
    rotations: NDArray[np.float32]
    rank: NDArray[np.intp]

    @classmethod
    def seen_from(cls, views: Views, boxes: Boxes, frame: NDArray[np.intp], box: NDArray[np.intp]) -> "LocalBoxes":
        """`boxes[box]` in the axes of `views[frame]`."""
        camera_from_world = views.rotations[frame].swapaxes(-1, -2)
        centers = np.einsum("pij,pj->ip", camera_from_world, boxes.centers[box] - views.centers[frame])
        rotations = (camera_from_world @ boxes.rotations[box]).reshape(-1, 9)
        rank = np.argsort(np.argsort(boxes.volumes, kind="stable"))
        return cls(
            centers.astype(np.float32),
            (boxes.extents[box] / 2).T.astype(np.float32),
            np.ascontiguousarray(rotations.T, dtype=np.float32),
            rank[box],
        )

    def __getitem__(self, part: slice) -> "LocalBoxes":
        return LocalBoxes(self.centers[:, part], self.half[:, part], self.rotations[:, part], self.rank[part])

    def local(self, points: NDArray[np.float32], box: NDArray[np.intp]) -> NDArray[np.float32]:
        """Camera-axes points `(3, k)` in the axes of their boxes, metres from the centre; `box` `(k,)` are places."""
        return self.turned(points - self.centers.take(box, axis=1), box)

    def contain(self, boxes: NDArray[np.intp], points: NDArray[np.float32], margin_m: float) -> NDArray[np.bool_]:
        """Whether each of some boxes, grown by a margin on all sides, holds each of the points `(3, k)`: `(b, k)`."""
        to_box = self.rotations.take(boxes, axis=1).reshape(3, 3, -1).transpose(2, 1, 0)
        local = (to_box.reshape(-1, 3) @ points).reshape(len(boxes), 3, -1)
        local -= to_box @ self.centers.T[boxes][:, :, None]
        inside = np.abs(local, out=local) <= self.half.T[boxes][:, :, None] + np.float32(margin_m)
        return inside[:, 0] & inside[:, 1] & inside[:, 2]

    def turned(self, directions: NDArray[np.float32], box: NDArray[np.intp]) -> NDArray[np.float32]:
        """Camera-axes directions `(3, k)` in the axes of their boxes."""
        x, y, z = directions
        rotation = self.rotations.take(box, axis=1)
        return x * rotation[:3] + y * rotation[3:6] + z * rotation[6:]


@dataclass(frozen=True)
class SeenPixels:
    """Pixels `(k,)` of a depth image.

    Attributes:
        camera, depth: the image `(height, width)` in metres, and its camera.
        u, v: `(k,)` columns and rows.
        points: `(3, k)` float32 camera axes, metres.
    """

    camera: Camera
    depth: NDArray[np.float32]
    u: NDArray[np.intp]
    v: NDArray[np.intp]
    points: NDArray[np.float32]

    @classmethod
    def of(cls, camera: Camera, depth: NDArray[np.float32], u: NDArray[np.intp], v: NDArray[np.intp]) -> "SeenPixels":
        x, y = _rays(camera, u, v)
        z = depth.ravel().take(v * camera.width + u)
        return cls(camera, depth, u, v, np.stack([x * z, y * z, z]))

    def __getitem__(self, index) -> "SeenPixels":
        return SeenPixels(self.camera, self.depth, self.u[index], self.v[index], self.points[:, index])

    def normals(self) -> NDArray[np.float32]:
        """Unit normals `(3, k)` of the seen surface, camera axes, of either sign; zero where unknown.

        On a plane inverse depth is linear over the image, and its gradient gives the normal. Of the two sides of a
        pixel the one with the smaller change is taken, because the other may lie across an edge.
        """
        fx, fy = self.camera.intrinsics[:2].astype(np.float32)
        width, flat = self.camera.width, self.depth.ravel()
        here = 1 / self.points[2]
        place = self.v * width + self.u
        gradient = []
        for position, size, stride in ((self.u, width, 1), (self.v, self.camera.height, width)):
            best = np.full(len(place), np.inf, dtype=np.float32)
            for step in (-NORMAL_STEP_PX, NORMAL_STEP_PX):
                inside = (position + step >= 0) & (position + step < size)
                z = flat.take(np.where(inside, place + step * stride, place))
                known = inside & (z > 0)
                change = np.where(known, (1 / np.where(known, z, 1) - here) / np.float32(step), np.inf)
                best = np.where(np.abs(change) < np.abs(best), change, best)
            gradient.append(np.where(np.isfinite(best), best, np.nan))
        x, y = _rays(self.camera, self.u, self.v)
        across, down = gradient[0] * fx, gradient[1] * fy
        normal = np.stack([across, down, here - across * x - down * y])
        length = np.sqrt((normal * normal).sum(0))
        return np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)


def rivals(boxes: Boxes, margin_m: float) -> NDArray[np.bool_]:
    """Which boxes come within about twice `margin_m` of each other `(n, n)`: only they can have a pixel in common."""
    radius = boxes.diagonals / 2 + margin_m * np.sqrt(3)
    apart = np.linalg.norm(boxes.centers[:, None] - boxes.centers, axis=-1)
    first, second = np.nonzero(np.triu(apart <= radius[:, None] + radius, k=1))
    grown = Boxes(boxes.centers, boxes.extents + 2 * margin_m, boxes.rotations)
    touch = boxes_overlap(grown[first], grown[second])
    near = np.zeros((len(boxes), len(boxes)), dtype=bool)
    near[first[touch], second[touch]] = near[second[touch], first[touch]] = True
    return near


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
    outside = np.abs(local) - boxes.half.take(box, axis=1)
    near = outside > -NEAR_FACE_M
    on_surface = (near & (np.abs(boxes.turned(normals, box)) > ALONG_COSINE)).any(0)
    steps = np.minimum(np.maximum(outside.max(0), 0.0) / OUTSIDE_STEP_M, MOST_STEPS - 1).astype(np.intp)
    last = boxes.rank.max(initial=0) + 1
    rank = boxes.rank[box] + last * (steps + MOST_STEPS * ~on_surface)
    best = np.full(pixel.max(initial=-1) + 1, 2 * MOST_STEPS * last)
    np.minimum.at(best, pixel, rank)
    return rank == best[pixel]


def _rays(camera: Camera, u: NDArray[np.intp], v: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
    """Slopes x/z and y/z of the rays of pixels (u, v), float32."""
    fx, fy, cx, cy = camera.intrinsics.astype(np.float32)
    return (u.astype(np.float32) - cx) / fx, (v.astype(np.float32) - cy) / fy
