"""What previews are put together from: which frames to show, colours for tags, and pictures at one width.

What does not belong here: what a preview shows (`previews.py` and its neighbours), and how things are drawn
(`engine/rendering`).
"""

from collections.abc import Iterable, Sequence
from itertools import cycle, pairwise

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import Row
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.regions import mark_point
from openspatial_assets.engine.rendering.marks import contours_of, draw_contours, fill_masks
from openspatial_assets.engine.rendering.overlays import draw_labels
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.plots import scene_from_above
from openspatial_assets.engine.rendering.text import Color, unit_px
from resources.images import camera_of

Picture = NDArray[np.uint8]

WIDE_PX = 960
"""Width of a preview that is one frame: enough to read its labels, little enough for the event log."""

PLOT_PX = 640


def boxes_of_rows(rows: pl.DataFrame) -> Boxes:
    """The boxes `(n,)` of rows with center, extents and rpy."""
    return Boxes.from_rpy(*(rows[name].to_numpy().reshape(-1, 3) for name in ("center", "extents", "rpy")))


def from_above(
    frames: pl.DataFrame, boxes: Boxes, tags: Sequence[str], colors: Sequence[Color], metric: bool
) -> Picture:
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    return scene_from_above(boxes, tags, colors, poses, PLOT_PX, "m" if metric else "units")


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` of `count` indices, evenly spread from the first to the last."""
    return sorted({round(float(value)) for value in np.linspace(0, count - 1, min(count, wanted))})


def tag_colors(tags: Iterable[str]) -> list[Color]:
    """A colour for each tag, the same for equal tags."""
    tags, colors = list(tags), list(PALETTE.values())
    kinds = sorted(set(tags))
    return [colors[kinds.index(tag) % len(colors)] for tag in tags]


def frame_name(frame: Row) -> str:
    return f"frame {frame['frame_id']}"


def fullest(rows: pl.DataFrame) -> str:
    """The frame with most rows; of several the first."""
    counts = rows.group_by("frame_id").len().sort("len", "frame_id", descending=[True, False])
    return counts["frame_id"][0]


def full_and_apart(rows: pl.DataFrame, wanted: int) -> list[str]:
    """The fullest frame of each of `wanted` equal parts of the walk, in the order of capture."""
    frame_ids = rows["frame_id"].unique().sort()
    edges = np.linspace(0, len(frame_ids), min(wanted, len(frame_ids)) + 1).round().astype(int)
    parts = [frame_ids[start:stop] for start, stop in pairwise(edges.tolist())]
    return [fullest(rows.filter(pl.col("frame_id").is_in(part.implode()))) for part in parts]


def draw_masks(picture: Picture, masks: Sequence[NDArray[np.bool_]], labels: Sequence[str]) -> None:
    """Draw masks `(h, w)` in changing colours with their labels, in place; large ones should come first."""
    colors = [color for color, _ in zip(cycle(PALETTE.values()), masks, strict=False)]
    fill_masks(picture, list(zip(masks, colors, strict=True)))
    draw_contours(picture, [contours_of(mask, unit_px(picture)) for mask in masks], colors)
    anchors = [mark_point(mask) for mask in masks]
    # Small masks come last and so have been drawn on top; their labels choose their places first.
    draw_labels(picture, anchors[::-1], labels[::-1], colors[::-1], centered=True)


def in_view(frame: Row, boxes: Boxes) -> NDArray[np.bool_]:
    """Whether the centres of boxes `(n,)` project into the frame."""
    camera = camera_of(frame)
    pixels, depth = camera.project(boxes.centers)
    return (depth > 0) & ((pixels >= 0) & (pixels < (camera.width, camera.height))).all(-1)


def wide(picture: Picture) -> Picture:
    """The picture at `WIDE_PX`, so that labels have the same size for every camera."""
    height = round(picture.shape[0] * WIDE_PX / picture.shape[1])
    return cv2.resize(picture, (WIDE_PX, height), interpolation=cv2.INTER_AREA)


def wide_camera(frame: Row) -> Camera:
    """The camera of `wide(picture)`; pixel centres are whole numbers at either size."""
    camera = camera_of(frame)
    scale = np.array([WIDE_PX / camera.width, round(camera.height * WIDE_PX / camera.width) / camera.height])
    focal, center = camera.intrinsics[:2] * scale, (camera.intrinsics[2:] + 0.5) * scale - 0.5
    height = round(camera.height * WIDE_PX / camera.width)
    return Camera(WIDE_PX, height, np.concatenate([focal, center]), camera.world_from_camera)


def side_by_side(left: Picture, right: Picture) -> Picture:
    """Two pictures side by side on white, the left one made to fit the height of the right one."""
    height = right.shape[0]
    scale = height / left.shape[0]
    left = cv2.resize(left, (max(round(left.shape[1] * scale), 1), height), interpolation=cv2.INTER_AREA)
    return np.hstack([left, np.full((height, 8, 3), 255, np.uint8), right])
