"""Where a third object lies for someone who stands at a first one and knows where a second one lies.

What does not live here: what the directions are called (`directions.py`), and which objects are looked at together
(`view_sets.py`).
"""

from math import ceil

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.questions.candidates import Sieve
from openspatial_assets.engine.questions.directions import (
    SECTOR_DEG,
    SECTORS,
    clockwise_deg,
    off_axis_deg,
    sector_of,
    swing_deg,
)
from openspatial_assets.engine.questions.gates import BOX_SHIFT_M
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_CENTER_DISTANCE_M = 0.5
"""Between each two of the three objects in the horizontal plane: closer ones have no clear direction."""

MAX_OFF_AXIS_DEG = 15.0
MIN_CORNERS_IN_SECTOR = 6


def keep_clear_bearings(sieve: Sieve, scene: SceneGraph) -> None:
    """Keep the rows in which `c` lies, for someone at `a`, clearly in one of the eight directions counted from `b`.

    Args:
        sieve: columns `a`, `b` and `c` of sightings. It is given `bearing`, degrees clockwise from `b` to `c`;
            `off_axis`, degrees from there to the middle of its sector; `corners`, how many of those of `c` lie in that
            sector; and `apart`, the least horizontal distance of two of the centres, world units.
    """
    boxes = scene.sightings.boxes
    a, b, c = (boxes.centers[sieve[name], :2] for name in "abc")
    to_b, to_c = b - a, c - a
    lengths = [np.linalg.norm(side, axis=1) for side in (to_b, to_c, c - b)]
    sieve["apart"], bearing = np.min(lengths, axis=0), clockwise_deg(to_b, to_c)
    sieve["bearing"], sieve["off_axis"] = bearing, off_axis_deg(bearing, sector_of(bearing))
    shift = BOX_SHIFT_M * scene.length_unit
    sieve["swing"] = swing_deg(shift, lengths[0]) + swing_deg(shift, lengths[1])
    sieve.keep("centers_too_close", sieve["apart"] >= MIN_CENTER_DISTANCE_M * scene.length_unit)
    sieve.keep("between_two_directions", sieve["off_axis"] <= MAX_OFF_AXIS_DEG)
    sieve.keep("direction_not_firm", sieve["off_axis"] + sieve["swing"] <= SECTOR_DEG / 2)
    sieve["corners"] = _corners_in_sector(boxes, *(sieve[name] for name in ("a", "b", "c", "bearing")))
    sieve.keep("corners_outside_sector", sieve["corners"] >= MIN_CORNERS_IN_SECTOR)
    sieve.keep("footprints_overlap", _apart_on_the_floor(boxes, sieve["a"], sieve["b"], sieve["c"]))


def even_out_directions(sieve: Sieve, rng: np.random.Generator) -> None:
    """Keep of no direction more rows than there would be if all eight were equally frequent.

    Things that no view shows together lie to the sides of each other rather than one behind the other; without this,
    one could guess where `c` is from being told where `b` is.
    """
    sieve.sample(sector_of(sieve["bearing"]), max(ceil(len(sieve) / SECTORS), 1), rng)


def _corners_in_sector(
    boxes: Boxes, a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64], bearing: NDArray[np.float64]
) -> NDArray[np.int64]:
    """`(n,)` how many corners of the boxes `c` lie in the sector of their bearing, seen from the centre of `a`."""
    start = boxes.centers[a, None, :2]
    corners = clockwise_deg(boxes.centers[b, None, :2] - start, boxes[c].corners[..., :2] - start)
    return (off_axis_deg(corners, sector_of(bearing)[:, None]) <= SECTOR_DEG / 2).sum(axis=1)


def _apart_on_the_floor(boxes: Boxes, *members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`(n,)` whether no two of the boxes of `members` `(n,)` each cover the same ground."""
    used, place = np.unique(np.concatenate(members), return_inverse=True)
    hulls = shapely.convex_hull(shapely.multipoints(boxes[used].corners[..., :2]))
    first, second, third = hulls[place.reshape(len(members), -1)]
    return ~(shapely.intersects(first, second) | shapely.intersects(first, third) | shapely.intersects(second, third))
