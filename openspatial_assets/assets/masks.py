"""From visible objects to the table `refined_masks`: a mask from depth, refined by colour, and checked against depth.

What does not belong here: the depth masks (`engine/visibility`), the segmenters (`resources/segmenter`), and what is
measured under a mask (`objects.py`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.regions import Mask, bounding_box, encoded, intersection_over_union
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import DepthView
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import segmenter
from resources.images import ImageError, camera_of, read_color, read_depth
from resources.tables import REFINED_MASKS

RULE_VERSION = "1"

BY_DEPTH = "depth"
"""The value of the choice `visibility` under which masks come from depth; else a mask is the box's silhouette."""


def masks_of_frames(
    frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    frame_visibility: pl.DataFrame,
    visibility: str,
    masks: str,
    settings: MaskSettings,
    visibility_settings: VisibilitySettings | None = None,
) -> pl.DataFrame:
    """The `refined_masks` of some frames of a scene, sorted by frame and object.

    A refined mask that overlaps the one before refinement too little is replaced by that. A visible object that has no
    pixel even before refinement has no row.

    Args:
        frames, scene_boxes, frame_visibility: tables; `frame_visibility` may hold other frames as well.
        visibility, masks: the variant's choices.
        visibility_settings: what `frame_visibility` was made with; None for the defaults.

    Raises:
        SegmenterError: the segmenter cannot be used as it is set.
        ImageError: an image cannot be read, or has another size than its frame says.
    """
    refiner = segmenter.load(masks, settings)
    by_depth = (visibility_settings or VisibilitySettings()) if visibility == BY_DEPTH else None
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    boxes = Boxes.from_rpy(*(scene_boxes[name].to_numpy() for name in ("center", "extents", "rpy")))
    position = {object_id: index for index, object_id in enumerate(scene_boxes["object_id"])}
    pairs = frame_visibility.select("frame_id", "object_id", "visible").partition_by("frame_id", as_dict=True)
    rows: list[dict[str, Any]] = []
    for frame in frames.iter_rows(named=True):
        here = pairs.get((frame["frame_id"],))
        if here is None or not here["visible"].any():
            continue
        here = sorted((position[object_id], object_id, visible) for _, object_id, visible in here.iter_rows())
        ids = [object_id for _, object_id, _ in here]
        present = boxes[[index for index, _, _ in here]]
        camera, depth = camera_of(frame), None if by_depth is None else read_depth(frame)
        bases = _silhouettes(camera, present) if by_depth is None else depth_masks(camera, depth, present, by_depth)
        kept = np.flatnonzero([visible and base.any() for (_, _, visible), base in zip(here, bases, strict=True)])
        if not len(kept):
            continue
        view = DepthView(camera, present[kept], bases[kept], depth, by_depth)
        refined = refiner.refine(_image(frame) if refiner.reads_color else None, view)
        for index, (mask, score) in zip(kept, refined, strict=True):
            row = _checked(mask, bases[index], settings.min_iou_with_depth_mask)
            rows.append(
                {"frame_id": frame["frame_id"], "object_id": ids[index], "refiner": masks, "score": score} | row
            )
    return pl.DataFrame(rows, schema=REFINED_MASKS.schema)


def _silhouettes(camera: Camera, boxes: Boxes) -> NDArray[np.bool_]:
    return np.stack([silhouette_mask(camera, boxes[index]) for index in range(len(boxes))])


def _image(frame: Mapping[str, Any]) -> NDArray[np.uint8]:
    image = read_color(frame["image"])
    if image.shape[:2] != (frame["height"], frame["width"]):
        raise ImageError(
            f"{frame['image']}: is {image.shape[1]}x{image.shape[0]} pixels, but frame {frame['frame_id']} is "
            f"{frame['width']}x{frame['height']}"
        )
    return image


def _checked(refined: Mask, base: Mask, min_iou: float) -> dict[str, Any]:
    """The columns that follow from a refined mask, and from the one before it, which stands in for one that strays."""
    iou = intersection_over_union(refined, base)
    replaced = iou < min_iou or not refined.any()
    mask = base if replaced else refined
    return {
        "mask": encoded(mask),
        "area": int(np.count_nonzero(mask)),
        "box_2d": [float(edge) for edge in bounding_box(mask)],
        "iou_with_depth_mask": float(iou),
        "replaced": bool(replaced),
    }
