"""Rules about two views, on scenes written down by hand: gates just inside and outside their margins, directions."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.view_scenes import views_of

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.ask import ask_scene
from openspatial_assets.engine.questions.candidates import Draft
from openspatial_assets.engine.questions.directions import CARDINAL, EGOCENTRIC, clockwise_deg, off_axis_deg, sector_of
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.questions.view_sets import Lists, distinct_draws, one_of_each
from openspatial_assets.engine.scene_graph.scene import SceneGraph

SMALL = (0.2, 0.2, 0.2)
MANY = QuestionSettings(draws_per_pair=200, max_per_frame=100)
RELATIVE, ABSOLUTE, POSITION = (f"multiview_{name}" for name in ("distance_relative", "distance_absolute", "position"))


def found(name: str, scene: SceneGraph, seed: int = 0):
    return SUBTASKS[name].rule(scene, MANY, np.random.default_rng(seed))


def turn(form=OPEN_ENDED, first=True, asks=0) -> Turn:
    return Turn(form, first, asks, 0, "m", np.random.default_rng(0))


def ids(scene: SceneGraph, draft: Draft) -> list[str]:
    return [scene.object_ids[scene.sightings.objects[one]] for one in draft.named]


def reasons(name: str, scene: SceneGraph) -> set[str]:
    return set(found(name, scene).rejected)


# Which of several objects is nearest


def compared(to_b: float, to_c: float, seen=((1, 1, 0), (1, 0, 1)), extents=SMALL, **further) -> SceneGraph:
    """Two objects on opposite sides of o0, as far from it as told; o1 is not shown with o2."""
    return views_of([(0, 3, 0), (to_b + 0.2, 3, 0), (-to_c - 0.2, 3, 0)], extents, seen, **further)


def nearest_to_anchor(scene: SceneGraph) -> set[tuple[str, str]]:
    """(asks, answer) of all questions about o0 as the anchor."""
    candidates = found(RELATIVE, scene)
    drafts = [candidates.draft(row, turn(asks=asks)) for row in range(len(candidates)) for asks in (0, 1)]
    return {(draft.asks, draft.label) for draft in drafts if ids(scene, draft)[0] == "o0"}


BOTH_ENDS = {("nearest", "o1"), ("farthest", "o2")}


@pytest.mark.parametrize(
    ("distances", "change", "asked"),
    [
        ((1.0, 1.31), {}, BOTH_ENDS),
        ((1.0, 1.29), {}, set()),
        ((3.0, 3.54), {}, BOTH_ENDS),  # 15 % of the larger one
        ((3.0, 3.52), {}, set()),
        ((0.0, 0.31), {}, BOTH_ENDS),
        # a turn of half a degree moves the ends of boxes of 24 m by 10 cm
        ((1.0, 1.5), {"extents": (0.2, 0.2, 24.0)}, set()),
        # margins are shares of the median diagonal, 0.346
        ((1.0, 1.17), {"metric": False}, set()),
        ((1.0, 1.18), {"metric": False}, BOTH_ENDS),
        ((1.0, 2.0), {"tags": ["mug", "wall", "cup"]}, set()),
    ],
)
def test_the_nearest_is_asked_for_where_it_stands_apart(distances, change, asked):
    assert nearest_to_anchor(compared(*distances, **change)) == asked


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ([(1, 1, 0), (1, 0, 1)], None),
        ([(1, 1, 0.09), (1, 0, 1)], None),
        ([(1, 1, 0.15), (1, 0, 1)], "one_view_shows_all"),  # glimpsed
        ([(1, 1, 0), (1, 1, 1)], "one_view_shows_all"),
        ([(1, 1, 0), (0, 0, 0.31)], None),
        ([(1, 1, 0), (0, 0, 0.29)], "not_visible_enough"),
        ([(1, 1, 0), (0, 0, 0)], "too_few_objects"),
    ],
)
def test_no_view_shows_all_that_is_compared(seen, reason):
    scene = compared(1.0, 2.0, seen)
    assert (len(found(RELATIVE, scene)) > 0) == (reason is None)
    assert (reason in reasons(RELATIVE, scene)) == (reason is not None)


def test_forms_fit_the_number_of_objects():
    centers = [(index * (index + 1) / 2, 3, 0) for index in range(6)]
    scene = views_of(centers, SMALL, [(1, 1, 1, 0, 0, 0), (0, 0, 1, 1, 1, 1)])
    candidates = found(RELATIVE, scene)
    sizes = np.array([len(candidates.draft(row, turn()).named) - 1 for row in range(len(candidates))])
    assert set(sizes.tolist()) == {2, 3, 4}
    assert (candidates.offered[MULTIPLE_CHOICE] == (sizes == 4)).all()
    assert (candidates.offered[JUDGEMENT] == (sizes == 2)).all()
    for row in np.flatnonzero(sizes == 4).tolist():
        draft = candidates.draft(row, turn(MULTIPLE_CHOICE))
        assert {draft.right, *draft.wrong} == set(draft.named[1:])
        anchor, *others = (scene.object_ids.index(name) for name in ids(scene, draft))
        distance = {f"o{other}": abs(centers[other][0] - centers[anchor][0]) for other in others}
        best = min if draft.asks == "nearest" else max
        assert draft.label == best(distance, key=distance.get)


def test_a_claim_about_two_distances_holds_as_told():
    scene = compared(1.0, 2.0)
    candidates = found(RELATIVE, scene)
    for row in range(len(candidates)):
        for asks in (0, 1):
            for first in (True, False):
                draft = candidates.draft(row, turn(JUDGEMENT, first, asks))
                predicate, b, c = draft.claim
                assert (draft.named[1:], draft.holds, predicate) == ((b, c), first, draft.asks)
                b, c = (entry["distance_m"] for entry in draft.measure.values())
                assert ((b < c) == (predicate == "nearest")) == first


def test_distances_are_those_of_the_boxes_of_the_named_sightings():
    # o0 is seen better in the second view, whose box of it is another.
    scene = compared(1.0, 2.0, [(0.5, 1, 0), (0.9, 0, 1)], effective={(1, 0): ((-0.1, 3, 0), (0.2, 0.2, 0.2))})
    candidates = found(RELATIVE, scene)
    drafts = [candidates.draft(row, turn()) for row in range(len(candidates))]
    draft = next(draft for draft in drafts if ids(scene, draft)[0] == "o0")
    assert scene.sightings.frames[draft.named[0]] == 1
    measured = {name: entry["distance_m"] for name, entry in draft.measure.items()}
    assert measured == pytest.approx({"o0|o1": 1.1, "o0|o2": 1.9})


# How far apart


@pytest.mark.parametrize(
    ("gap", "seen", "change", "rejected"),
    [
        (0.201, [(1, 0), (0, 1)], {}, {}),
        (0.199, [(1, 0), (0, 1)], {}, {"too_close": 1}),
        (9.99, [(1, 0), (0, 1)], {}, {}),
        (10.01, [(1, 0), (0, 1)], {}, {"too_far": 1}),
        (1.0, [(1, 0), (0, 1)], {"metric": False}, {"not_metric": 1}),
        (1.0, [(1, 0.09), (0, 0.3)], {}, {}),
        (1.0, [(1, 0.11), (0, 1)], {}, {"seen_in_both_views": 1}),
        (1.0, [(1, 0), (0.11, 1)], {}, {"seen_in_both_views": 1}),
        (1.0, [(1, 0), (0, 0.29)], {}, {"not_visible_enough": 1}),
        (1.0, [(1, 0), (0, 1)], {"tags": ["mug", "floor"]}, {"tag_not_asked_about": 1}),
        (1.0, [(1, 0), (0, 1)], {"pairs": []}, {"no_view_pairs": 1}),
    ],
)
def test_distance_across_views(gap, seen, change, rejected):
    candidates = found(ABSOLUTE, views_of([(0, 2, 0), (gap + 0.2, 2, 0)], SMALL, seen, **change))
    assert (len(candidates), dict(candidates.rejected)) == (int(not rejected), rejected)


def test_each_object_is_named_in_the_view_that_shows_it_and_measured_there():
    effective = {(0, 0): ((0, 2, 0), SMALL), (1, 1): ((2, 2, 0), (1.0, 0.2, 0.2))}
    scene = views_of([(9, 9, 9), (5, 5, 5)], SMALL, [(1, 0), (0, 1)], tags=["mug", "lamp"], effective=effective)
    views = {"the mug": "View 1", "the lamp": "View 2"}
    for seed in range(6):
        settings = QuestionSettings(seed=seed, marked_share=0.0)
        (question,) = ask_scene(scene, [SUBTASKS[ABSOLUTE]], "", settings)[ABSOLUTE].questions
        assert question.value == pytest.approx(1.4 if question.unit == "m" else 140)
        shown = views if question.frames == (0, 1) else dict(zip(views, reversed(views.values()), strict=True))
        for name, view in shown.items():
            if f"{name} in View" in question.question:
                assert f"{name} in {view}" in question.question
        assert set(json.loads(question.evidence)["visible"]) == {"1", "2"}


# In which direction


def placed(c, b=(0.0, 2.0), a=(0.0, 0.0), seen=((1, 1, 0), (1, 0, 1)), extents=SMALL, turned=0.0, **further):
    """o0 stands at `a`, o1 at `b`, o2 at `c`, all at `(x, y)`; the world may be turned about z, in degrees."""
    rotation = Rotation.from_euler("z", turned, degrees=True)
    centers = rotation.apply([(*a, 0.0), (*b, 0.0), (*c, 0.0)])
    rpy = np.tile([0.0, 0.0, np.radians(turned)], (3, 1))
    return views_of(centers, extents, seen, rpy=rpy, **further)


def at(bearing_deg: float, distance: float = 2.0) -> tuple[float, float]:
    """Where something lies for someone at the origin who looks along y."""
    angle = np.radians(bearing_deg)
    return distance * float(np.sin(angle)), distance * float(np.cos(angle))


def directions(scene: SceneGraph) -> set[tuple[str, str, str]]:
    """(named objects, facing, label) of all questions."""
    candidates = found(POSITION, scene)
    drafts = [candidates.draft(row, turn(asks=asks)) for row in range(len(candidates)) for asks in range(8)]
    return {("".join(ids(scene, draft)), draft.further["facing"], draft.label) for draft in drafts}


@pytest.mark.parametrize("turned", [0.0, 37.0, 90.0, 201.0])
@pytest.mark.parametrize(
    ("bearing", "answers"),
    [
        (90, {"front": "right", "right": "back", "back": "left", "left": "front", "north": "east", "west": "north"}),
        (-45, {"front": "front-left", "right": "front-right", "back": "back-right", "left": "back-left"}),
        (135, {"front": "back-right", "north": "southeast", "east": "southwest", "south": "northwest"}),
        (180, {"front": "back", "left": "right", "south": "north", "west": "east"}),
        (0, {"front": "front", "left": "left", "east": "east"}),
    ],
)
def test_directions_worked_out_by_hand(bearing, answers, turned):
    asked = directions(placed(at(bearing, 3.0), turned=turned))
    assert len(asked) == 8
    if "o0o2o1" in {named for named, *_ in asked}:  # told where o2 is, asked for o1: the mirrored question
        answers = directions_mirrored(answers)
    assert {(facing, answers[facing]) for facing in answers} <= {(facing, label) for _, facing, label in asked}


def directions_mirrored(answers: dict[str, str]) -> dict[str, str]:
    """The answers where `b` and `c` change places: what was so far to the right is so far to the left."""
    mirrored = {}
    for facing, label in answers.items():
        names = (EGOCENTRIC if facing in EGOCENTRIC.names else CARDINAL).names
        start, end = names.index(facing), names.index(label)
        mirrored[facing] = names[(2 * start - end) % 8]
    return mirrored


CLEAR = at(90)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"c": at(104.9)}, None),
        ({"c": at(105.1)}, "between_two_directions"),
        ({"c": at(90, 0.51)}, None),
        ({"c": at(90, 0.49)}, "centers_too_close"),
        ({"b": at(0, 0.49)}, "centers_too_close"),
        ({"c": at(0, 2.49), "extents": [SMALL, (0.2, 0.2, 1.0), SMALL]}, "centers_too_close"),
        # at half a metre, 3 cm are 7 degrees
        ({"b": at(0, 0.6), "c": at(98, 0.6)}, None),
        ({"b": at(0, 0.6), "c": at(102, 0.6)}, "direction_not_firm"),
        ({"extents": [SMALL, (1.56, 0.2, 0.2), (0.2, 1.56, 0.2)]}, None),
        ({"extents": [SMALL, (1.60, 0.2, 0.2), (0.2, 1.60, 0.2)]}, "corners_outside_sector"),
        ({"extents": [(0.2, 1.79 * 2, 0.2), SMALL, SMALL]}, None),
        ({"extents": [(0.2, 1.91 * 2, 0.2), SMALL, SMALL]}, "footprints_overlap"),
        ({"gravity_aligned": False}, "up_is_unknown"),
        ({"tags": ["mug", "cup", "ceiling"]}, "tag_not_asked_about"),
        ({"seen": [(1, 1, 0.09), (1, 0, 1)]}, None),
        ({"seen": [(1, 1, 0.11), (1, 0, 1)]}, "seen_in_both_views"),
        ({"seen": [(0.3, 0.3, 0), (0, 0, 0.3)]}, None),
        ({"seen": [(0.29, 1, 0), (0, 0, 1)]}, "not_visible_enough"),
        ({"metric": False, "c": at(90, 0.174)}, "footprints_overlap"),  # half of the median diagonal is 0.1732
        ({"metric": False, "c": at(90, 0.172)}, "centers_too_close"),
        ({"pairs": []}, "no_view_pairs"),
    ],
)
def test_directions_are_asked_for_where_they_are_clear(change, reason):
    scene = placed(**{"c": CLEAR} | change)
    assert (len(found(POSITION, scene)) > 0) == (reason is None)
    assert reason is None or reason in reasons(POSITION, scene)


def test_turning_and_moving_the_world_changes_no_answer():
    rng = np.random.default_rng(3)
    centers = rng.uniform(-3, 3, (9, 3))
    yaw, extents = rng.uniform(-3, 3, 9), rng.uniform(0.1, 0.6, (9, 3))
    seen = rng.choice([0.0, 0.0, 1.0], (4, 9))
    rotation = Rotation.from_euler("z", 71, degrees=True)
    rpy = np.column_stack([np.zeros((9, 2)), yaw])
    scene = views_of(centers, extents, seen, rpy=rpy)
    moved = views_of(
        rotation.apply(centers) + np.array([5, -2, 1]), extents, seen, rpy=rpy + np.array([0, 0, np.radians(71)])
    )
    asked = directions(scene)
    assert len(asked) > 50
    assert asked == directions(moved)


def test_a_claim_of_a_direction_holds_as_told():
    scene = placed(CLEAR)
    candidates = found(POSITION, scene)
    for asks in range(8):
        for first in (True, False):
            draft = candidates.draft(0, turn(JUDGEMENT, first, asks))
            claimed, subject, target = draft.claim
            assert (subject, target) == (draft.named[2], draft.named[0])
            assert draft.holds == first == (claimed == draft.label)
    choice = candidates.draft(0, turn(MULTIPLE_CHOICE))
    assert len({choice.right, *choice.wrong}) == 4


def test_no_direction_is_much_more_frequent_than_the_others():
    rng = np.random.default_rng(0)
    # All in a row, half of them only in one view: nearly everything lies in front or behind.
    centers = np.column_stack([rng.uniform(-0.3, 0.3, 12), np.arange(12), np.zeros(12)])
    centers[11] = (6, 5, 0)
    scene = views_of(centers, SMALL, [[1] * 6 + [0] * 6, [0] * 6 + [1] * 6])
    candidates = found(POSITION, scene)
    labels = [candidates.draft(row, turn()).label for row in range(len(candidates))]
    stopped = candidates.rejected["over_budget"]
    assert max(labels.count(name) for name in EGOCENTRIC.names) <= -(-(len(labels) + stopped) // 8)


# Sets and directions as such


def test_bearings_go_clockwise_from_the_front():
    front = np.array([0.0, 2.0])
    for index, name in enumerate(("front", "front-right", "right", "back-right", "back")):
        bearing = clockwise_deg(front, np.array(at(45.0 * index)))
        assert EGOCENTRIC.names[sector_of(bearing)] == name
    assert clockwise_deg(front, front * (1, 1 - 1e-12)) < 360
    assert sector_of(np.array([22.4, 22.6, 337.4, 337.6])).tolist() == [0, 1, 7, 0]
    assert off_axis_deg(np.array([350.0, 40.0]), np.array([0, 1])).tolist() == [10.0, 5.0]


def test_draws_are_distinct_in_range_and_even():
    counts = np.repeat([0, 1, 3, 5, 1000], 4000)
    drawn = distinct_draws(counts, 3, np.random.default_rng(0))
    for count in np.unique(counts).tolist():
        rows = drawn[counts == count]
        left = min(count, 3)
        assert (rows[:, left:] == -1).all()
        assert ((rows[:, :left] >= 0) & (rows[:, :left] < count)).all()
        assert all(len(set(row)) == left for row in rows[:, :left].tolist())
    three = drawn[counts == 3]
    shares = np.array([(three[:, place] == number).mean() for place in range(3) for number in range(3)])
    assert np.abs(shares - 1 / 3).max() < 0.03


def test_every_choice_of_one_from_each_list_is_found_once():
    table = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]], bool)
    rows, things, left_out = one_of_each([Lists(table), Lists(~table)], 5, np.random.default_rng(0))
    assert rows.tolist() == [0] * 4 + [2] * 3
    assert left_out == 0
    assert {tuple(row) for row in things[:4].tolist()} == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert {tuple(row) for row in things[4:].tolist()} == {(1, 0), (2, 0), (3, 0)}
    assert one_of_each([Lists(table), Lists(~table)], 3, np.random.default_rng(0))[2] == 1
