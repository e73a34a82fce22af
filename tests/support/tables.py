"""The tables that questions are made from, for random scenes: boxes in a room and cameras in it, nothing rendered.

Visible fractions are drawn at random, masks are the outlines of the boxes, and depths are those of the box faces that
look at the camera. Computed with SciPy and Shapely, not with the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from pycocotools import mask as coco
from scipy.spatial.transform import Rotation
from shapely import MultiPoint, box

from resources.tables import FRAME_VISIBILITY, FRAMES, OBJECT_FRAMES, SCENE_BOXES

WIDTH, HEIGHT, FOCAL = 640, 480, 520.0
ROOM_M = (6.0, 5.0, 2.6)
MIN_AREA_PX = 150
TAGS = (
    *("chair", "chair", "chair", "table", "coffee table", "mug", "mug", "sofa", "lamp", "books", "scissors"),
    *("bookshelf", "potted plant", "trash can", "armchair", "umbrella", "hourglass", "pair of shoes", "bed", "wall"),
)
FACES = [(axis, sign) for axis in range(3) for sign in (-0.5, 0.5)]


@dataclass(frozen=True)
class SceneTables:
    """The inputs of `questions_of_scene`."""

    frames: pl.DataFrame
    scene_boxes: pl.DataFrame
    frame_visibility: pl.DataFrame
    object_frames: pl.DataFrame

    def __iter__(self):
        return iter((self.frames, self.scene_boxes, self.frame_visibility, self.object_frames))


def random_tables(
    seed: int,
    num_frames: int = 12,
    tags: Sequence[str] = TAGS,
    metric: bool = True,
    scale: float = 1.0,
    tilt_deg: float = 0.0,
    fitted: bool = False,
) -> SceneTables:
    """A random scene with one object for each of `tags`.

    Args:
        scale: of all lengths.
        tilt_deg: largest roll and pitch of a box.
        fitted: whether each frame has effective boxes of its own, as if fitted to what it sees.
    """
    rng = np.random.default_rng(seed)
    boxes = [_random_box(index, tag, rng, metric, scale, tilt_deg) for index, tag in enumerate(tags)]
    frames = [_random_frame(index, rng, scale) for index in range(num_frames)]
    return tables_of(frames, boxes, rng, fitted)


def tables_of(frames: list[dict], boxes: list[dict], rng: np.random.Generator, fitted: bool = False) -> SceneTables:
    """The tables of given frames and boxes, as rows; what is seen of them is drawn at random."""
    reaching, seen = [], []
    for frame in frames:
        effective = [_fitted(entry, rng) if fitted else entry for entry in boxes]
        here = [(entry, _view(frame, entry, rng)) for entry in effective]
        here = [(entry, view) for entry, view in here if view is not None]
        names = [entry["tag"] for entry, _ in here]
        for entry, view in here:
            row = {"frame_id": frame["frame_id"], "object_id": entry["object_id"], **view}
            visible = view["num_points"] >= MIN_AREA_PX
            reaching.append(row | {"visible": visible, "reason": "ok" if visible else "too_small"})
            if visible:
                referable = names.count(entry["tag"]) == 1
                seen.append(row | {"tag": entry["tag"], "metric": entry["metric"], "referable": referable})
    return SceneTables(
        _table(FRAMES, frames),
        _table(SCENE_BOXES, boxes),
        _table(FRAME_VISIBILITY, reaching),
        _table(OBJECT_FRAMES, seen),
    )


def _table(table, rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in table.columns} for row in rows], schema=table.schema)


def _random_box(index: int, tag: str, rng, metric: bool, scale: float, tilt_deg: float) -> dict:
    extents = np.exp(rng.uniform(np.log(0.06), np.log(1.6), 3)) * np.array([1.0, 1.0, 0.8])
    bottom = rng.choice([0.0, rng.uniform(0.0, ROOM_M[2] - extents[2])])
    center = [*(rng.uniform(-0.5, 0.5, 2) * ROOM_M[:2]), bottom + extents[2] / 2]
    rpy = [*np.radians(rng.uniform(-tilt_deg, tilt_deg, 2)), rng.uniform(-np.pi, np.pi)]
    return {
        "object_id": f"object_{index}",
        "tag": tag,
        "center": (np.array(center) * scale).tolist(),
        "extents": (extents * scale).tolist(),
        "rpy": [float(angle) for angle in rpy],
        "origin": "annotated",
        "metric": metric,
    }


def _fitted(entry: dict, rng) -> dict:
    extents = np.array(entry["extents"]) * rng.uniform(0.7, 1.0, 3)
    center = np.array(entry["center"]) + rng.uniform(-0.05, 0.05, 3) * extents
    return entry | {"center": center.tolist(), "extents": extents.tolist()}


def _random_frame(index: int, rng, scale: float) -> dict:
    eye = np.array([*(rng.uniform(-0.5, 0.5, 2) * ROOM_M[:2]), rng.uniform(1.0, 2.0)])
    forward = np.array([*rng.uniform(-1.0, 1.0, 2), rng.uniform(0.2, 1.2)]) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye * scale
    return {
        "frame_id": f"frame_{index:05d}",
        "image": f"/nowhere/{index}.jpg",
        "depth": f"/nowhere/{index}.png",
        "depth_scale": 1000.0,
        "width": WIDTH,
        "height": HEIGHT,
        "intrinsics": [FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2],
        "world_from_camera": pose.reshape(-1).tolist(),
        "keyframe": True,
        "signature": str(index),
    }


def _view(frame: dict, entry: dict, rng) -> dict | None:
    """What a frame shows of a box; None if it does not reach into the image, or reaches behind the camera."""
    pose = np.array(frame["world_from_camera"]).reshape(4, 4)
    rotation = Rotation.from_euler("ZYX", entry["rpy"][::-1]).as_matrix()
    center, extents = np.array(entry["center"]), np.array(entry["extents"])
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    corners = (signs * extents) @ rotation.T + center
    local = (corners - pose[:3, 3]) @ pose[:3, :3]
    if local[:, 2].min() <= 1e-3:
        return None
    fx, fy, cx, cy = frame["intrinsics"]
    outline = MultiPoint(local[:, :2] / local[:, 2:] * (fx, fy) + (cx, cy)).convex_hull
    inside = outline.intersection(box(0, 0, frame["width"] - 1, frame["height"] - 1))
    if inside.is_empty or inside.area < 1:
        return None
    depths = _face_depths(rotation, center, extents, pose, rng)
    camera_rotation = Rotation.from_matrix(pose[:3, :3].T @ rotation)
    camera_center = (center - pose[:3, 3]) @ pose[:3, :3]
    polygon = [float(value) for point in inside.exterior.coords[:-1] for value in point]
    low, high = np.floor(inside.bounds[:2]), np.floor(inside.bounds[2:]) + 1
    return {
        "box_2d": [*low.tolist(), *high.tolist()],
        "in_frame": inside.area / outline.area,
        "visible_fraction": float(rng.choice([1.0, rng.uniform(0.2, 1.0)])),
        "occupancy": 1.0,
        "num_points": round(inside.area),
        "distance": float(np.linalg.norm(camera_center)),
        "mask": coco.frPyObjects([polygon], frame["height"], frame["width"])[0]["counts"],
        "area": round(inside.area),
        "mark_point": [inside.centroid.x, inside.centroid.y],
        "iou_with_depth_mask": 1.0,
        **{name: entry[name] for name in ("center", "extents", "rpy")},
        "camera_center": camera_center.tolist(),
        "camera_rpy": camera_rotation.as_euler("ZYX")[::-1].tolist(),
        "depth_quartiles": np.percentile(depths, [25, 50, 75]).tolist(),
        "cloud_center": entry["center"],
        "cloud_min": corners.min(0).tolist(),
        "cloud_max": corners.max(0).tolist(),
        "cloud_points": round(inside.area),
    }


def _face_depths(rotation, center, extents, pose, rng) -> np.ndarray:
    """Camera z of random points on the faces that look at the camera, in proportion to how large they appear."""
    eye = (pose[:3, 3] - center) @ rotation
    depths = []
    for axis, sign in FACES:
        toward = eye[axis] * np.sign(sign) - extents[axis] / 2
        if toward > 0:
            area = np.prod(np.delete(extents, axis)) * toward
            points = rng.uniform(-0.5, 0.5, (max(int(40 * area / extents.max() ** 2), 8), 3))
            points[:, axis] = sign
            world = (points * extents) @ rotation.T + center
            depths.append(((world - pose[:3, 3]) @ pose[:3, :3])[:, 2])
    return np.concatenate(depths)
