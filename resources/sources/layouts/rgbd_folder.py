"""A folder of posed RGB-D frames, in the layout of ScanNet's exported frames.

    color/<frame>.jpg|jpeg|png      8-bit colour
    depth/<frame>.png|tif|tiff      16-bit, millimetres unless `depth_scale` says otherwise; the folder may be absent
    pose/<frame>.txt                4x4, camera to world, OpenCV camera axes, world Z up
    intrinsic/intrinsic_color.txt   3x3 or 4x4, pixels (or intrinsic/intrinsic.txt, or intrinsic.txt)
    intrinsic/intrinsic_depth.txt   if the depth camera has its own
    objects.json                    [{"id", "label", "obb": [cx, cy, cz, xl, yl, zl, roll, pitch, yaw]}]; may be absent
    recognitions.json               {"<frame>": [{"box_2d", "label"}]}, recorded answers of Gemini; may be absent

Nothing is copied or resized. Options: `gravity_aligned` (true or false; default true).
What does not belong here: reading and judging the images (`frame_files.py`), and other layouts.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.sources.box_file import read_box_file
from resources.sources.folders import listing, pinhole, read_matrix, root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.options import flag
from resources.sources.registration import Registration, SourceError, valid_scene_id

COLOR_SUFFIXES = (".jpg", ".jpeg", ".png")
DEPTH_SUFFIXES = (".png", ".tif", ".tiff")
POSE_SUFFIXES = (".txt",)
COLOR_INTRINSICS = ("intrinsic/intrinsic_color.txt", "intrinsic/intrinsic.txt", "intrinsic.txt")
DEPTH_INTRINSICS = ("intrinsic/intrinsic_depth.txt",)
BOX_FILE = "objects.json"
RECOGNITION_FILE = "recognitions.json"

FRAME_DIGITS = 6
"""Numbers in file names are padded to this many digits, where without padding they do not sort in order."""


def discover(root: str) -> Iterator[Registration]:
    """The folder itself, or those in it, that have `color/` and `pose/`."""
    if _is_scene(Path(root)):
        yield _found(Path(root))
        return
    for name in sorted(os.listdir(root)):
        if _is_scene(folder := Path(root) / name):
            yield _found(folder)


def is_gravity_aligned(registration: Registration) -> bool:
    """True, unless the option `gravity_aligned` says that world Z is not up."""
    return flag(registration, "gravity_aligned", True)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """All frames of the folder, in the order of capture; poses are read, images are not.

    A frame that lacks a file, or whose pose is no rigid transform, is listed with its problem.

    Raises:
        SourceError: the folder, `color/`, `pose/` or the intrinsics are missing, or the intrinsics are broken.
    """
    root = root_of(registration)
    for needed in ("color", "pose"):
        if not (root / needed).is_dir():
            raise SourceError(
                f"scene {registration.scene_id}: {root} has no folder {needed}/; an RGB-D folder has color/, pose/, "
                "intrinsic/ and, where there are any, depth/ and objects.json"
            )
    color, pose = _by_stem(root / "color", COLOR_SUFFIXES), _by_stem(root / "pose", POSE_SUFFIXES)
    depth = _by_stem(root / "depth", DEPTH_SUFFIXES) if (root / "depth").is_dir() else None
    shared = {
        "intrinsics": _intrinsics(registration, root, COLOR_INTRINSICS),
        "depth_intrinsics": _intrinsics(registration, root, DEPTH_INTRINSICS, required=False),
    }
    names = _frame_ids({*color, *pose, *(depth or {})})
    return [
        FrameEntry(frame_id=name, **_files(stem, color, depth, pose), **shared)
        for stem, name in sorted(names.items(), key=lambda item: item[1])
    ]


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The `scene_boxes` table; None without `objects.json`.

    Raises:
        SourceError: the folder is missing, or the file or a box in it is broken.
    """
    path = root_of(registration) / BOX_FILE
    if not path.exists():
        return None
    return read_box_file(path, registration.scene_id, registration.metric is not False)


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Where boxes may come from: `objects.json`, if it is there; and what is recognised, if depth is there to lift it.

    A folder without either is taken as one whose `objects.json` is missing.
    """
    root = Path(registration.root)
    found = {"annotated": (root / BOX_FILE).exists(), "lifted": (root / "depth").is_dir()}
    return tuple(origin for origin, there in found.items() if there) or ("annotated",)


def recorded_recognitions(registration: Registration) -> str | None:
    """The file of recorded recognitions, `recognitions.json`; None if there is none."""
    path = root_of(registration) / RECOGNITION_FILE
    return str(path) if path.exists() else None


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and modification times of the files that make the frames, and of the other two files."""
    root = root_of(registration)
    folders = {"color": COLOR_SUFFIXES, "depth": DEPTH_SUFFIXES, "pose": POSE_SUFFIXES}
    frames = [path for name, suffixes in folders.items() for path in listing(root / name, suffixes)]
    frames += [root / name for name in (*COLOR_INTRINSICS, *DEPTH_INTRINSICS)]
    return {
        "frames": stat_hash(root, frames),
        "boxes": stat_hash(root, [root / BOX_FILE]),
        "recognitions": stat_hash(root, [root / RECOGNITION_FILE]),
    }


