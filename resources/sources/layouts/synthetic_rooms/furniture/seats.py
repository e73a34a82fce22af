"""Things to sit or lie on. Each is a function `(rng, style) -> Piece`; lengths in metres."""

from dataclasses import replace

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, Support, between, choose
from resources.sources.layouts.synthetic_rooms.materials import WHITE, fabric, metal, painted, patterned_fabric
from resources.sources.layouts.synthetic_rooms.shapes import box, cushion, cylinder, lathe, moved, tube


def chair(rng: np.random.Generator, style: Style) -> Piece:
    """A dining chair: splayed legs, an upholstered seat, a back of slats or one panel, leaning back."""
    width, depth, seat, height = 0.46, 0.45, between(rng, 0.44, 0.47), between(rng, 0.84, 0.92)
    wood = style.second_wood
    parts = [box((width, depth, 0.03), (0, 0, seat - 0.045), wood, 0.008)]
    parts.append(
        box(
            (width - 0.01, depth - 0.01, 0.045),
            (0, 0, seat - 0.0225 + 0.005),
            fabric(choose(rng, style.accents)),
            0.018,
            2,
        )
    )
    for x in (-1, 1):
        hip = (x * (width / 2 - 0.035), -(depth / 2 - 0.04), seat - 0.05)
        parts.append(tube([hip, (x * (width / 2 - 0.015), -(depth / 2 - 0.015), 0)], [0.019, 0.013], wood, 10))
        post = [
            (x * (width / 2 - 0.025), depth / 2 + 0.055, height),
            (x * (width / 2 - 0.025), depth / 2 - 0.015, seat),
            (x * (width / 2 - 0.02), depth / 2 + 0.03, 0),
        ]
        parts.append(tube(post, [0.014, 0.019, 0.014], wood, 10))
    lean = np.arctan2(0.07, height - seat)
    if rng.uniform() < 0.5:
        for share in (0.45, 0.68, 0.9):
            z = seat + share * (height - seat)
            slat = box((width - 0.07, 0.016, 0.055), (0, 0, 0), wood, 0.005)
            parts.append(moved(slat, (0, depth / 2 - 0.015 + 0.07 * share, z), (-lean, 0, 0)))
    else:
        panel = box((width - 0.06, 0.022, 0.26), (0, 0, 0), wood, 0.01)
        parts.append(moved(panel, (0, depth / 2 - 0.015 + 0.07 * 0.65, seat + 0.65 * (height - seat)), (-lean, 0, 0)))
    return Piece("chair", tuple(parts))


def office_chair(rng: np.random.Generator, style: Style) -> Piece:
    """A swivel chair: five castors, a gas spring, padded seat and back, arm rests."""
    seat, dark, pad = between(rng, 0.45, 0.5), painted((48, 48, 52), 0.3), fabric(choose(rng, style.accents))
    parts = []
    for angle in np.arange(5) * 2 * np.pi / 5 + 0.3:
        end = np.array([0.27 * np.cos(angle), 0.27 * np.sin(angle), 0.075])
        parts.append(tube([(0, 0, 0.115), end], [0.026, 0.018], dark, 8))
        parts.append(moved(cylinder(0.028, -0.02, 0.02, dark, segments=12), end - (0, 0, 0.047), (np.pi / 2, 0, angle)))
    parts.append(cylinder(0.026, 0.1, seat - 0.08, metal(), segments=16))
    parts.append(box((0.2, 0.26, 0.03), (0, 0, seat - 0.075), dark, 0.008))
    parts.append(box((0.49, 0.48, 0.085), (0, 0, seat - 0.02), pad, 0.038, 3))
    parts.append(tube([(0, 0.14, seat - 0.075), (0, 0.27, seat - 0.05), (0, 0.29, seat + 0.2)], 0.02, dark, 8))
    back = box((0.45, 0.075, 0.5), (0, 0, 0.25), pad, 0.034, 3)
    parts.append(moved(back, (0, 0.25, seat + 0.09), (-0.16, 0, 0)))
    for x in (-1, 1):
        parts.append(
            tube(
                [(x * 0.2, 0.02, seat - 0.07), (x * 0.285, 0.02, seat - 0.05), (x * 0.285, 0.02, seat + 0.19)],
                0.014,
                dark,
                8,
            )
        )
        parts.append(box((0.06, 0.25, 0.028), (x * 0.285, 0.0, seat + 0.2), dark, 0.012, 2))
    return Piece("office chair", tuple(parts))


