"""Matterport3D: buildings seen from tripods, of which each region (room) is a scene.

    [v1/scans/]<building>/undistorted_camera_parameters/<building>.conf   intrinsics and poses
                         /undistorted_color_images/<panorama>_i<camera>_<yaw>.jpg
                         /undistorted_depth_images/<panorama>_d<camera>_<yaw>.png   16 bits, 4000 a metre, 0 for none
                         /house_segmentations/<building>.house             regions, panoramas, objects

Unpacking leaves each of these folders at `<building>/<folder>`, or once more in a folder of the building's or bundle's
name; all are found. A scene has the panoramas and the objects of its region. World: metres, Z up. In a `.conf` file
cameras look along -z, y is up, and images have their origin at the bottom left: see `top_left_intrinsics`.

The label of an object is its raw category; `.house` writes spaces in it as `#`, which is undone. The third axis of a
box is the cross product of the two in the file; radii are half lengths. An object without a box (axes or radii of zero,
or radii of -1, where nothing was segmented) is left out.

Options: `region`, a whole number; discovering sets it. What does not belong here: reading images.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from openspatial_assets.engine.geometry.poses import nearest_rigid, pose_problem
from resources.sources import options
from resources.sources.annotations import Annotation, boxes_table
from resources.sources.findings import Finding
from resources.sources.folders import listing, root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.matterport3d.house import House, HouseObject, Scan, read_house, read_scans
from resources.sources.registration import Registration, SourceError

LICENSE = "Matterport3D Terms of Use (non-commercial research)"
PAGE = "https://niessner.github.io/Matterport/"
OPTIONS = ("region",)

DEPTH_SCALE = 4000.0
"""Stored depth values a metre: 0.25 mm each, and z, not the distance."""

PARAMETERS, SEGMENTATIONS = "undistorted_camera_parameters", "house_segmentations"
COLOR, DEPTH = "undistorted_color_images", "undistorted_depth_images"
WHAT_FOR = {
    PARAMETERS: "intrinsics and poses",
    SEGMENTATIONS: "regions and objects",
    COLOR: "the colour images",
    DEPTH: "the depth images",
}

SCANS_FOLDERS = ("", "scans", "v1/scans")
"""Where buildings lie under the folder that the download script was given."""

SMALLEST_AXIS = 1e-6
"""A shorter axis is none: they are written with unit length, or as zeros."""

FEWEST_RADII = 2
"""An annotated sheet has two lengths that are not zero; what has fewer is no box."""

_BUILDING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def discover(root: str) -> Iterator[Registration]:
    """The regions in which panoramas were taken, of the buildings in a folder of the dataset or of one building.

    A building whose `.house` file is missing or broken is one registration, so that its findings say so.
    """
    top = os.path.abspath(root)
    buildings: dict[str, Path] = {}
    for path in [top, *(path for folder in SCANS_FOLDERS for path in _subfolders(os.path.join(top, folder)))]:
        if _is_building(Path(path)):
            buildings.setdefault(os.path.basename(path), Path(path))
    for name, path in sorted(buildings.items()):
        try:
            regions = read_house(_house_file(path)).regions
        except ValueError:
            yield Registration(name, "matterport3d", str(path))
            continue
        for region in regions:
            yield Registration(f"{name}-region{region}", "matterport3d", str(path), options={"region": region})


def prepare(registration: Registration) -> None:
    """Nothing needs to be made; raises `SourceError` for an option that does not exist."""
    options.only(registration, OPTIONS)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """The images of the region's panoramas, in the order of the building's panoramas, cameras and turns of the tripod.

    Raises:
        SourceError: `.conf` or `.house` is missing or broken, or no panorama of the region has images.
    """
    root = root_of(registration)
    panoramas = _panoramas(registration, root)
    path, color, depth = _conf_file(root), _folder(root, COLOR), _folder(root, DEPTH)
    try:
        scans = read_scans(path, set(panoramas))
    except ValueError as error:
        raise _error(registration, path, f"{error}; download {PARAMETERS} again") from None
    if not scans:
        raise _error(registration, path, f"has no image of region {registration.options['region']}; download it again")
    height = _image_height(registration, color, scans)
    has_depth, entries = depth.is_dir(), {}
    for scan in sorted(scans, key=lambda scan: (panoramas[scan.panorama], scan.camera, scan.yaw)):
        frame_id = f"{panoramas[scan.panorama]:04d}_{scan.camera}_{scan.yaw}"
        problem = _problem(scan) or ("the image is listed twice" if frame_id in entries else None)
        if problem:
            entries[frame_id] = FrameEntry(frame_id, problem=f"{path.name}: {scan.color_name}: {problem}")
            continue
        entries[frame_id] = FrameEntry(
            frame_id=frame_id,
            image=str(color / scan.color_name),
            depth=str(depth / scan.depth_name) if has_depth else None,
            intrinsics=top_left_intrinsics(scan.intrinsics, height),
            world_from_camera=tuple(nearest_rigid(_from_gl(scan.world_from_camera)).ravel().tolist()),
            depth_scale=DEPTH_SCALE,
        )
    return list(entries.values())


def top_left_intrinsics(intrinsics: Sequence[float], height: int) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy with cy counted from the top row, of those of a `.conf` file, which count from the bottom row.

    The owners' documentation says only that images have their origin at the bottom left. That rows are counted from 0,
    so that cy from the top is height - 1 - cy, is taken from one camera of which both the `.conf` file (cy 509.202)
    and the original calibration, which counts from the top (513.798, 1024 rows; all else equal), have been quoted by
    users: the two add up to 1023. It was not tried on images. What leaves cy as it is, is off by some pixels.
    """
    fx, fy, cx, cy = intrinsics
    return fx, fy, cx, height - 1 - cy


