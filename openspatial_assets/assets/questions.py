"""The questions of one scene: tables in, tables out.

What lives here: turning questions into the rows of `qa/<sub-task>` and `rejections`. What does not: reading the scene
out of its tables (`scene_graph.py`), rules, margins and words (`engine/questions`), and Dagster.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from openspatial_assets.assets.scene_graph import scene_graph
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.ask import Asked, Question, ask_scene
from openspatial_assets.engine.questions.phrasing import wordings_hash
from openspatial_assets.engine.questions.registry import SubTask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph
from resources.tables import REJECTIONS, question_table

RULE_VERSION = "2"
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
    view_pairs: pl.DataFrame | None = None,
    point_matches: pl.DataFrame | None = None,
    floor_cells: pl.DataFrame | None = None,
    subtasks: Sequence[str] = tuple(SUBTASKS),
) -> dict[str, pl.DataFrame]:
    """All questions of a scene for one variant; none of heights if its world's z is not up (`gravity_aligned`).

    Args:
        view_pairs, point_matches, floor_cells: without them, there are no questions about several views, matching
            pixels, or ways to walk.
        subtasks: those that are asked; none depends on which others are.

    Returns:
        Sub-task -> its table `qa/<sub-task>`, rows ordered by first frame; and `rejections`. The order of the input
        rows does not matter.

    Raises:
        ValueError: a row of an input names a frame or an object that does not exist.
    """
    links = (view_pairs, point_matches, floor_cells)
    scene = scene_graph(frames, scene_boxes, frame_visibility, object_frames, scene_id, gravity_aligned, *links)
    asked = ask_scene(scene, tuple(SUBTASKS[name] for name in subtasks), variant, settings)
    tables = {name: _question_rows(scene, SUBTASKS[name], variant, found.questions) for name, found in asked.items()}
    return tables | {"rejections": _rejections(asked)}


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
    things = [None if mark.object is None else scene.object_ids[mark.object] for mark in marks]
    columns = {
        "image": pa.array([mark.image for mark in marks], pa.int64()),
        "object_id": pa.array(things, pa.large_string()),
        "kind": pa.array([mark.kind for mark in marks], pa.large_string()),
        "color": pa.array([mark.color for mark in marks], pa.large_string()),
        "u": pa.array([mark.u for mark in marks], pa.float64()),
        "v": pa.array([mark.v for mark in marks], pa.float64()),
        "label": pa.array([mark.label for mark in marks], pa.large_string()),
    }
    offsets = np.cumsum([0, *(len(entry.marks) for entry in questions)])
    structs = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), structs))


def _rejections(asked: Mapping[str, Asked]) -> pl.DataFrame:
    rows = [(name, reason, count) for name, found in asked.items() for reason, count in found.rejected.items()]
    return pl.DataFrame(rows, schema=REJECTIONS.schema, orient="row")
