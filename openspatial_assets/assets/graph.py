"""The whole asset graph: all stages in order, as a plan sees them (`GRAPH`) and as Dagster does (`assets`).

What does not belong here: the declarations of the stages (`stages/`), the functions that make the tables (the modules
beside this one) and how a stage is run (`runner.py`).
"""

import dagster as dg

from openspatial_assets.assets.runner import asset_of
from openspatial_assets.assets.stages.capture import DEPTH_MAPS, FLOOR, RECONSTRUCTION, SCENE_MESH, SOURCES
from openspatial_assets.assets.stages.dataset import DATASET, QUALITY, TRAINING_EXPORT
from openspatial_assets.assets.stages.lifting import INSTANCE_MASKS, LIFTED_BOXES, RECOGNITIONS
from openspatial_assets.assets.stages.objects import (
    FRAME_VISIBILITY,
    OBJECT_FRAMES,
    POINT_MATCHES,
    REFINED_MASKS,
    SCENE_BOXES,
    VIEW_PAIRS,
)
from openspatial_assets.assets.stages.questions import CAPTIONS, GALLERY, QUESTIONS, VERIFICATION
from openspatial_assets.staleness import Graph

RECIPES = (
    RECONSTRUCTION,
    DEPTH_MAPS,
    SOURCES,
    SCENE_MESH,
    FLOOR,
    RECOGNITIONS,
    INSTANCE_MASKS,
    LIFTED_BOXES,
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
