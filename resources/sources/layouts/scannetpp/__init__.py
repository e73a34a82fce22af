"""ScanNet++ (Yeshwanth et al., "ScanNet++: A High-Fidelity Dataset of 3D Indoor Scenes", ICCV 2023).

    data/<scene>/scans/mesh_aligned_0.05.ply          surface of the laser scan
                 scans/segments_anno.json             objects, with oriented boxes; not published for test scenes
                 dslr/resized_undistorted_images/     photographs, with nerfstudio/transforms_undistorted.json
                 dslr/resized_images/                 the same of the fisheye lens, with nerfstudio/transforms.json
                 iphone/rgb.mkv, depth.bin            colour at 60 frames a second, and depth
                 iphone/rgb/, depth/                  the same, extracted by the owners' script; may be absent
                 iphone/pose_intrinsic_imu.json       poses and intrinsics of its frames

A scene here is one camera's capture: `<scene>-dslr` or `<scene>-iphone`. Both have the boxes of the room; the world is
that of the mesh, metres, Z up. Photographs have no depth of their own: it is rendered from the mesh.

Options: `device` (`dslr` or `iphone`; discovering sets it), `every` (each n-th frame; default 1 of the photographs, 10
of the iPhone's), `depth` (of the photographs: `mesh`, the default, or `none`; of the iPhone: `sensor`, the default,
`mesh` or `none`). What does not belong here: rendering depth (`resources/mesh_depth.py`) and reading images.
"""

from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl

from resources.mesh_depth import read_triangles
from resources.sources.annotations import boxes_table
from resources.sources.findings import Finding
from resources.sources.folders import root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.scannetpp import dslr, iphone
from resources.sources.layouts.scannetpp.annotation import read_annotations
from resources.sources.layouts.scannetpp.files import (
    ANNOTATION,
    DSLR,
    MESH,
    OF_MESH,
    OF_SENSOR,
    PAGE,
    absent,
    depth_of,
    device_of,
    discover,
    is_hidden,
)
from resources.sources.options import only
from resources.sources.registration import Registration, SourceError
from resources.sources.surface import SceneSurface

__all__ = ["PAGE", "discover", "findings", "frame_entries", "prepare", "read_boxes", "signature", "surface"]

LICENSE = "ScanNet++ Terms of Use (non-commercial research)"
"""What its images may be used for."""

OPTIONS = ("device", "every", "depth")
"""What a registration may set."""


def prepare(registration: Registration) -> None:
    """Nothing needs to be made; raises `SourceError` for an option that is unknown or has a value it cannot have."""
    only(registration, OPTIONS)
    depth_of(registration)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """The frames of the camera that the registration names, in the order of capture.

    Raises:
        SourceError: what they share is missing or broken.
    """
    return _capture(registration).entries(registration)


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The annotated boxes; None where there is no annotation.

    Raises:
        SourceError: the annotation or an object in it is broken.
    """
    path = root_of(registration) / ANNOTATION
    if not path.exists():
        return None
    annotations = read_annotations(path, registration.scene_id)
    return boxes_table(registration.scene_id, path, annotations, registration.metric is not False)


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Annotated, if the scene is; lifted, if there is depth to lift with."""
    root = Path(registration.root)
    depths = {OF_MESH: (root / MESH).exists(), OF_SENSOR: iphone.has_depth(root)}
    found = {"annotated": (root / ANNOTATION).exists(), "lifted": depths.get(depth_of(registration), False)}
    return tuple(origin for origin, there in found.items() if there) or ("annotated",)


def surface(registration: Registration) -> SceneSurface | None:
    """The mesh, where depth is to be rendered from it; None if it is not, or by default would be but there is none.

    Raises:
        SourceError: the option `depth` asks for the mesh, but there is none.
    """
    if depth_of(registration) != OF_MESH:
        return None
    path = root_of(registration) / MESH
    if path.exists():
        return SceneSurface(str(path), np.eye(4))
    if "depth" in registration.options:
        raise SourceError(
            f"scene {registration.scene_id}: {path}: the file is missing; download it, or leave out depth=mesh", path
        )
    return None


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and times of change of the files that are read."""
    root = root_of(registration)
    mesh = [root / MESH] if depth_of(registration) == OF_MESH else []
    return {
        "frames": stat_hash(root, _capture(registration).signed(root)),
        "boxes": stat_hash(root, [root / ANNOTATION]),
        "surface": stat_hash(root, mesh),
    }


def findings(registration: Registration) -> list[Finding]:
    """The files that are missing or empty, a `depth.bin` that is cut off, and a mesh that cannot be read."""
    root = Path(registration.root)
    try:
        capture, depth = _capture(registration), depth_of(registration)
    except SourceError:
        return []  # named when the scene is prepared
    needed = capture.needed(root)
    if depth == OF_SENSOR:
        needed[iphone.depth_place(root)] = "the depth images"
    if depth == OF_MESH:
        needed[root / MESH] = "the surface that depth is rendered from"
    if not is_hidden(root):
        needed[root / ANNOTATION] = "the annotated boxes"
    found = [
        Finding(str(path), f"is missing or empty; it holds {needed[path]}; download it", PAGE)
        for path in absent(needed)
    ]
    if depth == OF_SENSOR and not found and (fault := iphone.depth_fault(root)):
        found.append(Finding(str(root / iphone.DEPTH_FILE), f"{fault}; download it again", PAGE))
    if depth == OF_MESH and not absent([root / MESH]):
        try:
            read_triangles(str(root / MESH))
        except SourceError as error:
            found.append(Finding.of_error(error, registration, PAGE))
    return found


def _capture(registration: Registration) -> ModuleType:
    """The module of the camera that the registration names."""
    return dslr if device_of(registration) == DSLR else iphone
