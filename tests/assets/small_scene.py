"""A small scene as tables, with real images on disk: four coloured boxes in a row, seen by three cameras.

Masks are the silhouettes of the boxes and depths are made up: enough to draw, not to measure.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from openspatial_assets.assets.dataset import SceneTables, drawn_samples, export_chunks
from openspatial_assets.engine.dataset.settings import ExportSettings
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.masks.regions import bounding_box, encoded, mark_point
from resources.images import camera_of
from resources.schema import Table
from resources.tables import FRAME_VISIBILITY, FRAMES, OBJECT_FRAMES, REFINED_MASKS, SCENE_BOXES, question_table

TAGS = {"chair_1": "chair", "chair_2": "chair", "mug_1": "mug", "table_1": "table"}
WIDTH, HEIGHT = 160, 120


@dataclass(frozen=True)
class SmallScene:
    """The tables of one scene."""

    frames: pl.DataFrame
    scene_boxes: pl.DataFrame
    frame_visibility: pl.DataFrame
    refined_masks: pl.DataFrame
    object_frames: pl.DataFrame


def rows_of(table: Table, rows: list[dict]) -> pl.DataFrame:
    """Rows as a frame that fits `table`; columns that a row leaves out are null."""
    full = [{name: row.get(name) for name in table.schema} for row in rows]
    return table.checked(pl.DataFrame(full, schema=table.schema), "small scene")


def small_scene(folder: Path) -> SmallScene:
    """The tables of the scene, with its images written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    frames, seen = [], []
    scene_boxes = [_box_row(i, object_id, tag) for i, (object_id, tag) in enumerate(TAGS.items())]
    for number in range(3):
        frame = _frame_row(folder, number)
        frames.append(frame)
        seen += [row for box in scene_boxes if (row := _seen(frame, box)) is not None]
    visible = [row for row in seen if row["visible"]]
    return SmallScene(
        rows_of(FRAMES, frames),
        rows_of(SCENE_BOXES, scene_boxes),
        *(
            rows_of(table, [{name: row[name] for name in table.schema} for row in chosen])
            for table, chosen in ((FRAME_VISIBILITY, seen), (REFINED_MASKS, visible), (OBJECT_FRAMES, visible))
        ),
    )


def _frame_row(folder: Path, number: int) -> dict:
    """A camera 4 m before the boxes at a height of 1 m, moved to the right with its number; looks along +Y."""
    texture = np.random.default_rng(number).integers(60, 200, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    path = folder / f"{number:04d}.png"
    cv2.imwrite(str(path), cv2.resize(texture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR))
    return {
        "frame_id": f"{number:04d}",
        "image": str(path),
        "depth_scale": 1000.0,
        "width": WIDTH,
        "height": HEIGHT,
        "intrinsics": [120.0, 120.0, 79.5, 59.5],
        "world_from_camera": [1.0, 0, 0, 0.3 * number, 0, 0, 1, -4, 0, -1, 0, 1, 0, 0, 0, 1],
        "keyframe": number != 1,
        "signature": str(number),
    }


def _box_row(index: int, object_id: str, tag: str) -> dict:
    return {
        "object_id": object_id,
        "tag": tag,
        "center": [1.1 * index - 1.6, 0.4 * index, 0.5],
        "extents": [0.6, 0.5, 0.4 + 0.25 * index],
        "rpy": [0.0, 0.0, 0.2 * index],
        "origin": "annotated",
        "metric": True,
    }


def _seen(frame: dict, box: dict) -> dict | None:
    """All columns of a sighting; the mug is "occluded" in the last frame."""
    pixels, depth = camera_of(frame).project(Boxes.from_rpy(box["center"], box["extents"], box["rpy"]).corners)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(pixels).astype(np.int32)), 1)
    if not mask.any():
        return None
    mask, middle = mask.astype(bool), float(depth.mean())
    occluded = box["object_id"] == "mug_1" and frame["frame_id"] == "0002"
    return {
        "frame_id": frame["frame_id"],
        "object_id": box["object_id"],
        "tag": box["tag"],
        "mask": encoded(mask),
        "area": int(mask.sum()),
        "box_2d": [float(value) for value in bounding_box(mask)],
        "mark_point": [float(value) for value in mark_point(mask)],
        "iou_with_depth_mask": 0.9,
        "refiner": "depth",
        "replaced": False,
        "score": None,
        "in_frame": 1.0,
        "visible_fraction": 0.02 if occluded else 0.9,
        "occupancy": 0.5,
        "num_points": int(mask.sum()),
        "distance": middle,
        "visible": not occluded,
        "reason": "occluded" if occluded else "ok",
        **{name: box[name] for name in ("center", "extents", "rpy")},
        "camera_center": [0.0, 0.0, middle],
        "camera_rpy": [0.0, 0.0, 0.0],
        "depth_quartiles": [middle - 0.1, middle, middle + 0.1],
        "cloud_center": box["center"],
        "cloud_min": box["center"],
        "cloud_max": box["center"],
        "cloud_points": int(mask.sum()),
        "referable": box["tag"] != "chair",
        "metric": True,
    }


def question(qa_id: str, subtask: str = "left_right", form: str = "open_ended", **changes) -> dict:
    """A question about chair_1 and table_1 in frame 0000 of scene `room`, both marked; `changes` replace columns."""
    base = {
        "qa_id": qa_id,
        "scene_id": "room",
        "variant": "box_centric",
        "capability": "spatial_relationship",
        "subtask": subtask,
        "form": form,
        "question": f"Where is the chair (red box)? [{qa_id}]",
        "answer": "To the left.",
        "answer_label": "left",
        "frame_ids": ["0000"],
        "object_ids": ["chair_1", "table_1"],
        "marks": [mark("chair_1", "box", "red"), mark("table_1", "mask", "blue")],
        "evidence": json.dumps({"asks": "left", "measure": {}, "only": qa_id, "claim": {"subject": qa_id}}),
        "metric": True,
        "rule_version": "1",
    }
    return {**base, **changes}


def mark(object_id: str, kind: str, color: str, **changes) -> dict:
    base = {"image": 0, "object_id": object_id, "kind": kind, "color": color, "u": None, "v": None, "label": None}
    return {**base, **changes}


def questions_of(rows: list[dict]) -> pl.DataFrame:
    return rows_of(question_table("left_right"), rows)


def training_samples(dataset: pl.DataFrame, tables_of: SceneTables, settings: ExportSettings) -> Iterator[pl.DataFrame]:
    """The training samples of a mixture, chunk by chunk, on one core; memory is bounded by a chunk."""
    return (drawn_samples(chunk, settings) for chunk in export_chunks(dataset, tables_of))
