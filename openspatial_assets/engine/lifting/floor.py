"""The floor under the objects: its height, the points on it that are no object's, and feet that nobody sees.

What does not belong here: where one can walk (`engine/scene_graph/ground.py`, whose rule for the floor's height this
uses).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.lifting.clouds import NOBODY, View
from openspatial_assets.engine.lifting.coverage import sight_of
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.scene_graph.ground import floor_height, surface_points, voxels_of
from openspatial_assets.engine.visibility.depth_image import DepthImage

LYING_SHARE = 0.5
"""A mask with a larger share of its points on the floor shows something that lies there, such as a rug."""

OPEN_SHARE = 0.8
"""An object hangs if the views look through a larger share of the space between it and the floor. They look through
much of the space under a table as well, but past its legs."""

FOOT_SAMPLES = 6
"""The space under an object is sampled at so many places along each side."""


def floor_of_views(views: Sequence[View], unit: float) -> float | None:
    """World z of the floor; None where none is seen.

    Args:
        unit: length that stands for a metre; the floor is looked for in units of it.
    """
    settings = FloorSettings()
    points, heights = [np.empty((0, 3))], []
    for view in views:
        camera = replace(view.camera, world_from_camera=_scaled(view.camera.world_from_camera, unit))
        points.append(surface_points(DepthImage(view.depth / unit, _as_it_is), camera, settings))
        heights.append(camera.center[2])
    height = floor_height(voxels_of(np.concatenate(points), settings), np.array(heights), settings)
    return None if height is None else height * unit


def _scaled(world_from_camera: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """A pose whose lengths are counted in units."""
    pose = world_from_camera.copy()
    pose[:3, 3] /= unit
    return pose


def _as_it_is(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    return depth


def without_floor(view: View, floor: float, settings: LiftingSettings, unit: float = 1.0) -> View:
    """The view with the floor's points taken from masks that show something standing on it."""
    rows, columns = np.nonzero((view.owner != NOBODY) | (view.aside != NOBODY))
    owner = np.maximum(view.owner, view.aside)[rows, columns]
    z = view.camera.back_project(np.stack([columns, rows], axis=-1), view.depth[rows, columns])[:, 2]
    on_floor = z < floor + settings.floor_band_m * unit
    counts = [np.bincount(owner[chosen], minlength=len(view.labels)) for chosen in (on_floor, slice(None))]
    lying = counts[0] > LYING_SHARE * counts[1]
    dropped = on_floor & ~lying[owner]
    kept, aside = view.owner.copy(), view.aside.copy()
    kept[rows[dropped], columns[dropped]] = NOBODY
    aside[rows[dropped], columns[dropped]] = NOBODY
    return replace(view, owner=kept, aside=aside)


def foot_is_hidden(
    box: Boxes, floor: float, views: Sequence[View], settings: LiftingSettings, unit: float = 1.0
) -> bool:
    """Whether an upright box may reach down to the floor: nobody looks through most of the space between them."""
    low = float(box.centers[2] - box.extents[2] / 2)
    gap = low - floor
    if not 0.0 < gap <= settings.max_foot_gap_m * unit:
        return False
    share = (np.arange(FOOT_SAMPLES) + 0.5) / FOOT_SAMPLES
    local = np.stack(np.meshgrid(share - 0.5, share - 0.5, share, indexing="ij"), axis=-1).reshape(-1, 3)
    across = (local * [*box.extents[:2], 0.0]) @ box.rotations.T + box.centers
    points = np.column_stack([across[:, :2], floor + gap * local[:, 2]])
    return bool(sight_of(points, views, settings, unit)[1].mean() <= OPEN_SHARE)
