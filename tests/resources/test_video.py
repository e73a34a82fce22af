"""Decoding videos, good and bad ones."""

import av
import cv2
import fsspec
import numpy as np
import pytest

from resources.images import decode_color
from resources.reconstructor import ReconstructionError
from resources.video import encode_jpeg, frames_of
from tests.support.videos import write_video

SIZE = 48, 64
SCENE = "scene clip: clip.mp4"


def _pictures(count: int) -> list[np.ndarray]:
    """Each brighter than the last, with a white corner at the top left."""
    pictures = []
    for number in range(count):
        picture = np.full((*SIZE, 3), 40 + 8 * number, np.uint8)
        picture[:16, :16] = 255
        pictures.append(picture)
    return pictures


def _read(path, max_side: int = 1000) -> list:
    return list(frames_of(str(path), max_side, SCENE))


def test_every_frame_comes_in_order_with_its_time(tmp_path):
    frames = _read(write_video(tmp_path / "clip.mp4", _pictures(12), rate=10))
    assert [number for number, _, _ in frames] == list(range(12))
    np.testing.assert_allclose([seconds for _, seconds, _ in frames], np.arange(12) / 10, atol=1e-6)
    brightness = [int(np.median(image)) for _, _, image in frames]
    np.testing.assert_allclose(brightness, 40 + 8 * np.arange(12), atol=4)


def test_a_url_is_read_as_a_path(tmp_path):
    path = write_video(tmp_path / "clip.mp4", _pictures(5))
    with fsspec.open("memory://inbox/clip.mp4", "wb") as file:
        file.write(path.read_bytes())
    np.testing.assert_array_equal(_read("memory://inbox/clip.mp4")[3][2], _read(path)[3][2])


def test_rotation_is_applied_and_large_pictures_are_shrunk(tmp_path):
    path = tmp_path / "turned.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=30, width=SIZE[1], height=SIZE[0], pix_fmt="yuv420p")
        stream.set_display_rotation(90)
        for picture in _pictures(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        degrees = next(container.decode(video=0)).rotation
    assert abs(degrees) == 90
    image = _read(path)[0][2]
    assert image.shape == (64, 48, 3)
    corner = image[-10:, :10] if degrees == 90 else image[:10, -10:]  # counter-clockwise: top left goes to bottom left
    assert corner.mean() > 240
    assert _read(path, max_side=32)[0][2].shape == (32, 24, 3)


@pytest.mark.parametrize("content", [b"", b"this is no video, whatever its name says\n" * 50, b"\x00" * 4000])
def test_a_file_that_is_no_video_is_named(tmp_path, content):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(ReconstructionError, match=r"scene clip: clip\.mp4: is no video.*copy it again"):
        _read(path)


def test_missing_files_folders_and_sound_are_told_apart(tmp_path):
    with pytest.raises(ReconstructionError, match="the file is missing"):
        _read(tmp_path / "gone.mp4")
    with pytest.raises(ReconstructionError, match="the file is missing"):
        _read("memory://inbox/gone.mp4")
    with pytest.raises(ReconstructionError, match=r"cannot be read|is no video"):
        _read(tmp_path)
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(ReconstructionError, match="no video stream"):
        _read(tmp_path / "sound.wav")


def test_of_a_truncated_video_what_is_there_is_read(tmp_path):
    noise = list(np.random.default_rng(0).integers(0, 255, (30, *SIZE, 3), dtype=np.uint8))
    whole = write_video(tmp_path / "whole.mkv", noise)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 5 < len(_read(cut)) < 30
    cut.write_bytes(whole.read_bytes()[:800])  # the header, no picture
    with pytest.raises(ReconstructionError, match=r"no picture can be decoded|is no video"):
        _read(cut)
    index_lost = tmp_path / "cut.mp4"  # an MP4's index stands at its end
    index_lost.write_bytes(write_video(tmp_path / "whole.mp4", noise).read_bytes()[:-2000])
    with pytest.raises(ReconstructionError, match="truncated"):
        _read(index_lost)


def test_absurd_sizes_are_refused_before_decoding(tmp_path, monkeypatch):
    path = write_video(tmp_path / "clip.mp4", _pictures(4))
    monkeypatch.setattr("resources.video.MAX_PIXELS", 100)
    with pytest.raises(ReconstructionError, match="pixels"):
        _read(path)
    monkeypatch.setattr("resources.video.MAX_PIXELS", 10**6)
    monkeypatch.setattr("resources.video.MAX_FRAMES", 2)
    with pytest.raises(ReconstructionError, match="frames"):
        _read(path)


def test_stored_pictures_look_as_they_did():
    picture = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (*SIZE, 3), dtype=np.uint8), (9, 9), 3)
    again = decode_color(encode_jpeg(picture), "picture")
    assert np.abs(again.astype(int) - picture).mean() < 3
