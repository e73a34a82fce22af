"""Screens and keyboards. Each is a function `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, between, choose
from resources.sources.layouts.synthetic_rooms.materials import metal, painted, picture
from resources.sources.layouts.synthetic_rooms.shapes import box, moved


def television(rng: np.random.Generator, style: Style) -> Piece:
    """A flat screen on a foot."""
    width = between(rng, 0.95, 1.1)
    height, dark = width * 0.58, painted((30, 30, 33), 0.4)
    screen = picture("landscape", *_evening(rng), gloss=0.4, emission=0.55, variant=int(rng.integers(99)))
    parts = [box((width, 0.035, height), (0, 0.02, 0.09 + height / 2), dark, 0.006)]
    parts.append(
        box((width - 0.03, 0.004, height - 0.03), (0, 0.001, 0.09 + height / 2), dark, faces={"front": screen})
    )
    parts.append(box((0.12, 0.03, 0.1), (0, 0.03, 0.05), dark, 0.004))
    parts.append(box((0.42, 0.2, 0.016), (0, 0.01, 0.008), dark, 0.006))
    return Piece("television", tuple(parts))


def _evening(rng: np.random.Generator):
    return choose(rng, (
        ((250, 190, 140), (240, 120, 110), (110, 70, 110), (70, 50, 95), (35, 28, 60)),
        ((120, 190, 235), (225, 240, 250), (70, 130, 150), (45, 100, 90), (25, 65, 55)),
    ))  # fmt: skip


def monitor(rng: np.random.Generator, style: Style) -> Piece:
    """A computer screen on a foot."""
    width = between(rng, 0.54, 0.62)
    height, dark = width * 0.6, painted((40, 40, 44), 0.3)
    views = ((200, 220, 240), (240, 210, 190), (80, 110, 150), (50, 80, 120), (30, 50, 80))
    screen = picture("desktop", *views, gloss=0.3, emission=0.6, variant=int(rng.integers(99)))
    parts = [box((width, 0.03, height), (0, 0, 0.12 + height / 2), dark, 0.006)]
    parts.append(
        box((width - 0.022, 0.004, height - 0.022), (0, -0.016, 0.12 + height / 2), dark, faces={"front": screen})
    )
    parts.append(box((0.07, 0.025, 0.2), (0, 0.028, 0.11), metal(), 0.004))
    parts.append(box((0.24, 0.18, 0.012), (0, 0.02, 0.006), metal(), 0.005))
    return Piece("monitor", tuple(parts))


def keyboard(rng: np.random.Generator, style: Style) -> Piece:
    """A keyboard, flat and wide."""
    keys = picture("keys", *choose(rng, (((46, 46, 50), (96, 98, 104)), ((198, 200, 204), (244, 244, 242)))))
    return Piece(
        "keyboard", (box((0.44, 0.15, 0.022), (0, 0, 0.011), painted(keys.colors[0], 0.2), 0.004, faces={"top": keys}),)
    )


def laptop(rng: np.random.Generator, style: Style) -> Piece:
    """An open laptop."""
    body, width, depth = metal((176, 178, 184), 0.4), 0.34, 0.235
    keys = picture("keys", (150, 152, 158), (44, 44, 48))
    views = ((190, 225, 235), (250, 235, 200), (120, 160, 120), (80, 125, 100), (50, 90, 80))
    screen = picture("desktop", *views, gloss=0.3, emission=0.6, variant=int(rng.integers(99)))
    parts = [box((width, depth, 0.016), (0, 0, 0.008), body, 0.004)]
    parts.append(box((width - 0.04, depth * 0.5, 0.002), (0, depth * 0.16, 0.017), body, faces={"top": keys}))
    lid = box((width, 0.009, depth - 0.01), (0, 0, depth / 2), body, 0.003)
    glass = box(
        (width - 0.016, 0.001, depth - 0.026), (0, -0.005, depth / 2), painted((20, 20, 22)), faces={"front": screen}
    )
    parts += [moved(shape, (0, depth / 2 - 0.008, 0.016), (-0.3, 0, 0)) for shape in (lid, glass)]
    return Piece("laptop", tuple(parts))
