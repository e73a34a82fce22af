"""From recognised boxes to the table `instance_masks`: the pixels of each object in its box.

What does not belong here: who recognised (`recognitions.py`), the segmenters (`resources/segmenter`), and boxes in the
world (`lifting.py`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.instances.regions import BoxView
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.masks.regions import encoded
from openspatial_assets.engine.masks.settings import MaskSettings
from resources import segmenter
from resources.images import ImageError, read_color, read_depth
from resources.tables import INSTANCE_MASKS

RULE_VERSION = "1"


def instance_masks_of_frames(
    frames: pl.DataFrame, recognitions: pl.DataFrame, settings: InstanceSettings, mask_settings: MaskSettings
) -> pl.DataFrame:
    """The `instance_masks` of some frames of a scene, one row a recognition, sorted by frame and detection.

    A frame without depth is segmented by colour alone.

    Args:
        frames: table; frames in which nothing was recognised are not read.
        recognitions: table, of just these frames.
        mask_settings: where the weights of Segment Anything are.

    Raises:
        SegmenterError: the segmenter cannot be used as it is set.
        ImageError: an image cannot be read, or has another size than its frame says.
    """
    finder = segmenter.load_for_boxes(settings, mask_settings)
    found = recognitions.sort("frame_id", "detection").partition_by("frame_id", as_dict=True)
    rows: list[dict[str, Any]] = []
    for frame in frames.sort("frame_id").iter_rows(named=True):
        here = found.get((frame["frame_id"],))
        if here is None:
            continue
        depth = None if frame["depth"] is None else read_depth(frame)
        view = BoxView(here["box_2d"].to_numpy(), np.array(frame["intrinsics"]), depth)
        masks = finder.segment(_image(frame), view)
        for recognition, (mask, score) in zip(here.iter_rows(named=True), masks, strict=True):
            kept = {name: recognition[name] for name in ("frame_id", "detection", "label", "box_2d")}
            made = {"mask": encoded(mask), "area": int(np.count_nonzero(mask))}
            rows.append(kept | made | {"segmenter": finder.name, "score": score})
    return pl.DataFrame(rows, schema=INSTANCE_MASKS.schema)


def _image(frame: Mapping[str, Any]) -> NDArray[np.uint8]:
    image = read_color(frame["image"])
    if image.shape[:2] != (frame["height"], frame["width"]):
        raise ImageError(
            f"{frame['image']}: is {image.shape[1]}x{image.shape[0]} pixels, but frame {frame['frame_id']} is "
            f"{frame['width']}x{frame['height']}"
        )
    return image
