"""Marks that a question points at: coloured translucent masks, 2D boxes and labelled points.

A question says "the object in the red box" or "point B"; the picture must leave no doubt which that is. Hence every
mark has its full colour in a line with a contrasting halo, overlapping masks share their pixels in stripes, boxes that
coincide are drawn one inside the other, and labels keep clear of points and of each other.
What does not belong here: which objects are marked (`engine/questions`), and previews of whole frames (`overlays.py`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.text import (
    Color,
    Rectangle,
    around,
    chip_size,
    contrasting,
    draw_chip,
    find_room,
    shortened,
    thickness_of,
    unit_px,
)

FILL_SHARE = 0.45
"""Of the mark's colour in a mask's fill: enough to name the colour, little enough to see the object."""

LINE_PX = 5.0
"""Width of contours and boxes in a 640 x 480 picture."""

HALO_PX = 1.2
"""Width of the halo on either side of a line in a 640 x 480 picture."""

DOT_RADIUS_PX = 6.0
"""Radius of a point in a 640 x 480 picture, without its ring."""

LABEL_PX = 19.0
"""Nominal text size of labels in a 640 x 480 picture."""

STRIPE_PX = 7.0
"""Width of the stripes in which overlapping masks share their pixels, in a 640 x 480 picture."""

SMALL_PX = 28.0
"""Masks and boxes with a shorter side than this, in a 640 x 480 picture, get thinner lines that leave them visible."""

SMALL_LINE_SHARE = 0.6
"""How much thinner."""

SPECK_PX = 12.0
"""Islands and holes of a mask smaller than this square, in a 640 x 480 picture, get no contour of their own."""

SPECK_SHARE = 0.01
"""Nor do those smaller than this share of the mask: the noise of a depth image would hide the object."""

SMOOTHING_PX = 0.8
"""How far a drawn contour may stray from the mask, in a 640 x 480 picture; drawing it becomes four times faster."""


@dataclass(frozen=True)
class DrawnMark:
    """One mark in one picture.

    Attributes:
        kind: `box`, `mask` or `point`.
        color: a name of `PALETTE`.
        object_id: for `mask`: the key of its mask.
        box_2d: for `box`: xmin, ymin, xmax, ymax, pixels.
        point: for `point`: u, v, pixels. For `mask`: where its label is set, if it has one.
        label: what is written beside it; for points "1" to "5" or "A" to "E".
    """

    kind: str
    color: str
    object_id: str | None = None
    box_2d: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    label: str | None = None


def draw_marks(
    image: NDArray[np.uint8], marks: Sequence[DrawnMark], masks: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.uint8]:
    """A copy of `image` `(h, w, 3)` RGB with `marks` drawn: fills, then lines, then points, then labels.

    Args:
        masks: object id -> `(h, w)` mask, for the marks of kind `mask`.

    Raises:
        ValueError: a mark has an unknown kind or colour, or lacks what its kind needs.
    """
    for mark in marks:
        _check(mark, image, masks)
    picture, unit = image.copy(), unit_px(image)
    # Run lengths decode into columns; rows are what drawing walks along.
    masks = {name: np.ascontiguousarray(mask, dtype=bool) for name, mask in masks.items()}
    filled = [(masks[m.object_id], PALETTE[m.color]) for m in marks if m.kind == "mask"]
    fill_masks(picture, filled)
    outlines = [contours_of(mask, unit) for mask, _ in filled]
    draw_contours(picture, outlines, [color for _, color in filled])
    boxes = [m for m in marks if m.kind == "box"]
    draw_boxes(picture, [m.box_2d for m in boxes], [PALETTE[m.color] for m in boxes])
    dots = [draw_dot(picture, *m.point, PALETTE[m.color]) for m in marks if m.kind == "point"]
    _draw_labels(picture, marks, masks, dots)
    return picture


def _check(mark: DrawnMark, image: NDArray[np.uint8], masks: Mapping[str, NDArray[np.bool_]]) -> None:
    if mark.color not in PALETTE:
        raise ValueError(f"mark of {mark.object_id}: colour {mark.color!r} is not one of {', '.join(PALETTE)}")
    if mark.kind not in ("box", "mask", "point"):
        raise ValueError(f"mark of {mark.object_id}: kind {mark.kind!r} is not box, mask or point")
    for kind, field in (("box", "box_2d"), ("point", "point")):
        if mark.kind == kind and getattr(mark, field) is None:
            raise ValueError(f"mark of {mark.object_id}: a {kind} needs its {field}")
    if mark.kind == "mask" and (mark.object_id not in masks or masks[mark.object_id].shape != image.shape[:2]):
        raise ValueError(f"mark of {mark.object_id}: no mask of the picture's size {image.shape[:2]} is given for it")


def fill_masks(picture: NDArray[np.uint8], masks: Sequence[tuple[NDArray[np.bool_], Color]]) -> None:
    """Tint the pixels of each `(h, w)` mask with its colour, in place; where masks overlap, in diagonal stripes."""
    if not any(mask.any() for mask, _ in masks):
        return
    owner = np.zeros(picture.shape[:2], np.uint8)
    count = np.zeros_like(owner)
    palette = np.zeros((3, 256), np.uint8)
    for index, (mask, color) in enumerate(masks, start=1):
        owner[mask] = index
        count += mask
        palette[:, index] = color
    shared = cv2.findNonZero((count > 1).view(np.uint8))
    if shared is not None:
        columns, rows = shared.reshape(-1, 2).T
        inside = np.stack([mask[rows, columns] for mask, _ in masks])
        stripe = (rows + columns) // max(round(STRIPE_PX * unit_px(picture)), 1) % count[rows, columns]
        owner[rows, columns] = 1 + ((np.cumsum(inside, 0) - 1 == stripe) & inside).argmax(0)
    left, top, width, height = cv2.boundingRect(owner)
    window = slice(top, top + height), slice(left, left + width)
    paint = cv2.merge([cv2.LUT(owner[window], channel) for channel in palette])
    tinted = cv2.addWeighted(picture[window], 1 - FILL_SHARE, paint, FILL_SHARE, 0)
    cv2.copyTo(tinted, owner[window], picture[window])


def contours_of(mask: NDArray[np.bool_], unit: float) -> list[NDArray[np.int32]]:
    """Closed contours `(n, 1, 2)` of a mask `(h, w)`, holes too, without specks; the largest one always stays.

    Args:
        unit: `unit_px` of the picture.
    """
    contours, _ = cv2.findContours(np.asarray(mask, np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(contour) for contour in contours]
    largest = max(areas, default=0.0)
    floor = min(max((SPECK_PX * unit) ** 2, SPECK_SHARE * largest), largest)
    smooth = SMOOTHING_PX * unit
    return [cv2.approxPolyDP(c, smooth, True) for c, area in zip(contours, areas, strict=True) if area >= floor]


def draw_contours(
    picture: NDArray[np.uint8], outlines: Sequence[list[NDArray[np.int32]]], colors: Sequence[Color]
) -> None:
    """Draw the contours of several masks, in place: all halos first, so that none covers a neighbour's colour."""
    unit = unit_px(picture)
    for halo in (HALO_PX, 0.0):
        for contours, color in zip(outlines, colors, strict=True):
            if contours:
                side = min(cv2.boundingRect(np.concatenate(contours))[2:])
                width = _line_width(side, unit, halo)
                cv2.drawContours(picture, contours, -1, contrasting(color) if halo else color, width, cv2.LINE_AA)


