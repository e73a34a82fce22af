import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from resources import sources
from resources.images import read_depth
from resources.sources.registration import Registration, SourceError
from resources.tables import FRAMES, SCENE_BOXES

rgbd_folder = sources.load("rgbd_folder")


def change(registration: Registration, name: str, value) -> Path:
    """Overwrite a file of the folder with an image, a matrix or bytes; remove it if `value` is None."""
    path = Path(registration.root) / name
    if value is None:
        path.unlink()
    elif isinstance(value, bytes):
        path.write_bytes(value)
    elif path.suffix == ".txt":
        np.savetxt(path, value)
    else:
        cv2.imwrite(str(path), value)
    return path


def test_the_real_kitchen_is_read_whole(kitchen):
    reading = rgbd_folder.read_scene(kitchen)
    frames = FRAMES.checked(reading.frames, "redkitchen")
    boxes = SCENE_BOXES.checked(reading.boxes, "redkitchen")
    assert (frames.height, reading.dropped, boxes.height) == (63, [], 17)
    assert frames["frame_id"].to_list() == sorted(p.stem for p in (Path(kitchen.root) / "color").iterdir())
    assert frames["depth_intrinsics"].null_count() == 63
    stored = np.stack([np.loadtxt(Path(kitchen.root) / "pose" / f"{name}.txt") for name in frames["frame_id"]])
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    np.testing.assert_allclose(poses, stored, atol=3e-4)
    np.testing.assert_allclose(
        poses[:, :3, :3] @ poses[:, :3, :3].swapaxes(1, 2), np.tile(np.eye(3), (63, 1, 1)), atol=1e-12
    )
    raw = cv2.imread(frames["depth"][5], cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(read_depth(frames.row(5, named=True)), raw / 1000.0, rtol=1e-6)
    assert 5 < frames["keyframe"].sum() < 40
    assert (reading.metric, reading.gravity_aligned) == (True, True)


def test_a_folder_is_read_as_it_is(make_folder):
    room = make_folder()
    frames, dropped = rgbd_folder.read_frames(room)
    FRAMES.checked(frames, "room")
    assert dropped == []
    first = frames.row(0, named=True)
    assert first["image"] == f"{room.root}/color/000000.jpg"
    assert (first["width"], first["height"], first["intrinsics"]) == (64, 48, [60.0, 61.0, 32.0, 25.0])
    assert frames["world_from_camera"].to_numpy()[:, 3].tolist() == [0, 1, 2, 3]
    boxes = rgbd_folder.read_boxes(room)
    SCENE_BOXES.checked(boxes, "room")
    assert boxes.select("object_id", "tag").rows() == [("chair_1", "office chair"), ("7", "mug")]
    assert boxes["extents"].to_list()[0] == [0.5, 0.5, 1.0]


def test_depth_of_another_size_and_camera_as_scannet_exports_it(make_folder):
    room = make_folder(size=(1296, 968), depth_size=(640, 480), depth_intrinsics=(577.9, 578.7, 319.5, 239.5), frames=2)
    frames, dropped = rgbd_folder.read_frames(room)
    assert dropped == []
    row = frames.row(0, named=True)
    assert row["depth_intrinsics"] == [577.9, 578.7, 319.5, 239.5]
    assert read_depth(row).shape == (968, 1296)
    (Path(room.root) / "intrinsic" / "intrinsic_depth.txt").unlink()
    with pytest.raises(
        SourceError, match=r"640x480 pixels of uint16, but the colour image is 1296x968; give the depth"
    ):
        rgbd_folder.read_frames(room)


def test_equal_depth_intrinsics_take_the_fast_path(make_folder):
    frames, _ = rgbd_folder.read_frames(make_folder(depth_intrinsics=(60.0, 61.0, 32.0, 25.0)))
    assert frames["depth_intrinsics"].null_count() == frames.height


def test_a_scene_without_depth_has_null_depth(make_folder):
    room = make_folder()
    shutil.rmtree(Path(room.root) / "depth")
    frames, dropped = rgbd_folder.read_frames(room)
    FRAMES.checked(frames, "room")
    assert (frames["depth"].null_count(), dropped) == (4, [])


def test_unpadded_names_sort_in_the_order_of_capture(make_folder):
    frames, _ = rgbd_folder.read_frames(make_folder(frames=12, stem="frame-{}"))
    assert frames["frame_id"].to_list() == [f"frame-{n:06d}" for n in range(12)]
    assert frames["world_from_camera"].to_numpy()[:, 3].tolist() == list(range(12))
    assert frames["image"][10].endswith("color/frame-10.jpg")


EYE = np.eye(4)
LOST = np.full((4, 4), -np.inf)
UNKNOWN = np.full((4, 4), np.nan)
BAD_FILES = [
    ("color/000001.jpg", None, "color/000001.jpg: the file is missing"),
    ("color/000001.jpg", b"", "color/000001.jpg: the file is empty"),
    ("color/000001.jpg", b"\xff\xd8\xff\xe0 no picture", "color/000001.jpg: is no readable"),
    ("color/000001.jpg", np.zeros((24, 32, 3), np.uint8), "color/000001.jpg: is 32x24 pixels, but the scene's"),
    ("depth/000001.png", None, "depth/000001.png: the file is missing"),
    ("depth/000001.png", np.full((24, 32), 2000, np.uint16), "depth/000001.png: is 32x24 pixels of uint16, but"),
    ("depth/000001.png", np.full((48, 64), 200, np.uint8), "depth/000001.png: is 64x48 pixels of uint8, but"),
    ("depth/000001.png", np.zeros((48, 64, 3), np.uint8), "depth/000001.png: a depth image has one channel"),
    ("pose/000001.txt", None, "pose/000001.txt: the file is missing"),
    ("pose/000001.txt", LOST, "pose/000001.txt: the pose is infinite"),
    ("pose/000001.txt", UNKNOWN, "pose/000001.txt: the pose holds NaN"),
    ("pose/000001.txt", np.diag([-1.0, 1, 1, 1]), "pose/000001.txt: the pose is mirrored"),
    ("pose/000001.txt", np.diag([1.1, 1.1, 1.1, 1]), "pose/000001.txt: the pose is not rigid"),
    ("pose/000001.txt", EYE + np.eye(4, k=1) * 0.1, "pose/000001.txt: the pose is not rigid"),
    ("pose/000001.txt", EYE.T + np.eye(4, k=-3), "pose/000001.txt: the pose's last row"),
    ("pose/000001.txt", EYE[:3], "pose/000001.txt: holds 3x4 numbers, not 4x4"),
    ("pose/000001.txt", b"not a matrix", "pose/000001.txt: does not hold 4x4 numbers"),
]


@pytest.mark.parametrize(("name", "value", "reason"), BAD_FILES)
def test_a_bad_file_drops_its_frame_and_no_other(make_folder, name, value, reason):
    room = make_folder()
    change(room, name, value)
    frames, dropped = rgbd_folder.read_frames(room)
    assert frames["frame_id"].to_list() == ["000000", "000002", "000003"]
    assert [drop["frame_id"] for drop in dropped] == ["000001"]
    assert dropped[0]["reason"].startswith(reason)


@pytest.mark.parametrize("name", ["color/000001.jpg", "depth/000001.png"])
def test_a_truncated_image_drops_its_frame(make_folder, name):
    room = make_folder()
    path = Path(room.root) / name
    path.write_bytes(path.read_bytes()[:-20])
    frames, dropped = rgbd_folder.read_frames(room)
    assert frames.height == 3
    assert dropped[0]["reason"].startswith(name)


def test_two_images_of_one_frame_are_a_reason_to_drop_it(make_folder):
    room = make_folder()
    change(room, "color/000001.png", np.zeros((48, 64, 3), np.uint8))
    _, dropped = rgbd_folder.read_frames(room)
    assert dropped == [{"frame_id": "000001", "reason": "color/000001.jpg: there is also 000001.png; keep one"}]


def test_no_usable_frame_is_an_error_with_the_most_common_reason(make_folder):
    room = make_folder()
    for index in range(3):
        change(room, f"pose/00000{index}.txt", LOST)
    change(room, "color/000003.jpg", None)
    with pytest.raises(
        SourceError, match=r"scene room: no usable frame in .*4 dropped: 3 x like 'pose/000000.txt: the pose"
    ):
        rgbd_folder.read_frames(room)


def test_missing_and_empty_folders_are_errors(make_folder, tmp_path):
    with pytest.raises(SourceError, match=r"scene hall: .*/nowhere is no folder"):
        rgbd_folder.read_frames(Registration("hall", "rgbd_folder", str(tmp_path / "nowhere")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"scene hall: .*empty has no folder color/"):
        rgbd_folder.read_frames(Registration("hall", "rgbd_folder", str(tmp_path / "empty")))
    with pytest.raises(SourceError, match=r"scene room: no usable frame in .* \(it holds none\)"):
        rgbd_folder.read_frames(make_folder(frames=0))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (None, "has no intrinsics; add intrinsic/intrinsic_color.txt"),
        (np.diag([-60.0, 60, 1]) + np.array([[0, 0, 32], [0, 0, 24], [0, 0, 0]]), "must be positive and finite"),
        (np.array([[np.inf, 0, 32], [0, 60, 24], [0, 0, 1]]), "must be positive and finite"),
        (np.array([[60.0, 0, 0], [0, 60, 0], [32, 24, 1]]), "must be positive and finite"),
        (np.array([[60.0, 5, 32], [0, 60, 24], [0, 0, 1]]), "is not of the form"),
        (
            np.array([[60.0, 0, 320], [0, 60, 24], [0, 0, 1]]),
            "the principal point \\(320, 24\\) lies outside of its 64x48",
        ),
        (np.ones((2, 4)), "holds 2x4 numbers, not 3x3 or 4x4"),
    ],
)
def test_broken_intrinsics_are_an_error(make_folder, matrix, message):
    room = make_folder()
    change(room, "intrinsic/intrinsic_color.txt", matrix)
    with pytest.raises(SourceError, match=message):
        rgbd_folder.read_frames(room)


