"""How many questions a second one core makes, tables in and tables out, without drawing."""

import time
from dataclasses import dataclass

import polars as pl

from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.engine.questions.settings import QuestionSettings

REQUIRED_ROWS_PER_SECOND = 2_000
REPEATS = 3
"""The best of so many runs counts: the first one also reads the phrasings, and other work disturbs any."""


@dataclass(frozen=True)
class QuestionRate:
    """Questions of one scene, and the processor seconds of the fastest run."""

    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def ratio(self) -> float:
        """To what is required; 1 or more is enough."""
        return self.rows_per_second / REQUIRED_ROWS_PER_SECOND


def question_rate(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    object_frames: pl.DataFrame,
    settings: QuestionSettings | None = None,
) -> QuestionRate:
    """Make the questions of a scene several times over. Processor time, so that other processes do not count."""
    tables, chosen = (frames, scene_boxes, frame_visibility, object_frames), settings or QuestionSettings()
    best, rows = float("inf"), 0
    for _ in range(REPEATS):
        start = time.process_time()
        made = questions_of_scene(*tables, "benchmark", "benchmark", chosen)
        best = min(best, time.process_time() - start)
        rows = sum(len(table) for name, table in made.items() if name != "rejections")
    return QuestionRate(rows, best)
