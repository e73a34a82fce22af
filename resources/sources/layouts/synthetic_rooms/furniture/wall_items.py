"""What hangs on a wall; the origin is the middle of its back. Each is `(rng, style) -> Piece`; lengths in metres."""

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, between, choose
from resources.sources.layouts.synthetic_rooms.materials import WHITE, metal, painted, picture
from resources.sources.layouts.synthetic_rooms.shapes import box, lathe, moved


def wall_picture(rng: np.random.Generator, style: Style) -> Piece:
    """A framed picture; its origin is the middle of its back."""
    kind, seed = choose(rng, ("landscape", "abstract", "botanical")), int(rng.integers(999))
    width, height = {"landscape": (0.72, 0.56), "abstract": (0.56, 0.56), "botanical": (0.46, 0.6)}[kind]
    scale = between(rng, 0.85, 1.2)
    width, height, frame, thick = width * scale, height * scale, 0.025, 0.026
    palettes = {
        "landscape": ((246, 214, 180), (238, 156, 120), (112, 120, 150), (70, 86, 116), (42, 52, 82)),
        "abstract": style.accents,
        "botanical": ((74, 112, 84), (118, 148, 98), (160, 172, 120)),
    }
    art = picture(kind, *palettes[kind], variant=seed)
    edge = choose(rng, (style.second_wood, painted((38, 36, 36), 0.3), style.wood))
    parts = [box((width - frame, 0.012, height - frame), (0, -0.009, 0), edge, faces={"front": art})]
    for x in (-1, 1):
        parts.append(box((frame, thick, height), (x * (width - frame) / 2, -thick / 2, 0), edge, 0.003))
    for z in (-1, 1):
        parts.append(box((width - 2 * frame, thick, frame), (0, -thick / 2, z * (height - frame) / 2), edge, 0.003))
    return Piece("picture", tuple(parts))


def wall_clock(rng: np.random.Generator, style: Style) -> Piece:
    """A round clock; its origin is the middle of its back."""
    radius, thick = between(rng, 0.14, 0.18), 0.035
    rim = choose(rng, (metal((60, 58, 58), 0.4), style.second_wood))
    runs = [
        [(radius - 0.02, thick - 0.012), (radius - 0.02, thick)],
        [(radius - 0.02, thick), (radius, thick)],
        [(radius, thick), (radius, 0)],
        [(radius, 0), (0, 0)],
    ]
    ring = moved(lathe(runs, rim, segments=40), (0, 0, 0), (np.pi / 2, 0, 0))
    side = (radius - 0.02) * 1.42
    face = box(
        (side, 0.004, side),
        (0, -thick + 0.014, 0),
        painted(WHITE),
        faces={"front": picture("dial", WHITE, (40, 40, 44), variant=int(rng.integers(99)))},
    )
    disc = moved(
        lathe([[(0, 0.0215), (radius - 0.019, 0.0215)]], painted(WHITE), segments=40), (0, 0, 0), (np.pi / 2, 0, 0)
    )
    return Piece("clock", (ring, face, disc))
