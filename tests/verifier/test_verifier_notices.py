"""Right rows about a room that was worked out by hand are right; every kind of wrong row is noticed."""

import copy
import hashlib
import json
from collections.abc import Callable

import polars as pl
import pytest
from support.hand_made import BOXES, CAMERAS, camera, frames, mark, scene_boxes
from support.one_view_rows import one_view_rows
from support.right_rows import right_rows

from openspatial_assets.verifier.answers import RULES, answer_holds, problems
from openspatial_assets.verifier.verify import verified
from openspatial_assets.verifier.world import world_of_evidence

RIGHT = right_rows() | one_view_rows()
FLIPPED = {"yes": "no", "no": "yes"}

Change = Callable[[dict, dict], None]
"""Makes a right row wrong: takes the row and its evidence, and changes either."""


def found(row: dict, boxes: pl.DataFrame | None = None, views: pl.DataFrame | None = None) -> str | None:
    table = pl.DataFrame([row], infer_schema_length=None)
    boxes, views = scene_boxes() if boxes is None else boxes, frames() if views is None else views
    return verified(table, views, boxes, whole_boxes=True)["problem"][0]


def changed(key: str, change: Change) -> dict:
    row = copy.deepcopy(RIGHT[key])
    told = json.loads(row["evidence"])
    change(row, told)
    return row | {"evidence": json.dumps(told)}


def test_there_is_a_right_row_for_every_sub_task():
    assert {row["subtask"] for row in RIGHT.values()} == set(RULES)


@pytest.mark.parametrize("key", RIGHT)
def test_right_rows_are_right(key):
    row = RIGHT[key]
    assert found(row) is None
    world = world_of_evidence(row)
    assert answer_holds(world, row)
    assert problems(row, world, complete=False) == []


def put(path: str, value: object) -> Change:
    """Changes one value of the evidence: "measure/2/yaw_deg"."""

    def change(row: dict, told: dict) -> None:
        *way, last = path.split("/")
        place = told
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = value

    return change


def column(**values: object) -> Change:
    return lambda row, told: row.update(values)


def both(*changes: Change) -> Change:
    def change(row: dict, told: dict) -> None:
        for one in changes:
            one(row, told)

    return change


def text(old: str, new: str, name: str = "question") -> Change:
    def change(row: dict, told: dict) -> None:
        assert old in row[name]
        row[name] = row[name].replace(old, new)

    return change


def fact(of: str, **values: object) -> Change:
    """Changes the first fact of a kind."""

    def change(row: dict, told: dict) -> None:
        next(one for one in told["facts"] if one["kind"] == of).update(values)

    return change


def said(old: str, new: str) -> Change:
    """Another word in the fact and in the caption."""

    def change(row: dict, told: dict) -> None:
        for one in told["facts"]:
            one["text"] = one["text"].replace(old, new)
        for a, b in ((old, new), (old[:1].upper() + old[1:], new[:1].upper() + new[1:])):
            row["answer"] = row["answer"].replace(a, b)

    return change


CAPTION = "scene_caption open_ended"
APART = "multiview_distance_absolute open_ended"
ROUTE = "route_plan open_ended"
NEARNESS = "distance_object_camera open_ended"
MOTION = "camera_motion open_ended"
POINT = "correspondence_point open_ended"
NEAREST = "multiview_distance_relative open_ended"
POSITION = "multiview_position open_ended"

