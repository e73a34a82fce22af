"""What links the frames of a scene: pairs that questions may show together, and pixels that show the same point.

Plain columns live here. What does not: which pairs are chosen (`view_graph.py`), how pixels are matched
(`engine/correspondence`), and reading the arrays out of tables (`assets/questions.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ViewPairs:
    """Pairs of frames that share objects and differ in pose, ordered by first, then second frame.

    Attributes:
        first, second: `(v,)` indices of the frames, first < second.
        distance: `(v,)` metres between the optical centres.
        angle: `(v,)` radians between the two orientations.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.float64]
    angle: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first)

    @classmethod
    def none(cls) -> "ViewPairs":
        """No pairs."""
        return cls(*(np.empty(0, np.int64) for _ in range(2)), *(np.empty(0) for _ in range(2)))


@dataclass(frozen=True)
class PointMatches:
    """Pixels of a first view, each with the pixel of a second view that shows the same point of the world.

    Attributes:
        first, second: `(m,)` indices of the frames.
        objects: `(m,)` index of the object that the point lies on.
        pixels: `(m, 2, 2)` u, v in the first and in the second view.
        depths: `(m, 2)` measured camera z in both, world units.
        round_trip_px: `(m,)` from the pixel to where the match, projected back, falls.
        depth_error: `(m,)` difference of the measured and the projected depth in the second view, as a share of it.
        distractor_pixels: `(m, k, 2)` further pixels of the second view; NaN where there are fewer than k.
        distractor_depths: `(m, k)` their camera z.
        distractor_objects: `(m, k)` index of the object that they lie on, -1 for none.
        unmatched: reason -> sampled points of the scene that found no match.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    objects: NDArray[np.int64]
    pixels: NDArray[np.float64]
    depths: NDArray[np.float64]
    round_trip_px: NDArray[np.float64]
    depth_error: NDArray[np.float64]
    distractor_pixels: NDArray[np.float64]
    distractor_depths: NDArray[np.float64]
    distractor_objects: NDArray[np.int64]
    unmatched: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.first)

    @classmethod
    def none(cls, unmatched: Mapping[str, int] | None = None) -> "PointMatches":
        """No matches."""
        whole = [np.empty(0, np.int64) for _ in range(3)]
        shapes = ((0, 2, 2), (0, 2), (0,), (0,), (0, 0, 2), (0, 0))
        return cls(*whole, *map(np.empty, shapes), np.empty((0, 0), np.int64), dict(unmatched or {}))
