"""How visibility and masks agree with the kept truth of generated rooms; NumPy and OpenCV only, none of the engine."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pycocotools import mask as coco

from resources.sources.layouts.synthetic_rooms.truth import Truth

VISIBLE_SHARE = 0.05
VISIBLE_PIXELS = 150
"""An object is visible if this share of its unoccluded pixels, and so many of them, are."""


class Agreement(NamedTuple):
    precision: float
    recall: float


def truly_visible(truth: Truth) -> NDArray[np.bool_]:
    """`(frames, objects)` whether each object is visible in each frame."""
    share = truth.visible_pixels / np.maximum(truth.unoccluded_pixels, 1)
    return (share >= VISIBLE_SHARE) & (truth.visible_pixels >= VISIBLE_PIXELS)


def visibility_agreement(rooms: Sequence[tuple[Truth, pl.DataFrame]]) -> Agreement:
    """Precision and recall of `frame_visibility.visible` over all (frame, object) of rooms."""
    right = said = true = 0
    for truth, seen in rooms:
        expected = truly_visible(truth)
        found = np.zeros_like(expected)
        for frame_id, object_id in seen.filter("visible").select("frame_id", "object_id").iter_rows():
            found[truth.frame_ids.index(frame_id), truth.object_ids.index(object_id)] = True
        right, said, true = right + (found & expected).sum(), said + found.sum(), true + expected.sum()
    return Agreement(float(right / said), float(right / true))


def mask_agreement(rooms: Sequence[tuple[Truth, pl.DataFrame, pl.DataFrame]]) -> NDArray[np.float64]:
    """IoU with the true instance mask of every mask of a truly visible object."""
    overlaps = []
    for truth, frames, masks in rooms:
        expected = truly_visible(truth)
        size = {row["frame_id"]: [row["height"], row["width"]] for row in frames.iter_rows(named=True)}
        for (frame_id,), rows in masks.group_by("frame_id", maintain_order=True):
            shown = truth.instance_map(str(frame_id))
            for object_id, counts in rows.select("object_id", "mask").iter_rows():
                index = truth.object_ids.index(object_id)
                if not expected[truth.frame_ids.index(frame_id), index]:
                    continue
                mask = coco.decode({"size": size[frame_id], "counts": counts}).astype(bool)
                instance = shown == index + 1
                overlaps.append((mask & instance).sum() / (mask | instance).sum())
    return np.array(overlaps)