def read_boxes(registration: Registration) -> pl.DataFrame:
    """The annotated boxes of the region.

    Raises:
        SourceError: `.house` is missing or broken, or an object of the region is.
    """
    root = root_of(registration)
    house, region = _house(registration, root), _region(registration)
    path = _house_file(root)
    objects = [item for item in house.objects if item.region == region and _has_box(item)]
    if unknown := [item for item in objects if item.category >= 0 and item.category not in house.categories]:
        item = unknown[0]
        raise _error(
            registration, path, f"object {item.index}: its category {item.category} is not listed; download it again"
        )
    annotations = [_annotation(item, house.categories.get(item.category, "")) for item in objects]
    return boxes_table(registration.scene_id, path, annotations, registration.metric is not False)


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Annotated, as all of the dataset is; lifted, if depth images are there."""
    return ("annotated", "lifted") if _folder(Path(registration.root), DEPTH).is_dir() else ("annotated",)


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and times of change of the building's text files and the images of the region."""
    root = root_of(registration)
    house, region = _house_file(root), registration.options.get("region")
    try:
        panoramas = tuple(f"{name}_" for name, (_, of) in read_house(house).panoramas.items() if of == region)
    except ValueError:
        panoramas = ()
    images = [*listing(_folder(root, COLOR), (".jpg",)), *listing(_folder(root, DEPTH), (".png",))]
    frames = [house, _conf_file(root), *(path for path in images if path.name.startswith(panoramas))]
    return {"frames": stat_hash(root, frames), "boxes": stat_hash(root, [house])}


def findings(registration: Registration) -> list[Finding]:
    """Files and folders of the building that are missing, and panoramas of the region without images."""
    root = Path(registration.root)
    needed = {_conf_file(root): PARAMETERS, _house_file(root): SEGMENTATIONS}
    needed |= {_folder(root, folder): folder for folder in (COLOR, DEPTH)}
    found = [
        Finding(str(path), f"is missing; it holds {WHAT_FOR[folder]}; download {folder}", PAGE)
        for path, folder in needed.items()
        if not path.exists()
    ]
    try:
        house = read_house(_house_file(root))
        region = registration.options.get("region")
        names = {name for name, (_, of) in house.panoramas.items() if of == region}
        without = sorted(names - {scan.panorama for scan in read_scans(_conf_file(root), names)})
    except ValueError:  # named where frames are listed
        return found
    conf = _conf_file(root)
    return found + [Finding(f"{conf}#{name}", "has no image of this panorama of the region", PAGE) for name in without]


