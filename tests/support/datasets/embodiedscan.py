"""A known room as four scenes of EmbodiedScan, one of each dataset beneath, each in that dataset's own forms.

Nothing here is shared with the reader: angles of boxes come from SciPy, or are worked out by hand where they are not
unique.
"""

import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation
from support.truth_scene import TruthBox, TruthCamera, TruthScene

SAMPLES = {
    "scannet": "scannet/scene0011_01",
    "3rscan": "3rscan/0988ea72-eb32-2e61-8344-99e2283c2728",
    "matterport3d": "matterport3d/17DRP5sb8fy/region3",
    "arkitscenes": "arkitscenes/Training/40753679",
}
SCENE_IDS = {
    "scannet": "embodiedscan-scannet-scene0011_01",
    "3rscan": "embodiedscan-3rscan-0988ea72-eb32-2e61-8344-99e2283c2728",
    "matterport3d": "embodiedscan-matterport3d-17DRP5sb8fy-region3",
    "arkitscenes": "embodiedscan-arkitscenes-40753679",
}
INFOS = "embodiedscan_infos_val.pkl"

OTHER_CATEGORIES = ("adhesive tape", "wrap")
"""Categories of which the room has no object: the first and the last of the genuine file."""

ALIGNMENTS = {
    "scannet": (0.33, (-1.4, 2.1, -0.06)),
    "3rscan": (-1.9, (0.3, -0.8, 1.37)),
    "matterport3d": (2.6, (11.2, -3.4, 0.02)),
    "arkitscenes": (0.0, (0.5, 0.25, 1.1)),
}
"""Yaw, radians, and shift, metres, from the world of the poses to that of the boxes."""

UPSIDE = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""Columns: a box's first axis, its third turned over, its second. The second axis of such a box points down."""

FIRST_SECONDS = 9999.85
"""So that the times of the ARKitScenes images have differently many digits."""

FRAME_SECONDS = 0.1


def write_embodiedscan(
    root: Path,
    scene: TruthScene,
    datasets: Sequence[str] = tuple(SAMPLES),
    infos: str = INFOS,
    packed: bool = False,
    protocol: int = pickle.DEFAULT_PROTOCOL,
) -> dict[str, dict[str, TruthCamera]]:
    """Write images and a pickle file under `root`; scene id -> frame id -> the camera of its colour image.

    Args:
        datasets: those beneath, in the order of the file.
        infos: the pickle file, from the root.
        packed: whether the images of 3RScan stay in their archive.
    """
    names = sorted({box.label for box in scene.boxes})
    categories = {name: number + 1 for number, name in enumerate([OTHER_CATEGORIES[0], *names, OTHER_CATEGORIES[1]])}
    data_list, cameras = [], {}
    for dataset in datasets:
        entry, cameras[SCENE_IDS[dataset]] = WRITERS[dataset](root, scene)
        entry["instances"] = [_instance(number, box, categories) for number, box in enumerate(scene.boxes)]
        data_list.append(entry)
    if packed:
        pack(root)
    write_infos(
        root / infos,
        {"metainfo": {"categories": categories, "DATASET": "EmbodiedScan"}, "data_list": data_list},
        protocol,
    )
    return cameras


