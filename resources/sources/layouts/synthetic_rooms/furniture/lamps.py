"""Lamps, all lit. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Bulb, Piece, Style, between, choose
from resources.sources.layouts.synthetic_rooms.materials import CERAMIC_GLOSS, metal, painted
from resources.sources.layouts.synthetic_rooms.shapes import Patches, cylinder, ellipsoid, lathe, moved, tube

SHADE_GLOW = 0.7
"""A lit lamp shade, as a multiple of its own colour: as bright as a white wall in daylight."""


def floor_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A standing lamp: a disc, a pole and a cloth shade."""
    height, dark = between(rng, 1.45, 1.6), metal((70, 66, 62), 0.5)
    bottom, top = height - 0.3, height
    parts = [cylinder(0.15, 0, 0.022, dark, segments=32), cylinder(0.012, 0.022, height - 0.12, dark, segments=12)]
    parts.append(_shade(bottom, top, 0.21, 0.16, (250, 232, 200)))
    parts.append(ellipsoid((0.035, 0.035, 0.05), (0, 0, height - 0.1), painted((255, 244, 220), 0).glowing(1.2), 12))
    return Piece("floor lamp", tuple(parts), bulb=Bulb((0.0, 0.0, height - 0.15)))


def table_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A lamp with a ceramic foot and a cloth shade."""
    height, foot = between(rng, 0.38, 0.46), painted(choose(rng, style.accents), CERAMIC_GLOSS)
    body = [
        (0.018, height * 0.58),
        (0.03, height * 0.5),
        (0.068, height * 0.3),
        (0.075, height * 0.2),
        (0.05, 0.02),
        (0.055, 0),
    ]
    parts = [lathe([[(0, height * 0.58), (0.018, height * 0.58)], body, [(0.055, 0), (0, 0)]], foot, segments=24)]
    parts.append(cylinder(0.007, height * 0.58, height * 0.8, metal(), segments=8))
    parts.append(_shade(height * 0.58, height, 0.14, 0.1, (250, 230, 196)))
    parts.append(ellipsoid((0.025, 0.025, 0.035), (0, 0, height * 0.83), painted((255, 244, 220), 0).glowing(1.2), 12))
    return Piece("lamp", tuple(parts), bulb=Bulb((0.0, 0.0, height * 0.8)))


def desk_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A jointed desk lamp whose cone looks down to the front."""
    paint = painted(choose(rng, style.accents), 0.4)
    dark = painted((52, 52, 56), 0.3)
    elbow, head = np.array([0.0, 0.13, 0.26]), np.array([0.0, -0.07, 0.42])
    parts = [cylinder(0.085, 0, 0.02, paint, (0, 0.08), 28)]
    parts.append(tube([(0, 0.08, 0.02), elbow], 0.009, dark, 8))
    parts.append(tube([elbow, head], 0.009, dark, 8))
    parts.append(ellipsoid((0.016, 0.016, 0.016), elbow, paint, 12))
    glow = painted((255, 240, 205), 0).glowing(1.2)
    cone = lathe(
        [[(0, 0.06), (0.026, 0.06)], [(0.026, 0.06), (0.07, -0.05)], [(0.07, -0.05), (0, -0.05)]],
        [paint, paint, glow],
        segments=24,
    )
    parts.append(moved(cone, head, (-0.55, 0, 0)))
    return Piece("lamp", tuple(parts), bulb=Bulb((0.0, -0.12, 0.34)))


def _shade(bottom: float, top: float, low_radius: float, high_radius: float, color) -> Patches:
    """A lamp shade open at both ends, glowing."""
    wall, glow = 0.004, painted(color, 0).glowing(SHADE_GLOW)
    runs = [
        [(high_radius, top), (low_radius, bottom)],
        [(low_radius, bottom), (low_radius - wall, bottom)],
        [(low_radius - wall, bottom), (high_radius - wall, top)],
        [(high_radius - wall, top), (high_radius, top)],
    ]
    return lathe(runs, glow, segments=32)
