"""Lifting for the web UI: what was recognised, which pixels it was given, and the boxes that came of it.

Every function takes tables of one scene and returns a picture `(h, w, 3)` RGB, or None where there is nothing to show.
What does not belong here: how things are drawn (`engine/rendering`), and plain video (`reconstruction_previews.py`).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import frames_by_id
from openspatial_assets.assets.preview_parts import (
    PLOT_PX,
    Picture,
    boxes_of_rows,
    draw_masks,
    frame_name,
    full_and_apart,
    fullest,
    side_by_side,
    spread,
    tag_colors,
    wide,
    wide_camera,
)
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.masks.regions import decoded
from openspatial_assets.engine.rendering.clouds import cloud_tiles
from openspatial_assets.engine.rendering.marks import draw_boxes
from openspatial_assets.engine.rendering.overlays import contact_sheet, draw_labels, draw_wireframes, legend
from openspatial_assets.engine.rendering.plots import Tiles, scene_from_above
from openspatial_assets.engine.rendering.text import Color
from resources.images import camera_of, read_color, read_depth

SHEET_FRAMES = 4
SHEET_TILE_PX = 460

CLOUD_FRAMES = 40
"""Frames, spread over the walk, whose depth makes the cloud: more cost time and show little more."""

CLOUD_POINTS = 12_000
"""Of each of them, about."""

ANNOTATED: Color = (20, 20, 20)
LIFTED: Color = (250, 125, 15)
FLAG_SIGNS = {"single_view": "1 view", "extended_to_floor": "to floor", "tilted": "tilted"}


def preview_recognitions(frames: pl.DataFrame, recognitions: pl.DataFrame) -> Picture | None:
    """Frames with most recognitions, each with its box and label; the same label has the same colour."""
    if frames.is_empty() or recognitions.is_empty():
        return None
    labels = recognitions["label"].unique().sort().to_list()
    colors = dict(zip(labels, tag_colors(labels), strict=True))
    known, pictures, captions = frames_by_id(frames), [], []
    for frame_id in full_and_apart(recognitions, SHEET_FRAMES):
        rows = recognitions.filter(pl.col("frame_id") == frame_id).sort("detection").rows(named=True)
        picture = read_color(known[frame_id]["image"])
        inks = [colors[row["label"]] for row in rows]
        draw_boxes(picture, [row["box_2d"] for row in rows], inks)
        anchors = [((row["box_2d"][0] + row["box_2d"][2]) / 2, row["box_2d"][1]) for row in rows]
        draw_labels(picture, anchors, [row["label"] for row in rows], inks)
        pictures.append(picture)
        captions.append(f"{frame_name(known[frame_id])}: {len(rows)} recognitions by {rows[0]['recognizer']}")
    sheet = contact_sheet(pictures, captions, 2, SHEET_TILE_PX)
    asked = recognitions["frame_id"].n_unique()
    return legend(sheet, [], f"{recognitions.height:,} recognitions of {len(labels)} labels in {asked} frames")


def preview_instance_masks(frames: pl.DataFrame, instance_masks: pl.DataFrame) -> Picture | None:
    """Frames with most masks, each in its colour with its label and, where it has one, the segmenter's confidence."""
    shown = instance_masks.filter(pl.col("area") > 0)
    if frames.is_empty() or shown.is_empty():
        return None
    known, pictures, captions = frames_by_id(frames), [], []
    for frame_id in full_and_apart(shown, SHEET_FRAMES):
        rows = shown.filter(pl.col("frame_id") == frame_id)
        rows = rows.sort("area", "detection", descending=[True, False]).rows(named=True)
        frame = known[frame_id]
        picture = read_color(frame["image"])
        labels = [row["label"] + ("" if row["score"] is None else f" {row['score']:.2f}") for row in rows]
        draw_masks(picture, [decoded(row["mask"], frame["height"], frame["width"]) for row in rows], labels)
        pictures.append(picture)
        captions.append(f"{frame_name(frame)}: {len(rows)} masks by {rows[0]['segmenter']}")
    sheet = contact_sheet(pictures, captions, 2, SHEET_TILE_PX)
    empty = instance_masks.height - shown.height
    return legend(sheet, [], f"{shown.height:,} masks; {empty:,} recognitions without one")


