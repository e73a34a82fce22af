"""The table `scene_boxes`: the source's annotated boxes, or the lifted ones; and what a scene's boxes tell.

What does not belong here: reading and checking the files (`resources/sources`).
"""

import numpy as np
import polars as pl

from resources import sources
from resources.sources.registration import Registration, SourceError
from resources.tables import SCENE_BOXES

RULE_VERSION = "2"


def scene_boxes_of(registration: Registration, lifted: pl.DataFrame | None) -> pl.DataFrame:
    """The `scene_boxes` table of a scene: of its rows of `lifted_boxes`, or, where these are None, of its source."""
    if lifted is None:
        return boxes_of(registration)
    rows = lifted.with_columns(origin=pl.lit("lifted"), label=None)
    return rows.select(SCENE_BOXES.schema.names()).cast(dict(SCENE_BOXES.schema))


def boxes_of(registration: Registration) -> pl.DataFrame:
    """The `scene_boxes` table of a scene.

    Raises:
        SourceError: the source has no annotated boxes, or any of them is broken.
    """
    source = sources.of(registration)
    source.prepare(registration)
    boxes = source.read_boxes(registration)
    if boxes is None:
        raise SourceError(
            f"scene {registration.scene_id}: {registration.root} has no annotated boxes (an rgbd_folder keeps them in "
            "objects.json)"
        )
    return boxes


def length_unit_of(scene_boxes: pl.DataFrame) -> float:
    """World units that stand for a metre in margins: 1, or the median box diagonal of a scene without scale."""
    if scene_boxes["metric"].all():
        return 1.0
    return float(np.median(np.linalg.norm(scene_boxes["extents"].to_numpy(), axis=1)))
