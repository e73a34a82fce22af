"""From a registration to the table `scene_boxes`: the source's annotated boxes.

What does not belong here: reading and checking the files (`resources/sources`).
"""

import polars as pl

from resources import sources
from resources.sources.registration import Registration, SourceError

RULE_VERSION = "1"


def boxes_of(registration: Registration) -> pl.DataFrame:
    """The `scene_boxes` table of a scene.

    Raises:
        SourceError: the source has no annotated boxes, or any of them is broken.
    """
    source = sources.load(registration.source)
    source.prepare(registration)
    boxes = source.read_boxes(registration)
    if boxes is None:
        raise SourceError(
            f"scene {registration.scene_id}: {registration.root} has no annotated boxes (an rgbd_folder keeps them in "
            "objects.json)"
        )
    return boxes
