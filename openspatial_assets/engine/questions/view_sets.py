"""Which objects of two views are looked at together: sets out of both, and objects that only one of the views shows.

Everything is drawn for all pairs of views at once, so a scene of thousands of pairs costs no loop. What does not live
here: which pairs of views there are (`scene_graph/views.py`), and whether a set may be asked about (the rules).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Sieve
from openspatial_assets.engine.questions.gates import MIN_VISIBLE_FRACTION, well_in_image
from openspatial_assets.engine.questions.referring import asked_about
from openspatial_assets.engine.scene_graph.scene import SceneGraph

NO_VIEW_PAIRS = "no_view_pairs"
"""Why a scene whose frames show nothing together, or that has one frame only, gives no questions of two views."""

TOO_FEW_OBJECTS = "too_few_objects"


def shown_views(scene: SceneGraph, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(v, 2)` frames of each pair of views, in the order shown: either order, at random."""
    views = np.stack([scene.views.first, scene.views.second], axis=1)
    return np.where(rng.random((len(views), 1)) < 0.5, views, views[:, ::-1])


def nameable(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(f, o)` whether a question may name the object in the frame: it is seen well enough, and its tag says what."""
    seen, may = scene.sightings, np.zeros(scene.sighting_of.shape, np.bool_)
    well_seen = (seen.visible_fraction >= MIN_VISIBLE_FRACTION) & well_in_image(scene)
    may[seen.frames, seen.objects] = asked_about(scene) & well_seen
    return may


def count_unnamed(sieve: Sieve, scene: SceneGraph, views: NDArray[np.int64], in_both: bool = False) -> None:
    """Count what is not looked at in `views` `(v, 2)`: sightings that no question may name; a scene without such views.

    Args:
        in_both: whether objects that can be glimpsed in both views are not looked at either.
    """
    sieve.count(NO_VIEW_PAIRS, int(len(views) == 0))
    seen, tagged = scene.sightings, asked_about(scene)
    times = np.bincount(views.reshape(-1), minlength=len(scene.frames.ids))[seen.frames]
    faint = seen.visible_fraction < MIN_VISIBLE_FRACTION
    sieve.count("tag_not_asked_about", int(times[~tagged].sum()))
    sieve.count("not_visible_enough", int(times[tagged & faint].sum()))
    sieve.count("barely_in_the_image", int(times[tagged & ~faint & ~well_in_image(scene)].sum()))
    if in_both:
        twice = nameable(scene)[views].any(axis=1) & scene.glimpsed[views].all(axis=1)
        sieve.count("seen_in_both_views", int(twice.sum()))


def seen_only_in(scene: SceneGraph, views: NDArray[np.int64], place: int) -> NDArray[np.bool_]:
    """`(v, o)` whether an object can be named in the view at `place` (0 or 1) and not even be glimpsed in the other."""
    return nameable(scene)[views[:, place]] & ~scene.glimpsed[views[:, 1 - place]]


def clearest(scene: SceneGraph, views: NDArray[np.int64], objects: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sighting of each object in that of two views that shows more of it; the first of equal ones.

    Args:
        views: `(c, 2)` frames.
        objects: `(c, k)`, padded with -1, each with a sighting in one of the views at least.

    Returns:
        `(c, k)`, padded with -1.
    """
    places = np.where(objects[:, None] >= 0, scene.sighting_of[views[:, :, None], objects[:, None]], -1)
    # The entry at the end is what the padding, -1, reads.
    fraction = np.append(scene.sightings.visible_fraction, -1.0)[places]
    return np.where(fraction[:, 0] >= fraction[:, 1], places[:, 0], places[:, 1])


class Lists:
    """The objects that a table `(v, o)` says yes to, as one list a row.

    Attributes:
        counts: `(v,)` how many there are in each row.
    """

    def __init__(self, table: NDArray[np.bool_]) -> None:
        self.counts = table.sum(axis=1)
        self._items = np.append(np.nonzero(table)[1], -1)
        self._starts = np.cumsum(self.counts) - self.counts

    def at(self, rows: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The objects at `places` of the lists of `rows`, arrays of equal shape; -1 where the place is -1."""
        return self._items[np.where(places >= 0, self._starts[rows] + places, -1)]


def distinct_draws(counts: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(m, size)` different random numbers of each row, from 0 to below `counts`; at the end -1 where there are fewer.

    The k-th number is drawn from as many as are left, and moved up past those that were drawn before it.
    """
    drawn = np.empty((len(counts), size), np.int64)
    for place in range(size):
        number = rng.integers(0, np.maximum(counts - place, 1))
        for earlier in np.sort(drawn[:, :place], axis=1).T:
            number += number >= earlier
        drawn[:, place] = number
    return np.where(np.arange(size) < counts[:, None], drawn, -1)


def one_of_each(
    lists: Sequence[Lists], most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Random choices of one object from each of the `lists` of a row, none twice.

    Args:
        most: choices from each row.

    Returns:
        `(c,)` rows, ascending; `(c, len(lists))` the objects; and how many other choices there are.
    """
    totals = np.prod([entry.counts for entry in lists], axis=0, dtype=np.int64)
    numbers = distinct_draws(totals, most, rng)
    rows, places = np.nonzero(numbers >= 0)
    rest, chosen = numbers[rows, places], []
    for entry in lists:
        rest, place = np.divmod(rest, entry.counts[rows])
        chosen.append(entry.at(rows, place))
    return rows, np.stack(chosen, axis=1), int(totals.sum()) - len(rows)


def one_and_others(
    lists: Lists, sizes: Sequence[int], draws: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random choices of one object and a few others of the same list, at most `draws` a list and none twice.

    Args:
        sizes: how many others, in turn; a list with fewer objects gives fewer, and none below the smallest size.

    Returns:
        `(c,)` rows, ascending; `(c, 1 + max(sizes))` the object and the others, padded at the end with -1.
    """
    rows = np.repeat(np.flatnonzero(lists.counts > min(sizes)), draws)
    wanted = 1 + np.resize(np.array(sizes), len(rows))
    places = distinct_draws(lists.counts[rows], 1 + max(sizes), rng)
    members = lists.at(rows[:, None], np.where(np.arange(1 + max(sizes)) < wanted[:, None], places, -1))
    others = -np.sort(-members[:, 1:], axis=1)  # the padding last
    found = np.unique(np.column_stack([rows, members[:, 0], others]), axis=0)
    return found[:, 0], found[:, 1:]
