"""Scenes as nobody wishes for them, from their files to verified questions: fewer questions, no error, none wrong."""

import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.floor import floor_cells_of, voxels_of_frames
from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.point_matches import matches_of_pairs
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.verifications import verifications_of
from openspatial_assets.assets.views import view_pairs_of_scene
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import sources

FRAMES = 6
ODD_TAGS = ['so-called "desk"', "c:\\temp/mug", "étagère 书架", "x" * 200, "<b>bed</b>", "lamp, chair", "  "]


@pytest.fixture(scope="module")
def room(rooms) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frames and boxes of a generated room."""
    reading = sources.load(rooms[0].source).read_scene(rooms[0])
    return reading.frames.head(FRAMES), reading.boxes


def asked(frames: pl.DataFrame, boxes: pl.DataFrame, visibility: str = "depth", representation: str = "box"):
    """The questions of a scene, and the problems that the verifier finds."""
    settings = VisibilitySettings()
    seen = visibility_of_frames(frames, boxes, visibility, settings)
    masks = masks_of_frames(frames, boxes, seen, visibility, "depth", MaskSettings(), settings)
    objects = objects_of_frames(frames, boxes, seen, masks, representation, ObjectSettings())
    pairs = view_pairs_of_scene(frames, boxes, objects, ViewSettings())
    matches = matches_of_pairs(pairs, frames, objects, boxes, MatchSettings())
    cells = floor_cells_of([voxels_of_frames(frames, FloorSettings())], frames, FloorSettings())
    made = questions_of_scene(
        frames, boxes, seen, objects, "scene", "variant", QuestionSettings(), True, pairs, matches, cells
    )
    found = pl.concat([verifications_of(made[name], frames, boxes, representation) for name in SUBTASKS])
    return made, found["problem"].drop_nulls().to_list()


def count(made, *names: str) -> int:
    return sum(made[name].height for name in names or SUBTASKS)


def reasons(made, name: str) -> set[str]:
    return set(made["rejections"].filter(subtask=name)["reason"])


def test_one_object_alone(room):
    frames, boxes = room
    made, problems = asked(frames, boxes.filter(pl.col("tag") == "armchair").head(1))
    assert not problems
    assert count(made, "size_absolute") > 0
    assert count(made, "distance_absolute", "multiview_position", "scene_caption", "route_plan") == 0


def test_one_frame_alone_has_no_views_to_compare(room):
    frames, boxes = room
    made, problems = asked(frames.head(1), boxes)
    assert not problems
    assert count(made) > 10
    several = ("camera_motion", "camera_pose", "multiview_distance_absolute", "correspondence_object")
    assert count(made, *several) == 0
    assert all(reasons(made, name) for name in several)


def test_views_that_share_nothing_are_not_shown_together(room):
    frames, boxes = room
    seen = visibility_of_frames(frames, boxes, "depth", VisibilitySettings()).filter("visible")
    first = frames["frame_id"][0]
    of_first = seen.filter(frame_id=first)["object_id"].implode()
    alone = boxes.filter(pl.col("object_id").is_in(of_first))
    elsewhere = boxes.filter(~pl.col("object_id").is_in(of_first))
    views = frames.filter(pl.col("frame_id").is_in([first, frames["frame_id"][-1]]))
    only_first = seen.filter(~pl.col("object_id").is_in(of_first), frame_id=views["frame_id"][1])["object_id"]
    kept = pl.concat([alone.head(2), elsewhere.filter(pl.col("object_id").is_in(only_first.implode())).head(2)])
    made, problems = asked(views, kept.filter(~pl.col("object_id").is_in(_in_both(seen, views))))
    assert not problems
    assert count(made, "camera_motion", "multiview_position", "correspondence_point") == 0


def _in_both(seen: pl.DataFrame, views: pl.DataFrame) -> pl.Series:
    shown = seen.filter(pl.col("frame_id").is_in(views["frame_id"].implode()))
    return shown.group_by("object_id").len().filter(pl.col("len") > 1)["object_id"].implode()


@pytest.mark.parametrize("visibility", ["depth", "none"])
def test_frames_without_depth(room, visibility):
    frames, boxes = room
    blind = frames.with_columns(depth=pl.lit(None, pl.String))
    made, problems = asked(blind, boxes, visibility)
    assert not problems
    assert count(made, "depth_choice", "depth_order", "front_behind", "correspondence_point", "route_plan") == 0
    assert (count(made, "size_absolute") > 0) == (visibility == "none")


def test_two_boxes_in_one_place(room):
    frames, boxes = room
    twin = boxes.with_columns(object_id=pl.col("object_id") + "_twin")
    made, problems = asked(frames, pl.concat([boxes, twin]))
    assert not problems
    named = {(row["object_ids"], row["subtask"]) for row in _pairs(made)}
    assert not any(a.removesuffix("_twin") == b.removesuffix("_twin") for (a, b), _ in named)


def _pairs(made):
    for name in ("size_relative", "distance_absolute", "left_right", "high_low", "front_behind"):
        for row in made[name].iter_rows(named=True):
            yield {"object_ids": tuple(row["object_ids"]), "subtask": name}


@pytest.mark.parametrize("representation", ["box", "point_cloud"])
def test_leaning_boxes(room, representation):
    frames, boxes = room
    lean = np.random.default_rng(0).uniform(-0.4, 0.4, (boxes.height, 3))
    turned = boxes.with_columns(rpy=pl.Series(boxes["rpy"].to_numpy() + lean, dtype=boxes.schema["rpy"]))
    made, problems = asked(frames, turned, representation=representation)
    assert not problems
    assert count(made) > 20


@pytest.mark.parametrize("tag", ["tent", "room"])
def test_a_box_that_holds_the_cameras(room, tag):
    frames, boxes = room
    centers = np.array(boxes["center"].to_list())
    around = boxes.head(1).with_columns(
        object_id=pl.lit("around"),
        tag=pl.lit(tag),
        center=pl.Series([centers.mean(0).tolist()], dtype=boxes.schema["center"]),
        extents=pl.Series([[20.0, 20.0, 6.0]], dtype=boxes.schema["extents"]),
        rpy=pl.Series([[0.0, 0.0, 0.3]], dtype=boxes.schema["rpy"]),
    )
    made, problems = asked(frames, pl.concat([boxes, around]))
    assert not problems
    assert count(made) > 50
    assert tag == "room" or count(made, "route_plan") == 0, "a tent stands in every way"


def test_odd_tags_in_every_sub_task(room):
    frames, boxes = room
    tags = [ODD_TAGS[place % len(ODD_TAGS)] for place in range(boxes.height)]
    made, problems = asked(frames, boxes.with_columns(tag=pl.Series(tags)))
    assert not problems
    assert count(made) > 50