def test_an_unknown_depth_scale_is_an_error_that_says_what_to_give(make_folder):
    room = make_folder()
    given = Registration("room", "rgbd_folder", room.root, depth_scale=1.0)
    with pytest.raises(
        SourceError, match=r"unknown depth scale: with depth_scale=1 the median depth .* depth_scale = "
    ):
        rgbd_folder.read_frames(given)
    for index in range(4):
        change(room, f"depth/00000{index}.png", np.full((48, 64), 65000, np.uint16))
    with pytest.raises(SourceError, match=r"unknown depth scale: with depth_scale=1000 the median depth in .* is 65 m"):
        rgbd_folder.read_frames(room)
    frames, _ = rgbd_folder.read_frames(Registration("room", "rgbd_folder", room.root, depth_scale=6553.5))
    assert set(frames["depth_scale"]) == {6553.5}
    for index in range(4):
        change(room, f"depth/00000{index}.png", np.full((48, 64), 200, np.uint8))
    with pytest.raises(SourceError, match=r"unknown depth scale: .*000000.png holds uint8, .* depth_scale = "):
        rgbd_folder.read_frames(room)
    for index in range(4):
        change(room, f"depth/00000{index}.png", None)
        change(room, f"depth/00000{index}.tiff", np.full((48, 64), 2.0, np.float32))
    with pytest.raises(SourceError, match=r"unknown depth scale: .*000000.tiff holds float32"):
        rgbd_folder.read_frames(room)
    frames, _ = rgbd_folder.read_frames(given)
    assert read_depth(frames.row(0, named=True)).max() == 2.0


