"""Where things stand: against a wall, beside a piece, on top of it; never through one another.

Two pieces collide where the oriented boxes of two of their parts do, so a chair may stand under a table and a book in
a shelf. What does not belong here: which pieces a room has (`themes.py`).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes, boxes_overlap
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy
from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Support
from resources.sources.layouts.synthetic_rooms.room import Room
from resources.sources.layouts.synthetic_rooms.shapes import Patches, rigid

TOUCH_M = 0.002
"""Boxes of parts may overlap by this much, so that things can touch."""
REST_M = 0.001
"""Height at which things stand above what carries them: two surfaces in one plane would flicker."""
SKIRTING_M, SKIRTING_HEIGHT_M = 0.02, 0.1
"""What stands on the floor keeps clear of the skirting board."""
TRIES = 60


class NoRoom(Exception):
    """A piece that a theme cannot do without found no place; another room is tried."""


@dataclass(frozen=True, eq=False)
class Placed:
    """An object in the room.

    Attributes:
        object_id: unique in the room, such as `chair_2`.
        piece: what it is.
        world_from_object: `(4, 4)` rigid transform from the piece's frame, metres.
    """

    object_id: str
    piece: Piece
    world_from_object: NDArray[np.float64]

    @property
    def patches(self) -> Patches:
        """All surfaces, world frame."""
        return tuple(patch.moved(self.world_from_object) for part in self.piece.parts for patch in part)

    @property
    def box(self) -> Boxes:
        """The tight box of all parts along the piece's own axes, world frame; no batch axis."""
        return _world_boxes(self.piece.bounds, self.world_from_object)

    @property
    def part_boxes(self) -> Boxes:
        """`(p,)` the boxes of the parts, world frame."""
        return _world_boxes(self.piece.part_bounds, self.world_from_object)


def _world_boxes(bounds: NDArray[np.float64], world_from_object: NDArray[np.float64]) -> Boxes:
    """Boxes from bounds `(*, 2, 3)` in an object's frame."""
    low, high = bounds[..., 0, :], bounds[..., 1, :]
    rotation = world_from_object[:3, :3]
    centers = (low + high) / 2 @ rotation.T + world_from_object[:3, 3]
    return Boxes(centers, high - low, np.broadcast_to(rotation, (*centers.shape[:-1], 3, 3)))


def _grown(boxes: Boxes, by_m: float) -> Boxes:
    return Boxes(boxes.centers, np.maximum(boxes.extents + 2 * by_m, 1e-4), boxes.rotations)


