"""Points and objects found again in another view: what is asked and answered, just inside and outside of margins."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from support.tables import random_tables
from support.view_scenes import HEIGHT, WIDTH, looking, views_of

from openspatial_assets.assets.scene_graph import scene_graph
from openspatial_assets.assets.views import view_pairs_of_scene
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.ask import Question, ask_scene
from openspatial_assets.engine.questions.out_of_view import outside_share
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.scene_graph.views import PointMatches

MANY = QuestionSettings(max_per_frame=1000, max_repeats_per_fact=1000, draws_per_pair=1000)


def asked(name: str, scene: SceneGraph, settings: QuestionSettings = MANY) -> tuple[tuple[Question, ...], dict]:
    found = ask_scene(scene, [SUBTASKS[name]], "box_centric", settings)[name]
    return found.questions, dict(found.rejected)


# --- points ---

DESK = ([(0, 3, 0), (1, 3, 0)], (0.8, 0.4, 0.8))
MOVED = np.array([[1.0, 0, 0, 0.3], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
CAMERAS = [views_of(*DESK, [[1, 1]]).frames.world_from_camera[0], MOVED]


def with_matches(
    count=24, others_on=(0, 0, 1), missing=0, visible=1.0, tags=("desk", "lamp"), metric=True, **unmatched
):
    """Two views 30 cm apart; `count` points of the first object, 2.8 m away, with three distractors each."""
    scene = views_of(*DESK, [[visible, 1], [visible, 1]], tags=list(tags), cameras=CAMERAS, metric=metric)
    first, second = scene.frames.camera(0), scene.frames.camera(1)
    points = np.stack([np.linspace(-0.3, 0.3, count), np.full(count, 2.8), np.full(count, 0.1)], axis=1)
    others = np.array([(-0.3, 2.8, -0.3), (0.3, 2.8, -0.3), (0.9, 2.8, 0.2)])
    pixels, depths = zip(*(camera.project(points) for camera in (first, second)), strict=True)
    at, deep = second.project(others)
    at, deep = np.tile(at, (count, 1, 1)), np.tile(deep, (count, 1))
    at[:, 3 - missing :], deep[:, 3 - missing :] = np.nan, np.nan
    matches = PointMatches(
        first=np.zeros(count, np.int64),
        second=np.ones(count, np.int64),
        objects=np.zeros(count, np.int64),
        pixels=np.stack(pixels, axis=1),
        depths=np.stack(depths, axis=1),
        round_trip_px=np.full(count, 0.5),
        depth_error=np.full(count, -0.01),
        distractor_pixels=at,
        distractor_depths=deep,
        distractor_objects=np.tile(others_on, (count, 1)),
        unmatched=unmatched,
    )
    return replace(scene, matches=matches)


def test_the_labelled_point_is_the_one_that_is_asked_about():
    scene = with_matches()
    questions, _ = asked("correspondence_point", scene)
    assert Counter(question.form for question in questions) == {"open_ended": 12, "multiple_choice": 12}
    for question in questions:
        evidence = json.loads(question.evidence)
        source, *labelled = points = [mark for mark in question.marks if mark.kind == "point"]
        assert (source.image, source.label) == (0, None)
        assert [mark.image for mark in labelled] == [1] * 4
        assert len({mark.color for mark in points}) == 5
        assert f"the {source.color} point" in question.question.lower()
        truth = scene.frames.camera(0).back_project([source.u, source.v], evidence["source"]["depth_m"])
        pixel, _ = scene.frames.camera(1).project(truth)
        offsets = {mark.label: float(np.hypot(mark.u - pixel[0], mark.v - pixel[1])) for mark in labelled}
        assert min(offsets, key=offsets.get) == question.label
        assert {label: entry["offset_px"] for label, entry in evidence["measure"].items()} == pytest.approx(offsets)
        assert sorted(offsets.values())[1] >= 40
        assert evidence["candidates"].keys() == offsets.keys()
        if question.options is None:
            assert question.label in question.answer
            assert "".join(sorted(offsets)) in ("1234", "ABCD")
        else:
            letter = "ABCD"[question.options.index(f"Point {question.label}")]
            assert question.answer[0] == letter
            assert "".join(sorted(offsets)) == "1234"


@pytest.mark.parametrize("form", ["open_ended", "multiple_choice"])
def test_every_place_and_every_letter_is_right_equally_often(form):
    questions = [question for question in asked("correspondence_point", with_matches(64))[0] if question.form == form]
    places = Counter("1234ABCD".index(question.label) % 4 for question in questions)
    assert set(places.values()) == {8}
    if form == "multiple_choice":
        letters = Counter(question.options.index(f"Point {question.label}") for question in questions)
        assert set(letters.values()) == {8}
        assert len({(q.label, q.options.index(f"Point {q.label}")) for q in questions}) > 8


def test_matches_with_too_few_distractors_and_points_without_match_are_counted():
    assert asked("correspondence_point", with_matches(3, missing=1, occluded=7, outside=2)) == (
        (),
        {"too_few_distractors": 3, "occluded": 7, "outside": 2},
    )
    assert asked("correspondence_point", views_of(*DESK, [[1, 1]])) == ((), {"no_view_pairs": 1})


def test_an_object_is_asked_about_once_in_a_pair_of_views():
    once = QuestionSettings(max_per_frame=1000, max_repeats_per_fact=0)
    questions, rejected = asked("correspondence_point", with_matches(24), once)
    assert len(questions) == 1
    assert rejected == {"over_budget": 24 - once.draws_per_pair, "repeated": once.draws_per_pair - 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, True),
        ({"others_on": (0, 1, -1)}, False),  # to know the object again would do
        ({"visible": 0.29}, False),
        ({"tags": ("wall", "lamp")}, False),
    ],
)
def test_the_object_is_said_in_half_of_the_questions_where_it_gives_nothing_away(change, said):
    questions, _ = asked("correspondence_point", with_matches(60, **change))
    named = [question for question in questions if question.object_ids]
    assert (15 < len(named) < 45) == said
    assert bool(named) == said
    assert all(question.object_ids == ("o0",) and "point on the desk" in question.question for question in named)
    assert not any("desk" in question.question for question in questions if not question.object_ids)


def test_the_object_is_not_said_where_another_box_holds_the_point():
    scene = with_matches(40)
    over = Boxes(
        np.array([[0, 3, 0], [0, 3, 0.1]]), np.array([[0.8, 0.4, 0.8], [1.0, 0.5, 0.1]]), np.tile(np.eye(3), (2, 1, 1))
    )
    assert not any(question.object_ids for question in asked("correspondence_point", replace(scene, boxes=over))[0])


def test_a_scene_without_scale_says_no_metres():
    evidence = json.loads(asked("correspondence_point", with_matches(4, metric=False))[0][0].evidence)
    assert "depth_units" in evidence["source"]
    assert set(evidence["margin"]["required"]) == {
        "max_depth_error_share", "max_round_trip_px", "candidate_gap_px", "candidate_gap_units",
    }  # fmt: skip


# --- objects ---

FOCAL = 500.0
FAR_FACE_M = 4.1
"""Depth of the face of a cube of 20 cm, 4 m away, that is nearest to the image of a camera that looks past it."""


def turned(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return looking((0, 0, 0), (np.sin(angle), np.cos(angle), 0))


def across(left_px: float) -> tuple[float, float, float]:
    """Where a cube of 20 cm stands, 4 m away, that begins `left_px` to the right of the image of camera 2."""
    return ((WIDTH / 2 + left_px) / FOCAL * FAR_FACE_M + 0.1, 4.0, 0.0)


def pair(gone_at=None, tags=("vase", "mug"), seen=((1, 1), (1, 0)), more=(), more_seen=((), ()), **further):
    """Camera 1 sees a vase and a mug, camera 2 only the vase, and perhaps more."""
    centers = [(0.0, 4.0, 0.0), across(400) if gone_at is None else gone_at, *more]
    table = [[*row, *rest] for row, rest in zip(seen, more_seen, strict=True)]
    cameras = [turned(15), turned(0)]
    return views_of(centers, (0.2, 0.2, 0.2), table, tags=list(tags), cameras=cameras, pairs=[(0, 1)], **further)


def found(scene: SceneGraph) -> int:
    """Questions that show camera 1 first."""
    return sum(question.frames == (0, 1) for question in asked("correspondence_object", scene)[0])


@pytest.mark.parametrize(
    ("change", "asked_about"),
    [
        ({}, 1),
        ({"gone_at": across(0.0501 * WIDTH)}, 1),
        ({"gone_at": across(0.0499 * WIDTH)}, 0),
        ({"gone_at": (0.0, -4.0, 0.0)}, 1),  # behind camera 2
        ({"seen": ((1, 1), (1, 0.05))}, 0),  # reaches into the image, hidden
        ({"seen": ((0.29, 1), (1, 0))}, 0),
        ({"seen": ((1, 0.29), (1, 0))}, 0),
        ({"seen": ((1, 1), (0.29, 0))}, 0),
        ({"seen": ((0.3, 0.3), (0.3, 0))}, 1),
        ({"tags": ("vase", "wall")}, 0),
        # something else that the tag fits, in the image or just beside it
        ({"tags": ("vase", "mug", "mug"), "more": [(0.5, 4, 0)], "more_seen": ([0.05], [0.05])}, 0),
        ({"tags": ("vase", "mug", "tea mug"), "more": [(0.5, 4, 0)], "more_seen": ([0], [1])}, 0),
        ({"tags": ("vase", "tea mug", "mug"), "more": [(0.5, 4, 0)], "more_seen": ([0], [1])}, 1),
        ({"tags": ("vase", "mug", "mug"), "more": [across(20)], "more_seen": ([0], [0])}, 0),
        ({"tags": ("vase", "mug", "mug"), "more": [across(40)], "more_seen": ([0], [0])}, 1),
        # the box that this frame sees is another one
        ({"effective": {(0, 1): (across(20), (0.2, 0.2, 0.2))}}, 0),
    ],
)
def test_gone_is_what_lies_outside_and_has_nothing_like_it(change, asked_about):
    assert found(pair(**change)) == asked_about


def test_height_counts_above_and_below():
    for share, passes in ((0.051, 1), (0.049, 0)):
        z = (0.5 + share) * HEIGHT / FOCAL * FAR_FACE_M + 0.1
        assert found(pair(gone_at=(0.5, 4.0, z))) == passes
        assert found(pair(gone_at=(0.5, 4.0, -z))) == passes


def test_a_sliver_is_not_seen_again():
    scene = pair()
    scene.sightings.in_frame[2] = 0.24
    assert found(scene) == 0
    scene.sightings.in_frame[2] = 0.26
    assert found(scene) == 1


def test_a_scene_of_one_view_has_nothing_to_find_again():
    assert asked("correspondence_object", views_of(*DESK, [[1, 1]])) == ((), {"no_view_pairs": 1})


@pytest.fixture(scope="module")
def busy() -> SceneGraph:
    tables = random_tables(5, 30)
    frames, boxes, _, objects = tables
    return scene_graph(*tables, "busy", view_pairs=view_pairs_of_scene(frames, boxes, objects, ViewSettings()))


def test_yes_and_no_are_even_and_so_is_how_they_are_said(busy):
    questions, _ = asked("correspondence_object", busy)
    judged = [question for question in questions if question.form == "judgement"]
    answers = Counter(question.label for question in judged)
    assert len(judged) > 60
    assert abs(answers["yes"] - answers["no"]) <= 1
    unmarked, _ = asked("correspondence_object", busy, replace(MANY, marked_share=0.0))
    marked = Counter((question.label, bool(question.marks)) for question in unmarked if question.form == "judgement")
    assert abs(marked["yes", True] - marked["no", True]) <= 0.15 * len(judged)


def test_answers_hold_and_survive_shaken_boxes(busy):
    rng, places = np.random.default_rng(0), {name: index for index, name in enumerate(busy.object_ids)}
    questions, _ = asked("correspondence_object", busy)
    assert len({question.qa_id for question in questions}) == len(questions)
    for question in questions:
        first, second = question.frames
        evidence = json.loads(question.evidence)
        things = {name: places[name] for name in evidence["measure"]}
        seen = {name for name, thing in things.items() if busy.sighting_of[second, thing] >= 0}
        assert all(busy.sighting_of[first, thing] >= 0 for thing in things.values())
        if question.form == "judgement":
            assert (question.label == "yes") == (question.object_ids[0] in seen)
        else:
            assert seen == {question.label}
            assert len(things) == 4
            assert len({busy.tags[thing] for thing in things.values()}) == 4
        for name in things.keys() - seen:
            tag = busy.tags[things[name]]
            alike = [index for index, other in enumerate(busy.tags) if other == tag or other.endswith(f" {tag}")]
            boxes = busy.boxes[alike]
            shift, turn = (
                rng.uniform(-0.01, 0.01, (len(alike), 3)),
                rng.uniform(-1, 1, (len(alike), 3)) * np.radians(0.5),
            )
            shaken = Boxes(boxes.centers + shift, boxes.extents, matrix_from_rpy(turn) @ boxes.rotations)
            assert (outside_share(busy, shaken, np.full(len(alike), second)) > 0).all()


def test_the_same_scene_gives_the_same_questions(busy):
    for name in ("correspondence_object", "correspondence_point"):
        scene = busy if name == "correspondence_object" else with_matches()
        assert asked(name, scene) == asked(name, scene)
