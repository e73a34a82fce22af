"""How many questions a second one core makes, tables in and tables out, without drawing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings

SEVERAL_VIEWS = ("multi_view_consistency", "scene_aware_reasoning")
CAMERA_VIEWS = ("distance_object_camera", "camera_motion", "camera_pose")
MULTI_VIEW = tuple(name for name, task in SUBTASKS.items() if task.capability in SEVERAL_VIEWS or name in CAMERA_VIEWS)
SINGLE_IMAGE = tuple(name for name in SUBTASKS if name not in MULTI_VIEW)

REQUIRED_ROWS_PER_SECOND = {SINGLE_IMAGE: 2_000, MULTI_VIEW: 500}
REPEATS = 3
"""The best of so many runs counts: the first one also reads the phrasings, and other work disturbs any."""


@dataclass(frozen=True)
class QuestionRate:
    """Questions of one scene, and the processor seconds of the fastest run."""

    rows: int
    seconds: float
    required: int

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def ratio(self) -> float:
        """To what is required; 1 or more is enough."""
        return self.rows_per_second / self.required


def question_rate(
    tables: Sequence[Any], links: Sequence[Any], subtasks: Sequence[str], settings: QuestionSettings | None = None
) -> QuestionRate:
    """Make the questions of a scene several times over. Processor time, so that other processes do not count.

    Args:
        tables: frames, scene_boxes, frame_visibility, object_frames.
        links: view_pairs, point_matches, floor_cells.
    """
    chosen = settings or QuestionSettings()
    best, rows = float("inf"), 0
    for _ in range(REPEATS):
        start = time.process_time()
        made = questions_of_scene(*tables, "benchmark", "benchmark", chosen, True, *links, subtasks)
        best = min(best, time.process_time() - start)
        rows = sum(len(table) for name, table in made.items() if name != "rejections")
    return QuestionRate(rows, best, REQUIRED_ROWS_PER_SECOND[tuple(subtasks)])
