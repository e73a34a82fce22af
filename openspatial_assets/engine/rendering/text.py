"""Lines, text and labels on pictures: their scale, a font, chips (text on a plate), and where a label finds room.

All sizes are pixels of the picture; `unit_px` says how large a pixel of a 640 x 480 picture is in it. The functions
draw into the picture that they are given. What does not belong here: what is labelled (`marks.py`, `overlays.py`).
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]
Rectangle = tuple[int, int, int, int]
"""xmin, ymin, xmax, ymax in pixels, max exclusive."""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

REFERENCE_SIDE_PX = 480
"""Shorter side of the picture for which line widths and text heights are chosen."""

MIN_UNIT = 0.5
"""Smallest scale: below it, lines and letters would no longer be seen."""

_FACE = cv2.FontFace("sans")
_WEIGHT = 700
"""Of the font, 100-1000: bold stays readable over a photograph."""

_CAP_SHARE = 0.75
"""Height of a capital letter of the font above, as a share of its nominal size (measured)."""

_DARK_LUMA = 128
"""Colours darker than this (ITU-R BT.601 luma, 0-255) take white beside them, the others black."""


def unit_px(image: NDArray[np.uint8]) -> float:
    """How many pixels of `image` `(h, w, 3)` stand for one pixel of a 640 x 480 picture."""
    return max(min(image.shape[:2]) / REFERENCE_SIDE_PX, MIN_UNIT)


def thickness_of(width_px: float) -> int:
    """The thickness to ask of OpenCV for a smooth line that is `width_px` wide: it draws even ones one pixel wider.

    Odd ones come out as wide as the next even one, so only even ones, and 1, are of use.
    """
    return max(2 * round((width_px - 1) / 2), 1)


def contrasting(color: Color) -> Color:
    """Black or white, whichever stands out beside `color` (RGB)."""
    red, green, blue = color
    return WHITE if 0.299 * red + 0.587 * green + 0.114 * blue < _DARK_LUMA else BLACK


def text_width(text: str, size: int) -> int:
    """Width in pixels of `text` set at nominal `size` pixels."""
    return cv2.getTextSize((0, 0), text, (0, 0), _FACE, size, _WEIGHT)[2]


def write(image: NDArray[np.uint8], text: str, left: int, baseline: int, size: int, color: Color) -> None:
    """Draw one line of `text` into `image`, in place."""
    # A wrap range wider than the picture: text must be clipped at the edge, never broken into a second line.
    cv2.putText(image, text, (left, baseline), color, _FACE, size, _WEIGHT, wrap=(left, left + 100_000))


def shortened(text: str, size: int, width: int) -> str:
    """`text`, cut with "..." where it is wider than `width` pixels at nominal `size`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "...", size) > width:
        text = text[:-1]
    return text.rstrip() + "..."


def chip_size(text: str, size: int) -> tuple[int, int]:
    """Width and height in pixels of the chip that `draw_chip` makes of `text`."""
    height = round(1.5 * size)
    return max(text_width(text, size) + round(0.7 * size), height), height


def draw_chip(image: NDArray[np.uint8], text: str, left: int, top: int, size: int, color: Color) -> Rectangle:
    """Draw `text` on a rounded plate of `color` with a contrasting rim, its top left corner at (left, top).

    Returns:
        The rectangle that it covers.
    """
    width, height = chip_size(text, size)
    ink, radius = contrasting(color), max(round(0.3 * size), 1)
    rim = max(round(size / 12), 1)
    _fill_rounded(image, (left, top, left + width, top + height), radius, ink)
    _fill_rounded(image, (left + rim, top + rim, left + width - rim, top + height - rim), radius, color)
    baseline = top + round((height + _CAP_SHARE * size) / 2)
    write(image, text, left + (width - text_width(text, size)) // 2, baseline, size, ink)
    return left, top, left + width, top + height


def _fill_rounded(image: NDArray[np.uint8], rectangle: Rectangle, radius: int, color: Color) -> None:
    x0, y0, x1, y1 = rectangle[0], rectangle[1], rectangle[2] - 1, rectangle[3] - 1
    radius = min(radius, (x1 - x0) // 2, (y1 - y0) // 2)
    cv2.rectangle(image, (x0 + radius, y0), (x1 - radius, y1), color, -1)
    cv2.rectangle(image, (x0, y0 + radius), (x1, y1 - radius), color, -1)
    for x in (x0 + radius, x1 - radius):
        for y in (y0 + radius, y1 - radius):
            cv2.circle(image, (x, y), radius, color, -1, cv2.LINE_AA)


def around(x: float, y: float, width: int, height: int, gap: float) -> list[tuple[int, int]]:
    """Top left corners of a label beside the point (x, y): right, left, above, below, then the four diagonals."""
    across, along = gap, 0.7 * gap
    corners = [
        (x + across, y - height / 2),
        (x - across - width, y - height / 2),
        (x - width / 2, y - across - height),
        (x - width / 2, y + across),
    ]
    corners += [(x + along, y + dy) for dy in (-along - height, along)]
    corners += [(x - along - width, y + dy) for dy in (-along - height, along)]
    return [(round(left), round(top)) for left, top in corners]


def find_room(
    candidates: Sequence[tuple[int, int]],
    width: int,
    height: int,
    image_size: tuple[int, int],
    taken: Iterable[Rectangle],
) -> tuple[int, int]:
    """The top left corner for a label of `width` x `height`: wholly inside the picture, over as little as possible.

    Args:
        candidates: top left corners in order of preference; each is moved into the picture if it is not.
        image_size: width and height of the picture.
        taken: rectangles that it had better not cover.

    Returns:
        The first candidate that lies inside and covers nothing, else the one that covers least and moves least.
    """
    taken = np.array(list(taken), np.float64).reshape(-1, 4)
    wanted = np.array(candidates, np.float64)
    limit = np.maximum(np.array(image_size) - (width, height), 0)
    corner = np.clip(wanted, 0, limit)
    low = np.maximum(corner[:, None], taken[None, :, :2])
    high = np.minimum(corner[:, None] + (width, height), taken[None, :, 2:])
    covered = np.prod(np.maximum(high - low, 0), axis=-1).sum(-1)
    moved = np.abs(corner - wanted).sum(-1)
    best = np.lexsort((np.arange(len(corner)), moved, covered))[0]
    return int(corner[best, 0]), int(corner[best, 1])


def overlaps(rectangle: Rectangle, taken: Iterable[Rectangle]) -> bool:
    """Whether a rectangle covers a pixel of any other."""
    x0, y0, x1, y1 = rectangle
    return any(x0 < right and left < x1 and y0 < bottom and top < y1 for left, top, right, bottom in taken)
