"""Walks from object to object: each gate at its margin with numbers worked out by hand, and whole scenes by Shapely."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from support.tables import random_tables

from openspatial_assets.assets.scene_graph import scene_graph
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.ask import ask_scene
from openspatial_assets.engine.questions.candidates import Mention
from openspatial_assets.engine.questions.route_texts import said, steps_of, words_of, wrong_turns
from openspatial_assets.engine.questions.routes import TURNS, sides_of
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.questions.view_sets import nameable
from openspatial_assets.engine.scene_graph.floor import Floor
from openspatial_assets.engine.scene_graph.scene import Frames, Projections, SceneGraph, Sightings
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.scene_graph.view_graph import choose_pairs
from openspatial_assets.engine.scene_graph.views import ViewPairs

ALWAYS = QuestionSettings()
POST = (0.2, 0.2, 1.0)
HALL = Floor(np.array([-10.0, -10.0]), 0.1, 0.0, np.ones((200, 200), np.bool_))
TWO_CAMERAS = {"cameras": [(0.0, 0.0), (50.0, 50.0)], "seen": [[0], [1]], "linked": [(0, 1)]}
"""The first one sees the first thing alone, so that walks begin with it; the second one stands outside of the hall."""


def scene_of(things, cameras=((0.0, 0.0),), seen=None, linked=(), floor=HALL, **changes) -> SceneGraph:
    """Boxes on a level floor, and cameras above it.

    Args:
        things: tag -> (x, y), (x, y, bottom), or (x, y, bottom, extents).
        cameras: x, y of each.
        seen: for each camera, the places of the things that it sees; all, if left out.
        linked: pairs of cameras that may be shown together.
    """
    places = [(*place[:2], *(place[2:3] or (0.0,)), *(place[3:] or (POST,))) for place in things.values()]
    extents = np.array([extent for *_, extent in places], float)
    centers = np.array([(x, y, bottom) for x, y, bottom, _ in places], float)
    centers[:, 2] += extents[:, 2] / 2
    boxes = Boxes.from_rpy(centers, extents, np.zeros((len(places), 3)))
    poses = np.tile(np.eye(4), (len(cameras), 1, 1))
    poses[:, :3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T  # looks along world y
    poses[:, :2, 3], poses[:, 2, 3] = cameras, 1.5
    seen = [range(len(places))] * len(cameras) if seen is None else seen
    frame, thing = np.array([(f, o) for f, objects in enumerate(seen) for o in objects], np.int64).reshape(-1, 2).T
    count = len(frame)
    pairs = np.array(linked, np.int64).reshape(-1, 2)
    given = {
        "scene_id": "hall",
        "metric": True,
        "frames": Frames(
            tuple(f"f{index}" for index in range(len(cameras))),
            np.tile([640, 480], (len(cameras), 1)),
            np.tile([500.0, 500.0, 319.5, 239.5], (len(cameras), 1)),
            poses,
        ),
        "object_ids": tuple(f"o{index}" for index in range(len(places))),
        "tags": tuple(things),
        "boxes": boxes,
        "sightings": Sightings(
            frame, thing, boxes[thing], np.tile([0.0, 0.0, 2.0], (count, 1)), np.zeros((count, 3)), np.ones(count),
            np.ones(count), np.tile([0.0, 0.0, 50.0, 50.0], (count, 1)), np.full((count, 2), 25.0),
            np.tile([1.9, 2.0, 2.1], (count, 1)), np.ones(count, np.bool_), np.ones(count, np.bool_),
        ),
        "projections": Projections(frame, thing),
        "views": ViewPairs(pairs[:, 0], pairs[:, 1], np.ones(len(pairs)), np.ones(len(pairs))),
        "floor": floor,
    }  # fmt: skip
    return SceneGraph(**given | changes)


def found_in(scene: SceneGraph) -> tuple[dict[str, str], dict[str, int]]:
    """The walks that may be asked about, with their turns; and what stopped the others."""
    candidates = SUBTASKS["route_plan"].rule(scene, ALWAYS, np.random.default_rng(0))
    walks = {}
    for facts in candidates.facts.tolist():
        objects, sides = [one for one in facts[:4] if one >= 0], [TURNS[side] for side in facts[4:] if side >= 0]
        walks[">".join(scene.tags[one] for one in objects)] = ">".join(sides)
    return walks, dict(candidates.rejected)


def test_left_right_and_back_are_as_one_walks():
    # From the origin east to a post at x = 3, stopping at 2.5; then north, south, or west.
    things = {"post": (3, 0), "north": (2.5, 3), "south": (2.5, -3), "west": (-3, 0)}
    walks = {}
    for side in ("north", "south", "west"):
        part = {name: things[name] for name in ("post", side)}
        walks |= found_in(scene_of(part))[0]
    assert walks["post>north"] == "left"
    assert walks["post>south"] == "right"
    assert walks["post>west"] == "back"


@pytest.mark.parametrize(
    ("degrees", "turn"),
    [
        (59, None), (61, "left"), (119, "left"), (121, None), (154, None), (156, "back"), (180, "back"),
        (-59, None), (-61, "right"), (-119, "right"), (-121, None), (-154, None), (-156, "back"),
    ],
)  # fmt: skip
def test_turns_that_are_not_clear_are_not_asked(degrees, turn):
    # The first leg ends at (2.5, 0); the second goes to a post 3.5 m away in the given direction.
    way = np.radians(degrees)
    things = {"post": (3, 0), "goal": (2.5 + 3.5 * np.cos(way), 3.5 * np.sin(way))}
    walks, rejected = found_in(scene_of(things, **TWO_CAMERAS))
    assert walks == ({"post>goal": turn} if turn else {})
    assert ("turn_unclear" in rejected) == (turn is None)
    assert TURNS[int(sides_of(np.array(float(degrees))))] == turn if turn else sides_of(np.array(float(degrees))) == -1


def corner(**more):
    """East to a post, stopping at (2.5, 0), then north to a goal, stopping at (2.5, 2.5)."""
    return {"post": (3, 0), "goal": (2.5, 3)} | more


@pytest.mark.parametrize(
    ("things", "reason"),
    [
        (corner(), None),
        (corner(post=(1.31, 0), goal=(0.81, 3)), None),  # 1.31 - 0.1 - 0.4 = 0.81 m to walk
        (corner(post=(1.29, 0), goal=(0.79, 3)), "leg_too_short"),
        (corner(goal=(2.5, 1.31)), None),
        (corner(goal=(2.5, 1.29)), "leg_too_short"),
        (corner(wall=(1.2, 0.36)), None),  # 0.26 m between the leg and the face at 0.26
        (corner(wall=(1.2, 0.34)), "leg_too_close_to_something"),
        (corner(mug=(2.86, 1.5)), None),
        (corner(mug=(2.84, 1.5)), "leg_too_close_to_something"),
        (corner(mug=(1.2, 0.0, 1.51)), None),  # under which one walks
        (corner(mug=(1.2, 0.0, 1.49)), "leg_too_close_to_something"),
        (corner(rug=(1.2, 0.0, 0.0, (0.8, 0.8, 0.09))), None),  # over which one walks
        (corner(box=(1.2, 0.0, 0.0, (0.8, 0.8, 0.11))), "leg_too_close_to_something"),
        (corner(floor=(1.2, 0.0, -0.1, (6, 6, 0.3))), None),
        (corner(wall=(1.2, 0.0, 0.0, (6, 6, 2.5))), None),  # a shell around the room, with the camera in it
        (corner(sofa=(1.2, 0.0, 0.0, (6, 6, 2.5))), "start_not_free"),
        (corner(mug=(0.0, 0.36)), None),
        (corner(mug=(0.0, 0.34)), "start_not_free"),
    ],
)
def test_gates_of_a_walk(things, reason):
    walks, rejected = found_in(scene_of(things, **TWO_CAMERAS))
    assert (walks == {"post>goal": "left"}) == (reason is None)
    assert reason is None or reason in rejected


@pytest.mark.parametrize(("x", "y", "free"), [(1.25, 0.05, False), (1.25, 0.15, True), (2.45, 1.85, False)])
def test_every_cell_of_a_walk_is_known_to_be_free(x, y, free):
    walkable = HALL.walkable.copy()
    walkable[round((y + 10) * 10 - 0.5), round((x + 10) * 10 - 0.5)] = False
    things = {"post": (3.01, 0.05), "goal": (2.49, 3)}  # along y = 0.05, then near x = 2.5
    scene = scene_of(things, cameras=[(0.0, 0.05)], floor=replace(HALL, walkable=walkable))
    walks, rejected = found_in(scene)
    assert ("post>goal" in walks) == free
    assert ("leg_leaves_known_floor" in rejected) == (not free)


def test_further_views_are_as_few_as_needed_and_linked():
    things = {"post": (3, 0), "goal": (2.5, 3), "chair": (-2, 2.5)}
    cameras = [(0.0, 0.0), (8.0, 8.0), (8.0, -8.0), (-8.0, 8.0)]
    seen = [[0], [1], [1, 2], [2]]

    def views(linked):
        scene = scene_of(things, cameras, seen, linked)
        found = SUBTASKS["route_plan"].rule(scene, ALWAYS, np.random.default_rng(0))
        rows = {
            tuple(facts[:3]): shown for facts, shown in zip(found.facts.tolist(), found.frames.tolist(), strict=True)
        }
        return rows, found.rejected

    rows, _ = views([(0, 1), (0, 2), (0, 3)])
    assert rows[0, 1, 2] == [0, 2, -1, -1]  # frame 2 shows both that frame 0 does not
    rows, rejected = views([(0, 1), (1, 3)])
    assert rows[0, 1, 2] == [0, 1, 3, -1]  # by way of frame 1
    rows, rejected = views([(1, 3)])
    assert all(shown[0] in (2, 3) for shown in rows.values())  # nothing is shown together with frame 0
    assert rejected["not_seen_in_linked_views"] > 2


def test_where_nothing_can_be_known_nothing_is_asked():
    assert found_in(scene_of(corner(), floor=None)) == ({}, {"floor_unknown": 2})
    assert found_in(scene_of(corner(), gravity_aligned=False)) == ({}, {"up_is_unknown": 2})
    assert found_in(scene_of({"wall": (3, 0), "floor": (2.5, 3)})) == ({}, {"tag_not_asked_about": 2})


def test_without_a_scale_lengths_count_in_diagonals_of_objects():
    def walks(step):
        posts = {"post": (step, 0, 0, (2.0, 2.0, 1.0)), "goal": (step - 2.2, 9, 0, (2.0, 2.0, 1.0))}  # diagonals of 3
        scene = scene_of(posts, **TWO_CAMERAS, metric=False)
        return found_in(scene)[0]

    assert walks(4.61) == {"post>goal": "left"}  # 1 of half a box, 1.2 before it, 2.41 to walk: 0.8 diagonals
    assert walks(4.59) == {}


def test_a_box_fitted_to_one_view_is_what_one_walks_to():
    scene = scene_of(corner(), **TWO_CAMERAS)
    extents = scene.sightings.boxes.extents.copy()
    extents[0] = (0.6, 0.2, 1.0)  # wider than the post is: its near face lies at 2.7
    seen = replace(scene.sightings, boxes=Boxes(scene.boxes.centers, extents, scene.boxes.rotations))
    scene = replace(scene, sightings=seen)
    asked = ask_scene(scene, [SUBTASKS["route_plan"]], "test", ALWAYS)["route_plan"]
    route = json.loads(asked.questions[0].evidence)["route"]
    np.testing.assert_allclose(route["stops"][0], (2.3, 0), atol=1e-9)
    assert route["boxes"]["o0"]["extents"] == [0.2, 0.2, 1.0]


HOUSE_TAGS = (
    *("chair", "chair", "table", "sofa", "lamp", "bed", "bookshelf", "plant", "trash can", "scissors", "umbrella"),
)


@pytest.fixture(scope="module")
def house() -> SceneGraph:
    """A random scene with holes in its floor."""
    scene = scene_graph(*random_tables(11, 40, HOUSE_TAGS, tilt_deg=8.0), "house")
    walkable = np.random.default_rng(0).random((80, 100)) < 0.998
    sees = (scene.sighting_of >= 0) & (scene.shown_fraction >= 0.3)
    pairs = choose_pairs(scene.frames.world_from_camera, sees, np.ones(40, np.bool_), ViewSettings())
    return replace(scene, views=pairs, floor=Floor(np.array([-5.0, -4.0]), 0.1, 0.0, walkable))


@pytest.fixture(scope="module")
def asked(house):
    return ask_scene(house, [SUBTASKS["route_plan"]], "test", ALWAYS)["route_plan"].questions


def shadow(box) -> shapely.Geometry:
    corners = Boxes.from_rpy(box["center"], box["extents"], box["rpy"]).corners
    return shapely.MultiPoint(corners[:, :2]).convex_hull


def test_every_walk_of_a_scene_holds_by_its_evidence(house, asked):
    assert len(asked) > 25
    for question in asked:
        evidence = json.loads(question.evidence)
        route, goals = evidence["route"], [shadow(evidence["boxes"][name]) for name in question.object_ids]
        points = np.array([route["start"], *route["stops"]])
        camera = np.array(evidence["cameras"][house.frames.ids[question.frames[0]]]["world_from_camera"])
        np.testing.assert_array_equal(points[0], camera.reshape(4, 4)[:2, 3])
        legs = [shapely.LineString(pair) for pair in pairwise(points)]
        np.testing.assert_allclose(route["lengths_m"], [leg.length for leg in legs])
        assert min(route["lengths_m"]) >= 0.8
        for leg, goal, name in zip(legs, goals, question.object_ids, strict=True):
            assert goal.distance(shapely.Point(leg.coords[1])) == pytest.approx(0.4, abs=1e-9)
            aim = shapely.LineString([leg.coords[0], evidence["boxes"][name]["center"][:2]])
            assert aim.distance(shapely.Point(leg.coords[1])) < 1e-9
        everything = house.boxes.corners
        heights = zip(house.object_ids, everything[..., 2].min(1), everything[..., 2].max(1), strict=True)
        low = [name for name, bottom, top in heights if bottom < 1.5 and top > 0.1]
        for name, points_3d in zip(house.object_ids, everything, strict=True):
            away = min(shapely.MultiPoint(points_3d[:, :2]).convex_hull.distance(leg) for leg in legs)
            assert name not in low or away >= 0.25
            assert (name in route["boxes"]) == (name in low and away <= 0.5)
        assert evidence["margin"]["found"]["clearance_m"] >= 0.25
        assert_on_floor(route["floor"], legs)
        headings = np.degrees(np.arctan2(*np.diff(points, axis=0).T[::-1]))
        words = []
        for number, turn in enumerate((np.diff(headings) + 180) % 360 - 180, start=1):
            assert evidence["measure"][str(number)]["turn_deg"] == pytest.approx(turn)
            assert 60 <= abs(turn) <= 120 or abs(turn) >= 155
            words.append("back" if abs(turn) > 150 else "left" if turn > 0 else "right")
        assert question.label == ">".join(words)
        assert 1 <= len(words) <= 3


def assert_on_floor(told, legs):
    rows = []
    for row in told["rows"]:
        cells, count = "", ""
        for letter in row:
            cells, count = (cells, count + letter) if letter.isdigit() else (cells + int(count) * letter, "")
        rows.append(cells)
    assert len({len(row) for row in rows}) == 1
    x, y = (
        np.array([(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell == "x"]).reshape(-1, 2).T
    )
    low, cell = np.array(told["origin"]), told["cell_m"]
    blocked = shapely.box(*(low + np.stack([x, y], 1) * cell).T, *(low + (np.stack([x, y], 1) + 1) * cell).T)
    whole = shapely.box(*low, *(low + np.array([len(rows[0]), len(rows)]) * cell))
    for leg in legs:
        assert whole.covers(leg)
        assert shapely.length(shapely.intersection(blocked, leg)).sum() < 1e-9


def test_every_object_is_seen_and_the_first_one_from_the_start(house, asked):
    for question in asked:
        shown = nameable(house)[list(question.frames)]
        things = [house.object_ids.index(name) for name in question.object_ids]
        assert len(set(things)) == len(things)
        assert shown[0, things[0]]
        assert shown[:, things].any(axis=0).all()
        assert all((~shown[:view, things]).all(axis=0).any() for view in range(1, len(shown)))


def test_a_shake_of_the_boxes_changes_no_turn(house, asked):
    rng = np.random.default_rng(5)
    for question in asked:
        evidence = json.loads(question.evidence)
        place, headings = np.array(evidence["route"]["start"]), []
        for name in question.object_ids:
            box = evidence["boxes"][name]
            center = np.array(box["center"]) + 0.01 * rng.choice([-1, 1], 3) / 3**0.5
            rpy = np.array(box["rpy"]) + np.radians(0.5) * rng.choice([-1, 1], 3)
            outline, aim = shadow({**box, "center": center, "rpy": rpy}), shapely.LineString([place, center[:2]])
            rest = aim.difference(outline.buffer(0.4, quad_segs=64))
            headings.append(np.degrees(np.arctan2(*(center[:2] - place)[::-1])))
            place = np.array(rest.coords[-1])
        turns = (np.diff(headings) + 180) % 360 - 180
        said_now = [min(TURNS, key=lambda word: away(turn, word)) for turn in turns.tolist()]
        assert ">".join(said_now) == question.label


def away(turn: float, word: str) -> float:
    return abs((turn - {"left": 90, "right": -90, "back": 180}[word] + 180) % 360 - 180)


def test_the_same_scene_gives_the_same_walks(house, asked):
    again = ask_scene(house, [SUBTASKS["route_plan"]], "test", ALWAYS)["route_plan"].questions
    assert again == asked


def test_multiple_choice_offers_four_different_sequences(asked):
    choices = [question for question in asked if question.form == "multiple_choice"]
    assert len(choices) > 8
    for question in choices:
        turns = question.label.split(">")
        assert len(turns) > 1
        assert len(set(question.options)) == 4
        assert question.options.count(said(turns)) == 1
        assert {option.count("turn") for option in question.options} == {len(turns)}
    assert {question.form for question in asked if ">" not in question.label} == {"open_ended"}


def test_texts_are_whole(asked):
    for question in asked:
        count = question.label.count(">") + 1
        assert "{" not in question.question + question.answer
        assert all(f"[turn {number}]" in question.question for number in range(1, count + 1))
        assert f"[turn {count + 1}]" not in question.question
        assert ("View" in question.question) == (len(question.frames) > 1)
        assert question.question.count("go forward") + question.question.count("Go forward") == count + 1


def test_words_agree_with_their_number():
    one, three = words_of(["left"], 1), words_of(["left", "back", "left"], 3)
    assert (one["missing"], one["are"], one["each"], one["in_order"]) == ("missing turn", "is", "The turn", "")
    assert three["missing"] == "three missing turns"
    assert three["blanks"] == "[turn 1], [turn 2] and [turn 3]"
    assert three["shown"] == "View 1, View 2 and View 3 show the same scene."
    assert three["filled"] == "turn 1: left, turn 2: back, turn 3: left"
    steps = steps_of([Mention("the bed", "a bed", False), Mention("the scissors (red box)", "scissors", True)])
    assert steps["steps"] == (
        "1. Go forward until you reach the bed.\n2. [turn 1]\n3. Go forward until you reach the scissors (red box)."
    )
    assert steps["goal"] == "the scissors (red box)"


def test_wrong_turns_are_mostly_those_of_other_walks():
    rng, known = (
        np.random.default_rng(0),
        Counter({("left", "left"): 500, ("back", "left"): 500, ("left", "back"): 500}),
    )
    drawn = Counter(one for _ in range(50) for one in wrong_turns(("left", "left"), known, rng))
    assert drawn[said(("left", "left"))] == 0
    assert drawn[said(("back", "left"))] == drawn[said(("left", "back"))] == 50
    assert drawn.total() == 150
