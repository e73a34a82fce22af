"""From depth images to the ground: voxel counts, the floor's height, and what was seen on and above each cell.

All counts are whole numbers, so that any split of the frames gives the same ground. What does not live here: reading
images (`assets/floor.py`), and walks over the ground (`floor.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.visibility.depth_image import DepthImage

LAYERS_IN_BAND = 1
"""Layers above and below one that count with it: 6 cm together, which holds most of a flat surface's noise."""

MIN_BAND_POINTS = 3
"""Of a cell's band, to be taken for a surface."""

PEAK_SEARCH_M = 0.15
"""From the lowest layer that is large enough, upwards: the floor is the largest within, its noise begins below it."""

REFINED_OVER_M = 0.06
"""The floor's height is the mean of the points within so much of its layer."""

_BITS = 21
_OFFSET = 1 << (_BITS - 1)
"""Voxel indices from -2^20 to 2^20 make one key: 100 km in cells of 10 cm."""


@dataclass(frozen=True)
class Voxels:
    """Points counted in a sparse grid of columns and layers, ordered by x, y, then z; a voxel stands once.

    Attributes:
        x, y: `(v,)` cell k covers the world from `k * cell_m` to `(k + 1) * cell_m`.
        z: `(v,)` layer k covers the heights from `k * layer_m` to `(k + 1) * layer_m`.
        points: `(v,)` how many points lie in it.
    """

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    z: NDArray[np.int64]
    points: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Ground:
    """What is known of each cell of which anything is known, ordered by x, then y.

    Attributes:
        height: world z of the floor, metres.
        centers: `(c, 2)` world x, y, metres.
        floor_points, obstacle_points: `(c,)` points on the floor, and above it in a person's way.
        passed: `(c,)` whether the camera was carried over it.
        walkable: `(c,)` whether it is known to be free.
    """

    height: float
    centers: NDArray[np.float64]
    floor_points: NDArray[np.int64]
    obstacle_points: NDArray[np.int64]
    passed: NDArray[np.bool_]
    walkable: NDArray[np.bool_]


def surface_points(depth: DepthImage, camera: Camera, settings: FloorSettings) -> NDArray[np.float64]:
    """World points `(n, 3)`, metres, of a coarse grid of the pixels that lie on surfaces, not on edges.

    Args:
        camera: of the depth image's own size and intrinsics.
    """
    step = max(1, round(camera.width / settings.samples_across))
    rows, columns = np.meshgrid(
        np.arange(step // 2, camera.height - 1, step), np.arange(step // 2, camera.width - 1, step), indexing="ij"
    )
    place = (rows * camera.width + columns).ravel()
    here = depth.at(place)
    most = settings.max_depth_step * here
    keep = (here > 0) & (here <= settings.max_depth_m)
    for neighbour in (place + 1, place + camera.width):
        keep &= np.abs(depth.at(neighbour) - here) <= most
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=-1)[keep]
    return camera.back_project(pixels, here[keep])


def voxels_of(points: NDArray[np.float64], settings: FloorSettings) -> Voxels:
    """World points `(n, 3)`, metres, counted."""
    sides = (settings.cell_m, settings.cell_m, settings.layer_m)
    index = np.floor(points / sides).astype(np.int64) + _OFFSET
    keys, counts = np.unique((index[:, 0] << 2 * _BITS) | (index[:, 1] << _BITS) | index[:, 2], return_counts=True)
    mask = (1 << _BITS) - 1
    x, y, z = (((keys >> shift) & mask) - _OFFSET for shift in (2 * _BITS, _BITS, 0))
    return Voxels(x, y, z, counts)


def floor_height(voxels: Voxels, camera_heights: NDArray[np.float64], settings: FloorSettings) -> float | None:
    """World z of the floor: the lowest large horizontal layer below the cameras; None if there is none.

    A cell belongs to a layer where most of the points around that height lie in it: a wall's points lie at all heights,
    noise below the floor lies anywhere.

    Args:
        camera_heights: `(f,)` world z of the cameras, metres.
    """
    if not len(voxels) or not len(camera_heights):
        return None
    flat = _flat(voxels)
    highest = float(np.median(camera_heights)) - settings.min_camera_height_m
    flat &= (voxels.z + 0.5) * settings.layer_m <= highest
    if not flat.any():
        return None
    lowest = int(voxels.z[flat].min())
    cells = np.bincount(voxels.z[flat] - lowest)
    least = max(settings.min_floor_area_m2 / settings.cell_m**2, settings.min_floor_share * cells.max())
    large = np.flatnonzero(cells >= least)
    if not len(large):
        return None
    search = round(PEAK_SEARCH_M / settings.layer_m)
    peak = large[0] + int(np.argmax(cells[large[0] : large[0] + search + 1])) + lowest
    surface = _columns_in(voxels, flat & (voxels.z == peak))
    near = surface & (np.abs(voxels.z - peak) <= round(REFINED_OVER_M / settings.layer_m))
    middle = np.average(voxels.z[near] + 0.5, weights=voxels.points[near])
    return float(middle * settings.layer_m)


