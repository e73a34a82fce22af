"""The sub-task of walks: every leg built again from the boxes and the start.

What does not live here: how the floor was found, and how routes are chosen.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.verifier.planar import apart_deg, bearing_deg, leg_clearances, stop_before
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.solids import Box
from openspatial_assets.verifier.world import RECOGNISED, World

STOP_SHORT_M = 0.4
MIN_LEG_M = 0.8
MIN_CLEARANCE_M = 0.25
LISTED_WITHIN_M = 0.5
"""The evidence lists all boxes that stand so near to a leg."""
IN_THE_WAY_BELOW_M, IN_THE_WAY_ABOVE_M = 1.5, 0.1
"""A box whose bottom is higher above the floor can be walked under, one whose top is lower is stepped over."""
SIDEWAYS_DEG, BACK_DEG = (60.0, 120.0), 155.0
MIDDLE_DEG = {"left": 90.0, "back": 180.0, "right": -90.0, "straight": 0.0}
BLANKS = (1, 2, 3)

PLACE_NEARLY_M = 1e-3
TURN_NEARLY_DEG = 0.1
STEP_SHARE = 0.25
"""Of a cell of the floor: how densely a leg is looked at."""
RUN, RUNS, WALKABLE = re.compile(r"(\d+)([.x])"), re.compile(r"(\d+[.x])+"), "."


@lru_cache(maxsize=1)
def _legs(question: Question, world: World) -> list[NDArray[np.float64]] | None:
    """`(2,)` world x, y of the start and of every stop; none if a stop cannot be reached."""
    places = [world.cameras[question.frames[0]].center[:2]]
    for name in question.names:
        box = world.named_box(question, name)
        place = stop_before(places[-1], box, STOP_SHORT_M * world.length_unit)
        if place is None:
            return None
        places.append(place)
    return places


def _turns_deg(places: Sequence[NDArray[np.float64]]) -> list[float]:
    """Between one leg and the next, degrees, positive to the left."""
    ahead = [bearing_deg(start, end) for start, end in pairwise(places)]
    return [-apart_deg(after, before) for before, after in pairwise(ahead)]


def route(question: Question, world: World) -> list[str]:
    """Which way to turn at every stop of a walk."""
    places = _legs(question, world)
    if places is None:
        return ["the walk cannot be made"]
    turns = [
        min(MIDDLE_DEG, key=lambda word: abs(apart_deg(MIDDLE_DEG[word], turn))) for turn in _turns_deg(places)
    ]  # fmt: skip
    exact = ">".join(turns)
    return [] if question.label == exact else [f"label {question.label}, not {exact}"]


def route_margins(question: Question, world: World) -> list[str]:
    told, unit = question.told["route"], world.length_unit
    places = _legs(question, world)
    if places is None:
        return []
    found = [] if len(places) - 2 in BLANKS else [f"{len(places) - 2} turns"]
    given = [np.asarray(place, float) for place in (told["start"], *told["stops"])]
    if len(given) != len(places):
        return [*found, f"{len(given) - 1} stops for {len(question.names)} objects"]
    for number, (exact, place) in enumerate(zip(places, given, strict=True)):
        if np.abs(exact - place).max() > PLACE_NEARLY_M * unit:
            found.append(f"stop {number} is at {exact.round(3).tolist()}, not at {place.tolist()}")
    lengths = [float(np.linalg.norm(end - start)) for start, end in pairwise(places)]
    key = f"lengths_{question.unit}"
    if not np.allclose(told[key], lengths, rtol=0, atol=2 * PLACE_NEARLY_M * unit):
        found.append(f"{key} {told[key]}, not {np.round(lengths, 3).tolist()}")
    if min(lengths) < MIN_LEG_M * unit - PLACE_NEARLY_M:
        found.append(f"a leg of {min(lengths):.3f} m")
    for number, turn in enumerate(_turns_deg(places), start=1):
        found += question.misses(str(number), "turn_deg", turn, TURN_NEARLY_DEG)
        if not (SIDEWAYS_DEG[0] <= abs(turn) <= SIDEWAYS_DEG[1] or abs(turn) >= BACK_DEG):
            found.append(f"turn {number} of {turn:.1f} degrees has no word")
    return found + _obstacles(question, world, places) + _floor(told["floor"], places) + _seen(question, world)


def _obstacles(question: Question, world: World, places: Sequence[NDArray[np.float64]]) -> list[str]:
    """Whether the walk keeps clear of all boxes, those of the evidence and those of the world."""
    told, unit, found = question.told["route"], world.length_unit, []
    listed = {name: Box.of(entry) for name, entry in told["boxes"].items()}
    floor = told["floor"]["z"]
    low, high = floor + IN_THE_WAY_ABOVE_M * unit, floor + IN_THE_WAY_BELOW_M * unit
    standing = {
        (name, box): name in listed
        for name, box in world.boxes.items()
        if box.span[0] < high and box.span[2] > low and name not in world.not_in_the_way
    }
    among = standing | dict.fromkeys(listed.items(), True)
    clear = leg_clearances(places, [box for _, box in among])
    for number, gaps in enumerate(clear.tolist(), start=1):
        for ((name, _), told_of), gap in zip(among.items(), gaps, strict=True):
            if gap < MIN_CLEARANCE_M * unit - PLACE_NEARLY_M:
                found.append(f"leg {number} passes {name} at {gap:.3f} m")
            if gap < LISTED_WITHIN_M * unit - PLACE_NEARLY_M and not told_of:
                found.append(f"{name} beside leg {number} is not in the evidence")
    return found


def _floor(told: Mapping, places: Sequence[NDArray[np.float64]]) -> list[str]:
    """Whether every leg lies on cells that can be walked on."""
    cells, origin, cell = unpacked(told["rows"]), np.asarray(told["origin"], float), float(told["cell_m"])
    found = []
    for number, (start, end) in enumerate(pairwise(places), start=1):
        steps = int(np.ceil(np.linalg.norm(end - start) / (STEP_SHARE * cell))) + 1
        points = start + np.linspace(0.0, 1.0, steps)[:, None] * (end - start)
        column, row = np.floor((points - origin) / cell).astype(int).T
        inside = (column >= 0) & (row >= 0) & (column < cells.shape[1]) & (row < cells.shape[0])
        if not inside.all() or not cells[row, column].all():
            found.append(f"leg {number} leaves the floor that can be walked on")
    return found


def unpacked(rows: Sequence[str]) -> NDArray[np.bool_]:
    """`(ny, nx)` walkable cells from one text a row: "8.13x" stands for 8 cells that are, and 13 that are not."""
    if not all(RUNS.fullmatch(row) for row in rows):
        raise ValueError("the rows of the floor cannot be read")
    texts = ["".join(kind * int(count) for count, kind in RUN.findall(row)) for row in rows]
    return np.array([list(text) for text in texts]) == WALKABLE


def _seen(question: Question, world: World) -> list[str]:
    first, found = question.names[0], []
    if world.fraction(question.frames[0], first) < RECOGNISED:
        found.append(f"{first} cannot be seen from the start")
    return found
