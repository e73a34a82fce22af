"""The rendered desk scene as files and tables, as the stages before masks leave them."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from resources.tables import FRAME_VISIBILITY, FRAMES, SCENE_BOXES
from tests.support import desk

DEPTH_SCALE = 5000.0
EYES = {"000": (0.9, -2.2, 1.5), "001": (-0.9, -2.4, 1.2)}
VIEWS = {frame_id: desk.look(eye) for frame_id, eye in EYES.items()}


def write_frames(folder: Path) -> pl.DataFrame:
    """Writes colour and depth of all views into `folder`; gives the `frames` table."""
    rows = []
    for frame_id, view in VIEWS.items():
        image, depth = folder / f"{frame_id}.png", folder / f"{frame_id}.depth.png"
        cv2.imwrite(str(image), view.image[..., ::-1])
        cv2.imwrite(str(depth), np.round(view.depth * DEPTH_SCALE).astype(np.uint16))
        rows.append(
            {
                "frame_id": frame_id,
                "image": str(image),
                "depth": str(depth),
                "depth_scale": DEPTH_SCALE,
                "width": desk.WIDTH,
                "height": desk.HEIGHT,
                "intrinsics": view.camera.intrinsics.tolist(),
                "world_from_camera": view.camera.world_from_camera.ravel().tolist(),
                "keyframe": True,
                "signature": frame_id,
            }
        )
    return pl.DataFrame(rows, schema=FRAMES.schema)


def scene_boxes(tags=desk.NAMES) -> pl.DataFrame:
    """The `scene_boxes` table; the objects are named as in `desk.NAMES`."""
    rows = [
        {
            "object_id": name,
            "tag": tag,
            "center": box.centers.tolist(),
            "extents": box.extents.tolist(),
            "rpy": [0.0, 0.0, 0.0],
            "origin": "annotated",
            "metric": True,
        }
        for name, tag, box in zip(desk.NAMES, tags, desk.BOXES, strict=True)
    ]
    return pl.DataFrame(rows, schema=SCENE_BOXES.schema)


def frame_visibility(hidden: tuple[str, ...] = ()) -> pl.DataFrame:
    """The `frame_visibility` table in which all objects but the `hidden` ones are visible."""
    return visibility_table((frame_id, name, name not in hidden) for frame_id in VIEWS for name in desk.NAMES)


def visibility_table(pairs: Iterable[tuple[str, str, bool]]) -> pl.DataFrame:
    """A `frame_visibility` table of (frame, object, visible), with any values in its other columns."""
    rows = [
        {
            "frame_id": frame_id,
            "object_id": object_id,
            "box_2d": [0.0, 0.0, 1.0, 1.0],
            "in_frame": 1.0,
            "visible_fraction": 0.9,
            "occupancy": 0.8,
            "num_points": 200 + index,
            "distance": 2.0 + index,
            "visible": visible,
            "reason": "ok" if visible else "occluded",
        }
        for index, (frame_id, object_id, visible) in enumerate(pairs)
    ]
    return pl.DataFrame(rows, schema=FRAME_VISIBILITY.schema)
