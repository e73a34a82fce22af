"""Camera perception: how far the objects of one image are from its camera.

Rules and margins: the section "Camera perception" of the sub-task specification. An object's depth is the median camera
z over its mask. What does not live here: what the masks are, and which objects are compared in pairs.
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Sieve
from openspatial_assets.engine.questions.forms import MULTIPLE_CHOICE, OPEN_ENDED, OPTIONS, Turn
from openspatial_assets.engine.questions.gates import depth_measure, keep_named, length_key, visible_margin
from openspatial_assets.engine.questions.grammar import ordinal
from openspatial_assets.engine.questions.options import wrong_orders
from openspatial_assets.engine.questions.referring import at_point
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.groups import sets_in_frames
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_GAP_M = 0.15
MIN_GAP_SHARE = 0.08
"""Of the farther of two depths, the stricter reading of a share."""

SMALLEST_SET = 3

MIN_MARK_GAP_SHARE = 0.08
"""Of the image's shorter side: two points closer than that cover each other with their labels (38 pixels of 480)."""

DIGITS, LETTERS = "12345", "ABCDE"


def _sets(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
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


def _required_gaps(scene: SceneGraph, depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(c, 5)` the least gap between each median depth and the next one, for quartiles `(c, 6, 3)`."""
    return np.maximum(MIN_GAP_M * scene.length_unit, MIN_GAP_SHARE * depth[:, 1:, 1])


def _gaps(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(c, 5)` from each median depth to the next one, for quartiles `(c, 6, 3)`; infinite after the last member."""
    nearer = depth[:, :-1, 1]
    return np.where(np.isfinite(nearer), depth[:, 1:, 1], np.inf) - np.where(np.isfinite(nearer), nearer, 0.0)


@subtask(paper_name="Depth-choice", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("rank",), version="1")
def depth_choice(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of three to five marked objects is the k-th closest to the camera."""
    seen = scene.sightings
    sieve = _sets(scene, settings, rng)
    sieve["place"] = rng.integers(0, sieve["size"])
    wide = _gaps(sieve["depth"]) >= _required_gaps(scene, sieve["depth"])
    wide = np.concatenate([np.ones((len(sieve), 1), np.bool_), wide], axis=1)  # nothing is nearer than the first
    row = np.arange(len(sieve))
    sieve.keep("depths_too_close", wide[row, sieve["place"]] & wide[row, sieve["place"] + 1])
    members, sizes, places, depth = sieve["near_to_far"], sieve["size"], sieve["place"], sieve["depth"]
    names = [length_key(scene, name) for name in ("gap_to_nearer", "gap_to_farther")]

    def draft(row: int, turn: Turn) -> Draft:
        size, place = int(sizes[row]), int(places[row])
        ordered = members[row, :size].tolist()
        right = ordered[place]
        named, labels = _shown(ordered, turn)
        others = [one for one in named if one != right]
        gaps, required = _gaps(depth[row : row + 1])[0], _required_gaps(scene, depth[row : row + 1])[0]
        sides = [(name, at) for name, at in zip(names, (place - 1, place), strict=True) if 0 <= at < size - 1]
        last = place == size - 1 and bool(turn.rng.integers(2))
        return Draft(
            "rank",
            named,
            {scene.object_ids[seen.objects[one]]: depth_measure(scene, one) for one in named},
            visible_margin(
                scene,
                named,
                {name: float(required[at]) for name, at in sides},
                {name: float(gaps[at]) for name, at in sides},
            ),
            label=scene.object_ids[seen.objects[right]],
            right=right,
            wrong=tuple(others[index] for index in turn.rng.permutation(len(others))[: OPTIONS - 1].tolist()),
            words={"rank": "farthest from" if last else f"{ordinal(place + 1)}closest to"},
            further={"rank": place + 1},
            point_labels=labels,
            by_point_only=bool(turn.rng.integers(2)),
        )

    return Candidates(
        frames=_frames_of(scene, members),
        facts=np.column_stack([_objects_of(scene, members), places]),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: sizes >= OPTIONS},
    )


@subtask(paper_name="Depth-order", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("order",), version="1")
def depth_order(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """The order of three to five marked objects from the nearest to the farthest."""
    seen = scene.sightings
    sieve = _sets(scene, settings, rng)
    wide = _gaps(sieve["depth"]) >= _required_gaps(scene, sieve["depth"])
    sieve.keep("depths_too_close", wide.all(axis=1))
    real = np.isfinite(sieve["depth"][:, 1:, 0])
    apart = sieve["depth"][:, :-1, 2] < sieve["depth"][:, 1:, 0]
    sieve.keep("depth_ranges_overlap", (apart | ~real).all(axis=1))
    members, sizes, depth = sieve["near_to_far"], sieve["size"], sieve["depth"]
    gap_name, range_name = length_key(scene, "adjacent_gaps"), length_key(scene, "quartile_gaps")

    def draft(row: int, turn: Turn) -> Draft:
        size = int(sizes[row])
        ordered = members[row, :size].tolist()
        named, labels = _shown(ordered, turn)
        label_of = dict(zip(named, labels, strict=True))
        right = [label_of[one] for one in ordered]
        ids = {one: scene.object_ids[seen.objects[one]] for one in ordered}
        by_point_only = bool(turn.rng.integers(2))
        called = [f"point {label}" for label in right]
        if not by_point_only:
            called = [at_point(scene.tags[seen.objects[one]], label_of[one], False).text for one in ordered]
        gaps, required = _gaps(depth[row : row + 1])[0], _required_gaps(scene, depth[row : row + 1])[0]
        between = depth[row, 1:size, 0] - depth[row, : size - 1, 2]
        wrong = wrong_orders(right, turn.rng) if turn.form == MULTIPLE_CHOICE else ()
        return Draft(
            "order",
            named,
            {ids[one]: depth_measure(scene, one) for one in named},
            visible_margin(
                scene,
                named,
                {gap_name: required[: size - 1].tolist(), range_name: 0.0},
                {gap_name: gaps[: size - 1].tolist(), range_name: between.tolist()},
            ),
            label=">".join(ids[one] for one in ordered),
            right=", ".join(right),
            wrong=tuple(", ".join(order) for order in wrong),
            words={"sequence": ", ".join(called), "labels": ", ".join(sorted(labels))},
            point_labels=labels,
            by_point_only=by_point_only,
        )

    return Candidates(
        frames=_frames_of(scene, members),
        facts=_objects_of(scene, members),
        rejected=sieve.rejected,
        draft=draft,
    )


def _shown(members: list[int], turn: Turn) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The members in a random order, and the labels of their points: digits where options have letters."""
    named = tuple(members[index] for index in turn.rng.permutation(len(members)).tolist())
    alphabet = DIGITS if turn.form == MULTIPLE_CHOICE or turn.first else LETTERS
    return named, tuple(alphabet[: len(named)])


def _frames_of(scene: SceneGraph, members: NDArray[np.int64]) -> NDArray[np.int64]:
    return scene.sightings.frames[members[:, 0]][:, None]


def _objects_of(scene: SceneGraph, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """`(c, 5)` objects of the members, in ascending order, -1 where there is none."""
    return np.sort(np.where(members >= 0, scene.sightings.objects[members], -1), axis=1)
