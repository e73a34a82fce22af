"""Sub-tasks of one image: sizes, distances, boxes, left and right, front and behind, high and low, and depth.

Each has its answer, computed without margins, and its margins. What does not live here: several images, and words.
"""

import json
import math
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation

from openspatial_assets.verifier.question import MARGIN_NEARLY, NEARLY, Question
from openspatial_assets.verifier.solids import closest_distance
from openspatial_assets.verifier.world import RECOGNISED, World, tidy

VOLUME = {"larger": 1, "smaller": -1}
HEIGHT = {"taller": 1, "shorter": -1}
LEVEL = {"higher": 1, "lower": -1}
SIDE = {"left": -1, "right": 1}
DEPTH = {"front": -1, "behind": 1}
OBJECTS = VOLUME | HEIGHT | LEVEL
"""Asks to which the answer is an object."""
COMPARED = OBJECTS | SIDE | DEPTH
"""What is asked -> the sign of (subject - object) for which it holds."""

OWN_SIZE = ("height", "length", "width")
CLEARLY_VISIBLE = 0.5
"""Visible fraction of an object whose own size or box is asked for."""
WHOLE = 0.8
"""In-frame fraction of an object whose size is asked for."""

MIN_RATIO = {"volume": 1.5, "height": 1.25}
MIN_LEVEL_GAP_M, MIN_LEVEL_GAP_SHARE = 0.15, 0.25
MIN_BEARING_DEG = 5.0
MIN_FRONT_GAP_M, MIN_FRONT_GAP_SHARE = 0.25, 0.1
MIN_DEPTH_GAP_M, MIN_DEPTH_GAP_SHARE = 0.15, 0.08
MIN_SIZE_M = 0.05
DISTANCES_M = (0.2, 10.0)
SET_SIZES = (3, 4, 5)

CENTIMETERS = {"cm": 100.0, "m": 1.0}
SAID_TO = 0.005 + 1e-6
"""Two decimals, of lengths in metres and of angles in radians."""


def quantity(world: World, frame: str, name: str, asks: str) -> float:
    """The number by which objects are compared."""
    if asks in VOLUME:
        return math.log(world.box(frame, name).volume)
    if asks in HEIGHT:
        return math.log(world.box(frame, name).height)
    if asks in LEVEL:
        return world.box(frame, name).span[1]
    if asks in SIDE:
        return world.bearing_deg(frame, name)
    return world.depth(frame, name)[1]


def holds(world: World, frame: str, subject: str, asks: str, target: str) -> bool:
    return COMPARED[asks] * (quantity(world, frame, subject, asks) - quantity(world, frame, target, asks)) > 0


def clear(world: World, frame: str, a: str, asks: str, b: str) -> bool:
    """Whether a and b differ by the margin that the rule of `asks` requires."""
    low, high = sorted((a, b), key=lambda name: quantity(world, frame, name, asks))
    gap = quantity(world, frame, high, asks) - quantity(world, frame, low, asks) + MARGIN_NEARLY
    unit = world.length_unit
    if asks in VOLUME:
        return gap >= math.log(MIN_RATIO["volume"])
    if asks in HEIGHT:
        return gap >= math.log(MIN_RATIO["height"])
    if asks in LEVEL:
        below, above = world.box(frame, low), world.box(frame, high)
        ordered = below.span[0] < above.span[0] and below.span[2] < above.span[2]
        return ordered and gap >= max(MIN_LEVEL_GAP_M * unit, MIN_LEVEL_GAP_SHARE * max(below.height, above.height))
    if asks in SIDE:
        return gap >= MIN_BEARING_DEG and world.seen[frame, low].columns[1] <= world.seen[frame, high].columns[0]
    near, far = world.depth(frame, low), world.depth(frame, high)
    return gap >= max(MIN_FRONT_GAP_M * unit, MIN_FRONT_GAP_SHARE * near[1]) and near[2] < far[0]


