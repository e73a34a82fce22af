"""Hypersim: rendered rooms, as the owners' download script unpacks them.

    ai_VVV_NNN/_detail/metadata_scene.csv                      metres per asset unit
    ai_VVV_NNN/_detail/cam_XX/camera_keyframe_{orientations,positions}.hdf5
    ai_VVV_NNN/_detail/mesh/metadata_semantic_instance_bounding_box_object_aligned_2d_*.hdf5
    ai_VVV_NNN/images/scene_cam_XX_final_hdf5/frame.IIII.color.hdf5             linear light
    ai_VVV_NNN/images/scene_cam_XX_final_preview/frame.IIII.tonemap.jpg         the same as a picture; may be absent
    ai_VVV_NNN/images/scene_cam_XX_geometry_hdf5/frame.IIII.{depth_meters,render_entity_id}.hdf5

Two things are in the owners' code repository, not in the download: `metadata_camera_parameters.csv`, without which
there is no camera, and `mesh_objects_{si,sii}.hdf5` of each scene, without which boxes have no names. `files.py` says
where they are looked for. A scene here is one camera's walk through a scene of the dataset; its boxes are those of the
whole room.

Options: `camera` (`cam_00`), `color` (`hdf5`: light, tone-mapped on reading as the owners do; `preview`: their JPEG;
`auto`, the default: light where it was downloaded), `camera_parameters` (where that file is), `repository` (a clone of
the owners' repository). What does not belong here: reading images (`stored_images/kinds/hypersim_*.py`).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.hdf5_files import Hdf5Error, read_dataset
from resources.sources import options
from resources.sources.findings import Finding
from resources.sources.folders import root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.hypersim import boxes, cameras
from resources.sources.layouts.hypersim.cameras import SceneCamera
from resources.sources.layouts.hypersim.files import DEPTH, OPTIONS, PAGE, SceneFiles, files_of
from resources.sources.registration import Registration, SourceError
from resources.stored_images import reference

__all__ = ["OPTIONS", "PAGE", "discover", "findings", "frame_entries", "prepare", "read_boxes", "signature"]

LICENSE = "CC BY-SA 3.0"
"""Of the dataset, by its README."""

SCENE_NAME = re.compile(r"ai_\d{3}_\d{3}")
CAMERA_FOLDER = re.compile(r"scene_(cam_\d{2,})_(?:final_hdf5|final_preview|geometry_hdf5)")

DEPTH_SCALE = 1.0
"""`hypersim_depth` gives metres."""


def discover(root: str) -> Iterator[Registration]:
    """One scene for each camera that has images, of the scenes in a folder or of the one that is the folder."""
    top = os.path.abspath(root)
    names = [""] if SCENE_NAME.fullmatch(os.path.basename(top)) else filter(SCENE_NAME.fullmatch, _names(top))
    for name in sorted(names):
        scene = os.path.join(top, name) if name else top
        folders = map(CAMERA_FOLDER.fullmatch, _names(os.path.join(scene, "images")))
        for camera in sorted({found[1] for found in folders if found}):
            yield Registration(f"{os.path.basename(scene)}-{camera}", "hypersim", scene, options={"camera": camera})


def prepare(registration: Registration) -> None:
    """Nothing needs to be made.

    Raises:
        SourceError: an option does not exist, or the scene's camera is missing or no pinhole.
    """
    options.only(registration, OPTIONS)
    cameras.read_camera(registration, files_of(registration))


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """The frames that have an image, in order of their numbers; the owners left out some (people, logos).

    Raises:
        SourceError: there is no image; or camera, poses or scale are missing or broken.
    """
    root, files = root_of(registration), files_of(registration)
    camera = cameras.read_camera(registration, files)
    poses = cameras.read_poses(registration, files, camera)
    if not files.color_frames:
        raise SourceError(
            f"scene {registration.scene_id}: {files.color_folder}: holds no frame.IIII{files.color_suffix}; download "
            f"the images, or choose others by option color ({PAGE})",
            files.color_folder,
        )
    entries = []
    for frame in sorted(files.color_frames | files.depth_frames):
        if problem := _problem(root, files, poses, frame):
            entries.append(FrameEntry(frame, problem=problem, lost=int(frame) in poses and is_lost(poses[int(frame)])))
            continue
        entries.append(
            FrameEntry(
                frame_id=frame,
                image=_image(files, camera, frame),
                depth=_depth(files, camera, frame) if files.depth_frames else None,
                intrinsics=camera.intrinsics,
                world_from_camera=tuple(nearest_rigid(poses[int(frame)]).ravel().tolist()),
                depth_scale=DEPTH_SCALE,
            )
        )
    return entries


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The boxes of the dataset's semantic instances; None where none of their files was downloaded.

    Raises:
        SourceError: some of their files are missing or broken, or one of the boxes is.
    """
    root_of(registration)
    files = files_of(registration)
    if not any(path.exists() for path in files.boxes):
        return None
    return boxes.read_boxes(registration, files, cameras.meters_per_asset_unit(registration, files))


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Annotated, if a file of boxes is there; lifted, if there is depth."""
    files = files_of(registration)
    found = {"annotated": any(path.exists() for path in files.boxes), "lifted": bool(files.depth_frames)}
    return tuple(origin for origin, there in found.items() if there) or ("annotated",)


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and times of change of the camera's files, and of the boxes'."""
    root, files = root_of(registration), files_of(registration)
    read = [files.camera_parameters, files.scale, files.orientations, files.positions, files.frame_numbers]
    read += map(files.color_file, sorted(files.color_frames))
    read += map(files.depth_file, sorted(files.depth_frames))
    read += map(files.entity_file, sorted(files.entity_frames))
    return {
        "frames": stat_hash(root, read),
        "boxes": stat_hash(root, [files.scale, *files.boxes, *files.classes]),
    }