def ground_of(voxels: Voxels, height: float, camera_centers: NDArray[np.float64], settings: FloorSettings) -> Ground:
    """What was seen of each cell, and which cells are free.

    Args:
        height: of the floor, world z, metres.
        camera_centers: `(f, 3)` world, metres, of all frames.
    """
    above = (voxels.z + 0.5) * settings.layer_m - height
    on_floor = np.abs(above) <= settings.floor_tolerance_m
    in_the_way = (above > settings.obstacle_bottom_m) & (above < settings.obstacle_top_m)
    passed = _passed_cells(camera_centers[:, :2], settings)
    seen = on_floor | in_the_way
    every = np.concatenate([np.stack([voxels.x, voxels.y], axis=1)[seen], passed])
    cells, which = np.unique(every, axis=0, return_inverse=True)
    which = which.reshape(-1)
    count = len(cells)
    of_voxel = which[: int(seen.sum())]
    floor_points, obstacle_points = (
        np.bincount(of_voxel[kind[seen]], voxels.points[kind], count).astype(np.int64)
        for kind in (on_floor, in_the_way)
    )
    was_passed = np.zeros(count, np.bool_)
    was_passed[which[int(seen.sum()) :]] = True
    blocked = cells[obstacle_points >= settings.min_obstacle_points]
    known = (floor_points >= settings.min_floor_points) | was_passed
    return Ground(
        height=height,
        centers=(cells + 0.5) * settings.cell_m,
        floor_points=floor_points,
        obstacle_points=obstacle_points,
        passed=was_passed,
        walkable=known & ~_near(cells, blocked, settings.body_radius_m / settings.cell_m),
    )


def _flat(voxels: Voxels) -> NDArray[np.bool_]:
    """`(v,)` whether most points of the column near a voxel's height lie in the band around the voxel."""
    band = 2 * LAYERS_IN_BAND + 1
    inside, beside = np.zeros(len(voxels), np.int64), np.zeros(len(voxels), np.int64)
    key = ((voxels.x + _OFFSET) << 2 * _BITS) | ((voxels.y + _OFFSET) << _BITS) | (voxels.z + _OFFSET)
    for offset in range(-LAYERS_IN_BAND - band, LAYERS_IN_BAND + band + 1):
        place = np.minimum(np.searchsorted(key, key + offset), len(key) - 1)
        points = np.where(key[place] == key + offset, voxels.points[place], 0)
        if abs(offset) <= LAYERS_IN_BAND:
            inside += points
        else:
            beside += points
    return (inside >= MIN_BAND_POINTS) & (inside > beside)


def _columns_in(voxels: Voxels, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`(v,)` whether a voxel stands in the column of a chosen one."""
    key = _column_keys(np.stack([voxels.x, voxels.y], axis=-1))
    return np.isin(key, key[chosen])


def _steps(radius: float) -> NDArray[np.int64]:
    """`(s, 2)` steps along x and y in whole cells that reach as far as `radius`, in cells, or a little farther."""
    reach = int(np.ceil(radius))
    return np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)


def _near(cells: NDArray[np.int64], others: NDArray[np.int64], radius: float) -> NDArray[np.bool_]:
    """`(c,)` whether the centre of a cell `(c, 2)` lies within `radius`, in cells, of one of `others` `(o, 2)`."""
    steps = _steps(radius)
    steps = steps[np.linalg.norm(steps, axis=-1) <= radius + 1e-9]
    around = np.unique((others[:, None] + steps).reshape(-1, 2), axis=0)
    return np.isin(_column_keys(cells), _column_keys(around))


def _column_keys(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((cells[..., 0] + _OFFSET) << _BITS) | (cells[..., 1] + _OFFSET)


def _passed_cells(path: NDArray[np.float64], settings: FloorSettings) -> NDArray[np.int64]:
    """`(p, 2)` cells whose centre lies within the passed radius of a camera at `path` `(f, 2)`, metres."""
    steps = _steps(settings.passed_radius_m / settings.cell_m)
    cells = np.floor(path / settings.cell_m).astype(np.int64)[:, None] + steps
    near = np.linalg.norm((cells + 0.5) * settings.cell_m - path[:, None], axis=-1) <= settings.passed_radius_m
    return np.unique(cells[near], axis=0)
