"""Sub-tasks about objects that no single view shows together: distances, and where one lies from another.

What does not live here: cameras themselves (`cameras.py`), and what is the same in two views (`correspondence.py`).
"""

from itertools import combinations

import numpy as np

from openspatial_assets.verifier import single_view
from openspatial_assets.verifier.pinhole import shift, turn_deg
from openspatial_assets.verifier.planar import apart_deg, bearing_deg, shadow_distance
from openspatial_assets.verifier.question import MARGIN_NEARLY, Question
from openspatial_assets.verifier.solids import closest_distance
from openspatial_assets.verifier.world import RECOGNISED, World, shows_clearly

MIN_GAP_M, MIN_GAP_SHARE = 0.3, 0.15
CANDIDATES = (2, 3, 4)

EGOCENTRIC = ("front", "front-right", "right", "back-right", "back", "back-left", "left", "front-left")
CARDINAL = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
"""Directions clockwise, seen from above, 45 degrees apart."""
SECTOR_DEG = 45.0
MAX_OFF_AXIS_DEG = 15.0
MIN_CORNERS_IN_SECTOR = 6
MIN_CENTER_DISTANCE_M = 0.5
BEARING_NEARLY_DEG = 1e-5

MIN_PAIR_TURN_DEG, MIN_PAIR_SHIFT_M = 15.0, 0.3
"""Two views that are shown together differ by one of them."""


def _distances(question: Question, world: World) -> dict[str, float]:
    """Candidate -> metres from the anchor."""
    anchor, *candidates = question.names
    box = world.named_box(question, anchor)
    return {name: closest_distance(box, world.named_box(question, name)) for name in candidates}


def relative_distance(question: Question, world: World) -> list[str]:
    """Which candidate is nearest to, or farthest from, an anchor."""
    distances = _distances(question, world)
    best = (min if question.asks == "nearest" else max)(distances, key=distances.get)
    if not question.judged:
        return [] if question.label == best else [f"label {question.label}, not {best}"]
    expected = "yes" if question.names[1] == best else "no"
    found = []
    if question.claim != (question.asks, *question.names[1:]):
        found.append(f"claim {question.claim} is not what is asked")
    return found if question.label == expected else [*found, f"label {question.label}, not {expected}"]


def relative_distance_margins(question: Question, world: World) -> list[str]:
    distances, anchor = _distances(question, world), question.names[0]
    count = {"multiple_choice": (4,), "judgement": (2,)}.get(question.form, CANDIDATES)
    found = [] if len(distances) in count else [f"{len(distances)} candidates"]
    best, second = sorted(distances.values(), reverse=question.asks == "farthest")[:2]
    least = max(MIN_GAP_M * world.length_unit, MIN_GAP_SHARE * max(best, second))
    if abs(best - second) < least - MARGIN_NEARLY:
        found.append(f"distances {best:.4f} and {second:.4f} are too close")
    for name, exact in distances.items():
        found += question.misses(f"{anchor}|{name}", f"distance_{question.unit}", exact)
    if question.form == "multiple_choice" and sorted(question.options) != sorted(distances):
        found.append(f"options {question.options} are not the candidates")
    for frame in question.frames:
        if all(_is_shown(world, frame, name) for name in question.names):
            found.append(f"{frame} shows all objects")
    return found + recognised(question, world)


def _is_shown(world: World, frame: str, name: str) -> bool:
    """Whether a view shows an object, as far as the world knows."""
    return (frame, name) in world.seen if world.sightings_known else shows_clearly(world, frame, name)


def absolute_distance_margins(question: Question, world: World) -> list[str]:
    """Each of the two objects is seen in a view of its own."""
    found = single_view.distance_margins(question, world)
    places = [[frame for frame in question.frames if world.glimpses(frame, name)] for name in question.names]
    if len(question.frames) != 2 or [len(frames) for frames in places] != [1, 1] or places[0] == places[1]:
        found.append(f"objects are seen in {places}")
    return found + recognised(question, world)


def _directions(facing: str) -> tuple[str, ...]:
    return CARDINAL if facing in CARDINAL else EGOCENTRIC


