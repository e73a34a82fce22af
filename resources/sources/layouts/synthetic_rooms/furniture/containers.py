"""Boxes, bins and baskets. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, Support, between, choose
from resources.sources.layouts.synthetic_rooms.materials import (
    WHITE,
    Material,
    metal,
    painted,
    patterned_fabric,
    picture,
)
from resources.sources.layouts.synthetic_rooms.shapes import box, lathe, tube


def carton(rng: np.random.Generator, style: Style) -> Piece:
    """A taped cardboard box."""
    size = (between(rng, 0.32, 0.48), between(rng, 0.28, 0.38), between(rng, 0.22, 0.34))
    kraft = (188, 148, 104)
    board = Material("cardboard", (kraft,), tile_m=0.5)
    face = picture("carton", kraft, (214, 196, 156), variant=int(rng.integers(99)))
    return Piece(
        "box",
        (box(size, (0, 0, size[2] / 2), board, 0.004, faces={"top": face, "front": face, "back": face}),),
        (Support((0, 0, size[2]), (size[0] - 0.06, size[1] - 0.06), 0.5),),
    )


def storage_box(rng: np.random.Generator, style: Style) -> Piece:
    """A small lidded box for a shelf."""
    width, depth, height, paint = (
        between(rng, 0.24, 0.3),
        between(rng, 0.18, 0.22),
        between(rng, 0.13, 0.17),
        painted(choose(rng, style.accents)),
    )
    parts = (
        box((width, depth, height - 0.03), (0, 0, (height - 0.03) / 2), paint, 0.004),
        box((width + 0.008, depth + 0.008, 0.032), (0, 0, height - 0.016), painted(WHITE), 0.004),
        box((0.06, 0.004, 0.03), (0, -depth / 2 - 0.002, height * 0.45), painted(WHITE)),
    )
    return Piece("box", parts)


def waste_bin(rng: np.random.Generator, style: Style) -> Piece:
    """An open waste bin, a little wider at the top."""
    height, radius, wall = between(rng, 0.3, 0.36), between(rng, 0.13, 0.15), 0.005
    paint = choose(
        rng, (metal((150, 152, 156), 0.5), painted((58, 60, 64), 0.3), painted(choose(rng, style.accents), 0.3))
    )
    foot = radius * 0.8
    runs = [
        [(0, 0.012), (foot - wall, 0.012)],
        [(foot - wall, 0.012), (radius - wall, height)],
        [(radius - wall, height), (radius, height)],
        [(radius, height), (foot, 0)],
        [(foot, 0), (0, 0)],
    ]
    return Piece("bin", (lathe(runs, paint, segments=32),))


def basket(rng: np.random.Generator, style: Style) -> Piece:
    """A wicker basket with a blanket in it."""
    height, radius, wall = between(rng, 0.28, 0.36), between(rng, 0.2, 0.25), 0.012
    straw = Material("wicker", ((204, 160, 106), (116, 80, 46)), tile_m=0.3)
    cloth = patterned_fabric("plaid", choose(rng, style.accents), WHITE, 0.3)
    runs = [
        [(radius - wall, height * 0.7), (radius - wall, height)],
        [(radius - wall, height), (radius, height)],
        [(radius, height), (radius * 1.06, height * 0.5), (radius * 0.88, 0)],
        [(radius * 0.88, 0), (0, 0)],
    ]
    parts = [lathe(runs, straw, segments=32)]
    top = np.linspace(0, np.pi / 2, 7)
    dome = np.stack([(radius - wall) * np.sin(top), height * 0.72 + 0.09 * np.cos(top)], -1)
    parts.append(lathe([dome, [dome[-1], (0, height * 0.72)]], cloth, segments=32))
    for x in (-1, 1):
        angle = np.linspace(0, np.pi, 9)
        bow = np.stack([x * radius * 0.98 + 0 * angle, 0.06 * np.cos(angle), height - 0.015 + 0.06 * np.sin(angle)], -1)
        parts.append(tube(bow, 0.009, straw, 8))
    return Piece("basket", tuple(parts))