def preview_lifted_boxes(
    frames: pl.DataFrame, lifted_boxes: pl.DataFrame, annotated: pl.DataFrame | None = None
) -> Picture | None:
    """The cloud from above with all lifted boxes, beside the frame that supports most of them with their wireframes.

    Args:
        annotated: rows of `scene_boxes` to compare with; drawn from above only.
    """
    if frames.is_empty() or lifted_boxes.is_empty():
        return None
    frames, lifted_boxes = frames.sort("frame_id"), lifted_boxes.sort("object_id")
    frame_id = fullest(lifted_boxes.select(pl.col("frame_ids").explode().alias("frame_id")))
    frame = frames_by_id(frames)[frame_id]
    here = lifted_boxes.filter(pl.col("frame_ids").list.contains(frame_id))
    picture = draw_wireframes(
        wide(read_color(frame["image"])),
        wide_camera(frame),
        boxes_of_rows(here),
        tag_colors(here["tag"]),
        [_lifted_label(tag, confidence, flags) for tag, confidence, flags in
         here.select("tag", "confidence", "flags").iter_rows()],
    )  # fmt: skip
    picture = side_by_side(_cloud_from_above(frames, lifted_boxes, annotated), picture)
    entries = [("lifted", LIFTED)] + ([] if annotated is None else [("annotated", ANNOTATED)])
    flags = lifted_boxes["flags"].explode().drop_nulls().value_counts().sort("flags")
    flagged = [f"{FLAG_SIGNS.get(name, name)} {count}" for name, count in flags.iter_rows()]
    title = f"{frame_name(frame)} · {lifted_boxes.height} lifted" + "".join(f" · {text}" for text in flagged)
    return legend(picture, entries, title)


def _lifted_label(tag: str, confidence: float, flags: list[str]) -> str:
    signs = [FLAG_SIGNS.get(flag, flag) for flag in flags]
    return f"{tag} {confidence:.2f}" + (f" ({', '.join(signs)})" if signs else "")


def _cloud_from_above(frames: pl.DataFrame, lifted: pl.DataFrame, annotated: pl.DataFrame | None) -> Picture:
    boxes, tags, colors = boxes_of_rows(lifted), lifted["tag"].to_list(), [LIFTED] * lifted.height
    if annotated is not None and not annotated.is_empty():
        other = boxes_of_rows(annotated)
        boxes = Boxes(*(np.concatenate([getattr(side, name) for side in (boxes, other)])
                        for name in ("centers", "extents", "rotations")))  # fmt: skip
        tags, colors = tags + [""] * len(other), colors + [ANNOTATED] * len(other)
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    unit = "m" if lifted["metric"].all() else "units"
    return scene_from_above(boxes, tags, colors, poses, PLOT_PX, unit, ground=_cloud(frames))


def _cloud(frames: pl.DataFrame) -> Tiles | None:
    """What the depth of some frames shows below the highest camera, from above; None where no frame has depth.

    What lies higher, most of all the ceiling, would cover everything.
    """
    frames = frames.filter(pl.col("depth").is_not_null())
    if frames.is_empty():
        return None
    highest = float(frames["world_from_camera"].arr.get(11).max())
    rows = [frames.row(index, named=True) for index in spread(frames.height, CLOUD_FRAMES)]
    parts = [_points(row) for row in rows]
    points, colors = (np.concatenate(side) for side in zip(*parts, strict=True))
    low = points[:, 2] <= highest
    return cloud_tiles(points[low], colors[low]) if low.any() else None


def _points(frame: dict) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """About `CLOUD_POINTS` world points `(n, 3)` of a frame and their colours `(n, 3)`."""
    step = max(round((frame["width"] * frame["height"] / CLOUD_POINTS) ** 0.5), 1)
    depth, color = read_depth(frame)[::step, ::step], read_color(frame["image"])[::step, ::step]
    v, u = np.nonzero(depth > 0)
    pixels = np.stack([u, v], axis=-1) * step
    return camera_of(frame).back_project(pixels, depth[v, u]), color[v, u]