def draw_boxes(
    picture: NDArray[np.uint8], boxes: Sequence[tuple[float, float, float, float]], colors: Sequence[Color]
) -> None:
    """Draw 2D boxes (xmin, ymin, xmax, ymax) in place, all halos first; edges that coincide lie side by side."""
    unit = unit_px(picture)
    drawn = _apart(picture, boxes, unit)
    for halo in (HALO_PX, 0.0):
        for (x0, y0, x1, y1), color in zip(drawn, colors, strict=True):
            width = _line_width(min(x1 - x0, y1 - y0), unit, halo)
            cv2.rectangle(picture, (x0, y0), (x1, y1), contrasting(color) if halo else color, width, cv2.LINE_AA)


def _line_width(side: float, unit: float, halo: float) -> int:
    """OpenCV's thickness of a line around something whose shorter side is `side`, with its halo."""
    line = LINE_PX if side >= SMALL_PX * unit else LINE_PX * SMALL_LINE_SHARE
    return thickness_of((line + 2 * halo) * unit)


def _apart(picture: NDArray[np.uint8], boxes: Sequence, unit: float) -> list[tuple[int, int, int, int]]:
    """Whole-pixel boxes, moved inwards so that lines stay in the picture and off the lines of larger boxes."""
    height, width = picture.shape[:2]
    half = math.ceil((LINE_PX / 2 + HALO_PX) * unit)
    pitch = round((LINE_PX + HALO_PX) * unit)
    placed: dict[int, NDArray[np.int64]] = {}
    area = [(box[2] - box[0]) * (box[3] - box[1]) for box in boxes]
    for index in sorted(range(len(boxes)), key=lambda i: -area[i]):
        box = np.clip(np.rint(boxes[index]), half, np.array([width, height, width, height]) - 1 - half).astype(int)
        for edge, inwards in enumerate((1, 1, -1, -1)):
            for other in placed.values():
                meet = (box[:2] <= other[2:] + pitch).all() and (other[:2] <= box[2:] + pitch).all()
                room = box[2 + edge % 2] - box[edge % 2] > 4 * pitch
                if meet and room and abs(box[edge] - other[edge]) < pitch:
                    box[edge] = other[edge] + inwards * pitch
        placed[index] = box
    return [tuple(int(value) for value in placed[index]) for index in range(len(boxes))]


