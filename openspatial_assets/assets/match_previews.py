"""Matched points for the web UI: two views side by side, with a line from each point to where it was found again.

What does not belong here: how points are matched (`engine/correspondence`), and the previews of other stages
(`previews.py`).
"""

from itertools import cycle

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import Row, frames_by_id
from openspatial_assets.engine.correspondence.matching import OK
from openspatial_assets.engine.rendering.marks import draw_dot
from openspatial_assets.engine.rendering.overlays import legend
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.text import Color, contrasting, thickness_of, unit_px
from resources.images import read_color

Picture = NDArray[np.uint8]

EXAMPLES = 2
"""Pairs of views that are shown, one below the other."""

MOST_POINTS = 12
"""Of one pair: more lines cannot be told apart."""

TILE_PX = 480
"""Width of each view."""

GAP_PX = 6
LINE_PX = 1.6
HALO_PX = 1.2
"""Width of a line, and of the rim on either side of it, in a 640 x 480 picture."""

CROSS_PX = 4.0
"""Half the width of the cross on a point that was not found, in a 640 x 480 picture."""

NOT_FOUND: Color = (150, 150, 150)


def preview_point_matches(frames: pl.DataFrame, point_matches: pl.DataFrame) -> Picture | None:
    """The pairs of views with most matches, no frame in two of them, and why the other points found no match.

    A grey cross is a point that found none.
    """
    found = point_matches.filter(pl.col("reason") == OK)
    if frames.is_empty() or found.is_empty():
        return None
    counts = (
        found.group_by("frame_a", "frame_b").len().sort("len", "frame_a", "frame_b", descending=[True, False, False])
    )
    known, pictures, used = frames_by_id(frames), [], set()
    for first, second, _ in counts.iter_rows():
        if len(pictures) < EXAMPLES and not used & {first, second}:
            used |= {first, second}
            rows = point_matches.filter((pl.col("frame_a") == first) & (pl.col("frame_b") == second))
            pictures.append(_joined(known[first], known[second], rows.sort("u_a", "v_a")))
    height = max(picture.shape[0] for picture in pictures)
    picture = np.vstack(
        [np.pad(p, ((0, height - p.shape[0] + GAP_PX), (0, 0), (0, 0)), constant_values=255) for p in pictures]
    )
    reasons = point_matches["reason"].value_counts().sort("count", "reason", descending=[True, False])
    entries = [
        (f"{reason.replace('_', ' ')} {count:,}", NOT_FOUND) for reason, count in reasons.iter_rows() if reason != OK
    ]
    return legend(picture, entries, title=f"{found.height:,} points found again; not found:")


def _joined(first: Row, second: Row, rows: pl.DataFrame) -> Picture:
    """Two views side by side, with their matches in changing colours."""
    left, right = _tile(first), _tile(second)
    height = max(left.shape[0], right.shape[0])
    picture = np.full((height, 2 * TILE_PX + GAP_PX, 3), 255, np.uint8)
    picture[: left.shape[0], :TILE_PX], picture[: right.shape[0], TILE_PX + GAP_PX :] = left, right
    unit = unit_px(left)
    for u, v in rows.filter(pl.col("reason") != OK).select("u_a", "v_a").iter_rows():
        _cross(picture, _placed(u, v, first, 0), unit)
    found = rows.filter(pl.col("reason") == OK)
    found = found.gather(np.linspace(0, found.height - 1, min(found.height, MOST_POINTS)).round().astype(int).tolist())
    ends = [
        (_placed(ua, va, first, 0), _placed(ub, vb, second, TILE_PX + GAP_PX))
        for ua, va, ub, vb in found.select("u_a", "v_a", "u_b", "v_b").iter_rows()
    ]
    colors = [color for color, _ in zip(cycle(PALETTE.values()), ends, strict=False)]
    for (start, end), color in zip(ends, colors, strict=True):
        for ink, width in ((contrasting(color), LINE_PX + 2 * HALO_PX), (color, LINE_PX)):
            cv2.line(picture, _whole(start), _whole(end), ink, thickness_of(width * unit), cv2.LINE_AA)
    for pair, color in zip(ends, colors, strict=True):
        for point in pair:
            draw_dot(picture, *point, color)
    return picture


def _tile(frame: Row) -> Picture:
    height = round(frame["height"] * TILE_PX / frame["width"])
    return cv2.resize(read_color(frame["image"]), (TILE_PX, height), interpolation=cv2.INTER_AREA)


def _placed(u: float, v: float, frame: Row, left: int) -> tuple[float, float]:
    """Where a pixel of a frame lies in a tile whose first column is `left`; pixel centres are whole numbers in both."""
    scale = TILE_PX / frame["width"]
    return (u + 0.5) * scale - 0.5 + left, (v + 0.5) * scale - 0.5


def _whole(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _cross(picture: Picture, point: tuple[float, float], unit: float) -> None:
    (u, v), reach = point, CROSS_PX * unit
    for ink, width in (((0, 0, 0), LINE_PX + 2 * HALO_PX), (NOT_FOUND, LINE_PX)):
        for sign in (-1, 1):
            ends = _whole((u - reach, v - sign * reach)), _whole((u + reach, v + sign * reach))
            cv2.line(picture, *ends, ink, thickness_of(width * unit), cv2.LINE_AA)
