"""Mugs, books, bowls and bottles. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, Support, between, choose
from resources.sources.layouts.synthetic_rooms.materials import CERAMIC_GLOSS, PAPER, painted, picture
from resources.sources.layouts.synthetic_rooms.shapes import Patches, box, ellipsoid, lathe, moved, tube


def mug(rng: np.random.Generator, style: Style) -> Piece:
    """A mug with coffee in it; its handle on the right."""
    height, radius, wall = between(rng, 0.088, 0.105), between(rng, 0.038, 0.044), 0.004
    glaze, coffee = painted(choose(rng, style.accents), CERAMIC_GLOSS), painted((58, 34, 22), 0.6)
    full = height - 0.018
    runs = [
        [(0, full), (radius - wall, full)],
        [(radius - wall, full), (radius - wall, height)],
        [(radius - wall, height), (radius, height)],
        [(radius, height), (radius, 0.008), (radius - 0.006, 0)],
        [(radius - 0.006, 0), (0, 0)],
    ]
    angle = np.linspace(-1.25, 1.25, 9)
    bow = np.stack([radius - 0.008 + 0.034 * np.cos(angle), 0 * angle, height * 0.52 + 0.03 * np.sin(angle)], -1)
    parts = (lathe(runs, [coffee, glaze, glaze, glaze, glaze], segments=24), tube(bow, 0.0055, glaze, 8))
    return Piece("mug", parts)


def book(rng: np.random.Generator, style: Style) -> Piece:
    """A closed book that stands upright, its spine to the front."""
    height, depth, thick = between(rng, 0.21, 0.27), between(rng, 0.15, 0.19), between(rng, 0.036, 0.065)
    colors = choose(rng, style.accents), choose(rng, ((238, 222, 180), (240, 238, 232), (214, 178, 90)))
    seed, board = int(rng.integers(99)), 0.003
    plain = painted(colors[0])
    cover, spine = picture("book_cover", *colors, variant=seed), picture("book_spine", *colors, variant=seed)
    parts = [
        box((board, depth, height), (thick / 2 - board / 2, 0, height / 2), plain, faces={"right": cover}),
        box((board, depth, height), (board / 2 - thick / 2, 0, height / 2), plain, faces={"left": cover}),
        box((thick - 2 * board, 0.006, height), (0, 0.003 - depth / 2, height / 2), plain, faces={"front": spine}),
        box((thick - 2 * board, depth - 0.014, height - 0.01), (0, 0.001, height / 2), PAPER),
    ]
    return Piece("book", tuple(parts))


def lying_book(rng: np.random.Generator, style: Style) -> Piece:
    """A closed book that lies on its back cover, its spine to the left."""
    upright = book(rng, style)
    thick = float(np.ptp(upright.bounds[:, 0]))
    depth, height = np.ptp(upright.bounds[:, 1]), np.ptp(upright.bounds[:, 2])
    turned = tuple(moved(part, (0, -height / 2, 0)) for part in _laid(upright.parts, thick))
    return Piece("book", turned, (Support((0.0, 0.0, thick), (float(depth) * 0.8, float(height) * 0.8), 0.3),))


def _laid(parts: tuple[Patches, ...], thick: float) -> tuple[Patches, ...]:
    """Parts of an upright book turned so that its right cover is on top and its head points to the back."""
    # First the right side (+x) goes up, then the head, which lies along -x, is turned to +y.
    up = [moved(part, (0, 0, 0), (0, -np.pi / 2, 0)) for part in parts]
    return tuple(moved(part, (0, 0, thick / 2), (0, 0, -np.pi / 2)) for part in up)


def bowl(rng: np.random.Generator, style: Style) -> Piece:
    """A bowl of fruit."""
    radius, height, glaze = (
        between(rng, 0.115, 0.13),
        between(rng, 0.07, 0.085),
        painted(choose(rng, style.accents), CERAMIC_GLOSS),
    )
    angle = np.linspace(0, np.pi / 2, 13)
    inner = np.stack([(radius - 0.009) * np.sin(angle), 0.012 + (height - 0.012) * (1 - np.cos(angle))], -1)
    below = np.linspace(0, np.arccos(0.04 / radius), 13)
    outer = np.stack([radius * np.cos(below), height * (1 - np.sin(below) / np.sin(below[-1]))], -1)
    parts = [lathe([inner, [inner[-1], outer[0]], outer, [outer[-1], (0, 0)]], glaze, segments=32)]
    fruit = ((214, 58, 44), (236, 156, 40), (120, 164, 60), (240, 204, 70))
    for k in range(5):
        ring, yaw = (0.0 if k == 4 else 0.055), k * np.pi / 2 + 0.4
        center = (ring * np.cos(yaw), ring * np.sin(yaw), height * (0.72 if k < 4 else 1.15))
        parts.append(ellipsoid((0.035, 0.035, 0.033), center, painted(choose(rng, fruit), 0.3), 14))
    return Piece("bowl", tuple(parts))


def bottle(rng: np.random.Generator, style: Style) -> Piece:
    """A bottle with a label."""
    height, radius = between(rng, 0.26, 0.31), between(rng, 0.034, 0.04)
    glass = painted(choose(rng, ((44, 92, 58), (40, 62, 96), (120, 66, 30))), 0.7)
    label = painted((236, 228, 206), 0)
    shoulder, neck = height * 0.62, radius * 0.36
    runs = [
        [(0, height), (neck, height)],
        [(neck, height), (neck, height * 0.8), (neck * 1.3, height * 0.74), (radius, shoulder)],
        [(radius, shoulder), (radius, height * 0.46)],
        [(radius, height * 0.46), (radius, height * 0.16)],
        [(radius, height * 0.16), (radius, 0)],
        [(radius, 0), (0, 0)],
    ]
    return Piece("bottle", (lathe(runs, [painted((60, 40, 30)), glass, glass, label, glass, glass], segments=24),))
