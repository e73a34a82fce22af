"""From masks to the table `object_frames`: all that a question may ask of an object in one frame, for one variant.

What does not belong here: masks (`masks.py`), and relations between objects (`engine/scene_graph`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.fitting import yaw_box
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy, rpy_from_matrix
from openspatial_assets.engine.masks.partial_clouds import cropped, depth_quartiles, visible_cloud
from openspatial_assets.engine.masks.regions import decoded, mark_point, window_of
from openspatial_assets.engine.masks.settings import ObjectSettings
from resources.images import camera_of, read_depth
from resources.tables import OBJECT_FRAMES

RULE_VERSION = "1"

POINT_CLOUD = "point_cloud"
"""The value of the choice `representation` under which a box is fitted to what the frame sees of the object."""


def objects_of_frames(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    refined_masks: pl.DataFrame,
    representation: str,
    settings: ObjectSettings,
) -> pl.DataFrame:
    """The `object_frames` of some frames of a scene, sorted by frame and object.

    Args:
        frames, scene_boxes, frame_visibility, refined_masks: tables; the last two may hold other frames as well.
        representation: the variant's choice: `box`, or `point_cloud`.

    Raises:
        ImageError: a depth image cannot be read.
    """
    visibility = _with_boxes(frame_visibility.drop("box_2d", "visible", "reason"), scene_boxes)
    objects = refined_masks.join(visibility, on=["frame_id", "object_id"]).sort("object_id")
    by_frame = objects.drop("refiner", "replaced", "score").partition_by("frame_id", as_dict=True)
    rows: list[dict[str, Any]] = []
    for frame in frames.sort("frame_id").iter_rows(named=True):
        here = by_frame.get((frame["frame_id"],))
        if here is None:
            continue
        camera = camera_of(frame)
        depth = np.zeros((camera.height, camera.width), np.float32) if frame["depth"] is None else read_depth(frame)
        rows += [row | _measured(row, camera, depth, representation, settings) for row in here.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=OBJECT_FRAMES.schema)


def _with_boxes(frame_visibility: pl.DataFrame, scene_boxes: pl.DataFrame) -> pl.DataFrame:
    """`frame_visibility` with each object's scene box and tag, and whether no other box in the frame has that tag."""
    boxes = scene_boxes.select("object_id", "tag", "center", "extents", "rpy", "metric")
    unique = pl.len().over("frame_id", "tag") == 1
    return frame_visibility.join(boxes, on="object_id").with_columns(referable=unique)


def _measured(
    row: Mapping[str, Any],
    camera: Camera,
    depth: NDArray[np.float32],
    representation: str,
    settings: ObjectSettings,
) -> dict[str, Any]:
    """The columns that come from the pixels of one object's mask, and its effective box.

    Where no pixel of the mask has depth, the scene box stands in: its nearest corner for the depth quartiles, its
    corners for the cloud, itself for the box fitted to the cloud; `cloud_points` is then 0.
    """
    mask = decoded(row["mask"], camera.height, camera.width)
    scene_box = Boxes.from_rpy(row["center"], row["extents"], row["rpy"])
    window = window_of(mask, 1)
    cloud = visible_cloud(cropped(camera, window), depth[window], mask[window], settings.cloud_trim_percent)
    quartiles = depth_quartiles(depth[window], mask[window], settings.erosion_px)
    points = cloud if len(cloud) else scene_box.corners
    if quartiles is None:
        quartiles = np.full(3, max(camera.camera_from_world(scene_box.corners)[:, 2].min(), 0.0))
    center, extents, rpy = row["center"], row["extents"], row["rpy"]
    if representation == POINT_CLOUD and len(cloud):
        center, extents, rpy = yaw_box(cloud, settings.cloud_trim_percent, settings.min_extent_m)
    numbers = {
        "mark_point": mark_point(mask),
        "center": center,
        "extents": extents,
        "rpy": rpy,
        "camera_center": camera.camera_from_world(center),
        "camera_rpy": rpy_from_matrix(camera.rotation.T @ matrix_from_rpy(rpy)),
        "depth_quartiles": quartiles,
        "cloud_center": points.mean(axis=0),
        "cloud_min": points.min(axis=0),
        "cloud_max": points.max(axis=0),
    }
    return {name: [float(value) for value in values] for name, values in numbers.items()} | {"cloud_points": len(cloud)}
