"""The empty room: walls with a window and a door, floor, ceiling, curtains, a rug, and the view outside.

The room's origin is the middle of its floor. Every wall has a frame of its own: x to the right as seen from inside,
y into the wall, z up, its origin at the foot of the wall's middle; a piece that faces -y stands with its back to the
wall in it. What does not belong here: furniture.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from resources.sources.layouts.synthetic_rooms.furniture.pieces import Style, between, choose
from resources.sources.layouts.synthetic_rooms.materials import WHITE, Material, fabric, metal, painted, picture
from resources.sources.layouts.synthetic_rooms.shapes import Patch, Patches, box, moved, quad, rigid, surface, tube

WALL_YAWS = (0.0, -np.pi / 2, np.pi, np.pi / 2)
"""Turn of each wall's frame: the walls at +y, +x, -y, -x."""
REVEAL_M = 0.16
"""Depth of the wall in which a window sits."""
SKY_GLOW = 1.5
"""The view outside is brighter than most things inside."""
BLIND_M = 0.3
"""Tall furniture stays this far from a window, and out of the way of a door."""
CURTAIN_M = 0.3
"""Width of each drawn-back curtain."""


@dataclass(frozen=True)
class Opening:
    """A window or door in a wall: which wall, its middle along the wall, and its size, metres."""

    wall: int
    x: float
    width: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Room:
    """A rectangular room.

    Attributes:
        width, depth, height: inner size along x, y, z, metres.
        windows: openings that light comes through.
        door: closed, in a wall without a window.
        rug: centre x, y and size along x, y, metres.
    """

    width: float
    depth: float
    height: float
    windows: tuple[Opening, ...]
    door: Opening
    rug: tuple[float, float, float, float]

    def wall_length(self, wall: int) -> float:
        """Length of a wall, metres."""
        return self.width if wall % 2 == 0 else self.depth

    def world_from_wall(self, wall: int) -> NDArray[np.float64]:
        """`(4, 4)`: the frame of a wall in the world."""
        x = (0.0, self.width / 2, 0.0, -self.width / 2)[wall]
        y = (self.depth / 2, 0.0, -self.depth / 2, 0.0)[wall]
        return rigid((x, y, 0.0), (0.0, 0.0, WALL_YAWS[wall]))

    @property
    def kept_free(self) -> Boxes:
        """Where no furniture stands: curtains, before the upper half of windows, before the door; world boxes."""
        boxes = []
        for window in self.windows:
            for side in (-1, 1):
                x = window.x + side * (window.width / 2 + CURTAIN_M / 2 - 0.05)
                boxes.append((window.wall, (x, -0.08, self.height / 2), (CURTAIN_M + 0.06, 0.17, self.height)))
            middle = (window.x, -BLIND_M / 2, (window.bottom + window.top) / 2)
            boxes.append((window.wall, middle, (window.width, BLIND_M, window.top - window.bottom)))
        door = (self.door.width + 0.1, 0.8, self.door.top)
        boxes.append((self.door.wall, (self.door.x, -0.4, self.door.top / 2), door))
        rotations = np.array([self.world_from_wall(wall)[:3, :3] for wall, _, _ in boxes])
        centers = np.array([(self.world_from_wall(wall) @ (*center, 1.0))[:3] for wall, center, _ in boxes])
        return Boxes(centers, np.array([size for _, _, size in boxes]), rotations)


def design_room(rng: np.random.Generator) -> Room:
    """A room of 20 to 29 square metres with a window or two in one wall and a door in another."""
    width, depth, height = between(rng, 5.0, 5.9), between(rng, 4.3, 5.0), between(rng, 2.5, 2.65)
    wall = int(rng.integers(4))
    length = width if wall % 2 == 0 else depth
    bottom, top = between(rng, 0.85, 0.95), between(rng, 2.05, 2.2)
    if rng.uniform() < 0.5:
        wide = between(rng, 1.7, 2.1)
        windows = (Opening(wall, between(rng, -0.12, 0.12) * length, wide, bottom, top),)
    else:
        wide, offset = between(rng, 1.05, 1.25), 0.23 * length
        windows = tuple(Opening(wall, side * offset, wide, bottom, top) for side in (-1, 1))
    door_wall = (wall + choose(rng, (1, 2, 3))) % 4
    door_length = width if door_wall % 2 == 0 else depth
    side = choose(rng, (-1, 1))
    door = Opening(door_wall, side * (door_length / 2 - 0.65), 0.88, 0.0, 2.02)
    rug = (between(rng, -0.2, 0.2), between(rng, -0.2, 0.2), between(rng, 2.1, 2.5), between(rng, 1.5, 1.8))
    return Room(width, depth, height, windows, door, rug)


