"""From a video to posed keyframes: part of a real one (the whole is in `test_plain_video.py`), and what cannot be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.reconstruction import reconstruction_of
from openspatial_assets.engine.reconstruction.alignment import alignment_error
from openspatial_assets.engine.reconstruction.settings import ReconstructionSettings
from resources.images import camera_of, read_bytes, read_color
from resources.reconstructor import ReconstructionError
from resources.sources.registration import Registration
from resources.tables import RECONSTRUCTIONS
from tests.support.videos import video_of_files, write_video

FRAMES = 20
SETTINGS = ReconstructionSettings(max_features=1000)


@pytest.fixture(scope="module")
def clip(shared, tmp_path_factory) -> Registration:
    """The kitchen's first colour frames as a video."""
    files = sorted((shared / "redkitchen" / "color").glob("*.jpg"))[:FRAMES]
    return Registration("clip", "video", str(video_of_files(tmp_path_factory.mktemp("clip") / "clip.mp4", files)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("keyframes")


@pytest.fixture(scope="module")
def rows(clip, folder) -> pl.DataFrame:
    return reconstruction_of(clip, SETTINGS, str(folder), threads=2)


def test_the_table_is_sound(rows, folder):
    RECONSTRUCTIONS.checked(rows, "scene=clip")
    assert rows["frame_id"].is_sorted()
    assert rows["registered"].all()
    assert rows["gravity_aligned"].all()
    assert not rows["metric"].any()
    assert sorted(map(str, folder.iterdir())) == sorted(rows["image"])
    for row in rows.iter_rows(named=True):
        assert read_color(row["image"]).shape == (row["height"], row["width"], 3)
        assert row["frame_id"] not in row["neighbors"]
        assert set(row["neighbors"]) <= set(rows["frame_id"])
        assert len(row["neighbors"]) >= 2


def test_poses_are_those_of_the_camera(rows, shared):
    truth = [np.loadtxt(file) for file in sorted((shared / "redkitchen" / "pose").glob("*.txt"))]
    centers = rows["world_from_camera"].to_numpy().reshape(-1, 4, 4)[:, :3, 3]
    assert alignment_error(centers, [truth[int(name)][:3, 3] for name in rows["frame_id"]]) <= 0.06


def test_frames_see_their_points_inside_their_depth_range(rows):
    for row in rows.iter_rows(named=True):
        points = np.array([[point[axis] for axis in "xyz"] for point in row["points"]])
        pixels, depth = camera_of(row).project(points)
        inside = (pixels > -1) & (pixels < [row["width"], row["height"]])
        assert inside.all(axis=1).mean() > 0.97  # undistorting crops a little
        low, high = row["depth_range"]
        assert ((depth >= low) & (depth <= high)).mean() > 0.9
        assert 0.3 < np.median(depth) < 6  # units much like metres


def test_one_thread_and_another_folder_give_the_same(rows, clip, tmp_path):
    again = reconstruction_of(clip, SETTINGS, str(tmp_path), threads=1)
    assert again.drop("image").equals(rows.drop("image"))
    assert [Path(path).name for path in again["image"]] == [Path(path).name for path in rows["image"]]
    assert all(read_bytes(a) == read_bytes(b) for a, b in zip(again["image"], rows["image"], strict=True))


def _fails(registration, pictures, tmp_path, message, **settings):
    video = write_video(tmp_path / "video.mp4", pictures)
    with pytest.raises(ReconstructionError, match=message):
        reconstruction_of(replace(registration, root=str(video)), replace(SETTINGS, **settings), str(tmp_path), 1)
    assert not list(tmp_path.glob("*.jpg"))


def test_what_cannot_be_reconstructed_says_why(tmp_path):
    scene = Registration("bad", "video", "bad.mp4")
    random = np.random.default_rng(0)
    noise = random.integers(0, 255, (12, 120, 160, 3), dtype=np.uint8)
    _fails(scene, noise[:3], tmp_path, r"scene bad: .*video\.mp4: gives only 3 keyframes, and 8 are needed")
    _fails(scene, [noise[0]] * 30, tmp_path, r"gives only 1 keyframes.*the camera hardly moves")
    _fails(scene, noise, tmp_path, r"only 0 of 12 keyframes can be registered.*move the camera sideways")
    grey = np.full((12, 120, 160, 3), 128, np.uint8)  # nothing to see at all
    _fails(scene, grey, tmp_path, r"only 0 of \d+ keyframes can be registered")


@pytest.mark.parametrize(
    "settings", [{"min_keyframes": 2}, {"min_keyframes": 500}, {"keyframe_motion": 0.0}, {"max_features": 0}]
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match=r"reconstruction\."):
        ReconstructionSettings(**settings)
