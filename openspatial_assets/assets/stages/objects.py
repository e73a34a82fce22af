"""Stages of objects: their boxes, where they are visible, their masks, and what links views of them.

What does not belong here: the functions that make the tables (the modules of `assets`) and how a stage is run
(`runner.py`).
"""

from openspatial_assets.assets import boxes, masks, objects, pieces, point_matches, presentation, views, visibility
from openspatial_assets.assets.recipe import Presentation, Recipe, frame_pieces, stacked
from openspatial_assets.partitions import BOXES, MASKS, SCENE_VARIANT, VISIBILITY
from openspatial_assets.staleness import Output, Stage
from resources import tables

SCENE_BOXES = Recipe(
    Stage(
        "scene_boxes",
        BOXES,
        (Output(tables.SCENE_BOXES, boxes.RULE_VERSION),),
        inputs=("scenes", "frames", "lifted_boxes"),
        source_files=("registration", "boxes"),
    ),
    pieces=lambda inputs: [
        (inputs.registration, inputs.table("lifted_boxes") if inputs.choices["boxes"] == "lifted" else None)
    ],
    work=boxes.scene_boxes_of,
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
