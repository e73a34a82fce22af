"""The layout of plain videos: options, and frames made of what was reconstructed."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from resources import sources
from resources.images import camera_of, read_depth
from resources.sources.frame_files import read_entries, settle_frames
from resources.sources.layouts.video import SceneFacts
from resources.sources.registration import Registration, SourceError
from resources.tables import DEPTH_MAPS, RECONSTRUCTIONS

video = sources.load("video")

UNIT_DEPTH, DEPTH_SCALE = 2.0, 1000.0
LENGTH = {"frame": "000000", "from": [40, 60], "to": [120, 60], "metres": 1.0}
LENGTH_UNITS = 80 / 100 * UNIT_DEPTH
"""80 pixels at a focal length of 100 pixels, seen on a wall."""


@pytest.fixture
def clip(tmp_path) -> Registration:
    path = tmp_path / "My clip.mp4"
    path.write_bytes(b"bytes of a video")
    return Registration("clip", "video", str(path))


@pytest.fixture
def tables(tmp_path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two registered keyframes and a third that is not; they look at a wall. Depth images are of half the size."""
    keyframes, depths = [], []
    for number in range(3):
        name, registered = f"{number:06d}", number < 2
        image, depth = tmp_path / f"{name}.jpg", tmp_path / f"{name}.png"
        cv2.imwrite(str(image), np.random.default_rng(number).integers(0, 255, (120, 160, 3), dtype=np.uint8))
        cv2.imwrite(str(depth), np.full((60, 80), UNIT_DEPTH * DEPTH_SCALE, np.uint16))
        pose = np.eye(4)
        pose[0, 3] = number
        keyframes.append(
            {
                "frame_id": name, "image": str(image), "width": 160, "height": 120, "timestamp": number / 30,
                "sharpness": 1.0, "registered": registered, "reason": "ok" if registered else "too little in common",
                "intrinsics": [100.0, 100.0, 79.5, 59.5] if registered else None,
                "world_from_camera": pose.ravel().tolist() if registered else None,
                "points": [], "neighbors": [], "gravity_aligned": True, "metric": False, "signature": name,
            }
        )  # fmt: skip
        if registered:
            depths.append(
                {
                    "frame_id": name, "depth": str(depth), "depth_scale": DEPTH_SCALE, "width": 80, "height": 60,
                    "intrinsics": [50.0, 50.0, 39.5, 29.5], "estimator": "plane_sweep", "coverage": 1.0,
                    "signature": name,
                }
            )  # fmt: skip
    return pl.DataFrame(keyframes, schema=RECONSTRUCTIONS.schema), pl.DataFrame(depths, schema=DEPTH_MAPS.schema)


def _frames(registration, tables):
    entries = video.entries_of(registration, *tables)
    return settle_frames(registration, *read_entries(registration, entries))


def test_it_is_a_layout_as_others(clip):
    assert "video" in sources.available()
    video.prepare(clip)
    assert video.read_boxes(clip) is None
    assert video.box_origins(clip) == ("lifted",)
    assert not video.is_metric(clip)
    with pytest.raises(SourceError, match="materialise reconstructions"):
        video.frame_entries(clip)


def test_frames_are_made_of_the_tables(clip, tables):
    frames, dropped = _frames(clip, tables)
    assert frames["frame_id"].to_list() == ["000000", "000001"]
    assert dropped == [
        {"frame_id": "000002", "reason": "keyframe 000002 was not registered: too little in common"},
    ]
    row = frames.row(1, named=True)
    np.testing.assert_allclose(read_depth(row), UNIT_DEPTH)
    np.testing.assert_allclose(camera_of(row).center, [1, 0, 0])
    without, _ = _frames(clip, (tables[0], tables[1].clear()))
    assert without["depth"].null_count() == 2


