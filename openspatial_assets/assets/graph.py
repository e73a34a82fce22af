"""The whole asset graph on one page: every stage, what it reads, and how its tables are made and shown.

What belongs here: declarations. What does not: the functions that make the tables (the modules beside this one) and
how a stage is run (`runner.py`).
"""

import dagster as dg
import polars as pl

from openspatial_assets.assets import (
    boxes,
    captions,
    dataset,
    floor,
    gallery,
    masks,
    objects,
    pieces,
    point_matches,
    presentation,
    quality,
    questions,
    reports,
    sources,
    verifications,
    views,
    visibility,
)
from openspatial_assets.assets.export import export_pieces, written_export
from openspatial_assets.assets.pieces import CAPTION, LINKS, QUESTION_INPUTS
from openspatial_assets.assets.recipe import Presentation, Recipe, frame_pieces, stacked
from openspatial_assets.assets.runner import asset_of
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.partitions import BOXES, MASKS, SCENE, SCENE_VARIANT, VARIANT, VISIBILITY
from openspatial_assets.staleness import Graph, Output, Stage
from resources import tables

QUESTION_TABLES = tuple(f"qa/{name}" for name in SUBTASKS)
SOURCES = Recipe(
    Stage(
        "sources",
        SCENE,
        (Output(tables.SCENES, sources.RULE_VERSION), Output(tables.FRAMES, sources.RULE_VERSION)),
        settings=("frames",),
        source_files=("frames", "boxes"),
    ),
    pieces=pieces.entry_pieces,
    work=sources.frames_of_entries,
    join=pieces.scene_tables,
    shown={
        "scenes": Presentation("sources", presentation.scenes),
        "frames": Presentation("sources", presentation.frames, ("opencv", "polars")),
    },
)

FLOOR = Recipe(
    Stage(
        "floor",
        SCENE,
        (Output(tables.FLOOR_CELLS, floor.RULE_VERSION),),
        inputs=("scenes", "frames"),
        settings=("floor",),
    ),
    pieces=lambda inputs: (
        frame_pieces(inputs.table("frames"), inputs.settings["floor"])
        if inputs.table("scenes").select(pl.col("gravity_aligned") & pl.col("metric")).item()
        else ()  # what is in a person's way is a matter of metres, and of what is up
    ),
    work=floor.voxels_of_frames,
    join=lambda inputs, results: {
        "floor_cells": floor.floor_cells_of(results, inputs.table("frames"), inputs.settings["floor"])
    },
    shown={"floor_cells": Presentation("geometry", presentation.floor_cells, ("numpy", "polars"))},
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


VIEW_PAIRS = Recipe(
    Stage(
        "view_pairs",
        SCENE_VARIANT,
        (Output(tables.VIEW_PAIRS, views.RULE_VERSION),),
        inputs=("frames", "scene_boxes", "object_frames"),
        settings=("views",),
    ),
    pieces=lambda inputs: [
        (
            inputs.table("frames"),
            inputs.table("scene_boxes"),
            inputs.table("object_frames"),
            inputs.settings["views"],
        )
    ],
    work=views.view_pairs_of_scene,
    join=stacked(tables.VIEW_PAIRS),
    shown={"view_pairs": Presentation("geometry", presentation.view_pairs, ("numpy", "polars"))},
)


POINT_MATCHES = Recipe(
    Stage(
        "point_matches",
        SCENE_VARIANT,
        (Output(tables.POINT_MATCHES, point_matches.RULE_VERSION),),
        inputs=("frames", "scene_boxes", "object_frames", "view_pairs"),
        settings=("matches",),
    ),
    pieces=pieces.match_pieces,
    work=point_matches.matches_of_pairs,
    join=stacked(tables.POINT_MATCHES),
    shown={"point_matches": Presentation("geometry", presentation.point_matches, ("numpy", "opencv"))},
)


QUESTIONS = Recipe(
    Stage(
        "questions",
        SCENE_VARIANT,
        (
            *(Output(tables.question_table(name), questions.version_of(name)) for name in SUBTASKS if name != CAPTION),
            Output(tables.REJECTIONS, ", ".join(f"{name} {task.version}" for name, task in SUBTASKS.items())),
        ),
        inputs=("scenes", *QUESTION_INPUTS, *LINKS),
        settings=("questions",),
    ),
    pieces=lambda inputs: pieces.asking(inputs, pieces.outdated(inputs)),
    work=questions.questions_of_scene,
    join=pieces.question_tables,
    shown={
        **{
            f"qa/{name}": Presentation(task.capability, presentation.questions)
            for name, task in SUBTASKS.items()
            if name != CAPTION
        },
        "rejections": Presentation("quality", presentation.rejections),
    },
)


# A stage of its own, so that a language service that fails holds up nothing but the captions.
CAPTIONS = Recipe(
    Stage(
        "captions",
        SCENE_VARIANT,
        (Output(tables.question_table(CAPTION), f"{questions.version_of(CAPTION)}, {captions.RULE_VERSION}"),),
        inputs=QUESTIONS.stage.inputs,
        settings=("questions", "captions"),
    ),
    pieces=lambda inputs: pieces.asking(inputs, (CAPTION,)),
    work=questions.questions_of_scene,
    join=pieces.rephrased_captions,
    shown={f"qa/{CAPTION}": Presentation(SUBTASKS[CAPTION].capability, presentation.captions)},
)

VERIFICATION = Recipe(
    Stage(
        "verification",
        SCENE_VARIANT,
        (Output(tables.VERIFICATIONS, verifications.RULE_VERSION),),
        inputs=("frames", "scene_boxes", *QUESTION_TABLES),
    ),
    pieces=lambda inputs: pieces.verifying(inputs, QUESTION_TABLES),
    work=verifications.verifications_of,
    join=stacked(tables.VERIFICATIONS),
    shown={"verifications": Presentation("quality", presentation.verifications, ("numpy", "scipy"))},
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

GALLERY = Recipe(
    Stage(
        "gallery",
        SCENE,
        (Output(tables.GALLERY, gallery.page_version()),),
        inputs=("frames", "scene_boxes", "object_frames", *QUESTION_TABLES, "rejections", "verifications"),
        settings=("gallery",),
    ),
    pieces=reports.gallery_pieces,
    work=gallery.gallery_page,
    join=reports.written_gallery,
    shown={"gallery": Presentation("quality", presentation.gallery, ("html",))},
)

RECIPES = (
    SOURCES,
    FLOOR,
    SCENE_BOXES,
    FRAME_VISIBILITY,
    REFINED_MASKS,
    OBJECT_FRAMES,
    VIEW_PAIRS,
    POINT_MATCHES,
    QUESTIONS,
    CAPTIONS,
    VERIFICATION,
    DATASET,
    QUALITY,
    TRAINING_EXPORT,
    GALLERY,
)

GRAPH = Graph(recipe.stage for recipe in RECIPES)


def assets() -> list[dg.AssetsDefinition]:
    """The Dagster assets of all stages, on the axes that the variants of this moment make."""
    return [asset_of(recipe, GRAPH) for recipe in RECIPES]
