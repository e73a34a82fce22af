"""A known room in the form of ScanNet++: photographs of a fisheye lens, an iPhone's video and depth, mesh and boxes.

Nothing here is shared with the reader: fisheye pictures are cast ray by ray, and matrices are brought into the files'
worlds by exchanging their rows and columns.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import brentq
from support.truth_scene import TruthBox, TruthCamera, TruthScene

NAME = "0a5c013435"

EVERY = 10
"""The iPhone sees the room's cameras in so many frames; between them are pictures, depths and poses of no camera."""

FULL_SIZE = 1920, 1440
DEPTH_SIZE = 256, 192

FOCAL_OF_WIDTH = 0.47
"""Focal length of the fisheye lens over the width of its image, nearly that of the real one (790 of 1752 pixels)."""

LENS = (-0.029, -0.0085, -0.0012, 0.0003)
"""Its distortion, k1 to k4; much as the real one's."""

FISHEYE_SCALE = 2
"""Width of fisheye images (3:2) over that of the room's cameras: the lens sees more, and edges should be sharp."""

DEPTH_ENCODINGS = ("lz4", "deflate", "stream", "extracted")


@dataclass(frozen=True)
class FisheyeCamera(TruthCamera):
    """OpenCV's fisheye camera: a ray at the angle t from the axis is seen at t (1 + k1 t^2 + k2 t^4 + ...)."""

    distortion: tuple[float, ...] = LENS

    @cached_property
    def rays(self) -> NDArray[np.float64]:
        """`(h, w, 3)` directions in camera axes, z = 1."""
        fx, fy, cx, cy = self.intrinsics
        x, y = np.meshgrid((np.arange(self.width) - cx) / fx, (np.arange(self.height) - cy) / fy)
        seen = np.hypot(x, y)
        angles = np.linspace(0.0, self.angle_of(seen.max()), 20_000)
        stretch = np.tan(np.interp(seen, self.seen_at(angles), angles)) / np.maximum(seen, 1e-12)
        return np.stack([x * stretch, y * stretch, np.ones(x.shape)], axis=-1)

    def seen_at(self, angle: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """Distance from the image's middle, in focal lengths, of a ray at an angle from the axis."""
        return angle * (1 + sum(k * angle ** (2 * power) for power, k in enumerate(self.distortion, start=1)))

    def angle_of(self, seen: float) -> float:
        """The angle of a ray that is seen so far from the middle."""
        return brentq(lambda angle: self.seen_at(angle) - seen, 0.0, 1.5)


@dataclass(frozen=True)
class Written:
    """Where a scene was written, and its cameras by frame id.

    Attributes:
        folder: of the scene.
        pinhole: the photographs' cameras where they are undistorted.
        fisheye: the photographs' cameras where they are not.
        color, depth: the iPhone's cameras.
    """

    folder: Path
    pinhole: dict[str, TruthCamera] = field(default_factory=dict)
    fisheye: dict[str, FisheyeCamera] = field(default_factory=dict)
    color: dict[str, TruthCamera] = field(default_factory=dict)
    depth: dict[str, TruthCamera] = field(default_factory=dict)


def write_scannetpp(
    root: Path,
    scene: TruthScene,
    name: str = NAME,
    dslr: Sequence[str] = ("fisheye",),
    color: str = "video",
    depth: str = "lz4",
    annotated: bool = True,
) -> Written:
    """Write a scene under `root`.

    Args:
        scene: seen by cameras with images of 4:3.
        dslr: forms of its photographs, of `fisheye` and `undistorted`.
        color: `video`, `extracted` (images) or empty for no iPhone.
        depth: one of `DEPTH_ENCODINGS`.
        annotated: whether there are boxes; without them it is in the hidden test split.
    """
    written = Written(root / "data" / name)
    split = "nvs_sem_train" if annotated else "sem_test"
    (root / "splits").mkdir(parents=True, exist_ok=True)
    with (root / f"splits/{split}.txt").open("a") as file:
        file.write(f"{name}\n")
    scans = written.folder / "scans"
    scans.mkdir(parents=True)
    write_mesh(scans / "mesh_aligned_0.05.ply", scene)
    if annotated:
        write_annotation(scans / "segments_anno.json", scene, name)
    for number, camera in enumerate(scene.cameras):
        written.pinhole[f"DSC{1027 + 3 * number:05d}"] = camera
        written.fisheye[f"DSC{1027 + 3 * number:05d}"] = fisheye_camera(camera)
    for form in dslr:
        _write_photographs(written, scene, form)
    if color:
        _write_iphone(written, scene, color, depth)
    return written


def fisheye_camera(camera: TruthCamera) -> FisheyeCamera:
    """A fisheye camera at the place of another."""
    width = camera.width * FISHEYE_SCALE
    height = width * 2 // 3
    focal = FOCAL_OF_WIDTH * width
    intrinsics = (focal, focal * 0.999, width / 2 + 3.3, height / 2 - 2.1)
    return FisheyeCamera(width, height, intrinsics, camera.world_from_camera)


def nerfstudio_matrix(world_from_camera: NDArray[np.float64]) -> list[list[float]]:
    """A pose as the owners' files for nerfstudio have it: y and z of the camera turned, x and y of the world swapped,
    its z turned."""
    matrix = world_from_camera.copy()
    matrix[:3, 1:3] *= -1
    matrix = matrix[[1, 0, 2, 3]]
    matrix[2] *= -1
    return matrix.tolist()


def write_mesh(path: Path, scene: TruthScene) -> None:
    """Room and furniture as a binary PLY."""
    vertices, triangles, owners = scene.mesh
    vertex = np.zeros(len(vertices), [("xyz", "<f4", 3), ("rgb", "u1", 3)])
    vertex["xyz"], vertex["rgb"] = vertices, 40 + 20 * (owners[:, None] + 1)
    face = np.zeros(len(triangles), [("count", "u1"), ("indices", "<i4", 3)])
    face["count"], face["indices"] = 3, triangles
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertex)}"]
    lines += [f"property float {axis}" for axis in "xyz"] + [
        f"property uchar {name}" for name in ("red", "green", "blue")
    ]
    lines += [f"element face {len(face)}", "property list uchar int vertex_indices", "end_header", ""]
    path.write_bytes("\n".join(lines).encode() + vertex.tobytes() + face.tobytes())