def test_a_known_length_puts_poses_and_depth_into_metres(clip, tables):
    known = replace(clip, options={"known_length": LENGTH})
    assert video.is_metric(known)
    assert video.scene_facts(known, tables[0]) == SceneFacts(metric=True, gravity_aligned=True)
    frames, _ = _frames(known, tables)
    row = frames.row(1, named=True)
    np.testing.assert_allclose(read_depth(row), UNIT_DEPTH / LENGTH_UNITS, rtol=1e-6)
    np.testing.assert_allclose(camera_of(row).center, [1 / LENGTH_UNITS, 0, 0])
    tiny = replace(clip, options={"known_length": LENGTH | {"metres": 0.01}})  # depths of 1 cm are believed here
    assert len(_frames(tiny, tables)[0]) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"camera_height_m": -1}, "camera_height_m=-1 must be a number"),
        ({"camera_height_m": True}, "camera_height_m=True must be a number"),
        ({"camera_height_m": 1.6, "known_length": LENGTH}, "not both"),
        ({"known_length": 3.0}, "must be like"),
        ({"known_length": LENGTH | {"metres": "1 m"}}, "metres='1 m' must be a number"),
        ({"known_length": LENGTH | {"to": [1]}}, "two numbers"),
        ({"known_length": LENGTH | {"to": [40, 60]}}, "one pixel"),
        ({"camera_hight_m": 1.6}, "'camera_hight_m' is unknown; a video has camera_height_m"),
    ],
)
def test_unsound_options_are_named(clip, options, message):
    with pytest.raises(SourceError, match=message):
        video.prepare(replace(clip, options=options))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": "000002"}, "no registered keyframe with depth; there are 000000, 000001"),
        ({"to": [500, 60]}, "lies outside of frame 000000, which is 160x120 pixels"),
    ],
)
def test_a_length_that_cannot_be_measured_is_named(clip, tables, change, message):
    with pytest.raises(SourceError, match=message):
        video.entries_of(replace(clip, options={"known_length": LENGTH | change}), *tables)


def test_a_length_needs_depth_at_its_ends(clip, tables):
    cv2.imwrite(tables[1]["depth"][0], np.zeros((60, 80), np.uint16))
    with pytest.raises(SourceError, match="no depth near the pixel"):
        video.entries_of(replace(clip, options={"known_length": LENGTH}), *tables)


def test_the_signature_follows_the_video_the_length_and_the_recordings(clip):
    before = video.signature(clip)
    assert before == video.signature(clip)
    measured = video.signature(replace(clip, options={"camera_height_m": 1.6}))
    assert measured["frames"] != before["frames"]
    assert video.recorded_recognitions(clip) is None
    beside = Path(clip.root).with_name("My clip.recognitions.json")
    beside.write_text("{}")
    assert video.recorded_recognitions(clip) == str(beside)
    recorded = video.signature(clip)
    assert recorded["recognitions"] != before["recognitions"]
    assert recorded["frames"] == before["frames"]
    Path(clip.root).write_bytes(b"other bytes of a video")
    assert video.signature(clip)["frames"] != before["frames"]
    hashed = replace(clip, options={"content_hash": "abc"})
    same = video.signature(hashed)["frames"]
    Path(clip.root).rename(Path(clip.root).with_name("moved.mp4"))
    moved = replace(hashed, root=str(Path(clip.root).with_name("moved.mp4")))
    assert video.signature(moved)["frames"] == same
    with pytest.raises(SourceError, match="is missing"):
        video.prepare(clip)


def test_a_video_may_lie_behind_a_url():
    import fsspec

    with fsspec.open("memory://inbox/clip.mp4", "wb") as file:
        file.write(b"bytes")
    clip = Registration("clip", "video", "memory://inbox/clip.mp4")
    video.prepare(clip)
    assert video.recorded_recognitions(clip) is None
    with fsspec.open("memory://inbox/clip.recognitions.json", "wb") as file:
        file.write(b"{}")
    assert video.recorded_recognitions(clip) == "memory://inbox/clip.recognitions.json"
    assert set(video.signature(clip)) >= {"frames", "boxes", "recognitions"}
