"""How many questions of a scene a second implementation agrees with, and how many answers flip when boxes shake."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.verifications import verifications_of
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.verifier.answers import answer_holds
from openspatial_assets.verifier.world import world_of
from tests.oracle.shaken import jittered

NEARLY_ALL = QuestionSettings(max_per_frame=30, max_repeats_per_fact=30)
"""Budgets so wide that most of what can be asked is asked."""


@dataclass(frozen=True)
class Agreement:
    """Questions made, those that the verifier finds wrong, comparisons among them, and those whose answers flip."""

    rows: int
    wrong: int
    compared: int
    flipped: int

    def __str__(self) -> str:
        return (
            f"{self.rows:,} questions, of which the verifier finds {self.wrong} wrong; of {self.compared:,} with a "
            f"label, {self.flipped} flip when boxes move 1 cm and turn 0.5 degrees"
        )

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def agreement(
    tables: Sequence[pl.DataFrame], links: Sequence[pl.DataFrame], scene_id: str, representation: str
) -> Agreement:
    """Ask nearly all that a scene allows; verify each row, and its answer once more with every box shaken.

    Boxes move by 1 cm and turn by half a degree about random axes.

    Args:
        tables: frames, scene_boxes, frame_visibility, object_frames.
        links: view_pairs, point_matches, floor_cells.
    """
    made = questions_of_scene(*tables, scene_id, "benchmark", NEARLY_ALL, True, *links)
    rows = [table for name, table in made.items() if name != "rejections"]
    frames, boxes = tables[0], tables[1]
    found = pl.concat([verifications_of(table, frames, boxes, representation) for table in rows])
    shaken = jittered(world_of(*tables), np.random.default_rng(0))
    compared = [row for table in rows for row in table.iter_rows(named=True) if row["answer_label"] is not None]
    flipped = sum(not answer_holds(shaken, row) for row in compared)
    return Agreement(found.height, found["problem"].drop_nulls().len(), len(compared), flipped)
