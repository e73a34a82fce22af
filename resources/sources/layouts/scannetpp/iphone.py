"""The iPhone's capture of a scene, at 60 frames a second: colour in a video, depth in `depth.bin`, a pose for each.

Colour and depth are read from extracted images, `rgb/frame_000000.jpg` and `depth/frame_000000.png`, where there are
any, and else out of the two files. `aligned_pose` is camera to world, OpenCV axes, in the world of the mesh.

The camera of both images is one: intrinsics are given for 1920x1440 pixels. What is stored smaller, as depth is, is the
same picture resized: pixel centres are integers and an image begins at -0.5, so a principal point c becomes
(c + 0.5) s - 0.5 at the scale s.

What does not belong here: the encodings of `depth.bin` (`depth_bin.py`), and reading images.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.sources.folders import listing, pinhole, read_json, root_of
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.scannetpp.depth_bin import HEIGHT, WIDTH, DepthFile, read_depth_file
from resources.sources.layouts.scannetpp.files import OF_SENSOR, common_size, depth_of
from resources.sources.options import whole_number
from resources.sources.registration import Registration, SourceError
from resources.sources.upright import upright
from resources.stored_images import reference
from resources.stored_images.kinds.video_frame import index_of
from resources.stored_images.plain import ImageError

EVERY = 10
"""Six frames a second."""

POSES = "iphone/pose_intrinsic_imu.json"
COLOR, DEPTH = "iphone/rgb", "iphone/depth"
VIDEOS = ("iphone/rgb.mkv", "iphone/rgb.mp4")
DEPTH_FILE = "iphone/depth.bin"
COLOR_SUFFIXES, DEPTH_SUFFIXES = (".jpg", ".jpeg", ".png"), (".png",)

FULL_SIZE = (1920, 1440)
"""Width and height, pixels, that intrinsics are for."""

SIZE_TOLERANCE_PX = 2
"""What rounding makes of the height or width of a resized image."""

EXTRACTED_SCALE = 1000.0
"""Stored values a metre of extracted depth images."""

_NAME = re.compile(r"frame_(\d+)")
MAX_DIGITS = 9


@dataclass(frozen=True)
class Images:
    """The colour or depth images of a capture, by frame number.

    Attributes:
        numbers: those that are there; empty where only reading would tell.
        path: of a number.
        problem: why the image of a number cannot be read, as far as is known.
        size: width and height, pixels.
        scale: stored depth values a metre.
    """

    numbers: set[int]
    path: Callable[[int], str]
    problem: Callable[[int], str | None]
    size: tuple[int, int]
    scale: float | None = None


def entries(registration: Registration) -> list[FrameEntry]:
    """One frame in `every`, by its number, upright; one that lacks pose, colour or depth has its problem.

    Raises:
        SourceError: poses or colour are missing as a whole, or poses, video or `depth.bin` are broken.
    """
    root = root_of(registration)
    every = whole_number(registration, "every", EVERY)
    poses = _by_number(read_json(root / POSES, registration.scene_id))
    if not poses:
        path = root / POSES
        raise SourceError(f"scene {registration.scene_id}: {path}: holds no frame_000000; download it again", path)
    color = _color(registration, root)
    depth = _depth(registration, root) if depth_of(registration) == OF_SENSOR else None
    numbers = sorted(
        number for number in {*poses, *color.numbers, *(depth.numbers if depth else ())} if not number % every
    )
    listed = [_entry(number, poses.get(number), color, depth) for number in numbers]
    names = [entry.frame_id for entry in listed]
    return upright(listed, dict.fromkeys(names, color.size), dict.fromkeys(names, depth.size if depth else color.size))


def needed(root: Path) -> dict[Path, str]:
    """The files that must be there, and what they are for."""
    return {root / POSES: "poses and intrinsics", _color_place(root): "the colour images"}


def signed(root: Path) -> list[Path]:
    """The files whose change changes the frames."""
    color, depth = _color_place(root), depth_place(root)
    return [root / POSES, color, depth, *listing(color, COLOR_SUFFIXES), *listing(depth, DEPTH_SUFFIXES)]


def has_depth(root: Path) -> bool:
    """Whether there are depth images."""
    return depth_place(root).exists()


def depth_fault(root: Path) -> str:
    """Why `depth.bin` does not end with a whole frame; empty where it does, or cannot be read at all."""
    place = depth_place(root)
    try:
        return "" if place.is_dir() else read_depth_file(place).fault
    except ValueError:
        return ""


def _entry(number: int, record: Any, color: Images, depth: Images | None) -> FrameEntry:
    name = frame_name(number)
    problem = color.problem(number) or (depth.problem(number) if depth else None)
    if problem:
        return FrameEntry(name, problem=problem)
    try:
        if record is None:
            return FrameEntry(name, problem=f"{POSES}: has no {name}")
        pose = _numbers(record, "aligned_pose", (4, 4))
        if problem := pose_problem(pose):
            return FrameEntry(name, problem=f"{POSES}: {name}: {problem}", lost=is_lost(pose))
        camera = Camera(*FULL_SIZE, np.array(pinhole(_numbers(record, "intrinsic", (3, 3)))), pose)
    except ValueError as error:
        return FrameEntry(name, problem=f"{POSES}: {name}: {error}")
    return FrameEntry(
        frame_id=name,
        image=color.path(number),
        depth=depth.path(number) if depth else None,
        intrinsics=tuple(camera.resized(*color.size).intrinsics.tolist()),
        depth_intrinsics=tuple(camera.resized(*depth.size).intrinsics.tolist()) if depth else None,
        world_from_camera=tuple(nearest_rigid(pose).ravel().tolist()),
        timestamp=_timestamp(record),
        depth_scale=depth.scale if depth else None,
    )


def frame_name(number: int) -> str:
    """As the owners' tools name the frame of a number."""
    return f"frame_{number:06d}"