def write_infos(path: Path, content: object, protocol: int = pickle.DEFAULT_PROTOCOL) -> None:
    """A pickle file, as `pickle.dump` makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        pickle.dump(content, file, protocol)


def pack(root: Path) -> None:
    """Put the images of 3RScan back into the archive in which they are downloaded."""
    scan = root / SAMPLES["3rscan"]
    with zipfile.ZipFile(scan / "sequence.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((scan / "sequence").iterdir()):
            archive.write(path, path.name)
            path.unlink()
    (scan / "sequence").rmdir()


def aligned_from_global(dataset: str) -> np.ndarray:
    """The `axis_align_matrix` of a dataset's scene."""
    yaw, shift = ALIGNMENTS[dataset]
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec([0, 0, yaw]).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def nine_numbers(number: int, box: TruthBox) -> np.ndarray:
    """`bbox_3d` of the n-th box: upright boxes are written in turn as they are, and with the second axis down."""
    upright = np.allclose(box.rotation[:, 2], (0, 0, 1))
    if upright and number % 2 == 1:
        # The matrix is Rz(yaw) UPSIDE = Rz(yaw) Rx(-90 deg), and Rx(-90 deg) Ry(c) = Rz(-c) Rx(-90 deg).
        yaw, spare = np.arctan2(box.rotation[1, 0], box.rotation[0, 0]), 0.4 * number
        return np.r_[box.center, box.extents[[0, 2, 1]], yaw + spare, -np.pi / 2, spare]
    angles = Rotation.from_matrix(box.rotation).as_euler("ZXY")
    return np.r_[box.center, box.extents, angles]


def _instance(number: int, box: TruthBox, categories: dict[str, int]) -> dict:
    values = nine_numbers(number, box)
    return {
        "bbox_3d": values if number % 3 == 0 else values.tolist(),
        "bbox_label_3d": np.int64(categories[box.label]) if number % 2 else categories[box.label],
        "bbox_id": 3 * number + 2,  # the ids of the visual grounding files have gaps
    }


def _write_scannet(root: Path, scene: TruthScene) -> tuple[dict, dict[str, TruthCamera]]:
    """Depth of another size than colour, one pair of intrinsics for the scene."""
    folder = root / "scannet/posed_images/scene0011_01"
    cameras, images = {}, []
    for number, camera in enumerate(scene.cameras):
        name = f"{number * 10:05d}"
        depth = _depth_camera(camera, 0.5, (0.98, 1.5, -0.75))
        _write(folder / f"{name}.jpg", scene.view(camera).color[..., ::-1])
        _write(folder / f"{name}.png", _stored(scene, depth, 1000))
        images.append(_image("scannet", root, folder, f"{name}.jpg", f"{name}.png", camera, scene))
        cameras[name] = camera
    shared = {
        "cam2img": _matrix(scene.cameras[0]),
        "depth_cam2img": _matrix(_depth_camera(scene.cameras[0], 0.5, (0.98, 1.5, -0.75))),
    }
    return _entry("scannet", images) | shared, cameras


def _write_3rscan(root: Path, scene: TruthScene) -> tuple[dict, dict[str, TruthCamera]]:
    """Depth as 16-bit PGM, high byte first."""
    folder = root / SAMPLES["3rscan"] / "sequence"
    cameras, images = {}, []
    for number, camera in enumerate(scene.cameras):
        name = f"frame-{number * 10:06d}"
        depth = _stored(scene, _depth_camera(camera, 0.4, (1.05, -1.0, 0.5)), 1000)
        _write(folder / f"{name}.color.jpg", scene.view(camera).color[..., ::-1])
        header = f"P5\n{depth.shape[1]} {depth.shape[0]}\n65535\n".encode()
        (folder / f"{name}.depth.pgm").write_bytes(header + depth.astype(">u2").tobytes())
        (folder / f"{name}.pose.txt").write_text("not read")
        images.append(_image("3rscan", root, folder, f"{name}.color.jpg", f"{name}.depth.pgm", camera, scene))
        cameras[name] = camera
    shared = {
        "cam2img": _matrix(scene.cameras[0]),
        "depth_cam2img": _matrix(_depth_camera(scene.cameras[0], 0.4, (1.05, -1.0, 0.5))),
    }
    return _entry("3rscan", images) | shared, cameras


