"""Sub-tasks about what is the same in two views: a point, and an object.

What does not live here: how a pixel was found; only whether the two pixels show one point of the world.
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.verifier.question import MARGIN_NEARLY, Question
from openspatial_assets.verifier.world import RECOGNISED, World, fitting

MAX_OFFSET_PX, MAX_DEPTH_ERROR = 2.0, 0.02
MIN_APART_PX, MIN_APART_OF_DIAGONAL = 40.0, 0.05
MIN_APART_M = 0.15
RIM_PX = 4.0
"""From the edges of the image to a point and its match."""
OFFSET_NEARLY_PX = 0.01
"""Of rounding in a pixel."""
ON_OBJECT_M, ON_OBJECT_SHARE = 0.05, 0.02
"""A point lies on an object if it lies in its box grown by so much, and by this share of its depth."""

OUTSIDE_SHARE = 0.05
"""Of the image: how far a box that is not in a view lies outside of it."""
OUTSIDE_NEARLY_PX = 0.5


def _true_place(question: Question, world: World) -> tuple[NDArray[np.float64], tuple[float, float, float]]:
    """The point in the world, and its u, v and camera z in View 2."""
    first, second = (world.cameras[frame] for frame in question.frames)
    source = question.told["source"]
    point = first.back_project(source["u"], source["v"], source[f"depth_{question.unit}"])
    return point, second.project(point)


def point(question: Question, world: World) -> list[str]:
    """Which of four pixels of View 2 shows the point of a pixel of View 1."""
    _, (u, v, depth) = _true_place(question, world)
    right = [
        name
        for name, place in question.told["candidates"].items()
        if np.hypot(place["u"] - u, place["v"] - v) <= MAX_OFFSET_PX + OFFSET_NEARLY_PX
        and abs(place[f"depth_{question.unit}"] - depth) <= MAX_DEPTH_ERROR * depth * (1 + MARGIN_NEARLY)
    ]
    return [] if right == [question.label] else [f"label {question.label}, not {right}"]


def point_margins(question: Question, world: World) -> list[str]:
    spot, (u, v, _) = _true_place(question, world)
    first, second = (world.cameras[frame] for frame in question.frames)
    source, candidates = question.told["source"], question.told["candidates"]
    found = [] if len(candidates) == 4 and set(candidates) in (set("1234"), set("ABCD")) else ["not four candidates"]
    if not (first.shows(source["u"], source["v"], RIM_PX - 0.5) and second.shows(u, v, RIM_PX - 0.5)):
        found.append("the point is at the edge of the image")
    least = max(MIN_APART_PX, MIN_APART_OF_DIAGONAL * second.diagonal_px)
    right = candidates[question.label]
    for name, place in candidates.items():
        offset = float(np.hypot(place["u"] - u, place["v"] - v))
        found += question.misses(name, "offset_px", offset, OFFSET_NEARLY_PX)
        if not second.shows(place["u"], place["v"]):
            found.append(f"point {name} lies outside of View 2")
        if name == question.label:
            continue
        apart = float(np.hypot(place["u"] - right["u"], place["v"] - right["v"]))
        if min(offset, apart) < least - MAX_OFFSET_PX:
            found.append(f"point {name} is {apart:.1f} px from the right one")
        there = second.back_project(place["u"], place["v"], place[f"depth_{question.unit}"])
        away = float(np.linalg.norm(there - spot))
        if away < MIN_APART_M * world.length_unit * (1 - MAX_DEPTH_ERROR):
            found.append(f"point {name} is {away:.3f} m from the right one")
    slack = ON_OBJECT_M * world.length_unit + ON_OBJECT_SHARE * source[f"depth_{question.unit}"]
    for name in question.names:
        if not world.box(question.frames[0], name).holds(spot, slack):
            found.append(f"the point does not lie on {name}")
    return found


def visible_again(question: Question, world: World) -> list[str]:
    """Whether an object of View 1 is also visible in View 2, or which one is."""
    second = question.frames[1]
    if question.judged:
        (name,) = question.names
        expected = "yes" if world.glimpses(second, name) else "no"
        found = []
        if question.claim != ("visible", name, "2"):
            found.append(f"claim {question.claim} is not what is asked")
        return found if question.label == expected else [*found, f"label {question.label}, not {expected}"]
    seen = [name for name in question.options if world.glimpses(second, name)]
    odd = seen if _asks_for_seen(question) else [name for name in question.options if name not in seen]
    return [] if odd == [question.label] else [f"label {question.label}, not {odd}"]


def _asks_for_seen(question: Question) -> bool:
    """Of a multiple choice: whether one asks for the object that View 2 shows, or for the one that it does not."""
    return "outside_share" not in question.told["measure"][question.label]


def visible_again_margins(question: Question, world: World) -> list[str]:
    first, second = question.frames
    found = []
    for name in question.involved:
        shares = [world.fraction(frame, name) for frame in (first, second)]
        found += question.misses(name, "visible_fraction_1", shares[0])
        if shares[0] < RECOGNISED:
            found.append(f"{name} is not visible enough in View 1")
        if "outside_share" not in question.told["measure"][name]:
            found += question.misses(name, "visible_fraction_2", shares[1])
            if shares[1] < RECOGNISED:
                found.append(f"{name} is not visible enough in View 2")
            continue
        camera = world.cameras[second]
        share = question.measured(name, "outside_share")
        grown = [max(share, OUTSIDE_SHARE) * size - OUTSIDE_NEARLY_PX for size in (camera.width, camera.height)]
        if share < OUTSIDE_SHARE - MARGIN_NEARLY or camera.reached_by_one(
            world.named_box(question, name), tuple(grown)
        ):
            found.append(f"{name} does not lie outside of View 2 by {share:.4f} of the image")
        if also := fitting(world, name, world.reaching.get(second, ())) if world.tags else []:
            found.append(f"the tag of {name} fits {also} in View 2")
    return found
