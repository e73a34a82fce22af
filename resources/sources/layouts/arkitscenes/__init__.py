"""ARKitScenes: captures of a tablet with a depth sensor, as Apple's download script leaves them.

    3dod/{Training,Validation}/<id>/<id>_frames/, or raw/{Training,Validation}/<id>/, holds the streams:
        lowres_wide/<id>_<seconds>.png              colour, 256x192; in raw also vga_wide/ and wide/, which are larger
        lowres_depth/<id>_<seconds>.png             16 bits, millimetres, 0 for none; taken as lowres_wide sees it
        <colour>_intrinsics/<id>_<seconds>.pincam   width height fx fy cx cy, one file an image
        lowres_wide.traj                            poses, with times of their own
    <id>_3dod_annotation.json                       oriented boxes; may be absent

Streams are joined by time: a frame is an image with a pose and, where there is depth, a depth image. The trajectory has
fewer poses than there are images, and an image without one is no frame. Images are stored as the sensor lies, which is
sideways in most captures; the frames are listed upright (`resources/sources/upright.py`).

Options: `color` (`lowres_wide`, the default; `vga_wide`; `wide`; `auto`: the largest that gives about as many frames as
any), `every` (each n-th frame of those joined; default 1). What does not belong here: reading images.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from openspatial_assets.engine.geometry.poses import is_lost, pose_problem
from resources.sources import options
from resources.sources.annotations import boxes_table
from resources.sources.findings import Finding
from resources.sources.folders import root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.arkitscenes.boxes import read_annotations
from resources.sources.layouts.arkitscenes.streams import Files, files_by_time, nearest, read_pincam, read_trajectory
from resources.sources.registration import Registration, SourceError
from resources.sources.upright import upright

LICENSE = "ARKitScenes licence, CC BY-NC-SA 4.0"
PAGE = "https://github.com/apple/ARKitScenes"
OPTIONS = ("color", "every")

RELEASES = ("3dod", "raw")
SPLITS = ("Training", "Validation")

COLORS = ("wide", "vga_wide", "lowres_wide")
"""Colour streams of the camera whose poses are known, the largest first. `ultrawide` is another camera."""

DEPTH = "lowres_depth"
DEPTH_CAMERA = "lowres_wide"
"""The stream whose pixels and intrinsics the depth images share."""

TRAJECTORY = "lowres_wide.traj"
DEPTH_SCALE = 1000.0
"""Stored depth values a metre."""

AUTO_SHARE = 0.5
"""`auto` takes the largest stream that gives at least this share of the frames of the best one: `wide` was thinned out
after the capture, `vga_wide` never."""


def discover(root: str) -> Iterator[Registration]:
    """The captures in a folder of the dataset (3dod and raw, or one of them, or a split) or in a capture's own folder.

    An id that is there in both releases is one capture: that of 3dod.
    """
    top = os.path.abspath(root)
    folders = [top, *(os.path.join(top, release) for release in RELEASES)]
    folders += [os.path.join(folder, split) for folder in folders for split in SPLITS]
    captures: dict[str, str] = {}
    for path in [top, *(path for folder in folders for path in _subfolders(folder))]:
        if _is_capture(path):
            captures.setdefault(os.path.basename(path), path)
    for video_id, path in sorted(captures.items()):
        yield Registration(video_id, "arkitscenes", path)


def prepare(registration: Registration) -> None:
    """Nothing needs to be made; raises `SourceError` for an option that does not exist."""
    options.only(registration, OPTIONS)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """The frames, upright, in order of time; an image without a pose is none.

    Raises:
        SourceError: a folder or the trajectory is missing or broken, or no image has a pose.
    """
    folder = _frames_folder(root_of(registration))
    every = options.whole_number(registration, "every", 1)
    pose_times, poses = _trajectory(registration, folder)
    color = _color(registration, folder, pose_times)
    images, depths = _images(registration, folder, color), files_by_time(folder / DEPTH, ".png")
    cameras = {color, DEPTH_CAMERA} if depths else {color}
    pincams = {stream: _pincams(registration, folder, stream) for stream in cameras}
    pose_of, depth_of = nearest(pose_times, list(images)), nearest(list(depths), list(images))
    with_pose = np.flatnonzero(pose_of >= 0)[::every]
    if not with_pose.size:
        raise SourceError(
            f"scene {registration.scene_id}: {folder / TRAJECTORY}: none of its poses is at the time of an image of "
            f"{color}/; they are of different captures, or incomplete: download them again",
            folder / TRAJECTORY,
        )
    image_items, depth_items = list(images.items()), list(depths.items())
    entries, sizes, depth_sizes = [], {}, {}
    for index in with_pose:
        (time, image), pose = image_items[index], poses[pose_of[index]]
        frame_id = f"{time / 1000:012.3f}"
        try:
            if is_lost(pose):
                raise ValueError(f"{TRAJECTORY}: at {time / 1000:.3f} s {pose_problem(pose)}")
            if depths and depth_of[index] < 0:
                raise ValueError(f"{DEPTH}/: no image is of the time of {color}/{image.name}")
            sizes[frame_id], intrinsics = read_pincam(pincams[color], color, image, time)
            depth_sizes[frame_id], depth, depth_intrinsics = sizes[frame_id], None, None
            if depths:
                depth_time, depth = depth_items[depth_of[index]]
                if color != DEPTH_CAMERA:
                    camera = pincams[DEPTH_CAMERA], DEPTH_CAMERA
                    depth_sizes[frame_id], depth_intrinsics = read_pincam(*camera, depth, depth_time)
        except ValueError as error:
            entries.append(FrameEntry(frame_id, problem=str(error), lost=is_lost(pose)))
            continue
        entries.append(
            FrameEntry(
                frame_id=frame_id,
                image=str(image),
                depth=None if depth is None else str(depth),
                intrinsics=intrinsics,
                depth_intrinsics=depth_intrinsics,
                world_from_camera=tuple(pose.ravel().tolist()),
                timestamp=time / 1000,
                depth_scale=DEPTH_SCALE,
            )
        )
    return upright(entries, sizes, depth_sizes)


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The annotated boxes; None without an annotation, or where the annotators have skipped the capture.

    Raises:
        SourceError: the annotation or an object in it is broken.
    """
    path = _annotation_file(root_of(registration))
    objects = read_annotations(path, registration.scene_id) if path.exists() else None
    if objects is None:
        return None
    return boxes_table(registration.scene_id, path, objects, registration.metric is not False)


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Annotated, if the capture was; lifted, if it has depth. A broken annotation counts: its error shall be seen."""
    try:
        annotated = read_boxes(registration) is not None
    except SourceError:
        annotated = True
    lifted = (_frames_folder(Path(registration.root)) / DEPTH).is_dir()
    found = {"annotated": annotated, "lifted": lifted}
    return tuple(origin for origin, there in found.items() if there) or ("annotated",)


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and times of change of the streams that may be read, and of the annotation."""
    root = root_of(registration)
    folder, color = _frames_folder(root), _color_option(registration)
    streams = {DEPTH_CAMERA, *(COLORS if color == "auto" else (color,))}
    files = [folder / TRAJECTORY, *files_by_time(folder / DEPTH, ".png").values()]
    for stream in sorted(streams):
        files += files_by_time(folder / stream, ".png").values()
        files += files_by_time(folder / f"{stream}_intrinsics", ".pincam").values()
    return {"frames": stat_hash(root, files), "boxes": stat_hash(root, [_annotation_file(root)])}


