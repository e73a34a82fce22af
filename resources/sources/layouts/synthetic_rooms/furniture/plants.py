"""Pot plants, and a vase of twigs. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, between, choose
from resources.sources.layouts.synthetic_rooms.materials import CERAMIC_GLOSS, SOIL, Material, painted, picture
from resources.sources.layouts.synthetic_rooms.shapes import Patches, ellipsoid, lathe, leaf, moved, tube


def plant(rng: np.random.Generator, style: Style) -> Piece:
    """A large pot plant: a tapered pot, earth, stems, and leaves all round."""
    size = between(rng, 0.85, 1.15)
    return Piece("plant", _plant(rng, style, size, 0.2 * size, 15))


def small_plant(rng: np.random.Generator, style: Style) -> Piece:
    """A pot plant for a table or a shelf."""
    return Piece("plant", _plant(rng, style, between(rng, 0.26, 0.34), 0.07, 14))


def _plant(rng: np.random.Generator, style: Style, size: float, pot: float, leaves: int) -> tuple[Patches, ...]:
    clay = painted(choose(rng, ((190, 108, 74), (226, 222, 214), choose(rng, style.accents))), 0.2)
    rim, wall = pot * 1.5, 0.06 * pot
    runs = [
        [(0, rim * 0.9), (pot - wall, rim * 0.9)],
        [(pot - wall, rim * 0.9), (pot - wall, rim)],
        [(pot - wall, rim), (pot, rim)],
        [(pot, rim), (pot * 0.72, 0)],
        [(pot * 0.72, 0), (0, 0)],
    ]
    parts = [lathe(runs, [SOIL, clay, clay, clay, clay], segments=28)]
    green = choose(
        rng, (((52, 104, 48), (120, 164, 88)), ((66, 118, 62), (150, 190, 110)), ((40, 92, 62), (110, 160, 110)))
    )
    blade = picture("leaf", *green, gloss=0.15)
    crown = rim * 0.9
    for k in range(leaves):
        yaw = 2.4 * k + rng.uniform(-0.3, 0.3)
        share = (k + 0.5) / leaves
        length, lift = size * (0.34 + 0.12 * rng.uniform()), crown + (size * 0.95 - crown) * (0.12 + 0.62 * share)
        lean = 0.14 * size * (1 - 0.6 * share)
        root = np.array([lean * np.cos(yaw), lean * np.sin(yaw), lift])
        stem_radius = 0.0035 + 0.005 * size
        parts.append(
            tube(
                [(0, 0, crown - 0.01), root * (0.55, 0.55, 1) * (1, 1, 0.75), root],
                [stem_radius, stem_radius, stem_radius * 0.6],
                Material("speckle", (green[0],), 0.2),
                6,
            )
        )
        pitch = -(0.35 + 0.75 * share)
        parts.append(moved(leaf(length, length * 0.42, 1.0, blade), root, (0, pitch, yaw)))
    return tuple(parts)


def vase(rng: np.random.Generator, style: Style) -> Piece:
    """A tall vase with dry twigs."""
    height, radius = between(rng, 0.2, 0.28), between(rng, 0.055, 0.075)
    glaze = painted(choose(rng, style.accents), CERAMIC_GLOSS)
    z = np.linspace(1, 0, 12)
    outline = radius * (0.45 + 0.55 * np.sin(np.pi * np.clip(1.08 - z, 0, 1)) ** 0.8)
    neck = outline[0]
    runs = [
        [(0, height - 0.02), (neck - 0.006, height - 0.02)],
        [(neck - 0.006, height - 0.02), (neck - 0.006, height)],
        [(neck - 0.006, height), (neck, height)],
        np.stack([outline, z * height], -1),
        [(outline[-1], 0), (0, 0)],
    ]
    parts = [lathe(runs, [SOIL, glaze, glaze, glaze, glaze], segments=24)]
    straw = painted((172, 142, 92), 0)
    for k in range(5):
        yaw, lean = 2.4 * k + rng.uniform(0, 0.5), rng.uniform(0.03, 0.075)
        tip = np.array([lean * np.cos(yaw), lean * np.sin(yaw), height + rng.uniform(0.12, 0.2)])
        parts.append(tube([(tip[0] * 0.1, tip[1] * 0.1, height - 0.03), tip], [0.0035, 0.0028], straw, 6))
        parts.append(
            ellipsoid((0.015, 0.015, 0.032), tip, painted(choose(rng, ((232, 214, 170), (206, 120, 90))), 0), 10)
        )
    return Piece("vase", tuple(parts))