def _annotation(item: HouseObject, label: str) -> Annotation:
    first, second = (axis / np.linalg.norm(axis) for axis in (item.first_axis, item.second_axis))
    third = np.cross(first, second)
    third /= max(np.linalg.norm(third), SMALLEST_AXIS)
    name = "_".join(re.findall(r"\w+", label)) or "object"
    return Annotation(
        object_id=f"{name}_{item.index}",
        label=label,
        center=item.center,
        rotation=np.stack([first, second, third], axis=1),
        extents=2.0 * item.radii,
    )


def _has_box(item: HouseObject) -> bool:
    numbers = np.concatenate([item.center, item.first_axis, item.second_axis, item.radii])
    lengths = np.linalg.norm([item.first_axis, item.second_axis], axis=1)
    return bool(
        np.isfinite(numbers).all()
        and (lengths > SMALLEST_AXIS).all()
        and (item.radii >= 0).all()
        and (item.radii > 0).sum() >= FEWEST_RADII
    )


def _problem(scan: Scan) -> str | None:
    """Why an image cannot be a frame, as far as `.conf` tells."""
    if scan.world_from_camera is None:
        return "its line does not hold 16 numbers of a pose; the file may be truncated"
    if scan.depth_name.rpartition(".")[0] != f"{scan.panorama}_d{scan.camera}_{scan.yaw}":
        return f"stands beside the depth of another image, {scan.depth_name}"
    return pose_problem(scan.world_from_camera)


def _from_gl(world_from_gl_camera: np.ndarray) -> np.ndarray:
    """The pose with OpenCV's axes (y down, looking along z) of one with OpenGL's."""
    return world_from_gl_camera * (1.0, -1.0, -1.0, 1.0)


def _image_height(registration: Registration, color: Path, scans: Sequence[Scan]) -> int:
    """Rows of the colour images, from the header of the first that can be read: all of a building have one size."""
    for scan in scans:
        try:
            with Image.open(color / scan.color_name) as header:
                return header.size[1]
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            continue
    raise _error(registration, color, f"holds no image of region {registration.options['region']}; download {COLOR}")


def _house(registration: Registration, root: Path) -> House:
    path = _house_file(root)
    try:
        return read_house(path)
    except ValueError as error:
        advice = f"it says which panoramas and objects a region has; download {SEGMENTATIONS}"
        raise _error(registration, path, f"{error}; {advice}") from None


def _region(registration: Registration) -> int:
    """The option `region`; it has no default."""
    if "region" not in registration.options:
        raise SourceError(
            f"scene {registration.scene_id}: matterport3d: the option region is missing: a scene is one region of a "
            "building; discover the folder instead"
        )
    return options.whole_number(registration, "region", 0, lowest=0)


def _panoramas(registration: Registration, root: Path) -> dict[str, int]:
    """Name -> index of the region's panoramas."""
    house, region = _house(registration, root), _region(registration)
    panoramas = {name: index for name, (index, of) in house.panoramas.items() if of == region}
    if not panoramas:
        there = ", ".join(map(str, house.regions))
        raise _error(
            registration, _house_file(root), f"has no panorama in region {region}; those with panoramas are {there}"
        )
    return panoramas


def _error(registration: Registration, path: Path, told: str) -> SourceError:
    return SourceError(f"scene {registration.scene_id}: {path}: {told}", path)


def _conf_file(root: Path) -> Path:
    return _folder(root, PARAMETERS) / f"{root.name}.conf"


def _house_file(root: Path) -> Path:
    return _folder(root, SEGMENTATIONS) / f"{root.name}.house"


def _folder(root: Path, name: str) -> Path:
    """A building's folder, which unpacking may have put a level or two further down."""
    nested = (root / name / root.name / name, root / name / name, root / root.name / name)
    return next((path for path in nested if os.path.isdir(path)), root / name)


def _is_building(path: Path) -> bool:
    found = (_house_file(path), _conf_file(path))
    return bool(_BUILDING.fullmatch(path.name)) and any(os.path.isfile(file) for file in found)


def _subfolders(folder: str) -> list[str]:
    try:
        return sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    except OSError:
        return []
