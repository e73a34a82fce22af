"""How many pixels of each box's silhouette show the object, how many are hidden, and how many of its voxels are hit.

Each box is sampled on its own grid of at most `samples_per_side` x `samples_per_side` pixels over its window: a small
box at every pixel, a large one more coarsely. So all boxes of a frame are one array, and cost the same. What does not
depend on the depth image is prepared for many frames at once.
What does not belong here: full-resolution masks (`ray_interval.py`), and the verdict (`verdict.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.face_planes import FacePlanes, face_planes, inverse_interval
from openspatial_assets.engine.visibility.frustum import Projection, Views, project_boxes, viewpoints
from openspatial_assets.engine.visibility.occupancy import hit_voxels, occupancy, seen_voxels
from openspatial_assets.engine.visibility.ownership import LocalBoxes, SeenPixels, owned
from openspatial_assets.engine.visibility.ray_interval import pixels_of_boxes
from openspatial_assets.engine.visibility.settings import VisibilitySettings

TESTS_AT_ONCE = 20_000
"""Tests of a point against a box that are one array operation: 240 kB. Larger arrays leave the processor's cache, and
the allocator returns their memory after each use."""


@dataclass(frozen=True)
class SampleGrids:
    """The sampled pixels of boxes `(p,)`.

    Attributes:
        columns, rows: `(p, side)` pixels.
        used: `(p, side, side)` false for what only fills the grid of a window with fewer pixels.
        weight: `(p,)` pixels for which a sample stands.
    """

    columns: NDArray[np.int32]
    rows: NDArray[np.int32]
    used: NDArray[np.bool_]
    weight: NDArray[np.float64]

    @classmethod
    def over(cls, window: NDArray[np.intp], side: int) -> "SampleGrids":
        """At most `side` columns and rows, evenly over each window `(p, 4)`; all of them where there are fewer."""
        size = np.maximum(window[:, 2:] - window[:, :2], 0)
        number, place = np.minimum(size, side), np.arange(side)
        step = size / np.maximum(number, 1)
        used = place < number[..., None]
        position = window[:, :2, None] + np.where(used, (place + 0.5) * step[..., None], 0.0)
        position = position.astype(np.int32)
        return cls(position[:, 0], position[:, 1], used[:, 1, :, None] & used[:, 0, None, :], step.prod(-1))

    def __getitem__(self, part: slice) -> "SampleGrids":
        return SampleGrids(self.columns[part], self.rows[part], self.used[part], self.weight[part])


@dataclass(frozen=True)
class SeenBoxes:
    """The boxes that project into some frames, with all that sampling them needs but the depth images.

    Attributes:
        cameras, views: of the frames.
        projection: which boxes project into which frames; its places `(p,)` are those of what follows.
        planes, local, grids: the boxes' faces over the image, the boxes in camera axes, and their sampled pixels.
        seen_voxels: `(p,)` voxels that each box would show if it were solid and fully seen.
    """

    cameras: Sequence[Camera]
    views: Views
    projection: Projection
    planes: FacePlanes
    local: LocalBoxes
    grids: SampleGrids
    seen_voxels: NDArray[np.intp]

    @classmethod
    def in_frames(cls, cameras: Sequence[Camera], boxes: Boxes, settings: VisibilitySettings) -> "SeenBoxes":
        views = Views.of(cameras)
        projection = project_boxes(views, boxes)
        frame, box = projection.frame, projection.box
        return cls(
            cameras,
            views,
            projection,
            face_planes(views, boxes, frame, box, settings),
            LocalBoxes.seen_from(views, boxes, frame, box),
            SampleGrids.over(projection.window, settings.samples_per_side),
            seen_voxels(boxes.extents[box], viewpoints(views, boxes, frame, box)),
        )

    def of_frame(self, frame: int) -> slice:
        """The places of a frame's boxes."""
        return slice(*np.searchsorted(self.projection.frame, (frame, frame + 1)))


@dataclass(frozen=True)
class PixelCounts:
    """What a depth image says of boxes `(p,)`, in pixels at full resolution (estimated from the samples).

    Attributes:
        silhouette: pixels of the projected box inside the image.
        known: those of them with a depth.
        object: those whose depth lies inside the box's ray interval, and that no other box owns.
        occluded: those where something is nearer than the box.
        occupancy: share of the box's voxels hit by object pixels, against a fully seen box, 0 to 1.
    """

    silhouette: NDArray[np.float64]
    known: NDArray[np.float64]
    object: NDArray[np.float64]
    occluded: NDArray[np.float64]
    occupancy: NDArray[np.float64]

    @classmethod
    def joined(cls, counts: Sequence["PixelCounts"]) -> "PixelCounts":
        """The counts of several frames as one."""
        return cls(*(np.concatenate([getattr(one, field.name) for one in counts]) for field in fields(cls)))