def write_annotation(path: Path, scene: TruthScene, name: str) -> None:
    """`segments_anno.json`: a segment is a vertex of the mesh."""
    owners = scene.mesh[2]
    groups = [_group(number, box, np.flatnonzero(owners == number)) for number, box in enumerate(scene.boxes)]
    content = {"sceneId": f"scannetpp.{name}", "appId": "Aligner.v2", "annId": "a1", "segGroups": groups}
    path.write_text(json.dumps(content))


def _group(number: int, box: TruthBox, vertices: NDArray[np.intp]) -> dict:
    order = np.roll(range(3), -1 - number)  # the first object's second axis is the vertical one
    rows, lengths = box.rotation.T[order].copy(), box.extents[order]
    if number % 3 == 1:
        rows[1] *= -1  # a left-handed set
    return {
        "id": number + 1,
        "objectId": number + 1,
        "index": number,
        "partId": number,
        "label": box.label,
        "segments": vertices.tolist(),
        "dominantNormal": [0.0, 0.0, 1.0],
        "obb": {
            "centroid": box.center.tolist(),
            "axesLengths": lengths.tolist(),
            "normalizedAxes": [component for axis in rows for component in axis],
            "min": box.corners.min(0).tolist(),
            "max": box.corners.max(0).tolist(),
        },
    }


def _write_photographs(written: Written, scene: TruthScene, form: str) -> None:
    """The images of a form, and its cameras; the last is in the list of test images."""
    folder = written.folder / "dslr"
    images = folder / ("resized_images" if form == "fisheye" else "resized_undistorted_images")
    transforms = folder / "nerfstudio" / ("transforms.json" if form == "fisheye" else "transforms_undistorted.json")
    for place in (images, transforms.parent):
        place.mkdir(parents=True, exist_ok=True)
    cameras = written.fisheye if form == "fisheye" else written.pinhole
    frames = []
    for name, camera in cameras.items():
        picture = scene.view(camera).color[..., ::-1]
        assert cv2.imwrite(str(images / f"{name}.JPG"), picture, [cv2.IMWRITE_JPEG_QUALITY, 97])
        matrix = nerfstudio_matrix(camera.world_from_camera)
        frames.append({"file_path": f"{name}.JPG", "mask_path": f"{name}.png", "transform_matrix": matrix})
    camera = next(iter(cameras.values()))
    distortion = getattr(camera, "distortion", (0.0, 0.0, 0.0, 0.0))
    content = {
        "camera_model": "OPENCV_FISHEYE" if form == "fisheye" else "PINHOLE",
        "w": camera.width,
        "h": camera.height,
        **dict(zip(("fl_x", "fl_y", "cx", "cy"), camera.intrinsics, strict=True)),
        **dict(zip(("k1", "k2", "k3", "k4"), distortion, strict=True)),
        "frames": frames[-2::-1],
        "test_frames": frames[-1:],
    }
    transforms.write_text(json.dumps(content, indent=4))


