"""The floor of a scene for the web UI: from above, what is free, what stands in the way, and where the camera went.

What does not belong here: how things are drawn (`engine/rendering`), and the previews of other stages (`previews.py`).
"""

import numpy as np
import polars as pl

from openspatial_assets.assets.preview_parts import PLOT_PX, Picture, boxes_of_rows
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.rendering.overlays import legend
from openspatial_assets.engine.rendering.plots import Tiles, scene_from_above
from openspatial_assets.engine.rendering.text import Color

FREE: Color = (178, 223, 178)
PASSED: Color = (196, 214, 240)
OBSTACLE: Color = (236, 160, 150)
FAINT: Color = (232, 228, 206)
UNKNOWN: Color = (250, 250, 250)
BOX: Color = (110, 90, 70)


def preview_floor(frames: pl.DataFrame, scene_boxes: pl.DataFrame | None, floor_cells: pl.DataFrame) -> Picture | None:
    """The cells from above with the camera's walk, and the boxes over them if there are any; None without a floor."""
    if floor_cells.is_empty():
        return None
    kinds = floor_cells.select(
        pl.when("walkable_ground")
        .then(pl.when(pl.col("floor_points") > 0).then(0).otherwise(1))
        .otherwise(pl.when(pl.col("obstacle_points") > 0).then(2).otherwise(3))
    ).to_series()
    names = ("free floor", "passed, floor not seen", "something in the way", "too near to something")
    colors = (FREE, PASSED, OBSTACLE, FAINT)
    cell = float(floor_cells["cell_m"][0])
    boxes, tags = Boxes(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3, 3))), []
    if scene_boxes is not None and not scene_boxes.is_empty():
        boxes, tags = boxes_of_rows(scene_boxes), scene_boxes["tag"].to_list()
    picture = scene_from_above(
        boxes,
        tags,
        [BOX] * len(tags),
        frames.sort("frame_id")["world_from_camera"].to_numpy().reshape(-1, 4, 4),
        PLOT_PX,
        ground=Tiles(floor_cells.select("x", "y").to_numpy(), cell, [colors[kind] for kind in kinds]),
    )
    free = int(floor_cells["walkable_ground"].sum()) * cell**2
    counts = [int((kinds == kind).sum()) for kind in range(len(names))]
    entries = [(name, color) for name, color, count in zip(names, colors, counts, strict=True) if count]
    title = f"{free:.1f} square meters to walk on at z = {floor_cells['floor_z'][0]:.2f} m"
    return legend(picture, [*entries, ("unknown", UNKNOWN)], title)
