"""One scene as arrays: its frames, its objects, and one sighting for each object that is visible in a frame.

Measures of single sightings live here, each computed once for the scene. What does not: which sightings form a pair or
a set (`groups.py`), and reading the arrays out of tables (`assets/questions.py`).
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes, box_distance, world_dimensions
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.scene_graph.floor import Floor
from openspatial_assets.engine.scene_graph.views import PointMatches, ViewPairs

DISTANCE_CHUNK = 512
"""Pairs of boxes measured at once: some 30 MB of intermediate arrays."""

GLIMPSED_FRACTION = 0.1
"""An object of which less than this share is seen cannot be recognised: questions may call it not visible."""


@dataclass(frozen=True)
class Frames:
    """The frames of a scene, in the order of capture.

    Attributes:
        ids: frame ids.
        sizes: `(f, 2)` width and height in pixels.
        intrinsics: `(f, 4)` fx, fy, cx, cy in pixels.
        world_from_camera: `(f, 4, 4)` rigid transforms, metres.
    """

    ids: tuple[str, ...]
    sizes: NDArray[np.int64]
    intrinsics: NDArray[np.float64]
    world_from_camera: NDArray[np.float64]

    def camera(self, frame: int) -> Camera:
        """The camera of one frame."""
        width, height = self.sizes[frame].tolist()
        return Camera(width, height, self.intrinsics[frame], self.world_from_camera[frame])


@dataclass(frozen=True)
class Sightings:
    """Objects visible in frames, ordered by frame, then object; one entry a (frame, object).

    Attributes:
        frames: `(s,)` index of the frame.
        objects: `(s,)` index of the object.
        boxes: `(s,)` effective boxes in the world: the scene's own, or fitted to what this frame sees.
        camera_centers: `(s, 3)` centres of these boxes in camera axes, metres.
        camera_rpy: `(s, 3)` roll, pitch, yaw of these boxes in camera axes, radians.
        visible_fraction: `(s,)` object pixels / (object + occluded pixels).
        in_frame: `(s,)` share of the projected box's area inside the image.
        image_boxes: `(s, 4)` xmin, ymin, xmax, ymax of the mask (max exclusive), pixels.
        mark_points: `(s, 2)` u, v of the pixel where a point mark is set.
        depth_quartiles: `(s, 3)` 25, 50, 75 % of camera z over the eroded mask, metres.
        has_depth: `(s,)` whether any pixel of the mask has depth; where none has, the quartiles stand for the box.
        referable: `(s,)` whether the tag is unique among all boxes that project into the frame.
    """

    frames: NDArray[np.int64]
    objects: NDArray[np.int64]
    boxes: Boxes
    camera_centers: NDArray[np.float64]
    camera_rpy: NDArray[np.float64]
    visible_fraction: NDArray[np.float64]
    in_frame: NDArray[np.float64]
    image_boxes: NDArray[np.float64]
    mark_points: NDArray[np.float64]
    depth_quartiles: NDArray[np.float64]
    has_depth: NDArray[np.bool_]
    referable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def columns(self) -> NDArray[np.float64]:
        """`(s, 2)` first column of the mask, and the one after its last, pixels."""
        return self.image_boxes[:, [0, 2]]


@dataclass(frozen=True)
class Projections:
    """Every (frame, object) whose box reaches into the image, whether it is seen or hidden.

    Attributes:
        frames: `(p,)` index of the frame.
        objects: `(p,)` index of the object.
        visible_fraction: `(p,)` object pixels / (object + occluded pixels); None: of all, nothing is hidden.
    """

    frames: NDArray[np.int64]
    objects: NDArray[np.int64]
    visible_fraction: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class SceneGraph:
    """All that questions may ask about one scene, for one variant.

    Attributes:
        scene_id: the scene.
        metric: whether world units are metres.
        frames: its frames.
        object_ids: `(o,)` ids, sorted.
        tags: `(o,)` what each object is.
        boxes: `(o,)` the scene's own boxes, in the world.
        sightings: the objects that are visible in each frame.
        projections: the objects whose boxes reach into each frame.
        gravity_aligned: whether world z is up; without it, nothing is known of heights.
        views: the pairs of frames that may be shown together.
        matches: pixels of such pairs that show the same point.
        floor: where one can walk; None where no floor was seen.
    """

    scene_id: str
    metric: bool
    frames: Frames
    object_ids: tuple[str, ...]
    tags: tuple[str, ...]
    boxes: Boxes
    sightings: Sightings
    projections: Projections
    gravity_aligned: bool = True
    views: ViewPairs = field(default_factory=ViewPairs.none)
    matches: PointMatches = field(default_factory=PointMatches.none)
    floor: Floor | None = None

    @cached_property
    def sighting_of(self) -> NDArray[np.int64]:
        """`(f, o)` index of the sighting of each object in each frame, -1 where it has none."""
        places = np.full((len(self.frames.ids), len(self.object_ids)), -1, np.int64)
        places[self.sightings.frames, self.sightings.objects] = np.arange(len(self.sightings))
        return places

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """`(f, o)` whether the object's box reaches into the image, seen or hidden."""
        found = np.zeros((len(self.frames.ids), len(self.object_ids)), np.bool_)
        found[self.projections.frames, self.projections.objects] = True
        return found

    @cached_property
    def shown_fraction(self) -> NDArray[np.float64]:
        """`(f, o)` visible fraction of each object in each frame, 0 where its box does not reach into the image."""
        shares = np.zeros((len(self.frames.ids), len(self.object_ids)))
        fraction = self.projections.visible_fraction
        shares[self.projections.frames, self.projections.objects] = 1.0 if fraction is None else fraction
        shares[self.sightings.frames, self.sightings.objects] = self.sightings.visible_fraction
        return shares

    @cached_property
    def glimpsed(self) -> NDArray[np.bool_]:
        """`(f, o)` whether something of the object can be seen in the frame, however little."""
        return (self.shown_fraction >= GLIMPSED_FRACTION) | (self.sighting_of >= 0)

    @cached_property
    def length_unit(self) -> float:
        """World units that stand for one metre in a margin: 1, or the median box diagonal of a scene without scale."""
        return 1.0 if self.metric or not self.object_ids else float(np.median(self.boxes.diagonals))

    @cached_property
    def dimensions(self) -> NDArray[np.float64]:
        """`(s, 3)` length, width, height of the effective boxes, world units."""
        return world_dimensions(self.sightings.boxes)

    @cached_property
    def vertical_spans(self) -> NDArray[np.float64]:
        """`(s, 3)` world z of the bottom, the centre and the top of the effective boxes, world units."""
        heights = self.sightings.boxes.corners[..., 2]
        return np.stack([heights.min(-1), self.sightings.boxes.centers[:, 2], heights.max(-1)], axis=-1)

    @cached_property
    def tilts(self) -> NDArray[np.float64]:
        """`(s,)` angle in radians between the vertical and the box axis nearest to it."""
        return np.arccos(np.clip(np.abs(self.sightings.boxes.rotations[:, 2, :]).max(-1), 0.0, 1.0))

    @cached_property
    def bearings(self) -> NDArray[np.float64]:
        """`(s,)` radians: atan2(x, z) of the box centre in camera axes; positive lies to the right."""
        return np.arctan2(self.sightings.camera_centers[:, 0], self.sightings.camera_centers[:, 2])

    def centered_in(self, inner: NDArray[np.int64], outer: NDArray[np.int64]) -> NDArray[np.bool_]:
        """`(c,)` whether the box centres of sightings `inner` lie inside the boxes of sightings `outer`."""
        boxes = self.sightings.boxes
        local = boxes[outer].local(boxes.centers[inner][:, None])[:, 0]
        return (np.abs(local) <= boxes.extents[outer] / 2).all(axis=1)

    @cached_property
    def box_ids(self) -> NDArray[np.int64]:
        """`(s,)` equal for two sightings exactly if they have the same effective box."""
        boxes = self.sightings.boxes
        values = np.concatenate([boxes.centers, boxes.extents, boxes.rotations.reshape(-1, 9)], axis=1)
        return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)

    def box_distances(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Closest distance `(c,)` between the effective boxes of sightings `first` and `second` `(c,)`, world units.

        Each pair of boxes is measured once, however many frames show it.
        """
        pairs = np.sort(np.stack([self.box_ids[first], self.box_ids[second]], axis=1), axis=1)
        _, example, inverse = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        boxes = self.sightings.boxes
        parts = [
            box_distance(boxes[first[chunk]], boxes[second[chunk]])
            for chunk in (example[start : start + DISTANCE_CHUNK] for start in range(0, len(example), DISTANCE_CHUNK))
        ]
        return np.concatenate([np.empty(0), *parts])[inverse.reshape(-1)]