def _write_iphone(written: Written, scene: TruthScene, color: str, depth: str) -> None:
    """The capture: every tenth frame is of one of the room's cameras."""
    folder = written.folder / "iphone"
    folder.mkdir()
    pictures, depths, poses = [], [], {}
    for number, camera in enumerate(scene.cameras):
        drift = 1 + 0.003 * number
        fx, fy, cx, cy = camera.intrinsics
        camera = replace(camera, intrinsics=(fx * drift, fy * drift, cx + 0.2 * number, cy))
        name = f"frame_{EVERY * number:06d}"
        written.color[name], written.depth[name] = camera, _seen_at(camera, *DEPTH_SIZE)
        full = _seen_at(camera, *FULL_SIZE)
        true_color, true_depth = scene.view(camera).color, scene.view(written.depth[name]).depth
        true_depth[:6, :9] = 0.0  # the sensor has none there
        for between in range(EVERY):
            if between and number == len(scene.cameras) - 1:
                break
            pictures.append(255 - true_color if between else true_color)
            depths.append(true_depth + 0.4 * (between > 0))
            pose = camera.world_from_camera.copy()
            pose[:3, 3] += 0.05 * between
            poses[f"frame_{EVERY * number + between:06d}"] = {
                "timestamp": 1700.5 + (EVERY * number + between) / 60,
                "pose": np.roll(pose, 1, axis=1).tolist(),
                "intrinsic": full.matrix.tolist(),
                "imu": {"rotate_rate": [0.0, 0.1, 0.2], "gravity": [0.0, 0.0, -9.81]},
                "aligned_pose": pose.tolist(),
            }
    (folder / "pose_intrinsic_imu.json").write_text(json.dumps(poses))
    if color == "video":
        write_video(folder / "rgb.mkv", pictures)
    else:
        _write_images(folder / "rgb", pictures, ".jpg")
    if depth == "extracted":
        _write_images(folder / "depth", [np.rint(image * 1000).astype(np.uint16) for image in depths], ".png")
    else:
        (folder / "depth.bin").write_bytes(encoded_depths(depths, depth))


def encoded_depths(depths: Sequence[NDArray[np.float64]], encoding: str) -> bytes:
    """`depth.bin` of depth images `(192, 256)`, metres: `lz4` and `deflate` frame by frame, or as one `stream`."""
    if encoding == "stream":
        return _deflated(np.stack(depths).astype("<f4").tobytes())
    if encoding == "lz4":
        blobs = [
            pa.compress(np.rint(depth * 1000).astype("<u2").tobytes(), codec="lz4_raw", asbytes=True)
            for depth in depths
        ]
    else:
        blobs = [_deflated(depth.astype("<f4").tobytes()) for depth in depths]
    return b"".join(struct.pack("<I", len(blob)) + blob for blob in blobs)


def write_video(path: Path, pictures: Sequence[NDArray[np.uint8]], codec: str = "libx264", gop: int = 250) -> None:
    """A video at 60 frames a second, with B-frames and long groups of pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=60)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 60)
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = gop, 3
        stream.options = {"crf": "10", "sc_threshold": "0"} if codec == "libx264" else {"qmin": "1", "qmax": "2"}
        if codec != "libx264":
            stream.codec_context.bit_rate = 20_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _write_images(folder: Path, images: Sequence[NDArray], suffix: str) -> None:
    folder.mkdir()
    for number, image in enumerate(images):
        pixels = image[..., ::-1] if image.ndim == 3 else image
        assert cv2.imwrite(str(folder / f"frame_{number:06d}{suffix}"), pixels)


def _deflated(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def _seen_at(camera: TruthCamera, width: int, height: int) -> TruthCamera:
    """The same camera with another number of pixels between the same outer edges, of which the left one is at -0.5."""
    fx, fy, cx, cy = camera.intrinsics
    assert camera.width * 3 == camera.height * 4
    left, top = (cx + 0.5) / camera.width, (cy + 0.5) / camera.height  # of the picture's width and height
    focal = fx / camera.width * width, fy / camera.height * height
    return camera.resized(width, height, (*focal, left * width - 0.5, top * height - 0.5))