def findings(registration: Registration) -> list[Finding]:
    """What is missing of the capture as a whole, and images of another size than their intrinsics are for."""
    root = Path(registration.root)
    folder, color = _frames_folder(root), registration.options.get("color", DEPTH_CAMERA)
    color = color if color in COLORS else DEPTH_CAMERA
    needed = {
        folder / color: "the colour images",
        folder / f"{color}_intrinsics": "the intrinsics of the colour images",
        folder / TRAJECTORY: "the poses",
        folder / DEPTH: "the depth images, without which nothing can be hidden behind anything",
    }
    if color != DEPTH_CAMERA:
        needed[folder / f"{DEPTH_CAMERA}_intrinsics"] = "the intrinsics of the depth images"
    if folder != root:  # 3dod is the release of the annotated captures
        needed[_annotation_file(root)] = "the annotated boxes"
    found = [
        Finding(str(path), f"is missing; it holds {what}; download it again", PAGE)
        for path, what in needed.items()
        if not path.exists()
    ]
    for stream, camera in ((color, color), (DEPTH, DEPTH_CAMERA)):
        found += _odd_size(folder, stream, camera)
    return found


def _odd_size(folder: Path, stream: str, camera: str) -> list[Finding]:
    """The first image of a stream, if it does not have the size that its intrinsics are for."""
    pincams = files_by_time(folder / f"{camera}_intrinsics", ".pincam")
    for time, path in files_by_time(folder / stream, ".png").items():
        try:
            size, _ = read_pincam(pincams, camera, path, time)
            with Image.open(path) as header:
                found = header.size
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            continue  # named where the frame is listed or read
        if found == size:
            return []
        told = f"is {found[0]}x{found[1]} pixels, but its intrinsics are for {size[0]}x{size[1]}; download both again"
        return [Finding(str(path), told, PAGE)]
    return []


