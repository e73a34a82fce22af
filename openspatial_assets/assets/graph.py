"""The whole asset graph on one page: every stage, what it reads, and how its tables are made and shown.

What belongs here: declarations. What does not: the functions that make the tables (the modules beside this one) and
how a stage is run (`runner.py`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from openspatial_assets.assets import boxes, dataset, masks, objects, presentation, questions, sources, visibility
from openspatial_assets.assets.export import export_pieces, written_export
from openspatial_assets.assets.recipe import FRAMES_A_PIECE, Inputs, Presentation, Recipe, frame_pieces, stacked
from openspatial_assets.assets.runner import asset_of
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.partitions import BOXES, MASKS, SCENE, SCENE_VARIANT, VARIANT, VISIBILITY
from openspatial_assets.staleness import Graph, Output, Stage
from resources import tables

QUESTION_TABLES = tuple(f"qa/{name}" for name in SUBTASKS)
QUESTION_INPUTS = ("frames", "scene_boxes", "frame_visibility", "object_frames")


def _entry_pieces(inputs: Inputs) -> list[tuple]:
    entries = sources.frame_entries(inputs.registration)
    starts = range(0, len(entries), FRAMES_A_PIECE)
    return [(inputs.registration, entries[start : start + FRAMES_A_PIECE]) for start in starts]


def _scene(inputs: Inputs, chunks: Iterator[Any]) -> dict[str, pl.DataFrame]:
    frames, dropped = sources.finish_frames(inputs.registration, list(chunks), inputs.settings["frames"])
    return {"scenes": sources.scene_of(inputs.registration, frames, dropped), "frames": frames}


SOURCES = Recipe(
    Stage(
        "sources",
        SCENE,
        (Output(tables.SCENES, sources.RULE_VERSION), Output(tables.FRAMES, sources.RULE_VERSION)),
        settings=("frames",),
        source_files=("frames", "boxes"),
    ),
    pieces=_entry_pieces,
    work=sources.frames_of_entries,
    join=_scene,
    shown={
        "scenes": Presentation("sources", presentation.scenes),
        "frames": Presentation("sources", presentation.frames, ("opencv", "polars")),
    },
)

SCENE_BOXES = Recipe(
    Stage(
        "scene_boxes",
        BOXES,
        (Output(tables.SCENE_BOXES, boxes.RULE_VERSION),),
        inputs=("scenes", "frames"),
        source_files=("boxes",),
    ),
    pieces=lambda inputs: [(inputs.registration,)],
    work=boxes.boxes_of,
    join=stacked(tables.SCENE_BOXES),
    shown={"scene_boxes": Presentation("geometry", presentation.scene_boxes)},
)

FRAME_VISIBILITY = Recipe(
    Stage(
        "frame_visibility",
        VISIBILITY,
        (Output(tables.FRAME_VISIBILITY, visibility.RULE_VERSION),),
        inputs=("frames", "scene_boxes"),
        settings=("visibility",),
    ),
    pieces=lambda inputs: frame_pieces(
        inputs.table("frames"),
        inputs.table("scene_boxes"),
        inputs.choices["visibility"],
        inputs.settings["visibility"],
    ),
    work=visibility.visibility_of_frames,
    join=stacked(tables.FRAME_VISIBILITY),
    shown={"frame_visibility": Presentation("geometry", presentation.frame_visibility, ("numpy", "polars"))},
)

REFINED_MASKS = Recipe(
    Stage(
        "refined_masks",
        MASKS,
        (Output(tables.REFINED_MASKS, masks.RULE_VERSION),),
        inputs=("frames", "scene_boxes", "frame_visibility"),
        settings=("masks", "visibility"),
        file_settings=("masks.sam_checkpoint_path",),
    ),
    pieces=lambda inputs: frame_pieces(
        inputs.table("frames"),
        inputs.table("scene_boxes"),
        inputs.table("frame_visibility"),
        inputs.choices["visibility"],
        inputs.choices["masks"],
        inputs.settings["masks"],
        inputs.settings["visibility"],
    ),
    work=masks.masks_of_frames,
    join=stacked(tables.REFINED_MASKS),
    shown={"refined_masks": Presentation("geometry", presentation.refined_masks, ("torch", "opencv"))},
)

OBJECT_FRAMES = Recipe(
    Stage(
        "object_frames",
        SCENE_VARIANT,
        (Output(tables.OBJECT_FRAMES, objects.RULE_VERSION),),
        inputs=("frames", "scene_boxes", "frame_visibility", "refined_masks"),
        settings=("objects",),
    ),
    pieces=lambda inputs: frame_pieces(
        inputs.table("frames"),
        inputs.table("scene_boxes"),
        inputs.table("frame_visibility"),
        inputs.table("refined_masks"),
        inputs.choices["representation"],
        inputs.settings["objects"],
    ),
    work=objects.objects_of_frames,
    join=stacked(tables.OBJECT_FRAMES),
    shown={"object_frames": Presentation("geometry", presentation.object_frames, ("numpy", "polars"))},
)


def _question_tables(inputs: Inputs, results: Iterator[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    made = next(results)
    return {name if name == "rejections" else f"qa/{name}": frame for name, frame in made.items()}


QUESTIONS = Recipe(
    Stage(
        "questions",
        SCENE_VARIANT,
        (
            *(Output(tables.question_table(name), questions.version_of(name)) for name in SUBTASKS),
            Output(tables.REJECTIONS, ", ".join(f"{name} {task.version}" for name, task in SUBTASKS.items())),
        ),
        inputs=("scenes", *QUESTION_INPUTS),
        settings=("questions",),
    ),
    pieces=lambda inputs: [
        (
            *(inputs.table(name) for name in QUESTION_INPUTS),
            inputs.scene,
            inputs.variant,
            inputs.settings["questions"],
            bool(inputs.table("scenes")["gravity_aligned"][0]),
        )
    ],
    work=questions.questions_of_scene,
    join=_question_tables,
    shown={
        **{f"qa/{name}": Presentation(task.capability, presentation.questions) for name, task in SUBTASKS.items()},
        "rejections": Presentation("dataset", presentation.rejections),
    },
)

DATASET = Recipe(
    Stage(
        "dataset",
        VARIANT,
        (Output(tables.DATASET, dataset.RULE_VERSION),),
        inputs=("scenes", *QUESTION_TABLES),
        settings=("dataset",),
    ),
    pieces=lambda inputs: [
        (
            pl.concat([inputs.table(name) for name in QUESTION_TABLES]),
            inputs.table("scenes"),
            inputs.settings["dataset"],
        )
    ],
    work=dataset.mixture_of,
    join=lambda inputs, results: {"dataset": next(results).rows},
    shown={"dataset": Presentation("dataset", presentation.dataset)},
)

TRAINING_EXPORT = Recipe(
    Stage(
        "training_export",
        VARIANT,
        (Output(tables.TRAINING_EXPORT, dataset.EXPORT_RULE_VERSION),),
        inputs=("dataset", "frames", "object_frames"),
        settings=("export",),
    ),
    pieces=export_pieces,
    work=dataset.drawn_samples,
    join=written_export,
    shown={
        "training_export": Presentation("dataset", presentation.training_export, ("parquet", "huggingface")),
    },
)

RECIPES = (
    SOURCES,
    SCENE_BOXES,
    FRAME_VISIBILITY,
    REFINED_MASKS,
    OBJECT_FRAMES,
    QUESTIONS,
    DATASET,
    TRAINING_EXPORT,
)

GRAPH = Graph(recipe.stage for recipe in RECIPES)


def assets() -> list[dg.AssetsDefinition]:
    """The Dagster assets of all stages, on the axes that the variants of this moment make."""
    return [asset_of(recipe, GRAPH) for recipe in RECIPES]
