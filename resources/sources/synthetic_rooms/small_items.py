"""Things that stand on furniture, hang on a wall or stand in a corner. Each is `(rng, style) -> Piece`; metres."""

import numpy as np

from resources.sources.synthetic_rooms.materials import (
    CERAMIC_GLOSS, PAPER, SOIL, WHITE, Material, metal, painted, patterned_fabric, picture,
)  # fmt: skip
from resources.sources.synthetic_rooms.pieces import Bulb, Piece, Style, Support, between, choose
from resources.sources.synthetic_rooms.shapes import Patches, box, cylinder, ellipsoid, lathe, leaf, moved, tube

SHADE_GLOW = 1.1
"""A lit lamp shade, as a multiple of its own colour: a little brighter than a white wall in daylight."""


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
    height, depth, thick = between(rng, 0.21, 0.27), between(rng, 0.15, 0.19), between(rng, 0.032, 0.058)
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


def floor_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A standing lamp: a disc, a pole and a cloth shade."""
    height, dark = between(rng, 1.45, 1.6), metal((70, 66, 62), 0.5)
    bottom, top = height - 0.3, height
    parts = [cylinder(0.15, 0, 0.022, dark, segments=32), cylinder(0.012, 0.022, height - 0.12, dark, segments=12)]
    parts.append(_shade(bottom, top, 0.21, 0.16, (250, 232, 200)))
    parts.append(ellipsoid((0.035, 0.035, 0.05), (0, 0, height - 0.1), painted((255, 244, 220), 0).glowing(2.0), 12))
    return Piece("floor lamp", tuple(parts), bulb=Bulb((0.0, 0.0, height - 0.15)))


def table_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A lamp with a ceramic foot and a cloth shade."""
    height, foot = between(rng, 0.38, 0.46), painted(choose(rng, style.accents), CERAMIC_GLOSS)
    body = [(0.018, height * 0.58), (0.03, height * 0.5), (0.068, height * 0.3), (0.075, height * 0.2), (0.05, 0.02), (0.055, 0)]
    parts = [lathe([[(0, height * 0.58), (0.018, height * 0.58)], body, [(0.055, 0), (0, 0)]], foot, segments=24)]
    parts.append(cylinder(0.007, height * 0.58, height * 0.8, metal(), segments=8))
    parts.append(_shade(height * 0.58, height, 0.14, 0.1, (250, 230, 196)))
    parts.append(ellipsoid((0.025, 0.025, 0.035), (0, 0, height * 0.83), painted((255, 244, 220), 0).glowing(2.0), 12))
    return Piece("lamp", tuple(parts), bulb=Bulb((0.0, 0.0, height * 0.8)))


def desk_lamp(rng: np.random.Generator, style: Style) -> Piece:
    """A jointed desk lamp whose cone looks down to the front."""
    paint = painted(choose(rng, style.accents), 0.4)
    elbow, head = np.array([0.0, 0.13, 0.26]), np.array([0.0, -0.07, 0.42])
    parts = [cylinder(0.085, 0, 0.02, paint, (0, 0.08), 28)]
    parts.append(tube([(0, 0.08, 0.02), elbow], 0.008, metal(), 8))
    parts.append(tube([elbow, head], 0.008, metal(), 8))
    parts.append(ellipsoid((0.016, 0.016, 0.016), elbow, paint, 12))
    glow = painted((255, 240, 205), 0).glowing(1.6)
    cone = lathe([[(0, 0.06), (0.026, 0.06)], [(0.026, 0.06), (0.07, -0.05)], [(0.07, -0.05), (0, -0.05)]], [paint, paint, glow], segments=24)
    parts.append(moved(cone, head, (-0.55, 0, 0)))
    return Piece("lamp", tuple(parts), bulb=Bulb((0.0, -0.12, 0.34)))