GOOD = {"id": "chair", "label": "chair", "obb": [0, 0, 0, 1, 1, 1, 0, 0, 0]}


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([GOOD | {"obb": [0, 0, 0, 1, 0, 1, 0, 0, 0]}], "object 'chair': the extent yl must be positive, but is 0"),
        ([GOOD | {"obb": [0, 0, 0, 1, 1, -1, 0, 0, 0]}], "object 'chair': the extent zl must be positive, but is -1"),
        ([GOOD | {"id": "a|b"}], r"object 'a\|b': id must not hold > or \|"),
        ([GOOD | {"obb": [0, 0, 0, float("inf"), 1, 1, 0, 0, 0]}], "object 'chair': xl must be a finite number"),
        ([GOOD | {"obb": [0, 0, 0, 1, 1, 1, 0, 0, float("nan")]}], "object 'chair': yaw must be a finite number"),
        ([GOOD | {"obb": [0, 0, 0, 1, 1, 1, 0, 0, "0"]}], "object 'chair': yaw must be a finite number, but is '0'"),
        ([GOOD | {"obb": [0, 0, 0, 1, 1, 1]}], "object 'chair': obb must hold 9 numbers .*, but has 6 values"),
        ([GOOD | {"obb": None}], "object 'chair': obb must hold 9 numbers"),
        ([GOOD, GOOD], "object 'chair': the id occurs 2 times"),
        ([GOOD | {"id": 1}, GOOD | {"id": "1"}], "object '1': the id occurs 2 times"),
        ([{"id": "chair", "obb": GOOD["obb"]}], "object 'chair': label must be a text, but is None"),
        ([GOOD | {"label": " _ "}], "object 'chair': label must be a text"),
        ([{"label": "chair", "obb": GOOD["obb"]}], "entry 0: id must be"),
        ([GOOD, 3], "entry 1: is a int, not an object"),
        ({"objects": [GOOD]}, "must hold a list of objects, not a dict"),
        ([], "holds no object"),
    ],
)
def test_a_bad_box_fails_the_boxes_and_not_the_frames(make_folder, objects, message):
    room = make_folder()
    path = Path(room.root) / "objects.json"
    path.write_text(json.dumps(objects))
    with pytest.raises(SourceError, match=message) as caught:
        rgbd_folder.read_boxes(room)
    assert f"scene room: {path}" in str(caught.value)
    assert rgbd_folder.read_frames(room)[0].height == 4


