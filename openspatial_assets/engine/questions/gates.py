"""Gates and quantities that several rules share.

What does not live here: a rule's own margins, and counting what a gate stops (`candidates.Sieve`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import OVER_BUDGET, Margin, Sieve
from openspatial_assets.engine.questions.referring import asked_about
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.groups import pairs_in_frames
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_VISIBLE_FRACTION = 0.3
"""Of every object that a question names: less can hardly be recognised."""

MIN_IN_IMAGE = 0.25
"""Share of an object's projected box inside the image; of a sliver at the edge, no one can tell what it is."""

LARGE_IN_IMAGE = 0.1
"""Share of the image: an object that covers more is recognised, however much of it lies outside."""

CLEARLY_VISIBLE_FRACTION = 0.5
"""Of an object whose own size or box is asked for."""

UP_IS_UNKNOWN = "up_is_unknown"
"""Why nothing is asked of heights in a scene that is not aligned with gravity."""

BOX_SHIFT_M = 0.03
"""Answers hold for boxes moved by this much: three times the 1 cm that annotations may be off."""

BOX_TURN_RAD = float(np.radians(1.0))
"""Answers hold for boxes turned by this much: twice the 0.5 degrees that annotations may be off."""


def well_in_image(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(s,)` whether enough of each object lies inside the image to tell what it is."""
    seen = scene.sightings
    sides = seen.image_boxes[:, 2:] - seen.image_boxes[:, :2]
    covered = sides.prod(axis=1) / scene.frames.sizes[seen.frames].prod(axis=1)
    return (seen.in_frame >= MIN_IN_IMAGE) | (covered >= LARGE_IN_IMAGE)


def keep_named(sieve: Sieve, scene: SceneGraph, *columns: str, min_visible: float = MIN_VISIBLE_FRACTION) -> None:
    """Keep rows whose sightings (in `columns`) have a tag that may be asked about, and are visible enough."""
    named = asked_about(scene)
    sieve.keep("tag_not_asked_about", np.logical_and.reduce([named[sieve[column]] for column in columns]))
    seen = scene.sightings.visible_fraction >= min_visible
    sieve.keep("not_visible_enough", np.logical_and.reduce([seen[sieve[column]] for column in columns]))
    inside = well_in_image(scene)
    sieve.keep("barely_in_the_image", np.logical_and.reduce([inside[sieve[column]] for column in columns]))


def pairs(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
    """All pairs of sightings of the same frame, in columns `a` and `b`, that may be named in a question."""
    first, second, left_out = pairs_in_frames(scene.sightings.frames, settings.max_pairs_per_frame, rng)
    sieve = Sieve(a=first, b=second)
    sieve.count(OVER_BUDGET, left_out)
    keep_named(sieve, scene, "a", "b")
    return sieve


def put_in_order(sieve: Sieve, key_a: NDArray, key_b: NDArray) -> None:
    """Swap `a` and `b` in the rows where `key_a` is the larger one of the keys `(c,)`."""
    a, b, swapped = sieve["a"], sieve["b"], key_a > key_b
    sieve["a"], sieve["b"] = np.where(swapped, b, a), np.where(swapped, a, b)


def pair_facts(scene: SceneGraph, sieve: Sieve, *further: NDArray[np.int64]) -> NDArray[np.int64]:
    """`(c, 2 + ...)` what identifies the fact about a pair: its two objects in any order, and `further`."""
    objects = scene.sightings.objects
    ends = np.sort(np.stack([objects[sieve["a"]], objects[sieve["b"]]], axis=1), axis=1)
    return np.column_stack([ends, *further])


def length_key(scene: SceneGraph, name: str) -> str:
    """Name of a length in evidence: `height_m`, or `height_units` in a scene without scale."""
    return f"{name}_m" if scene.metric else f"{name}_units"


def numbers(**quantities: float) -> dict[str, float]:
    """The quantities as plain Python floats, as JSON needs them."""
    return {name: float(value) for name, value in quantities.items()}


def visible_margin(
    scene: SceneGraph, named: Sequence[int], required: Mapping[str, float], found: Mapping[str, float]
) -> Margin:
    """The margins `required` and `found`, and beside them the least visible fraction among the `named` sightings."""
    least = float(min(scene.sightings.visible_fraction[one] for one in named))
    return Margin({"visible_fraction": MIN_VISIBLE_FRACTION, **required}, {"visible_fraction": least, **found})


def depth_measure(scene: SceneGraph, sighting: int) -> dict[str, float]:
    """Mask depth of a sighting as evidence: the median and the quartiles around it."""
    names = (length_key(scene, "depth_q1"), length_key(scene, "depth"), length_key(scene, "depth_q3"))
    return dict(zip(names, scene.sightings.depth_quartiles[sighting].tolist(), strict=True))
