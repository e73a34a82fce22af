"""A known room in the form of ScanNet v2, of its files of 2017, or of frames that were exported from it.

Nothing here is shared with the reader: bytes are packed one by one, and the scan's own axes are found by inverting the
alignment that its text file states.
"""

import json
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.spatial.transform import Rotation
from support.truth_scene import TruthBox, TruthCamera, TruthScene

SCENE = "scene0000_00"
SENSOR = b"StructureSensor"
DEPTH_SHARE = 0.8
"""The depth image is so much smaller than the colour image, and its camera is another one."""

STEP = 10
"""The frames of the truth are so far apart; those between them have pictures of nothing, which must not be taken."""

JPEG_QUALITY = 97
POINTS_PER_OBJECT = 300
SEGMENTS_PER_OBJECT = 3
WORLD_FROM_SCAN = np.round(
    np.block(
        [
            [Rotation.from_euler("z", 28.0, degrees=True).as_matrix(), np.array([[-2.3], [1.9], [-0.064]])],
            [np.zeros((1, 3)), np.ones((1, 1))],
        ]
    ),
    6,
)
"""As text files print it, with six digits."""


@dataclass(frozen=True)
class SensFrame:
    """One frame of a container: pose, and encoded images."""

    scan_from_camera: NDArray[np.float64]
    color: bytes
    depth: bytes


def write_scannet(
    root: Path,
    scene: TruthScene,
    name: str = SCENE,
    frames: str = "sens",
    split: str = "scans",
    aligned_in_text: bool = True,
    released: int = 2018,
) -> dict[str, TruthCamera]:
    """Write a scan under `root`; the cameras of its usable frames, by frame id. The frame after the last one is lost.

    Args:
        frames: `sens`, `exported` (by the release's own exporter) or `posed_images` (by converters).
        split: `scans`, or `scans_test`, of which no annotation is published.
        aligned_in_text: whether the text file has the alignment.
        released: 2018 (v2) or 2017, whose ids have no prefix.
    """
    folder = root / split / name
    folder.mkdir(parents=True)
    numbered = numbered_frames(scene)
    if frames == "sens":
        write_sens(folder / f"{name}.sens", scene, [numbered[number] for number in sorted(numbered)])
    elif frames == "exported":
        write_exported(folder, scene, numbered)
    else:
        write_posed_images(root / "posed_images" / name, scene, numbered)
    _write_text(folder / f"{name}.txt", scene, len(numbered), aligned_in_text)
    write_labels(folder, scene, name, annotated=split == "scans", prefix="scannet." if released > 2017 else "")
    return {f"{number * STEP:06d}": camera for number, camera in enumerate(scene.cameras)}


def upright_boxes(scene: TruthScene) -> tuple[TruthBox, ...]:
    """The objects as a dataset without boxes can have them: what leans has the upright box of least floor area."""
    return tuple(box if np.isclose(box.rotation[2, 2], 1) else _upright(box) for box in scene.boxes)


def depth_camera(camera: TruthCamera) -> TruthCamera:
    """The depth camera at the place of a colour camera."""
    fx, fy, cx, cy = camera.intrinsics
    width, height = int(camera.width * DEPTH_SHARE), int(camera.height * DEPTH_SHARE)
    return camera.resized(width, height, (fx * 0.82, fy * 0.815, cx * DEPTH_SHARE + 2.5, cy * DEPTH_SHARE - 1.75))


def numbered_frames(scene: TruthScene) -> dict[int, SensFrame]:
    """Frame number -> frame: those of the truth, one lost after them, and pictures of nothing between them."""
    scan_from_world = np.linalg.inv(WORLD_FROM_SCAN)
    width, height = scene.cameras[0].width, scene.cameras[0].height
    small = depth_camera(scene.cameras[0])
    nothing = SensFrame(
        np.eye(4),
        _jpeg(np.zeros((height, width, 3), np.uint8)),
        zlib.compress(bytes(2 * small.width * small.height)),
    )
    frames = dict.fromkeys(range(len(scene.cameras) * STEP + 1), nothing)
    for place, view in enumerate(scene.views):
        depth = scene.view(depth_camera(view.camera)).depth
        pixels = np.round(depth * 1000).astype("<u2").tobytes()
        pose = scan_from_world @ view.camera.world_from_camera
        frames[place * STEP] = SensFrame(pose, _jpeg(view.color), zlib.compress(pixels))
    last = max(frames)
    frames[last] = SensFrame(np.full((4, 4), -np.inf), frames[0].color, frames[0].depth)
    return frames


