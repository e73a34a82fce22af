"""The schemas of all tables: the one place from which checks on write, column documentation and empty tables come.

What does not belong here: what a schema is (`resources/schema.py`), where tables lie (`store.py`), and how values are
made.
"""

from openspatial_assets.engine.questions import SUBTASKS
from resources.schema import Table
from resources.tables.objects import (
    FRAME_VISIBILITY,
    INSTANCE_MASKS,
    LIFTED_BOXES,
    OBJECT_FRAMES,
    POINT_MATCHES,
    RECOGNITIONS,
    REFINED_MASKS,
    SCENE_BOXES,
    VIEW_PAIRS,
)
from resources.tables.questions import (
    DATASET,
    GALLERY,
    QUALITY,
    REJECTIONS,
    TRAINING_EXPORT,
    VERIFICATIONS,
    question_table,
)
from resources.tables.scenes import DEPTH_MAPS, FLOOR_CELLS, FRAMES, RECONSTRUCTIONS, SCENE_MESH, SCENES

__all__ = [
    "DATASET", "DEPTH_MAPS", "FLOOR_CELLS", "FRAMES", "FRAME_VISIBILITY", "GALLERY", "INSTANCE_MASKS", "LIFTED_BOXES",
    "OBJECT_FRAMES", "POINT_MATCHES", "QUALITY", "RECOGNITIONS", "RECONSTRUCTIONS", "REFINED_MASKS", "REJECTIONS",
    "SCENES", "SCENE_BOXES", "SCENE_MESH", "TABLES", "TRAINING_EXPORT", "VERIFICATIONS", "VIEW_PAIRS", "question_table",
]  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RECONSTRUCTIONS, DEPTH_MAPS, SCENES, FRAMES, SCENE_MESH, FLOOR_CELLS, RECOGNITIONS, INSTANCE_MASKS,
        LIFTED_BOXES, SCENE_BOXES, FRAME_VISIBILITY, REFINED_MASKS, OBJECT_FRAMES, VIEW_PAIRS, POINT_MATCHES,
        *map(question_table, SUBTASKS), REJECTIONS, VERIFICATIONS, DATASET, QUALITY, TRAINING_EXPORT, GALLERY,
    )
}  # fmt: skip