def comparison(question: Question, world: World) -> list[str]:
    """Two objects, or one against four: which is more of something."""
    frame, names, asks, expected = question.frames[0], question.names, question.asks, None
    first, second = names
    found = []
    if question.judged:
        expected = "yes" if holds(world, frame, first, asks, second) else "no"
        if question.claim != (asks, *names):
            found.append(f"claim {question.claim} is not what is asked")
    elif asks in OBJECTS:
        expected = first if holds(world, frame, first, asks, second) else second
        if question.form == "multiple_choice":
            right = [name for name in question.options if holds(world, frame, name, asks, first)]
            if right != [question.label]:
                found.append(f"options that hold: {right}")
    else:
        expected = next(side for side in (SIDE if asks in SIDE else DEPTH) if holds(world, frame, first, side, second))
        if asks != question.label:
            found.append(f"asks {asks}, but the label is {question.label}")
    return found if question.label == expected else [f"label {question.label}, not {expected}", *found]


def comparison_margins(question: Question, world: World) -> list[str]:
    frame, (first, second), asks = question.frames[0], question.names, question.asks
    found = [] if clear(world, frame, first, asks, second) else ["the margin of the rule is not met"]
    if question.form == "multiple_choice" and asks in OBJECTS:
        unclear = [name for name in question.options if not clear(world, frame, name, asks, first)]
        found += [f"option {name} is not clear" for name in unclear]
    for name in question.involved:
        box, unit = world.box(frame, name), question.unit
        if asks in VOLUME:
            found += question.misses(name, f"volume_{unit}3", box.volume)
        elif asks in HEIGHT:
            found += question.misses(name, f"height_{unit}", box.height)
        elif asks in LEVEL:
            for part, z in zip(("bottom", "center", "top"), box.span, strict=True):
                found += question.misses(name, f"{part}_z_{unit}", z)
        elif asks in SIDE:
            found += question.misses(name, "bearing_deg", world.bearing_deg(frame, name))
    return found + (_quartiles(question, world) if asks in DEPTH else [])


def by_depth(question: Question, world: World) -> list[str]:
    return sorted(question.names, key=lambda name: world.depth(question.frames[0], name)[1])


def depths(question: Question, world: World) -> list[str]:
    """The k-th closest of some marked objects, or all in order."""
    ordered = by_depth(question, world)
    expected = ordered[question.told["rank"] - 1] if question.asks == "rank" else ">".join(ordered)
    return [] if question.label == expected else [f"label {question.label}, not {expected}"]


def depth_margins(question: Question, world: World) -> list[str]:
    ordered, frame = by_depth(question, world), question.frames[0]
    found = [] if len(ordered) in SET_SIZES else [f"{len(ordered)} candidates"]
    found += _quartiles(question, world)
    for place, (near, far) in enumerate(pairwise(ordered)):
        nearer, farther = world.depth(frame, near), world.depth(frame, far)
        if question.asks == "rank" and question.told["rank"] - 1 not in (place, place + 1):
            continue
        least = max(MIN_DEPTH_GAP_M * world.length_unit, MIN_DEPTH_GAP_SHARE * nearer[1])
        if farther[1] - nearer[1] < least - MARGIN_NEARLY:
            found.append(f"{near} and {far} are too close in depth")
        if question.asks == "order" and not nearer[2] < farther[0]:
            found.append(f"depth ranges of {near} and {far} overlap")
    return found


def _quartiles(question: Question, world: World) -> list[str]:
    """Depths that are none: quartiles out of order, or behind the camera."""
    depths = {name: world.depth(question.frames[0], name) for name in question.names}
    return [f"depths {depth} of {name}" for name, depth in depths.items() if not 0 < depth[0] <= depth[1] <= depth[2]]


