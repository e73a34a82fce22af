"""Objects of one view that another view shows again, each beside one that lies outside of it.

They come in twos, so that a question about visibility is answered with yes as often as with no, whatever the scene.
Neither how an object is called nor what it is should give the answer away: both could go by their bare tag, or neither;
and of the side with more to choose from, objects are drawn whose tags are frequent on the other side. What does not
live here: where an object lies outside of a view (`out_of_view.py`), and what is asked (the rules).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.forms import OPTIONS
from openspatial_assets.engine.questions.out_of_view import MIN_OUTSIDE_SHARE, nothing_alike, outside_share
from openspatial_assets.engine.questions.referring import Kinds, kinds_of
from openspatial_assets.engine.questions.view_sets import nameable
from openspatial_assets.engine.scene_graph.scene import SceneGraph

WRONG = OPTIONS - 1

MIN_IN_FRAME = 0.25
"""Share of an object's projected box that the other view must hold: by a sliver at the edge nobody knows it again."""


@dataclass(frozen=True)
class AgainAndGone:
    """Sightings of first views, one row a pair of objects.

    Attributes:
        rows: `(c,)` places among the pairs of views, ascending.
        again: `(c,)` of an object that the second view shows too.
        gone: `(c,)` of an object that lies outside of the second view, and nothing like it is there.
        others: `(c, 3)` of such objects, in which `gone` may be; -1 in all of a row that has fewer.
        rejected: reason -> objects of first views that are in no pair.
    """

    rows: NDArray[np.int64]
    again: NDArray[np.int64]
    gone: NDArray[np.int64]
    others: NDArray[np.int64]
    rejected: Mapping[str, int]


def again_and_gone(scene: SceneGraph, views: NDArray[np.int64], most: int, rng: np.random.Generator) -> AgainAndGone:
    """Random pairs of objects of the first of two views, none in two pairs of the same views.

    Args:
        views: `(v, 2)` frames in the order shown.
        most: pairs of objects for each row of `views`, and for each way of calling them.
    """
    seen, (first, second), named = scene.sightings, views.T, nameable(scene)
    inside = np.zeros(scene.sighting_of.shape)
    inside[seen.frames, seen.objects] = seen.in_frame
    both = named[first] & named[second]
    again = both & (inside[second] >= MIN_IN_FRAME)
    gone = named[first] & nothing_alike(scene, np.unique(second))[second]
    rows, things = np.nonzero(gone)
    own = seen.boxes[scene.sighting_of[first[rows], things]]
    gone[rows, things] = outside_share(scene, own, second[rows]) >= MIN_OUTSIDE_SHARE
    kinds = kinds_of(scene)
    bare = _bare(scene, kinds, views)
    parts = []
    for alike in (bare, ~bare):
        seen_again, left = again & alike, _one_of_a_kind(gone & alike, kinds, rng)
        number_again, number_left = seen_again.sum(axis=1), left.sum(axis=1)
        oftener_left = _times(left, kinds) / _times(seen_again, kinds)
        more_again = (number_again >= number_left)[:, None]
        again_first = _in_random_order(seen_again, np.where(more_again, oftener_left, 1.0), rng)
        left_first = _in_random_order(left, np.where(more_again, 1.0, 1.0 / oftener_left), rng)
        number = np.minimum(np.minimum(number_again, number_left), most)
        rows, places = np.nonzero(np.arange(most) < number[:, None])
        chosen = np.minimum(np.arange(WRONG), left.shape[1] - 1)
        others = np.where(number_left[rows, None] >= WRONG, left_first[rows[:, None], chosen], -1)
        parts.append(np.column_stack([rows, again_first[rows, places], left_first[rows, places], others]))
    found = np.concatenate(parts)
    found = found[np.argsort(found[:, 0], kind="stable")]
    rows, things = found[:, 0], found[:, 1:]
    sightings = np.where(things >= 0, scene.sighting_of[first[rows][:, None], things], -1)
    rejected = {
        "cut_off_by_image_edge": int((both & ~again).sum()),
        "neither_visible_nor_outside": int((named[first] & ~both & ~gone).sum()),
        "no_counterpart": int(again.sum() + gone.sum()) - 2 * len(rows),
    }
    return AgainAndGone(rows, sightings[:, 0], sightings[:, 1], sightings[:, 2:], rejected)


def _bare(scene: SceneGraph, kinds: Kinds, views: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`(v, o)` whether an object's tag fits it alone among all whose boxes project into either of two views."""
    shown = scene.present[views].any(axis=1)
    return (shown.astype(np.int64) @ kinds.fits.astype(np.int64))[:, kinds.of_object] <= 1


def _one_of_a_kind(table: NDArray[np.bool_], kinds: Kinds, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The table `(v, o)` with one object, at random, of those of the same tag in a row.

    Where three of four options have the same tag, the fourth would be the right one at a glance.
    """
    kept, told = np.zeros_like(table), np.zeros((len(table), len(kinds.names)), np.bool_)
    for thing in rng.permutation(table.shape[1]).tolist():
        kind = kinds.of_object[thing]
        kept[:, thing] = table[:, thing] & ~told[:, kind]
        told[:, kind] |= table[:, thing]
    return kept


def _times(table: NDArray[np.bool_], kinds: Kinds) -> NDArray[np.float64]:
    """`(o,)` how often an object of this one's tag is in a table `(v, o)`, and one more."""
    by_kind = np.bincount(kinds.of_object, table.sum(axis=0), minlength=len(kinds.names))
    return 1.0 + by_kind[kinds.of_object]


def _in_random_order(
    table: NDArray[np.bool_], weights: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """`(v, o)` the objects of each row of a table `(v, o)` in random order, then all others.

    Each next one is drawn with a chance in proportion to its weight `(v, o)` (exponential clocks: the first to ring).
    """
    rings = np.where(table, rng.exponential(size=table.shape) / weights, np.inf)
    return np.argsort(rings, axis=1, kind="stable")
