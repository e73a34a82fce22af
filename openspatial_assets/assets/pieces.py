"""How a stage's inputs become the arguments of its work, and the results its tables, where that takes more than a line.

What belongs here: handing on. What does not: the declarations of the stages (`stages/`), and the stages
up to the boxes (`capture_pieces.py`), and what they compute.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from openspatial_assets.assets import captions
from openspatial_assets.assets.recipe import Inputs
from openspatial_assets.engine.questions import SUBTASKS

QUESTION_INPUTS = ("frames", "scene_boxes", "frame_visibility", "object_frames")
LINKS = ("view_pairs", "point_matches", "floor_cells")
"""What questions about several views, and about ways to walk, need besides."""

CAPTION = "scene_caption"
"""The sub-task whose answers may be rephrased."""

PAIRS_A_PIECE = 12
"""Pairs of views that one worker takes at a time; each of their depth images is decoded once a piece."""


def match_pieces(inputs: Inputs) -> Iterator[tuple]:
    pairs, frames, objects, boxes = map(inputs.table, ("view_pairs", "frames", "object_frames", "scene_boxes"))
    for start in range(0, pairs.height, PAIRS_A_PIECE):
        chunk = pairs.slice(start, PAIRS_A_PIECE)
        shown = pl.concat([chunk["frame_a"], chunk["frame_b"]]).unique().implode()
        of_chunk = (table.filter(pl.col("frame_id").is_in(shown)) for table in (frames, objects))
        yield chunk, *of_chunk, boxes, inputs.settings["matches"]


def asking(inputs: Inputs, subtasks: Sequence[str]) -> list[tuple]:
    return [
        (
            *(inputs.table(name) for name in QUESTION_INPUTS),
            inputs.scene,
            inputs.variant,
            inputs.settings["questions"],
            bool(inputs.table("scenes")["gravity_aligned"][0]),
            *(inputs.table(name) for name in LINKS),
            subtasks,
        )
    ]


def verifying(inputs: Inputs, names: Sequence[str]) -> list[tuple]:
    frames, boxes, representation = (
        inputs.table("frames"),
        inputs.table("scene_boxes"),
        inputs.choices["representation"],
    )
    return [(inputs.table(name), frames, boxes, representation) for name in names]


def outdated(inputs: Inputs) -> list[str]:
    """The sub-tasks to ask: what was rejected is counted over all of them, so it needs them all."""
    return [name for name in SUBTASKS if f"qa/{name}" in inputs.wanted or "rejections" in inputs.wanted]


def question_tables(inputs: Inputs, results: Iterator[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    made = next(results)
    return {name if name == "rejections" else f"qa/{name}": frame for name, frame in made.items()}


def rephrased_captions(inputs: Inputs, results: Iterator[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    plain, answers = next(results)[CAPTION], f"{inputs.home}/answers/captions"
    return {f"qa/{CAPTION}": captions.rephrased(plain, inputs.settings["captions"], answers)}
