"""The distance between the closest points of two objects: what can be asked, and the question.

What does not live here: which pairs of objects are looked at (the rules), and how boxes are measured (`scene_graph`).
"""

import numpy as np

from openspatial_assets.engine.questions.candidates import Draft, Sieve
from openspatial_assets.engine.questions.forms import MULTIPLE_CHOICE, Turn
from openspatial_assets.engine.questions.gates import visible_margin
from openspatial_assets.engine.questions.options import in_unit, shown, wrong_lengths
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_DISTANCE_M, MAX_DISTANCE_M = 0.2, 10.0

MEASURED_PER_QUESTION = 8
"""Pairs whose distance is computed for each question of a frame's budget: enough to fill it, few enough to be quick."""


def keep_measurable(sieve: Sieve, scene: SceneGraph) -> None:
    """Measure the distance between the sightings `a` and `b` of each row, and keep those that a person can tell."""
    sieve["distance"] = scene.box_distances(sieve["a"], sieve["b"])
    sieve.keep("too_close", sieve["distance"] >= MIN_DISTANCE_M)
    sieve.keep("too_far", sieve["distance"] <= MAX_DISTANCE_M)


def distance_draft(scene: SceneGraph, sieve: Sieve, row: int, turn: Turn, rng: np.random.Generator) -> Draft:
    """How far apart `a` and `b` of a row are, in either order.

    Args:
        rng: for the wrong options.
    """
    a, b = (int(sieve["a"][row]), int(sieve["b"][row]))[:: 1 if turn.first else -1]
    meters = float(sieve["distance"][row])
    value, boxes = in_unit(meters, turn.unit), scene.sightings.boxes
    ids = [scene.object_ids[scene.sightings.objects[one]] for one in (a, b)]
    between = float(np.linalg.norm(boxes.centers[a] - boxes.centers[b]))
    limits = {"min_distance_m": MIN_DISTANCE_M, "max_distance_m": MAX_DISTANCE_M}
    return Draft(
        "distance",
        (a, b),
        {"|".join(ids): {"distance_m": meters, "center_distance_m": between}},
        visible_margin(scene, (a, b), limits, dict.fromkeys(limits, meters)),
        right=f"{shown(value, turn.unit)} {turn.unit}",
        wrong=wrong_lengths(value, turn.unit, rng) if turn.form == MULTIPLE_CHOICE else (),
        value=value,
        unit=turn.unit,
    )
