"""The answer of every question, computed a second time.

`problems(row, world)` lists what is wrong with a row: its answer, its margins, its words; an empty list means that it
is right. With `world_of_evidence(row)` the same is computed from the row alone. `answer_holds` is the answer without
margins, for worlds that were shaken or measured in another way.
"""

import json
import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from oracle import wording
from oracle.world import World, closest_distance, names_of_kind
from scipy.spatial.transform import Rotation

VOLUME = {"larger": 1, "smaller": -1}
HEIGHT = {"taller": 1, "shorter": -1}
LEVEL = {"higher": 1, "lower": -1}
SIDE = {"left": -1, "right": 1}
DEPTH = {"front": -1, "behind": 1}
COMPARED = VOLUME | HEIGHT | LEVEL | SIDE | DEPTH
"""What is asked -> the sign of (subject - object) for which it holds."""

NEARLY = 1e-9
"""Of rounding in a margin."""


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
    gap = quantity(world, frame, high, asks) - quantity(world, frame, low, asks)
    unit = world.length_unit
    if asks in VOLUME:
        return gap >= math.log(1.5) - NEARLY
    if asks in HEIGHT:
        return gap >= math.log(1.25) - NEARLY
    if asks in LEVEL:
        below, above = world.box(frame, low), world.box(frame, high)
        taller = max(below.height, above.height)
        ordered = below.span[0] < above.span[0] and below.span[2] < above.span[2]
        return ordered and gap >= max(0.15 * unit, 0.25 * taller) - NEARLY
    if asks in SIDE:
        left, right = world.seen[frame, low].columns, world.seen[frame, high].columns
        return gap >= 5 - NEARLY and left[1] <= right[0]
    near, far = world.depth(frame, low), world.depth(frame, high)
    return gap >= max(0.25 * unit, 0.1 * near[1]) - NEARLY and near[2] < far[0]


def length_of(world: World, row: Mapping, asks: str) -> float:
    """The measured length in metres."""
    frame, names = row["frame_ids"][0], row["object_ids"]
    if asks == "distance":
        return closest_distance(world.box(frame, names[0]), world.box(frame, names[1]))
    box = world.box(frame, names[0])
    return {"height": box.height, "length": box.sides[0], "width": box.sides[1]}[asks]


def by_depth(world: World, row: Mapping) -> list[str]:
    frame = row["frame_ids"][0]
    return sorted(row["object_ids"], key=lambda name: world.depth(frame, name)[1])


def expected_label(world: World, row: Mapping) -> str | None:
    """`answer_label`, computed from `object_ids` and what is asked."""
    told = json.loads(row["evidence"])
    asks, frame, names = told["asks"], row["frame_ids"][0], row["object_ids"]
    if asks == "rank":
        return by_depth(world, row)[told["rank"] - 1]
    if asks == "order":
        return ">".join(by_depth(world, row))
    if asks not in COMPARED:
        return None
    first, second = names
    if row["form"] == "judgement":
        return "yes" if holds(world, frame, first, asks, second) else "no"
    if asks in SIDE | DEPTH:
        return next(side for side in (SIDE if asks in SIDE else DEPTH) if holds(world, frame, first, side, second))
    return first if holds(world, frame, first, asks, second) else second


def answer_holds(world: World, row: Mapping) -> bool:
    """Whether the answer is the right one in `world`, and of its options the only right one, whatever the margins."""
    told = json.loads(row["evidence"])
    asks, frame, names = told["asks"], row["frame_ids"][0], row["object_ids"]
    if row["answer_label"] != expected_label(world, row):
        return False
    if row["answer_value"] is not None:
        return not _length(row, world, asks)
    if asks == "boxes":
        return not _boxes(row, world, told, complete=bool(world.reaching))
    if row["form"] == "multiple_choice" and asks in VOLUME | HEIGHT | LEVEL:
        right = [name for name in told["options"] if holds(world, frame, name, asks, names[0])]
        return right == [row["answer_label"]]
    return True


def problems(row: Mapping, world: World, complete: bool = True) -> list[str]:
    """What is wrong with a row.

    Args:
        complete: whether the world holds all objects, tags and visible fractions, not only a question's evidence.
    """
    told = json.loads(row["evidence"])
    asks, found = told["asks"], []
    if row["answer_label"] != expected_label(world, row):
        found.append(f"label {row['answer_label']}, not {expected_label(world, row)}")
    if asks in COMPARED:
        found += _comparison(row, world, told)
    elif asks in ("rank", "order"):
        found += _depths(row, world, told)
    elif asks == "boxes":
        found += _boxes(row, world, told, complete)
    else:
        found += _length(row, world, asks)
    for key, required in told["margin"]["required"].items():
        gaps, least = np.atleast_1d(told["margin"]["found"][key]), np.atleast_1d(required)
        ok = (gaps <= least + NEARLY) if key.startswith("max") else (gaps >= least - NEARLY)
        if not ok.all():
            found.append(f"margin {key}: {gaps} does not reach {least}")
    if complete:
        found += _visibility(row, world, told) + wording.problems(row, world)
    return found


