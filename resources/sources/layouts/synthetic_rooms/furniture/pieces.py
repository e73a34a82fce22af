"""What a piece of furniture is: closed parts, the surfaces that things stand on, and its bulb; and a room's style.

Pieces face -y, their origin is on the floor in the middle of their footprint. What does not belong here: how each
piece is built (`tables.py`, `seats.py`, `storage.py`, `lamps.py`, ...) and where it stands (`layout.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.materials import Material, Rgb
from resources.sources.layouts.synthetic_rooms.shapes import Patches


@dataclass(frozen=True)
class Support:
    """A level rectangle that smaller things may stand on.

    Attributes:
        center: `(3,)` in the piece's frame, metres.
        size: `(2,)` along x and y, metres.
        clearance: free height above it, metres.
    """

    center: tuple[float, float, float]
    size: tuple[float, float]
    clearance: float


@dataclass(frozen=True)
class Bulb:
    """A warm lamp: its centre in the piece's frame, metres."""

    center: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Piece:
    """One object in its own frame.

    Attributes:
        tag: what it is, as a question names it.
        parts: closed shapes; two pieces collide where the boxes of two parts do.
        supports: where smaller things may stand.
        bulb: the light inside it, if any.
    """

    tag: str
    parts: tuple[Patches, ...]
    supports: tuple[Support, ...] = ()
    bulb: Bulb | None = None

    @property
    def part_bounds(self) -> NDArray[np.float64]:
        """`(p, 2, 3)` lower and upper corner of each part, metres."""
        points = [np.concatenate([patch.vertices.reshape(-1, 3) for patch in part]) for part in self.parts]
        return np.array([(p.min(0), p.max(0)) for p in points])

    @property
    def bounds(self) -> NDArray[np.float64]:
        """`(2, 3)` lower and upper corner of the whole, metres."""
        bounds = self.part_bounds
        return np.stack([bounds[:, 0].min(0), bounds[:, 1].max(0)])


@dataclass(frozen=True)
class Style:
    """The materials of one room.

    Attributes:
        wood, second_wood: of most furniture, and of what should stand out from it.
        lacquer: painted furniture.
        cloth: of the large upholstery.
        accents: colours of cushions, books, mugs and other small things.
        floor, wall, accent_wall: of the room.
        rug: colours of the rug.
    """

    wood: Material
    second_wood: Material
    lacquer: Material
    cloth: Material
    accents: tuple[Rgb, ...]
    floor: Material
    wall: Material
    accent_wall: Material
    rug: tuple[Rgb, Rgb, Rgb]


def choose(rng: np.random.Generator, items: Sequence):
    """One of the items, as it is (`rng.choice` would make an array of it)."""
    return items[int(rng.integers(len(items)))]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A length, rounded to millimetres."""
    return round(float(rng.uniform(low, high)), 3)
