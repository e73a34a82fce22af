"""Which frames are shown together: sets of two to four that see the same object, all of them part of the view graph.

What does not live here: which pairs of frames there are (`scene_graph/view_graph.py`), which objects of two frames are
looked at (`view_sets.py`), and whether a set may be asked about (the rules).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.view_sets import Lists, distinct_draws, nameable
from openspatial_assets.engine.scene_graph.scene import SceneGraph
from openspatial_assets.engine.scene_graph.views import ViewPairs

LARGEST_ROUND = 4
"""Frames of the largest set that stands around something."""


def objects_of_views(
    scene: SceneGraph, draws: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Objects that two or three linked frames see: of each pair of views, up to `draws` of those that both see.

    Half of the objects that a frame linked with one of the two sees as well are looked at in all three: so any two of
    the three differ, as partners of one frame do (`view_graph.py`).

    Returns:
        `(c, 3)` frames in random order, padded at the end with -1; `(c,)` objects; no object twice in the same frames.
        And how many objects were not looked at.
    """
    may, views = nameable(scene), scene.views
    seen_by_both = Lists(may[views.first] & may[views.second])
    drawn = distinct_draws(seen_by_both.counts, draws, rng)
    pair, place = np.nonzero(drawn >= 0)
    objects = seen_by_both.at(pair, drawn[pair, place])
    ends = np.stack([views.first[pair], views.second[pair]], axis=1)
    third = _random_partner(views, np.where(rng.random(len(pair)) < 0.5, ends[:, 0], ends[:, 1]), rng)
    fits = may[third, objects] & (third[:, None] != ends).all(axis=1)
    third = np.where(fits & (rng.random(len(pair)) < 0.5), third, -1)
    members = np.column_stack([_padded_last(np.column_stack([ends, third])), objects])
    members = np.unique(members, axis=0)
    return shuffled(members[:, :3], rng), members[:, 3], int(seen_by_both.counts.sum()) - len(pair)


def frames_around(scene: SceneGraph, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Random sets of three or four frames that see one object: `draws` times for each frame of the view graph.

    Returns:
        `(c, LARGEST_ROUND)` frames in random order, padded at the end with -1; no set twice.
    """
    may, linked = nameable(scene), np.zeros(len(scene.frames.ids), np.bool_)
    linked[scene.views.first] = linked[scene.views.second] = True
    may[~linked] = False
    seen, seers = Lists(may), Lists(np.ascontiguousarray(may.T))
    frames = np.repeat(np.flatnonzero(seen.counts), draws)
    objects = seen.at(frames, rng.integers(0, seen.counts[frames]))
    others = seers.at(objects[:, None], distinct_draws(seers.counts[objects], LARGEST_ROUND - 1, rng))
    others[others == frames[:, None]] = -1
    others[::2, -1] = -1  # every second set has three frames at most
    members = np.unique(_padded_last(np.column_stack([frames, others])), axis=0)
    return shuffled(members[members[:, 2] >= 0], rng)


def shuffled(frames: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Each row `(c, k)` in random order, its padding, -1, at the end."""
    keys = np.where(frames >= 0, rng.random(frames.shape), 2.0)
    return np.take_along_axis(frames, keys.argsort(axis=1), axis=1)


def _padded_last(frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each row in descending order: the same for the same set, its padding, -1, at the end."""
    return -np.sort(-frames, axis=1)


def _random_partner(views: ViewPairs, frames: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """`(c,)` for each of `frames` `(c,)`, which all have some, one of the frames that it makes a pair with."""
    one, other = np.concatenate([views.first, views.second]), np.concatenate([views.second, views.first])
    order = np.lexsort([other, one])
    starts = np.searchsorted(one[order], frames)
    return other[order][rng.integers(starts, np.searchsorted(one[order], frames, side="right"))]
