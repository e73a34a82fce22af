"""Every answer about a generated room equals the one computed from its kept truth: exact boxes and instance maps."""

from pathlib import Path

import pytest
from oracle.answers import answer_holds
from oracle.truth import world_of_truth

from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.variants import VARIANTS
from resources import sources

NEARLY_ALL = QuestionSettings(max_per_frame=30, max_repeats_per_fact=30)


@pytest.fixture(scope="module")
def room(rooms):
    return rooms[0]


def rows_of(room, variant: str) -> list[dict]:
    reading = sources.load(room.source).read_scene(room)
    chosen = VARIANTS[variant]
    visibility = visibility_of_frames(reading.frames, reading.boxes, chosen.visibility, VisibilitySettings())
    scene = (reading.frames, reading.boxes, visibility)
    masks = masks_of_frames(*scene, chosen.visibility, chosen.masks, MaskSettings(), VisibilitySettings())
    objects = objects_of_frames(*scene, masks, chosen.representation, ObjectSettings())
    made = questions_of_scene(*scene, objects, room.scene_id, variant, NEARLY_ALL)
    return [row for name in SUBTASKS for row in made[name].iter_rows(named=True)]


def test_every_answer_of_the_box_centric_variant_is_the_true_one(room):
    world, rows = world_of_truth(Path(room.root)), rows_of(room, "box_centric")
    assert {row["subtask"] for row in rows} == set(SUBTASKS)
    assert len(rows) > 500
    wrong = [(row["subtask"], row["question"], row["answer"]) for row in rows if not answer_holds(world, row)]
    assert not wrong


def test_the_truth_would_show_what_the_filter_is_for(room):
    world, rows = world_of_truth(Path(room.root)), rows_of(room, "no_filter")
    hidden = [row for row in rows if any((row["frame_ids"][0], name) not in world.seen for name in row["object_ids"])]
    assert hidden or not all(answer_holds(world, row) for row in rows)
