"""Shelves, cabinets and other furniture that stands against a wall. Each is `(rng, style) -> Piece`; metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, Support, between, choose
from resources.sources.layouts.synthetic_rooms.materials import metal, painted
from resources.sources.layouts.synthetic_rooms.shapes import box, cylinder, ellipsoid

BOARD = 0.024


def bookshelf(rng: np.random.Generator, style: Style) -> Piece:
    """An open bookcase: sides, a thin back, boards at even heights, a plinth."""
    rows = choose(rng, (3, 4))
    width, depth, height = between(rng, 0.85, 1.0), between(rng, 0.29, 0.33), rows * between(rng, 0.35, 0.38) + 0.1
    wood = choose(rng, (style.wood, style.lacquer))
    parts = [box((BOARD, depth, height), (x * (width - BOARD) / 2, 0, height / 2), wood, 0.003) for x in (-1, 1)]
    parts.append(
        box((width - 2 * BOARD, 0.008, height - 0.08), (0, depth / 2 - 0.006, height / 2 + 0.03), style.second_wood)
    )
    parts.append(box((width - 2 * BOARD, 0.02, 0.07), (0, -depth / 2 + 0.03, 0.035), wood))
    levels = np.linspace(0.07, height - BOARD, rows + 1)
    inside = depth - 0.014
    for z in levels:
        parts.append(box((width - 2 * BOARD - 0.001, inside - 0.002, BOARD), (0, -0.006, z + BOARD / 2), wood, 0.003))
    clearance = levels[1] - levels[0] - BOARD
    supports = [
        Support((0.0, -0.008, float(z + BOARD)), (width - 2 * BOARD - 0.02, inside - 0.03), float(clearance) - 0.01)
        for z in levels[:-1]
    ]
    supports.append(Support((0.0, 0.0, height), (width - 0.06, depth - 0.04), 0.45))
    return Piece("bookshelf", tuple(parts), tuple(supports))


def _fronts(parts: list, columns: int, rows: int, frame: tuple, style: Style, knobs: bool) -> None:
    """Doors or drawers on the front of a body: `frame` is x0, x1, z0, z1 and the y of the body's front, metres."""
    x0, x1, z0, z1, y = frame
    wide, high, gap = (x1 - x0) / columns, (z1 - z0) / rows, 0.006
    for column in range(columns):
        for row in range(rows):
            x, z = x0 + wide * (column + 0.5), z0 + high * (row + 0.5)
            parts.append(box((wide - gap, 0.018, high - gap), (x, y - 0.009, z), style.lacquer, 0.004))
            if knobs:
                parts.append(ellipsoid((0.014, 0.014, 0.014), (x, y - 0.03, z), metal((196, 168, 110)), 12))
            else:
                side = 1 if column % 2 == 0 else -1
                handle = (x + side * (wide / 2 - 0.045), y - 0.028, z + high * 0.12)
                parts.append(box((0.012, 0.02, 0.14), handle, metal(), 0.005))


def cabinet(rng: np.random.Generator, style: Style) -> Piece:
    """A sideboard on four legs with two or three doors."""
    width, depth, height, legs = between(rng, 1.2, 1.5), between(rng, 0.4, 0.45), between(rng, 0.72, 0.84), 0.14
    parts = [box((width, depth - 0.02, height - legs), (0, 0.01, (height + legs) / 2), style.wood, 0.008, 2)]
    for x in (-1, 1):
        for y in (-1, 1):
            foot = (x * (width / 2 - 0.08), y * (depth / 2 - 0.07))
            parts.append(cylinder(0.015, 0, legs, style.wood, foot, 12, top_radius=0.024))
    edge = 0.03
    frame = (-width / 2 + edge, width / 2 - edge, legs + edge, height - edge, 0.02 - depth / 2)
    _fronts(parts, choose(rng, (2, 3)), 1, frame, style, knobs=False)
    return Piece("cabinet", tuple(parts), (Support((0.0, 0.02, height), (width - 0.1, depth - 0.1), 0.8),))


