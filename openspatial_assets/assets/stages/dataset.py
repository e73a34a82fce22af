"""Stages over all scenes of a variant: the mixture, its export, and how good its questions are.

What does not belong here: the functions that make the tables (the modules of `assets`) and how a stage is run
(`runner.py`).
"""

import polars as pl

from openspatial_assets.assets import dataset, presentation, quality
from openspatial_assets.assets.export import export_pieces, written_export
from openspatial_assets.assets.recipe import Presentation, Recipe, stacked
from openspatial_assets.assets.stages.questions import QUESTION_TABLES
from openspatial_assets.partitions import VARIANT
from openspatial_assets.staleness import Output, Stage
from resources import tables

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

QUALITY = Recipe(
    Stage(
        "quality",
        VARIANT,
        (Output(tables.QUALITY, quality.RULE_VERSION),),
        inputs=("scene_boxes", *QUESTION_TABLES, "rejections"),
    ),
    pieces=lambda inputs: [
        (
            pl.concat([inputs.table(name) for name in QUESTION_TABLES]),
            inputs.table("rejections"),
            quality.objects_of(inputs.by_scene("scene_boxes")),
        )
    ],
    work=quality.quality_of_variant,
    join=stacked(tables.QUALITY),
    shown={tables.QUALITY.name: Presentation("quality", presentation.quality)},
)
