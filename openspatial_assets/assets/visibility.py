"""The stage `frame_visibility`: which objects a frame shows, and how much of each.

What does not belong here: the mathematics (`engine/visibility`), and the Dagster definitions of the stage.
"""

from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.visibility.counting import PixelCounts, SeenBoxes, count_pixels, silhouette_counts
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.engine.visibility.verdict import reasons, visible_fraction
from resources.images import camera_of, decode_depth, metres, read_depth
from resources.stored_images import read_stored
from resources.tables import FRAME_VISIBILITY

RULE_VERSION = "1"
"""Changes when the meaning of `frame_visibility` changes, so that what was made before is out of date."""

FRAMES_AT_ONCE = 32
"""Frames whose geometry is prepared together: enough to hide the cost of each call, and few enough that the arrays
stay in the processor's cache."""


def visibility_of_frames(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, visibility: str, settings: VisibilitySettings
) -> pl.DataFrame:
    """The rows of `frame_visibility` for some frames of one scene, sorted by frame and object.

    Args:
        frames: rows of `frames`.
        scene_boxes: all of the scene's boxes.
        visibility: the variant's choice. `depth` tests each box against the depth image; `none` keeps every box that
            projects into the frame as fully visible.

    Raises:
        ValueError: `visibility` is not a known choice.
        ImageError: a depth image cannot be read; the message names the file.
    """
    if visibility not in ("depth", "none"):
        raise ValueError(f"visibility={visibility!r} is not known; choose depth or none (variants.py)")
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    if frames.is_empty() or scene_boxes.is_empty():
        return FRAME_VISIBILITY.empty()
    boxes = Boxes.from_rpy(*(scene_boxes.get_column(name).to_numpy() for name in ("center", "extents", "rpy")))
    made = []
    for part in frames.iter_slices(FRAMES_AT_ONCE):
        rows = part.rows(named=True)
        seen = SeenBoxes.in_frames([camera_of(row) for row in rows], boxes, settings)
        if visibility == "depth":
            counts = PixelCounts.joined([_counts(seen, place, row, settings) for place, row in enumerate(rows)])
            reason = reasons(counts, seen.projection.in_frame, settings)
        else:
            counts = PixelCounts.joined([silhouette_counts(seen, place, visible=True) for place in range(len(rows))])
            reason = np.where(counts.silhouette > 0, "ok", "outside")
        made.append(_table(part, scene_boxes, boxes, seen, counts, reason))
    return pl.concat(made)


def _counts(seen: SeenBoxes, frame: int, row: dict[str, Any], settings: VisibilitySettings) -> PixelCounts:
    if row["depth"] is None:
        return silhouette_counts(seen, frame, visible=False)
    return count_pixels(seen, frame, _depth(row), settings)


def _depth(row: dict[str, Any]) -> DepthImage:
    path = row["depth"]
    if row["depth_intrinsics"] is None:
        stored = decode_depth(read_stored(path), path)
        if stored.shape == (row["height"], row["width"]):
            return DepthImage(stored, partial(metres, depth_scale=row["depth_scale"]))
    return DepthImage(read_depth(row))


def _table(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    boxes: Boxes,
    seen: SeenBoxes,
    counts: PixelCounts,
    reason: NDArray[np.str_],
) -> pl.DataFrame:
    """The rows of `frame_visibility` for what was counted in `frames`."""
    projection = seen.projection
    offsets = boxes.centers[projection.box] - seen.views.centers[projection.frame]
    return pl.DataFrame(
        {
            "frame_id": frames.get_column("frame_id").gather(projection.frame),
            "object_id": scene_boxes.get_column("object_id").gather(projection.box),
            "box_2d": projection.box_2d,
            "in_frame": projection.in_frame,
            "visible_fraction": visible_fraction(counts),
            "occupancy": counts.occupancy,
            "num_points": np.rint(counts.object).astype(np.int64),
            "distance": np.linalg.norm(offsets, axis=-1),
            "visible": reason == "ok",
            "reason": reason.tolist(),
        },
        schema=FRAME_VISIBILITY.schema,
    )