def _is_scene(folder: Path) -> bool:
    return (folder / "color").is_dir() and (folder / "pose").is_dir()


def _found(folder: Path) -> Registration:
    return Registration(valid_scene_id(folder.name), Path(__file__).stem, str(folder))


def _by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in listing(folder, suffixes):
        found.setdefault(path.stem, []).append(path)
    return found


def _frame_ids(stems: set[str]) -> dict[str, str]:
    """Stem -> frame id: the stem itself, or, where stems do not sort as their numbers, with its numbers padded."""

    def padded(stem: str) -> str:
        return re.sub(r"\d+", lambda number: number[0].zfill(FRAME_DIGITS), stem)

    in_order = sorted(stems)
    ids = {stem: padded(stem) for stem in in_order}
    if in_order == sorted(in_order, key=padded) or len(set(ids.values())) < len(ids):
        return {stem: stem for stem in in_order}
    return ids


def _files(
    stem: str, color: dict[str, list[Path]], depth: dict[str, list[Path]] | None, pose: dict[str, list[Path]]
) -> dict:
    """The fields of a `FrameEntry` that come from one frame's files: either all, or the problem."""
    folders = (("color", COLOR_SUFFIXES, color), ("depth", DEPTH_SUFFIXES, depth), ("pose", POSE_SUFFIXES, pose))
    for folder, suffixes, files in folders:
        if files is None:
            continue
        found = files.get(stem, [])
        if not found:
            return {"problem": f"{folder}/{stem}{suffixes[0]}: the file is missing"}
        if len(found) > 1:
            return {"problem": f"{folder}/{found[0].name}: there is also {found[1].name}; keep one"}
    try:
        matrix = read_matrix(pose[stem][0], shapes=((4, 4),))
    except ValueError as error:
        return {"problem": f"pose/{pose[stem][0].name}: {error}"}
    if problem := pose_problem(matrix):
        return {"problem": f"pose/{pose[stem][0].name}: {problem}", "lost": is_lost(matrix)}
    return {
        "image": str(color[stem][0]),
        "depth": str(depth[stem][0]) if depth is not None else None,
        "world_from_camera": tuple(nearest_rigid(matrix).ravel().tolist()),
    }


def _intrinsics(
    registration: Registration, root: Path, candidates: tuple[str, ...], required: bool = True
) -> tuple[float, ...] | None:
    """fx, fy, cx, cy of the first of the files that exists; None if none does and none is required."""
    path = next((root / name for name in candidates if (root / name).exists()), None)
    if path is None:
        if required:
            raise SourceError(f"scene {registration.scene_id}: {root} has no intrinsics; add {candidates[0]} (4x4)")
        return None
    try:
        return pinhole(read_matrix(path, shapes=((3, 3), (4, 4))))
    except ValueError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: {error}", path) from None
