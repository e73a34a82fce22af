"""The questions of one scene: tables in, tables out.

What lives here: turning tables into a scene graph, and questions into the rows of `qa/<sub-task>` and `rejections`.
What does not: rules, margins and words (`engine/questions`), and Dagster.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.ask import Asked, Question, ask_scene
from openspatial_assets.engine.questions.phrasing import wordings_hash
from openspatial_assets.engine.questions.registry import SubTask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import Frames, Projections, SceneGraph, Sightings
from resources.tables import REJECTIONS, question_table

RULE_VERSION = "1"
"""Of what is common to all sub-tasks; each rule has a version of its own."""


def version_of(subtask: str) -> str:
    """What a sub-task's questions depend on besides tables and settings: the rules' versions and the wordings."""
    return f"{RULE_VERSION}.{SUBTASKS[subtask].version}, wordings {wordings_hash(subtask)}"


def questions_of_scene(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    object_frames: pl.DataFrame,
    scene_id: str,
    variant: str,
    settings: QuestionSettings,
    gravity_aligned: bool = True,
) -> dict[str, pl.DataFrame]:
    """All questions of a scene for one variant; none of heights if its world's z is not up (`gravity_aligned`).

    Returns:
        Sub-task -> its table `qa/<sub-task>`, rows ordered by first frame; and `rejections`. The order of the input
        rows does not matter.

    Raises:
        ValueError: a row of `frame_visibility` or `object_frames` names a frame or an object that does not exist.
    """
    scene = scene_graph(frames, scene_boxes, frame_visibility, object_frames, scene_id, gravity_aligned)
    asked = ask_scene(scene, tuple(SUBTASKS.values()), variant, settings)
    tables = {name: _question_rows(scene, SUBTASKS[name], variant, found.questions) for name, found in asked.items()}
    return tables | {"rejections": _rejections(asked)}


def scene_graph(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    object_frames: pl.DataFrame,
    scene_id: str,
    gravity_aligned: bool = True,
) -> SceneGraph:
    """What the questions of a scene look at. A scene is metric if all of its boxes are."""
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
        ),
        gravity_aligned=gravity_aligned,
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


def _question_rows(scene: SceneGraph, subtask: SubTask, variant: str, questions: Sequence[Question]) -> pl.DataFrame:
    table, count = question_table(subtask.name), len(questions)
    constant = {
        "scene_id": scene.scene_id,
        "variant": variant,
        "capability": subtask.capability,
        "subtask": subtask.name,
        "metric": scene.metric,
        "rule_version": subtask.version,
    }
    columns = {
        "qa_id": [entry.qa_id for entry in questions],
        "form": [entry.form for entry in questions],
        "question": [entry.question for entry in questions],
        "answer": [entry.answer for entry in questions],
        "options": [entry.options for entry in questions],
        "answer_value": [entry.value for entry in questions],
        "answer_unit": [entry.unit for entry in questions],
        "answer_label": [entry.label for entry in questions],
        "frame_ids": [[scene.frames.ids[frame] for frame in entry.frames] for entry in questions],
        "object_ids": [entry.object_ids for entry in questions],
        "evidence": [entry.evidence for entry in questions],
    }
    series = [pl.Series(name, values, dtype=table.schema[name]) for name, values in columns.items()]
    series += [pl.Series(name, [value] * count, dtype=table.schema[name]) for name, value in constant.items()]
    return pl.DataFrame([*series, _mark_lists(scene, questions).alias("marks")]).select(list(table.columns))


def _mark_lists(scene: SceneGraph, questions: Sequence[Question]) -> pl.Series:
    """The column `marks`. It is put together with Arrow: Polars takes 40 microseconds to read one mark from a dict."""
    marks = [mark for entry in questions for mark in entry.marks]
    sightings = [mark.sighting for mark in marks]
    points = scene.sightings.mark_points[sightings].reshape(-1, 2)
    objects = scene.sightings.objects[sightings].tolist()
    frames = scene.sightings.frames[sightings].tolist()
    shown = [entry.frames for entry in questions for _ in entry.marks]
    columns = {
        "image": pa.array([order.index(frame) for order, frame in zip(shown, frames, strict=True)], pa.int64()),
        "object_id": pa.array([scene.object_ids[index] for index in objects], pa.large_string()),
        "kind": pa.array([mark.kind for mark in marks], pa.large_string()),
        "color": pa.array([mark.color for mark in marks], pa.large_string()),
        "u": pa.array(points[:, 0], pa.float64()),
        "v": pa.array(points[:, 1], pa.float64()),
        "label": pa.array([mark.label for mark in marks], pa.large_string()),
    }
    offsets = np.cumsum([0, *(len(entry.marks) for entry in questions)])
    structs = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), structs))


def _rejections(asked: Mapping[str, Asked]) -> pl.DataFrame:
    rows = [(name, reason, count) for name, found in asked.items() for reason, count in found.rejected.items()]
    return pl.DataFrame(rows, schema=REJECTIONS.schema, orient="row")