def dresser(rng: np.random.Generator, style: Style) -> Piece:
    """A chest of drawers, two beside each other in three rows."""
    width, depth, height = between(rng, 0.95, 1.15), between(rng, 0.44, 0.48), between(rng, 0.8, 0.9)
    parts = [box((width, depth - 0.02, height - 0.07), (0, 0.01, (height + 0.07) / 2), style.wood, 0.008, 2)]
    parts.append(box((width - 0.06, depth - 0.1, 0.07), (0, 0.01, 0.035), painted((70, 62, 54))))
    frame = (-width / 2 + 0.025, width / 2 - 0.025, 0.09, height - 0.04, 0.02 - depth / 2)
    _fronts(parts, 2, 3, frame, style, knobs=True)
    return Piece("dresser", tuple(parts), (Support((0.0, 0.02, height), (width - 0.1, depth - 0.12), 0.8),))


def nightstand(rng: np.random.Generator, style: Style) -> Piece:
    """A small table beside a bed: one drawer over an open compartment, on legs."""
    width, depth, height, legs = between(rng, 0.42, 0.5), 0.4, between(rng, 0.5, 0.56), 0.15
    wood, wall = style.second_wood, 0.02
    parts = [box((width, depth, wall), (0, 0, height - wall / 2), wood, 0.004)]
    parts.append(box((width, depth, wall), (0, 0, legs + wall / 2), wood, 0.004))
    inner = height - legs - 2 * wall
    middle = legs + wall + inner / 2
    for x in (-1, 1):
        parts.append(box((wall, depth, inner), (x * (width - wall) / 2, 0, middle), wood, 0.003))
        for y in (-1, 1):
            foot = (x * (width / 2 - 0.05), y * (depth / 2 - 0.05))
            parts.append(cylinder(0.013, 0, legs, wood, foot, 12, top_radius=0.02))
    parts.append(box((width - 2 * wall, 0.012, inner), (0, depth / 2 - 0.006, middle), wood))
    drawer = inner * 0.48
    z = height - wall - drawer / 2
    parts.append(box((width - 2 * wall - 0.006, depth - 0.03, drawer - 0.004), (0, -0.012, z), style.lacquer, 0.003))
    parts.append(ellipsoid((0.014, 0.014, 0.014), (0, -depth / 2 - 0.01, z), metal((196, 168, 110)), 12))
    return Piece("nightstand", tuple(parts), (Support((0.0, 0.0, height), (width - 0.06, depth - 0.06), 0.6),))


def television_stand(rng: np.random.Generator, style: Style) -> Piece:
    """A low board with drawers at both ends and an open middle."""
    width, depth, height, wall = between(rng, 1.35, 1.6), 0.4, between(rng, 0.42, 0.5), 0.025
    parts = [box((width, depth, wall), (0, 0, z), style.wood, 0.005) for z in (height - wall / 2, 0.1 + wall / 2)]
    inner, third = height - 0.1 - 2 * wall, (width - 2 * wall) / 3
    middle = 0.1 + wall + inner / 2
    for x in (-width / 2 + wall / 2, -third / 2, third / 2, width / 2 - wall / 2):
        parts.append(box((wall, depth - 0.01, inner), (x, 0, middle), style.wood, 0.002))
    parts.append(box((third - wall, 0.01, inner), (0, depth / 2 - 0.01, middle), style.wood))
    for x in (-1, 1):
        center = x * (third + wall / 2) * 0.985
        parts.append(
            box((third - wall - 0.01, depth - 0.03, inner - 0.008), (center, 0.0, middle), style.lacquer, 0.004)
        )
        parts.append(box((0.14, 0.016, 0.014), (center, -depth / 2 + 0.01, middle + inner * 0.2), metal(), 0.005))
    for x in (-1, 1):
        for y in (-1, 1):
            foot = (x * (width / 2 - 0.1), y * (depth / 2 - 0.07))
            parts.append(cylinder(0.016, 0, 0.1, style.wood, foot, 12, top_radius=0.024))
    return Piece("cabinet", tuple(parts), (Support((0.0, 0.0, height), (width - 0.1, depth - 0.06), 0.9),))