def draw_dot(picture: NDArray[np.uint8], u: float, v: float, color: Color) -> Rectangle:
    """Draw a point in place: a disc of `color`, a white ring, a black rim. Returns the rectangle that it covers."""
    unit, shift = unit_px(picture), 4
    center = (round(u * 2**shift), round(v * 2**shift))
    for grown, ink in ((3.0, (0, 0, 0)), (1.8, (255, 255, 255)), (0.0, color)):
        radius = round((DOT_RADIUS_PX + grown) * unit * 2**shift)
        cv2.circle(picture, center, radius, ink, -1, cv2.LINE_AA, shift)
    reach = round((DOT_RADIUS_PX + 3.0) * unit)
    return round(u) - reach, round(v) - reach, round(u) + reach + 1, round(v) + reach + 1


def _draw_labels(
    picture: NDArray[np.uint8],
    marks: Sequence[DrawnMark],
    masks: Mapping[str, NDArray[np.bool_]],
    dots: Sequence[Rectangle],
) -> None:
    unit, taken = unit_px(picture), list(dots)
    size, gap = round(LABEL_PX * unit), (DOT_RADIUS_PX + 4.0) * unit
    for mark in marks:
        if not mark.label:
            continue
        label = shortened(mark.label, size, picture.shape[1] // 2)
        width, height = chip_size(label, size)
        if mark.kind == "box":
            x0, y0, x1, y1 = (round(value) for value in mark.box_2d)
            candidates = [(x0, y0 - height), (x0, y0), (x1 - width, y0 - height), (x0, y1), (x1 - width, y1)]
        elif mark.point is not None:
            near = around(*mark.point, width, height, gap)
            candidates = near if mark.kind == "point" else [_centered(*mark.point, width, height), *near]
        else:
            left, top, across, down = cv2.boundingRect(masks[mark.object_id].view(np.uint8))
            candidates = [_centered(left + across / 2, top + down / 2, width, height)]
        left, top = find_room(candidates, width, height, picture.shape[1::-1], taken)
        taken.append(draw_chip(picture, label, left, top, size, PALETTE[mark.color]))


def _centered(x: float, y: float, width: int, height: int) -> tuple[int, int]:
    return round(x - width / 2), round(y - height / 2)
