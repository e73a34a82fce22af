"""Furnished rooms that the project makes itself, as a source: RGB-D frames, boxes and, beside them, the exact truth.

A registration's `root` is where the room is made; its options are `seed` (required) and `num_frames` (default 40). The
folder then has the layout that `rgbd_folder` reads, so reading is left to it. What does not belong here: how a room is
made (`generate.py` and the modules that it names).
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from resources.sources.frame_files import FrameEntry
from resources.sources.layouts import rgbd_folder
from resources.sources.layouts.synthetic_rooms.folder import MILLIMETRES, made_from
from resources.sources.layouts.synthetic_rooms.options import RoomOptions
from resources.sources.registration import Registration, SourceError

LICENSE = "Apache-2.0"
"""The rooms come with the project and have its licence, unless a registration names another."""
LARGEST_SEED, MOST_FRAMES = 2**31 - 1, 10_000


def prepare(registration: Registration) -> None:
    """Make the room, unless it is there already, made by this version from the same options.

    Raises:
        SourceError: an option is missing, unknown or out of range, or something else lies at `root`.
        OSError: the folder cannot be written; nothing is left half-written.
    """
    root, options = Path(registration.root), _room_options(registration)
    if made_from(root) == options.recipe:
        return
    # Making a room takes Open3D, which takes seconds to load; reading one that is there does not.
    from resources.sources.layouts.synthetic_rooms.generate import make_room

    make_room(root, options)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """All frames of the room, in the order of the walk."""
    return rgbd_folder.frame_entries(_as_folder(registration))


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The `scene_boxes` table."""
    return rgbd_folder.read_boxes(_as_folder(registration))


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Both: a room has boxes, and depth and recorded recognitions to lift others from."""
    return "annotated", "lifted"


def recorded_recognitions(registration: Registration) -> str | None:
    """The file of recorded recognitions: every room has one, once it is made."""
    return str(Path(registration.root) / rgbd_folder.RECOGNITION_FILE)


def signature(registration: Registration) -> dict[str, str]:
    """Hashes that change when files of the room change; the truth is not among them."""
    return rgbd_folder.signature(_as_folder(registration))


def _as_folder(registration: Registration) -> Registration:
    """The same scene as an RGB-D folder."""
    return replace(
        registration,
        source="rgbd_folder",
        license=registration.license or LICENSE,
        depth_scale=float(MILLIMETRES),
        options={},
    )


def _room_options(registration: Registration) -> RoomOptions:
    where, options = f"scene {registration.scene_id}: synthetic_rooms", dict(registration.options)
    if unknown := sorted(set(options) - {"seed", "num_frames"}):
        raise SourceError(f"{where}: option {unknown[0]!r} is unknown; there are seed and num_frames")
    if "seed" not in options:
        raise SourceError(f"{where}: option seed is missing; give a whole number")
    for name, lowest, highest in (("seed", 0, LARGEST_SEED), ("num_frames", 1, MOST_FRAMES)):
        value = options.get(name, lowest)
        if type(value) is not int or not lowest <= value <= highest:
            raise SourceError(f"{where}: option {name}={value!r} must be a whole number from {lowest} to {highest}")
    return RoomOptions(**options)
