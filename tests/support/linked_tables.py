"""The tables that questions about several views and about walks are made from, for the random scenes of `tables.py`.

Views are paired by the project's own rule. Matching pixels are the centres of boxes, whatever stands before them, and
the floor is free wherever no box stands: enough for words, not for geometry.
"""

import numpy as np
import polars as pl
from support.tables import HEIGHT, ROOM_M, WIDTH, SceneTables

from openspatial_assets.assets.views import view_pairs_of_scene
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from resources.tables import FLOOR_CELLS, POINT_MATCHES

CELL_M = 0.1
EDGE_PX = 40
APART_PX = 90
"""Between the pixels of View 2 among which a match is looked for: more than any rule asks for."""


def linked_tables(tables: SceneTables, seed: int) -> dict[str, pl.DataFrame]:
    """`view_pairs`, `point_matches` and `floor_cells` of a scene, as `questions_of_scene` takes them."""
    pairs = view_pairs_of_scene(tables.frames, tables.scene_boxes, tables.object_frames, ViewSettings())
    return {"view_pairs": pairs, "point_matches": _matches(tables, pairs, seed), "floor_cells": _open_floor()}


def _matches(tables: SceneTables, pairs: pl.DataFrame, seed: int) -> pl.DataFrame:
    """A match at the centre of each object that both frames of a pair show, where it lies well inside both."""
    rng = np.random.default_rng(seed)
    frames = {row["frame_id"]: row for row in tables.frames.to_dicts()}
    centers = dict(tables.scene_boxes.select("object_id", "center").iter_rows())
    rows = []
    for pair in pairs.iter_rows(named=True):
        for name in pair["shared_objects"]:
            (u_a, v_a, depth_a), (u_b, v_b, depth_b) = (
                _projected(frames[pair[end]], np.array(centers[name])) for end in ("frame_a", "frame_b")
            )
            if not (_well_inside(u_a, v_a) and _well_inside(u_b, v_b)):
                continue
            others = _others(np.array([u_b, v_b]), rng)
            rows.append(
                {
                    "frame_a": pair["frame_a"], "frame_b": pair["frame_b"], "object_id": name, "u_a": u_a, "v_a": v_a,
                    "depth_a": depth_a, "u_b": u_b, "v_b": v_b, "depth_b": depth_b, "round_trip_px": 0.0,
                    "depth_error": 0.0, "reason": "ok", "distractors": [
                        {"object_id": name, "u": u, "v": v, "depth": depth_b * (1.3 + 0.3 * index)}
                        for index, (u, v) in enumerate(others)
                    ],
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema=POINT_MATCHES.schema)


def _projected(frame: dict, point: np.ndarray) -> tuple[float, float, float]:
    pose = np.array(frame["world_from_camera"]).reshape(4, 4)
    x, y, z = ((point - pose[:3, 3]) @ pose[:3, :3]).tolist()
    fx, fy, cx, cy = frame["intrinsics"]
    return fx * x / z + cx, fy * y / z + cy, z


def _well_inside(u: float, v: float) -> bool:
    return EDGE_PX < u < WIDTH - EDGE_PX and EDGE_PX < v < HEIGHT - EDGE_PX


def _others(match: np.ndarray, rng: np.random.Generator) -> list[list[float]]:
    """Three random pixels that are far from the match and from each other."""
    chosen = [match]
    while len(chosen) < 4:
        pixel = rng.uniform(EDGE_PX, [WIDTH - EDGE_PX, HEIGHT - EDGE_PX])
        if min(np.linalg.norm(pixel - other) for other in chosen) > APART_PX:
            chosen.append(pixel)
    return [pixel.tolist() for pixel in chosen[1:]]


def _open_floor() -> pl.DataFrame:
    """The floor of the room and a little around it, on all of which one can stand."""
    axes = [np.arange(-0.6 * size, 0.6 * size, CELL_M) for size in ROOM_M[:2]]
    x, y = (values.ravel() for values in np.meshgrid(*axes))
    constant = {"floor_z": 0.0, "cell_m": CELL_M, "floor_points": 9, "obstacle_points": 0}
    flags = {"passed": False, "walkable_ground": True}
    cells = pl.DataFrame({"x": x, "y": y}).with_columns(**{k: pl.lit(v) for k, v in (constant | flags).items()})
    return cells.select(list(FLOOR_CELLS.columns)).cast(FLOOR_CELLS.schema)