def room_patches(room: Room, style: Style) -> tuple[Patches, Patches]:
    """All surfaces of the empty room, and those outside its windows; world frame."""
    w, d, h = room.width, room.depth, room.height
    inside: list[Patch] = [
        quad((-w / 2, d / 2, 0), (w, 0, 0), (0, -d, 0), style.floor),
        quad((-w / 2, -d / 2, h), (w, 0, 0), (0, d, 0), Material("plaster", ((244, 243, 240),), 1.2)),
    ]
    outside: list[Patch] = []
    accent = (room.windows[0].wall + 2) % 4
    for wall in range(4):
        windows = [window for window in room.windows if window.wall == wall]
        patches = [*_wall(room, wall, windows, style.accent_wall if wall == accent else style.wall)]
        for window in windows:
            patches += _window(window) + _curtains(window, h, style)
        if room.door.wall == wall:
            patches += _door(room.door)
        yaw, foot = WALL_YAWS[wall], room.world_from_wall(wall)[:3, 3]
        inside += moved(patches, foot, (0, 0, yaw))
        if windows:
            outside += moved(_outdoors(variant=round(w * 1000) % 97), foot, (0, 0, yaw))
    x, y, rug_w, rug_d = room.rug
    rug = picture("rug", *style.rug)
    inside += box((rug_w, rug_d, 0.006), (x, y, 0.003), painted(style.rug[0], 0), faces={"top": rug})
    return tuple(inside), tuple(outside)


def _wall(room: Room, wall: int, windows: list[Opening], material: Material) -> list[Patch]:
    """The wall around its windows, from floor to ceiling in vertical strips, and a skirting board; wall frame."""
    half, height = room.wall_length(wall) / 2, room.height

    def strip(x0: float, x1: float, z0: float, z1: float) -> Patch:
        corner, origin = (x0, 0, z1), (x0 + half, height - z1)
        return quad(corner, (x1 - x0, 0, 0), (0, 0, z0 - z1), material, texture_origin=origin)

    patches, left = [], -half
    for window in sorted(windows, key=lambda window: window.x):
        x0, x1 = window.x - window.width / 2, window.x + window.width / 2
        patches += [strip(left, x0, 0, height), strip(x0, x1, 0, window.bottom), strip(x0, x1, window.top, height)]
        left = x1
    patches.append(strip(left, half, 0, height))
    white = painted(WHITE, 0.1)
    gaps = [(room.door.x - 0.5, room.door.x + 0.5)] if room.door.wall == wall else []
    starts = [-half, *(gap[1] for gap in gaps)]
    ends = [*(gap[0] for gap in gaps), half]
    for x0, x1 in zip(starts, ends, strict=True):
        if x1 - x0 > 0.05:
            patches += box((x1 - x0, 0.014, 0.085), ((x0 + x1) / 2, -0.007, 0.0425), white)
    return patches


def _window(window: Opening) -> Patches:
    """Reveals, a frame with a cross, and a sill; wall frame."""
    x0, x1, z0, z1 = window.x - window.width / 2, window.x + window.width / 2, window.bottom, window.top
    wide, high, white = x1 - x0, z1 - z0, painted(WHITE, 0.1)
    reveal = Material("plaster", ((240, 238, 232),), 1.2)
    patches = [
        quad((x0, 0, z1), (0, REVEAL_M, 0), (0, 0, -high), reveal),
        quad((x1, REVEAL_M, z1), (0, -REVEAL_M, 0), (0, 0, -high), reveal),
        quad((x0, 0, z1), (wide, 0, 0), (0, REVEAL_M, 0), reveal),
    ]
    patches += box((wide + 0.12, REVEAL_M + 0.12, 0.035), (window.x, REVEAL_M / 2 - 0.06, z0 - 0.0165), white, 0.006)
    y, bar = REVEAL_M - 0.05, 0.055
    for x in (x0 + bar / 2, x1 - bar / 2, window.x):
        patches += box((bar, 0.05, high), (x, y, (z0 + z1) / 2), white, 0.004)
    for z in (z0 + bar / 2 + 0.001, z1 - bar / 2, z0 + high * 0.68):
        patches += box((wide, 0.044, bar * 0.9), (window.x, y, z), white, 0.004)
    return tuple(patches)


