"""Sub-tasks about the cameras of several views: how far from an object, how moved, and how arranged.

What does not live here: the geometry of one camera (`pinhole.py`).
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.verifier.pinhole import Camera, shift, turn_deg
from openspatial_assets.verifier.question import MARGIN_NEARLY, Question
from openspatial_assets.verifier.world import RECOGNISED, World

MIN_DISTANCE_RATIO, MIN_DISTANCE_GAP_M = 1.25, 0.3

MIN_TURN_DEG, MAX_SECOND_SHARE = 15.0, 0.4
MIN_SHIFT_M, MIN_MAIN_TO_SECOND = 0.3, 1.5
DIRECTIONS = {
    "rotation": (("left", "right"), ("up", "down")),
    "translation": (("left", "right"), ("up", "down"), ("forward", "backward")),
}
"""What is asked -> opposite directions."""

MAX_AXIS_OFFSET_DEG, MIN_BEARING_GAP_DEG = 45.0, 25.0
CENTER_NEARLY = 1e-5
"""Of rounding in a point that is solved for, metres."""


def shown(question: Question, world: World) -> list[Camera]:
    """The cameras of the views, in order."""
    return [world.cameras[frame] for frame in question.frames]


def _distances(question: Question, world: World) -> dict[str, float]:
    """View number -> metres from the camera to the object."""
    (name,) = question.names
    return {
        str(number): world.cameras[frame].distance_to(world.box(frame, name))
        for number, frame in enumerate(question.frames, start=1)
    }


def nearness(question: Question, world: World) -> list[str]:
    """In which view the camera is closest to, or farthest from, an object."""
    distances = _distances(question, world)
    best = (min if question.asks == "closest" else max)(distances, key=distances.get)
    if not question.judged:
        return [] if question.label == best else [f"label {question.label}, not {best}"]
    predicate, subject, target = question.claim
    found = []
    if predicate != question.asks or subject not in distances or target != "views":
        found.append(f"claim {question.claim} is not what is asked")
    expected = "yes" if subject == best else "no"
    return found if question.label == expected else [*found, f"label {question.label}, not {expected}"]


def nearness_margins(question: Question, world: World) -> list[str]:
    distances, (name,) = _distances(question, world), question.names
    found = [] if len(distances) in (2, 3) else [f"{len(distances)} views"]
    ordered = sorted(distances.values(), reverse=question.asks == "farthest")
    near, far = sorted(ordered[:2])
    gap = MIN_DISTANCE_GAP_M * world.length_unit
    if far < MIN_DISTANCE_RATIO * near - MARGIN_NEARLY or far - near < gap - MARGIN_NEARLY:
        found.append(f"distances {ordered} are too close")
    for number, exact in distances.items():
        found += question.misses(number, f"distance_{question.unit}", exact)
    unseen = [frame for frame in question.frames if world.fraction(frame, name) < RECOGNISED]
    return found + [f"{name} is not visible enough in {frame}" for frame in unseen]


def _motion(question: Question, world: World) -> NDArray[np.float64]:
    """How much of each pair of directions; positive is the second of the pair."""
    first, second = shown(question, world)
    if question.asks == "rotation":
        up, right, _ = turn_deg(first, second)
        return np.array([right, -up])
    right, down, ahead = shift(first, second)
    return np.array([right, down, -ahead])


def motion(question: Question, world: World) -> list[str]:
    """How the camera turned, or moved, from View 1 to View 2."""
    amounts, directions = _motion(question, world), DIRECTIONS[question.asks]
    main = int(np.abs(amounts).argmax())
    exact = directions[main][int(amounts[main] > 0)]
    if not question.judged:
        found = [] if question.label == exact else [f"label {question.label}, not {exact}"]
    else:
        claimed, subject, target = question.claim
        known = [word for pair in directions for word in pair]
        expected, found = "yes" if claimed == exact else "no", []
        if claimed not in known or (subject, target) != ("2", "1"):
            found.append(f"claim {question.claim} is not what is asked")
        if question.label != expected:
            found.append(f"label {question.label}, not {expected}")
    return found


def motion_margins(question: Question, world: World) -> list[str]:
    first, second = shown(question, world)
    found = []
    if question.asks == "rotation":
        amounts = turn_deg(first, second)
        _, middle, most = np.sort(np.abs(amounts))
        if max(abs(amounts[0]), abs(amounts[1])) < most or most < MIN_TURN_DEG - MARGIN_NEARLY:
            found.append(f"the cameras turned by {amounts.round(2).tolist()} degrees")
        elif middle > MAX_SECOND_SHARE * most + MARGIN_NEARLY:
            found.append(f"the turn {amounts.round(2).tolist()} has no main axis")
        for name, exact in zip(("pitch_deg", "yaw_deg", "roll_deg"), amounts.tolist(), strict=True):
            found += question.misses("2", name, exact)
    else:
        amounts = shift(first, second)
        _, middle, most = np.sort(np.abs(amounts))
        if most < MIN_SHIFT_M * world.length_unit - MARGIN_NEARLY:
            found.append(f"the camera moved by {amounts.round(3).tolist()} m only")
        elif most < MIN_MAIN_TO_SECOND * middle - MARGIN_NEARLY:
            found.append(f"the move {amounts.round(3).tolist()} has no main axis")
        for name, exact in zip("xyz", amounts.tolist(), strict=True):
            found += question.misses("2", f"{name}_{question.unit}", exact)
    if question.form == "multiple_choice":
        known = {word for pair in DIRECTIONS[question.asks] for word in pair}
        opposite = next(pair[pair[0] == question.label] for pair in DIRECTIONS[question.asks] if question.label in pair)
        if not known >= set(question.options) >= {question.label, opposite}:
            found.append(f"options {question.options}")
    if world.reaching and not set(world.reaching[question.frames[0]]) & set(world.reaching[question.frames[1]]):
        found.append("the views share no object")
    return found


def nearest_to_axes(cameras: list[Camera]) -> NDArray[np.float64]:
    """The point `(3,)` with the least sum of squared distances to the optical axes."""
    across = [np.eye(3) - np.outer(camera.axes[:, 2], camera.axes[:, 2]) for camera in cameras]
    right = np.concatenate([part @ camera.center for part, camera in zip(across, cameras, strict=True)])
    return np.linalg.lstsq(np.concatenate(across), right, rcond=None)[0]


def _around(cameras: list[Camera], center: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(n,)` degrees, atan2(y, x) of the camera centres around a point, seen from above."""
    offsets = np.array([camera.center - center for camera in cameras])
    return np.degrees(np.arctan2(offsets[:, 1], offsets[:, 0]))