def _write_matterport3d(root: Path, scene: TruthScene) -> tuple[dict, dict[str, TruthCamera]]:
    """Intrinsics of three cameras on a tripod, depth in quarters of a millimetre, two panoramas in disorder."""
    folder = root / "matterport3d/17DRP5sb8fy"
    cameras, images = {}, []
    for number, camera in enumerate(scene.cameras):
        panorama = ("f8a2c1d40b6e4f1c9d7a", "0b22fa63d0f54a529c525afbf2e8bb25")[number % 2]
        lens, turn = number // 2 % 3, number // 6
        fx, fy, cx, cy = camera.intrinsics
        own = replace(camera, intrinsics=(fx * (1 + 0.01 * lens), fy * (1 - 0.01 * lens), cx + lens, cy - 0.5 * lens))
        name, depth_name = f"{panorama}_i{lens}_{turn}", f"{panorama}_d{lens}_{turn}"
        color_file, depth_file = f"matterport_color_images/{name}.jpg", f"matterport_depth_images/{depth_name}.png"
        _write(folder / color_file, scene.view(own).color[..., ::-1])
        _write(folder / depth_file, _stored(scene, own, 4000))
        image = _image("matterport3d", root, folder, color_file, depth_file, own, scene)
        images.append(image | {"cam2img": _matrix(own)})
        cameras[name] = own
    return _entry("matterport3d", images), cameras


def _write_arkitscenes(root: Path, scene: TruthScene) -> tuple[dict, dict[str, TruthCamera]]:
    """Intrinsics of their own for each image, in single precision; names by time."""
    folder = root / SAMPLES["arkitscenes"] / "40753679_frames"
    cameras, images = {}, []
    for number, camera in enumerate(scene.cameras):
        name = f"40753679_{FIRST_SECONDS + number * FRAME_SECONDS:.3f}"
        fx, fy, cx, cy = camera.intrinsics
        own = replace(camera, intrinsics=(fx + 0.3 * number, fy + 0.3 * number, cx, cy + 0.1 * number))
        _write(folder / f"lowres_wide/{name}.png", scene.view(own).color[..., ::-1])
        _write(folder / f"lowres_depth/{name}.png", _stored(scene, own, 1000))
        image = _image("arkitscenes", root, folder, f"lowres_wide/{name}.png", f"lowres_depth/{name}.png", own, scene)
        images.append(image | {"cam2img": _matrix(own).astype(np.float32)})
        cameras[f"{number:05d}_{name}"] = own
    return _entry("arkitscenes", images), cameras


WRITERS = {
    "scannet": _write_scannet,
    "3rscan": _write_3rscan,
    "matterport3d": _write_matterport3d,
    "arkitscenes": _write_arkitscenes,
}


def _entry(dataset: str, images: list[dict]) -> dict:
    return {
        "sample_idx": SAMPLES[dataset],
        "axis_align_matrix": aligned_from_global(dataset),
        "images": images,
    }


def _image(
    dataset: str, root: Path, folder: Path, color: str, depth: str, camera: TruthCamera, scene: TruthScene
) -> dict:
    seen = np.unique(scene.view(camera).instance)
    return {
        "img_path": (folder / color).relative_to(root).as_posix(),
        "depth_path": (folder / depth).relative_to(root).as_posix(),
        "cam2global": np.linalg.inv(aligned_from_global(dataset)) @ camera.world_from_camera,
        "visible_instance_ids": seen[seen >= 0].tolist(),
    }


def _depth_camera(camera: TruthCamera, size: float, lens: tuple[float, float, float]) -> TruthCamera:
    """A depth camera at the same place: its share of the pixels; share of the focal length; shift of its centre."""
    zoom, right, down = lens
    fx, fy, cx, cy = (value * size for value in camera.intrinsics)
    intrinsics = (fx * zoom, fy * zoom, cx + right, cy + down)
    return camera.resized(round(camera.width * size), round(camera.height * size), intrinsics)


def _matrix(camera: TruthCamera) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = camera.matrix
    return matrix


def _stored(scene: TruthScene, camera: TruthCamera, scale: float) -> np.ndarray:
    stored = np.rint(scene.view(camera).depth * scale).astype(np.uint16)
    stored[:3, :5] = 0
    return stored


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 97] if path.suffix == ".jpg" else []
    assert cv2.imwrite(str(path), pixels, quality)
