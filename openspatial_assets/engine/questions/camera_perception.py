"""Camera perception: how far the objects of one image are from its camera, and how the cameras of several images stand.

Rules and margins: the section "Camera perception" of the sub-task specification. An object's depth is the median camera
z over its mask. What does not live here: what the masks are, and the geometry of several cameras (`camera_views.py`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.camera_views import (
    AHEAD,
    BACK,
    ROTATION,
    camera_motions,
    cameras_around,
    closeness_margin,
    motion_margin,
    object_distances,
    surround_margin,
)
from openspatial_assets.engine.questions.candidates import Candidates, Draft
from openspatial_assets.engine.questions.depth_sets import depth_gaps, depth_sets, required_gaps
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, OPTIONS, Turn
from openspatial_assets.engine.questions.gates import depth_measure, length_key, visible_margin
from openspatial_assets.engine.questions.grammar import ordinal
from openspatial_assets.engine.questions.options import wrong_orders
from openspatial_assets.engine.questions.referring import at_point
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

DIGITS, LETTERS = "12345", "ABCDE"


@subtask(paper_name="Depth-choice", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("rank",), version="1")
def depth_choice(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of three to five marked objects is the k-th closest to the camera."""
    seen = scene.sightings
    sieve = depth_sets(scene, settings, rng)
    sieve["place"] = rng.integers(0, sieve["size"])
    wide = depth_gaps(sieve["depth"]) >= required_gaps(scene, sieve["depth"])
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
        gaps, required = depth_gaps(depth[row : row + 1])[0], required_gaps(scene, depth[row : row + 1])[0]
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
    sieve = depth_sets(scene, settings, rng)
    wide = depth_gaps(sieve["depth"]) >= required_gaps(scene, sieve["depth"])
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
        gaps, required = depth_gaps(depth[row : row + 1])[0], required_gaps(scene, depth[row : row + 1])[0]
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


