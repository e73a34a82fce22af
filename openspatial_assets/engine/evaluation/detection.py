"""How well found boxes agree with annotated ones: which belong together, precision, recall and average precision.

What does not belong here: the overlap of two boxes (`engine/geometry/overlap.py`), and which labels mean the same: who
wants labels to count says by `same_label` which pairs may belong together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.overlap import oriented_iou


@dataclass(frozen=True)
class DetectionScore:
    """Found boxes against annotated ones, at one least overlap.

    Attributes:
        min_overlap: oriented IoU from which two boxes may belong together.
        match: `(m,)` number of the found box that belongs to each annotated one; -1 for none.
        overlaps: `(m,)` oriented IoU of each annotated box with its match; where it has none, the largest with any
            found box that may belong to it: how near a miss it is.
        center_errors: `(m,)` metres between the centres of a match; NaN where there is none.
        precision: share of the found boxes that belong to an annotated one; NaN where nothing was found.
        recall: share of the annotated boxes that were found; NaN where nothing is annotated.
        average_precision: `average_precision` of all boxes together, whatever they are called.
    """

    min_overlap: float
    match: NDArray[np.intp]
    overlaps: NDArray[np.float64]
    center_errors: NDArray[np.float64]
    precision: float
    recall: float
    average_precision: float

    @property
    def mean_center_error(self) -> float:
        """Metres, over the matches; NaN where there is none."""
        errors = self.center_errors[self.match >= 0]
        return float(errors.mean()) if len(errors) else float("nan")


def detection_score(
    found: Boxes,
    annotated: Boxes,
    confidences: ArrayLike,
    min_overlap: float,
    same_label: ArrayLike | None = None,
) -> DetectionScore:
    """Compare `n` found with `m` annotated boxes.

    Args:
        confidences: `(n,)` of the found boxes, any scale.
        same_label: `(n, m)` whether two boxes may belong together; None: any may.
    """
    overlaps = allowed_overlaps(found, annotated, same_label)
    match = matched(overlaps, min_overlap)
    best = overlaps.max(axis=0, initial=0.0)
    hit = match >= 0
    errors = np.full(len(annotated), np.nan)
    best[hit] = overlaps[match[hit], hit]
    errors[hit] = np.linalg.norm(found.centers[match[hit]] - annotated.centers[hit], axis=-1)
    return DetectionScore(
        min_overlap=min_overlap,
        match=match,
        overlaps=best,
        center_errors=errors,
        precision=_share(hit.sum(), len(found)),
        recall=_share(hit.sum(), len(annotated)),
        average_precision=average_precision(overlaps, confidences, min_overlap),
    )


def allowed_overlaps(found: Boxes, annotated: Boxes, same_label: ArrayLike | None = None) -> NDArray[np.float64]:
    """`(n, m)` oriented IoU of every found with every annotated box; 0 where `same_label` `(n, m)` forbids the pair."""
    overlaps = oriented_iou(found[:, None], annotated[None, :])
    return overlaps if same_label is None else np.where(np.asarray(same_label, bool), overlaps, 0.0)


def matched(overlaps: NDArray[np.float64], min_overlap: float) -> NDArray[np.intp]:
    """The found box of each annotated one `(m,)`, -1 for none: no box twice, as many pairs as possible.

    Of all ways to make most pairs of at least `min_overlap`, the one with the largest sum of overlaps (Kuhn, "The
    Hungarian method for the assignment problem", 1955). Confidences play no part: how many pairs there are should not
    depend on an order.

    Args:
        overlaps: `(n, m)`, 0 to 1.
    """
    good = (overlaps >= min_overlap) & (overlaps > 0)
    one_pair_more = min(overlaps.shape) + 1.0  # outweighs any sum of overlaps
    found, annotated = linear_sum_assignment(np.where(good, overlaps + one_pair_more, 0.0), maximize=True)
    kept = good[found, annotated]
    match = np.full(overlaps.shape[1], -1)
    match[annotated[kept]] = found[kept]
    return match


def average_precision(overlaps: NDArray[np.float64], confidences: ArrayLike, min_overlap: float) -> float:
    """Area under the interpolated curve of precision over recall, 0 to 1; NaN where nothing is annotated.

    As the PASCAL VOC devkit has it since 2010, and after it the benchmarks of 3D boxes (SUN RGB-D, ScanNet; VoteNet's
    `eval_det`): found boxes in the order of falling confidence, equal ones in the order given; each belongs to the
    annotated box that it overlaps most, is right if that is at least `min_overlap` and no box before it had the same
    one, and else is wrong. Precision at a recall is the largest at any recall that is at least as high.

    Args:
        overlaps: `(n, m)` IoU of `n` found and `m` annotated boxes.
        confidences: `(n,)`.
    """
    number, annotated = overlaps.shape
    if not annotated:
        return float("nan")
    if not number:
        return 0.0
    order = np.argsort(-np.asarray(confidences, np.float64), kind="stable")
    best = overlaps[order].argmax(axis=1)
    enough = overlaps[order, best]
    enough = (enough >= min_overlap) & (enough > 0)
    right = np.zeros(number, bool)
    # The first of those that have enough in common with an annotated box; np.unique gives the first of each.
    candidates = np.nonzero(enough)[0]
    right[candidates[np.unique(best[candidates], return_index=True)[1]]] = True
    hits = np.cumsum(right)
    precision = np.maximum.accumulate((hits / np.arange(1, number + 1))[::-1])[::-1]
    return float(precision[right].sum() / annotated)


def mean_average_precision(
    overlaps: NDArray[np.float64],
    confidences: ArrayLike,
    same_label: ArrayLike,
    labels: Sequence[str],
    threshold: float,
) -> float:
    """Mean over the annotated labels of `average_precision` among the boxes of each label; NaN for no labels.

    Args:
        overlaps: `(n, m)` IoU of found and annotated boxes.
        confidences: `(n,)`.
        same_label: `(n, m)` whether the label of a found box means that of an annotated one.
        labels: `(m,)` of the annotated boxes. Found boxes whose label means none of these are not counted.
        threshold: least overlap.
    """
    same, confidences, labels = np.asarray(same_label, bool), np.asarray(confidences, np.float64), np.asarray(labels)
    values = []
    for label in np.unique(labels):
        columns = labels == label
        rows = same[:, columns].any(axis=1)
        values.append(average_precision(overlaps[np.ix_(rows, columns)], confidences[rows], threshold))
    return float(np.mean(values)) if values else float("nan")


def _share(part: int, whole: int) -> float:
    return float(part) / whole if whole else float("nan")
