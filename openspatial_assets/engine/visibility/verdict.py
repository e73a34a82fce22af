"""Whether an object counts as visible in a frame, and if not, why.

What does not belong here: counting its pixels (`counting.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.visibility.counting import PixelCounts
from openspatial_assets.engine.visibility.settings import VisibilitySettings

REASONS = ("ok", "outside", "occluded", "truncated", "too_small", "no_depth")
"""What `frame_visibility.reason` may say.

ok: visible. outside: the projected box grazes the image's border, and covers no pixel. no_depth: the frame, or all of
the box's silhouette, has no depth. truncated: too little of the projected box lies inside the image. occluded: too
little of it is seen, because something is in front. too_small: it is seen, but on too few pixels."""


def visible_fraction(counts: PixelCounts) -> NDArray[np.float64]:
    """Object pixels / (object + occluded pixels) `(p,)`; zero where there are neither."""
    shown = counts.object + counts.occluded
    return counts.object / np.where(shown > 0, shown, 1.0)


def reasons(counts: PixelCounts, in_frame: NDArray[np.float64], settings: VisibilitySettings) -> NDArray[np.str_]:
    """The first reason `(p,)` that holds against each object, or `ok`.

    Args:
        in_frame: `(p,)` share of the projected box inside the image.
    """
    few = counts.object < settings.min_points
    hidden = (visible_fraction(counts) < settings.min_visible_fraction) & (counts.occluded > 0)
    # Few pixels are blamed on what is in front if the object would have enough without it.
    hidden |= few & (counts.object + counts.occluded >= settings.min_points)
    return np.select(
        [
            counts.silhouette == 0,
            counts.known == 0,
            in_frame < settings.min_in_frame,
            hidden,
            few & (counts.object / in_frame >= settings.min_points),
            few,
            counts.occupancy < settings.min_occupancy,
        ],
        ["outside", "no_depth", "truncated", "occluded", "truncated", "too_small", "occluded"],
        "ok",
    )