@subtask(
    paper_name="Dis.-obj-cam",
    forms=(OPEN_ENDED, JUDGEMENT),
    asks=("closest", "farthest"),
    version="1",
    of_views=True,
)
def distance_object_camera(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """In which of two or three views the camera is closest to an object, or farthest from it."""
    seen, boxes = scene.sightings, scene.sightings.boxes
    parts = (boxes.centers, boxes.extents, boxes.rpy)  # angles of all boxes at once: one by one they take milliseconds
    sieve = object_distances(scene, settings, rng)
    key = length_key(scene, "distance")

    def draft(row: int, turn: Turn) -> Draft:
        size, ends = int(sieve["size"][row]), np.flatnonzero(sieve["clear"][row])
        end, distance = int(ends[turn.asks % len(ends)]), sieve["distance"][row, :size]
        shown = sieve["sightings"][row, :size].tolist()
        right = int(distance.argmax() if end else distance.argmin())
        claimed = right if turn.first else (right + int(turn.rng.integers(1, size))) % size
        asks = ("closest", "farthest")[end]
        extreme = (("closer", "farther") if size == 2 else ("closest", "farthest"))[end]
        effective = zip(*(part[shown].tolist() for part in parts), strict=True)
        return Draft(
            asks,
            (shown[0],),
            {str(number): {key: value} for number, value in enumerate(distance.tolist(), start=1)},
            closeness_margin(scene, sieve, row, end),
            label=str(right + 1),
            right=f"View {right + 1}",
            claim=(asks, str(claimed + 1), "views") if turn.form == JUDGEMENT else None,
            holds=turn.first if turn.form == JUDGEMENT else None,
            words={"extreme": f"{extreme} {('to', 'from')[end]}", "claimed": f"View {claimed + 1}"},
            further={
                "boxes_by_view": {
                    str(number): dict(zip(("center", "extents", "rpy"), box, strict=True))
                    for number, box in enumerate(effective, start=1)
                }
            },
            marked_in_every_view=True,
        )

    objects = seen.objects[sieve["sightings"][:, 0]]
    return Candidates(
        frames=sieve["frames"],
        facts=np.column_stack([np.sort(sieve["frames"], axis=1), objects]),
        rejected=sieve.rejected,
        draft=draft,
    )


@subtask(
    paper_name="Cam-motion",
    forms=(OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT),
    asks=("rotation", "translation"),
    version="1",
    of_views=True,
)
def camera_motion(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which way the camera was turned, or moved, from one view to another."""
    sieve = camera_motions(scene, rng)
    kinds, answers = sieve["kind"], list(zip(sieve["axis"].tolist(), sieve["ahead"].tolist(), strict=True))
    rows_of = [np.flatnonzero(kinds == kind) for kind in range(2)]
    keys = (("yaw_deg", "pitch_deg", "roll_deg"), tuple(length_key(scene, name) for name in ("x", "y", "z")))

    def draft(row: int, turn: Turn) -> Draft:
        kind, (axis, ahead) = int(kinds[row]), answers[row]
        asks = ("rotation", "translation")[kind]
        right, opposite = _direction(axis, ahead), _direction(axis, not ahead)
        # What is claimed falsely is drawn from what is true elsewhere, so that no claim is telling by itself.
        claimed = right if turn.first else _direction(*answers[turn.rng.choice(rows_of[kind])])
        if claimed == right and not turn.first:
            claimed = opposite
        other = int(turn.rng.choice([one for one in range(3 - (kind == ROTATION)) if one != axis]))
        scale, signs = (np.degrees(1.0), (1, 1, 1)) if kind == ROTATION else (1.0, (1, -1, 1))
        measure = dict(zip(keys[kind], (sieve["motion"][row] * signs * scale).tolist(), strict=True))
        return Draft(
            asks,
            (),
            {"2": measure},
            motion_margin(scene, sieve, row),
            label=right,
            right=right,
            wrong=(opposite, _direction(other, True), _direction(other, False)),
            claim=(claimed, "2", "1") if turn.form == JUDGEMENT else None,
            holds=turn.first if turn.form == JUDGEMENT else None,
            words={"way": _way(right), "claimed": _way(claimed)},
        )

    return Candidates(
        frames=sieve["frames"],
        facts=np.column_stack([np.sort(sieve["frames"], axis=1), kinds]),
        rejected=sieve.rejected,
        draft=draft,
    )


def _direction(axis: int, ahead: bool) -> str:
    return (AHEAD if ahead else BACK)[axis]


def _way(direction: str) -> str:
    """The direction as an adverb: to the left, upward, forward."""
    if direction in ("left", "right"):
        return f"to the {direction}"
    return f"{direction}ward" if direction in ("up", "down") else direction


@subtask(
    paper_name="Cam-pose",
    forms=(OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT),
    asks=("clockwise", "counterclockwise"),
    version="1",
    of_views=True,
)
def camera_pose(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """In which order three or four cameras stand around what they look at, seen from above."""
    sieve = cameras_around(scene, settings, rng)

    def draft(row: int, turn: Turn) -> Draft:
        size, sense = int(sieve["size"][row]), turn.asks % 2
        bearing = sieve["bearing"][row, :size]
        onward = (bearing - bearing[0]) % (2 * np.pi) * (1 if sense else -1) % (2 * np.pi)
        views = [str(number + 1) for number in np.argsort(onward).tolist()]
        wrong = wrong_orders(views[1:], turn.rng)
        claimed = views if turn.first else ["1", *wrong[0]]
        asks = ("clockwise", "counterclockwise")[sense]
        return Draft(
            asks,
            (),
            {str(number): {"bearing_deg": value} for number, value in enumerate(np.degrees(bearing).tolist(), start=1)},
            surround_margin(scene, sieve, row),
            label=">".join(views),
            right=_views_in_order(views),
            wrong=tuple(_views_in_order(["1", *order]) for order in wrong),
            claim=(asks, ">".join(claimed), "views") if turn.form == JUDGEMENT else None,
            holds=turn.first if turn.form == JUDGEMENT else None,
            words={"sense": asks, "claimed": _views_in_order(claimed)},
            further={"center": sieve["center"][row].tolist()},
        )

    return Candidates(
        frames=sieve["frames"],
        facts=np.sort(sieve["frames"], axis=1),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: sieve["size"] == OPTIONS},
    )


def _views_in_order(views: Sequence[str]) -> str:
    return ", ".join(f"View {view}" for view in views)