def _comparison(row: Mapping, world: World, told: Mapping) -> list[str]:
    found, frame, names, asks = [], row["frame_ids"][0], row["object_ids"], told["asks"]
    if not clear(world, frame, names[0], asks, names[1]):
        found.append("the margin of the rule is not met")
    if row["form"] == "judgement":
        claim = told["claim"]
        if (claim["predicate"], claim["subject"], claim["object"]) != (asks, *names):
            found.append(f"claim {claim} is not what is asked")
    elif row["form"] == "multiple_choice" and asks in VOLUME | HEIGHT | LEVEL:
        right = [name for name in told["options"] if holds(world, frame, name, asks, names[0])]
        if right != [row["answer_label"]]:
            found.append(f"options that hold: {right}")
        found += [f"option {n} is not clear" for n in told["options"] if not clear(world, frame, n, asks, names[0])]
    elif asks in SIDE | DEPTH and asks != row["answer_label"]:
        found.append(f"asks {asks}, but the label is {row['answer_label']}")
    return found


def _depths(row: Mapping, world: World, told: Mapping) -> list[str]:
    frame, ordered = row["frame_ids"][0], by_depth(world, row)
    found = [] if 3 <= len(ordered) <= 5 else [f"{len(ordered)} candidates"]
    for place, (near, far) in enumerate(pairwise(ordered)):
        nearer, farther = world.depth(frame, near), world.depth(frame, far)
        if told["asks"] == "rank" and told["rank"] - 1 not in (place, place + 1):
            continue
        if farther[1] - nearer[1] < max(0.15 * world.length_unit, 0.08 * nearer[1]) - NEARLY:
            found.append(f"{near} and {far} are too close in depth")
        if told["asks"] == "order" and not nearer[2] < farther[0]:
            found.append(f"depth ranges of {near} and {far} overlap")
    return found


def _boxes(row: Mapping, world: World, told: Mapping, complete: bool) -> list[str]:
    found, frame, names = [], row["frame_ids"][0], row["object_ids"]
    answer, camera = json.loads(row["answer"]), world.cameras[frame]
    if len(answer) != len(names):
        return [f"{len(answer)} boxes for {len(names)} objects"]
    for name, entry in zip(names, answer, strict=True):
        exact, said = camera.box_9(world.box(frame, name)), np.array(entry["bbox_3d"])
        turn = Rotation.from_euler("xyz", said[6:]).inv() * Rotation.from_euler("xyz", exact[6:])
        if np.abs(said[:6] - exact[:6]).max() > 0.005 + 1e-6 or turn.magnitude() > 0.02:
            found.append(f"{name}: {said} is not {exact}")
        if not np.allclose(told["measure"][name]["bbox_3d_m_rad"][:6], exact[:6], atol=1e-6):
            found.append(f"{name}: measured {told['measure'][name]}, not {exact}")
        if complete and entry["label"] != " ".join(world.tags[name].split()):
            found.append(f"{name} is called {entry['label']}")
    if f"{camera.horizontal_fov_deg:.1f} degrees" not in row["question"]:
        found.append("the question does not state the field of view")
    if complete and sorted(names) != sorted(names_of_kind(world, frame, world.tags[names[0]])):
        found.append("the list is not all of this tag in the frustum")
    return found


def _length(row: Mapping, world: World, asks: str) -> list[str]:
    exact = length_of(world, row, asks) * (100 if row["answer_unit"] == "cm" else 1)
    found = [] if math.isclose(row["answer_value"], exact, rel_tol=1e-6) else [f"{row['answer_value']}, not {exact}"]
    meters = length_of(world, row, asks)
    if not (0.2 <= meters <= 10 if asks == "distance" else meters >= 0.05):
        found.append(f"{meters} m is not asked for")
    return found if row["metric"] else [*found, "a length without a scale"]


def _visibility(row: Mapping, world: World, told: Mapping) -> list[str]:
    frame, asks = row["frame_ids"][0], told["asks"]
    own_size = asks in ("height", "length", "width", "boxes")
    named = [*row["object_ids"], *(name for name in told.get("options", []) if name in world.boxes)]
    found = []
    for name in named:
        sight = world.seen.get((frame, name))
        if sight is None or sight.visible_fraction < (0.5 if own_size else 0.3):
            found.append(f"{name} is not visible enough")
        elif asks in ("height", "length", "width") and sight.in_frame < 0.8:
            found.append(f"{name} is cut off")
        if world.tags[name].strip().lower() in ("wall", "floor", "ceiling", "object", "unknown", ""):
            found.append(f"{name} is a {world.tags[name]!r}")
    return found
