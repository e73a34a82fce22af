"""A known room in the form of Matterport3D: one region of a building, beside another one and what belongs to none.

Nothing here is shared with the reader: the camera of a `.conf` file is derived as a product of matrices.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike
from support.truth_scene import TruthBox, TruthCamera, TruthScene

BUILDING = "17DRP5sb8fy"
REGION = 1
"""The region that the room is; region 0 has a panorama and a bathtub of its own."""

CAMERAS = 2
"""Cameras of the tripod, each with its own intrinsics; the room's frames are dealt to them in turn."""

DEGENERATE = (
    "0 0 0 1 0 0 0 1 0 -1 -1 -1",
    "1 1 1 0 0 0 0 0 0 0 0 0",
    "1 1 1 1 0 0 0 1 0 0 0 0",
    "1 1 1 nan 0 0 0 1 0 1 1 1",
)
"""Boxes of objects of which nothing was segmented."""

Frames = dict[tuple[int, int, int], TruthCamera]
"""Index of the panorama, camera, turn of the tripod -> the camera of the image."""


def write_matterport3d(root: Path, scene: TruthScene, building: str = BUILDING, nested: bool = False) -> Frames:
    """Write a building under `root`; the frames of the region `REGION`.

    Args:
        nested: with a folder of the building's name around what was unpacked.
    """
    folder = root / "v1" / "scans" / building
    folder = folder / building if nested else folder
    frames = {}
    for number, camera in enumerate(scene.cameras):
        fx, fy, cx, cy = camera.intrinsics
        own = (fx * 1.02, fy * 1.01, cx - 3.5, cy + 6.25)
        which = number % CAMERAS
        frames[2 + number // CAMERAS, which, 0] = replace(camera, intrinsics=own) if which else camera
    names = {index: f"{index + 0xA1:02x}" + "8325e3b054e3fad7e1e7091f9d283c" for index in range(2 + len(scene.cameras))}
    elsewhere = {(0, 0, 0): scene.cameras[0], (1, 0, 0): scene.cameras[-1]}  # of region 0, and of no region
    _write_images(folder, scene, names, frames | elsewhere)
    _write_conf(folder / "undistorted_camera_parameters" / f"{building}.conf", names, elsewhere | frames)
    regions = {index: {0: 0, 1: -1}.get(index, REGION) for index in sorted({key[0] for key in elsewhere | frames})}
    _write_house(folder / "house_segmentations" / f"{building}.house", building, names, regions, scene.boxes)
    return frames


def _write_images(folder: Path, scene: TruthScene, names: dict[int, str], frames: Frames) -> None:
    for kind in ("color", "depth"):
        (folder / f"undistorted_{kind}_images").mkdir(parents=True, exist_ok=True)
    for (index, camera, yaw), truth in frames.items():
        view = scene.view(truth)
        color = folder / f"undistorted_color_images/{names[index]}_i{camera}_{yaw}.jpg"
        assert cv2.imwrite(str(color), view.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        quarter_millimetres = np.rint(view.depth * 4000).astype(np.uint16)
        quarter_millimetres[:5, :7] = 0
        assert cv2.imwrite(
            str(folder / f"undistorted_depth_images/{names[index]}_d{camera}_{yaw}.png"), quarter_millimetres
        )


def _write_conf(path: Path, names: dict[int, str], frames: Frames) -> None:
    lines = [
        "dataset matterport",
        f"n_images {len(frames)}",
        "depth_directory undistorted_depth_images",
        "color_directory undistorted_color_images",
    ]
    gl_from_cv = np.diag([1.0, -1.0, -1.0, 1.0])
    for (index, camera, yaw), truth in frames.items():
        bottom_from_top = np.array([[1, 0, 0], [0, -1, truth.height - 1], [0, 0, 1.0]])
        matrix = bottom_from_top @ truth.matrix @ np.diag([1, -1, 1])
        assert matrix[1, 1] > 0
        lines += ["", f"intrinsics_matrix {_printed(matrix[0])}  {_printed(matrix[1])}  {_printed(matrix[2])}"]
        stem = f"{names[index]}_{{}}{camera}_{yaw}"
        pose = truth.world_from_camera @ np.linalg.inv(gl_from_cv)
        lines.append(f"scan {stem.format('d')}.png {stem.format('i')}.jpg {_printed(pose.ravel())}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def _write_house(
    path: Path, building: str, names: dict[int, str], regions: dict[int, int], boxes: Sequence[TruthBox]
) -> None:
    labels = ["bathtub", *dict.fromkeys(box.label for box in boxes if box.label)]
    objects = [(0, 0, _box(1.0, boxes[0]))]
    for number, box in enumerate(boxes):
        category = labels.index(box.label) if box.label else -1
        objects.append((REGION, category, _box(2.5 if number == 3 else 1.0, box, swapped=number % 2 == 1)))
    objects += [(REGION, -1 if number else 1, numbers) for number, numbers in enumerate(DEGENERATE)]
    counts = {"images": 0, "panoramas": len(regions), "vertices": 1, "surfaces": 1, "segments": len(objects)}
    counts |= {"objects": len(objects), "categories": len(labels), "regions": 2, "portals": 1, "levels": 1}
    lines = [
        "ASCII 1.1",
        f"H  {building}  -  {_printed(counts.values())}  0 0 0 0 0  -9 -9 0  9 9 3  0 0 0 0 0 ",
        "L  0  2  -  0 0 0  -9 -9 0  9 9 3  0 0 0 0 0 ",
        "R  0 0  0 0  a  0 0 0  -9 -9 0  0 9 3  2.5  0 0 0 0 ",
        "R  1 0  0 0  o  0 0 0  0 -9 0  9 9 3  2.5  0 0 0 0 ",
        "P  0 0 1  d  0 0 0  1 1 2  0 0 0 0 ",
        "S  0 1  0  -  0 0 0  0 0 1  -9 -9 0  9 9 3  0 0 0 0 0 ",
        "V  0 0  -  0 0 0  0 0 1  0 0 0 ",
    ]
    lines += [f"P  {names[index]}  {index} {region}  0  0.5 0.5 1.5  0 0 0 0 0 " for index, region in regions.items()]
    lines += [f"C  {k}  {k + 7} {_escaped(name)}  {k % 41} misc  0 0 0 0 0 " for k, name in enumerate(labels)]
    lines += [f"O  {k} {region} {kind}  {box}  0 0 0 0 0 0 0 0 " for k, (region, kind, box) in enumerate(objects)]
    lines += [f"E  {k} {k}  {k + 400}  0.25  0 0 0  0 0 0 1 1 1  0 0 0 0 0 " for k in range(len(objects))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def _box(scale: float, box: TruthBox, swapped: bool = False) -> str:
    """Centre, two axes of length `scale` (of which the third follows), and half lengths."""
    order = [1, 0, 2] if swapped else [0, 1, 2]
    axes, radii = box.rotation.T[order], box.extents[order] / 2
    return f"{_printed(box.center)}  {_printed(scale * axes[0])}  {_printed(scale * axes[1])}  {_printed(radii)}"


def _escaped(name: str) -> str:
    return name.replace(" ", "#")


def _printed(numbers: ArrayLike) -> str:
    return " ".join(f"{number:g}" for number in numbers)
