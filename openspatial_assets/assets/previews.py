"""Pictures of each stage for the web UI: what a person wants to see to trust a partition, or to find its fault.

Every function takes tables of one scene and returns a picture `(h, w, 3)` RGB, or None where there is nothing to show;
`as_markdown` makes it fit into metadata. What does not belong here: how things are drawn (`engine/rendering`), and the
previews of questions, mixtures and exports (`question_previews.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, pairwise

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import Row, frames_by_id
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.regions import decoded, mark_point
from openspatial_assets.engine.rendering.encoding import inline_picture, jpeg_within
from openspatial_assets.engine.rendering.marks import contours_of, draw_contours, fill_masks
from openspatial_assets.engine.rendering.overlays import (
    REASON_COLORS,
    contact_sheet,
    draw_labels,
    draw_wireframes,
    legend,
)
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.plots import scene_from_above
from openspatial_assets.engine.rendering.text import Color, unit_px
from resources.images import camera_of, read_color

Picture = NDArray[np.uint8]

SHEET_FRAMES = 12
SHEET_COLUMNS = 4
SHEET_TILE_PX = 280
MASK_FRAMES = 4
MASK_TILE_PX = 460
WIDE_PX = 960
"""Width of a preview that is one frame: enough to read its labels, little enough for the event log."""

PLOT_PX = 640


def as_markdown(picture: Picture | None, alternative: str) -> str | None:
    """A picture as Markdown that needs no file, small enough for the event log; None for None."""
    return None if picture is None else inline_picture(jpeg_within(picture), alternative)


def preview_frames(frames: pl.DataFrame) -> Picture | None:
    """A contact sheet of keyframes, spread evenly over the walk."""
    if frames.is_empty():
        return None
    keyframes = frames.filter("keyframe")
    chosen = (frames if keyframes.is_empty() else keyframes).sort("frame_id")
    rows = [chosen.row(index, named=True) for index in _spread(chosen.height, SHEET_FRAMES)]
    return contact_sheet(
        [read_color(row["image"]) for row in rows], [_frame_name(row) for row in rows], SHEET_COLUMNS, SHEET_TILE_PX
    )


def preview_boxes(frames: pl.DataFrame, scene_boxes: pl.DataFrame) -> Picture | None:
    """The scene from above beside the frame that has most box centres in view, with all wireframes."""
    if frames.is_empty() or scene_boxes.is_empty():
        return None
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    boxes, tags = boxes_of_rows(scene_boxes), scene_boxes["tag"].to_list()
    colors = _tag_colors(tags)
    best = max(frames.iter_rows(named=True), key=lambda row: int(_in_view(row, boxes).sum()))
    inside = np.nonzero(_in_view(best, boxes))[0]
    picture = draw_wireframes(
        _wide(read_color(best["image"])),
        _wide_camera(best),
        boxes[inside],
        [colors[index] for index in inside],
        [tags[index] for index in inside],
    )
    above = _from_above(frames, boxes, tags, colors, metric=bool(scene_boxes["metric"].all()))
    return _side_by_side(above, picture)


def preview_visibility(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, frame_visibility: pl.DataFrame
) -> Picture | None:
    """The frame with most objects, every box that projects into it coloured and labelled by why it is kept or not."""
    if frames.is_empty() or scene_boxes.is_empty() or frame_visibility.is_empty():
        return None
    frame_id = _fullest(frame_visibility.filter("visible") if frame_visibility["visible"].any() else frame_visibility)
    rows = frame_visibility.filter(pl.col("frame_id") == frame_id).join(scene_boxes, on="object_id").sort("object_id")
    # Boxes whose share of the picture is nil only clutter it; the table has them.
    rows = rows.filter(pl.col("reason") != "outside")
    frame = frames_by_id(frames)[frame_id]
    labels = [
        f"{tag} {fraction:.0%}" if reason == "ok" else f"{tag}: {reason.replace('_', ' ')} {fraction:.0%}"
        for tag, reason, fraction in rows.select("tag", "reason", "visible_fraction").iter_rows()
    ]
    colors = [REASON_COLORS[reason] for reason in rows["reason"]]
    picture = draw_wireframes(
        _wide(read_color(frame["image"])), _wide_camera(frame), boxes_of_rows(rows), colors, labels
    )
    counts = dict(frame_visibility.group_by("reason").len().iter_rows())
    entries = [
        (f"{name.replace('_', ' ')} {counts[name]}", REASON_COLORS[name]) for name in REASON_COLORS if name in counts
    ]
    return legend(picture, entries, title=f"{_frame_name(frame)} · % = visible fraction · in all frames:")


def preview_masks(frames: pl.DataFrame, scene_boxes: pl.DataFrame, refined_masks: pl.DataFrame) -> Picture | None:
    """Frames with most masks, each mask in its colour with its tag and its IoU with the depth mask ("=": replaced)."""
    refined_masks = refined_masks.filter(pl.col("area") > 0)
    if frames.is_empty() or refined_masks.is_empty():
        return None
    tags = dict(scene_boxes.select("object_id", "tag").iter_rows())
    known, pictures, captions = frames_by_id(frames), [], []
    for frame_id in _full_and_apart(refined_masks, MASK_FRAMES):
        rows = refined_masks.filter(pl.col("frame_id") == frame_id)
        rows = rows.sort("area", "object_id", descending=[True, False]).rows(named=True)
        picture = read_color(known[frame_id]["image"])
        masks = [decoded(row["mask"], known[frame_id]["height"], known[frame_id]["width"]) for row in rows]
        colors = [color for color, _ in zip(cycle(PALETTE.values()), rows, strict=False)]
        fill_masks(picture, list(zip(masks, colors, strict=True)))
        draw_contours(picture, [contours_of(mask, unit_px(picture)) for mask in masks], colors)
        anchors = [mark_point(mask) for mask in masks]
        # Small masks come last and so have been drawn on top; their labels choose their places first.
        labels = [_mask_label(row, tags) for row in rows]
        draw_labels(picture, anchors[::-1], labels[::-1], colors[::-1], centered=True)
        pictures.append(picture)
        captions.append(f"{_frame_name(known[frame_id])}: {len(rows)} masks by {rows[0]['refiner']}, IoU (=: replaced)")
    return contact_sheet(pictures, captions, 2, MASK_TILE_PX)


def preview_objects(frames: pl.DataFrame, object_frames: pl.DataFrame) -> Picture | None:
    """The frame with most objects: their effective boxes from above and in the picture, with their median depth."""
    if frames.is_empty() or object_frames.is_empty():
        return None
    frame_id = _fullest(object_frames)
    rows = object_frames.filter(pl.col("frame_id") == frame_id).sort("object_id")
    frame, boxes, tags = frames_by_id(frames)[frame_id], boxes_of_rows(rows), rows["tag"].to_list()
    colors, metric = _tag_colors(tags), bool(rows["metric"].all())
    depths = [quartiles[1] for quartiles in rows["depth_quartiles"].to_list()]
    unit = " m" if metric else ""
    labels = [f"{tag} {depth:.2f}{unit}" for tag, depth in zip(tags, depths, strict=True)]
    picture = draw_wireframes(_wide(read_color(frame["image"])), _wide_camera(frame), boxes, colors, labels)
    above = _from_above(frames.filter(pl.col("frame_id") == frame_id), boxes, tags, colors, metric)
    return _side_by_side(above, picture)


def boxes_of_rows(rows: pl.DataFrame) -> Boxes:
    """The boxes `(n,)` of rows with center, extents and rpy."""
    return Boxes.from_rpy(*(rows[name].to_numpy().reshape(-1, 3) for name in ("center", "extents", "rpy")))


def _from_above(
    frames: pl.DataFrame, boxes: Boxes, tags: Sequence[str], colors: Sequence[Color], metric: bool
) -> Picture:
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    return scene_from_above(boxes, tags, colors, poses, PLOT_PX, "m" if metric else "units")


def _spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` of `count` indices, evenly spread from the first to the last."""
    return sorted({round(float(value)) for value in np.linspace(0, count - 1, min(count, wanted))})


