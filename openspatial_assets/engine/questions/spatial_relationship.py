"""Spatial relationship: how two objects of one image stand to each other, seen from its camera.

Rules and margins: the section "Spatial relationship" of the sub-task specification. A margin in metres is scaled in a
scene without real-world scale (`SceneGraph.length_unit`). What does not live here: relations over several images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Margin, Sieve
from openspatial_assets.engine.questions.comparison import compared
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.gates import (
    BOX_SHIFT_M,
    UP_IS_UNKNOWN,
    depth_measure,
    length_key,
    numbers,
    pair_facts,
    pairs,
    put_in_order,
    visible_margin,
)
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_BEARING_GAP_DEG = 5.0

MIN_HEIGHT_GAP_M = 0.15
MIN_HEIGHT_GAP_SHARE = 0.25
"""Of the taller box's height."""

MIN_ORDER_GAP_M = 0.02
"""Bottoms, and tops, count as being in an order from here on: things on the same floor are not."""

MIN_DEPTH_GAP_M = 0.25
MIN_DEPTH_GAP_SHARE = 0.10
"""Of the nearer object's depth."""

FORMS = (OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT)


@dataclass(frozen=True)
class Sides:
    """The two sides on which one object can be of another, first and second.

    Attributes:
        asks: their canonical names.
        options: how an option says them.
        phrases: how a sentence says them.
        never: options that are wrong for every pair that is asked about.
    """

    asks: tuple[str, str]
    options: tuple[str, str]
    phrases: tuple[str, str]
    never: tuple[str, str]


# Asked about are only objects that share no column of the image, and objects that are seen at different depths.
LEFT_RIGHT = Sides(
    asks=("left", "right"),
    options=("left", "right"),
    phrases=("to the left of", "to the right of"),
    never=("directly above", "directly below"),
)
FRONT_BEHIND = Sides(
    asks=("front", "behind"),
    options=("in front", "behind"),
    phrases=("in front of", "behind"),
    never=("at the same distance", "out of the camera's view"),
)


