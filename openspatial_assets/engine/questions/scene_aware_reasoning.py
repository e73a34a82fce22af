"""Scene-aware reasoning: what takes a whole scene to answer.

Rules and margins: the section "Scene-aware reasoning" of the sub-task specification. What does not live here: how
captions are put together (`captions.py` and those beside it), the search for walks (`routes.py`) and their words
(`route_texts.py`).
"""

from collections import Counter

import numpy as np

from openspatial_assets.engine.questions.candidates import Candidates, Draft, Sieve
from openspatial_assets.engine.questions.caption_plan import MAX_WORDS, MIN_RELATIONS, MIN_WORDS, captions_of
from openspatial_assets.engine.questions.caption_statements import is_relation
from openspatial_assets.engine.questions.captions import MAX_VIEWS, MIN_OBJECTS
from openspatial_assets.engine.questions.forms import MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.gates import UP_IS_UNKNOWN, length_key, visible_margin
from openspatial_assets.engine.questions.plurals import number_word
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.route_texts import (
    NEARBY_M,
    evidence_of,
    linked_frames,
    said,
    steps_of,
    views_of,
    words_of,
    wrong_turns,
)
from openspatial_assets.engine.questions.routes import (
    BACK_TURN_REACH_DEG,
    CLEARANCE_M,
    MAX_LEGS,
    MAX_TURNS,
    MIN_LEG_M,
    SIDE_TURN_REACH_DEG,
    TURNS,
    Terrain,
    Walks,
    keep_walkable,
    planned,
    sides_of,
    turn_offsets_deg,
)
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.questions.view_sets import nameable
from openspatial_assets.engine.scene_graph.scene import SceneGraph

FLOOR_UNKNOWN = "floor_unknown"
"""Why there are no routes in a scene whose floor was not seen."""

NOT_SEEN_TOGETHER = "not_seen_in_linked_views"
"""Why a walk is not asked about: the views that show its objects have no link with one another."""

WALKS_PER_LENGTH = 4
"""Of each frame and each number of turns, so many walks are worth looking for views."""


