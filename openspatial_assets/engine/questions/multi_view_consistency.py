"""Multi-view consistency: what takes two views of a scene to answer, since neither shows it all.

Rules and margins: the section "Multi-view consistency" of the sub-task specification. A margin in metres is scaled in a
scene without real-world scale (`SceneGraph.length_unit`). What does not live here: which pairs of views there are
(`scene_graph/views.py`), and which of their objects are looked at together (`view_sets.py`).
"""

import numpy as np

from openspatial_assets.engine.correspondence.distractors import DISTRACTORS, MIN_GAP_M, least_gap_px
from openspatial_assets.engine.correspondence.matching import MAX_DEPTH_ERROR, MAX_ROUND_TRIP_PX, TOO_FEW_DISTRACTORS
from openspatial_assets.engine.questions.candidate_points import DIGITS, CandidatePoints, object_may_be_said
from openspatial_assets.engine.questions.candidates import OVER_BUDGET, Candidates, Draft, Margin, Sieve
from openspatial_assets.engine.questions.directions import (
    CARDINAL,
    EGOCENTRIC,
    QUARTERS,
    SECTOR_DEG,
    SECTORS,
    sector_of,
)
from openspatial_assets.engine.questions.distances import MEASURED_PER_QUESTION, distance_draft, keep_measurable
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, OPTIONS, Turn
from openspatial_assets.engine.questions.gates import UP_IS_UNKNOWN, length_key, pair_facts, visible_margin
from openspatial_assets.engine.questions.grammar import listed
from openspatial_assets.engine.questions.options import LETTERS
from openspatial_assets.engine.questions.out_of_view import MIN_OUTSIDE_SHARE, outside_share
from openspatial_assets.engine.questions.ranked_distances import FARTHEST, NEAREST, ranked
from openspatial_assets.engine.questions.referring import asked_about
from openspatial_assets.engine.questions.registry import subtask
from openspatial_assets.engine.questions.seen_again import MIN_IN_FRAME, again_and_gone
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.questions.surroundings import (
    MAX_OFF_AXIS_DEG,
    MIN_CENTER_DISTANCE_M,
    MIN_CORNERS_IN_SECTOR,
    even_out_directions,
    keep_clear_bearings,
)
from openspatial_assets.engine.questions.view_sets import (
    NO_VIEW_PAIRS,
    TOO_FEW_OBJECTS,
    Lists,
    clearest,
    count_unnamed,
    nameable,
    one_and_others,
    one_of_each,
    seen_only_in,
    shown_views,
)
from openspatial_assets.engine.scene_graph.scene import SceneGraph

NUM_COMPARED = (2, 2, 3, 4)
"""Objects whose distances from an anchor are compared: two can be judged, four are the options of a multiple choice.
Two are drawn more often, because both and their anchor are often in the same view."""

SETS_PER_QUESTION = 4
"""Sets whose distances are computed for each question of a frame's budget: most of them have a clear answer."""

EXTREMES = {NEAREST: "nearest", FARTHEST: "farthest"}

FORMS = (OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT)