def _outdoors(variant: int) -> Patches:
    """A picture of the garden some way behind the wall, and a closed box of sky and lawn up to it; wall frame."""
    view = picture("outdoors", (0, 0, 0), emission=SKY_GLOW, variant=variant)
    sky, lawn = painted((196, 222, 246), 0).glowing(SKY_GLOW), painted((128, 172, 88), 0).glowing(SKY_GLOW)
    x, near, far, low, high = 6.0, REVEAL_M, 3.5, -1.8, 4.6
    deep, tall = far - near, high - low
    return (
        quad((-x, far, high), (2 * x, 0, 0), (0, 0, -tall), view),
        quad((-x, near, high), (0, deep, 0), (0, 0, -tall), sky),
        quad((x, far, high), (0, -deep, 0), (0, 0, -tall), sky),
        quad((-x, near, high), (2 * x, 0, 0), (0, deep, 0), sky),
        quad((-x, far, low), (2 * x, 0, 0), (0, -deep, 0), lawn),
    )


def _curtains(window: Opening, height: float, style: Style) -> Patches:
    """A rod and two curtains that hang in folds, drawn back; wall frame."""
    top = min(window.top + 0.16, height - 0.06)
    half = window.width / 2 + CURTAIN_M - 0.02
    rod = [(window.x - half - 0.05, -0.09, top + 0.02), (window.x + half + 0.05, -0.09, top + 0.02)]
    patches = list(tube(rod, 0.013, metal((92, 84, 76), 0.5), 10))
    cloth = fabric(style.accents[1], 7)
    for side in (-1, 1):
        left = window.x - half if side < 0 else window.x + half - CURTAIN_M
        x = left + np.linspace(0, CURTAIN_M, 49)
        y = -0.09 - 0.035 * np.sin(np.linspace(0, 9 * np.pi, 49))
        x, y = np.concatenate([[x[0]], x, [x[-1]]]), np.concatenate([[-0.001], y, [-0.001]])
        rows = np.array([top, 0.03])
        grid = np.stack(np.broadcast_arrays(x[:, None], y[:, None], rows), -1)
        patches.append(surface(grid, cloth))
    return tuple(patches)


def _door(door: Opening) -> Patches:
    """A panelled door with its frame and handle; wall frame."""
    leaf, trim = painted((226, 222, 212), 0.2), painted(WHITE, 0.1)
    patches = list(box((door.width, 0.03, door.top), (door.x, -0.008, door.top / 2), leaf))
    for side in (-1, 1):
        patches += box(
            (0.07, 0.05, door.top + 0.07),
            (door.x + side * (door.width / 2 + 0.035), -0.016, door.top / 2 + 0.035),
            trim,
            0.004,
        )
        for z, high in ((0.55, 0.75), (1.47, 0.85)):
            patches += box((0.3, 0.02, high), (door.x + side * 0.2, -0.022, z), leaf, 0.009, 2)
    patches += box((door.width, 0.05, 0.07), (door.x, -0.016, door.top + 0.035), trim, 0.004)
    knob = door.x + (door.width / 2 - 0.09) * (1 if door.x < 0 else -1)
    patches += tube([(knob, -0.02, 1.02), (knob, -0.07, 1.02)], 0.009, metal(), 8)
    away = -0.11 if knob > door.x else 0.11
    patches += tube([(knob, -0.065, 1.02), (knob + away, -0.065, 1.02)], 0.01, metal(), 8)
    return tuple(patches)