def _bearings(question: Question, world: World) -> tuple[float, float]:
    """Degrees clockwise from the reader's front (or north) to B and to C."""
    a, b, c = (world.named_box(question, name).center for name in question.names)
    facing = question.told["facing"]
    ahead = bearing_deg(a, b) - SECTOR_DEG * _directions(facing).index(facing)
    return (bearing_deg(a, b) - ahead) % 360.0, (bearing_deg(a, c) - ahead) % 360.0


def position(question: Question, world: World) -> list[str]:
    """Standing at A with B in a stated direction: where C is."""
    directions = _directions(question.told["facing"])
    exact = directions[round(_bearings(question, world)[1] / SECTOR_DEG) % len(directions)]
    if not question.judged:
        return [] if question.label == exact else [f"label {question.label}, not {exact}"]
    claimed, subject, target = question.claim
    found, expected = [], "yes" if claimed == exact else "no"
    if claimed not in directions or (subject, target) != (question.names[2], question.names[0]):
        found.append(f"claim {question.claim} is not what is asked")
    return found if question.label == expected else [*found, f"label {question.label}, not {expected}"]


def position_margins(question: Question, world: World) -> list[str]:
    a, b, c = question.names
    facing, boxes = question.told["facing"], {name: world.named_box(question, name) for name in question.names}
    directions, (to_b, to_c) = _directions(facing), _bearings(question, world)
    found = [] if directions.index(facing) % 2 == 0 else [f"facing {facing}"]
    if not set(question.options) <= set(directions):
        found.append(f"options {question.options}")
    for one, other in combinations(boxes, 2):
        between = float(np.linalg.norm((boxes[one].center - boxes[other].center)[:2]))
        if between < MIN_CENTER_DISTANCE_M * world.length_unit - MARGIN_NEARLY:
            found.append(f"{one} and {other} are {between:.3f} m apart")
        if shadow_distance(boxes[one], boxes[other]) <= 0:
            found.append(f"{one} and {other} stand over each other")
    middle = round(to_c / SECTOR_DEG) * SECTOR_DEG
    if abs(apart_deg(to_c, middle)) > MAX_OFF_AXIS_DEG + MARGIN_NEARLY:
        found.append(f"{c} lies at {to_c:.3f} degrees, between two directions")
    ahead = bearing_deg(boxes[a].center, boxes[c].center) - to_c
    bearings = [bearing_deg(boxes[a].center, corner) - ahead for corner in boxes[c].corners]
    inside = sum(abs(apart_deg(bearing, middle)) <= SECTOR_DEG / 2 + BEARING_NEARLY_DEG for bearing in bearings)
    if inside < MIN_CORNERS_IN_SECTOR:
        found.append(f"{inside} corners of {c} lie in its sector")
    for name, exact in ((b, to_b), (c, to_c)):
        told = question.measured(f"{a}|{name}", "bearing_deg")
        if abs(apart_deg(told, exact)) > BEARING_NEARLY_DEG:
            found.append(f"{name} lies at {exact:.5f} degrees, not {told}")
    together = [frame for frame in question.frames if world.glimpses(frame, b) and world.glimpses(frame, c)]
    found += [f"{b} and {c} are both seen in {frame}" for frame in together]
    return found + recognised(question, world)


def recognised(question: Question, world: World) -> list[str]:
    """Every object that is named can be recognised in some view."""
    return [
        f"{name} is visible enough in no view"
        for name in question.involved
        if all(world.fraction(frame, name) < RECOGNISED for frame in question.frames)
    ]


def pair_problems(question: Question, world: World) -> list[str]:
    """Whether two views that are shown together differ enough to be two."""
    if len(question.frames) != 2:
        return []
    first, second = (world.cameras[frame] for frame in question.frames)
    turned = float(np.linalg.norm(turn_deg(first, second)))
    moved = float(np.linalg.norm(shift(first, second))) / world.length_unit
    if turned < MIN_PAIR_TURN_DEG - MARGIN_NEARLY and moved < MIN_PAIR_SHIFT_M - MARGIN_NEARLY:
        return [f"the views differ by {turned:.2f} degrees and {moved:.3f} m only"]
    return []