def write_sens(
    path: Path,
    scene: TruthScene,
    frames: list[SensFrame],
    color_coding: int = 2,
    depth_coding: int = 1,
    color_extrinsics: NDArray[np.float64] | None = None,
    promised: int | None = None,
) -> None:
    """Write a container.

    Args:
        promised: the number of frames in its header, if another than it has.
    """
    camera = scene.cameras[0]
    small = depth_camera(camera)
    identity = np.eye(4)
    extrinsics = identity if color_extrinsics is None else color_extrinsics
    parts = [struct.pack("<IQ", 4, len(SENSOR)), SENSOR]
    for matrix in (_square(camera.matrix), extrinsics, _square(small.matrix), identity):
        parts.append(struct.pack("<16f", *matrix.ravel()))
    parts.append(struct.pack("<ii", color_coding, depth_coding))
    parts.append(struct.pack("<IIII", camera.width, camera.height, small.width, small.height))
    parts.append(struct.pack("<fQ", 1000.0, len(frames) if promised is None else promised))
    for number, frame in enumerate(frames):
        depth = zlib.decompress(frame.depth) if depth_coding == 0 else frame.depth
        times = (33_333 * number, 33_333 * number + 7)
        parts.append(struct.pack("<16f", *frame.scan_from_camera.ravel()))
        parts.append(struct.pack("<QQQQ", *times, len(frame.color), len(depth)))
        parts += [frame.color, depth]
    parts.append(struct.pack("<Q", 0))  # readings of the inertial sensor follow; here none
    path.write_bytes(b"".join(parts))


def write_exported(folder: Path, scene: TruthScene, frames: dict[int, SensFrame]) -> None:
    """Write what the release's exporter writes: names that are not padded, one folder for each kind."""
    for kind in ("color", "depth", "pose", "intrinsic"):
        (folder / kind).mkdir()
    small = depth_camera(scene.cameras[0])
    for number, frame in frames.items():
        (folder / f"color/{number}.jpg").write_bytes(frame.color)
        cv2.imwrite(str(folder / f"depth/{number}.png"), _depth_pixels(frame, small))
        np.savetxt(folder / f"pose/{number}.txt", frame.scan_from_camera, fmt="%f")
    matrices = {"intrinsic_color": _square(scene.cameras[0].matrix), "intrinsic_depth": _square(small.matrix)}
    for name, matrix in (matrices | {"extrinsic_color": np.eye(4), "extrinsic_depth": np.eye(4)}).items():
        np.savetxt(folder / f"intrinsic/{name}.txt", matrix, fmt="%f")


def write_posed_images(folder: Path, scene: TruthScene, frames: dict[int, SensFrame], depth: bool = True) -> None:
    """Write what converters write: every tenth frame, all kinds in one folder.

    Args:
        depth: mmdetection3d's converter writes none, nor its intrinsics.
    """
    folder.mkdir(parents=True)
    small = depth_camera(scene.cameras[0])
    for number in range(0, len(frames), STEP):
        frame = frames[number]
        (folder / f"{number:05d}.jpg").write_bytes(frame.color)
        np.savetxt(folder / f"{number:05d}.txt", frame.scan_from_camera, fmt="%f")
        if depth:
            cv2.imwrite(str(folder / f"{number:05d}.png"), _depth_pixels(frame, small))
    np.savetxt(folder / "intrinsic.txt", _square(scene.cameras[0].matrix), fmt="%f")
    if depth:
        np.savetxt(folder / "depth_intrinsic.txt", _square(small.matrix), fmt="%f")


def write_labels(
    folder: Path,
    scene: TruthScene,
    name: str = SCENE,
    annotated: bool = True,
    prefix: str = "scannet.",
    ending: str = "_vh_clean_2",
    objects: int | None = None,
) -> None:
    """Write mesh, segments and aggregation; without annotation the mesh alone.

    Args:
        ending: of the mesh's name: `_vh_clean_2` is the decimated mesh, `_vh_clean` the full one.
        objects: how many objects are annotated; None: all.
    """
    vertices, owners, triangles = _dense_mesh(scene)
    write_ply(folder / f"{name}{ending}.ply", vertices, triangles)
    if not annotated:
        return
    place = np.arange(len(owners)) % SEGMENTS_PER_OBJECT
    segments = 17 + 100 * (owners + 1) + 7 * place
    groups = [
        {
            "id": number,
            "objectId": number,
            "segments": np.unique(segments[owners == number]).tolist(),
            "label": box.label,
        }
        for number, box in enumerate(scene.boxes[:objects])
    ]
    usual = ending == "_vh_clean_2"
    segments_file = f"{name}_vh_clean_2.0.010000.segs.json" if usual else f"{name}{ending}.segs.json"
    params = {"kThresh": "0.0001", "segMinVerts": "20", "minPoints": "750"}
    content = {"params": params, "sceneId": f"{prefix}{name}", "segIndices": segments.tolist()}
    (folder / segments_file).write_text(json.dumps(content))
    aggregation = {
        "sceneId": f"{prefix}{name}",
        "appId": "Aggregator.v2",
        "segGroups": groups,
        "segmentsFile": f"{prefix}{segments_file}",
    }
    (folder / f"{name}{'' if usual else ending}.aggregation.json").write_text(json.dumps(aggregation))