def count_pixels(seen: SeenBoxes, frame: int, depth: DepthImage, settings: VisibilitySettings) -> PixelCounts:
    """Counts for the boxes that project into one frame, `seen.of_frame(frame)`.

    Args:
        depth: of the size of the frame's camera.
    """
    part, camera = seen.of_frame(frame), seen.cameras[frame]
    grids, local = seen.grids[part], seen.local[part]
    place = (grids.rows * camera.width)[:, :, None] + grids.columns[:, None, :]
    z = depth.at(place)
    u, v = grids.columns.astype(np.float32), grids.rows.astype(np.float32)
    silhouette, inside, occluded = pixels_of_boxes(seen.planes[part], u, v, z, settings)
    silhouette &= grids.used
    inside &= grids.used
    occluded &= grids.used
    number = _count(inside)
    box = np.repeat(np.arange(len(number)), number)
    pixels = SeenPixels.of(camera, depth, place.ravel().take(np.flatnonzero(inside)))
    points = local.local(pixels.points, box)
    kept = _kept(pixels, points, box, local, settings)
    points, box = points[:, kept], box[kept]
    samples = _count(silhouette)
    return PixelCounts(
        samples * grids.weight,
        _count(silhouette & (z > 0)) * grids.weight,
        np.bincount(box, minlength=len(number)) * grids.weight,
        _count(occluded) * grids.weight,
        occupancy(
            hit_voxels(points, box, local.half), seen.seen_voxels[part], samples / seen.projection.in_frame[part]
        ),
    )


def silhouette_counts(seen: SeenBoxes, frame: int, visible: bool) -> PixelCounts:
    """Counts without a depth image: every pixel of a silhouette shows the object (`visible`), or none is known."""
    part = seen.of_frame(frame)
    grids = seen.grids[part]
    u, v = grids.columns.astype(np.float32), grids.rows.astype(np.float32)
    entry, leave = inverse_interval(seen.planes[part], u, v)
    pixels = _count((entry >= leave) & grids.used) * grids.weight
    shown, none = pixels * visible, np.zeros(len(pixels))
    return PixelCounts(pixels, shown, shown, none, none + visible)


def _kept(
    pixels: SeenPixels,
    points: NDArray[np.float32],
    box: NDArray[np.intp],
    local: LocalBoxes,
    settings: VisibilitySettings,
) -> NDArray[np.bool_]:
    """Which pixels `(k,)` their box keeps against the other boxes that they lie in.

    Args:
        points: `(3, k)` in the axes of each pixel's own box `(k,)`.
    """
    pixel, rival = _rivals(pixels.points, box, local, settings.occlusion_tolerance_m)
    contested, number = np.unique(pixel, return_inverse=True)
    rival_points = local.local(pixels.points.take(pixel, axis=1), rival)
    pair = np.concatenate([np.arange(len(contested)), number])
    mine = owned(
        local,
        np.concatenate([points.take(contested, axis=1), rival_points], axis=1),
        pixels[contested].normals().take(pair, axis=1),
        pair,
        np.concatenate([box[contested], rival]),
    )
    kept = np.ones(len(box), dtype=bool)
    kept[contested] = mine[: len(contested)]
    return kept


def _rivals(
    points: NDArray[np.float32], box: NDArray[np.intp], local: LocalBoxes, margin_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of a point `(3, k)`, camera axes, and a box other than its own that it lies in or within a margin of."""
    from_camera = local.rotations.reshape(3, 3, -1).transpose(1, 2, 0)
    centers = (from_camera * local.centers.T).sum(-1)
    reach = local.half + np.float32(margin_m)
    pixels, rivals = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    block = max(TESTS_AT_ONCE // max(len(local.rank), 1), 1)
    for start in range(0, len(box), block):
        own = box[start : start + block]
        offset = (from_camera.reshape(-1, 3) @ points[:, start : start + block]).reshape(*centers.shape, len(own))
        offset -= centers[:, :, None]
        near = (np.abs(offset, out=offset) <= reach[:, :, None]).all(0)
        near[own, np.arange(len(own))] = False
        place = np.flatnonzero(near)
        rival = place // len(own)
        pixels.append(place - rival * len(own) + start)
        rivals.append(rival)
    return np.concatenate(pixels), np.concatenate(rivals)


def _count(masks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """True values of each mask `(p, side, side)`."""
    return masks.sum((1, 2))
