"""Overlays for people: a frame with the wireframes of its 3D boxes, and a sheet of many pictures.

What does not belong here: the marks of a question (`marks.py`), and the scene from above (`plots.py`).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import EDGES, Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.rendering.text import (
    BLACK,
    WHITE,
    Color,
    Rectangle,
    around,
    chip_size,
    contrasting,
    draw_chip,
    find_room,
    shortened,
    text_width,
    thickness_of,
    unit_px,
    write,
)

REASON_COLORS: dict[str, Color] = {
    "ok": (40, 190, 80),
    "occluded": (235, 60, 50),
    "truncated": (250, 150, 30),
    "too_small": (245, 215, 40),
    "no_depth": (150, 90, 220),
    "outside": (130, 130, 130),
}
"""Why a box is kept or dropped -> its colour in overlays."""

NEAR_M = 0.05
"""Wireframes are cut this far in front of the camera: a point at the camera itself has no pixel."""

WIRE_PX = 2.4
"""Width of a wireframe's line in a 640 x 480 picture."""

WIRE_HALO_PX = 0.8
"""Width of the halo on either side of it."""

LABEL_PX = 13.0
"""Nominal text size in a 640 x 480 picture; smaller than a mark's, since a frame may hold twenty."""

MIN_LABEL_PX = 8
"""Letters smaller than this cannot be read."""

_SHIFT = 4
"""Fractional bits of OpenCV's line coordinates."""

_FAR_PX = 16_000.0
"""Line ends are kept within this of the origin: OpenCV's fixed-point coordinates overflow at 32,767 with `_SHIFT`."""


def draw_wireframes(
    image: NDArray[np.uint8], camera: Camera, boxes: Boxes, colors: Sequence[Color], labels: Sequence[str]
) -> NDArray[np.uint8]:
    """A copy of `image` `(h, w, 3)` RGB with the edges of `boxes` `(n,)` projected into it, far boxes first.

    Args:
        colors, labels: one a box; an empty label writes nothing. A label stands at the top of what is seen of its box,
            on a plate of the box's colour, inside the picture and off the other labels where there is room.
    """
    picture, unit = image.copy(), unit_px(image)
    depth = camera.camera_from_world(boxes.centers)[..., 2]
    order = np.argsort(-depth, kind="stable")
    lines = [_edge_lines(camera, boxes[index]) for index in range(len(boxes))]
    for index in order:
        for color, width in ((contrasting(colors[index]), WIRE_PX + 2 * WIRE_HALO_PX), (colors[index], WIRE_PX)):
            for line in lines[index]:
                _line(picture, line, color, thickness_of(width * unit))
    tops = [_top_inside(line, picture.shape[1], picture.shape[0]) for line in lines]
    nearest_first = [index for index in order[::-1] if tops[index] is not None]
    draw_labels(picture, *([column[index] for index in nearest_first] for column in (tops, labels, colors)))
    return picture


