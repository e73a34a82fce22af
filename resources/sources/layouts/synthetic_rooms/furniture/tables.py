"""Tables and desks. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, Support, between, choose
from resources.sources.layouts.synthetic_rooms.materials import metal, painted
from resources.sources.layouts.synthetic_rooms.shapes import Patches, box, cylinder, tube

OPEN_AIR = 0.6
"""Clear height above a table top: what stands there is lower."""
EDGE = 0.05
"""Things keep this far from a table's edge."""


def _top_support(width: float, depth: float, height: float) -> Support:
    return Support((0.0, 0.0, height), (width - 2 * EDGE, depth - 2 * EDGE), OPEN_AIR)


def table(rng: np.random.Generator, style: Style) -> Piece:
    """A dining table: a top, an apron and four tapered legs."""
    width, depth, height, board = between(rng, 1.5, 1.75), between(rng, 0.85, 0.95), between(rng, 0.73, 0.76), 0.035
    parts = [box((width, depth, board), (0, 0, height - board / 2), style.wood, 0.01, 2)]
    under = height - board
    for x in (-1, 1):
        for y in (-1, 1):
            foot, hip = (
                (x * (width / 2 - 0.06), y * (depth / 2 - 0.06), 0),
                (x * (width / 2 - 0.09), y * (depth / 2 - 0.09), under),
            )
            parts.append(_leg(foot, hip, 0.022, 0.035, style))
    for y in (-1, 1):
        parts.append(box((width - 0.26, 0.022, 0.08), (0, y * (depth / 2 - 0.09), under - 0.04), style.wood))
    for x in (-1, 1):
        parts.append(box((0.022, depth - 0.26, 0.08), (x * (width / 2 - 0.09), 0, under - 0.04), style.wood))
    return Piece("table", tuple(parts), (_top_support(width, depth, height),))


def _leg(foot, hip, foot_radius: float, hip_radius: float, style: Style) -> Patches:
    return tube([hip, foot], [hip_radius, foot_radius], style.wood, 12)


def coffee_table(rng: np.random.Generator, style: Style) -> Piece:
    """A low table, round or rectangular, with a second board below."""
    height, board, wood = between(rng, 0.4, 0.46), 0.03, style.second_wood
    if rng.uniform() < 0.4:
        radius = between(rng, 0.4, 0.46)
        parts = [cylinder(radius, height - board, height, wood, segments=40)]
        for angle in np.arange(3) * 2 * np.pi / 3:
            foot = (0.8 * radius * np.cos(angle), 0.8 * radius * np.sin(angle), 0)
            parts.append(tube([(foot[0] * 0.6, foot[1] * 0.6, height - board), foot], [0.022, 0.015], wood, 12))
        parts.append(cylinder(0.5 * radius, 0.14, 0.155, wood, segments=32))
        side = radius * 1.3
        return Piece("coffee table", tuple(parts), (_top_support(side, side, height),))
    width, depth = between(rng, 0.95, 1.15), between(rng, 0.52, 0.62)
    parts = [box((width, depth, board), (0, 0, height - board / 2), wood, 0.012, 2)]
    parts.append(box((width - 0.1, depth - 0.1, 0.02), (0, 0, 0.15), wood, 0.004))
    for x in (-1, 1):
        for y in (-1, 1):
            center = (x * (width / 2 - 0.05), y * (depth / 2 - 0.05), (height - board) / 2)
            parts.append(box((0.045, 0.045, height - board), center, metal((52, 52, 56), 0.4), 0.005))
    return Piece("coffee table", tuple(parts), (_top_support(width, depth, height),))


def desk(rng: np.random.Generator, style: Style) -> Piece:
    """A desk: a top, a block of three drawers on one side, a frame on the other, a modesty panel."""
    width, depth, height, board = between(rng, 1.3, 1.5), between(rng, 0.66, 0.74), between(rng, 0.73, 0.76), 0.032
    side = choose(rng, (-1, 1))
    under = height - board
    parts = [box((width, depth, board), (0, 0, height - board / 2), style.wood, 0.006, 2)]
    block, block_depth = 0.4, depth - 0.08
    x = side * (width / 2 - block / 2 - 0.02)
    parts.append(box((block, block_depth, under - 0.04), (x, 0.02, under / 2 + 0.02), style.lacquer, 0.004))
    parts.append(box((block - 0.06, block_depth - 0.08, 0.04), (x, 0.02, 0.02), painted((60, 58, 56))))
    drawer = (under - 0.06) / 3
    for step in range(3):
        z = 0.05 + drawer * (step + 0.5)
        parts.append(box((block - 0.02, 0.018, drawer - 0.012), (x, 0.011 - block_depth / 2, z), style.lacquer, 0.004))
        parts.append(box((0.13, 0.018, 0.014), (x, -0.007 - block_depth / 2, z + drawer * 0.25), metal(), 0.005))
    x = -side * (width / 2 - 0.05)
    for y in (-1, 1):
        parts.append(box((0.05, 0.05, under), (x, y * (depth / 2 - 0.05), under / 2), style.wood, 0.004))
    parts.append(box((0.04, depth - 0.15, 0.05), (x, 0, 0.1), style.wood, 0.004))
    parts.append(box((width - block - 0.14, 0.018, 0.3), (-side * 0.2, depth / 2 - 0.06, under - 0.15), style.wood))
    return Piece("desk", tuple(parts), (_top_support(width, depth, height),))
