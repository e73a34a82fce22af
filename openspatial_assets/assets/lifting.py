"""From instance masks to the table `lifted_boxes`: one row an object, with the views that support it.

What does not belong here: masks (`instance_masks.py`), the mathematics (`engine/lifting`), and boxes as the rest of the
graph reads them (`boxes.py`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from openspatial_assets.engine.lifting.clouds import View, view_of
from openspatial_assets.engine.lifting.lift import LiftedObject, lifted_objects, scene_unit
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.masks.regions import decoded
from resources.images import ImageError, camera_of, read_depth
from resources.tables import LIFTED_BOXES

RULE_VERSION = "1"


def lifted_boxes_of(
    frames: pl.DataFrame, instance_masks: pl.DataFrame, settings: LiftingSettings, metric: bool, gravity_aligned: bool
) -> pl.DataFrame:
    """The `lifted_boxes` of a scene, sorted by object.

    Args:
        frames, instance_masks: tables of one scene; frames without masks are not read, those without depth left out.
        metric: whether the scene has real-world scale.
        gravity_aligned: whether world z points up.

    Raises:
        ImageError: no frame with masks has depth, or a depth image cannot be read.
    """
    by_frame = instance_masks.sort("frame_id", "detection").partition_by("frame_id", as_dict=True)
    rows = [row for row in frames.sort("frame_id").iter_rows(named=True) if (row["frame_id"],) in by_frame]
    with_depth = [row for row in rows if row["depth"] is not None]
    if rows and not with_depth:
        raise ImageError(
            f"frame {rows[0]['frame_id']} and all others in which something was recognised have no depth image: boxes "
            "cannot be lifted from them"
        )
    unit = 1.0 if metric else scene_unit([_median_depth(row) for row in with_depth])
    views = [_view(row, by_frame[(row["frame_id"],)], settings, unit) for row in with_depth]
    numbers = [by_frame[(row["frame_id"],)]["detection"].to_list() for row in with_depth]
    names: Counter[str] = Counter()
    found = []
    for one in lifted_objects(views, settings, unit, gravity_aligned):
        names[one.tag] += 1
        found.append(
            {"object_id": f"{one.tag.replace(' ', '_')}_{names[one.tag]}", "metric": metric}
            | _columns(one, [row["frame_id"] for row in with_depth], numbers)
        )
    return pl.DataFrame(found, schema=LIFTED_BOXES.schema).sort("object_id")


def _median_depth(row: Mapping[str, Any]) -> float:
    depth = read_depth(row)
    return float(np.median(depth[depth > 0])) if (depth > 0).any() else 0.0


def _view(row: Mapping[str, Any], masks: pl.DataFrame, settings: LiftingSettings, unit: float) -> View:
    regions = [decoded(counts, row["height"], row["width"]) for counts in masks["mask"]]
    return view_of(camera_of(row), read_depth(row), regions, masks["label"].to_list(), settings, unit)


def _columns(one: LiftedObject, frame_ids: Sequence[str], numbers: Sequence[Sequence[int]]) -> dict[str, Any]:
    return {
        "tag": one.tag,
        "center": one.center.tolist(),
        "extents": one.extents.tolist(),
        "rpy": one.rpy.tolist(),
        "num_views": len(one.masks),
        "confidence": one.confidence,
        "frame_ids": [frame_ids[view] for view, _ in one.masks],
        "detections": [numbers[view][mask] for view, mask in one.masks],
        "labels": [{"name": label, "count": count} for label, count in one.labels],
        "flags": list(one.flags),
        "num_points": one.num_points,
    }