def grounding(question: Question, world: World) -> list[str]:
    """The boxes of all objects of a tag in camera axes."""
    names, camera = question.names, world.cameras[question.frames[0]]
    answer, found = json.loads(question.row["answer"]), []
    if len(answer) != len(names):
        return [f"{len(answer)} boxes for {len(names)} objects"]
    for name, entry in zip(names, answer, strict=True):
        exact, said = camera.box_9(world.box(question.frames[0], name)), np.array(entry["bbox_3d"], float)
        if np.abs(said[:6] - exact[:6]).max() > SAID_TO or not _same_turn(said[6:], exact[6:], 4 * SAID_TO):
            found.append(f"{name}: {said.tolist()} is not {exact.round(3).tolist()}")
        measured = np.array(question.told["measure"][name]["bbox_3d_m_rad"], float)
        if np.abs(measured[:6] - exact[:6]).max() > NEARLY or not _same_turn(measured[6:], exact[6:], 10 * NEARLY):
            found.append(f"{name}: measured {measured.tolist()}, not {exact.tolist()}")
        if world.tags and entry["label"] != tidy(world.tags[name]):
            found.append(f"{name} is called {entry['label']}")
    return found


def _same_turn(a: np.ndarray, b: np.ndarray, within: float) -> bool:
    turn = Rotation.from_euler("xyz", a).inv() * Rotation.from_euler("xyz", b)
    return bool(turn.magnitude() <= within)


def grounding_margins(question: Question, world: World) -> list[str]:
    frame, fov = question.frames[0], world.cameras[question.frames[0]].horizontal_fov_deg
    found = [] if question.row["metric"] else ["a length without a scale"]
    if f"{fov:.1f} degrees" not in question.row["question"]:
        found.append("the question does not state the field of view")
    if frame in world.reaching:
        tag = world.tags[question.names[0]]
        there, listed = {name for name in world.reaching[frame] if world.tags[name] == tag}, set(question.names)
        # From evidence alone, what reaches into the image by less than a pixel is neither here nor there.
        if there - listed or (world.sightings_known and listed - there):
            found.append(f"the list is not all of this tag in the frustum: {sorted(there)}")
        if strange := [name for name in listed if world.tags[name] != tag]:
            found.append(f"{strange[0]} is no {tag}")
    return found


def size(question: Question, world: World) -> list[str]:
    """Height, length or width of one object."""
    return exactly(question, _size(question, world))


def _size(question: Question, world: World) -> float:
    box = world.box(question.frames[0], question.names[0])
    return {"height": box.height, "length": box.sides[0], "width": box.sides[1]}[question.asks]


def size_margins(question: Question, world: World) -> list[str]:
    meters = _size(question, world)
    found = question.misses(question.names[0], f"{question.asks}_m", meters)
    if meters < MIN_SIZE_M:
        found.append(f"{meters} m is not asked for")
    return found if question.row["metric"] else [*found, "a length without a scale"]


def distance(question: Question, world: World) -> list[str]:
    """Between the closest points of two objects, in one image or in several."""
    return exactly(question, closest_distance(*(world.named_box(question, name) for name in question.names)))


def distance_margins(question: Question, world: World) -> list[str]:
    a, b = (world.named_box(question, name) for name in question.names)
    meters, key = closest_distance(a, b), "|".join(question.names)
    found = question.misses(key, "distance_m", meters)
    found += question.misses(key, "center_distance_m", float(np.linalg.norm(a.center - b.center)))
    if not DISTANCES_M[0] - MARGIN_NEARLY <= meters <= DISTANCES_M[1] + MARGIN_NEARLY:
        found.append(f"{meters} m is not asked for")
    return found if question.row["metric"] else [*found, "a length without a scale"]


def exactly(question: Question, meters: float) -> list[str]:
    """What is wrong with an answer that is a length."""
    exact, value = meters * CENTIMETERS[question.row["answer_unit"]], question.row["answer_value"]
    return [] if value is not None and math.isclose(value, exact, rel_tol=NEARLY) else [f"{value}, not {exact}"]


def visibility(question: Question, world: World) -> list[str]:
    """Whether every object can be recognised in the one image."""
    frame, found = question.frames[0], []
    least = CLEARLY_VISIBLE if question.asks in (*OWN_SIZE, "boxes") else RECOGNISED
    for name in question.involved:
        sight = world.seen.get((frame, name))
        if sight is None or sight.visible_fraction < least:
            found.append(f"{name} is not visible enough")
        elif question.asks in OWN_SIZE and sight.in_frame < WHOLE:
            found.append(f"{name} is cut off")
    return found
