"""Sets of objects of one image that are compared by depth, and the gaps that they must have.

What does not live here: the questions about them (`camera_perception.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Sieve
from openspatial_assets.engine.questions.gates import keep_named
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.groups import sets_in_frames
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_GAP_M = 0.15
MIN_GAP_SHARE = 0.08
"""Of the farther of two depths, the stricter reading of a share."""

SMALLEST_SET = 3

MIN_MARK_GAP_SHARE = 0.08
"""Of the image's shorter side: two points closer than that cover each other with their labels (38 pixels of 480)."""


def depth_sets(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
    """Random sets of marked objects, one row a set.

    Columns: `near_to_far` `(c, 5)` sightings, padded with -1; `size` `(c,)`; `depth` `(c, 6, 3)` quartiles, infinite
    where there is no member, so that the gap to it is as wide as can be.
    """
    seen = scene.sightings
    things = Sieve(a=np.arange(len(seen)))
    keep_named(things, scene, "a")
    things.keep("no_depth", seen.has_depth[things["a"]])
    places, too_few = sets_in_frames(seen.frames[things["a"]], SMALLEST_SET, settings.draws_per_frame, rng)
    things.count("too_few_objects", too_few)
    # An entry at the end of each array is what the padding, -1, reads.
    members = np.append(things["a"], -1)[places]
    depth = np.append(seen.depth_quartiles, np.full((1, 3), np.inf), axis=0)[members]
    order = np.argsort(depth[..., 1], axis=1, kind="stable")
    sieve = Sieve(
        near_to_far=np.take_along_axis(members, order, axis=1),
        size=(members >= 0).sum(axis=1),
        depth=np.pad(
            np.take_along_axis(depth, order[..., None], axis=1), ((0, 0), (0, 1), (0, 0)), constant_values=np.inf
        ),
    )
    for reason, number in things.rejected.items():
        sieve.count(reason, number)
    sieve.keep("marks_too_close", _marks_apart(scene, sieve["near_to_far"]))
    return sieve


def _marks_apart(scene: SceneGraph, members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`(c,)` whether all points of a set `(c, 5)` are far enough from each other to be told apart."""
    seen = scene.sightings
    points = seen.mark_points[members]
    gaps = np.linalg.norm(points[:, :, None] - points[:, None, :], axis=-1)
    real = (members >= 0)[:, :, None] & (members >= 0)[:, None, :] & ~np.eye(members.shape[1], dtype=np.bool_)
    least = MIN_MARK_GAP_SHARE * scene.frames.sizes[seen.frames[members[:, 0]]].min(axis=1)
    return np.where(real, gaps, np.inf).min(axis=(1, 2)) >= least


def required_gaps(scene: SceneGraph, depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(c, 5)` the least gap between each median depth and the next one, for quartiles `(c, 6, 3)`."""
    return np.maximum(MIN_GAP_M * scene.length_unit, MIN_GAP_SHARE * depth[:, 1:, 1])


def depth_gaps(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(c, 5)` from each median depth to the next one, for quartiles `(c, 6, 3)`; infinite after the last member."""
    nearer = depth[:, :-1, 1]
    return np.where(np.isfinite(nearer), depth[:, 1:, 1], np.inf) - np.where(np.isfinite(nearer), nearer, 0.0)
