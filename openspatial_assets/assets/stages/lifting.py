"""Stages of lifting: what is recognised in the images, its pixels, and the boxes that several views of it give.

What does not belong here: the functions that make the tables (the modules of `assets`) and how a stage is run
(`runner.py`).
"""

from openspatial_assets.assets import capture_pieces, instance_masks, lifting, recognitions
from openspatial_assets.assets import lifting_presentation as shown
from openspatial_assets.assets.recipe import Presentation, Recipe, stacked
from openspatial_assets.partitions import LIFTED
from openspatial_assets.staleness import Output, Stage
from resources import tables

RECOGNITIONS = Recipe(
    Stage(
        "recognition",
        LIFTED,
        (Output(tables.RECOGNITIONS, recognitions.RULE_VERSION),),
        inputs=("frames",),
        settings=("recognition",),
        source_files=("capture", "recognitions"),
    ),
    pieces=capture_pieces.recognising,
    work=recognitions.recognitions_of,
    join=capture_pieces.recognised,
    shown={"recognitions": Presentation("lifting", shown.recognitions, ("gemini", "polars"))},
    pool="gemini",
)

INSTANCE_MASKS = Recipe(
    Stage(
        "instance_masks",
        LIFTED,
        (Output(tables.INSTANCE_MASKS, instance_masks.RULE_VERSION),),
        inputs=("frames", "recognitions"),
        settings=("instances", "masks"),
        file_settings=("masks.sam_checkpoint_path",),
    ),
    pieces=capture_pieces.segmenting,
    work=instance_masks.instance_masks_of_frames,
    join=stacked(tables.INSTANCE_MASKS),
    shown={"instance_masks": Presentation("lifting", shown.instance_masks, ("torch", "opencv"))},
    pool="gpu",
)

LIFTED_BOXES = Recipe(
    Stage(
        "lifted_boxes",
        LIFTED,
        (Output(tables.LIFTED_BOXES, lifting.RULE_VERSION),),
        inputs=("scenes", "frames", "instance_masks"),
        settings=("lifting",),
    ),
    pieces=capture_pieces.lifting,
    work=lifting.lifted_boxes_of,
    join=stacked(tables.LIFTED_BOXES),
    shown={"lifted_boxes": Presentation("lifting", shown.lifted_boxes, ("numpy", "scipy"))},
)
