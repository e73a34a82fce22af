"""A scene from above: its ground, footprints of its boxes and the walk of its cameras, with a scale bar.

What does not belong here: pictures seen through a camera (`overlays.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.rendering.text import (
    BLACK,
    Color,
    Rectangle,
    chip_size,
    draw_chip,
    find_room,
    overlaps,
    shortened,
    text_width,
    write,
)

MARGIN_PX = 36
CAMERA_COLOR: Color = (70, 70, 70)
FIRST_CAMERA_COLOR: Color = (25, 95, 255)
FILL_SHARE = 0.25
"""Of a box's colour in its footprint."""

VIEW_LENGTH_M = 0.25
"""Length of the wedge that shows where a camera looks."""

MAX_WEDGES = 60
"""At most so many cameras get a wedge; the walk itself is drawn whole."""

LABEL_PX = 13
_SHIFT = 4
"""Fractional bits of OpenCV's coordinates."""

_SUPERSAMPLING = 2
"""Lines are drawn at this scale, then averaged: translucent polygons have no anti-aliasing of their own."""


@dataclass(frozen=True)
class Tiles:
    """Coloured squares of the ground.

    Attributes:
        centers: `(t, 2)` world x, y, metres.
        side: of each, metres.
        colors: one each.
        apart: whether a line between them shows that they are cells; without it they are one picture.
    """

    centers: NDArray[np.float64]
    side: float
    colors: Sequence[Color]
    apart: bool = True


@dataclass(frozen=True)
class Link:
    """A line from one camera to another: indices of the cameras, colour, and width in pixels of the picture."""

    first: int
    second: int
    color: Color
    width_px: float = 1.0


def scene_from_above(
    boxes: Boxes,
    tags: Sequence[str],
    colors: Sequence[Color],
    world_from_camera: NDArray[np.float64],
    size_px: int = 640,
    unit: str = "m",
    ground: Tiles | None = None,
    links: Sequence[Link] = (),
) -> NDArray[np.uint8]:
    """The world's XY plane seen from +Z, x to the right and y up, as a picture `(h, w, 3)` RGB.

    Boxes are drawn as the outline of their shadow on the floor, low ones first, the side that local +x points to
    thicker; cameras as a path with wedges in the direction of view, the first one blue.

    Args:
        boxes: `(n,)` metres, world; `tags` and `colors` one each.
        world_from_camera: `(m, 4, 4)` poses in the order of capture; m may be 0.
        size_px: longer side of the picture.
        unit: what the scale bar says: "m", or "units" where the world has no real scale.
        ground: what lies below everything else.
        links: between cameras, over the boxes and below the cameras, the first ones lowest.
    """
    corners = boxes.corners
    centers, forwards = world_from_camera[:, :3, 3], world_from_camera[:, :3, 2]
    points = np.concatenate([corners.reshape(-1, 3), centers])[:, :2]
    if ground is not None:
        points = np.concatenate([points, ground.centers - ground.side / 2, ground.centers + ground.side / 2])
    low, high = (points.min(0), points.max(0)) if len(points) else (np.zeros(2), np.ones(2))
    scale = (size_px - 2 * MARGIN_PX) / max(float((high - low).max()), 0.1)
    width, height = (round(float(side) * scale) + 2 * MARGIN_PX for side in np.maximum(high - low, 0.1))
    fine = _SUPERSAMPLING
    canvas = np.full((height * fine, width * fine, 3), 250, np.uint8)

    def pixels(world: NDArray[np.float64]) -> NDArray[np.float64]:
        """World x, y `(*, 2)` in pixels `(*, 2)` of the finished picture."""
        return np.stack([world[..., 0] - low[0], high[1] - world[..., 1]], -1) * scale + MARGIN_PX

    _draw_grid(canvas, low, high, scale, pixels)
    if ground is not None:
        _draw_tiles(canvas, ground, pixels)
    order = np.argsort(corners[..., 2].max(-1), kind="stable")
    for index in order:
        _draw_footprint(canvas, pixels(corners[index][:, :2]), colors[index])
    _draw_links(canvas, pixels(centers[:, :2]), links)
    _draw_cameras(canvas, pixels(centers[:, :2]), forwards[:, :2] * (1, -1) * VIEW_LENGTH_M * scale)
    picture = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    taken = [_draw_scale_bar(picture, scale, unit)]
    for index in order[::-1]:
        if tags[index]:
            _draw_tag(picture, pixels(boxes.centers[index, :2]), tags[index], colors[index], taken)
    return picture


