"""From the tables of one scene to the scene graph that questions look at.

What does not live here: what is asked of it (`questions.py`, `engine/questions`), and how the tables are made.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.floor import floor_of
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.scene_graph.scene import Frames, Projections, SceneGraph, Sightings
from openspatial_assets.engine.scene_graph.views import PointMatches, ViewPairs


def scene_graph(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    object_frames: pl.DataFrame,
    scene_id: str,
    gravity_aligned: bool = True,
    view_pairs: pl.DataFrame | None = None,
    point_matches: pl.DataFrame | None = None,
    floor_cells: pl.DataFrame | None = None,
) -> SceneGraph:
    """What the questions of a scene look at. A scene is metric if all of its boxes are.

    Raises:
        ValueError: a row names a frame or an object that does not exist.
    """
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    frame_ids, object_ids = tuple(frames["frame_id"].to_list()), tuple(scene_boxes["object_id"].to_list())
    seen = object_frames.sort("frame_id", "object_id")
    reaching = frame_visibility.filter(pl.col("in_frame") > 0)
    return SceneGraph(
        scene_id=scene_id,
        metric=bool(scene_boxes["metric"].all()),
        frames=Frames(
            ids=frame_ids,
            sizes=frames.select("width", "height").to_numpy(),
            intrinsics=_vectors(frames, "intrinsics"),
            world_from_camera=_vectors(frames, "world_from_camera").reshape(-1, 4, 4),
        ),
        object_ids=object_ids,
        tags=tuple(scene_boxes["tag"].to_list()),
        boxes=_boxes(scene_boxes),
        sightings=Sightings(
            frames=_positions(seen, "frame_id", frame_ids, f"scene {scene_id}, object_frames"),
            objects=_positions(seen, "object_id", object_ids, f"scene {scene_id}, object_frames"),
            boxes=_boxes(seen),
            camera_centers=_vectors(seen, "camera_center"),
            camera_rpy=_vectors(seen, "camera_rpy"),
            visible_fraction=seen["visible_fraction"].to_numpy(),
            in_frame=seen["in_frame"].to_numpy(),
            image_boxes=_vectors(seen, "box_2d"),
            mark_points=_vectors(seen, "mark_point"),
            depth_quartiles=_vectors(seen, "depth_quartiles"),
            has_depth=(seen["cloud_points"] > 0).to_numpy(),
            referable=seen["referable"].to_numpy(),
        ),
        projections=Projections(
            frames=_positions(reaching, "frame_id", frame_ids, f"scene {scene_id}, frame_visibility"),
            objects=_positions(reaching, "object_id", object_ids, f"scene {scene_id}, frame_visibility"),
            visible_fraction=reaching["visible_fraction"].to_numpy(),
        ),
        gravity_aligned=gravity_aligned,
        views=ViewPairs.none() if view_pairs is None else _view_pairs(view_pairs, frame_ids, scene_id),
        matches=PointMatches.none()
        if point_matches is None
        else _point_matches(point_matches, frame_ids, object_ids, scene_id),
        floor=None if floor_cells is None else floor_of(floor_cells),
    )


def _view_pairs(table: pl.DataFrame, frame_ids: Sequence[str], scene_id: str) -> ViewPairs:
    table, where = table.sort("frame_a", "frame_b"), f"scene {scene_id}, view_pairs"
    return ViewPairs(
        first=_positions(table, "frame_a", frame_ids, where),
        second=_positions(table, "frame_b", frame_ids, where),
        distance=table["distance_m"].to_numpy(),
        angle=np.radians(table["angle_deg"].to_numpy()),
    )


def _point_matches(
    table: pl.DataFrame, frame_ids: Sequence[str], object_ids: Sequence[str], scene_id: str
) -> PointMatches:
    where = f"scene {scene_id}, point_matches"
    unmatched = dict(table.filter(pl.col("reason") != "ok")["reason"].value_counts().sort("reason").iter_rows())
    found = table.filter(pl.col("reason") == "ok").sort("frame_a", "frame_b", "u_a", "v_a")
    if found.is_empty():
        return PointMatches.none(unmatched)
    others = found.select(row=pl.int_range(pl.len()), other="distractors").explode("other").drop_nulls("other")
    others = others.unnest("other").with_columns(place=pl.int_range(pl.len()).over("row"))
    most = int(others["place"].max() or 0) + 1 if others.height else 0
    at = (others["row"].to_numpy(), others["place"].to_numpy())
    pixels, depths = np.full((found.height, most, 2), np.nan), np.full((found.height, most), np.nan)
    things = np.full((found.height, most), -1, np.int64)
    pixels[at], depths[at] = others.select("u", "v").to_numpy(), others["depth"].to_numpy()
    place = {name: index for index, name in enumerate(object_ids)}
    things[at] = [place.get(name, -1) for name in others["object_id"].to_list()]
    return PointMatches(
        first=_positions(found, "frame_a", frame_ids, where),
        second=_positions(found, "frame_b", frame_ids, where),
        objects=_positions(found, "object_id", object_ids, where),
        pixels=found.select("u_a", "v_a", "u_b", "v_b").to_numpy().reshape(-1, 2, 2),
        depths=found.select("depth_a", "depth_b").to_numpy(),
        round_trip_px=found["round_trip_px"].to_numpy(),
        depth_error=found["depth_error"].to_numpy(),
        distractor_pixels=pixels,
        distractor_depths=depths,
        distractor_objects=things,
        unmatched=unmatched,
    )


def _vectors(table: pl.DataFrame, column: str) -> NDArray[np.float64]:
    return table[column].to_numpy().reshape(len(table), table.schema[column].size)


def _boxes(table: pl.DataFrame) -> Boxes:
    return Boxes.from_rpy(_vectors(table, "center"), _vectors(table, "extents"), _vectors(table, "rpy"))


def _positions(table: pl.DataFrame, column: str, ids: Sequence[str], where: str) -> NDArray[np.int64]:
    """Index of each value of `column` in `ids`."""
    place = {name: index for index, name in enumerate(ids)}
    try:
        return np.array([place[name] for name in table[column].to_list()], np.int64)
    except KeyError as unknown:
        raise ValueError(f"{where}: {column} {unknown} is not among the scene's; materialise them again") from None
