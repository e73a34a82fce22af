"""Which two frames of a scene may be shown together: both sharp, different in pose, and with an object in common.

What does not live here: what is asked of a pair (`engine/questions`), and reading tables (`assets/views.py`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.poses import pose_difference
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.scene_graph.views import ViewPairs

FRAMES_AT_ONCE = 32
"""Frames that are compared with all others together: with 2,000 others, arrays of 5 MB."""

NUM_RINGS = 4
"""Rings around a frame in which its partners lie: once to twice the least difference, twice to four times, four to
eight times, and all beyond. By default: turned by 15-30, 30-60, 60-120 and more degrees, or as many steps of 0.3 m."""

ROUNDING = 1e-9
"""Frames that lie exactly the least difference apart do differ, whatever the last bits of their poses are."""

GOLDEN_RATIO = (5**0.5 - 1) / 2
"""Its multiples, modulo 1, fill the unit interval evenly from the first few on (Weyl's sequence)."""


def sharp_frames(sharpness: ArrayLike, ratio: float) -> NDArray[np.bool_]:
    """`(n,)` whether frames reach a share of the scene's median sharpness; one of unknown sharpness (NaN) does."""
    sharpness = np.asarray(sharpness, np.float64)
    known = ~np.isnan(sharpness)
    least = ratio * np.median(sharpness[known]) if known.any() else 0.0
    return ~known | (sharpness >= least)


def choose_pairs(
    world_from_camera: ArrayLike,
    sees: ArrayLike,
    usable: ArrayLike,
    settings: ViewSettings,
    length_unit: float = 1.0,
) -> ViewPairs:
    """Pairs of frames that differ in pose and share objects: a few for each frame, spread over near and far partners.

    Frame after frame takes partners, each from the ring around it that has given it fewest so far: from each ring first
    the one with most shared objects, then a middling one, and so on, so that there are also pairs in which each frame
    shows something of its own. Partners of the same frame differ in pose as the two frames of a pair do: so they do not
    all come from one moment. Neighbours in time do not choose one after the other: they would take the same partners.

    Memory grows with the number of frames, not with its square.

    Args:
        world_from_camera: `(f, 4, 4)` poses in the order of capture, metres.
        sees: `(f, o)` whether an object is clearly visible in a frame.
        usable: `(f,)` whether a frame may be in a pair.
        settings: when frames differ, and how many pairs are taken.
        length_unit: world units that stand for one metre.
    """
    poses, sees = np.asarray(world_from_camera, np.float64).reshape(-1, 4, 4), np.asarray(sees, np.float32)
    usable = np.asarray(usable, np.bool_) & (sees.sum(axis=1) >= settings.min_shared_objects)
    chosen = _Chosen(poses, settings, length_unit)
    turns = np.flatnonzero(usable)
    turns = turns[np.argsort(np.arange(len(turns)) * GOLDEN_RATIO % 1.0, kind="stable")]
    for start in range(0, len(turns), FRAMES_AT_ONCE):
        block = turns[start : start + FRAMES_AT_ONCE]
        shared = sees[block] @ sees.T
        steps = chosen.steps(block)
        possible = (shared >= settings.min_shared_objects) & (steps >= 1.0) & usable
        for row, frame in enumerate(block.tolist()):
            others = np.flatnonzero(possible[row])
            others = others[np.argsort(-shared[row, others], kind="stable")]
            chosen.take_partners(frame, others, steps[row])
    first, second = chosen.pairs()
    return ViewPairs(first, second, *pose_difference(poses[first], poses[second]))


class _Chosen:
    """The pairs that were chosen so far: `partners` `(f, k)` of each frame, -1 where there is none yet."""

    def __init__(self, poses: NDArray[np.float64], settings: ViewSettings, length_unit: float) -> None:
        self._centers, self._axes = poses[:, :3, 3], np.ascontiguousarray(poses[:, :3, :3].reshape(-1, 9))
        self._least_distance = (1.0 - ROUNDING) * settings.min_distance_m * length_unit
        self._least_angle = (1.0 - ROUNDING) * np.radians(settings.min_angle_deg)
        self._most_alike = 1.0 + 2.0 * np.cos(self._least_angle)
        self._partners = np.full((len(poses), settings.max_pairs_per_frame), -1, np.int64)
        self._counts = np.zeros(len(poses), np.int64)

    def steps(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """`(b, f)` how far `frames` `(b,)` are from all, in units of the least difference of distance or of angle."""
        distance = np.linalg.norm(self._centers[frames][:, None] - self._centers, axis=-1)
        # The trace of R_a^T R_b, which is 1 + 2 cos(angle), is the sum of the products of their entries.
        angle = np.arccos(np.clip((self._axes[frames] @ self._axes.T - 1.0) / 2.0, -1.0, 1.0))
        return np.maximum(distance / self._least_distance, angle / self._least_angle)

    def take_partners(self, frame: int, others: NDArray[np.int64], steps: NDArray[np.float64]) -> None:
        """Give a frame as many partners as it may still have.

        Args:
            others: `(c,)` frames that it may be paired with, the best first.
            steps: `(f,)` from this frame to all.
        """
        most = self._partners.shape[1]
        near = np.append(steps < 1.0, False)  # the last entry is what -1 reads
        others = others[(self._counts[others] < most) & ~near[self._partners[others]].any(axis=1)]
        taken = np.zeros(NUM_RINGS, np.int64)
        for partner in self._partners[frame, : self._counts[frame]].tolist():
            taken[_rings(steps[partner])] += 1
            others = self._unlike(others, partner)
        while self._counts[frame] < most and len(others):
            rings = _rings(steps[others])
            left = np.bincount(rings, minlength=NUM_RINGS) > 0
            ring = int(np.where(left, taken, most + 1).argmin())
            within = np.flatnonzero(rings == ring)
            partner = int(others[within[0 if taken[ring] % 2 == 0 else len(within) // 2]])
            taken[ring] += 1
            for one, other in ((frame, partner), (partner, frame)):
                self._partners[one, self._counts[one]] = other
                self._counts[one] += 1
            others = self._unlike(others, partner)

    def _unlike(self, others: NDArray[np.int64], partner: int) -> NDArray[np.int64]:
        """Those of `others` that differ in pose from `partner`."""
        turned = self._axes[others] @ self._axes[partner] <= self._most_alike
        moved = self._centers[others] - self._centers[partner]
        return others[turned | (np.einsum("ci,ci->c", moved, moved) >= self._least_distance**2)]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and second frames `(v,)`, first < second, ordered by both."""
        first, place = np.nonzero(self._partners >= 0)
        second = self._partners[first, place]
        first, second = first[first < second], second[first < second]
        order = np.lexsort([second, first])
        return first[order], second[order]


def _rings(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    """`(*,)` ring of frames that are `steps` `(*,)`, at least 1, away."""
    return np.minimum(np.log2(np.maximum(steps, 1.0)), NUM_RINGS - 1).astype(np.int64)
