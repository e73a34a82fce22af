"""Pictures of each stage for the web UI: what a person wants to see to trust a partition, or to find its fault.

Every function takes tables of one scene and returns a picture `(h, w, 3)` RGB, or None where there is nothing to show;
`as_markdown` makes it fit into metadata. What does not belong here: how things are drawn (`engine/rendering`), and the
previews of questions, mixtures and exports (`question_previews.py`).
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from openspatial_assets.assets.marked_pictures import Row, frames_by_id
from openspatial_assets.assets.preview_parts import (
    Picture,
    boxes_of_rows,
    draw_masks,
    frame_name,
    from_above,
    full_and_apart,
    fullest,
    in_view,
    side_by_side,
    spread,
    tag_colors,
    wide,
    wide_camera,
)
from openspatial_assets.engine.masks.regions import decoded
from openspatial_assets.engine.rendering.encoding import inline_picture, jpeg_within
from openspatial_assets.engine.rendering.overlays import (
    REASON_COLORS,
    contact_sheet,
    draw_wireframes,
    legend,
)
from resources.images import read_color

SHEET_FRAMES = 12
SHEET_COLUMNS = 4
SHEET_TILE_PX = 280
MASK_FRAMES = 4
MASK_TILE_PX = 460


def as_markdown(picture: Picture | None, alternative: str) -> str | None:
    """A picture as Markdown that needs no file, small enough for the event log; None for None."""
    return None if picture is None else inline_picture(jpeg_within(picture), alternative)


def preview_frames(frames: pl.DataFrame) -> Picture | None:
    """A contact sheet of keyframes, spread evenly over the walk."""
    if frames.is_empty():
        return None
    keyframes = frames.filter("keyframe")
    chosen = (frames if keyframes.is_empty() else keyframes).sort("frame_id")
    rows = [chosen.row(index, named=True) for index in spread(chosen.height, SHEET_FRAMES)]
    return contact_sheet(
        [read_color(row["image"]) for row in rows], [frame_name(row) for row in rows], SHEET_COLUMNS, SHEET_TILE_PX
    )


def preview_boxes(frames: pl.DataFrame, scene_boxes: pl.DataFrame) -> Picture | None:
    """The scene from above beside the frame that has most box centres in view, with all wireframes."""
    if frames.is_empty() or scene_boxes.is_empty():
        return None
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    boxes, tags = boxes_of_rows(scene_boxes), scene_boxes["tag"].to_list()
    colors = tag_colors(tags)
    best = max(frames.iter_rows(named=True), key=lambda row: int(in_view(row, boxes).sum()))
    inside = np.nonzero(in_view(best, boxes))[0]
    picture = draw_wireframes(
        wide(read_color(best["image"])),
        wide_camera(best),
        boxes[inside],
        [colors[index] for index in inside],
        [tags[index] for index in inside],
    )
    above = from_above(frames, boxes, tags, colors, metric=bool(scene_boxes["metric"].all()))
    return side_by_side(above, picture)


def preview_visibility(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, frame_visibility: pl.DataFrame
) -> Picture | None:
    """The frame with most objects, every box that projects into it coloured and labelled by why it is kept or not."""
    if frames.is_empty() or scene_boxes.is_empty() or frame_visibility.is_empty():
        return None
    frame_id = fullest(frame_visibility.filter("visible") if frame_visibility["visible"].any() else frame_visibility)
    rows = frame_visibility.filter(pl.col("frame_id") == frame_id).join(scene_boxes, on="object_id").sort("object_id")
    # Boxes whose share of the picture is nil only clutter it; the table has them.
    rows = rows.filter(pl.col("reason") != "outside")
    frame = frames_by_id(frames)[frame_id]
    labels = [
        f"{tag} {fraction:.0%}" if reason == "ok" else f"{tag}: {reason.replace('_', ' ')} {fraction:.0%}"
        for tag, reason, fraction in rows.select("tag", "reason", "visible_fraction").iter_rows()
    ]
    colors = [REASON_COLORS[reason] for reason in rows["reason"]]
    picture = draw_wireframes(wide(read_color(frame["image"])), wide_camera(frame), boxes_of_rows(rows), colors, labels)
    counts = dict(frame_visibility.group_by("reason").len().iter_rows())
    entries = [
        (f"{name.replace('_', ' ')} {counts[name]}", REASON_COLORS[name]) for name in REASON_COLORS if name in counts
    ]
    return legend(picture, entries, title=f"{frame_name(frame)} · % = visible fraction · in all frames:")


def preview_masks(frames: pl.DataFrame, scene_boxes: pl.DataFrame, refined_masks: pl.DataFrame) -> Picture | None:
    """Frames with most masks, each mask in its colour with its tag and its IoU with the depth mask ("=": replaced)."""
    refined_masks = refined_masks.filter(pl.col("area") > 0)
    if frames.is_empty() or refined_masks.is_empty():
        return None
    tags = dict(scene_boxes.select("object_id", "tag").iter_rows())
    known, pictures, captions = frames_by_id(frames), [], []
    for frame_id in full_and_apart(refined_masks, MASK_FRAMES):
        rows = refined_masks.filter(pl.col("frame_id") == frame_id)
        rows = rows.sort("area", "object_id", descending=[True, False]).rows(named=True)
        picture = read_color(known[frame_id]["image"])
        masks = [decoded(row["mask"], known[frame_id]["height"], known[frame_id]["width"]) for row in rows]
        draw_masks(picture, masks, [_mask_label(row, tags) for row in rows])
        pictures.append(picture)
        captions.append(f"{frame_name(known[frame_id])}: {len(rows)} masks by {rows[0]['refiner']}, IoU (=: replaced)")
    return contact_sheet(pictures, captions, 2, MASK_TILE_PX)


def preview_objects(frames: pl.DataFrame, object_frames: pl.DataFrame) -> Picture | None:
    """The frame with most objects: their effective boxes from above and in the picture, with their median depth."""
    if frames.is_empty() or object_frames.is_empty():
        return None
    frame_id = fullest(object_frames)
    rows = object_frames.filter(pl.col("frame_id") == frame_id).sort("object_id")
    frame, boxes, tags = frames_by_id(frames)[frame_id], boxes_of_rows(rows), rows["tag"].to_list()
    colors, metric = tag_colors(tags), bool(rows["metric"].all())
    depths = [quartiles[1] for quartiles in rows["depth_quartiles"].to_list()]
    unit = " m" if metric else ""
    labels = [f"{tag} {depth:.2f}{unit}" for tag, depth in zip(tags, depths, strict=True)]
    picture = draw_wireframes(wide(read_color(frame["image"])), wide_camera(frame), boxes, colors, labels)
    above = from_above(frames.filter(pl.col("frame_id") == frame_id), boxes, tags, colors, metric)
    return side_by_side(above, picture)


def _mask_label(row: Row, tags: Mapping[str, str]) -> str:
    tag, sign = tags.get(row["object_id"], row["object_id"]), "=" if row["replaced"] else ""
    return f"{tag} {sign}{row['iou_with_depth_mask']:.2f}"
