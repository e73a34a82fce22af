"""A known room in the form of ARKitScenes: pictures stored as the sensor lies, and a time of its own for each stream.

Nothing here is shared with the reader: stored pictures are cast from the camera that stored them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation
from support.truth_scene import TruthBox, TruthCamera, TruthScene, TruthView

VIDEO_ID = "41069021"
FIRST_SECONDS = 9999.85
"""So that the times of a capture have differently many digits."""

FRAME_SECONDS = 0.1
POSE_LATE_SECONDS = (0.004, -0.004, 0.0013, -0.0027, 0.0)
"""How much later than its image a pose of the trajectory was taken."""

LARGER_LATE_SECONDS = (0.002, -0.002, 0.001, 0.0, -0.001)
"""How much later than the small image a larger one of the same moment is dated."""

LATE_PINCAM = 1
"""The frame whose intrinsics are filed one millisecond after its image."""

SENSOR_FROM_UPRIGHT_PIXEL = {
    0: lambda width, height: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    1: lambda width, height: [[0, -1, height - 1], [1, 0, 0], [0, 0, 1]],
    2: lambda width, height: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
    3: lambda width, height: [[0, 1, 0], [-1, 0, width - 1], [0, 0, 1]],
}
"""Where a pixel of the upright picture is stored, by the counter-clockwise quarter turns that make it upright again."""


def write_arkitscenes(
    root: Path,
    scene: TruthScene,
    video_id: str = VIDEO_ID,
    release: str = "3dod",
    quarter_turns: int = 1,
    larger: Mapping[str, float] | None = None,
    annotated: bool = True,
) -> dict[float, TruthCamera]:
    """Write a capture under `root`; the times of the frames that have a pose, and their upright lowres cameras.

    Args:
        scene: seen by upright cameras, all of one size.
        quarter_turns: counter-clockwise, that bring a stored picture upright.
        larger: further colour streams of the same camera, such as `vga_wide`, and how much larger they are.
    """
    capture = root / release / "Training" / video_id
    streams = capture / f"{video_id}_frames" if release == "3dod" else capture
    cameras, lines = {}, []
    for number, camera in enumerate(scene.cameras):
        seconds = round(FIRST_SECONDS + number * FRAME_SECONDS, 3)
        fx, fy, cx, cy = camera.intrinsics
        drift = 1 + 0.002 * number
        upright = replace(camera, intrinsics=(fx * drift, fy * drift, cx + 0.1 * number, cy - 0.05 * number))
        cameras[seconds] = upright
        stored = as_stored(upright, quarter_turns)
        view = scene.view(stored)
        _write_images(streams, video_id, view, seconds, pincam_late=0.001 if number == LATE_PINCAM else 0.0)
        _write_images(streams, video_id, view, seconds + FRAME_SECONDS / 2)  # of a moment without a pose
        for stream, factor in (larger or {}).items():
            bigger, later = (
                as_stored(enlarged(upright, factor), quarter_turns),
                seconds + LARGER_LATE_SECONDS[number % 5],
            )
            _write_image(streams / stream, video_id, later, scene.view(bigger).color[..., ::-1])
            _write_pincam(streams / f"{stream}_intrinsics", video_id, later, bigger)
        lines.append(_trajectory_line(seconds + POSE_LATE_SECONDS[number % 5], stored))
    (streams / "lowres_wide.traj").write_text("".join(lines))
    if annotated:
        write_annotation(capture / f"{video_id}_3dod_annotation.json", scene.boxes)
    return cameras


def enlarged(camera: TruthCamera, factor: float) -> TruthCamera:
    """The same camera with more pixels, of which the outer edges are the same."""
    fx, fy, cx, cy = camera.intrinsics
    width, height = round(camera.width * factor), round(camera.height * factor)
    scaled = (fx * factor, fy * factor, (cx + 0.5) * factor - 0.5, (cy + 0.5) * factor - 0.5)
    return camera.resized(width, height, scaled)


def as_stored(upright: TruthCamera, quarter_turns: int) -> TruthCamera:
    """The camera whose picture becomes that of `upright` by so many counter-clockwise quarter turns."""
    upright_from_sensor = np.eye(4)
    upright_from_sensor[:3, :3] = Rotation.from_euler("z", -90 * quarter_turns, degrees=True).as_matrix()
    to_sensor = np.array(SENSOR_FROM_UPRIGHT_PIXEL[quarter_turns](upright.width, upright.height), float)
    matrix = to_sensor @ upright.matrix @ upright_from_sensor[:3, :3]
    width, height = (upright.width, upright.height) if quarter_turns % 2 == 0 else (upright.height, upright.width)
    assert abs(matrix[0, 1]) < 1e-9
    assert matrix[0, 0] > 0
    return TruthCamera(
        width,
        height,
        (matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]),
        upright.world_from_camera @ upright_from_sensor,
    )


def write_annotation(path: Path, boxes: Sequence[TruthBox], skipped: bool = False) -> None:
    """An annotation as Apple's tool writes it."""
    data = [_annotated(number, box) for number, box in enumerate(boxes)]
    content = {"data": data, "skipped": skipped, "stats": {"totalTime": 61}, "comment": "", "confirm": True}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _annotated(number: int, box: TruthBox) -> dict:
    order = np.roll(range(3), number)  # which axis is the vertical one is not fixed
    rows, lengths = box.rotation.T[order].copy(), box.extents[order]
    if number == 1:
        rows[0] *= -1  # a left-handed set
    y_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    return {
        "uid": f"{number:08x}-77aa-4f0e-9c51-5d2e0c1b{number:04x}",
        "label": box.label,
        "modelId": "",
        "children": [],
        "objectId": number + 3,
        "segments": {
            "obb": {
                "centroid": (y_up @ box.center * 100 + 137).tolist(),
                "axesLengths": (lengths * 100).tolist(),
                "normalizedAxes": (rows @ y_up.T).ravel().tolist(),
            },
            "obbAligned": {
                "centroid": box.center.tolist(),
                "axesLengths": lengths.tolist(),
                "normalizedAxes": rows.ravel().tolist(),
            },
        },
        "hierarchy": [],
        "isInGroup": False,
        "labelType": "object",
        "attributes": {},
    }


def _write_images(streams: Path, video_id: str, view: TruthView, seconds: float, pincam_late: float = 0.0) -> None:
    millimetres = np.rint(view.depth * 1000).astype(np.uint16)
    millimetres[:5, :7] = 0
    _write_image(streams / "lowres_wide", video_id, seconds, view.color[..., ::-1])
    _write_image(streams / "lowres_depth", video_id, seconds, millimetres)
    _write_image(streams / "confidence", video_id, seconds, np.full(millimetres.shape, 2, np.uint8))
    _write_pincam(streams / "lowres_wide_intrinsics", video_id, seconds + pincam_late, view.camera)


def _write_image(folder: Path, video_id: str, seconds: float, pixels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(folder / f"{video_id}_{seconds:.3f}.png"), pixels)


def _write_pincam(folder: Path, video_id: str, seconds: float, camera: TruthCamera) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    numbers = " ".join(f"{number:.6f}" for number in camera.intrinsics)
    (folder / f"{video_id}_{seconds:.3f}.pincam").write_text(f"{camera.width} {camera.height} {numbers}")


def _trajectory_line(seconds: float, camera: TruthCamera) -> str:
    camera_from_world = np.linalg.inv(camera.world_from_camera)
    numbers = [*Rotation.from_matrix(camera_from_world[:3, :3]).as_rotvec(), *camera_from_world[:3, 3]]
    return f"{seconds:.8f} " + " ".join(f"{number:.10f}" for number in numbers) + "\n"
