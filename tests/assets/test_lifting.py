"""Boxes lifted from masks, against generated rooms whose masks are perfect and the kitchen's annotated boxes."""

import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.instance_masks import instance_masks_of_frames
from openspatial_assets.assets.lifting import lifted_boxes_of
from openspatial_assets.assets.recognitions import recognitions_of
from openspatial_assets.assets.sources import frames_of
from openspatial_assets.engine.evaluation.detection import detection_score
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.lifting.names import same_object
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources import sources
from resources.images import ImageError
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration
from resources.tables import LIFTED_BOXES
from tests.support.lifted_figures import boxes_of_table, perfect_masks, room_figures

SETTINGS = LiftingSettings()


@pytest.fixture(scope="module")
def room(rooms):
    """Frames, perfect masks and truth of one room."""
    frames, _ = frames_of(rooms[0])
    truth = load_truth(rooms[0].root)
    return frames, perfect_masks(truth, frames), truth


def test_perfect_masks_of_rooms_give_their_objects(rooms):
    lifted = []
    for registration in rooms:
        frames, _ = frames_of(registration)
        truth = load_truth(registration.root)
        table = lifted_boxes_of(frames, perfect_masks(truth, frames), SETTINGS, True, True)
        lifted.append((truth, LIFTED_BOXES.checked(table, "room")))
    figures = room_figures(lifted)
    assert figures.average_precision[0] >= 0.95
    assert figures.average_precision[1] >= 0.85


def test_the_kitchen_s_objects_come_back_from_recorded_answers(shared, tmp_path):
    """Recognised by a noisy recording, segmented without weights, seen by a depth sensor."""
    kitchen = Registration("kitchen", "rgbd_folder", str(shared / "redkitchen"), "x")
    frames, _ = frames_of(kitchen)
    found = recognitions_of(kitchen, frames, RecognitionSettings(), str(tmp_path)).rows
    masks = instance_masks_of_frames(frames, found, InstanceSettings(), MaskSettings())
    lifted = LIFTED_BOXES.checked(lifted_boxes_of(frames, masks, SETTINGS, True, True), "kitchen")
    annotated = sources.load(kitchen.source).read_boxes(kitchen)

    boxes, true = boxes_of_table(lifted), boxes_of_table(annotated)
    loose, strict = (detection_score(boxes, true, lifted["confidence"], least) for least in (0.25, 0.5))
    assert loose.recall >= 0.85
    assert loose.precision >= 0.85
    assert strict.recall >= 0.45
    assert loose.mean_center_error <= 0.08
    matched = {
        annotated["object_id"][row]: lifted["tag"][int(index)] for row, index in enumerate(loose.match) if index >= 0
    }
    names = dict(annotated.select("object_id", "tag").iter_rows())
    assert all(same_object(names[object_id], tag) for object_id, tag in matched.items())
    assert sum(same_object(tag, "table") for tag in lifted["tag"]) == 1
    assert sum(same_object(tag, "chair") for tag in lifted["tag"]) == 4
    assert {"chair_1", "chair_2", "chair_3", "chair_4", "table_1"} <= set(matched)


def test_a_row_names_the_frames_and_recognitions_that_support_it(room):
    frames, masks, _ = room
    lifted = lifted_boxes_of(frames, masks, SETTINGS, True, True)
    tags = {
        (frame, detection): label for frame, detection, label in masks.select("frame_id", "detection", "label").rows()
    }
    for row in lifted.iter_rows(named=True):
        assert row["frame_ids"] == sorted(set(row["frame_ids"]))
        assert len(row["frame_ids"]) == len(row["detections"]) == row["num_views"]
        named = [tags[support] for support in zip(row["frame_ids"], row["detections"], strict=True)]
        assert all(same_object(name, row["tag"]) for name in named)
        assert 0.0 < row["confidence"] <= 1.0
    assert lifted["object_id"].is_unique().all()
    assert lifted["object_id"].is_sorted()


def test_the_order_of_rows_changes_nothing_and_no_scale_is_said(room):
    frames, masks, _ = room
    one = lifted_boxes_of(frames, masks, SETTINGS, False, True)
    other = lifted_boxes_of(frames.reverse(), masks.sample(fraction=1.0, shuffle=True, seed=1), SETTINGS, False, True)
    assert one.equals(other)
    assert not one["metric"].any()


def test_a_scene_without_recognitions_has_no_boxes_and_one_without_depth_says_so(room):
    frames, masks, _ = room
    empty = lifted_boxes_of(frames, masks.clear(), SETTINGS, True, True)
    assert empty.is_empty()
    assert empty.schema == LIFTED_BOXES.schema
    blind = frames.with_columns(pl.lit(None, frames.schema["depth"]).alias("depth"))
    with pytest.raises(ImageError, match=f"frame {masks['frame_id'].min()}.*no depth"):
        lifted_boxes_of(blind, masks, SETTINGS, True, True)


def test_a_scene_without_an_up_direction_is_lifted_without_a_floor(room):
    frames, masks, _ = room
    lifted = lifted_boxes_of(frames, masks, SETTINGS, True, False)
    assert lifted.height > 5
    assert not {"extended_to_floor", "completed"} & {flag for flags in lifted["flags"] for flag in flags}
    assert np.isfinite(lifted["center"].to_numpy()).all()
