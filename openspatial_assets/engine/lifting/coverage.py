"""Which views see a piece of the scene, and which of their masks has it.

The scene is cut into voxels; a voxel is projected into every view and compared with its depth. What does not belong
here: which masks show one object (`association.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.lifting.clouds import NOBODY, View
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.lifting.voxels import voxel_keys

CLEARLY_BEHIND = 3.0
"""A view looks through a place if what it sees lies so many tolerances behind: beside an edge, and along a surface that
is seen at a grazing angle, rays pass a place narrowly that is no air."""


@dataclass(frozen=True)
class Coverage:
    """Voxels against views.

    Attributes:
        points: `(v, 3)` mean of the points in each voxel, world, metres.
        seen: `(f, v)` whether a view's depth lies on the voxel.
        open: `(f, v)` whether a view looks through the voxel, at something behind it.
        owner: `(f, v)` int16 number of the view's mask in which the voxel is seen; `NOBODY` for none.
        aside: `(f, v)` int16 likewise, of the parts of a mask that lie apart from its largest one.
    """

    points: NDArray[np.float64]
    seen: NDArray[np.bool_]
    open: NDArray[np.bool_]
    owner: NDArray[np.int16]
    aside: NDArray[np.int16]


def coverage_of(views: Sequence[View], settings: LiftingSettings, unit: float = 1.0) -> Coverage:
    """The voxels of all cleaned clouds, seen from all views."""
    points = np.concatenate([np.empty((0, 3)), *(view.points() for view in views)])
    keys, voxel = np.unique(voxel_keys(points, settings.voxel_m * unit), return_inverse=True)
    counts = np.bincount(voxel, minlength=len(keys))
    means = [np.bincount(voxel, points[:, axis], len(keys)) / counts for axis in range(3)]
    centers = np.stack(means, axis=-1) if len(keys) else np.empty((0, 3))
    seen = np.zeros((len(views), len(keys)), bool)
    through = np.zeros_like(seen)
    owner, aside = (np.full(seen.shape, NOBODY, np.int16) for _ in range(2))
    for number, view in enumerate(views):
        sight = _look(view, centers, settings, unit)
        seen[number], through[number] = sight.seen, sight.open
        owner[number] = np.where(sight.seen, view.owner[sight.row, sight.column], NOBODY)
        aside[number] = np.where(sight.seen, view.aside[sight.row, sight.column], NOBODY)
    return Coverage(centers, seen, through, owner, aside)


def sight_of(
    points: NDArray[np.float64], views: Sequence[View], settings: LiftingSettings, unit: float = 1.0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether any view has something before each of the points `(k, 3)`, world; and whether any sees something clearly
    behind it, so that nothing opaque is there."""
    hidden, free = np.zeros(len(points), bool), np.zeros(len(points), bool)
    for view in views:
        sight = _look(view, points, settings, unit)
        hidden |= sight.hidden
        free |= sight.open
    return hidden, free


class _Sight(NamedTuple):
    """What one view sees of points, `(k,)` each: where they lie in the image, (0, 0) outside; whether its depth is
    theirs, is nearer, or is clearly farther."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    seen: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    open: NDArray[np.bool_]


def _look(view: View, points: NDArray[np.float64], settings: LiftingSettings, unit: float) -> _Sight:
    pixels, z = view.camera.project(points)
    column, row = np.rint(pixels).astype(np.int64).reshape(-1, 2).T
    height, width = view.depth.shape
    inside = (z > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = np.where(inside, column, 0), np.where(inside, row, 0)
    depth = np.where(inside, view.depth[row, column], 0.0)
    tolerance = np.maximum(settings.voxel_m * unit, settings.depth_tolerance * z)
    behind, known = depth - z, depth > 0
    return _Sight(
        row,
        column,
        seen=known & (np.abs(behind) <= tolerance),
        hidden=known & (behind < -tolerance),
        open=known & (behind > CLEARLY_BEHIND * tolerance),
    )