def _by_number(records: dict[str, Any]) -> dict[int, Any]:
    """The dictionary's frames; other keys are none."""
    return {number: record for name, record in records.items() if (number := _number(name)) is not None}


def _number(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    return int(found[1]) if found and len(found[1]) <= MAX_DIGITS else None


def _numbers(record: Any, key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        return np.array(record[key], np.float64).reshape(shape)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"has no {key} of {'x'.join(map(str, shape))} numbers") from None


def _timestamp(record: dict[str, Any]) -> float | None:
    value = record.get("timestamp")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _color_place(root: Path) -> Path:
    """The folder of extracted images if it has any, else the video, which need not exist."""
    if listing(root / COLOR, COLOR_SUFFIXES):
        return root / COLOR
    return next((root / name for name in VIDEOS if (root / name).exists()), root / VIDEOS[0])


def depth_place(root: Path) -> Path:
    """The folder of extracted images if it has any, else `depth.bin`, which need not exist."""
    return root / DEPTH if listing(root / DEPTH, DEPTH_SUFFIXES) else root / DEPTH_FILE


def _color(registration: Registration, root: Path) -> Images:
    place = _color_place(root)
    if place.is_dir():
        images = _folder(place, COLOR, COLOR_SUFFIXES)
        size = common_size([Path(images.path(number)) for number in sorted(images.numbers)]) or FULL_SIZE
        images = Images(images.numbers, images.path, images.problem, size)
    else:
        try:
            images = _video(place)
        except ImageError as error:
            raise SourceError(f"scene {registration.scene_id}: {error}", place) from None
    width, height = images.size
    if abs(width * FULL_SIZE[1] / FULL_SIZE[0] - height) > SIZE_TOLERANCE_PX:
        raise SourceError(
            f"scene {registration.scene_id}: {place}: pictures are {width}x{height} pixels, but intrinsics are for "
            f"{FULL_SIZE[0]}x{FULL_SIZE[1]}: they were cropped or turned; download or extract them again",
            place,
        )
    return images


def _video(path: Path) -> Images:
    index = index_of(str(path))
    count = len(index.times)

    def problem(number: int) -> str | None:
        return None if number < count else f"iphone/{path.name}: holds {count} frames, and so none of number {number}"

    def place(number: int) -> str:
        return reference(str(path), "video_frame", frame=number)

    return Images(set(range(count)), place, problem, (index.width, index.height))


def _depth(registration: Registration, root: Path) -> Images | None:
    place = depth_place(root)
    if not place.exists():
        return None
    if place.is_dir():
        return _folder(place, DEPTH, DEPTH_SUFFIXES, (WIDTH, HEIGHT), EXTRACTED_SCALE)
    try:
        file: DepthFile = read_depth_file(place)
    except ValueError as error:
        raise SourceError(f"scene {registration.scene_id}: {place}: {error}; download it again", place) from None

    def problem(number: int) -> str | None:
        told = file.problem(number)
        return told and f"{DEPTH_FILE}: {told}"

    return Images(set(range(file.count or 0)), file.frame, problem, (WIDTH, HEIGHT), file.scale)


def _folder(
    folder: Path,
    name: str,
    suffixes: tuple[str, ...],
    size: tuple[int, int] = FULL_SIZE,
    scale: float | None = None,
) -> Images:
    """Extracted images; of two of one number, the one whose suffix is first in the alphabet."""
    paths: dict[int, Path] = {}
    for path in listing(folder, suffixes):
        if (number := _number(path.stem)) is not None:
            paths.setdefault(number, path)

    def problem(number: int) -> str | None:
        return None if number in paths else f"{name}/{frame_name(number)}{suffixes[0]}: the file is missing"

    return Images(set(paths), lambda number: str(paths[number]), problem, size, scale)
