"""The frames of a scene, as EmbodiedScan's file lists them: order, poses, intrinsics, and what is wrong with them.

What does not belong here: where image files lie (`images.py`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.sources.folders import pinhole
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.embodiedscan.datasets import Dataset
from resources.sources.layouts.embodiedscan.images import Images, ListedPathError

Intrinsics = tuple[float, float, float, float]
"""fx, fy, cx, cy, pixels."""

SAME_INTRINSICS_PX = 1e-3
"""How far a scene's and an image's own intrinsics may differ, where both are given."""

MAX_FRAME_ID = 100
"""Characters of a frame's name: it becomes part of file names."""

SHOWN = 5
"""Images that a doubt about many of them names."""

_NUMBERS = re.compile(r"\d+\.\d+|\d+|\D+")


def entries(scene: Mapping[str, Any], images: Images) -> list[FrameEntry]:
    """The frames of a scene, in order of capture.

    Raises:
        ValueError: what all of them share is broken.
    """
    listed = _in_order(scene["images"], images.dataset)
    aligned = _alignment(scene)
    shared = {key: _listed_intrinsics(scene, key) for key in ("cam2img", "depth_cam2img")}
    found, paths = [], set()
    for frame_id, image in zip(_frame_ids(listed), listed, strict=True):
        path = image.get("img_path")
        if path in paths:
            found.append(FrameEntry(frame_id, problem=f"{path}: the pickle file lists the image twice"))
            continue
        paths.add(path)
        found.append(_entry(frame_id, image, images, aligned, shared))
    return found


def doubts(scene: Mapping[str, Any]) -> dict[str, str]:
    """Part of the file -> what contradicts itself there, though frames and boxes can be read.

    What an image is said to show is not read: visibility is computed. A position that no object has tells of a file
    whose objects were changed, so it is told, and costs no frame.
    """
    found = {}
    if "axis_align_matrix" not in scene:
        found["axis_align_matrix"] = "is missing; the poses are taken to be in the boxes' world already"
    count = len(scene.get("instances", ()))
    wrong = [
        str(image.get("img_path"))
        for image in scene["images"]
        if "visible_instance_ids" in image and not _are_positions(image["visible_instance_ids"], count)
    ]
    if wrong and "instances" in scene:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        found["visible_instance_ids"] = (
            f"there are {count} objects, but others are said to be seen in {', '.join(wrong[:SHOWN])}{more}; the boxes "
            "may be of another release of the file"
        )
    return found


def _are_positions(value: Any, count: int) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < count for item in value)


def _entry(
    frame_id: str,
    image: Mapping[str, Any],
    images: Images,
    aligned_from_global: NDArray[np.float64],
    shared: Mapping[str, Intrinsics | None],
) -> FrameEntry:
    try:
        color = images.file(image.get("img_path"))
        depth = images.file(image["depth_path"]) if "depth_path" in image else None
        global_from_camera = _matrix(image, "cam2global")
        if problem := pose_problem(global_from_camera):
            told = f"{image['img_path']}: {problem}"
            return FrameEntry(frame_id, problem=told, lost=is_lost(global_from_camera))
        intrinsics = _intrinsics(image, "cam2img", shared["cam2img"])
        depth_intrinsics = _intrinsics(image, "depth_cam2img", shared["depth_cam2img"])
        if intrinsics is None:
            raise ValueError("there is no cam2img, neither of the image nor of the scene")
    except ListedPathError as error:
        return FrameEntry(frame_id, problem=f"the pickle file lists a wrong path: {error}")
    except ValueError as error:
        return FrameEntry(frame_id, problem=f"{image['img_path']}: {error}")
    return FrameEntry(
        frame_id=frame_id,
        image=color.reference,
        depth=None if depth is None else depth.reference,
        intrinsics=intrinsics,
        depth_intrinsics=depth_intrinsics if depth_intrinsics != intrinsics else None,
        world_from_camera=tuple(nearest_rigid(aligned_from_global @ global_from_camera).ravel().tolist()),
        depth_scale=images.dataset.depth_scale,
    )


def _alignment(scene: Mapping[str, Any]) -> NDArray[np.float64]:
    """`aligned_from_global` `(4, 4)`; the identity where the file has none, as for the owners' own loader."""
    if "axis_align_matrix" not in scene:
        return np.eye(4)
    matrix = _matrix(scene, "axis_align_matrix")
    if problem := pose_problem(matrix):
        raise ValueError(problem.replace("the pose", "its axis_align_matrix", 1))
    return matrix


def _listed_intrinsics(holder: Mapping[str, Any], key: str) -> Intrinsics | None:
    """The intrinsics that a scene (or an image) has under a key; None if it has none."""
    if key not in holder:
        return None
    matrix = _matrix(holder, key)
    try:
        return pinhole(matrix)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _intrinsics(image: Mapping[str, Any], key: str, shared: Intrinsics | None) -> Intrinsics | None:
    """Those of an image: its own, or those of all images of the scene."""
    own = _listed_intrinsics(image, key)
    if own is None:
        return shared
    if shared is not None and not np.allclose(own, shared, rtol=0, atol=SAME_INTRINSICS_PX):
        raise ValueError(f"{key} of the image and of the scene are not the same")
    return own


def _matrix(holder: Mapping[str, Any], key: str) -> NDArray[np.float64]:
    """A `(4, 4)` matrix; for intrinsics `(3, 3)` will do."""
    try:
        matrix = np.array(holder.get(key), np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"its {key} is no matrix of numbers") from None
    if matrix.shape != (4, 4) and not (key.endswith("cam2img") and matrix.shape == (3, 3)):
        raise ValueError(f"its {key} is missing or no 4x4 matrix")
    return matrix


def _in_order(images: Sequence[Mapping[str, Any]], dataset: Dataset) -> list[Mapping[str, Any]]:
    """By name, numbers as numbers: all but Matterport3D's, whose names are hashes, count or date their images."""

    def key(image: Mapping[str, Any]) -> tuple:
        name = str(image.get("img_path", ""))
        if dataset.folder == "matterport3d":
            return (name,)
        return tuple((float(part), "") if part[0].isdigit() else (-1.0, part) for part in _NUMBERS.findall(name))

    return sorted(images, key=key)


def _frame_ids(images: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the images without what all have in common; counted, where these are not unique or in order."""
    names = [str(image.get("img_path", "")).rpartition("/")[2].rpartition(".")[0] for image in images]
    stems = [re.sub(r"[^A-Za-z0-9._-]", "_", name.removesuffix(".color"))[:MAX_FRAME_ID] for name in names]
    if stems == sorted(set(stems)):
        return stems
    return [f"{number:05d}_{stem}" for number, stem in enumerate(stems)]