def monitor(rng: np.random.Generator, style: Style) -> Piece:
    """A computer screen on a foot."""
    width = between(rng, 0.54, 0.62)
    height, dark = width * 0.6, painted((40, 40, 44), 0.3)
    views = ((200, 220, 240), (240, 210, 190), (80, 110, 150), (50, 80, 120), (30, 50, 80))
    screen = picture("desktop", *views, gloss=0.3, emission=0.6, variant=int(rng.integers(99)))
    parts = [box((width, 0.03, height), (0, 0, 0.12 + height / 2), dark, 0.006)]
    parts.append(box((width - 0.022, 0.004, height - 0.022), (0, -0.016, 0.12 + height / 2), dark, faces={"front": screen}))
    parts.append(box((0.07, 0.025, 0.2), (0, 0.028, 0.11), metal(), 0.004))
    parts.append(box((0.24, 0.18, 0.012), (0, 0.02, 0.006), metal(), 0.005))
    return Piece("monitor", tuple(parts))


def keyboard(rng: np.random.Generator, style: Style) -> Piece:
    """A keyboard, flat and wide."""
    keys = picture("keys", *choose(rng, (((46, 46, 50), (96, 98, 104)), ((198, 200, 204), (244, 244, 242)))))
    return Piece("keyboard", (box((0.44, 0.15, 0.022), (0, 0, 0.011), painted(keys.colors[0], 0.2), 0.004, faces={"top": keys}),))


def laptop(rng: np.random.Generator, style: Style) -> Piece:
    """An open laptop."""
    body, width, depth = metal((176, 178, 184), 0.4), 0.34, 0.235
    keys = picture("keys", (150, 152, 158), (44, 44, 48))
    views = ((190, 225, 235), (250, 235, 200), (120, 160, 120), (80, 125, 100), (50, 90, 80))
    screen = picture("desktop", *views, gloss=0.3, emission=0.6, variant=int(rng.integers(99)))
    parts = [box((width, depth, 0.016), (0, 0, 0.008), body, 0.004)]
    parts.append(box((width - 0.04, depth * 0.5, 0.002), (0, depth * 0.16, 0.017), body, faces={"top": keys}))
    lid = box((width, 0.009, depth - 0.01), (0, 0, depth / 2), body, 0.003)
    glass = box((width - 0.016, 0.001, depth - 0.026), (0, -0.005, depth / 2), painted((20, 20, 22)), faces={"front": screen})
    parts += [moved(shape, (0, depth / 2 - 0.008, 0.016), (-0.3, 0, 0)) for shape in (lid, glass)]
    return Piece("laptop", tuple(parts))


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
    green = choose(rng, (((52, 104, 48), (120, 164, 88)), ((66, 118, 62), (150, 190, 110)), ((40, 92, 62), (110, 160, 110))))
    blade = picture("leaf", *green, gloss=0.15)
    crown = rim * 0.9
    for k in range(leaves):
        yaw = 2.4 * k + rng.uniform(-0.3, 0.3)
        share = (k + 0.5) / leaves
        length, lift = size * (0.34 + 0.12 * rng.uniform()), crown + (size * 0.95 - crown) * (0.12 + 0.62 * share)
        lean = 0.14 * size * (1 - 0.6 * share)
        root = np.array([lean * np.cos(yaw), lean * np.sin(yaw), lift])
        stem_radius = 0.0035 + 0.005 * size
        parts.append(tube([(0, 0, crown - 0.01), root * (0.55, 0.55, 1) * (1, 1, 0.75), root], [stem_radius, stem_radius, stem_radius * 0.6], Material("speckle", (green[0],), 0.2), 6))
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
    runs = [[(0, height - 0.02), (neck - 0.006, height - 0.02)], [(neck - 0.006, height - 0.02), (neck - 0.006, height)], [(neck - 0.006, height), (neck, height)], np.stack([outline, z * height], -1), [(outline[-1], 0), (0, 0)]]
    parts = [lathe(runs, [SOIL, glaze, glaze, glaze, glaze], segments=24)]
    straw = painted((172, 142, 92), 0)
    for k in range(5):
        yaw, lean = 2.4 * k + rng.uniform(0, 0.5), rng.uniform(0.03, 0.075)
        tip = np.array([lean * np.cos(yaw), lean * np.sin(yaw), height + rng.uniform(0.12, 0.2)])
        parts.append(tube([(tip[0] * 0.1, tip[1] * 0.1, height - 0.03), tip], [0.0035, 0.0028], straw, 6))
        parts.append(ellipsoid((0.015, 0.015, 0.032), tip, painted(choose(rng, ((232, 214, 170), (206, 120, 90))), 0), 10))
    return Piece("vase", tuple(parts))


