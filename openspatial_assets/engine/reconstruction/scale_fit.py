"""What a depth model's values mean: the scale and shift that fit them to points of known depth.

What does not belong here: the models (`resources/depth_estimator/model.py`), and camera paths (`alignment.py`).
Source: Ranftl et al., "Towards robust monocular depth estimation", PAMI 2022 (scale and shift in inverse depth).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_POINTS = 10
"""With fewer points, two unknowns are not told from the points' own errors."""

ROUNDS = 30
"""Rounds of reweighting; the fit moves by less than a thousandth after ten to twenty."""

RELATIVE_FLOOR = 0.005
"""Deviations below half a percent count as equal: without a floor, weights of points that are hit become infinite."""


def scale_and_shift(values: ArrayLike, targets: ArrayLike) -> tuple[float, float] | None:
    """The scale > 0 and shift with which `scale * values + shift` is near `targets`; None where none fits.

    Least absolute deviations, as shares of the targets, by reweighted least squares: a few false points move nothing.

    Args:
        values: `(n,)` what the model gave.
        targets: `(n,)` depth or inverse depth of the points there, > 0.
    """
    values, targets = np.asarray(values, np.float64), np.asarray(targets, np.float64)
    usable = np.isfinite(values) & np.isfinite(targets) & (targets > 0)
    values, targets = values[usable], targets[usable]
    if len(values) < MIN_POINTS or np.ptp(values) <= 0:
        return None
    # Values are centred and scaled to the order of 1, so that the normal equations are well conditioned.
    middle, spread = np.median(values), np.std(values)
    design = np.stack([(values - middle) / spread, np.ones_like(values)], axis=-1) / targets[:, None]
    weights = np.ones(len(values))
    slope = level = 0.0
    for _ in range(ROUNDS):
        root = np.sqrt(weights)
        slope, level = np.linalg.lstsq(design * root[:, None], root, rcond=None)[0]
        deviation: NDArray = np.abs(design @ np.array([slope, level]) - 1)
        weights = 1 / np.maximum(deviation, RELATIVE_FLOOR)
    if slope <= 0:
        return None
    return float(slope / spread), float(level - slope * middle / spread)
