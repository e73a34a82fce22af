"""Spatial measurement: sizes, distances and boxes of the objects of one image.

Rules and margins: the section "Spatial measurement" of the sub-task specification. What does not live here: how boxes
are measured (`engine/geometry`, `engine/scene_graph`), and budgets (`candidates.py`).
"""

import json

import numpy as np

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Margin, Sieve
from openspatial_assets.engine.questions.comparison import compared
from openspatial_assets.engine.questions.distances import MEASURED_PER_QUESTION, distance_draft, keep_measurable
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.gates import (
    BOX_TURN_RAD,
    CLEARLY_VISIBLE_FRACTION,
    MIN_VISIBLE_FRACTION,
    UP_IS_UNKNOWN,
    keep_named,
    length_key,
    numbers,
    pair_facts,
    pairs,
    put_in_order,
    visible_margin,
)
from openspatial_assets.engine.questions.grammar import every, every_is, tidy
from openspatial_assets.engine.questions.options import in_unit, shown, wrong_lengths
from openspatial_assets.engine.questions.referring import NOT_ASKED_ABOUT, kinds_of
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_IN_FRAME = 0.8
"""Share of the projected box inside the image: of a thing cut off by the edge, no one can tell the size."""

MIN_DIMENSION_M = 0.05
"""Below it, annotations are not exact enough to ask for."""

MAX_TILT_RAD = float(np.radians(5.0))
"""Of a box whose length or width is asked for: of a leaning one, the horizontal extents are not its sides."""

MIN_VOLUME_RATIO = 1.5
MIN_HEIGHT_RATIO = 1.25

DIMENSIONS = ("length", "width", "height")