def test_broken_json_is_an_error_and_no_file_is_no_boxes(make_folder):
    room = make_folder()
    path = change(room, "objects.json", b'[{"id": "chair",')
    with pytest.raises(SourceError, match=r"objects.json: is no JSON file \(.*line 1"):
        rgbd_folder.read_boxes(room)
    path.unlink()
    assert rgbd_folder.read_boxes(room) is None


def test_metric_and_gravity_come_from_the_registration(make_folder):
    room = make_folder()
    plain = Registration("room", "rgbd_folder", room.root, "MIT", metric=False, options={"gravity_aligned": False})
    reading = rgbd_folder.read_scene(plain)
    assert (reading.metric, reading.gravity_aligned, reading.license) == (False, False, "MIT")
    assert not reading.boxes["metric"].any()
    with pytest.raises(SourceError, match="option gravity_aligned='no' must be true or false"):
        rgbd_folder.read_scene(Registration("room", "rgbd_folder", room.root, options={"gravity_aligned": "no"}))


def test_the_signature_changes_with_the_files_that_are_read(make_folder, tmp_path):
    room = make_folder()
    before = rgbd_folder.signature(room)
    assert before == rgbd_folder.signature(room)
    (tmp_path / "link").symlink_to(room.root)
    linked = Registration("room", "rgbd_folder", str(tmp_path / "link"))
    assert rgbd_folder.signature(linked) == before
    assert (
        rgbd_folder.read_frames(linked)[0]
        .drop("image", "depth")
        .equals(rgbd_folder.read_frames(room)[0].drop("image", "depth"))
    )
    (Path(room.root) / "notes.md").write_text("not read")
    assert rgbd_folder.signature(room) == before
    os.utime(Path(room.root) / "objects.json", ns=(1, 1))
    assert rgbd_folder.signature(room)["frames"] == before["frames"]
    assert rgbd_folder.signature(room)["boxes"] != before["boxes"]
    assert rgbd_folder.signature(room)["recognitions"] == before["recognitions"]
    assert rgbd_folder.recorded_recognitions(room) is None
    change(room, "recognitions.json", b"{}")
    assert rgbd_folder.signature(room)["recognitions"] != before["recognitions"]
    assert rgbd_folder.signature(room)["frames"] == before["frames"]
    assert rgbd_folder.recorded_recognitions(room) == str(Path(room.root) / "recognitions.json")
    change(room, "pose/000002.txt", None)
    assert rgbd_folder.signature(room)["frames"] != before["frames"]


def test_the_frames_signature_follows_the_bytes(make_folder):
    room = make_folder()
    before, _ = rgbd_folder.read_frames(room)
    change(room, "depth/000002.png", np.full((48, 64), 2100, np.uint16))
    after, _ = rgbd_folder.read_frames(room)
    assert before.with_columns(same=pl.Series(before["signature"] == after["signature"]))["same"].to_list() == [
        True, True, False, True,
    ]  # fmt: skip