def _trajectory(registration: Registration, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    path = folder / TRAJECTORY
    try:
        return read_trajectory(path)
    except ValueError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: {error}; download it again", path) from None


def _color_option(registration: Registration) -> str:
    return options.choice(registration, "color", ("auto", *reversed(COLORS)), DEPTH_CAMERA)


def _color(registration: Registration, folder: Path, pose_times: np.ndarray) -> str:
    """The colour stream that the options choose."""
    color = _color_option(registration)
    if color != "auto":
        return color
    depth_times = list(files_by_time(folder / DEPTH, ".png"))
    frames = {}
    for stream in COLORS:
        times = list(files_by_time(folder / stream, ".png"))
        joined = nearest(pose_times, times) >= 0
        frames[stream] = int((joined & (nearest(depth_times, times) >= 0)).sum() if depth_times else joined.sum())
    best = max(frames.values())
    return next(stream for stream in COLORS if frames[stream] >= AUTO_SHARE * best) if best else DEPTH_CAMERA


def _images(registration: Registration, folder: Path, stream: str) -> Files:
    if images := files_by_time(folder / stream, ".png"):
        return images
    there = [name for name in COLORS if (folder / name).is_dir()]
    advice = f"option color can be {' or '.join(there)} here" if there else "download the capture again"
    raise SourceError(
        f"scene {registration.scene_id}: {folder / stream}: holds no image <id>_<seconds>.png; {advice}",
        folder / stream,
    )


def _pincams(registration: Registration, folder: Path, stream: str) -> Files:
    path = folder / f"{stream}_intrinsics"
    if pincams := files_by_time(path, ".pincam"):
        return pincams
    raise SourceError(
        f"scene {registration.scene_id}: {path}: holds no intrinsics <id>_<seconds>.pincam; download them again", path
    )


def _frames_folder(root: Path) -> Path:
    """The folder of the streams: `<id>_frames` in 3dod, the capture's own in raw."""
    inner = root / f"{root.name}_frames"
    return inner if inner.is_dir() else root


def _annotation_file(root: Path) -> Path:
    return root / f"{root.name}_3dod_annotation.json"


def _is_capture(path: str) -> bool:
    """Whether a folder is called as captures are, by a number, and has its streams."""
    name = os.path.basename(path)
    marks = (f"{name}_frames", "lowres_wide", TRAJECTORY)
    return name.isdigit() and any(os.path.exists(os.path.join(path, mark)) for mark in marks)


def _subfolders(folder: str) -> list[str]:
    try:
        return sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    except OSError:
        return []
