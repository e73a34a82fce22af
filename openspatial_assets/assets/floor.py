"""The stage `floor`: where one can walk in a scene, from its depth images and the camera's path.

Tables in, tables out. What does not belong here: the mathematics (`engine/scene_graph/ground.py`), what boxes block
(`engine/questions/routes.py`), and the Dagster definitions of the stage.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.scene_graph.floor import Floor, FloorSettings
from openspatial_assets.engine.scene_graph.ground import Voxels, floor_height, ground_of, surface_points, voxels_of
from openspatial_assets.engine.visibility.depth_image import DepthImage
from resources.images import ImageError, camera_of, decode_depth, metres
from resources.stored_images import read_stored
from resources.tables import FLOOR_CELLS

RULE_VERSION = "1"
"""Changes when the meaning of `floor_cells` changes, so that what was made before is out of date."""

VOXELS = pl.Schema({"x": pl.Int64, "y": pl.Int64, "z": pl.Int64, "points": pl.Int64})
"""What workers hand over: indices of sparse voxels, and how many points lie in each."""


def voxels_of_frames(frames: pl.DataFrame, settings: FloorSettings) -> pl.DataFrame:
    """Voxel counts (`VOXELS`, sorted by x, y, z) of the depth images of some frames; frames without depth add none.

    Raises:
        ImageError: a depth image cannot be read; the message names the file.
    """
    with_depth = frames.filter(pl.col("depth").is_not_null())
    points = [np.empty((0, 3)), *(_points(row, settings) for row in with_depth.iter_rows(named=True))]
    voxels = voxels_of(np.concatenate(points), settings)
    return pl.DataFrame({name: getattr(voxels, name) for name in VOXELS}, schema=VOXELS)


def floor_cells_of(voxels: Iterable[pl.DataFrame], frames: pl.DataFrame, settings: FloorSettings) -> pl.DataFrame:
    """The rows of `floor_cells` of a scene, sorted by x and y; none if no floor was seen.

    Args:
        voxels: counts of all of the scene's frames, in any order and any pieces.
        frames: all rows of `frames`.
    """
    counts = pl.concat([pl.DataFrame(schema=VOXELS), *voxels])
    counts = counts.group_by("x", "y", "z").agg(pl.col("points").sum()).sort("x", "y", "z")
    counted = Voxels(*(counts[name].to_numpy() for name in VOXELS))
    cameras = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)[:, :3, 3]
    height = floor_height(counted, cameras[:, 2], settings)
    if height is None:
        return FLOOR_CELLS.empty()
    ground = ground_of(counted, height, cameras, settings)
    return pl.DataFrame(
        {
            "x": ground.centers[:, 0],
            "y": ground.centers[:, 1],
            "floor_z": np.full(len(ground.centers), ground.height),
            "cell_m": np.full(len(ground.centers), settings.cell_m),
            "floor_points": ground.floor_points,
            "obstacle_points": ground.obstacle_points,
            "passed": ground.passed,
            "walkable_ground": ground.walkable,
        },
        schema=FLOOR_CELLS.schema,
    )


def floor_of(floor_cells: pl.DataFrame) -> Floor | None:
    """The floor of a scene; None where none was seen."""
    if floor_cells.is_empty():
        return None
    cell = float(floor_cells["cell_m"][0])
    index = np.floor(floor_cells.select("x", "y").to_numpy() / cell).astype(np.int64)
    low = index.min(axis=0)
    walkable = np.zeros((index.max(axis=0) - low + 1)[::-1], np.bool_)
    walkable[tuple((index - low)[:, ::-1].T)] = floor_cells["walkable_ground"].to_numpy()
    return Floor(low * cell, cell, float(floor_cells["floor_z"][0]), walkable)


def _points(row: dict[str, Any], settings: FloorSettings) -> np.ndarray:
    path = row["depth"]
    stored = decode_depth(read_stored(path), path)
    if row["depth_intrinsics"] is None and stored.shape != (row["height"], row["width"]):
        size = f"{stored.shape[1]}x{stored.shape[0]}"
        raise ImageError(f"{path}: is {size} pixels, but the frame is {row['width']}x{row['height']}")
    camera = camera_of(row)
    if row["depth_intrinsics"] is not None:
        intrinsics = np.asarray(row["depth_intrinsics"], np.float64)
        camera = Camera(stored.shape[1], stored.shape[0], intrinsics, camera.world_from_camera)
    return surface_points(DepthImage(stored, partial(metres, depth_scale=row["depth_scale"])), camera, settings)