def findings(registration: Registration) -> list[Finding]:
    """All files of the scene, but for those of single frames, that are missing or cannot be read."""
    try:
        files = files_of(registration)
    except SourceError as error:
        return [Finding.of_error(error, registration, PAGE)]
    small = cameras.arrays(files) | boxes.arrays(files)
    needed = {files.camera_parameters: "the cameras", files.scale: "the metres of an asset unit"}
    needed |= {path: what for path, (_, _, what) in small.items()}
    found = []
    for path, what in needed.items():
        if not path.exists():
            found.append(Finding(str(path), f"the file is missing; it holds {what}", PAGE))
        elif path in small:
            shape, numbers, _ = small[path]
            try:
                read_dataset(path, shape, numbers)
            except Hdf5Error as error:
                found.append(Finding(str(path), str(error), PAGE))
    if not files.color_frames:
        told = f"holds no frame.IIII{files.color_suffix}: the pictures"
        found.append(Finding(str(files.color_folder), told, PAGE))
    if not files.depth_frames:
        told = f"holds no frame.IIII{DEPTH}: the depth, without which nothing can be hidden behind anything"
        found.append(Finding(str(files.geometry_folder), told, PAGE))
    return found


def _problem(root: Path, files: SceneFiles, poses: dict[int, NDArray[np.float64]], frame: str) -> str:
    """Why a frame cannot be used, in words; empty if it can."""
    needed = {files.color_file(frame): frame in files.color_frames}
    if files.depth_frames:
        needed[files.depth_file(frame)] = frame in files.depth_frames
    if files.reads_light:  # its rendered pixels set the exposure of the picture
        needed[files.entity_file(frame)] = frame in files.entity_frames
    for path, there in needed.items():
        if not there:
            return f"{os.path.relpath(path, root)}: the file is missing"
    if int(frame) not in poses:
        return f"{os.path.relpath(files.positions, root)}: has no pose for frame {frame}"
    problem = pose_problem(poses[int(frame)])
    return f"{os.path.relpath(files.orientations, root)}: frame {frame}: {problem}" if problem else ""


def _image(files: SceneFiles, camera: SceneCamera, frame: str) -> str:
    if not files.reads_light:
        return str(files.color_file(frame))
    entities = files.entity_file(frame)
    return reference(
        str(files.color_file(frame)), "hypersim_color", width=camera.width, height=camera.height, entities=entities
    )


def _depth(files: SceneFiles, camera: SceneCamera, frame: str) -> str:
    fx, fy, cx, cy = map(repr, camera.intrinsics)  # with all digits
    return reference(
        str(files.depth_file(frame)),
        "hypersim_depth",
        **{"width": camera.width, "height": camera.height, "fx": fx, "fy": fy, "cx": cx, "cy": cy},
    )


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