WRONG = {
    # answers
    "another view": (NEARNESS, column(answer_label="1", answer="View 1."), "label 1, not 2"),
    "another turn": (MOTION, column(answer_label="left", answer="It turned to the left."), "label"),
    "another order": ("camera_pose open_ended", column(answer_label="1>2>3", answer="View 1, View 2, View 3"), "label"),
    "another object": (NEAREST, column(answer_label="sofa_1"), "label sofa_1"),
    "another direction": (POSITION, column(answer_label="left", answer="Left."), "label left"),
    "another point": (POINT, column(answer_label="3", answer="Point 3"), "label 3"),
    "another turn of a walk": (ROUTE, column(answer_label="left>left"), "label left>left"),
    "a reversed walk": (ROUTE, column(answer_label="left>right"), "label left>right"),
    "another number": (APART, column(answer_value=510.0), "510.0, not 499"),
    # letters, words, units
    "another letter": ("camera_motion multiple_choice", column(answer="B. backward"), "option B"),
    "another text by the letter": ("camera_motion multiple_choice", column(answer="C. left"), "but option C"),
    "the letter of another object": ("correspondence_object multiple_choice", column(answer="A. the lamp"), "option A"),
    "the word of another form": ("camera_motion judgement", column(answer="Incorrect"), "another kind of question"),
    "what the label does not say": (ROUTE, column(answer="Turn left, then right."), "answer"),
    "a rounded number": (APART, column(answer="497 cm"), "answer '497 cm'"),
    "another unit": (APART, column(answer_unit="m"), "not 4.99"),
    "a unit that is not asked for": (
        APART, text("How many centimeters lie", "How much lies"), "ask for cm",
    ),
    "options that are too close": (
        "multiview_distance_absolute multiple_choice",
        both(text("3.40", "4.50"), lambda row, told: row["options"].__setitem__(3, "4.50 m")), "less than 20 %",
    ),
    "the opposite question": (NEARNESS, text("closest", "farthest"), "asks closest, but"),
    "the other sense": ("camera_pose open_ended", text("clockwise", "counterclockwise"), "asks clockwise, but"),
    "another claim in words": ("camera_motion judgement", text("left", "right"), "does not claim left"),
    "another order in words": ("camera_pose judgement", text("View 2, View 3 their", "View 3, View 2 their"), "claim"),
    "another facing in words": (POSITION, text("in front of you", "on your left"), "lies front"),
    # views
    "a view that is not shown": (MOTION, text("View 2", "View 3"), "View 3 is not shown"),
    "views in another order": (MOTION, column(frame_ids=["northeast", "north"]), "label right"),
    "one view twice": (MOTION, column(frame_ids=["north", "north"]), "views"),
    "a frame of another scene": (MOTION, column(frame_ids=["north", "attic"]), "not of this scene"),
    "another camera": (MOTION, put("cameras/northeast/world_from_camera/3", 0.01), "camera north"),
    "another lens": (POINT, put("cameras/ahead/intrinsics/0", 510.0), "camera ahead"),
    # objects
    "swapped objects": (
        POSITION, column(object_ids=["sofa_1", "lamp_1", "chair_1"]), "no bearing_deg of sofa_1|lamp_1",
    ),
    "an object of another scene": (
        "correspondence_object judgement", column(object_ids=["lamp_2"]), "lamp_2 is not of this scene",
    ),
    "a moved box": (APART, put("boxes/chair_1/center/0", 0.05), "box of chair_1"),
    "a turned box": (ROUTE, put("route/boxes/plant_1/rpy/2", 0.3), "box of plant_1 differs"),
    "a box of a view": (NEARNESS, put("boxes_by_view/2/extents/1", 0.9), "box of chair_1"),
    "seen where it does not project": (
        NEAREST, put("visible/1/sofa_1", 1.0), "sofa_1 does not project into View 1",
    ),
    "seen in both views": (
        APART, put("visible/2/chair_1", 0.5), "objects are seen in",
    ),
    "hardly seen": (NEARNESS, put("visible/1/chair_1", 0.2), "not visible enough"),
    "not seen from the start": (ROUTE, put("visible/1", {}), "cannot be seen from the start"),
    # marks
    "a mark in a view that is not shown": (
        APART, column(marks=[mark("sofa_1", 2, "blue", "mask")]), "drawn in view 3",
    ),
    "a mark where nothing projects": (
        APART, column(marks=[mark("sofa_1", 0, "blue", "mask")]), "does not project",
    ),
    "a mark of another color": (
        APART, column(marks=[mark("sofa_1", 1, "red", "mask")]), "not named as drawn",
    ),
    "a mark left out": (APART, column(marks=[]), "not named as drawn"),
    "a mark in one view only": (
        "distance_object_camera judgement", column(marks=[mark("chair_1", 0, "red")]), "not marked in View 2",
    ),
    "two colors of one object": (
        "distance_object_camera judgement",
        column(marks=[mark("chair_1", 0, "red"), mark("chair_1", 1, "blue")]), "changes its look",
    ),
    "a mark of what is not named": (
        NEARNESS, column(marks=[mark("cabinet_1", 0, "red")]), "marked, but not named",
    ),
    "a point somewhere else": (
        POINT, lambda row, told: row["marks"][0].update(u=200.0), "points",
    ),
    # measures and margins
    "another measure": (MOTION, put("measure/2/yaw_deg", 44.0), "yaw_deg is 44.0"),
    "another distance": (
        NEAREST, put("measure/chair_1|lamp_1/distance_m", 3.0), "distance_m is 3.0",
    ),
    "another bearing": (POSITION, put("measure/lamp_1|chair_1/bearing_deg", 180.0), "lies at"),
    "another center": ("camera_pose open_ended", put("center/0", 0.1), "center"),
    "another depth": (POINT, put("source/depth_m", 2.5), "label 2, not []"),
    "a distractor on the point": (POINT, put("candidates/3/u", 340.0), "measure of 3"),
    "more outside than it is": (
        "correspondence_object multiple_choice", put("measure/plant_1/outside_share", 0.6), "does not lie outside",
    ),
    "a margin that is not reached": (
        NEARNESS, put("margin/found/gap_m", 0.2), "margin gap_m",
    ),
    # claims
    "a claim about another view": ("distance_object_camera judgement", put("claim/subject", "2"), "label no, not yes"),
    "a claim about nothing": ("camera_motion judgement", put("claim/predicate", "sideways"), "is not what is asked"),
    "a claim turned round": (
        "multiview_distance_relative judgement",
        put("claim", {"predicate": "nearest", "subject": "sofa_1", "object": "lamp_1"}), "is not what is asked",
    ),
    # walks
    "another stop": (ROUTE, put("route/stops/1/0", 2.3), "stop 2"),
    "another start": (ROUTE, put("route/start/0", 0.2), "stop 0"),
    "another length": (ROUTE, put("route/lengths_m/1", 2.0), "lengths_m"),
    "an obstacle kept back": (
        ROUTE, lambda row, told: told["route"]["boxes"].pop("plant_1"), "not in the evidence",
    ),
    "no floor to walk on": (
        ROUTE, put("route/floor/rows", ["60."] * 20 + ["60x"] + ["60."] * 49), "leaves the floor",
    ),
    "no turn to be asked": (ROUTE, put("measure/1/turn_deg", 90.0), "turn_deg is 90.0"),
    # captions
    "a fact turned round": (CAPTION, fact("on", subject="cabinet_1", object="mug_1"), "does not hold"),
    "a relation that is none": (CAPTION, fact("far", kind="near"), "(near) does not hold"),
    "a number in a fact": (CAPTION, fact("distance", value=2.9), "(distance) does not hold"),
    "a count": (CAPTION, fact("count", number=2), "(count) does not hold"),
    "a fact that the text lacks": (CAPTION, text("200 centimeters", "90 centimeters", "answer"), "not in"),
    "a number in the text": (CAPTION, said("2.20 meters", "3.20 meters"), "is not said"),
    "a unit in the text": (CAPTION, said("200 centimeters", "200 meters"), "the unit cm is not said"),
    "the opposite in the text": (
        CAPTION, said("the sofa is larger than", "the sofa is smaller than"), "says the opposite",
    ),
    "another object in the text": (
        CAPTION, said("the mug stands on the", "the vase stands on the"), "mug_1 is not named",
    ),
    "too short a text": (
        CAPTION, lambda row, told: row.update(answer=row["answer"][:900]), "words",
    ),
    "a fact about what is not listed": (
        CAPTION, column(object_ids=[name for name in BOXES if name != "mug_1"]), "differ from those",
    ),
    # one image
    "another side": ("left_right open_ended", column(answer_label="right", answer="Right"), "label right, not left"),
    "another rank": ("depth_choice open_ended", put("rank", 1), "label cabinet_1, not chair_1"),
    "another size": ("size_absolute open_ended", column(answer_value=90.0, answer="90 cm"), "90.0, not 100"),
    "another box": ("grounding_3d open_ended", text("0.45", "0.55", "answer"), "is not [2.4"),
    "another angle": ("grounding_3d open_ended", text("1.57", "0.57", "answer"), "is not [2.4"),
    "boxes that are no list": ("grounding_3d open_ended", column(answer="somewhere"), "cannot be checked"),
    "angles without a convention": ("grounding_3d open_ended", text("Rz(yaw) Ry(pitch)", "some"), "convention"),
    "the other level": ("high_low judgement", text("higher", "lower"), "asks higher, but says"),
    "names turned round": (
        "front_behind judgement", text("is the chair behind the cabinet", "is the cabinet behind the chair"), "order",
    ),
    "half hidden": ("size_absolute open_ended", put("margin/found/visible_fraction", 0.4), "not visible enough"),
    "a view where there is one": ("left_right open_ended", text("left", "left in View 1"), "View 1 is not shown"),
    "points in another order": ("depth_order open_ended", column(answer="2, 1, 3"), "answer '2, 1, 3'"),
    # columns
    "a form that there is not": ("camera_pose open_ended", column(form="judgement"), "label 1>3>2 of a judgement"),
    "a label of a number": (APART, column(answer_label="5"), "label 5"),
    "a scene without a scale": (APART, column(metric=False), "metric is False"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_rows_are_noticed(case):
    key, change, expected = WRONG[case]
    assert expected in (found(changed(key, change)) or "nothing")


@pytest.mark.parametrize("key", [key for key, row in RIGHT.items() if row["form"] == "judgement"])
def test_flipped_judgements_are_noticed(key):
    row = RIGHT[key]
    flipped = FLIPPED[row["answer_label"]]
    word = {"yes": "Yes", "no": "No"}[flipped] if row["answer"].split(" ")[0] not in ("True", "False") else "True"
    assert f"label {flipped}, not" in found(row | {"answer_label": flipped, "answer": word})
    assert found(row | {"answer": word}).startswith("answer")


@pytest.mark.parametrize("key", RIGHT)
def test_a_row_that_is_broken_is_a_finding_and_hides_no_other(key):
    broken = [{"evidence": "{"}, {"evidence": "{}"}, {"evidence": "[1]"}, {"marks": None}, {"object_ids": None}]
    rows = [RIGHT[key] | change for change in broken]
    table = verified(pl.DataFrame([*rows, RIGHT[key]], infer_schema_length=None), frames(), scene_boxes(), True)
    assert table["problem"][-1] is None
    assert table["problem"][:3].null_count() == 0
    assert all("cannot be checked" in wrong for wrong in table["problem"][:3])


def test_what_is_ambiguous_must_be_marked():
    boxes = scene_boxes(plant_1="office chair", cabinet_1="sofa")
    assert "chair_1 goes unmarked" in found(RIGHT["correspondence_object multiple_choice"], boxes)
    assert found(RIGHT[NEARNESS], boxes) is None, "the other one is in neither view"
    wanted = RIGHT[NEAREST]
    assert "chair_1 goes unmarked" in found(wanted, boxes), "the tags must fit one object of the whole scene"
    assert found(RIGHT["distance_object_camera judgement"], scene_boxes(cabinet_1="chair")) is None
    assert "fits" in found(RIGHT[NEARNESS], scene_boxes(cabinet_1="chair"))


def test_an_object_is_only_gone_if_nothing_of_its_kind_is_there():
    assert "fits ['cabinet_1'] in View 2" in found(
        RIGHT["correspondence_object judgement"], scene_boxes(cabinet_1="floor lamp")
    )


def test_other_cameras_and_other_boxes_in_the_tables_are_noticed():
    moved = [{"frame_id": name, **camera("east" if name == "ahead" else name)} for name in CAMERAS]
    assert "camera ahead differs" in found(RIGHT[POINT], views=pl.DataFrame(moved))
    other = scene_boxes().with_columns(extents=pl.col("extents").list.eval(pl.element() * 1.01))
    assert "box of chair_1 differs" in found(RIGHT[NEARNESS], other)


def test_boxes_of_single_frames_may_differ_from_those_of_the_scene():
    other = scene_boxes().with_columns(extents=pl.col("extents").list.eval(pl.element() * 1.01))
    rows = pl.DataFrame([RIGHT[NEAREST]], infer_schema_length=None)
    assert verified(rows, frames(), other, whole_boxes=False)["problem"].to_list() == [None]


def test_a_finding_tells_what_was_looked_at():
    row = RIGHT[MOTION]
    table = verified(pl.DataFrame([row], infer_schema_length=None), frames(), scene_boxes(), True)
    said = f"{row['question']}\n{row['answer']}\n{row['evidence']}"
    assert table.to_dicts() == [
        {
            "qa_id": row["qa_id"],
            "subtask": "camera_motion",
            "problem": None,
            "checked": hashlib.md5(said.encode()).hexdigest(),
        }
    ]


def test_rephrased_captions_are_judged_by_their_facts():
    row = changed(CAPTION, both(put("rephrased", True), column(answer="word " * 250)))
    assert found(row) is None
    assert "does not hold" in found(changed(CAPTION, both(put("rephrased", True), fact("far", kind="near"))))
