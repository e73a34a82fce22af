"""Boxes of objects of which the mesh's vertices are known.

What does not belong here: where meshes and labels are from (the layouts), and clouds with outliers, such as lifted
masks (`openspatial_assets/engine/geometry/fitting.py`): vertices that people assigned are believed, all of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.fitting import minimum_area_yaw

ORIENTED, AXIS_ALIGNED = "oriented", "axis_aligned"
FITS = (ORIENTED, AXIS_ALIGNED)
"""How a box is laid around vertices: turned about the vertical to the least floor area, or along the world's axes."""

NO_INSTANCE = -1


@dataclass(frozen=True)
class InstanceBox:
    """An upright box.

    Attributes:
        center: `(3,)` metres, world.
        rotation: `(3, 3)` columns are the box's axes in the world; the third is up.
        extents: `(3,)` metres, full lengths along these axes; 0 for a sheet.
    """

    center: NDArray[np.float64]
    rotation: NDArray[np.float64]
    extents: NDArray[np.float64]


def instance_boxes(vertices: ArrayLike, instances: ArrayLike, fit: str = ORIENTED) -> dict[int, InstanceBox]:
    """The box of each instance, by its number; instances without a vertex have none.

    Args:
        vertices: `(n, 3)` metres, world, Z up, finite.
        instances: `(n,)` whole numbers from 0 on; negative for vertices of no instance.
        fit: one of `FITS`.
    """
    vertices, instances = np.asarray(vertices, np.float64), np.asarray(instances)
    order = np.argsort(instances, kind="stable")
    order = order[np.searchsorted(instances[order], 0) :]
    numbers, starts = np.unique(instances[order], return_index=True)
    groups = np.split(vertices[order], starts[1:]) if len(numbers) else []
    return {int(number): _box(points, fit) for number, points in zip(numbers, groups, strict=True)}


def _box(points: NDArray[np.float64], fit: str) -> InstanceBox:
    yaw = minimum_area_yaw(points[:, :2]) if fit == ORIENTED else 0.0
    cosine, sine = np.cos(yaw), np.sin(yaw)
    world_from_box = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    local = points @ world_from_box
    low, high = local.min(axis=0), local.max(axis=0)
    return InstanceBox(world_from_box @ ((low + high) / 2), world_from_box, high - low)
