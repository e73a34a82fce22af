"""The table `instance_masks`: on generated rooms against their truth, on the real kitchen against its annotated boxes,
and what happens at the edges of the data."""

import json
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.instance_masks import instance_masks_of_frames
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.masks.regions import bounding_box, decoded, intersection_over_union
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.visibility.ray_interval import depth_masks
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import sources
from resources.images import ImageError, camera_of, read_depth
from resources.segmenter import SegmenterError
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration
from resources.tables import INSTANCE_MASKS, RECOGNITIONS

LEAST_PIXELS = 250
"""Smaller objects are not recognised."""

NOISE, MISSED = 0.03, 0.07
"""Share of its sides by which a box is off, and share of objects that are overlooked."""


def masks_of(frames: pl.DataFrame, recognitions: pl.DataFrame, **settings) -> pl.DataFrame:
    return instance_masks_of_frames(frames, recognitions, InstanceSettings(**settings), MaskSettings())


def recognitions_from(found: list[tuple[str, str, list[float]]]) -> pl.DataFrame:
    """The table of (frame, label, box)."""
    rows, counts = [], {}
    for frame_id, label, box in found:
        counts[frame_id] = number = counts.get(frame_id, -1) + 1
        rows.append({"frame_id": frame_id, "detection": number, "label": label, "box_2d": list(map(float, box))})
    return pl.DataFrame([row | {"recognizer": "test"} for row in rows], schema=RECOGNITIONS.schema)


@pytest.fixture(scope="module")
def seen_rooms(rooms):
    """For each room: some frames, what a noisy recognizer finds in them, and the true mask of each find."""
    made = []
    for room in rooms:
        frames, _ = sources.load(room.source).read_frames(room)
        truth, frames = load_truth(room.root), frames[::4]
        found, true = [], []
        for frame in frames.iter_rows(named=True):
            rng = np.random.default_rng(int(frame["frame_id"]))
            instances = truth.instance_map(frame["frame_id"])
            for value in np.unique(instances[instances > 0]):
                mask = instances == value
                if np.count_nonzero(mask) < LEAST_PIXELS or rng.random() < MISSED:
                    continue
                box = np.array(bounding_box(mask), dtype=np.float64)
                box += rng.normal(0, NOISE, 4) * np.tile(box[2:] - box[:2], 2)
                box = np.clip(box, 0, [frame["width"], frame["height"]] * 2)
                found.append((frame["frame_id"], truth.tags[value - 1], box))
                true.append(mask)
        made.append((frames, recognitions_from(found), true))
    return made


def ious(masks: pl.DataFrame, true: list[np.ndarray]) -> np.ndarray:
    return np.array(
        [
            intersection_over_union(decoded(counts, *mask.shape), mask)
            for counts, mask in zip(masks["mask"], true, strict=True)
        ]
    )


def test_rooms_are_segmented_well_from_noisy_boxes(seen_rooms) -> None:
    measured = np.concatenate([ious(masks_of(frames, found), true) for frames, found, true in seen_rooms])
    assert measured.mean() > 0.72
    assert (measured > 0.5).mean() > 0.8


def test_the_table_has_a_row_a_recognition_whatever_the_chunks(seen_rooms) -> None:
    frames, found, _ = seen_rooms[0]
    whole = masks_of(frames, found)
    assert whole.schema == pl.Schema(INSTANCE_MASKS.schema)
    shared = ["frame_id", "detection", "label", "box_2d"]
    assert whole.select(shared).equals(found.sort("frame_id", "detection").select(shared))
    shape = frames[0, "height"], frames[0, "width"]
    assert whole["area"].to_list() == [np.count_nonzero(decoded(counts, *shape)) for counts in whole["mask"]]
    assert whole["segmenter"].unique().to_list() == ["regions"]
    assert whole["score"].is_null().all()
    parts = [
        masks_of(frames[index : index + 1], found.filter(pl.col("frame_id") == frames[index, "frame_id"]))
        for index in range(len(frames))
    ]
    assert pl.concat(parts).equals(whole)


def test_frames_in_which_nothing_was_recognised_are_not_read(seen_rooms) -> None:
    frames, found, _ = seen_rooms[0]
    unread = frames.with_columns(image=pl.lit("missing.jpg"), depth=pl.lit("missing.png"))
    assert masks_of(unread, found.clear()).equals(pl.DataFrame(schema=INSTANCE_MASKS.schema))


def test_a_frame_without_depth_is_segmented_by_colour(seen_rooms) -> None:
    frames, found, true = seen_rooms[1]
    blind = frames.with_columns(depth=pl.lit(None, dtype=pl.String))
    assert ious(masks_of(blind, found), true).mean() > 0.6


def test_an_image_of_another_size_is_named(seen_rooms, tmp_path: Path) -> None:
    frames, found, _ = seen_rooms[0]
    path = str(tmp_path / "small.png")
    cv2.imwrite(path, np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(ImageError, match=r"small\.png: is 6x4 pixels, but frame"):
        masks_of(frames.with_columns(image=pl.lit(path)), found)


def test_sam_without_weights_says_what_to_set(seen_rooms) -> None:
    frames, found, _ = seen_rooms[0]
    with pytest.raises(SegmenterError, match=r"instances\.segmenter=sam needs .* or choose instances\.segmenter=regi"):
        masks_of(frames, found, segmenter="sam")


def test_the_real_kitchen_is_segmented_like_its_annotated_boxes(shared: Path) -> None:
    """What depth says lies in an annotated box is near the truth, but for thin things and for what touches."""
    root = shared / "redkitchen"
    kitchen = Registration("kitchen", "rgbd_folder", str(root), "test")
    source = sources.load(kitchen.source)
    annotated = source.read_boxes(kitchen)
    boxes = Boxes.from_rpy(*(annotated[name].to_numpy() for name in ("center", "extents", "rpy")))
    answers = json.loads((root / "recognitions.json").read_text())
    frames = source.read_frames(kitchen)[0].filter(pl.col("frame_id").is_in(sorted(answers)[::8]))
    found, true = [], []
    for frame in frames.iter_rows(named=True):
        near_truth = depth_masks(camera_of(frame), read_depth(frame), boxes, VisibilitySettings())
        scale = np.tile([frame["height"], frame["width"]], 2) / 1000
        for answer in answers[frame["frame_id"]]:
            ymin, xmin, ymax, xmax = np.array(answer["box_2d"]) * scale
            inside = np.zeros(near_truth.shape[1:], dtype=bool)
            inside[int(ymin) : int(ymax) + 1, int(xmin) : int(xmax) + 1] = True
            # The annotated object of a tag that overlaps the box most, seen from its own box's side.
            same = [index for index, tag in enumerate(annotated["tag"]) if tag.split()[-1] in answer["label"]]
            overlaps = [intersection_over_union(inside, near_truth[index]) for index in same]
            if same and max(overlaps) > 0.3:
                found.append((frame["frame_id"], answer["label"], [xmin, ymin, xmax, ymax]))
                true.append(near_truth[same[int(np.argmax(overlaps))]])
    measured = ious(masks_of(frames, recognitions_from(found)), true)
    assert len(measured) > 15
    assert measured.mean() > 0.65