def stool(rng: np.random.Generator, style: Style) -> Piece:
    """A round stool with three legs and a ring."""
    height, radius, wood = between(rng, 0.45, 0.62), 0.17, style.wood
    top = [
        [(0, height), (radius - 0.012, height)],
        [(radius - 0.012, height), (radius, height - 0.01), (radius, height - 0.034)],
        [(radius, height - 0.034), (0, height - 0.034)],
    ]
    parts = [lathe(top, wood, segments=32)]
    for angle in np.arange(4) * np.pi / 2 + np.pi / 4:
        direction = np.array([np.cos(angle), np.sin(angle), 0])
        parts.append(tube([direction * 0.1 + (0, 0, height - 0.034), direction * 0.19], [0.018, 0.013], wood, 10))
    ring = np.linspace(0, 2 * np.pi, 25)[:-1]
    ring = np.append(ring, ring[0] + 2 * np.pi)
    parts.append(tube(np.stack([0.158 * np.cos(ring), 0.158 * np.sin(ring), 0 * ring + 0.16], -1), 0.008, metal(), 8))
    return Piece("stool", tuple(parts), (Support((0, 0, height), (0.2, 0.2), 0.5),))


def _upholstered(width: float, seats: int, rng: np.random.Generator, style: Style, tag: str) -> Piece:
    depth, seat, arm, back = between(rng, 0.84, 0.92), 0.43, between(rng, 0.14, 0.19), between(rng, 0.8, 0.88)
    cloth, arm_height = style.cloth, between(rng, 0.58, 0.64)
    parts = [box((width - 0.02, depth - 0.04, 0.19), (0, 0, 0.2), cloth, 0.025, 2)]
    inner, front = width - 2 * arm, -depth / 2
    for x in (-1, 1):
        parts.append(
            box((arm, depth, arm_height - 0.1), (x * (width - arm) / 2, 0, (arm_height + 0.1) / 2), cloth, 0.055, 3)
        )
        for y in (-1, 1):
            foot = (x * (width / 2 - 0.09), y * (depth / 2 - 0.09))
            parts.append(cylinder(0.017, 0, 0.106, style.wood, foot, 12, top_radius=0.025))
    parts.append(box((inner + 0.02, 0.2, back - 0.12), (0, depth / 2 - 0.1, (back + 0.12) / 2), cloth, 0.06, 3))
    one = inner / seats
    for k in range(seats):
        x = -inner / 2 + one * (k + 0.5)
        parts.append(
            box((one - 0.008, depth - 0.2, 0.15), (x, front + (depth - 0.2) / 2 - 0.01, seat - 0.065), cloth, 0.045, 3)
        )
        pillow = box((one - 0.02, 0.15, 0.4), (0, 0, 0), cloth, 0.06, 3)
        parts.append(moved(pillow, (x, depth / 2 - 0.245, seat + 0.2), (-0.16, 0, 0)))
    supports = (Support((0, front + 0.3, seat + 0.012), (inner - 0.1, 0.4), 0.6),)
    return Piece(tag, tuple(parts), supports)


def sofa(rng: np.random.Generator, style: Style) -> Piece:
    """A sofa for two or three with loose seat and back cushions."""
    seats = choose(rng, (2, 3))
    return _upholstered(between(rng, 0.62, 0.7) * seats + 0.34, seats, rng, style, "sofa")


