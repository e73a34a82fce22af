"""Points of a view that are not the match, and that nobody can take for it on a second look.

What does not live here: finding the match (`matching.py`), and what is asked about it (`engine/questions`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.correspondence.seen_view import SeenView
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.geometry.cameras import Camera

DISTRACTORS = 3
"""Beside a match, so that four points are shown."""

MIN_GAP_PX = 40.0
MIN_GAP_SHARE = 0.05
"""Of the image's diagonal; the larger of the two, between any two of the four points in the image."""

MIN_GAP_M = 0.15
"""Between any two of the four points in the world."""


def least_gap_px(camera: Camera) -> float:
    """How far apart in pixels the points of a view must lie."""
    return max(MIN_GAP_PX, MIN_GAP_SHARE * float(np.hypot(camera.width, camera.height)))


@dataclass(frozen=True)
class Decoys:
    """Points of one view among which distractors are looked for.

    Attributes:
        pixels: `(n, 2)` u, v.
        depths: `(n,)` camera z, world units.
        points: `(n, 3)` in the world.
        objects: `(n,)` the object that each lies on; empty for none.
        least_gap_px: how far apart points of this view must lie.
    """

    pixels: NDArray[np.int64]
    depths: NDArray[np.float64]
    points: NDArray[np.float64]
    objects: NDArray[np.str_]
    least_gap_px: float

    @classmethod
    def of(cls, view: SeenView, settings: MatchSettings, rng: np.random.Generator) -> "Decoys":
        """Random points on all objects of a view, and off them."""
        found = {name: view.spots(name, settings.decoys_per_object, rng) for name in sorted(view.regions)}
        found[""] = view.spots_on_background(settings.decoys_on_background, rng)
        pixels = np.concatenate(list(found.values()))
        depths = view.depth_at(pixels)
        objects = np.repeat(np.array(list(found)), [len(some) for some in found.values()])
        return cls(pixels, depths, view.camera.back_project(pixels, depths), objects, least_gap_px(view.camera))

    def beside(
        self,
        name: str,
        pixel: NDArray[np.float64],
        points: NDArray[np.float64],
        length_unit: float,
        rng: np.random.Generator,
    ) -> NDArray[np.int64] | None:
        """Places of three distractors, or None if there are not three.

        One, two or three of them lie on the object `name` itself if so many fit, so that finding the object again is
        not enough. Points on other objects come before those on none.

        Args:
            pixel: `(2,)` u, v of the match in this view.
            points: `(m, 3)` where the matched point lies, as each view measures it.
            length_unit: world units that stand for a metre.
        """
        least_m = MIN_GAP_M * length_unit
        open_to = _apart(self.pixels, pixel, self.least_gap_px)
        for point in points:
            open_to &= _apart(self.points, point, least_m)
        on_same = int(rng.integers(1, DISTRACTORS + 1))
        rank = rng.random(len(self.pixels)) + (self.objects == "")
        chosen: list[int] = []
        while len(chosen) < DISTRACTORS:
            if not open_to.any():
                return None
            same = open_to & (self.objects == name)
            wanted = same if len(chosen) < on_same and same.any() else open_to
            one = int(np.where(wanted, rank, np.inf).argmin())
            chosen.append(one)
            open_to &= _apart(self.pixels, self.pixels[one], self.least_gap_px)
            open_to &= _apart(self.points, self.points[one], least_m)
        return np.array(chosen)


def _apart(places: NDArray, place: NDArray, least: float) -> NDArray[np.bool_]:
    """`(n,)` whether `places` `(n, k)` lie at least `least` from `place` `(k,)`."""
    offsets = places - place
    return np.einsum("nk,nk->n", offsets, offsets) >= least**2
