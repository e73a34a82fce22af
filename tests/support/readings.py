"""How a scene that was read agrees with the truth that was written: boxes, poses, depth, and all of them together.

Rotations are compared as matrices, and boxes as sets of points: neither the names nor the signs of a box's axes matter.
"""

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from support.truth_scene import TruthBox, TruthCamera, TruthScene

from resources import sources
from resources.images import decode_depth, metres, read_color
from resources.sources.registration import Registration
from resources.stored_images import read_stored

TOLERANCE_M = TOLERANCE_RAD = 1e-4


def assert_boxes(boxes: pl.DataFrame, truth: Sequence[TruthBox]) -> None:
    """Each object of the truth was read, and nothing else, with its label, within 1e-4 m and 1e-4 rad."""
    assert boxes.height == len(truth)
    unread = list(range(len(truth)))
    for row in boxes.iter_rows(named=True):
        match = min(unread, key=lambda index: np.linalg.norm(truth[index].center - row["center"]))
        unread.remove(match)
        assert row["label"] == truth[match].label, row
        metres_off, radians_off = box_difference(row, truth[match])
        assert metres_off <= TOLERANCE_M, (row, truth[match])
        assert radians_off <= TOLERANCE_RAD, (row, truth[match])


def box_difference(row: Mapping, truth: TruthBox) -> tuple[float, float]:
    """The largest distance between corners of a `scene_boxes` row and of the truth, and angle between their axes."""
    yaw_pitch_roll = np.asarray(row["rpy"])[::-1]
    turn = Rotation.from_euler("ZYX", yaw_pitch_roll).as_matrix()
    read = TruthBox("", np.asarray(row["center"]), turn, np.asarray(row["extents"]))
    apart = np.linalg.norm(read.corners[:, None] - truth.corners[None], axis=-1)
    cosines = np.abs(turn.T @ truth.rotation)
    best = max(permutations(range(3)), key=lambda order: cosines[range(3), order].sum())
    sines = [np.linalg.norm(np.cross(turn[:, axis], truth.rotation[:, best[axis]])) for axis in range(3)]
    return float(max(apart.min(0).max(), apart.min(1).max())), float(np.arcsin(min(1.0, max(sines))))


def assert_frames(
    frames: pl.DataFrame,
    truth: TruthScene,
    cameras: Mapping[str, TruthCamera],
    depth_step_m: float = 1e-3,
    color_off: float = 6.0,
) -> None:
    """The frames are those of `cameras`, by frame id: pose, intrinsics, pictures and depth, which falls on the boxes.

    Args:
        cameras: frame id -> the camera of its colour image, as it should be read.
        depth_step_m: the step in which the files store depth; 0 for floating point.
        color_off: mean difference of colour values that compression may make.
    """
    assert frames["frame_id"].to_list() == sorted(cameras)
    for row in frames.iter_rows(named=True):
        camera = cameras[row["frame_id"]]
        assert (row["width"], row["height"]) == (camera.width, camera.height)
        np.testing.assert_allclose(row["intrinsics"], camera.intrinsics, atol=1e-3)
        pose = np.reshape(row["world_from_camera"], (4, 4))
        assert np.linalg.norm(pose[:3, 3] - camera.world_from_camera[:3, 3]) <= TOLERANCE_M
        turn = Rotation.from_matrix(pose[:3, :3]) * Rotation.from_matrix(camera.world_from_camera[:3, :3]).inv()
        assert turn.magnitude() <= TOLERANCE_RAD
        picture = read_color(row["image"]).astype(int)
        assert np.abs(picture - truth.view(camera).color).mean() <= color_off, row["image"]
        if row["depth"] is not None:
            assert_depth(row, truth, depth_step_m)


def assert_depth(row: Mapping, truth: TruthScene, depth_step_m: float) -> None:
    """A frame's depth is the truth's within 1e-4 m and half a step, and back-projected it falls on the boxes."""
    depth = metres(decode_depth(read_stored(row["depth"]), row["depth"]), row["depth_scale"]).astype(np.float64)
    pose = np.reshape(row["world_from_camera"], (4, 4))
    intrinsics = tuple(row["depth_intrinsics"] or row["intrinsics"])
    camera = TruthCamera(depth.shape[1], depth.shape[0], intrinsics, pose)
    view = truth.view(camera)
    known = depth > 0
    assert known.mean() > 0.5
    off = np.abs(depth - view.depth)[known]
    # A pose that is off by a rounding puts the few rays that graze an edge on the other side of it.
    assert np.quantile(off, 0.995) <= TOLERANCE_M + depth_step_m / 2, row["depth"]
    points = (camera.rays * depth[..., None]) @ pose[:3, :3].T + pose[:3, 3]
    for index, box in enumerate(truth.boxes):
        seen = known & (view.instance == index)
        if seen.sum() >= 50:
            assert np.quantile(surface_distance(points[seen], box), 0.98) <= TOLERANCE_M * 2 + depth_step_m, box.label


def surface_distance(points: NDArray[np.float64], box: TruthBox) -> NDArray[np.float64]:
    """Distance `(n,)` of points `(n, 3)` from a box's surface, from outside or inside, metres."""
    local = np.abs((points - box.center) @ box.rotation) - box.extents / 2
    outside = np.linalg.norm(np.maximum(local, 0), axis=-1)
    return np.where(outside > 0, outside, -local.max(-1))


def read(registration: Registration) -> sources.SceneReading:
    """The scene as the graph would read it."""
    source = sources.of(registration)
    source.prepare(registration)
    return source.read_scene(registration)