@subtask(
    paper_name="Size-obj-abs", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("height", "length", "width"), version="1"
)
def size_absolute(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Height, length or width of one object, in metres or centimetres."""
    seen, count = scene.sightings, len(scene.sightings)
    sieve = Sieve(a=np.repeat(np.arange(count), len(DIMENSIONS)), dimension=np.tile(np.arange(len(DIMENSIONS)), count))
    sieve.keep("not_metric", scene.metric)
    sieve.keep(UP_IS_UNKNOWN, scene.gravity_aligned)
    keep_named(sieve, scene, "a", min_visible=CLEARLY_VISIBLE_FRACTION)
    sieve.keep("cut_off_by_image_edge", seen.in_frame[sieve["a"]] >= MIN_IN_FRAME)
    upright = scene.tilts[sieve["a"]] <= MAX_TILT_RAD
    sieve.keep("tilted", upright | (sieve["dimension"] == DIMENSIONS.index("height")))
    sieve.keep("too_small", scene.dimensions[sieve["a"], sieve["dimension"]] >= MIN_DIMENSION_M)
    thing, dimension = sieve["a"], sieve["dimension"]

    def draft(row: int, turn: Turn) -> Draft:
        one, asks = int(thing[row]), DIMENSIONS[dimension[row]]
        meters = float(scene.dimensions[one, dimension[row]])
        value, key = in_unit(meters, turn.unit), f"{asks}_m"
        wrong = wrong_lengths(value, turn.unit, rng) if turn.form == MULTIPLE_CHOICE else ()
        return Draft(
            asks,
            (one,),
            {scene.object_ids[seen.objects[one]]: {key: meters}},
            Margin(
                {"visible_fraction": CLEARLY_VISIBLE_FRACTION, "in_frame": MIN_IN_FRAME, key: MIN_DIMENSION_M},
                numbers(visible_fraction=seen.visible_fraction[one], in_frame=seen.in_frame[one]) | {key: meters},
            ),
            right=f"{shown(value, turn.unit)} {turn.unit}",
            wrong=wrong,
            value=value,
            unit=turn.unit,
            words={"dimension": asks},
        )

    return Candidates(
        frames=seen.frames[thing][:, None],
        facts=np.column_stack([seen.objects[thing], dimension]),
        rejected=sieve.rejected,
        draft=draft,
    )


@subtask(
    paper_name="Size-obj-rel",
    forms=(OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT),
    asks=("larger", "smaller", "taller", "shorter"),
    version="1",
)
def size_relative(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of two objects is larger by volume, or taller."""
    sieve = pairs(scene, settings, rng)
    volume, height = scene.sightings.boxes.volumes, scene.dimensions[:, 2]
    sizes = np.stack([volume, height])
    pair = np.stack([sieve["a"], sieve["b"]])
    both = Sieve(a=np.tile(pair[0], 2), b=np.tile(pair[1], 2), kind=np.repeat([0, 1], len(sieve)))
    for reason, number in sieve.rejected.items():
        both.count(reason, 2 * number)
    both.keep(UP_IS_UNKNOWN, scene.gravity_aligned | (both["kind"] == 0))
    put_in_order(both, sizes[both["kind"], both["b"]], sizes[both["kind"], both["a"]])
    least = np.array([MIN_VOLUME_RATIO, MIN_HEIGHT_RATIO])
    ratio = sizes[both["kind"], both["a"]] / sizes[both["kind"], both["b"]]
    both.keep("sizes_too_similar", ratio >= least[both["kind"]])
    # A flat thing that is turned a little grows taller by its diagonal times the angle.
    sway = BOX_TURN_RAD * scene.sightings.boxes.diagonals
    steady = height[both["a"]] - sway[both["a"]] > height[both["b"]] + sway[both["b"]]
    both.keep("sizes_too_similar", steady | (both["kind"] == 0))
    names = ("volume_m3" if scene.metric else "volume_units3", length_key(scene, "height"))

    def margin(row: int) -> Margin:
        kind, more, less = both["kind"][row], both["a"][row], both["b"][row]
        name = ("volume_ratio", "height_ratio")[kind]
        found = float(sizes[kind, more] / sizes[kind, less])
        return visible_margin(scene, (more, less), {name: float(least[kind])}, {name: found})

    return compared(
        scene,
        both,
        (("larger", "smaller"), ("taller", "shorter")),
        lambda sighting, kind: {names[kind]: float(sizes[kind, sighting])},
        margin,
    )


@subtask(paper_name="Dis.-obj-abs", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("distance",), version="1")
def distance_absolute(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Distance between the closest points of two objects, in metres or centimetres."""
    seen = scene.sightings
    sieve = pairs(scene, settings, rng)
    sieve.keep("not_metric", scene.metric)
    sieve.sample(seen.frames[sieve["a"]], MEASURED_PER_QUESTION * settings.max_per_frame, rng)
    keep_measurable(sieve, scene)
    first = sieve["a"]

    def draft(row: int, turn: Turn) -> Draft:
        return distance_draft(scene, sieve, row, turn, rng)

    return Candidates(
        frames=seen.frames[first][:, None], facts=pair_facts(scene, sieve), rejected=sieve.rejected, draft=draft
    )


@subtask(paper_name="3d-grounding", forms=(OPEN_ENDED,), asks=("boxes",), version="1")
def grounding_3d(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """The 3D boxes, in camera axes, of all objects of one tag in the image."""
    seen, kinds = scene.sightings, kinds_of(scene)
    width = max(len(kinds.names), 1)
    place = scene.projections.frames * width + kinds.of_object[scene.projections.objects]
    shown_at = seen.frames * width + kinds.of_object[seen.objects]
    sieve = Sieve(place=np.unique(place))
    sieve.keep("not_metric", scene.metric)
    askable = np.array([name not in NOT_ASKED_ABOUT for name in kinds.names], np.bool_)
    sieve.keep("tag_not_asked_about", askable[sieve["place"] % width])
    size = len(scene.frames.ids) * width
    projected = np.bincount(place, minlength=size)
    recognised = np.bincount(shown_at[seen.visible_fraction >= MIN_VISIBLE_FRACTION], minlength=size)
    clear = np.bincount(shown_at[seen.visible_fraction >= CLEARLY_VISIBLE_FRACTION], minlength=size)
    sieve.keep("list_would_be_incomplete", recognised[sieve["place"]] == projected[sieve["place"]])
    sieve.keep("not_visible_enough", clear[sieve["place"]] == projected[sieve["place"]])
    sieve.keep("tag_fits_others", kinds.fitting.reshape(-1)[sieve["place"]] == projected[sieve["place"]])
    by_place = np.argsort(shown_at, kind="stable")
    start = np.searchsorted(shown_at[by_place], sieve["place"])
    groups = [by_place[at : at + projected[key]] for at, key in zip(start, sieve["place"], strict=True)]
    same: dict[bytes, int] = {}
    facts = np.array([same.setdefault(seen.objects[group].tobytes(), len(same)) for group in groups], np.int64)

    def draft(row: int, turn: Turn) -> Draft:
        group = groups[row][np.argsort(seen.camera_centers[groups[row], 2], kind="stable")]
        frame = int(seen.frames[group[0]])
        values = np.hstack([seen.camera_centers[group], seen.boxes.extents[group], seen.camera_rpy[group]])
        tags = [tidy(scene.tags[index]) for index in seen.objects[group].tolist()]
        boxes = [
            {"bbox_3d": [round(number, 2) + 0.0 for number in box], "label": tag}  # + 0.0: no "-0.0"
            for box, tag in zip(values.tolist(), tags, strict=True)
        ]
        ids = [scene.object_ids[index] for index in seen.objects[group].tolist()]
        fov = float(np.degrees(scene.frames.camera(frame).horizontal_fov))
        return Draft(
            "boxes",
            tuple(group.tolist()),
            {name: {"bbox_3d_m_rad": box} for name, box in zip(ids, values.tolist(), strict=True)},
            Margin(
                {"visible_fraction": CLEARLY_VISIBLE_FRACTION},
                numbers(visible_fraction=seen.visible_fraction[group].min()),
            ),
            right=json.dumps(boxes, ensure_ascii=False),
            words={"every": every(tags[0]), "every_is": every_is(tags[0]), "fov": f"{fov:.1f}"},
            frames=(frame,),
            further={"horizontal_fov_deg": fov},
            collective=True,
        )

    return Candidates(
        frames=seen.frames[[group[0] for group in groups]].reshape(-1, 1),
        facts=facts[:, None],
        rejected=sieve.rejected,
        draft=draft,
    )