def _draw_tag(
    picture: NDArray[np.uint8], center: NDArray[np.float64], tag: str, color: Color, taken: list[Rectangle]
) -> None:
    """Write a tag near the centre of its footprint, where it covers no other; else leave it out: its colour tells."""
    height, width = picture.shape[:2]
    tag = shortened(tag, LABEL_PX, width // 2)
    chip = chip_size(tag, LABEL_PX)
    corner = np.rint(center - np.array(chip) / 2).astype(int)
    spots = [(int(corner[0]), int(corner[1]) + offset * chip[1]) for offset in (0, -1, 1, -2, 2)]
    left, top = find_room(spots, *chip, (width, height), taken)
    place = (left, top, left + chip[0], top + chip[1])
    if not overlaps(place, taken):
        taken.append(draw_chip(picture, tag, left, top, LABEL_PX, color))


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(points * _SUPERSAMPLING * 2**_SHIFT).astype(np.int32)


def _draw_grid(canvas: NDArray[np.uint8], low: NDArray, high: NDArray, scale: float, pixels) -> None:
    """A line a metre (a unit), through whole coordinates."""
    step = _round_step(float((high - low).max()) / 8)
    margin = MARGIN_PX / scale
    for axis in (0, 1):
        for value in np.arange(np.ceil((low[axis] - margin) / step), np.floor((high[axis] + margin) / step) + 1) * step:
            ends = np.array([low - margin, high + margin])
            ends[:, axis] = value
            start, end = _fixed(pixels(ends))
            cv2.line(canvas, start.tolist(), end.tolist(), (228, 228, 228), 2, cv2.LINE_AA, _SHIFT)


def _draw_tiles(canvas: NDArray[np.uint8], ground: Tiles, pixels) -> None:
    half = ground.side / 2
    upper_left, lower_right = (
        _fixed(pixels(ground.centers + corner)) >> _SHIFT for corner in ((-half, half), (half, -half))
    )
    # Each tile ends one pixel before the next begins, so that the grid of cells stays visible.
    end_before = 2 if ground.apart else 0
    for start, end, color in zip(upper_left.tolist(), (lower_right - end_before).tolist(), ground.colors, strict=True):
        cv2.rectangle(canvas, start, end, color, -1)


def _draw_footprint(canvas: NDArray[np.uint8], corners: NDArray[np.float64], color: Color) -> None:
    hull = cv2.convexHull(_fixed(corners))
    layer = canvas.copy()
    cv2.fillPoly(layer, [hull], color, cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(layer, FILL_SHARE, canvas, 1 - FILL_SHARE, 0, dst=canvas)
    cv2.polylines(canvas, [hull], True, color, 2 * _SUPERSAMPLING, cv2.LINE_AA, _SHIFT)
    front = cv2.convexHull(_fixed(corners[4:]))
    cv2.polylines(canvas, [front], True, color, 4 * _SUPERSAMPLING, cv2.LINE_AA, _SHIFT)


def _draw_links(canvas: NDArray[np.uint8], centers: NDArray[np.float64], links: Sequence[Link]) -> None:
    for link in links:
        ends = _fixed(centers[[link.first, link.second]])
        cv2.polylines(
            canvas, [ends], False, link.color, max(round(link.width_px * _SUPERSAMPLING), 1), cv2.LINE_AA, _SHIFT
        )


def _draw_cameras(canvas: NDArray[np.uint8], centers: NDArray[np.float64], views: NDArray[np.float64]) -> None:
    """The walk as a line, and wedges that open in the direction of view: pixels `(m, 2)` of the finished picture."""
    if not len(centers):
        return
    cv2.polylines(canvas, [_fixed(centers)], False, (150, 150, 150), _SUPERSAMPLING, cv2.LINE_AA, _SHIFT)
    shown = np.unique(np.linspace(0, len(centers) - 1, min(len(centers), MAX_WEDGES)).round().astype(int))
    for index in shown[::-1]:
        side = views[index][::-1] * (-0.45, 0.45)
        wedge = _fixed(np.array([centers[index], *(centers[index] + views[index] + sign * side for sign in (1, -1))]))
        color = FIRST_CAMERA_COLOR if index == 0 else CAMERA_COLOR
        cv2.polylines(canvas, [wedge], True, color, _SUPERSAMPLING, cv2.LINE_AA, _SHIFT)
        center = _fixed(centers[index]).tolist()
        cv2.circle(canvas, center, 3 * _SUPERSAMPLING << _SHIFT, color, -1, cv2.LINE_AA, _SHIFT)


def _draw_scale_bar(picture: NDArray[np.uint8], scale: float, unit: str) -> Rectangle:
    """Draw the bar at the bottom left; returns the rectangle that it covers."""
    length = _round_step(picture.shape[1] / scale / 6)
    left, bottom = 10, picture.shape[0] - 10
    right = left + round(length * scale)
    cv2.line(picture, (left, bottom), (right, bottom), BLACK, 3)
    for x in (left, right):
        cv2.line(picture, (x, bottom - 4), (x, bottom + 4), BLACK, 2)
    text = f"{length:g} {unit}"
    write(picture, text, right + 8, bottom + 4, LABEL_PX, BLACK)
    return left, bottom - LABEL_PX, right + 8 + text_width(text, LABEL_PX), picture.shape[0]


def _round_step(length: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `length`."""
    power = 10.0 ** np.floor(np.log10(max(length, 1e-6)))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= length * (1 - 1e-9)))