def armchair(rng: np.random.Generator, style: Style) -> Piece:
    """A sofa for one, in another cloth than the sofa."""
    return _upholstered(
        between(rng, 0.86, 0.94), 1, rng, replace(style, cloth=fabric(choose(rng, style.accents), 3)), "armchair"
    )


def bed(rng: np.random.Generator, style: Style) -> Piece:
    """A bed with its head at the back: frame, legs, headboard, mattress and a blanket that hangs over the sides."""
    width, length, top = between(rng, 1.45, 1.65), 2.05, between(rng, 0.5, 0.56)
    parts = [box((width, length, 0.13), (0, 0, 0.235), style.wood, 0.012, 2)]
    for x in (-1, 1):
        for y in (-1, 1):
            parts.append(
                box((0.07, 0.07, 0.17), (x * (width / 2 - 0.06), y * (length / 2 - 0.06), 0.085), style.wood, 0.008)
            )
    parts.append(box((width + 0.06, 0.06, between(rng, 0.9, 1.05)), (0, length / 2 + 0.03, 0.5), style.wood, 0.02, 2))
    parts.append(box((width - 0.06, length - 0.06, top - 0.29), (0, 0, (top + 0.29) / 2), fabric(WHITE), 0.05, 3))
    cover = style.accents[0]
    pattern = choose(rng, ("plaid", "stripes", "zigzag", "dots"))
    cloth = patterned_fabric(pattern, cover, tuple(int(c * 0.55 + 110) for c in cover), tile_m=0.7)
    parts.append(
        box((width + 0.03, length * 0.66, top - 0.2), (0, -length * 0.17 - 0.02, (top + 0.24) / 2), cloth, 0.05, 3)
    )
    fold = box((width + 0.035, 0.3, top - 0.28), (0, length * 0.11, (top + 0.33) / 2), fabric(WHITE, 2), 0.04, 3)
    parts.append(fold)
    pillows = Support((0.0, length / 2 - 0.28, top + 0.004), (width - 0.1, 0.46), 0.6)
    blanket = Support((0.0, -length * 0.2, top + 0.022), (width - 0.2, length * 0.45), 0.6)
    return Piece("bed", tuple(parts), (pillows, blanket))


def ottoman(rng: np.random.Generator, style: Style) -> Piece:
    """A low round seat in cloth."""
    radius, height = between(rng, 0.22, 0.28), between(rng, 0.36, 0.42)
    cloth = patterned_fabric(choose(rng, ("zigzag", "dots", "stripes")), choose(rng, style.accents), WHITE, 0.3)
    angle = np.linspace(0, np.pi / 2, 6)
    soft = 0.05
    top = np.stack([radius - soft + soft * np.sin(angle), height - soft + soft * np.cos(angle)], -1)
    runs = [
        [(0, height), (radius - soft, height)],
        top,
        [(radius, height - soft), (radius, 0.03)],
        [(radius, 0.03), (0, 0.03)],
    ]
    parts = [lathe(runs, cloth, segments=32)]
    parts.append(cylinder(radius - 0.04, 0, 0.03, style.wood, segments=32))
    return Piece("ottoman", tuple(parts))


def pillow(rng: np.random.Generator, style: Style) -> Piece:
    """A sleeping pillow, lying flat."""
    size = (between(rng, 0.58, 0.66), between(rng, 0.38, 0.42), 0.15)
    return Piece("pillow", (cushion(size, (0, 0, size[2] / 2), fabric(WHITE, 4), 0.35),))


def throw_cushion(rng: np.random.Generator, style: Style) -> Piece:
    """A square cushion, lying flat; the layout leans it against a back rest."""
    side, first = between(rng, 0.4, 0.46), choose(rng, style.accents)
    second = choose(rng, [c for c in style.accents if c != first])
    cloth = patterned_fabric(
        choose(rng, ("stripes", "plaid", "dots", "zigzag")), first, second, variant=int(rng.integers(9))
    )
    return Piece("cushion", (cushion((side, side, 0.14), (0, 0, 0.07), cloth, 0.45),))