def draw_labels(
    picture: NDArray[np.uint8],
    anchors: Sequence[tuple[float, float]],
    labels: Sequence[str],
    colors: Sequence[Color],
    centered: bool = False,
) -> None:
    """Write labels on plates of their colour, in place: inside the picture, off each other where there is room.

    Args:
        anchors: u, v that each label is about; the first has the first choice of place.
        labels: an empty one writes nothing.
        centered: whether a label had best lie on its anchor, not above it.
    """
    taken: list[Rectangle] = []
    size = max(round(LABEL_PX * unit_px(picture)), MIN_LABEL_PX)
    for (x, y), label, color in zip(anchors, labels, colors, strict=True):
        if label:
            label = shortened(label, size, picture.shape[1] // 2)
            width, height = chip_size(label, size)
            spots = [(round(x - width / 2), round(y - height / 2))] if centered else []
            for gap in (2, 2 + height, 2 + 2 * height):
                spots += _stacked(x, y, width, height, gap)
            left, top = find_room(spots, width, height, picture.shape[1::-1], taken)
            taken.append(draw_chip(picture, label, left, top, size, color))


def _edge_lines(camera: Camera, box: Boxes) -> NDArray[np.float64]:
    """Pixels `(m, 2, 2)` of the ends of the box's edges, cut at `NEAR_M` in front of the camera."""
    ends = camera.camera_from_world(box.corners)[EDGES]
    behind = ends[..., 2] < NEAR_M
    ends, behind = ends[~behind.all(-1)], behind[~behind.all(-1)]
    a, b = ends[:, 0], ends[:, 1]
    rise = np.where(a[:, 2] == b[:, 2], 1.0, b[:, 2] - a[:, 2])
    crossing = a + ((NEAR_M - a[:, 2]) / rise)[:, None] * (b - a)
    return np.clip(camera.pixels(np.where(behind[..., None], crossing[:, None], ends)), -_FAR_PX, _FAR_PX)


def _line(picture: NDArray[np.uint8], line: NDArray[np.float64], color: Color, width: int) -> None:
    start, end = (tuple(int(value) for value in np.rint(point * 2**_SHIFT)) for point in line)
    inside, start, end = cv2.clipLine(
        (-64 << _SHIFT, -64 << _SHIFT, (picture.shape[1] + 128) << _SHIFT, (picture.shape[0] + 128) << _SHIFT),
        start,
        end,
    )
    if inside:
        cv2.line(picture, start, end, color, width, cv2.LINE_AA, _SHIFT)


def _top_inside(lines: NDArray[np.float64], width: int, height: int) -> tuple[float, float] | None:
    """The highest point of the lines inside the picture, or None where nothing of them is."""
    along = lines[:, :1] + np.linspace(0.0, 1.0, 33)[None, :, None] * (lines[:, 1:] - lines[:, :1])
    points = along.reshape(-1, 2)
    points = points[((points >= 0) & (points < (width, height))).all(-1)]
    if not len(points):
        return None
    u, v = points[np.lexsort((points[:, 0], points[:, 1]))[0]]
    return float(u), float(v)


def _stacked(x: float, y: float, width: int, height: int, gap: float) -> list[tuple[int, int]]:
    """Places for a label above the point first, then on the other sides."""
    above = [(round(x - share * width), round(y - gap - height)) for share in (0.5, 0.2, 0.8)]
    return above + around(x, y, width, height, gap + 2)


def legend(picture: NDArray[np.uint8], entries: Sequence[tuple[str, Color]], title: str = "") -> NDArray[np.uint8]:
    """`picture` `(h, w, 3)` with a strip below it that says what its colours mean, wrapped to its width."""
    unit = unit_px(picture)
    size, width = max(round(LABEL_PX * unit), 9), picture.shape[1]
    height, gap = round(1.8 * size), round(0.8 * size)
    rows: list[list[tuple[int, str, Color | None]]] = [[]]
    left = gap
    for text, color in ([(title, None)] if title else []) + list(entries):
        needed = text_width(text, size) + (0 if color is None else round(1.3 * size))
        if rows[-1] and left + needed > width:
            rows.append([])
            left = gap
        rows[-1].append((left, text, color))
        left += needed + gap
    strip = np.full((height * len(rows), width, 3), 255, np.uint8)
    for row, items in enumerate(rows):
        baseline = row * height + round(0.5 * height + 0.38 * size)
        for left, text, color in items:
            if color is not None:
                top = baseline - round(0.75 * size)
                cv2.rectangle(strip, (left, top), (left + size - 1, baseline), color, -1, cv2.LINE_AA)
                left += round(1.3 * size)
            write(strip, text, left, baseline, size, BLACK)
    return np.vstack([picture, strip])


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str], columns: int, tile_width: int
) -> NDArray[np.uint8]:
    """Pictures in rows of `columns`, each `tile_width` pixels wide with its caption below, on white.

    A caption that is too long for its tile is cut with an ellipsis.

    Raises:
        ValueError: there are no pictures.
    """
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture")
    columns, gap = min(columns, len(pictures)), 6
    size = 13
    strip = round(1.7 * size) if any(captions) else 0
    tiles = []
    for picture in pictures:
        height = max(round(tile_width * picture.shape[0] / picture.shape[1]), 1)
        tiles.append(cv2.resize(picture, (tile_width, height), interpolation=cv2.INTER_AREA))
    rows = [slice(start, start + columns) for start in range(0, len(tiles), columns)]
    heights = [max(tile.shape[0] for tile in tiles[row]) + strip for row in rows]
    sheet = np.full((sum(heights) + gap * (len(rows) + 1), columns * (tile_width + gap) + gap, 3), WHITE, np.uint8)
    top = gap
    for row, height in zip(rows, heights, strict=True):
        for column, (tile, caption) in enumerate(zip(tiles[row], captions[row], strict=True)):
            left = gap + column * (tile_width + gap)
            sheet[top : top + tile.shape[0], left : left + tile_width] = tile
            write(
                sheet, shortened(caption, size, tile_width), left, top + tile.shape[0] + round(1.2 * size), size, BLACK
            )
        top += height + gap
    return sheet
