"""How lifted boxes agree with annotated ones, and with the kept truth of generated rooms whose masks are perfect."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pycocotools import mask as coco
from scipy.linalg import block_diag

from openspatial_assets.engine.evaluation.detection import allowed_overlaps, average_precision, detection_score
from openspatial_assets.engine.geometry.boxes import Boxes
from resources.sources.layouts.synthetic_rooms.truth import Truth
from resources.tables import INSTANCE_MASKS
from tests.support.truth_figures import truly_visible

MIN_OVERLAPS = (0.25, 0.5)

LEAST_VIEWS = 2
"""An object of a room counts if it is truly visible in so many frames: from fewer, no box can be confirmed."""


def boxes_of_table(rows: pl.DataFrame) -> Boxes:
    """The boxes `(n,)` of rows with center, extents and rpy."""
    return Boxes.from_rpy(*(rows[name].to_numpy().reshape(-1, 3) for name in ("center", "extents", "rpy")))


def perfect_masks(truth: Truth, frames: pl.DataFrame) -> pl.DataFrame:
    """`instance_masks` of a room straight from its instance maps, of all that is truly visible."""
    visible, rows = truly_visible(truth), []
    for frame_id in frames["frame_id"].sort():
        shown = truth.instance_map(frame_id)
        here = np.nonzero(visible[truth.frame_ids.index(frame_id)])[0]
        for detection, index in enumerate(here.tolist()):
            mask = shown == index + 1
            rows_in, columns_in = np.nonzero(mask)
            rows.append(
                {
                    "frame_id": frame_id,
                    "detection": detection,
                    "label": truth.tags[index],
                    "mask": coco.encode(np.asfortranarray(mask, np.uint8))["counts"],
                    "area": int(mask.sum()),
                    "box_2d": [
                        float(edge)
                        for edge in (columns_in.min(), rows_in.min(), columns_in.max() + 1, rows_in.max() + 1)
                    ],
                    "segmenter": "truth",
                    "score": None,
                }
            )
    return pl.DataFrame(rows, schema=INSTANCE_MASKS.schema)


class RoomFigures(NamedTuple):
    """Of several rooms together: average precision at each of `MIN_OVERLAPS`, and how many boxes there are."""

    average_precision: tuple[float, ...]
    found: int
    true: int


def room_figures(rooms: Sequence[tuple[Truth, pl.DataFrame]]) -> RoomFigures:
    """Average precision of `lifted_boxes` over all rooms: one list of boxes, each compared with its own room's."""
    tables, confidences, true = [], [], 0
    for truth, lifted in rooms:
        liftable = truly_visible(truth).sum(0) >= LEAST_VIEWS
        # The others may be found or not: whoever finds one of them is neither right nor wrong.
        overlaps = allowed_overlaps(boxes_of_table(lifted), truth.boxes)
        counted = liftable[overlaps.argmax(1)] | (overlaps.max(1, initial=0.0) < MIN_OVERLAPS[0])
        tables.append(overlaps[np.ix_(counted, liftable)])
        confidences.append(lifted["confidence"].to_numpy()[counted])
        true += int(liftable.sum())
    overlaps: NDArray[np.float64] = block_diag(*tables)
    scores = np.concatenate(confidences)
    return RoomFigures(tuple(average_precision(overlaps, scores, least) for least in MIN_OVERLAPS), len(scores), true)


def report(lifted: pl.DataFrame, annotated: pl.DataFrame) -> Iterator[str]:
    """Lines about the boxes of one scene: each annotated box with its match, then the figures at each overlap."""
    found, boxes = boxes_of_table(lifted), boxes_of_table(annotated)
    scores = [detection_score(found, boxes, lifted["confidence"], least) for least in MIN_OVERLAPS]
    loose = scores[0]
    for row, index, overlap, error in zip(
        annotated.iter_rows(named=True), loose.match, loose.overlaps, loose.center_errors, strict=True
    ):
        what = "not found" if index < 0 else f"{lifted['object_id'][int(index)]}, centre {100 * error:.1f} cm off"
        yield f"  {row['object_id']:<24} IoU {overlap:.2f}  {what}"
    extra = sorted(set(range(lifted.height)) - set(loose.match.tolist()))
    yield f"  boxes that are none of these: {', '.join(lifted['object_id'][index] for index in extra) or 'none'}"
    for score in scores:
        yield (
            f"  at IoU {score.min_overlap}: recall {score.recall:.2f}, precision {score.precision:.2f}, "
            f"AP {score.average_precision:.2f}, mean centre error {100 * score.mean_center_error:.1f} cm"
        )
