"""Frames of a capture that was stored sideways, as the pictures that people would look at.

A tablet held upright stores landscape pictures of a portrait world. Questions of left and right, and models and people
that look at the pictures, need the world's up to be the picture's up; so what is listed are the turned frames. Nothing
is written: images become references that are turned on reading.

What lives here: turning listed frames. What does not: what a turn does to a camera (`engine/geometry/quarter_turns.py`)
and to pixels (`resources/stored_images/kinds/turned.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from openspatial_assets.engine.geometry.quarter_turns import turned_intrinsics, turned_pose, upright_quarter_turns
from resources.images import ImageError, decode_grey
from resources.sources.frame_files import FrameEntry
from resources.stored_images import read_stored, reference

MOST_TRIED = 5
"""Images that are opened to learn the size of all."""

Size = tuple[int, int]
"""Width and height, pixels, as stored."""


def upright(
    entries: Sequence[FrameEntry], sizes: Mapping[str, Size], depth_sizes: Mapping[str, Size] | None = None
) -> list[FrameEntry]:
    """The frames, all turned by the quarter turns that make most of them upright: images, depth, intrinsics, poses.

    Args:
        entries: frames as stored; those with a problem have no say and stay as they are.
        sizes: frame id -> size of the colour image, of every frame without a problem.
        depth_sizes: frame id -> size of the depth image; None: as the colour image.
    """
    usable = [entry for entry in entries if not entry.problem]
    poses = np.array([entry.world_from_camera for entry in usable]).reshape(-1, 4, 4)
    turns = upright_quarter_turns(poses)
    if turns == 0:
        return list(entries)
    turned = {
        entry.frame_id: _turned(entry, turns, pose, sizes[entry.frame_id], (depth_sizes or sizes)[entry.frame_id])
        for entry, pose in zip(usable, turned_pose(poses, turns), strict=True)
    }
    return [turned.get(entry.frame_id, entry) for entry in entries]


def upright_as_first(entries: Sequence[FrameEntry]) -> list[FrameEntry]:
    """The same of frames whose images have one size, which the first one that can be read has to tell.

    Where none can be read the frames stay as they are, and reading will say why.
    """
    color, depth = _first_size(entry.image for entry in entries), _first_size(entry.depth for entry in entries)
    if color is None:
        return list(entries)
    names = [entry.frame_id for entry in entries]
    return upright(entries, dict.fromkeys(names, color), dict.fromkeys(names, depth or color))


def _first_size(images: Iterable[str | None]) -> Size | None:
    """Width and height of the first image that can be read, of the first few."""
    for image in islice(filter(None, images), MOST_TRIED):
        try:
            stored = read_stored(image)
            pixels = decode_grey(stored, image) if isinstance(stored, bytes) else stored
        except ImageError:
            continue
        return pixels.shape[1], pixels.shape[0]
    return None


def _turned(entry: FrameEntry, turns: int, world_from_camera: np.ndarray, size: Size, depth_size: Size) -> FrameEntry:
    own = entry.depth_intrinsics
    return replace(
        entry,
        image=_reference(entry.image, turns, size),
        depth=None if entry.depth is None else _reference(entry.depth, turns, depth_size),
        intrinsics=tuple(turned_intrinsics(entry.intrinsics, size, turns).tolist()),
        depth_intrinsics=None if own is None else tuple(turned_intrinsics(own, depth_size, turns).tolist()),
        world_from_camera=tuple(world_from_camera.ravel().tolist()),
    )


def _reference(path: str, turns: int, size: Size) -> str:
    return reference(path, "turned", quarter_turns=turns, width=size[0], height=size[1])
