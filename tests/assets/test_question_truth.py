"""Every answer about a generated room equals the one computed from its kept truth: exact boxes and instance maps."""

from pathlib import Path

import polars as pl
import pytest
from oracle.truth import world_of_truth

from openspatial_assets.assets.floor import floor_cells_of, voxels_of_frames
from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.point_matches import matches_of_pairs
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.views import view_pairs_of_scene
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.variants import VARIANTS
from openspatial_assets.verifier.answers import answer_holds
from openspatial_assets.verifier.verify import verified
from resources import sources

NEARLY_ALL = QuestionSettings(max_per_frame=30, max_repeats_per_fact=30)


@pytest.fixture(scope="module")
def room(rooms):
    return rooms[0]


def asked(room, variant: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """All questions of a room in one table, its frames, and its boxes."""
    reading = sources.load(room.source).read_scene(room)
    chosen = VARIANTS[variant]
    visibility = visibility_of_frames(reading.frames, reading.boxes, chosen.visibility, VisibilitySettings())
    scene = (reading.frames, reading.boxes, visibility)
    masks = masks_of_frames(*scene, chosen.visibility, chosen.masks, MaskSettings(), VisibilitySettings())
    objects = objects_of_frames(*scene, masks, chosen.representation, ObjectSettings())
    voxels = voxels_of_frames(reading.frames, FloorSettings())
    pairs = view_pairs_of_scene(reading.frames, reading.boxes, objects, ViewSettings())
    links = {
        "view_pairs": pairs,
        "point_matches": matches_of_pairs(pairs, reading.frames, objects, reading.boxes, MatchSettings()),
        "floor_cells": floor_cells_of([voxels], reading.frames, FloorSettings()),
    }
    made = questions_of_scene(*scene, objects, room.scene_id, variant, NEARLY_ALL, **links)
    return pl.concat([made[name] for name in SUBTASKS]), reading.frames, reading.boxes


@pytest.fixture(scope="module")
def box_centric(room):
    return asked(room, "box_centric")


def test_every_answer_of_the_box_centric_variant_is_the_true_one(room, box_centric):
    world, rows = world_of_truth(Path(room.root)), box_centric[0].to_dicts()
    assert {row["subtask"] for row in rows} == set(SUBTASKS)
    assert len(rows) > 500
    wrong = [(row["subtask"], row["question"], row["answer"]) for row in rows if not answer_holds(world, row)]
    assert not wrong


def test_every_row_of_the_box_centric_variant_is_verified(box_centric):
    found = verified(*box_centric, whole_boxes=True)
    assert found["qa_id"].equals(box_centric[0]["qa_id"])
    assert found.filter(pl.col("problem").is_not_null()).to_dicts() == []


def test_the_truth_would_show_what_the_filter_is_for(room):
    world, rows = world_of_truth(Path(room.root)), asked(room, "no_filter")[0].to_dicts()
    hidden = [row for row in rows if any((row["frame_ids"][0], name) not in world.seen for name in row["object_ids"])]
    assert hidden or not all(answer_holds(world, row) for row in rows)