def _tag_colors(tags: Iterable[str]) -> list[Color]:
    """A colour for each tag, the same for equal tags."""
    tags, colors = list(tags), list(PALETTE.values())
    kinds = sorted(set(tags))
    return [colors[kinds.index(tag) % len(colors)] for tag in tags]


def _frame_name(frame: Row) -> str:
    return f"frame {frame['frame_id']}"


def _mask_label(row: Row, tags: Mapping[str, str]) -> str:
    tag, sign = tags.get(row["object_id"], row["object_id"]), "=" if row["replaced"] else ""
    return f"{tag} {sign}{row['iou_with_depth_mask']:.2f}"


def _fullest(rows: pl.DataFrame) -> str:
    """The frame with most rows; of several the first."""
    counts = rows.group_by("frame_id").len().sort("len", "frame_id", descending=[True, False])
    return counts["frame_id"][0]


def _full_and_apart(rows: pl.DataFrame, wanted: int) -> list[str]:
    """The fullest frame of each of `wanted` equal parts of the walk, in the order of capture."""
    frame_ids = rows["frame_id"].unique().sort()
    edges = np.linspace(0, len(frame_ids), min(wanted, len(frame_ids)) + 1).round().astype(int)
    parts = [frame_ids[start:stop] for start, stop in pairwise(edges.tolist())]
    return [_fullest(rows.filter(pl.col("frame_id").is_in(part.implode()))) for part in parts]


def _in_view(frame: Row, boxes: Boxes) -> NDArray[np.bool_]:
    """Whether the centres of boxes `(n,)` project into the frame."""
    camera = camera_of(frame)
    pixels, depth = camera.project(boxes.centers)
    return (depth > 0) & ((pixels >= 0) & (pixels < (camera.width, camera.height))).all(-1)


def _wide(picture: Picture) -> Picture:
    """The picture at `WIDE_PX`, so that labels have the same size for every camera."""
    height = round(picture.shape[0] * WIDE_PX / picture.shape[1])
    return cv2.resize(picture, (WIDE_PX, height), interpolation=cv2.INTER_AREA)


def _wide_camera(frame: Row) -> Camera:
    """The camera of `_wide(picture)`; pixel centres are whole numbers at either size."""
    camera = camera_of(frame)
    scale = np.array([WIDE_PX / camera.width, round(camera.height * WIDE_PX / camera.width) / camera.height])
    focal, center = camera.intrinsics[:2] * scale, (camera.intrinsics[2:] + 0.5) * scale - 0.5
    height = round(camera.height * WIDE_PX / camera.width)
    return Camera(WIDE_PX, height, np.concatenate([focal, center]), camera.world_from_camera)


def _side_by_side(left: Picture, right: Picture) -> Picture:
    """Two pictures side by side on white, the left one made to fit the height of the right one."""
    height = right.shape[0]
    scale = height / left.shape[0]
    left = cv2.resize(left, (max(round(left.shape[1] * scale), 1), height), interpolation=cv2.INTER_AREA)
    return np.hstack([left, np.full((height, 8, 3), 255, np.uint8), right])