@subtask(paper_name="Mi-dis-obj-rel", forms=FORMS, asks=tuple(EXTREMES.values()), version="1")
def multiview_distance_relative(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of two to four objects is nearest to another, or farthest from it, where no view shows them all."""
    objects, views = scene.sightings.objects, shown_views(scene, rng)
    either = Lists(nameable(scene)[views].any(axis=1))
    rows, members = one_and_others(either, NUM_COMPARED, settings.draws_per_pair, rng)
    sieve = Sieve(views=views[rows], things=members)
    count_unnamed(sieve, scene, views)
    sieve.count(TOO_FEW_OBJECTS, int((either.counts <= min(NUM_COMPARED)).sum()))
    missing = (sieve["things"] >= 0)[:, None] & ~scene.glimpsed[sieve["views"][:, :, None], sieve["things"][:, None]]
    sieve.keep("one_view_shows_all", missing.any(axis=2).all(axis=1))
    sieve.sample(sieve["views"][:, 0], SETS_PER_QUESTION * settings.max_per_frame, rng)
    seen = clearest(scene, sieve["views"], sieve["things"])
    found = ranked(scene, seen[:, 0], seen[:, 1:])
    sieve["anchor"], sieve["near_to_far"] = seen[:, 0], np.take_along_axis(seen[:, 1:], found.order, axis=1)
    for name in ("distance", "gap", "required", "clear"):
        sieve[name] = getattr(found, name)
    sieve.keep("distances_too_close", sieve["clear"].any(axis=1))
    anchor, near_to_far = sieve["anchor"], sieve["near_to_far"]
    size = (near_to_far >= 0).sum(axis=1)
    gap_name, distance_name = length_key(scene, "gap"), length_key(scene, "distance")

    def draft(row: int, turn: Turn) -> Draft:
        ordered = near_to_far[row, : size[row]].tolist()
        clear = np.flatnonzero(sieve["clear"][row]).tolist()
        end = clear[turn.asks % len(clear)]
        right = ordered[-1 if end == FARTHEST else 0]
        others = [one for one in ordered if one != right]
        shown = [ordered[index] for index in turn.rng.permutation(len(ordered)).tolist()]
        judged = turn.form == JUDGEMENT
        if judged:
            shown = [right, *others] if turn.first else [*others, right]
        named = (int(anchor[row]), *shown)
        ids = {one: scene.object_ids[objects[one]] for one in named}
        far = dict(zip(ordered, sieve["distance"][row].tolist(), strict=False))
        return Draft(
            EXTREMES[end],
            named,
            {f"{ids[named[0]]}|{ids[one]}": {distance_name: far[one]} for one in shown},
            visible_margin(
                scene,
                named,
                {gap_name: float(sieve["required"][row, end])},
                {gap_name: float(sieve["gap"][row, end])},
            ),
            label=ids[right],
            right=right,
            wrong=tuple(others),
            claim=(EXTREMES[end], *shown) if judged else None,
            holds=turn.first if judged else None,
            marked_in_every_view=True,
            unique_in_scene=True,
        )

    return Candidates(
        frames=sieve["views"],
        facts=np.column_stack([objects[anchor], np.sort(np.where(near_to_far >= 0, objects[near_to_far], -1), axis=1)]),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: size == OPTIONS, JUDGEMENT: size == min(NUM_COMPARED)},
    )


@subtask(paper_name="Mi-dis-obj-abs", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("distance",), version="1")
def multiview_distance_absolute(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Distance between the closest points of two objects, each of which only one of two views shows."""
    views = shown_views(scene, rng)
    sides = [Lists(seen_only_in(scene, views, place)) for place in (0, 1)]
    rows, things, left_out = one_of_each(sides, settings.draws_per_pair, rng)
    first, second = scene.sighting_of[views[rows], things].T
    sieve = Sieve(views=views[rows], a=first, b=second)
    count_unnamed(sieve, scene, views, in_both=True)
    sieve.count(OVER_BUDGET, left_out)
    sieve.keep("not_metric", scene.metric)
    sieve.sample(sieve["views"][:, 0], MEASURED_PER_QUESTION * settings.max_per_frame, rng)
    keep_measurable(sieve, scene)

    def draft(row: int, turn: Turn) -> Draft:
        return distance_draft(scene, sieve, row, turn, rng)

    return Candidates(frames=sieve["views"], facts=pair_facts(scene, sieve), rejected=sieve.rejected, draft=draft)


@subtask(paper_name="Mi-pos.-obj", forms=FORMS, asks=("bearing",), version="1")
def multiview_position(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """In which of eight directions an object lies for someone at another who knows where a third one lies."""
    objects, views = scene.sightings.objects, shown_views(scene, rng)
    sides = [Lists(seen_only_in(scene, views, place)) for place in (0, 1)]
    either = Lists(nameable(scene)[views].any(axis=1))
    rows, things, left_out = one_of_each((either, *sides), settings.draws_per_pair, rng)
    things[:, 1:] = np.where(rng.random((len(rows), 1)) < 0.5, things[:, 1:], things[:, :0:-1])
    a, b, c = clearest(scene, views[rows], things).T
    sieve = Sieve(views=views[rows], a=a, b=b, c=c)
    count_unnamed(sieve, scene, views, in_both=True)
    sieve.count(OVER_BUDGET, left_out)
    sieve.keep("standing_at_what_is_asked_for", (things[:, :1] != things[:, 1:]).all(axis=1))
    sieve.keep(UP_IS_UNKNOWN, scene.gravity_aligned)
    keep_clear_bearings(sieve, scene)
    even_out_directions(sieve, rng)
    members = np.stack([sieve[name] for name in "abc"], axis=1)
    distance_name = length_key(scene, "center_distance")

    def draft(row: int, turn: Turn) -> Draft:
        # Cards are dealt in turn, so each compass and each quarter is taken equally often.
        compass = (EGOCENTRIC, CARDINAL)[turn.asks // len(QUARTERS) % 2]
        facing = QUARTERS[turn.asks % len(QUARTERS)]
        bearing = (float(sieve["bearing"][row]) + facing * SECTOR_DEG) % 360.0
        sector = int(sector_of(bearing))
        others = [other for other in turn.rng.permutation(SECTORS).tolist() if other != sector]
        named = tuple(members[row].tolist())
        a, b, c = (scene.object_ids[objects[one]] for one in named)
        judged = turn.form == JUDGEMENT
        claimed = sector if turn.first else others[0]
        return Draft(
            "bearing",
            named,
            {f"{a}|{c}": {"bearing_deg": bearing}, f"{a}|{b}": {"bearing_deg": facing * SECTOR_DEG}},
            visible_margin(
                scene,
                named,
                {
                    distance_name: MIN_CENTER_DISTANCE_M * scene.length_unit,
                    "max_off_axis_deg": MAX_OFF_AXIS_DEG,
                    "corners_in_sector": MIN_CORNERS_IN_SECTOR,
                },
                {
                    distance_name: float(sieve["apart"][row]),
                    "max_off_axis_deg": float(sieve["off_axis"][row]),
                    "corners_in_sector": int(sieve["corners"][row]),
                },
            ),
            label=compass.names[sector],
            right=compass.names[sector],
            wrong=tuple(compass.names[other] for other in others[: OPTIONS - 1]),
            claim=(compass.names[claimed], named[2], named[0]) if judged else None,
            holds=turn.first if judged else None,
            words={
                "facing": compass.straight[facing],
                "directions": compass.choice,
                "place": compass.places[sector],
                "claimed": compass.places[claimed],
            },
            further={"facing": compass.names[facing]},
            marked_in_every_view=True,
        )

    ends = np.sort(objects[members[:, 1:]], axis=1)
    return Candidates(
        frames=sieve["views"],
        facts=np.column_stack([objects[members[:, 0]], ends]),
        rejected=sieve.rejected,
        draft=draft,
    )


@subtask(paper_name="Corr.-point", forms=(OPEN_ENDED, MULTIPLE_CHOICE), asks=("match",), version="1", of_views=True)
def correspondence_point(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Which of four points of one view is the point that is marked in another."""
    found, told = scene.matches, asked_about(scene)
    sieve = Sieve(match=np.arange(len(found)))
    sieve.count(NO_VIEW_PAIRS, int(len(scene.views) == 0))
    for reason, number in found.unmatched.items():
        sieve.count(reason, number)
    sieve.keep(TOO_FEW_DISTRACTORS, np.isfinite(found.distractor_depths).sum(axis=1) >= DISTRACTORS)
    pair = found.first[sieve["match"]] * len(scene.frames.ids) + found.second[sieve["match"]]
    sieve.sample(pair, settings.draws_per_pair, rng)
    match = sieve["match"]
    depth_name, gap_name = length_key(scene, "depth"), length_key(scene, "candidate_gap")

    def draft(row: int, turn: Turn) -> Draft:
        one, choice = int(match[row]), turn.form == MULTIPLE_CHOICE
        labels = DIGITS if choice or turn.first else LETTERS
        # The place of a multiple choice's option is the letter's; that of the point's label is dealt on its own.
        shown = CandidatePoints.of(scene, one, labels, (turn.asks if choice else turn.letter) % OPTIONS, turn.rng)
        right = shown.labels[shown.right]
        sighting = int(scene.sighting_of[found.first[one], found.objects[one]])
        says_object = told[sighting] and object_may_be_said(scene, sighting, shown) and turn.rng.integers(2) == 0
        return Draft(
            "match",
            (sighting,) if says_object else (),
            {label: {"offset_px": gap} for label, gap in zip(shown.labels, shown.offsets_px.tolist(), strict=True)},
            Margin(
                {
                    "max_depth_error_share": MAX_DEPTH_ERROR,
                    "max_round_trip_px": MAX_ROUND_TRIP_PX,
                    "candidate_gap_px": least_gap_px(scene.frames.camera(found.second[one])),
                    gap_name: MIN_GAP_M * scene.length_unit,
                },
                {
                    "max_depth_error_share": float(abs(found.depth_error[one])),
                    "max_round_trip_px": float(found.round_trip_px[one]),
                    "candidate_gap_px": shown.gap_px,
                    gap_name: shown.gap,
                },
            ),
            label=right,
            right=f"Point {right}",
            wrong=tuple(f"Point {label}" for label in shown.labels if label != right),
            words={"label": right, "labels": listed(shown.labels), "either": listed(shown.labels, "or")},
            further=shown.evidence(depth_name),
            points=shown.marks,
            compose=lambda called: {"spot": f" on {called[0].text}" if called else ""},
        )

    views = np.stack([found.first, found.second], axis=1)[match]
    return Candidates(
        frames=views,
        facts=np.column_stack([np.sort(views, axis=1), found.objects[match]]),
        rejected=sieve.rejected,
        draft=draft,
    )


@subtask(paper_name="Corr.-obj", forms=(MULTIPLE_CHOICE, JUDGEMENT), asks=("visible",), version="1", of_views=True)
def correspondence_object(scene: SceneGraph, settings: QuestionSettings, rng: np.random.Generator) -> Candidates:
    """Whether an object of one view is visible in another as well, or which of four objects is."""
    seen, views = scene.sightings, shown_views(scene, rng)
    views = np.concatenate([views, views[:, ::-1]])  # in the other order, other objects are asked about
    pairs = again_and_gone(scene, views, settings.draws_per_pair, rng)
    sieve = Sieve(views=views[pairs.rows])
    count_unnamed(sieve, scene, views)
    for reason, number in pairs.rejected.items():
        sieve.count(reason, number)
    ids = [scene.object_ids[thing] for thing in seen.objects.tolist()]

    def draft(row: int, turn: Turn) -> Draft:
        second, again = int(sieve["views"][row, 1]), int(pairs.again[row])
        there = int(scene.sighting_of[second, seen.objects[again]])
        judged = turn.form == JUDGEMENT
        kept = [again] if not judged or turn.first else []
        gone = pairs.others[row].tolist() if not judged else [] if turn.first else [int(pairs.gone[row])]
        shares = outside_share(scene, seen.boxes[gone], np.full(len(gone), second)).tolist()
        measure = {ids[one]: {"visible_fraction_1": float(seen.visible_fraction[one])} for one in (*kept, *gone)}
        required, found = {}, {}
        if kept:
            measure[ids[again]]["visible_fraction_2"] = float(seen.visible_fraction[there])
            required["in_frame"], found["in_frame"] = MIN_IN_FRAME, float(seen.in_frame[there])
        for one, share in zip(gone, shares, strict=True):
            measure[ids[one]]["outside_share"] = share
            required["outside_share"], found["outside_share"] = MIN_OUTSIDE_SHARE, min(shares)
        asked = (kept or gone)[0]
        return Draft(
            "visible",
            (asked,),
            measure,
            visible_margin(scene, (*kept, *gone, *([there] if kept else [])), required, found),
            label=None if judged else ids[again],
            right=None if judged else again,
            wrong=() if judged else tuple(gone),
            claim=("visible", asked, "2") if judged else None,
            holds=turn.first if judged else None,
        )

    return Candidates(
        frames=sieve["views"],
        facts=np.column_stack([sieve["views"], seen.objects[pairs.again], seen.objects[pairs.gone]]),
        rejected=sieve.rejected,
        draft=draft,
        offered={MULTIPLE_CHOICE: pairs.others.min(axis=1, initial=OPTIONS) >= 0},
    )
