"""Oriented boxes: corners, sizes, and the closest distance between two.

What does not live here: what a box covers on the floor (`planar.py`), and where it appears in an image (`pinhole.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.spatial.transform import Rotation

SIGNS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
PAIRS = np.triu_indices(6, 1)
"""Of the six edge directions of two boxes."""

PARALLEL = 1e-9
"""Sine of the angle below which two edges span no plane."""

REMEMBERED_BOXES, REMEMBERED_PAIRS = 1 << 14, 1 << 16
"""Boxes that are kept, and distances between two: the same objects are asked about from many frames."""


@dataclass(frozen=True, eq=False)
class Box:
    """An oriented box in the world.

    Attributes:
        center: `(3,)` metres.
        extents: `(3,)` full lengths along its own axes, metres.
        axes: `(3, 3)` rotation from box to world: its columns are the box's axes.
    """

    center: NDArray[np.float64]
    extents: NDArray[np.float64]
    axes: NDArray[np.float64]

    @classmethod
    def of(cls, row: Mapping) -> "Box":
        """From `center`, `extents` and `rpy`: roll, pitch, yaw in radians, R = Rz(yaw) Ry(pitch) Rx(roll)."""
        return _remembered(tuple(row["center"]), tuple(row["extents"]), tuple(row["rpy"]))

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """`(8, 3)` metres, world."""
        return (SIGNS * self.extents) @ self.axes.T + self.center

    @cached_property
    def span(self) -> tuple[float, float, float]:
        """World z of the bottom, the centre and the top, metres."""
        half = float(np.abs(self.axes[2]) @ self.extents) / 2
        z = float(self.center[2])
        return z - half, z, z + half

    @property
    def height(self) -> float:
        """Metres along world z."""
        return self.span[2] - self.span[0]

    @property
    def sides(self) -> tuple[float, float]:
        """Longer and shorter horizontal extent: of the axes other than the most vertical one, metres."""
        vertical = int(np.argmax(np.abs(self.axes[2])))
        sides = sorted(np.delete(self.extents, vertical).tolist())
        return sides[1], sides[0]

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(np.prod(self.extents))

    @cached_property
    def footprint(self) -> NDArray[np.float64]:
        """`(3, 2)` halves of the edges, seen from above: the shadow of the box is centre + sum of s_i * footprint_i,
        -1 <= s_i <= 1, in world x, y, metres."""
        return (self.axes * self.extents / 2).T[:, :2]

    def holds(self, point: NDArray[np.float64], slack: float = 0.0) -> bool:
        """Whether a world point `(3,)` lies inside the box, grown by `slack` metres on every side."""
        return bool((np.abs((point - self.center) @ self.axes) <= self.extents / 2 + slack).all())

    def same(self, other: "Box", tolerance: float = 1e-6) -> bool:
        """Whether two boxes are the same but for rounding."""
        return self is other or all(
            np.allclose(mine, others, rtol=0, atol=tolerance)
            for mine, others in ((self.center, other.center), (self.extents, other.extents), (self.axes, other.axes))
        )


@lru_cache(maxsize=REMEMBERED_BOXES)
def _remembered(center: tuple[float, ...], extents: tuple[float, ...], rpy: tuple[float, ...]) -> Box:
    # lower-case axes: extrinsic rotations, so roll acts first
    return Box(_three(center), _three(extents), Rotation.from_euler("xyz", _three(rpy)).as_matrix())


def _three(values: object) -> NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise ValueError(f"a box needs three finite numbers, not {values}")
    return numbers


@lru_cache(maxsize=REMEMBERED_PAIRS)
def closest_distance(a: Box, b: Box) -> float:
    """Metres between two solid boxes; zero if they touch.

    The differences of their points fill a zonotope: a polyhedron around b.center - a.center with six edge directions,
    whose faces are normal to the cross products of those. Its point nearest to the origin is a least distance
    programming problem, solved as non-negative least squares: Lawson and Hanson, "Solving Least Squares Problems"
    (1974), chapter 23.
    """
    edges = np.vstack([a.axes.T, b.axes.T])
    normals = np.cross(edges[PAIRS[0]], edges[PAIRS[1]])
    length = np.sqrt((normals * normals).sum(axis=1))
    normals = normals[length > PARALLEL] / length[length > PARALLEL, None]
    reach = np.abs(normals @ edges.T) @ np.concatenate([a.extents, b.extents]) / 2
    between = b.center - a.center
    scale = float(np.sqrt(between @ between)) or 1.0
    normals = np.vstack([normals, -normals])
    # of all x with normals @ x <= limits, the one nearest to 0
    limits = (normals @ between + np.concatenate([reach, reach])) / scale
    if (limits >= 0).all():
        return 0.0
    system = np.vstack([-normals.T, -limits])
    weights, _ = nnls(system, np.array([0.0, 0.0, 0.0, 1.0]))
    rest = system @ weights - [0.0, 0.0, 0.0, 1.0]
    return float(np.sqrt(rest[:3] @ rest[:3]) / -rest[3] * scale)
