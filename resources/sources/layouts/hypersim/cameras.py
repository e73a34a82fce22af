"""Hypersim's cameras: one for a scene, from a matrix that takes pixels to rays, and one pose for a frame.

Many scenes were photographed with a tilted or shifted lens. A tilted image plane is still the image of a pinhole: seen
in axes that are square to it, which is how the camera is given here. Only where rows and columns of the image are not
at right angles to each other is there no such camera, and the scene is refused. What does not belong here: images.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resources.hdf5_files import Hdf5Error, Shape, read_dataset
from resources.sources.layouts.hypersim.files import PAGE, SceneFiles
from resources.sources.registration import Registration, SourceError

MAX_CSV_BYTES = 16 << 20
"""The cameras of all scenes take 0.3 MB."""

KEPT_CSV_FILES = 4

SIZE = ("settings_output_img_width", "settings_output_img_height")
RAY_FROM_UV = tuple(f"M_cam_from_uv_{row}{column}" for row in range(3) for column in range(3))
SCALE = "meters_per_asset_unit"

MAX_SKEW_PX = 0.05
"""How far a pixel at the edge may be from where a pinhole has it. 30 of 482 scenes are off by more, from 0.1 px to
7.3 px; all others by less than 0.04 px."""

MAX_SIDE_PX = 1 << 16


@dataclass(frozen=True)
class SceneCamera:
    """What the frames of a scene share.

    Attributes:
        width, height: pixels.
        intrinsics: fx, fy, cx, cy, pixels; a pixel's centre is an integer.
        rig_from_camera: `(3, 3)` from OpenCV axes square to the image to the axes of the pose files (x right, y up, z
            back, before the lens was tilted).
    """

    width: int
    height: int
    intrinsics: tuple[float, float, float, float]
    rig_from_camera: NDArray[np.float64]


def arrays(files: SceneFiles) -> dict[Path, tuple[Shape, str, str]]:
    """Shape and numbers of the small arrays that are read here, and what they are."""
    return {
        files.orientations: ((None, 3, 3), "f", "the orientations of the camera"),
        files.positions: ((None, 3), "f", "the positions of the camera"),
    }


def read_camera(registration: Registration, files: SceneFiles) -> SceneCamera:
    """The camera of a scene.

    Raises:
        SourceError: the file of cameras is missing or broken or lacks the scene; or the camera is no pinhole.
    """
    path, name = files.camera_parameters, files.root.name
    where = f"scene {registration.scene_id}: {path}"
    row = _csv_rows(registration, path, "the cameras").get(name)
    if row is None:
        raise SourceError(f"{where}: has no scene {name}; the scene's folder must be called as in the dataset", path)
    try:
        width, height = (int(float(row[column])) for column in SIZE)
        rig_from_uv = np.array([float(row[column]) for column in RAY_FROM_UV]).reshape(3, 3)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{where}: the row of {name} lacks the image size or a number of M_cam_from_uv ({error}); get the file "
            f"again ({PAGE})",
            path,
        ) from None
    if not (min(width, height) > 0 and max(width, height) <= MAX_SIDE_PX and np.isfinite(rig_from_uv).all()):
        raise SourceError(f"{where}: the camera of {name} has an image size or matrix that is none", path)
    try:
        intrinsics, rig_from_camera = pinhole_of(rig_from_uv, width, height)
    except ValueError as error:
        raise SourceError(f"{where}: the camera of {name} is no pinhole: {error}; leave this scene out", path) from None
    return SceneCamera(width, height, intrinsics, rig_from_camera)


def pinhole_of(
    rig_from_uv: NDArray[np.float64], width: int, height: int
) -> tuple[tuple[float, float, float, float], NDArray[np.float64]]:
    """fx, fy, cx, cy and `rig_from_camera` `(3, 3)` of the camera whose rays are `rig_from_uv @ (u, v, 1)`.

    u to the right and v up run over the image from -1 to 1. The points of the rays form a plane: two of its directions,
    from a pixel to the next and from a row to the next, and the normal are the camera's axes. This is the split of a
    projection matrix into intrinsics and a rotation (Hartley and Zisserman, Multiple View Geometry, 2nd ed., 6.2.4).

    Raises:
        ValueError: the directions are not at right angles, the image is mirrored, or the camera does not look at it.
    """
    uv_from_pixel = np.array([[2 / width, 0, 1 / width - 1], [0, -2 / height, 1 - 1 / height], [0, 0, 1]])
    along, down, corner = (rig_from_uv @ uv_from_pixel).T
    normal = np.cross(along, down)
    if not np.linalg.norm(normal) > 0:
        raise ValueError("its rays do not span an image")
    z = normal / np.linalg.norm(normal)
    x = along / np.linalg.norm(along)
    y = np.cross(z, x)
    if not corner @ z > 0:
        raise ValueError("its image is mirrored")
    step_x, step_y, distance = along @ x, down @ y, corner @ z
    skew = abs(down @ x) / step_x * height / 2
    if skew > MAX_SKEW_PX:
        raise ValueError(
            f"its tilted lens shears the image, so that rows and columns are not at right angles (up to {skew:.2g} "
            f"pixels off; at most {MAX_SKEW_PX:g} passes)"
        )
    middle_row = corner + down * (height - 1) / 2  # where what little shear there is shall be none
    intrinsics = (distance / step_x, distance / step_y, -(middle_row @ x) / step_x, -(corner @ y) / step_y)
    fx, fy, cx, cy = (float(value) for value in intrinsics)
    if not (0 < cx < width and 0 < cy < height):
        raise ValueError(
            f"its lens is tilted so far that the optical axis ({cx:.0f}, {cy:.0f}) is outside of the {width}x{height} "
            "image"
        )
    return (fx, fy, cx, cy), np.stack([x, y, z], axis=1)


def read_poses(registration: Registration, files: SceneFiles, camera: SceneCamera) -> dict[int, NDArray[np.float64]]:
    """`world_from_camera` `(4, 4)`, metres, by the number of the frame; they may hold NaN.

    Raises:
        SourceError: poses or scale are missing or broken, or contradict each other.
    """
    scale = meters_per_asset_unit(registration, files)
    try:
        orientations, positions = (read_dataset(path, *how[:2]) for path, how in arrays(files).items())
        numbers = np.arange(len(positions))
        if files.frame_numbers.exists():
            numbers = read_dataset(files.frame_numbers, (None,), "i")
    except Hdf5Error as error:
        path = next((path for path in arrays(files) if str(error).startswith(f"{path}:")), files.frame_numbers)
        raise SourceError(f"scene {registration.scene_id}: {error} ({PAGE})", path) from None
    if not len(orientations) == len(positions) == len(numbers):
        counts = f"{len(orientations)} orientations, {len(positions)} positions, {len(numbers)} frame numbers"
        raise SourceError(
            f"scene {registration.scene_id}: {files.positions}: the files of the poses contradict each other "
            f"({counts}); download them again ({PAGE})",
            files.positions,
        )
    poses = np.tile(np.eye(4), (len(positions), 1, 1))
    poses[:, :3, :3] = orientations @ camera.rig_from_camera
    poses[:, :3, 3] = positions * scale
    return dict(zip(numbers.tolist(), poses, strict=True))


def meters_per_asset_unit(registration: Registration, files: SceneFiles) -> float:
    """The length of the scene's unit, in which positions and boxes are given.

    Raises:
        SourceError: the file is missing, or holds no such number.
    """
    row = _csv_rows(registration, files.scale, "the metres of an asset unit").get(SCALE, {})
    text = row.get("parameter_value") or ""
    try:
        scale = float(text)
    except ValueError:
        scale = np.nan
    if not (np.isfinite(scale) and scale > 0):
        raise SourceError(
            f"scene {registration.scene_id}: {files.scale}: has no positive {SCALE}; get the file again ({PAGE})",
            files.scale,
        )
    return scale


def _csv_rows(registration: Registration, path: Path, holds: str) -> dict[str, dict[str, str]]:
    """The rows of a table by their first column; raises `SourceError` if it is missing or no table."""
    try:
        stat = path.stat()
        if stat.st_size > MAX_CSV_BYTES:
            raise ValueError(f"has more than {MAX_CSV_BYTES >> 20} MiB")
        return _parsed_csv(str(path), stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        problem = f"the file is missing; it holds {holds} and is to be had at {PAGE}"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except (ValueError, csv.Error) as error:
        problem = f"is no table of comma-separated values ({error}); get it again ({PAGE})"
    raise SourceError(f"scene {registration.scene_id}: {path}: {problem}", path)


@lru_cache(maxsize=KEPT_CSV_FILES)
def _parsed_csv(path: str, mtime_ns: int, size: int) -> dict[str, dict[str, str]]:
    """The rows, parsed once for all scenes of a dataset, and again when the file has changed."""
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {row[0]: dict(zip(header, row, strict=False)) for row in rows if row}
