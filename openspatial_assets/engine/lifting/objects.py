"""Which groups of masks are real objects, and which voxels and points are theirs.

What does not belong here: making groups (`association.py`) and boxes (`boxes.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.lifting.association import Group
from openspatial_assets.engine.lifting.clouds import View
from openspatial_assets.engine.lifting.coverage import Coverage
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.lifting.voxels import connected_parts, voxel_keys

MIN_VOXELS = 5
"""An object of fewer voxels has no shape."""

PIECE_GAP = 3.0
"""Voxels closer than so many edges hang together: a gap of one voxel is missing data, one of three is none."""

MIN_VIEWS_APART = 2
"""Views that must give a part to an object from which it lies apart."""


@dataclass(frozen=True)
class Candidate:
    """A group that may be an object.

    Attributes:
        group: its masks.
        voxels: `(k,)` indices of the voxels that enough of its masks have, ascending.
        could_see: how many views see enough of it to have named it, its own included.
    """

    group: Group
    voxels: NDArray[np.int64]
    could_see: int

    @property
    def support(self) -> float:
        """Share of the views that could see it that name it."""
        return len(self.group.views) / self.could_see


def candidates(
    groups: Sequence[Group], coverage: Coverage, settings: LiftingSettings, unit: float = 1.0
) -> list[Candidate]:
    """Groups that are no false finds and no doubles, those with most views first."""
    found = [Candidate(group, *_own_part(group, coverage, settings, unit)) for group in groups]
    found = [one for one in found if len(one.voxels) >= MIN_VOXELS and _is_supported(one, settings)]
    kept: list[Candidate] = []
    for one in sorted(found, key=lambda one: (-len(one.group.views), -one.support, one.group.masks)):
        if all(_shared(one.voxels, other.voxels) <= settings.max_shared for other in kept):
            kept.append(one)
    return kept


def cloud_of(candidate: Candidate, views: Sequence[View], coverage: Coverage, edge: float) -> NDArray[np.float64]:
    """`(n, 3)` points, world, metres, of an object's masks in its voxels, of edge `edge`."""
    keys = voxel_keys(coverage.points[candidate.voxels], edge)
    clouds = [np.empty((0, 3))]
    for number, mask in candidate.group.masks:
        points = views[number].points(mask)
        clouds.append(points[np.isin(voxel_keys(points, edge), keys)])
    return np.concatenate(clouds)


def thinned(points: NDArray[np.float64], edge: float) -> NDArray[np.float64]:
    """`(v, 3)` mean of the points `(n, 3)` in each voxel of edge `edge`: near views have more points, not more say."""
    _, voxel, counts = np.unique(voxel_keys(points, edge), return_inverse=True, return_counts=True)
    return np.stack([np.bincount(voxel.reshape(-1), points[:, axis]) / counts for axis in range(3)], axis=-1)


def _is_supported(one: Candidate, settings: LiftingSettings) -> bool:
    """Whether enough views name it; what one view alone names must be what no other could see."""
    return one.support >= (settings.min_support if len(one.group.views) > 1 else 1.0)


def _own_part(
    group: Group, coverage: Coverage, settings: LiftingSettings, unit: float
) -> tuple[NDArray[np.int64], int]:
    """The voxels that enough of the group's masks have, of those in whose view they lie; how many views see these."""
    views, masks = np.array(group.masks).T
    looked = (coverage.seen[views] | coverage.open[views]).sum(axis=0)
    held = (coverage.owner[views] == masks[:, None]).sum(axis=0)
    chosen = (held > 0) & (held >= settings.min_voxel_votes * looked)
    # A part that lies apart from the rest may be another object: most views must give it to this one.
    held += (coverage.aside[views] == masks[:, None]).sum(axis=0)
    chosen |= (held >= MIN_VIEWS_APART) & (held >= settings.min_votes_apart * looked)
    voxels = _larger_parts(np.flatnonzero(chosen), coverage, settings, unit)
    could = coverage.seen[:, voxels].sum(axis=1) >= max(settings.min_seen_share * len(voxels), 1)
    could[views] = True
    return voxels, int(np.count_nonzero(could))


def _larger_parts(
    voxels: NDArray[np.int64], coverage: Coverage, settings: LiftingSettings, unit: float
) -> NDArray[np.int64]:
    """The voxels less small pieces that lie apart: a piece of a few voxels may double a box."""
    if not len(voxels):
        return voxels
    part = connected_parts(coverage.points[voxels], PIECE_GAP * settings.voxel_m * unit)
    sizes = np.bincount(part)
    return voxels[(sizes >= settings.min_part_share * sizes.max())[part]]


def _shared(voxels: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    return len(np.intersect1d(voxels, others, assume_unique=True)) / len(voxels)