@subtask(paper_name="Pos.-left-right", forms=FORMS, asks=LEFT_RIGHT.asks, version="1")
def left_right(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Whether one object is to the left or to the right of another, as the camera sees them."""
    seen, bearings, columns = scene.sightings, scene.bearings, scene.sightings.columns
    sieve = pairs(scene, settings, rng)
    ahead = seen.camera_centers[:, 2] > 0
    sieve.keep("behind_camera_plane", ahead[sieve["a"]] & ahead[sieve["b"]])
    put_in_order(sieve, columns[sieve["a"], 0], columns[sieve["b"], 0])
    sieve.keep("columns_overlap", columns[sieve["a"], 1] <= columns[sieve["b"], 0])
    # A box right before the camera swings far when it moves a little.
    shift = BOX_SHIFT_M * scene.length_unit
    swing = np.arcsin(shift / np.maximum(np.hypot(seen.camera_centers[:, 0], seen.camera_centers[:, 2]), shift))

    def required(left: NDArray | int, right: NDArray | int) -> NDArray:
        return np.maximum(np.radians(MIN_BEARING_GAP_DEG), swing[left] + swing[right])

    gap = bearings[sieve["b"]] - bearings[sieve["a"]]
    sieve.keep("bearings_too_close", gap >= required(sieve["a"], sieve["b"]))

    def measured(one: int) -> dict[str, object]:
        return {"columns_px": columns[one].tolist(), "bearing_deg": float(np.degrees(bearings[one]))}

    def margin(left: int, right: int) -> Margin:
        return visible_margin(
            scene,
            (left, right),
            numbers(bearing_gap_deg=np.degrees(required(left, right)), column_gap_px=0.0),
            numbers(
                bearing_gap_deg=np.degrees(bearings[right] - bearings[left]),
                column_gap_px=columns[right, 0] - columns[left, 1],
            ),
        )

    return _sided(scene, sieve, LEFT_RIGHT, measured, margin, camera=True)


@subtask(paper_name="Pos.-high-low", forms=FORMS, asks=("higher", "lower"), version="1")
def high_low(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of two objects is higher up in the world."""
    sieve, spans = pairs(scene, settings, rng), scene.vertical_spans
    sieve.keep(UP_IS_UNKNOWN, scene.gravity_aligned)
    heights = spans[:, 2] - spans[:, 0]
    put_in_order(sieve, spans[sieve["b"], 1], spans[sieve["a"], 1])
    sieve["kind"] = np.zeros(len(sieve), np.int64)
    required = np.maximum(
        MIN_HEIGHT_GAP_M * scene.length_unit,
        MIN_HEIGHT_GAP_SHARE * np.maximum(heights[sieve["a"]], heights[sieve["b"]]),
    )
    sieve["required"] = required
    sieve.keep("heights_too_close", spans[sieve["a"], 1] - spans[sieve["b"], 1] >= required)
    ordered = spans[sieve["a"]] - spans[sieve["b"]] >= MIN_ORDER_GAP_M * scene.length_unit
    sieve.keep("bottoms_and_tops_out_of_order", ordered.all(axis=1))
    names = [length_key(scene, name) for name in ("bottom_z", "center_z", "top_z")]
    gap_names = [length_key(scene, name) for name in ("bottom_gap", "center_gap", "top_gap")]

    def margin(row: int) -> Margin:
        high, low = sieve["a"][row], sieve["b"][row]
        order = MIN_ORDER_GAP_M * scene.length_unit
        required = dict(zip(gap_names, (order, float(sieve["required"][row]), order), strict=True))
        return visible_margin(
            scene, (high, low), required, dict(zip(gap_names, (spans[high] - spans[low]).tolist(), strict=True))
        )

    return compared(
        scene,
        sieve,
        (("higher", "lower"),),
        lambda sighting, kind: dict(zip(names, spans[sighting].tolist(), strict=True)),
        margin,
    )


@subtask(paper_name="Pos.-front-behind", forms=FORMS, asks=FRONT_BEHIND.asks, version="1")
def front_behind(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Whether one object is in front of or behind another, from the camera."""
    sieve, depths = pairs(scene, settings, rng), scene.sightings.depth_quartiles
    sieve.keep("no_depth", scene.sightings.has_depth[sieve["a"]] & scene.sightings.has_depth[sieve["b"]])
    inside = scene.centered_in(sieve["a"], sieve["b"]) | scene.centered_in(sieve["b"], sieve["a"])
    sieve.keep("one_inside_the_other", ~inside)  # a book is not in front of the shelf that it stands in
    put_in_order(sieve, depths[sieve["a"], 1], depths[sieve["b"], 1])

    def required(near: NDArray | int) -> NDArray:
        return np.maximum(MIN_DEPTH_GAP_M * scene.length_unit, MIN_DEPTH_GAP_SHARE * depths[near, 1])

    sieve.keep("depths_too_close", depths[sieve["b"], 1] - depths[sieve["a"], 1] >= required(sieve["a"]))
    sieve.keep("depth_ranges_overlap", depths[sieve["a"], 2] < depths[sieve["b"], 0])
    gap, between = length_key(scene, "depth_gap"), length_key(scene, "quartile_gap")

    def margin(near: int, far: int) -> Margin:
        return visible_margin(
            scene,
            (near, far),
            {gap: float(required(near)), between: 0.0},
            {gap: float(depths[far, 1] - depths[near, 1]), between: float(depths[far, 0] - depths[near, 2])},
        )

    return _sided(scene, sieve, FRONT_BEHIND, lambda one: depth_measure(scene, one), margin)


def _sided(
    scene: SceneGraph,
    sieve: Sieve,
    sides: Sides,
    measured: Callable[[int], dict[str, object]],
    margin: Callable[[int, int], Margin],
    camera: bool = False,
) -> Candidates:
    """Candidates of a relation with two sides, whose gates are passed.

    Args:
        sieve: columns `a` (on the first side of `b`) and `b` (on the second side of `a`).
        measured: sighting -> what is compared; `margin`: (a, b) -> required and found.
        camera: whether camera values entered.
    """
    first, second, seen = sieve["a"], sieve["b"], scene.sightings

    def draft(row: int, turn: Turn) -> Draft:
        a, b = int(first[row]), int(second[row])
        judged = turn.form == JUDGEMENT
        side = turn.asks % 2 if judged else int(not turn.first)
        holds = turn.first or not judged
        named = (a, b) if (side == 0) == holds else (b, a)
        return Draft(
            sides.asks[side],
            named,
            {scene.object_ids[seen.objects[one]]: measured(one) for one in named},
            margin(a, b),
            label=sides.asks[side],
            right=sides.options[side],
            wrong=(sides.options[1 - side], *sides.never),
            words={"side": sides.phrases[side]},
            claim=(sides.asks[side], *named) if judged else None,
            holds=holds if judged else None,
            frames=(int(seen.frames[a]),) if camera else (),
        )

    return Candidates(
        frames=seen.frames[first][:, None], facts=pair_facts(scene, sieve), rejected=sieve.rejected, draft=draft
    )