@subtask(paper_name="Scene caption", forms=(OPEN_ENDED,), asks=("caption",), version="1")
def scene_caption(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """A description in 200 to 300 words of the scene that three to eight views show."""
    found, rejected = [], {UP_IS_UNKNOWN: len(scene.frames.ids)}
    if scene.gravity_aligned:
        found, rejected = captions_of(scene, rng)
    frames = np.full((len(found), MAX_VIEWS), -1)
    same: dict[bytes, int] = {}
    facts = np.zeros((len(found), 1), np.int64)
    for row, (shown, _) in enumerate(found):
        frames[row, : len(shown.frames)] = shown.frames
        facts[row] = same.setdefault(np.sort(scene.sightings.objects[shown.sightings]).tobytes(), len(same))

    def draft(row: int, turn: Turn) -> Draft:
        shown, caption = found[row]
        named = tuple(shown.sightings.tolist())
        relations, words = sum(map(is_relation, caption.facts)), len(caption.text.split())
        least = {"objects": MIN_OBJECTS, "relations": MIN_RELATIONS, "words": MIN_WORDS, "max_words": MAX_WORDS}
        counts = {"objects": len(named), "relations": relations, "words": words, "max_words": words}
        return Draft(
            "caption",
            named,
            {},
            visible_margin(scene, named, least, counts),
            right=caption.text,
            words={"count": number_word(len(shown.frames))},
            further={"facts": caption.facts},
            collective=True,
        )

    return Candidates(frames=frames, facts=facts, rejected=rejected, draft=draft)


@subtask(paper_name="Route plan", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("turns",), version="1", of_views=True)
def route_plan(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which turns lead a walk from the camera of the first view from object to object."""
    sieve = _shown_walks(scene, settings, rng)
    if not len(sieve):
        nothing = np.empty((0, MAX_LEGS), np.int64)
        return Candidates(nothing, nothing, sieve.rejected, _no_draft)
    terrain = Terrain(scene, scene.floor)
    keep_walkable(sieve, scene, terrain)
    views, sightings = sieve["views"], sieve["named"]
    walks = Walks.of(sieve)
    legs, lengths, degrees = walks.legs, walks.lengths, walks.turns_deg
    sides, offsets = sides_of(degrees), turn_offsets_deg(degrees)
    clearances = np.minimum(terrain.clearances(walks), sieve["clearance"].min(axis=1))
    beside = sieve["clearance"] < NEARBY_M * scene.length_unit
    most_off = [BACK_TURN_REACH_DEG if turn == "back" else SIDE_TURN_REACH_DEG for turn in TURNS]
    turns = [tuple(TURNS[side] for side in row) for row in _cut(sides, legs - 1)]
    known, boxes = Counter(turns), _plain_boxes(scene)
    leg_key, clearance_key = length_key(scene, "leg"), length_key(scene, "clearance")

    def draft(row: int, turn: Turn) -> Draft:
        count, right = int(legs[row]), turns[row]
        named = tuple(sightings[row, :count].tolist())
        required = {leg_key: MIN_LEG_M * scene.length_unit, clearance_key: CLEARANCE_M * scene.length_unit}
        found = {leg_key: float(lengths[row, :count].min()), clearance_key: float(clearances[row])}
        if not np.isfinite(clearances[row]):  # nothing at all stands in the way
            del required[clearance_key], found[clearance_key]
        near = {*walks.objects[row, beside[row]].tolist()}
        required["max_turn_offset_deg"] = [most_off[side] for side in sides[row, : count - 1].tolist()]
        found["max_turn_offset_deg"] = offsets[row, : count - 1].tolist()
        return Draft(
            "turns",
            named,
            {str(number): {"turn_deg": degree} for number, degree in enumerate(degrees[row, : count - 1].tolist(), 1)},
            visible_margin(scene, named, required, found),
            label=">".join(right),
            right=said(right),
            wrong=wrong_turns(right, known, turn.rng) if turn.form == MULTIPLE_CHOICE else (),
            words=words_of(right, int((views[row] >= 0).sum())),
            frames=(int(views[row, 0]),),
            further={"route": evidence_of(scene, terrain, walks.points[row, : count + 1], near, boxes)},
            marked_in_every_view=True,
            compose=steps_of,
        )

    return Candidates(
        frames=views,
        facts=np.concatenate([walks.objects, sides], axis=1),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: legs > 2},  # one turn alone has only three answers
    )


def _shown_walks(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Sieve:
    """Walks that views show: columns `frame` `(c,)`, and `views` and `named` (sightings) `(c, MAX_LEGS)`, or -1."""
    if not scene.gravity_aligned or scene.floor is None:
        sieve = Sieve(frame=np.empty(0, np.int64))
        sieve.count(UP_IS_UNKNOWN if not scene.gravity_aligned else FLOOR_UNKNOWN, len(scene.sightings))
        return sieve
    walks, rejected = planned(scene, Terrain(scene, scene.floor), settings.draws_per_frame, rng)
    sieve = Sieve(frame=walks.frames, objects=walks.objects)
    for reason, count in rejected.items():
        sieve.count(reason, count)
    sieve.sample(walks.frames * MAX_TURNS + walks.legs - 2, WALKS_PER_LENGTH, rng)
    may_be_named, linked = nameable(scene), linked_frames(scene)
    views = np.full((len(sieve), MAX_LEGS), -1)
    sightings = np.full((len(sieve), MAX_LEGS), -1)
    for row, (frame, things) in enumerate(zip(sieve["frame"].tolist(), sieve["objects"].tolist(), strict=True)):
        things = [one for one in things if one >= 0]
        shown = views_of(scene, may_be_named, linked, frame, things)
        if shown is not None:
            views[row, : len(shown)] = shown
            first = [next(view for view in shown if may_be_named[view, one]) for one in things]
            sightings[row, : len(things)] = scene.sighting_of[first, things]
    sieve["views"], sieve["named"] = views, sightings
    sieve.keep(NOT_SEEN_TOGETHER, views[:, 0] >= 0)
    return sieve


def _cut(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Each row without what pads it."""
    return [row[:length] for row, length in zip(rows, lengths.tolist(), strict=True)]


def _plain_boxes(scene: SceneGraph) -> list[dict[str, list[float]]]:
    rows = (scene.boxes.centers.tolist(), scene.boxes.extents.tolist(), scene.boxes.rpy.tolist())
    return [{"center": center, "extents": extents, "rpy": rpy} for center, extents, rpy in zip(*rows, strict=True)]


def _no_draft(row: int, turn: Turn) -> Draft:
    raise IndexError(f"there is no candidate {row}")