def write_ply(path: Path, vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> None:
    """Write a binary mesh with colours, its vertices moved into the scan's own axes."""
    scan_from_world = np.linalg.inv(WORLD_FROM_SCAN)
    points = vertices @ scan_from_world[:3, :3].T + scan_from_world[:3, 3]
    names = [("x", "float"), ("y", "float"), ("z", "float")]
    names += [(color, "uchar") for color in ("red", "green", "blue", "alpha")]
    header = ["ply", "format binary_little_endian 1.0", "comment MLIB generated", f"element vertex {len(points)}"]
    header += [f"property {kind} {name}" for name, kind in names]
    header += [f"element face {len(triangles)}", "property list uchar int vertex_indices", "end_header", ""]
    with path.open("wb") as file:
        file.write("\n".join(header).encode())
        for point in points:
            file.write(struct.pack("<fffBBBB", *point, 120, 110, 100, 255))
        for triangle in triangles:
            file.write(struct.pack("<Biii", 3, *triangle))


def _upright(box: TruthBox) -> TruthBox:
    """The upright box around a leaning one, by trying every tenth of a degree, and then closing in on the best."""

    def turned(yaw: float) -> NDArray[np.float64]:
        return Rotation.from_euler("z", -yaw).apply(box.corners)

    def floor_area(yaw: float) -> float:
        return float(np.ptp(turned(yaw)[:, :2], axis=0).prod())

    step = np.radians(0.1)
    best = min(np.arange(0, np.pi / 2, step), key=floor_area)
    yaw = minimize_scalar(floor_area, bounds=(best - step, best + step), method="bounded", options={"xatol": 1e-10}).x
    low, high = turned(yaw).min(axis=0), turned(yaw).max(axis=0)
    turn = Rotation.from_euler("z", yaw)
    return replace(box, center=turn.apply((low + high) / 2), rotation=turn.as_matrix(), extents=high - low)


def _dense_mesh(scene: TruthScene) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.int64]]:
    """Vertices `(n, 3)`, the object of each (-1: the room), triangles: corners, and points on each object's surface."""
    corners, triangles, owners = scene.mesh
    random = np.random.default_rng(3)
    points, of = [corners], [owners]
    for number, box in enumerate(scene.boxes):
        local = random.uniform(-0.5, 0.5, (POINTS_PER_OBJECT, 3))
        face = random.integers(0, 3, POINTS_PER_OBJECT)
        local[np.arange(POINTS_PER_OBJECT), face] = np.sign(local[np.arange(POINTS_PER_OBJECT), face]) / 2
        points.append(box.center + (local * box.extents) @ box.rotation.T)
        of.append(np.full(POINTS_PER_OBJECT, number))
    return np.concatenate(points), np.concatenate(of), triangles


def _write_text(path: Path, scene: TruthScene, frames: int, aligned: bool) -> None:
    camera, small = scene.cameras[0], depth_camera(scene.cameras[0])
    values: dict[str, object] = {"appVersionId": "v1.1.6"}
    if aligned:
        values["axisAlignment"] = " ".join(f"{number:f}" for number in WORLD_FROM_SCAN.ravel())
    for key, one in (("color", camera), ("depth", small)):
        fx, fy, cx, cy = one.intrinsics
        values |= {f"{key}Height": one.height, f"{key}Width": one.width}
        values |= {f"fx_{key}": fx, f"fy_{key}": fy, f"mx_{key}": cx, f"my_{key}": cy}
    apart = Rotation.from_euler("xyz", (0.004, -0.002, 0.006)).as_matrix()
    values["colorToDepthExtrinsics"] = " ".join(f"{n:f}" for n in _square(apart, (-0.0379, 0.0027, 0.0217)).ravel())
    values |= {"numColorFrames": frames, "numDepthFrames": frames, "sceneType": "Living room / Lounge"}
    path.write_text("".join(f"{key} = {values[key]}\n" for key in sorted(values)))


def _square(matrix: NDArray[np.float64], offset: tuple[float, ...] = (0.0, 0.0, 0.0)) -> NDArray[np.float64]:
    square = np.eye(4)
    square[:3, :3], square[:3, 3] = matrix, offset
    return square


def _depth_pixels(frame: SensFrame, camera: TruthCamera) -> NDArray[np.uint16]:
    return np.frombuffer(zlib.decompress(frame.depth), "<u2").reshape(camera.height, camera.width)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
    flags.append(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    return cv2.imencode(".jpg", picture[..., ::-1], flags)[1].tobytes()