def bowl(rng: np.random.Generator, style: Style) -> Piece:
    """A bowl of fruit."""
    radius, height, glaze = between(rng, 0.13, 0.16), between(rng, 0.075, 0.095), painted(choose(rng, style.accents), CERAMIC_GLOSS)
    angle = np.linspace(0, np.pi / 2, 9)
    inner = np.stack([(radius - 0.006) * np.sin(angle), 0.012 + (height - 0.012) * (1 - np.cos(angle))], -1)
    outer = np.stack([radius * np.cos(angle) * 0.999 + 0.001, height * (1 - np.sin(angle))], -1)
    outer[-1] = (0.04, 0)
    parts = [lathe([inner, [inner[-1], (radius, height)], outer, [(0.04, 0), (0, 0)]], glaze, segments=32)]
    fruit = ((214, 58, 44), (236, 156, 40), (120, 164, 60), (240, 204, 70))
    for k in range(5):
        ring, yaw = (0.0 if k == 4 else 0.062), k * np.pi / 2 + 0.4
        center = (ring * np.cos(yaw), ring * np.sin(yaw), height * (0.72 if k < 4 else 1.15))
        parts.append(ellipsoid((0.038, 0.038, 0.036), center, painted(choose(rng, fruit), 0.3), 14))
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


def carton(rng: np.random.Generator, style: Style) -> Piece:
    """A taped cardboard box."""
    size = (between(rng, 0.32, 0.48), between(rng, 0.28, 0.38), between(rng, 0.22, 0.34))
    kraft = (188, 148, 104)
    board = Material("cardboard", (kraft,), tile_m=0.5)
    face = picture("carton", kraft, (214, 196, 156), variant=int(rng.integers(99)))
    return Piece("box", (box(size, (0, 0, size[2] / 2), board, 0.004, faces={"top": face, "front": face, "back": face}),), (Support((0, 0, size[2]), (size[0] - 0.06, size[1] - 0.06), 0.5),))


def storage_box(rng: np.random.Generator, style: Style) -> Piece:
    """A small lidded box for a shelf."""
    width, depth, height, paint = between(rng, 0.24, 0.3), between(rng, 0.18, 0.22), between(rng, 0.13, 0.17), painted(choose(rng, style.accents))
    parts = (
        box((width, depth, height - 0.03), (0, 0, (height - 0.03) / 2), paint, 0.004),
        box((width + 0.008, depth + 0.008, 0.032), (0, 0, height - 0.016), painted(WHITE), 0.004),
        box((0.06, 0.004, 0.03), (0, -depth / 2 - 0.002, height * 0.45), painted(WHITE)),
    )
    return Piece("box", parts)


def waste_bin(rng: np.random.Generator, style: Style) -> Piece:
    """An open waste bin, a little wider at the top."""
    height, radius, wall = between(rng, 0.3, 0.36), between(rng, 0.13, 0.15), 0.005
    paint = choose(rng, (metal((150, 152, 156), 0.5), painted((58, 60, 64), 0.3), painted(choose(rng, style.accents), 0.3)))
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
    runs = [[(radius - 0.02, thick - 0.012), (radius - 0.02, thick)], [(radius - 0.02, thick), (radius, thick)], [(radius, thick), (radius, 0)], [(radius, 0), (0, 0)]]
    ring = moved(lathe(runs, rim, segments=40), (0, 0, 0), (np.pi / 2, 0, 0))
    side = (radius - 0.02) * 1.42
    face = box((side, 0.004, side), (0, -thick + 0.014, 0), painted(WHITE), faces={"front": picture("dial", WHITE, (40, 40, 44), variant=int(rng.integers(99)))})
    disc = moved(lathe([[(0, 0.0215), (radius - 0.019, 0.0215)]], painted(WHITE), segments=40), (0, 0, 0), (np.pi / 2, 0, 0))
    return Piece("clock", (ring, face, disc))
