import cv2
import numpy as np
import pytest
from PIL import Image

from resources.images import MAX_PIXELS, ImageError, camera_of, metres, read_color, read_depth


def frame_of(path, **changes) -> dict:
    frame = {
        "frame_id": "000000",
        "depth": str(path),
        "depth_scale": 1000.0,
        "width": 64,
        "height": 48,
        "intrinsics": [60.0, 61.0, 32.0, 24.0],
        "depth_intrinsics": None,
        "world_from_camera": list(np.eye(4).ravel()),
    }
    return frame | changes


@pytest.fixture
def depth_file(tmp_path):
    values = np.random.default_rng(1).integers(500, 5000, (48, 64)).astype(np.uint16)
    values[0, 0], values[0, 1] = 0, 65535
    path = tmp_path / "000000.png"
    cv2.imwrite(str(path), values)
    return path, values


def test_color_is_rgb_as_stored_whatever_its_orientation_tag(tmp_path):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees to show"
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    Image.fromarray(picture).save(tmp_path / "a.jpg", exif=exif)
    assert (read_color(str(tmp_path / "a.png")) == picture).all()
    assert read_color(str(tmp_path / "a.jpg"))[0, 0].tolist() == pytest.approx([255, 0, 0], abs=3)
    assert (read_color(f"file://{tmp_path}/a.png") == picture).all()


def test_depth_is_metres_and_zero_where_there_is_none(depth_file):
    path, values = depth_file
    depth = read_depth(frame_of(path))
    assert depth.dtype == np.float32
    assert depth[0, :2].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(depth[1:], values[1:] / 1000.0, rtol=1e-6)


def test_float_depth_has_no_negative_or_infinite_values():
    raw = np.array([[1.5, -1.0, np.nan, np.inf, -np.inf, 0.0]], np.float32)
    assert metres(raw, 1.0).tolist() == [[1.5, 0, 0, 0, 0, 0]]


def test_depth_of_its_own_camera_lies_on_the_color_grid(tmp_path):
    """A slanted plane seen by a camera of half the resolution: each colour pixel has the plane's depth on its ray."""
    color, depth_camera = (120.0, 122.0, 66.0, 45.0), (57.0, 58.0, 30.0, 22.0)
    normal, offset = np.array([0.2, -0.1, 1.0]), 3.0

    def plane(shape, camera):
        v, u = np.indices(shape)
        rays = np.stack([(u - camera[2]) / camera[0], (v - camera[3]) / camera[1], np.ones(shape)], -1)
        return offset / (rays @ normal)

    path = tmp_path / "plane.png"
    cv2.imwrite(str(path), np.rint(plane((48, 64), depth_camera) * 1000).astype(np.uint16))
    frame = frame_of(path, width=128, height=96, intrinsics=list(color), depth_intrinsics=list(depth_camera))
    seen, truth = read_depth(frame), plane((96, 128), color)
    inside = seen > 0
    slope = truth.max() ** 2 / offset * (0.2 / 57 + 0.1 / 58)  # metres a depth pixel, at most
    assert np.abs(seen - truth)[inside].max() < slope / 2 + 0.0006  # and the rounding to millimetres
    v, u = np.indices((96, 128))
    depth_u = (u - color[2]) / color[0] * depth_camera[0] + depth_camera[2]
    depth_v = (v - color[3]) / color[1] * depth_camera[1] + depth_camera[3]
    covered = (depth_u > -0.5) & (depth_u < 63.5) & (depth_v > -0.5) & (depth_v < 47.5)
    assert (inside == covered).all()
    assert not covered.all()


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.95])
def test_a_truncated_image_is_an_error_that_names_it(tmp_path, suffix, kept):
    path = tmp_path / f"frame.{suffix}"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ImageError, match=rf"frame\.{suffix}: .*(truncated|empty)"):
        read_color(str(path))


def test_a_flipped_byte_in_a_depth_image_is_an_error(depth_file):
    path, _ = depth_file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ImageError, match="truncated or broken"):
        read_depth(frame_of(path))


def test_missing_and_unreadable_files_are_errors(tmp_path):
    with pytest.raises(ImageError, match=r"none\.jpg: the file is missing"):
        read_color(str(tmp_path / "none.jpg"))
    with pytest.raises(ImageError, match="cannot be read"):
        read_color(str(tmp_path))


def test_what_cannot_be_depth_is_an_error(tmp_path, depth_file):
    path, _ = depth_file
    with pytest.raises(ImageError, match="is 64x48 pixels, but the frame is 32x48"):
        read_depth(frame_of(path, width=32))
    with pytest.raises(ImageError, match="frame 000000: has no depth image"):
        read_depth(frame_of(path, depth=None))
    colored = tmp_path / "colored.png"
    cv2.imwrite(str(colored), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(ImageError, match=r"colored\.png: a depth image has one channel, but this has 3"):
        read_depth(frame_of(colored))


def test_a_decompression_bomb_is_refused_unopened(tmp_path):
    side = int(MAX_PIXELS**0.5) + 1
    path = tmp_path / "bomb.png"
    Image.new("1", (side, side)).save(path)
    assert path.stat().st_size < 100_000
    with pytest.raises(ImageError, match=rf"bomb\.png: has {side}x{side} pixels"):
        read_color(str(path))


def test_the_camera_of_a_row_projects_its_own_ray():
    camera = camera_of(frame_of("unused", world_from_camera=[0, 0, 1, 2, -1, 0, 0, 3, 0, -1, 0, 1, 0, 0, 0, 1]))
    pixel, depth = camera.project(camera.back_project([10.0, 20.0], 2.5))
    np.testing.assert_allclose([*pixel, depth], [10.0, 20.0, 2.5])
    assert (camera.width, camera.height) == (64, 48)