def _circle(question: Question, world: World) -> str:
    """The views in the order in which one meets them, beginning with View 1."""
    cameras = shown(question, world)
    around = _around(cameras, nearest_to_axes(cameras))
    passed = (around - around[0]) % 360.0
    if question.asks == "clockwise":
        passed = (360.0 - passed) % 360.0
    return ">".join(str(place + 1) for place in np.argsort(passed))


def arrangement(question: Question, world: World) -> list[str]:
    """In which order the cameras stand around what they look at."""
    exact = _circle(question, world)
    if not question.judged:
        return [] if question.label == exact else [f"label {question.label}, not {exact}"]
    predicate, claimed, target = question.claim
    found = []
    if predicate != question.asks or target != "views" or sorted(claimed.split(">")) != sorted(exact.split(">")):
        found.append(f"claim {question.claim} is not what is asked")
    expected = "yes" if claimed == exact else "no"
    return found if question.label == expected else [*found, f"label {question.label}, not {expected}"]


def arrangement_margins(question: Question, world: World) -> list[str]:
    cameras = shown(question, world)
    center = nearest_to_axes(cameras)
    around = _around(cameras, center)
    least = 4 if question.form == "multiple_choice" else 3
    found = [] if least <= len(cameras) <= 4 else [f"{len(cameras)} views"]
    ordered = np.sort(around % 360.0).tolist()
    if min(b - a for a, b in pairwise([*ordered, ordered[0] + 360.0])) < MIN_BEARING_GAP_DEG - MARGIN_NEARLY:
        found.append(f"bearings {around.round(2).tolist()} are too close")
    for number, camera in enumerate(cameras, start=1):
        toward = center - camera.center
        cosine = toward @ camera.axes[:, 2] / max(np.linalg.norm(toward), 1e-12)
        if cosine < np.cos(np.radians(MAX_AXIS_OFFSET_DEG)) - MARGIN_NEARLY:
            found.append(f"View {number} does not look at the center")
        told = question.measured(str(number), "bearing_deg")
        if abs((told - around[number - 1] + 180.0) % 360.0 - 180.0) > np.degrees(CENTER_NEARLY):
            found.append(f"View {number} stands at {around[number - 1]:.4f} degrees, not {told}")
    if not np.allclose(question.told["center"], center, rtol=0, atol=CENTER_NEARLY * max(1.0, world.length_unit)):
        found.append(f"center {question.told['center']}, not {center.tolist()}")
    views = [f"View {number}" for number in range(1, len(cameras) + 1)]
    for option in question.options:
        first, *others = option.split(", ")
        if first != views[0] or sorted(others) != views[1:]:
            found.append(f"option {option!r}")
    return found
