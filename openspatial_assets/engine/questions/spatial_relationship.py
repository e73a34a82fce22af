"""Spatial relationship: how two objects of one image stand to each other, seen from its camera.

Rules and margins: the section "Spatial relationship" of the sub-task specification. A margin in metres is scaled in a
scene without real-world scale (`SceneGraph.length_unit`). What does not live here: relations over several images.
"""

from collections.abc import Callable

import numpy as np

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Margin, Sieve
from openspatial_assets.engine.questions.comparison import compared
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.gates import (
    BOX_SHIFT_M,
    depth_measure,
    length_key,
    numbers,
    pair_facts,
    pairs,
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

BESIDE = ("directly above", "directly below")
"""Wrong for two objects that share no column of the image."""

OUT_OF_ORDER = ("at the same distance", "out of the camera's view")
"""Wrong for two objects that are seen, at depths that differ."""


@subtask(paper_name="Pos.-left-right", forms=FORMS, asks=("left", "right"), version="1")
def left_right(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Whether one object is to the left or to the right of another, as the camera sees them."""
    seen, bearings = scene.sightings, scene.bearings
    sieve = pairs(scene, settings, rng)
    sieve.keep(
        "behind_camera_plane", (seen.camera_centers[:, 2] > 0)[sieve["a"]] & (seen.camera_centers[:, 2] > 0)[sieve["b"]]
    )
    swapped = seen.columns[sieve["a"], 0] > seen.columns[sieve["b"], 0]
    sieve["a"], sieve["b"] = np.where(swapped, sieve["b"], sieve["a"]), np.where(swapped, sieve["a"], sieve["b"])
    sieve.keep("columns_overlap", seen.columns[sieve["a"], 1] <= seen.columns[sieve["b"], 0])
    gap = bearings[sieve["b"]] - bearings[sieve["a"]]
    sieve.keep("bearings_too_close", gap >= np.radians(MIN_BEARING_GAP_DEG))
    # A box right before the camera swings far when it moves a little.
    radius = np.hypot(seen.camera_centers[:, 0], seen.camera_centers[:, 2])
    swing = np.arcsin(np.minimum(BOX_SHIFT_M * scene.length_unit / radius, 1.0))
    gap = bearings[sieve["b"]] - bearings[sieve["a"]]
    sieve.keep("bearings_too_close", gap > swing[sieve["a"]] + swing[sieve["b"]])

    def measured(one: int) -> dict[str, object]:
        return {"columns_px": seen.columns[one].tolist(), "bearing_deg": float(np.degrees(bearings[one]))}

    def margin(left: int, right: int) -> Margin:
        return visible_margin(
            scene,
            (left, right),
            {"bearing_gap_deg": MIN_BEARING_GAP_DEG, "column_gap_px": 0.0},
            numbers(
                bearing_gap_deg=np.degrees(bearings[right] - bearings[left]),
                column_gap_px=seen.columns[right, 0] - seen.columns[left, 1],
            ),
        )

    return _sided(
        scene,
        sieve,
        ("left", "right"),
        ("left", "right"),
        ("to the left of", "to the right of"),
        BESIDE,
        measured,
        margin,
        camera=True,
    )


@subtask(paper_name="Pos.-high-low", forms=FORMS, asks=("higher", "lower"), version="1")
def high_low(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of two objects is higher up in the world."""
    sieve, spans = pairs(scene, settings, rng), scene.vertical_spans
    heights = spans[:, 2] - spans[:, 0]
    swapped = spans[sieve["a"], 1] < spans[sieve["b"], 1]
    sieve["a"], sieve["b"] = np.where(swapped, sieve["b"], sieve["a"]), np.where(swapped, sieve["a"], sieve["b"])
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


@subtask(paper_name="Pos.-front-behind", forms=FORMS, asks=("front", "behind"), version="1")
def front_behind(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Whether one object is in front of or behind another, from the camera."""
    sieve, depths = pairs(scene, settings, rng), scene.sightings.depth_quartiles
    sieve.keep("no_depth", scene.sightings.has_depth[sieve["a"]] & scene.sightings.has_depth[sieve["b"]])
    swapped = depths[sieve["a"], 1] > depths[sieve["b"], 1]
    sieve["a"], sieve["b"] = np.where(swapped, sieve["b"], sieve["a"]), np.where(swapped, sieve["a"], sieve["b"])

    def required(near):
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

    return _sided(
        scene,
        sieve,
        ("front", "behind"),
        ("in front", "behind"),
        ("in front of", "behind"),
        OUT_OF_ORDER,
        lambda one: depth_measure(scene, one),
        margin,
    )


def _sided(
    scene: SceneGraph,
    sieve: Sieve,
    asks: tuple[str, str],
    said: tuple[str, str],
    sides: tuple[str, str],
    never: tuple[str, ...],
    measured: Callable[[int], dict[str, object]],
    margin: Callable[[int, int], Margin],
    camera: bool = False,
) -> Candidates:
    """Candidates of a relation with two sides, whose gates are passed.

    Args:
        sieve: columns `a` (on the first side of `b`) and `b` (on the second side of `a`).
        asks: names of the first and the second side; `said`: how an option says them; `sides`: how a sentence does.
        never: wrong options that hold for no pair.
        measured: sighting -> what is compared; `margin`: (a, b) -> required and found.
        camera: whether camera values entered.
    """
    first, second, seen = sieve["a"], sieve["b"], scene.sightings

    def draft(row: int, turn: Turn) -> Draft:
        a, b = int(first[row]), int(second[row])
        side = turn.asks % 2 if turn.form == JUDGEMENT else int(not turn.first)
        named = (a, b) if (side == 0) == (turn.form != JUDGEMENT or turn.first) else (b, a)
        judged = turn.form == JUDGEMENT
        return Draft(
            asks[side],
            named,
            {scene.object_ids[seen.objects[one]]: measured(one) for one in named},
            margin(a, b),
            label=asks[side],
            right=said[side],
            wrong=(said[1 - side], *never),
            words={"side": sides[side]},
            claim=(asks[side], *named) if judged else None,
            holds=turn.first if judged else None,
            frames=(int(seen.frames[a]),) if camera else (),
        )

    return Candidates(
        frames=seen.frames[first][:, None], facts=pair_facts(scene, sieve), rejected=sieve.rejected, draft=draft
    )
