"""Questions of random scenes: right by a second computation, firm, balanced, unambiguous, the same on every run."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from oracle.shaken import jittered
from scipy.spatial.transform import Rotation
from scipy.stats import chisquare
from support.linked_tables import linked_tables
from support.tables import TAGS, SceneTables, random_tables

from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.verifier.answers import answer_holds, problems
from openspatial_assets.verifier.world import world_of, world_of_evidence
from resources.tables import REJECTIONS, question_table

SCENES = {
    "metric": random_tables(0, 14),
    "tilted": random_tables(1, 10, tilt_deg=12.0),
    "without_scale": random_tables(2, 10, metric=False, scale=7.3),
    "fitted": random_tables(3, 10, fitted=True),
}
ODD_TAGS = (
    'so-called "desk"', "c:\\temp/mug", "{a}", "{0} %s", "étagère 书架", "x" * 200, "line\nbreak", "  ", "o'clock",
    "<b>bed</b>", "chair (left), old", "lamp", "lamp", "|pipe|",
)  # fmt: skip

NEED_UP = {"camera_pose", "multiview_position", "scene_caption", "route_plan"}
"""Sub-tasks of several views that see a scene from above, or tell heights: of no use where up is unknown."""

MARK_OF_ANOTHER = {
    "image": 0, "object_id": "object_19", "kind": "box", "color": "red", "u": 9.0, "v": 9.0, "label": None
}  # fmt: skip


def asked(tables: SceneTables, scene_id: str = "scene", **settings) -> dict[str, pl.DataFrame]:
    return questions_of_scene(*tables, scene_id, "variant", QuestionSettings(**settings), **linked_tables(tables, 0))


def rows_of(questions: dict[str, pl.DataFrame]) -> list[dict]:
    return [row for name in SUBTASKS for row in questions[name].iter_rows(named=True)]


QUESTIONS = {name: asked(tables, name) for name, tables in SCENES.items()}
ROWS = [row for questions in QUESTIONS.values() for row in rows_of(questions)]


def wrong_rows(rows, tables) -> list:
    world = world_of(*tables)
    return [
        (row["subtask"], row["question"], row["answer"], found)
        for row in rows
        if (found := problems(row, world) + problems(row, world_of_evidence(row), complete=False))
    ]


@pytest.mark.parametrize("scene", SCENES)
def test_every_answer_is_right_from_the_scene_and_from_its_own_evidence(scene):
    questions = QUESTIONS[scene]
    assert sum(len(questions[name]) for name in SUBTASKS) > 150
    assert not wrong_rows(rows_of(questions), SCENES[scene])


@pytest.mark.parametrize("scene", SCENES)
def test_no_comparison_flips_when_boxes_are_shaken(scene):
    world, rng = world_of(*SCENES[scene]), np.random.default_rng(0)
    shaken = [jittered(world, rng) for _ in range(3)]
    compared = [row for row in rows_of(QUESTIONS[scene]) if row["answer_label"]]
    assert not [row["question"] for row in compared if not all(answer_holds(other, row) for other in shaken)]


def test_the_second_computation_would_notice():
    row = next(row for row in ROWS if row["subtask"] == "left_right" and row["form"] == "judgement")
    world = next(world_of(*SCENES[name]) for name, made in QUESTIONS.items() if row in rows_of(made))
    assert not problems(row, world)
    flipped = {"yes": "no", "no": "yes"}[row["answer_label"]]
    for change in (
        {"answer_label": flipped},
        {"answer": "No" if row["answer_label"] == "yes" else "Yes"},
        {"object_ids": row["object_ids"][::-1]},
        {"question": row["question"].replace("the ", "a ")},
        {"marks": [*row["marks"], MARK_OF_ANOTHER]},
    ):
        assert problems(row | change, world), change


@pytest.mark.parametrize("scene", SCENES)
def test_tables_fit_their_schemas_and_lengths_need_a_scale(scene):
    questions, metric = QUESTIONS[scene], SCENES[scene].scene_boxes["metric"].all()
    REJECTIONS.checked(questions["rejections"], scene)
    for name in SUBTASKS:
        rows = question_table(name).checked(questions[name], scene)
        assert rows["frame_ids"].list.first().is_sorted()
        assert metric or rows["answer_unit"].null_count() == len(rows)
        if SUBTASKS[name].asks[0] in ("height", "distance", "boxes"):
            assert rows.is_empty() != metric
        elif metric or name != "route_plan":  # the floor of these tables has the size of a room in metres
            assert not rows.is_empty()


def test_forms_answers_and_letters_are_balanced():
    for questions in QUESTIONS.values():
        for name in SUBTASKS:
            said = questions[name].filter(form="judgement")["answer_label"]
            odd = len(said) % 2 and "open_ended" not in SUBTASKS[name].forms  # nothing can take the odd one's place
            assert abs((said == "yes").sum() * 2 - len(said)) <= odd
            sides = questions[name].filter(
                pl.col("form") != "judgement", pl.col("answer_label").is_in(["left", "front"])
            )
            if name in ("left_right", "front_behind"):
                rest = len(questions[name].filter(pl.col("form") != "judgement")) - len(sides)
                assert abs(len(sides) - rest) <= 2
    letters = [row["answer"][0] for row in ROWS if row["form"] == "multiple_choice"]
    assert chisquare(np.unique(letters, return_counts=True)[1]).pvalue > 0.5
    first = [row["answer_label"] == row["object_ids"][0] for row in ROWS if row["form"] == "open_ended"
             and row["subtask"] in ("size_relative", "high_low")]  # fmt: skip
    assert abs(np.mean(first) - 0.5) < 0.05


def test_questions_are_unique_and_budgets_hold():
    assert len({row["qa_id"] for row in ROWS}) == len(ROWS)
    few = asked(SCENES["metric"], max_per_frame=1, max_repeats_per_fact=0)
    for name in SUBTASKS:
        assert few[name]["frame_ids"].list.first().is_unique().all()
        assert 0 < len(few[name]) <= len(SCENES["metric"].frames)
    assert all(few["rejections"].filter(reason="over_budget")["count"] > 0)


def test_marks_are_drawable_and_spread_over_kinds():
    marks = [mark for row in ROWS for mark in row["marks"]]
    assert {mark["kind"] for mark in marks} == {"box", "mask", "point"}
    assert {mark["color"] for mark in marks} == set(PALETTE)
    assert all(mark["image"] < len(row["frame_ids"]) for row in ROWS for mark in row["marks"])
    bare = [row for row in ROWS if row["subtask"] == "high_low" and not row["marks"]]
    assert bare, "no question names its objects by their tags alone"


def turned(tables: SceneTables, degrees: float) -> SceneTables:
    """The same scene with the whole world turned about Z and moved."""
    turn = Rotation.from_euler("z", degrees, degrees=True)
    shift = np.array([3.0, -2.0, 0.0])

    def boxes(table: pl.DataFrame) -> pl.DataFrame:
        rotation = turn * Rotation.from_euler("xyz", table["rpy"].to_numpy(writable=True))
        center = turn.apply(table["center"].to_numpy(writable=True)) + shift
        vectors = pl.Array(pl.Float64, 3)
        return table.with_columns(
            pl.Series("center", center, dtype=vectors), pl.Series("rpy", rotation.as_euler("xyz"), dtype=vectors)
        )

    world = np.eye(4)
    world[:3, :3], world[:3, 3] = turn.as_matrix(), shift
    poses = (world @ tables.frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)).reshape(-1, 16)
    frames = tables.frames.with_columns(pl.Series("world_from_camera", poses, dtype=pl.Array(pl.Float64, 16)))
    return SceneTables(frames, boxes(tables.scene_boxes), tables.frame_visibility, boxes(tables.object_frames))


def test_turning_the_whole_world_changes_no_question():
    columns = ("question", "answer", "answer_label", "options")
    before, after = QUESTIONS["tilted"], asked(turned(SCENES["tilted"], 77.0), "tilted")
    for name in SUBTASKS:
        if name == "route_plan":  # the floor is not turned with it
            continue
        assert before[name].select(columns).equals(after[name].select(columns)), name


def digest(reverse: bool) -> str:
    """Hash of all tables of a scene, its rows read in the given or in the reverse order."""
    tables = SceneTables(*(table.reverse() if reverse else table for table in SCENES["metric"]))
    made = asked(tables)
    return hashlib.sha256("".join(table.write_ndjson() for _, table in sorted(made.items())).encode()).hexdigest()


def test_tables_are_the_same_for_any_hash_seed_process_and_order_of_rows():
    script = f"import sys; sys.path[:0] = {sys.path!r}\nfrom test_questions import digest\nprint(digest(True))"
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(Path(__file__).parent)}
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(False)


def test_odd_tags_break_nothing():
    tables = random_tables(5, 10, tags=ODD_TAGS)
    questions = asked(tables)
    assert not wrong_rows(rows_of(questions), tables)
    assert sum(len(questions[name]) for name in SUBTASKS) > 100
    named = {name for row in rows_of(questions) for name in row["object_ids"]}
    assert len(named) == len([tag for tag in ODD_TAGS if tag.strip()])


@pytest.mark.parametrize("tags", [(), ("chair",), ("chair", "chair"), TAGS[:3]])
@pytest.mark.parametrize("num_frames", [0, 1])
def test_small_scenes_give_few_questions_and_no_error(tags, num_frames):
    tables = random_tables(7, num_frames, tags=tags)
    assert not wrong_rows(rows_of(asked(tables)), tables)


def test_scenes_without_depth_and_with_identical_boxes():
    tables = SCENES["metric"]
    objects = tables.object_frames.with_columns(cloud_points=pl.lit(0, pl.Int64))
    same = tables.scene_boxes.with_columns(center=pl.col("center").first(), extents=pl.col("extents").first())
    questions = asked(SceneTables(tables.frames, same, tables.frame_visibility, objects))
    for name in ("front_behind", "depth_choice", "depth_order"):
        assert questions[name].is_empty()
        assert "no_depth" in questions["rejections"].filter(subtask=name)["reason"]


def test_a_row_of_an_unknown_frame_is_named():
    tables = SCENES["metric"]
    few = SceneTables(tables.frames.head(1), *list(tables)[1:])
    with pytest.raises(ValueError, match="scene scene, object_frames: frame_id 'frame_0000"):
        questions_of_scene(*few, "scene", "variant", QuestionSettings())


def test_a_scene_whose_up_is_unknown_is_asked_nothing_of_heights():
    links = linked_tables(SCENES["metric"], 0)
    made = questions_of_scene(*SCENES["metric"], "scene", "variant", QuestionSettings(), gravity_aligned=False, **links)
    assert made["size_absolute"].is_empty()
    assert made["high_low"].is_empty()
    asks = {json.loads(row["evidence"])["asks"] for row in made["size_relative"].iter_rows(named=True)}
    assert asks == {"larger", "smaller"}
    reasons = made["rejections"].filter(pl.col("reason") == "up_is_unknown")
    assert set(reasons["subtask"]) == {"size_absolute", "high_low", "size_relative", *NEED_UP}
    assert all(made[name].is_empty() for name in NEED_UP)
    assert made["left_right"].height > 0
