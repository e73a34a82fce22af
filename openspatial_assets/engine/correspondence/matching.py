"""Points of one view found again in another, or the reason why not.

A pixel is back-projected with its own view's intrinsics and depth, and projected into the other view with that one's.
What does not live here: which pixels are tried (`seen_view.py`), and what else could be taken for the match
(`distractors.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.correspondence.seen_view import EDGE_PX, SeenView

MAX_DEPTH_ERROR = 0.02
MAX_GAP_M = 0.01
"""Of the projected depth, and along the ray: how far any of the four measured depths around a match may differ.

With 2 % alone, a slat 6 cm in front would pass for what it hides 3 m away; all four, lest there be an edge among them.
"""

MAX_ROUND_TRIP_PX = 2.0
"""From a pixel to where its match falls, back-projected with the depth measured there and projected back."""

NEAREST = 1e-6
"""World units: nothing this near to a camera's plane projects to a pixel."""

OK = "ok"
OUTSIDE, NEAR_EDGE, NO_DEPTH = "outside", "near_edge", "no_depth"
OCCLUDED, DEPTH_DISAGREES = "occluded", "depth_disagrees"
OTHER_OBJECT, ROUND_TRIP_TOO_LONG = "other_object", "round_trip_too_long"
TOO_FEW_DISTRACTORS = "too_few_distractors"


@dataclass(frozen=True)
class Matches:
    """Where points of one view are found in the other.

    Attributes:
        reasons: `(n,)` `ok`, or why a point has no match; the other columns mean something only where it is `ok`.
        pixels: `(n, 2)` u, v in the other view.
        depths: `(n, 2)` measured camera z in both views, world units.
        points: `(n, 3)` the point that the first view measures, in the world.
        points_found: `(n, 3)` the point that the other view measures at the match.
        round_trip_px: `(n,)` from the pixel to where the match falls back.
        depth_error: `(n,)` measured less projected depth in the other view, as a share of the projected one.
    """

    reasons: NDArray[np.str_]
    pixels: NDArray[np.float64]
    depths: NDArray[np.float64]
    points: NDArray[np.float64]
    points_found: NDArray[np.float64]
    round_trip_px: NDArray[np.float64]
    depth_error: NDArray[np.float64]


def matched(
    view: SeenView, other: SeenView, names: NDArray[np.str_], pixels: NDArray[np.int64], length_unit: float
) -> Matches:
    """The matches in `other` of pixels `(n, 2)` (u, v) of `view`.

    Args:
        names: `(n,)` the object that each pixel lies on.
        length_unit: world units that stand for a metre.
    """
    depth = view.depth_at(pixels)
    points = view.camera.back_project(pixels, depth)
    found, expected = other.camera.project(points)
    size = np.array([other.camera.width, other.camera.height])
    ahead = expected > NEAREST
    inside = ahead & ((found >= -0.5) & (found < size - 0.5)).all(axis=1)
    off_rim = ((found >= EDGE_PX - 0.5) & (found <= size - 0.5 - EDGE_PX)).all(axis=1)
    found = np.where(inside[:, None], found, 0.0)
    around, measured = _measured(other, found)
    points_found = other.camera.back_project(found, measured)
    back, back_depth = view.camera.project(points_found)
    round_trip = np.where(back_depth > NEAREST, np.linalg.norm(back - pixels, axis=1), np.inf)
    distance = np.linalg.norm(points - other.camera.center, axis=1)
    # A step in depth is a longer step along a slanting ray.
    step = MAX_GAP_M * length_unit * expected / np.where(ahead, distance, 1.0)
    tolerance = np.minimum(MAX_DEPTH_ERROR * expected, step)
    near, far = around.min(axis=1), around.max(axis=1)
    on_object, well_inside = _on(other, names, np.rint(found).astype(np.int64))
    reasons = np.select(
        [
            ~inside,
            ~off_rim,
            near <= 0,
            far < expected - tolerance,
            (near < expected - tolerance) | (far > expected + tolerance),
            ~on_object,
            ~well_inside,
            round_trip > MAX_ROUND_TRIP_PX,
        ],
        [
            OUTSIDE,
            NEAR_EDGE,
            NO_DEPTH,
            OCCLUDED,
            DEPTH_DISAGREES,
            OTHER_OBJECT,
            NEAR_EDGE,
            ROUND_TRIP_TOO_LONG,
        ],
        OK,
    )
    error = (measured - expected) / np.where(ahead, expected, 1.0)
    return Matches(reasons, found, np.stack([depth, measured], axis=1), points, points_found, round_trip, error)


def _measured(view: SeenView, pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The depths `(n, 4)` of the four pixels around each of `pixels` `(n, 2)`, and the depth `(n,)` between them.

    The inverse of depth is linear over the image of a plane, so that is what is interpolated; 0 where one has none.
    """
    low = np.floor(pixels).astype(np.int64)
    share = pixels - low
    corners = low[:, None] + np.array([(0, 0), (1, 0), (0, 1), (1, 1)])
    corners = np.clip(corners, 0, (view.camera.width - 1, view.camera.height - 1))
    around = view.depth_at(corners)
    across, down = np.stack([1 - share[:, 0], share[:, 0]], 1), np.stack([1 - share[:, 1], share[:, 1]], 1)
    weights = (down[:, :, None] * across[:, None, :]).reshape(-1, 4)
    whole = (around > 0).all(axis=1)
    inverse = (weights / np.where(around > 0, around, 1.0)).sum(axis=1)
    return around, np.where(whole, 1.0 / inverse, 0.0)


def _on(
    view: SeenView, names: NDArray[np.str_], pixels: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether pixels `(n, 2)` lie on the objects `names` `(n,)`, and whether far enough from any edge."""
    on_object, well_inside = np.zeros(len(pixels), np.bool_), np.zeros(len(pixels), np.bool_)
    for name in set(names.tolist()) & view.regions.keys():
        same = names == name
        on_object[same], well_inside[same] = view.regions[name].holds(pixels[same])
    return on_object, well_inside
