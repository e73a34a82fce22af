from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.boxes import boxes_of
from openspatial_assets.assets.sources import (
    finish_frames,
    frame_entries,
    frames_of,
    frames_of_entries,
    scene_of,
)
from openspatial_assets.engine.keyframes import KeyframeSettings
from resources.sources.registration import Registration, SourceError
from resources.tables import FRAMES, SCENE_BOXES, SCENES

KITCHEN = Path(__file__).parents[3] / "shared" / "data" / "redkitchen"


@pytest.fixture
def room(tmp_path) -> Registration:
    """Five frames without depth or boxes; the third has lost its pose."""
    for folder in ("color", "pose"):
        (tmp_path / folder).mkdir()
    rng = np.random.default_rng(0)
    for index in range(5):
        cv2.imwrite(str(tmp_path / "color" / f"{index}.png"), rng.integers(0, 255, (48, 64), dtype=np.uint8))
        np.savetxt(tmp_path / "pose" / f"{index}.txt", np.eye(4) if index != 2 else np.full((4, 4), np.nan))
    np.savetxt(tmp_path / "intrinsic.txt", [[60, 0, 32], [0, 60, 24], [0, 0, 1]])
    return Registration("room", "rgbd_folder", str(tmp_path), license="CC0")


def test_any_cut_into_chunks_gives_the_same_tables(room):
    frames, dropped = frames_of(room)
    entries = frame_entries(room)
    for size in (1, 2, 4):
        chunks = [frames_of_entries(room, entries[start : start + size]) for start in range(0, 5, size)]
        chunked, chunked_dropped = finish_frames(room, chunks[::-1])
        assert chunked.equals(frames)
        assert chunked_dropped == dropped


def test_the_scene_row_counts_frames_and_carries_the_licence(room):
    frames, dropped = frames_of(room)
    scene = SCENES.checked(scene_of(room, frames, dropped), "room").row(0, named=True)
    assert (scene["num_frames"], scene["num_objects"], scene["license"]) == (4, None, "CC0")
    assert scene["dropped_frames"] == [
        {"frame_id": "2", "reason": "pose/2.txt: the pose holds NaN (tracking was lost)"},
    ]
    assert scene_of(room).equals(scene_of(room, frames, dropped))


def test_keyframes_follow_the_settings(room):
    standing, _ = frames_of(room)
    assert standing["keyframe"].sum() == 1
    assert standing.filter("keyframe")["sharpness"].item() == standing["sharpness"].max()
    every, _ = finish_frames(room, [frames_of_entries(room, frame_entries(room))], KeyframeSettings(0.0, 0.0, 0.0))
    assert every["keyframe"].all()


def test_a_scene_without_boxes_or_frames_is_an_error(room):
    with pytest.raises(SourceError, match=r"scene room: .* has no annotated boxes .*objects.json"):
        boxes_of(room)
    with pytest.raises(SourceError, match="scene room: no frame"):
        finish_frames(room, [])


def test_broken_boxes_do_not_take_the_scene_with_them(room):
    (Path(room.root) / "objects.json").write_text("[")
    assert scene_of(room)["num_objects"].to_list() == [None]
    with pytest.raises(SourceError, match="is no JSON"):
        boxes_of(room)


def test_the_real_kitchen():
    if not KITCHEN.is_dir():
        pytest.skip(f"the real kitchen is not at {KITCHEN}")
    kitchen = Registration("redkitchen", "rgbd_folder", str(KITCHEN))
    frames, dropped = frames_of(kitchen)
    FRAMES.checked(frames, "redkitchen")
    boxes = SCENE_BOXES.checked(boxes_of(kitchen), "redkitchen")
    scene = SCENES.checked(scene_of(kitchen, frames, dropped), "redkitchen").row(0, named=True)
    assert (scene["num_frames"], scene["num_objects"], scene["dropped_frames"]) == (63, 17, [])
    assert set(boxes.filter(pl.col("object_id").str.starts_with("chair"))["tag"]) == {"chair"}
