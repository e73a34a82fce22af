"""From a seed to a room on disk: furnish, walk, light, render, write.

What does not belong here: the interface to the rest of the project (`__init__.py`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from resources.sources.layouts.synthetic_rooms.camera_walk import Walk, plan_walk
from resources.sources.layouts.synthetic_rooms.coverage import object_casters, unoccluded_pixels, visible_pixels
from resources.sources.layouts.synthetic_rooms.folder import write_frame, write_intrinsics, write_objects, write_once
from resources.sources.layouts.synthetic_rooms.layout import Arrangement, NoRoom
from resources.sources.layouts.synthetic_rooms.lighting import Sun, light_map, sun_through
from resources.sources.layouts.synthetic_rooms.options import RoomOptions
from resources.sources.layouts.synthetic_rooms.recordings import recorded_answers, seen_frame, write_recognitions
from resources.sources.layouts.synthetic_rooms.render import camera_rays, render
from resources.sources.layouts.synthetic_rooms.room import Room, design_room, room_patches
from resources.sources.layouts.synthetic_rooms.scene import Solids, build_scene, build_solids
from resources.sources.layouts.synthetic_rooms.styles import style_of
from resources.sources.layouts.synthetic_rooms.themes import THEMES
from resources.sources.registration import SourceError

ATTEMPTS = 12
FRAMES_PER_VIEW = 13
"""Every object must be seen well once in as many frames, so three times in 40."""


@dataclass(frozen=True, eq=False)
class FurnishedRoom:
    """A room that is ready to be rendered."""

    room: Room
    arrangement: Arrangement
    solids: Solids
    walk: Walk
    sun: Sun


def make_room(root: Path, options: RoomOptions) -> None:
    """Make the room in the folder `root`, unless it is there already; raises as `folder.write_once`."""
    write_once(root, options.recipe, lambda partial: _write_room(partial, furnish(options), options))


def furnish(options: RoomOptions) -> FurnishedRoom:
    """The best of a few attempts: the first in which every object is seen well often enough.

    Raises:
        SourceError: no attempt found room for the furniture.
    """
    best, fewest = None, np.inf
    for attempt in range(ATTEMPTS):
        try:
            found = _attempt(options, np.random.default_rng([options.seed, attempt]))
        except NoRoom:
            continue
        missing = np.maximum(options.num_frames // FRAMES_PER_VIEW - found.walk.seen_well.sum(0), 0).sum()
        if missing < fewest:
            best, fewest = found, missing
        if missing == 0:
            break
    if best is None:
        raise SourceError(f"synthetic_rooms: seed {options.seed} makes no room after {ATTEMPTS} attempts; take another")
    return best


def _attempt(options: RoomOptions, rng: np.random.Generator) -> FurnishedRoom:
    style, room = style_of(options.seed), design_room(rng)
    arrangement = Arrangement(room, rng)
    THEMES[options.seed % len(THEMES)](arrangement, style)
    background, outside = room_patches(room, style)
    solids = build_solids([placed.patches for placed in arrangement.placed], background, outside)
    fx, fy, cx, cy = options.intrinsics
    walk = plan_walk(arrangement, solids, rng, options.num_frames, ((cx + 0.5) / fx, (cy + 0.5) / fy))
    return FurnishedRoom(room, arrangement, solids, walk, sun_through(room, rng))


def _write_room(root: Path, furnished: FurnishedRoom, options: RoomOptions) -> None:
    placed, scene = furnished.arrangement.placed, build_scene(furnished.solids)
    bulbs = [(p.world_from_object @ (*p.piece.bulb.center, 1.0))[:3] for p in placed if p.piece.bulb]
    light = light_map(scene, furnished.room, furnished.sun, np.array(bulbs).reshape(-1, 3))
    write_intrinsics(root, options.intrinsics)
    objects = [_record(p.object_id, p.piece.tag, p.box) for p in placed]
    boxes = Boxes.from_rpy(*(np.array([item[key] for item in objects]) for key in ("center", "extents", "rpy")))
    casters = object_casters(scene.solids, len(placed))
    frame_ids = [f"{k:06d}" for k in range(options.num_frames)]
    seen = {}
    counts = np.zeros((2, options.num_frames, len(placed)), np.int64)
    for k, world_from_camera in enumerate(furnished.walk.world_from_camera):
        camera = Camera(options.width, options.height, options.intrinsics, world_from_camera)
        frame = render(scene, light, camera)
        counts[0, k] = visible_pixels(frame.instance, len(placed))
        counts[1, k] = unoccluded_pixels(casters, boxes, camera, camera_rays(camera), frame)
        seen[frame_ids[k]] = seen_frame(frame.instance, *counts[:, k])
        write_frame(root, frame_ids[k], frame, world_from_camera)
    write_objects(root, objects, frame_ids, *counts)
    write_recognitions(root, recorded_answers(seen, [item["label"] for item in objects], options.seed))


def _record(object_id: str, tag: str, box: Boxes) -> dict:
    numbers = {"center": box.centers, "extents": box.extents, "rpy": box.rpy}
    return {"id": object_id, "label": tag, **{key: [float(x) for x in value] for key, value in numbers.items()}}