@dataclass
class Arrangement:
    """A room that is being furnished. Methods that place return the placed object, or None where it fits nowhere."""

    room: Room
    rng: np.random.Generator
    placed: list[Placed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._solid = self.room.kept_free

    def collides(self, piece: Piece, world_from_object: NDArray[np.float64], clearance: float = 0.0) -> bool:
        """Whether a piece would reach out of the room, or come nearer than `clearance` metres to what stands there."""
        parts = _world_boxes(piece.part_bounds, world_from_object)
        corners = parts.corners.reshape(-1, 3)
        gap = SKIRTING_M if corners[:, 2].min() < SKIRTING_HEIGHT_M else TOUCH_M
        limit = np.array([self.room.width / 2, self.room.depth / 2]) - gap
        inside = (np.abs(corners[:, :2]) <= limit).all() and corners[:, 2].max() < self.room.height - 0.05
        if not inside or corners[:, 2].min() < -TOUCH_M:
            return True
        grown, solid = _grown(parts, clearance - TOUCH_M), self._solid
        near = np.linalg.norm(grown.centers[:, None] - solid.centers[None], axis=-1)
        near = near <= (grown.diagonals[:, None] + solid.diagonals[None]) / 2
        a, b = np.nonzero(near)
        return bool(boxes_overlap(grown[a], solid[b]).any())

    def put(self, piece: Piece, world_from_object: NDArray[np.float64]) -> Placed:
        """Place a piece without asking whether it fits."""
        count = sum(other.piece.tag == piece.tag for other in self.placed) + 1
        placed = Placed(f"{piece.tag.replace(' ', '_')}_{count}", piece, world_from_object)
        self.placed.append(placed)
        parts, solid = placed.part_boxes, self._solid
        self._solid = Boxes(
            np.concatenate([solid.centers, parts.centers]),
            np.concatenate([solid.extents, parts.extents]),
            np.concatenate([solid.rotations, parts.rotations]),
        )
        return placed

    def try_to_put(self, piece: Piece, world_from_object: NDArray[np.float64], clearance: float = 0.0) -> Placed | None:
        """Place a piece if it fits there."""
        return None if self.collides(piece, world_from_object, clearance) else self.put(piece, world_from_object)

    def against_wall(
        self, piece: Piece, walls: tuple[int, ...] = (0, 1, 2, 3), gap: float = 0.04, turn: float = 0.03,
        clearance: float = 0.12, along: tuple[float, float] = (-1.0, 1.0),
    ) -> Placed | None:  # fmt: skip
        """Stand a piece with its back to one of the walls.

        Args:
            gap: from the wall to its back, metres; wider by what the turn needs.
            turn: largest yaw away from the wall's, radians.
            clearance: to everything else, metres.
            along: part of the wall that may be used, -1 to 1 from left to right.
        """
        width, back = np.ptp(piece.bounds[:, 0]), piece.bounds[1, 1]
        for _ in range(TRIES):
            wall = walls[int(self.rng.integers(len(walls)))]
            half = (self.room.wall_length(wall) - width) / 2 - 0.08
            x = half * self.rng.uniform(*along)
            yaw = self.rng.uniform(-turn, turn)
            y = -gap - back - abs(np.sin(yaw)) * width / 2
            placed = self.try_to_put(piece, self.room.world_from_wall(wall) @ rigid((x, y, 0), (0, 0, yaw)), clearance)
            if placed:
                return placed
        return None

    def in_corner(self, piece: Piece, clearance: float = 0.05) -> Placed | None:
        """Stand a piece into a free corner of the room."""
        reach = np.linalg.norm(piece.bounds[:, :2], axis=-1).max()
        for corner in self.rng.permutation(4):
            side = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)][corner])
            away = reach + self.rng.uniform(0.08, 0.25, 2)
            at = side * (np.array([self.room.width, self.room.depth]) / 2 - away)
            yaw = self.rng.uniform(-np.pi, np.pi)
            if placed := self.try_to_put(piece, rigid((*at, 0), (0, 0, yaw)), clearance):
                return placed
        return None

    def beside(
        self, piece: Piece, anchor: Placed, x: tuple[float, float], y: tuple[float, float], yaw: tuple[float, float],
        clearance: float = 0.03,
    ) -> Placed | None:  # fmt: skip
        """Stand a piece on the floor at a place and turn drawn from ranges, in the frame of another object."""
        for _ in range(TRIES):
            local = rigid((self.rng.uniform(*x), self.rng.uniform(*y), 0), (0, 0, self.rng.uniform(*yaw)))
            if placed := self.try_to_put(piece, anchor.world_from_object @ local, clearance):
                return placed
        return None

    def anywhere(self, piece: Piece, clearance: float = 0.3) -> Placed | None:
        """Stand a piece somewhere on the floor, turned anyhow."""
        half = np.array([self.room.width, self.room.depth]) / 2 - 0.3
        for _ in range(TRIES):
            at = self.rng.uniform(-half, half)
            if placed := self.try_to_put(piece, rigid((*at, 0), (0, 0, self.rng.uniform(-np.pi, np.pi))), clearance):
                return placed
        return None

    def on(
        self, piece: Piece, anchor: Placed, support: int = 0, yaw: tuple[float, float] = (-np.pi, np.pi),
        x: tuple[float, float] = (-1.0, 1.0), y: tuple[float, float] = (-1.0, 1.0), clearance: float = 0.012,
    ) -> Placed | None:  # fmt: skip
        """Stand a piece on a support of another; x and y are ranges across the support, -1 to 1."""
        rest = anchor.piece.supports[support]
        if piece.bounds[1, 2] > rest.clearance:
            return None
        for _ in range(TRIES):
            turn = self.rng.uniform(*yaw)
            spread = _free_half(rest, piece, turn)
            if (spread < 0).any():
                continue
            across, along = spread * (self.rng.uniform(*x), self.rng.uniform(*y))
            at = np.add(rest.center, (across, along, REST_M))
            transform = anchor.world_from_object @ rigid(at, (0, 0, turn))
            # Grown only sideways: it stands on the support.
            if not self.collides(piece, transform @ rigid((0, 0, clearance)), clearance):
                return self.put(piece, transform)
        return None

    def slide(
        self, piece: Piece, world_from_object: NDArray[np.float64], direction: NDArray[np.float64], reach: float
    ) -> Placed | None:
        """Push a piece along a world direction, up to `reach` metres, until it touches something."""
        step, last = 0.004, None
        for k in range(int(reach / step)):
            transform = world_from_object.copy()
            transform[:3, 3] += k * step * np.asarray(direction)
            if self.collides(piece, transform):
                break
            last = transform
        return None if last is None else self.put(piece, last)

    def hang(self, piece: Piece, wall: int, x: float, z: float) -> Placed | None:
        """Hang a piece (its origin is the middle of its back) on a wall at x along it and a height, metres."""
        transform = self.room.world_from_wall(wall) @ rigid((x, -2 * TOUCH_M, z))
        return self.try_to_put(piece, transform, 0.02)


def _free_half(rest: Support, piece: Piece, yaw: float) -> NDArray[np.float64]:
    """`(2,)` how far the piece's origin may be from a support's middle, metres; negative: it is too big."""
    low, high = piece.bounds[:, :2]
    corners = np.array([(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])])
    turned = corners @ matrix_from_rpy((0, 0, yaw))[:2, :2].T
    return np.array(rest.size) / 2 - np.abs(turned).max(0)
