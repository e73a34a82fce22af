"""What several views of a scene tell of their cameras: how near each is to an object, how one leads to the next, and
how they stand around what they look at. The gates of these questions live here, each beside what it measures.

What does not live here: how the questions are put (`camera_perception.py`). A margin in metres is scaled in a scene
without real-world scale (`SceneGraph.length_unit`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import point_box_distance
from openspatial_assets.engine.geometry.camera_motion import around, nearest_to_axes, second_from_first
from openspatial_assets.engine.questions.candidates import OVER_BUDGET, Margin, Sieve
from openspatial_assets.engine.questions.frame_sets import frames_around, objects_of_views
from openspatial_assets.engine.questions.gates import (
    BOX_SHIFT_M,
    BOX_TURN_RAD,
    UP_IS_UNKNOWN,
    length_key,
    visible_margin,
)
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.questions.view_sets import NO_VIEW_PAIRS, count_unnamed
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_DISTANCE_RATIO = 1.25
MIN_DISTANCE_GAP_M = 0.3

MIN_TURN_DEG = 15.0
MAX_TURN_DEG = 135.0
"""Beyond it, the other way round is hardly longer, and nobody can tell which way a camera was turned."""
MAX_SECOND_SHARE = 0.4
"""Of the main turn: the largest turn about another axis of the camera."""

MIN_SHIFT_M = 0.3
MIN_MAIN_TO_SECOND = 1.5
"""Of a shift: its largest component against the next one."""

ROTATION, TRANSLATION = 0, 1
AHEAD, BACK = ("right", "up", "forward"), ("left", "down", "backward")
"""What motion along each axis of the camera is called, in the one sense and in the other. Nobody asks for the third
axis of a rotation, the roll."""

MAX_LEAD, FREE_LEAD = 1.25, 2
"""How often a direction may be the answer: as many times its opposite, and so many more. Of cameras that stand around
something, each other one is ahead, whichever comes first; the answer would nearly always be "forward"."""

MIN_BEARING_GAP_DEG = 25.0
MAX_AXIS_OFFSET_DEG = 45.0
MIN_RADIUS_M = 0.5
"""Of a camera to the middle of all: from nearer on, the least gap of bearings is less than a step of 20 cm."""
MIN_AXES_SPREAD = float(np.sin(np.radians(10.0)) ** 2)
"""Mean squared sine of the optical axes against their common direction: of nearly parallel ones, the point nearest to
all of them is anywhere."""


def object_distances(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
    """Objects in two or three views, from which one of the cameras is clearly the closest, or the farthest.

    Columns: `frames` `(c, 3)` in the order shown and `sightings` `(c, 3)` of the object in them, padded with -1; `size`
    `(c,)`; `distance` `(c, 3)` from each camera to its solid box, NaN for padding; `gap`, `required` and `ratio`
    `(c, 2)` of the closest against the second, and of the farthest against the next; `clear` `(c, 2)` which of the two
    can be asked for.
    """
    seen, views, unit = scene.sightings, scene.views, scene.length_unit
    frames, objects, left_out = objects_of_views(scene, settings.draws_per_pair, rng)
    real = frames >= 0
    sightings = np.where(real, scene.sighting_of[frames, objects[:, None]], -1)
    poses = scene.frames.world_from_camera
    from_camera = point_box_distance(poses[seen.frames, None, :3, 3], seen.boxes)[:, 0]
    # The entry at the end of each array is what the padding, -1, reads.
    distance = np.append(from_camera, np.nan)[sightings]
    unsure = BOX_SHIFT_M * unit + BOX_TURN_RAD * seen.boxes.diagonals / 2
    ordered, last = np.sort(distance, axis=1), real.sum(axis=1) - 1  # NaN comes last
    row = np.arange(len(frames))
    near, far = ordered[:, :2], np.stack([ordered[row, last - 1], ordered[row, last]], axis=1)
    gap = np.stack([near[:, 1] - near[:, 0], far[:, 1] - far[:, 0]], axis=1)
    required = np.maximum(MIN_DISTANCE_GAP_M * unit, 2 * np.append(unsure, 0.0)[sightings].max(axis=1))
    sieve = Sieve(frames=frames, sightings=sightings, size=last + 1, distance=distance, gap=gap, required=required)
    sieve.count(OVER_BUDGET, left_out)
    count_unnamed(sieve, scene, np.stack([views.first, views.second], axis=1))
    sieve["nearest"] = ordered[:, 0]
    sieve["ratio"] = np.stack([part[:, 1] / np.maximum(part[:, 0], 1e-9 * unit) for part in (near, far)], axis=1)
    sieve.keep("camera_inside_box", sieve["nearest"] >= BOX_SHIFT_M * unit)
    sieve["clear"] = (sieve["ratio"] >= MIN_DISTANCE_RATIO) & (sieve["gap"] >= sieve["required"][:, None])
    sieve.keep("distances_too_close", sieve["clear"].any(axis=1))
    return sieve


def closeness_margin(scene: SceneGraph, sieve: Sieve, row: int, end: int) -> Margin:
    """Of the closest view (`end` 0) or the farthest (1) of a row of `object_distances`."""
    key, shown = length_key(scene, "gap"), sieve["sightings"][row, : sieve["size"][row]].tolist()
    return visible_margin(
        scene,
        shown,
        {"distance_ratio": MIN_DISTANCE_RATIO, key: float(sieve["required"][row])},
        {"distance_ratio": float(sieve["ratio"][row, end]), key: float(sieve["gap"][row, end])},
    )


def camera_motions(scene: SceneGraph, rng: np.random.Generator) -> Sieve:
    """Pairs of views between which the camera was clearly turned, or clearly moved, along one of its axes.

    Each pair is shown in that order which evens out how often each direction is the answer.

    Columns: `frames` `(c, 2)` in the order shown; `kind` `(c,)` rotation or translation; `motion` `(c, 3)` in the first
    camera's axes: yaw to the right, pitch upwards and roll clockwise in radians, or shift to the right, up and forward
    in world units; `main` and `second` `(c,)` sizes of the main component and of the largest other one; `axis` `(c,)`
    of the main one and `ahead` `(c,)` whether it is positive.
    """
    views, poses = scene.views, scene.frames.world_from_camera
    frames = np.stack([views.first, views.second], axis=1)
    both = np.stack([frames, frames[:, ::-1]], axis=1)  # each pair in either order
    turn, shift = second_from_first(poses[both[..., 0]], poses[both[..., 1]])
    motion = np.concatenate([turn[..., [1, 0, 2]], shift * (1.0, -1.0, 1.0)])
    kind = np.repeat([ROTATION, TRANSLATION], len(views))
    nameable = np.where(kind[:, None, None] == ROTATION, np.abs(motion) * (1.0, 1.0, 0.0), np.abs(motion))
    axis = nameable.argmax(axis=2)
    main = np.take_along_axis(nameable, axis[..., None], axis=2)[..., 0]
    second = np.where(np.arange(3) == axis[..., None], 0.0, np.abs(motion)).max(axis=2)
    sieve = Sieve(both=np.concatenate([both, both]), kind=kind, motion=motion, main=main, second=second, axis=axis)
    sieve.count(NO_VIEW_PAIRS, int(len(views) == 0))
    turned = (kind == ROTATION)[:, None]
    large = main >= np.where(turned, np.radians(MIN_TURN_DEG), MIN_SHIFT_M * scene.length_unit)
    single = np.where(turned, second <= MAX_SECOND_SHARE * main, main >= MIN_MAIN_TO_SECOND * second)
    sieve["clear"] = large & single
    sieve.keep("motion_too_small", large.any(axis=1))
    sieve.keep("motion_along_several_axes", sieve["clear"].any(axis=1))
    far = (sieve["kind"] == ROTATION) & (sieve["main"][:, 0] > np.radians(MAX_TURN_DEG))
    sieve.keep("turned_too_far", ~far)
    row = np.arange(len(sieve))
    order = _evening_order(sieve, rng)
    sieve["frames"] = sieve["both"][row, order]
    for name in ("motion", "main", "second", "axis"):
        sieve[name] = sieve[name][row, order]
    sieve["ahead"] = sieve["motion"][row, sieve["axis"]] > 0
    sieve.keep("direction_too_common", _not_in_the_lead(sieve, rng))
    return sieve


def _not_in_the_lead(sieve: Sieve, rng: np.random.Generator) -> NDArray[np.bool_]:
    """`(c,)` a random choice of rows in which no direction is the answer much more often than its opposite."""
    kept = np.ones(len(sieve), np.bool_)
    line = sieve["kind"] * 3 + sieve["axis"]
    for one in np.unique(line).tolist():
        sides = [rng.permutation(np.flatnonzero((line == one) & (sieve["ahead"] == ahead))) for ahead in (True, False)]
        for side, opposite in (sides, sides[::-1]):
            kept[side[int(MAX_LEAD * len(opposite)) + FREE_LEAD :]] = False
    return kept


def _evening_order(sieve: Sieve, rng: np.random.Generator) -> NDArray[np.int64]:
    """`(c,)` in which of its two orders a pair is shown: the one whose answer has come up less often so far."""
    row = np.arange(len(sieve))[:, None]
    ahead = sieve["motion"][row, np.arange(2), sieve["axis"]] > 0
    answers = ((sieve["kind"][:, None] * 3 + sieve["axis"]) * 2 + ahead).tolist()
    clear, coins = sieve["clear"].tolist(), rng.integers(0, 2, len(sieve)).tolist()
    times, order = [0] * 12, np.zeros(len(sieve), np.int64)
    for index in rng.permutation(len(sieve)).tolist():
        one, other = answers[index]
        chosen = coins[index] if times[one] == times[other] else int(times[other] < times[one])
        if not clear[index][chosen]:
            chosen = 1 - chosen
        order[index] = chosen
        times[answers[index][chosen]] += 1
    return order


def motion_margin(scene: SceneGraph, sieve: Sieve, row: int) -> Margin:
    """Of a row of `camera_motions`."""
    main, second = float(sieve["main"][row]), float(sieve["second"][row])
    if sieve["kind"][row] == ROTATION:
        degrees = float(np.degrees(main))
        return Margin(
            {"angle_deg": MIN_TURN_DEG, "max_angle_deg": MAX_TURN_DEG, "max_second_share": MAX_SECOND_SHARE},
            {"angle_deg": degrees, "max_angle_deg": degrees, "max_second_share": second / main},
        )
    key = length_key(scene, "shift")
    return Margin(
        {key: MIN_SHIFT_M * scene.length_unit, "main_to_second": MIN_MAIN_TO_SECOND},
        {key: main, "main_to_second": main / max(second, 1e-6 * main)},
    )


def cameras_around(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
    """Three or four views whose cameras stand around something that all of them look at.

    Columns: `frames` `(c, 4)` in the order shown, padded with -1; `size` `(c,)`; `center` `(c, 3)` the point nearest to
    all optical axes; `bearing` `(c, 4)` radians of the cameras around it, counterclockwise as seen from above; `gap`
    `(c,)` radians, the least difference of bearings; `off` `(c,)` radians, the largest angle between a direction of
    view and that to the centre; `radius` `(c,)` least horizontal distance to it, world units.
    """
    frames = frames_around(scene, settings.draws_per_frame, rng)
    sieve = Sieve(frames=frames, size=(frames >= 0).sum(axis=1))
    sieve.count(NO_VIEW_PAIRS, int(len(scene.views) == 0))
    sieve.keep(UP_IS_UNKNOWN, scene.gravity_aligned)
    frames = sieve["frames"]
    real, poses = frames >= 0, scene.frames.world_from_camera
    centers, forwards = poses[:, :3, 3][frames], poses[:, :3, 2][frames]
    center, spread = nearest_to_axes(centers, forwards, real)
    bearing, radius, offset = around(centers, forwards, center)
    pairs = real[:, :, None] & real[:, None, :] & ~np.eye(frames.shape[1], dtype=np.bool_)
    between = np.abs((bearing[:, :, None] - bearing[:, None, :] + np.pi) % (2 * np.pi) - np.pi)
    sieve["center"], sieve["bearing"], sieve["spread"] = center, bearing, spread
    sieve["off"] = np.where(real, offset, 0.0).max(axis=1)
    sieve["radius"] = np.where(real, radius, np.inf).min(axis=1)
    sieve["gap"] = np.where(pairs, between, np.inf).min(axis=(1, 2))
    sieve.keep("axes_nearly_parallel", sieve["spread"] >= MIN_AXES_SPREAD)
    sieve.keep("looks_elsewhere", sieve["off"] <= np.radians(MAX_AXIS_OFFSET_DEG))
    sieve.keep("too_close_to_the_middle", sieve["radius"] >= MIN_RADIUS_M * scene.length_unit)
    sieve.keep("bearings_too_close", sieve["gap"] >= np.radians(MIN_BEARING_GAP_DEG))
    return sieve


def surround_margin(scene: SceneGraph, sieve: Sieve, row: int) -> Margin:
    """Of a row of `cameras_around`."""
    key, gap, off = length_key(scene, "radius"), np.degrees(sieve["gap"][row]), np.degrees(sieve["off"][row])
    required = {"bearing_gap_deg": MIN_BEARING_GAP_DEG, "max_axis_offset_deg": MAX_AXIS_OFFSET_DEG}
    found = {"bearing_gap_deg": float(gap), "max_axis_offset_deg": float(off), key: float(sieve["radius"][row])}
    return Margin(required | {key: MIN_RADIUS_M * scene.length_unit}, found)
