"""Frames in files of their own: as ScanNet's exporter writes them, or as converters do (`posed_images`).

What does not belong here: the container that they are exported from (`container.py`), and their world.
"""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.sources.folders import listing, pinhole, read_matrix
from resources.sources.layouts.scannet.frame_list import NumberedFrame, spaced
from resources.sources.registration import Registration, SourceError

MILLIMETRES = 1000.0
"""Stored depth a metre: exporters keep the container's values, which are millimetres in all scans."""


@dataclass(frozen=True)
class Export:
    """Where a form of single files keeps them, below its folder. Images and poses are named by the frame's number.

    Attributes:
        color, depth, pose: folders; empty for the form's own.
        color_suffixes: of colour images, which stand beside depth images in some forms.
        color_intrinsics, depth_intrinsics: files.
        extrinsics: files that should hold the identity, where they are there.
    """

    color: str
    depth: str
    pose: str
    color_suffixes: tuple[str, ...]
    color_intrinsics: str
    depth_intrinsics: str
    extrinsics: tuple[str, ...] = ()


OFFICIAL = Export(
    *("color", "depth", "pose"),
    color_suffixes=(".jpg", ".jpeg", ".png"),
    color_intrinsics="intrinsic/intrinsic_color.txt",
    depth_intrinsics="intrinsic/intrinsic_depth.txt",
    extrinsics=("intrinsic/extrinsic_color.txt", "intrinsic/extrinsic_depth.txt"),
)
CONVERTED = Export("", "", "", (".jpg", ".jpeg"), "intrinsic.txt", "depth_intrinsic.txt")

DEPTH_SUFFIXES, POSE_SUFFIXES = (".png",), (".txt",)

Numbered = dict[int, list[Path]]
"""Frame number -> its files, of which there should be one."""


def depth_images(folder: Path, export: Export) -> Numbered:
    """The depth images of a folder; none where colour alone was exported."""
    return _numbered(folder / export.depth, DEPTH_SUFFIXES)


def shared_fields(registration: Registration, folder: Path, export: Export) -> dict[str, Any]:
    """The fields of `FrameEntry` that all frames share.

    Raises:
        SourceError: a file of intrinsics is missing or broken.
    """
    depth = depth_images(folder, export)
    return {
        "intrinsics": _intrinsics(registration, folder / export.color_intrinsics, "colour"),
        "depth_intrinsics": _intrinsics(registration, folder / export.depth_intrinsics, "depth") if depth else None,
        "depth_scale": registration.depth_scale or MILLIMETRES,
    }


def exported_frames(folder: Path, export: Export, every: int) -> list[NumberedFrame]:
    """One frame in `every`; those that lack a file, or have two of a kind, with their problem."""
    color, depth, pose = kinds = _kinds(folder, export)
    frames = []
    for number in spaced(chain(*kinds), every):
        try:
            frames.append(_frame(number, folder, export, color, depth, pose))
        except ValueError as error:
            frames.append(NumberedFrame(number, problem=str(error)))
    return frames


def files(folder: Path, export: Export, every: int) -> list[Path]:
    """The files that make these frames."""
    kinds = _kinds(folder, export)
    images = [path for number in spaced(chain(*kinds), every) for kind in kinds for path in kind.get(number, ())]
    return [*images, folder / export.color_intrinsics, folder / export.depth_intrinsics]


def _kinds(folder: Path, export: Export) -> tuple[Numbered, Numbered, Numbered]:
    color = _numbered(folder / export.color, export.color_suffixes)
    return color, depth_images(folder, export), _numbered(folder / export.pose, POSE_SUFFIXES)


def _numbered(folder: Path, suffixes: tuple[str, ...]) -> Numbered:
    found: Numbered = {}
    for path in listing(folder, suffixes):
        if path.stem.isdecimal():
            found.setdefault(int(path.stem), []).append(path)
    return found


def _frame(
    number: int, folder: Path, export: Export, color: Numbered, depth: Numbered, pose: Numbered
) -> NumberedFrame:
    """One frame, its pose read.

    Raises:
        ValueError: a file is missing, broken, or there are two of it; the message names it, from the folder on.
    """
    stem = next(kind[number][0].stem for kind in (color, depth, pose) if number in kind)
    missing = {"color": f"{stem}{export.color_suffixes[0]}", "depth": f"{stem}.png", "pose": f"{stem}.txt"}

    def only(kind: str, found: Numbered) -> Path:
        paths = found.get(number, [])
        if not paths:
            raise ValueError(f"{folder.name}/{Path(getattr(export, kind), missing[kind])}: the file is missing")
        if len(paths) > 1:
            raise ValueError(f"{_short(paths[0], folder)}: there is also {paths[1].name}; keep one")
        return paths[0]

    images = {"image": str(only("color", color)), "depth": str(only("depth", depth)) if depth else None}
    path = only("pose", pose)
    return NumberedFrame(number, images, _pose(path, folder), _short(path, folder))


def _pose(path: Path, folder: Path) -> NDArray[np.float64]:
    try:
        return read_matrix(path, shapes=((4, 4),))
    except ValueError as error:
        raise ValueError(f"{_short(path, folder)}: {error}") from None


def _short(path: Path, folder: Path) -> str:
    """A file's name from its scan's folder on."""
    return str(path.relative_to(folder.parent))


def _intrinsics(registration: Registration, path: Path, of: str) -> tuple[float, ...]:
    try:
        return pinhole(read_matrix(path, shapes=((3, 3), (4, 4))))
    except ValueError as error:
        reason = f"{error}; it holds the intrinsics of the {of} images (4x4, pixels): export it again"
        if not path.exists():
            reason = f"the file is missing; it holds the intrinsics of the {of} images: export it again"
        raise SourceError(f"scene {registration.scene_id}: {path}: {reason}", path) from None
