"""ScanNet++: photographs and the iPhone's capture, as downloaded or as extracted, are read as the room they show."""

import json
import re
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from support.datasets.scannetpp import (
    DEPTH_SIZE,
    EVERY,
    NAME,
    encoded_depths,
    fisheye_camera,
    write_scannetpp,
    write_video,
)
from support.readings import assert_boxes, assert_frames, read
from support.truth_scene import TruthCamera, furnished_room, held_sideways, turned_upright

from resources import sources
from resources.images import ImageError, camera_of, read_color
from resources.mesh_depth import rendered_depth
from resources.sources.registration import Registration, SourceError
from resources.stored_images import parsed, read_stored, reference
from resources.stored_images.kinds import fisheye

ROOM = furnished_room(160, 120, frames=3)
SOURCE = sources.load("scannetpp")
POSES = "iphone/pose_intrinsic_imu.json"
VIDEO, DEPTH_BIN = "iphone/rgb.mkv", "iphone/depth.bin"
TRANSFORMS = "dslr/nerfstudio/transforms.json"
ANNOTATION, MESH = "scans/segments_anno.json", "scans/mesh_aligned_0.05.ply"


def scene_of(root: Path, camera: str, **options) -> Registration:
    (found,) = (one for one in SOURCE.discover(str(root)) if one.options["device"] == camera)
    return replace(found, options={**found.options, **options})


def pinholes(frames, written) -> dict[str, TruthCamera]:
    """The cameras that photographs are read as, at their true places."""
    return {
        row["frame_id"]: written.pinhole[row["frame_id"]].resized(row["width"], row["height"], tuple(row["intrinsics"]))
        for row in frames.iter_rows(named=True)
    }


def problems(registration: Registration) -> dict[str, str]:
    return {entry.frame_id: entry.problem for entry in SOURCE.frame_entries(registration) if entry.problem}


def change(path: Path, edit) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "scannetpp"
    return root, write_scannetpp(root, ROOM)


@pytest.fixture
def dataset(made, tmp_path):
    """A copy of a dataset of one scene: its root, and what was written, in the copy."""
    root, written = made
    shutil.copytree(root, tmp_path / "scannetpp")
    return tmp_path / "scannetpp", replace(written, folder=tmp_path / "scannetpp/data" / NAME)


@pytest.mark.parametrize("forms", [("fisheye",), ("fisheye", "undistorted")], ids=["fisheye", "undistorted"])
def test_photographs_are_read_as_of_pinhole_cameras_in_the_world_of_the_boxes(tmp_path, forms):
    written = write_scannetpp(tmp_path, ROOM, dslr=forms, color="")
    registration = scene_of(tmp_path, "dslr")
    scene = read(registration)
    assert not scene.dropped
    undistorted = forms[-1] == "undistorted"
    cameras = pinholes(scene.frames, written)
    assert_frames(scene.frames, ROOM, written.pinhole if undistorted else cameras)
    assert all((parsed(image) is None) == undistorted for image in scene.frames["image"])
    assert_boxes(scene.boxes, ROOM.boxes)
    assert scene.boxes["tag"].to_list()[1:4] == ["office chair", "office chair", "cabinet"]
    assert scene.boxes["object_id"].to_list()[:2] == ["table_1", "office_chair_2"]
    assert (scene.metric, scene.gravity_aligned, scene.license) == (True, True, SOURCE.module.LICENSE)
    assert SOURCE.findings(registration) == []
    assert scene.frames["depth"].is_null().all()
    depths = list(
        rendered_depth(SOURCE.surface(registration), [camera_of(r) for r in scene.frames.iter_rows(named=True)])
    )
    for name, depth in zip(scene.frames["frame_id"], depths, strict=True):
        assert np.quantile(np.abs(depth - ROOM.view(cameras[name]).depth), 0.995) < 1e-4
    # Read as they stand, the matrices would set the cameras elsewhere.
    content = json.loads((written.folder / TRANSFORMS).read_text())
    first = content["frames"][0]
    unchanged = np.array(first["transform_matrix"]) - written.pinhole[first["file_path"][:-4]].world_from_camera
    assert np.linalg.norm(unchanged[:3, 3]) > 0.5


@pytest.mark.parametrize(
    ("color", "depth"), [("video", "lz4"), ("extracted", "deflate"), ("video", "stream"), ("extracted", "extracted")]
)
def test_the_iphones_frames_are_read_from_each_form_of_its_files(tmp_path, color, depth):
    written = write_scannetpp(tmp_path, ROOM, dslr=(), color=color, depth=depth)
    registration = scene_of(tmp_path, "iphone")
    scene = read(registration)
    assert not scene.dropped
    floating = depth in ("deflate", "stream")
    assert_frames(scene.frames, ROOM, written.color, depth_step_m=0 if floating else 1e-3)
    assert scene.frames["depth_scale"].unique().to_list() == [1.0 if floating else 1000.0]
    for row in scene.frames.iter_rows(named=True):
        np.testing.assert_allclose(row["depth_intrinsics"], written.depth[row["frame_id"]].intrinsics, atol=1e-3)
    assert scene.frames["timestamp"][1] == pytest.approx(1700.5 + EVERY / 60)
    assert_boxes(scene.boxes, ROOM.boxes)
    assert SOURCE.surface(registration) is None
    assert SOURCE.findings(registration) == []
    assert len(SOURCE.frame_entries(replace(registration, options={"device": "iphone", "every": 1}))) == 2 * EVERY + 1


def test_an_iphone_held_upright_gives_upright_pictures(tmp_path):
    written = write_scannetpp(tmp_path, held_sideways(ROOM), dslr=(), color="video", depth="lz4")
    taken = zip(sorted(written.color.items()), ROOM.cameras, strict=True)
    expected = {name: turned_upright(stored, upright) for (name, stored), upright in taken}
    assert_frames(read(scene_of(tmp_path, "iphone")).frames, ROOM, expected)


def test_depth_may_be_that_of_the_mesh_or_none(dataset):
    root, written = dataset
    of_mesh = scene_of(root, "iphone", depth="mesh")
    assert all(entry.depth is None for entry in SOURCE.frame_entries(of_mesh))
    assert SOURCE.surface(of_mesh).path == str(written.folder / MESH)
    assert SOURCE.box_origins(of_mesh) == ("annotated", "lifted")
    for device in ("dslr", "iphone"):
        without = scene_of(root, device, depth="none")
        assert SOURCE.surface(without) is None
        assert SOURCE.box_origins(without) == ("annotated",)
    mesh = written.folder / MESH
    mesh.write_bytes(mesh.read_bytes()[:-7])
    (finding,) = SOURCE.findings(scene_of(root, "dslr"))
    assert finding.path == str(mesh)
    assert "truncated" in finding.problem
    mesh.unlink()
    assert SOURCE.surface(scene_of(root, "dslr")) is None
    assert [finding.path for finding in SOURCE.findings(scene_of(root, "dslr"))] == [str(mesh)]
    with pytest.raises(SourceError, match="leave out depth=mesh"):
        SOURCE.surface(of_mesh)


def test_a_fisheye_image_is_undistorted_to_a_fraction_of_a_pixel_and_has_no_border(tmp_path):
    lens, path = fisheye_camera(ROOM.cameras[0]), tmp_path / "stripes.png"

    def stripes(camera: TruthCamera) -> np.ndarray:
        return 127.5 + 120 * np.sin(20 * np.arctan(camera.rays[..., [0, 1, 0]]))

    cv2.imwrite(str(path), np.rint(stripes(lens)).astype(np.uint8)[..., ::-1])
    numbers = (*lens.intrinsics, *lens.distortion)
    chosen = fisheye.pinhole_inside(lens.width, lens.height, numbers)
    options = {"width": lens.width, "height": lens.height}
    options |= {"lens": fisheye.option(numbers), "pinhole": fisheye.option(chosen)}
    pinhole = TruthCamera(lens.width, lens.height, chosen, np.eye(4))
    off = np.abs(read_color(reference(str(path), "fisheye", **options)) - stripes(pinhole))
    assert off.mean() < 1.5, "a quarter of a pixel would be 3"

    slopes = np.linalg.norm(pinhole.rays[..., :2], axis=-1, keepdims=True)
    seen = pinhole.rays[..., :2] / slopes * lens.seen_at(np.arctan(slopes)) * lens.intrinsics[:2] + lens.intrinsics[2:]
    assert (seen > (-1, -1)).all()
    assert (seen < (lens.width, lens.height)).all(), "each pixel is one of the fisheye image, or next to one"
    assert np.degrees(np.ptp(np.arctan(pinhole.rays[0, :, 0]))) > 100, "it shows a wide view"

    for changed, told in (
        ({"width": 319}, "320x213 pixels, but its camera is for 319x213"),
        ({"lens": "1 2 3"}, "not 8 numbers"),
        ({"pinhole": "0 1 2 3"}, "not 4 numbers"),
        ({"height": 10**9}, "at most"),
    ):
        with pytest.raises(ImageError, match=told) as raised:
            read_stored(reference(str(path), "fisheye", **{**options, **changed}))
        assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("codec", "suffix"), [("libx264", "mkv"), ("libx264", "mp4"), ("mpeg4", "mkv"), ("mpeg4", "mp4")]
)
def test_a_frame_of_a_video_is_found_by_number_in_any_order(tmp_path, codec, suffix):
    path, count = tmp_path / f"numbers.{suffix}", 75
    pictures = [np.full((48, 64, 3), 20, np.uint8) for _ in range(count)]
    for number, picture in enumerate(pictures):
        for bit in range(7):
            picture[:, 9 * bit : 9 * bit + 9] = 220 if number >> bit & 1 else 20
    write_video(path, pictures, codec, gop=40 if codec == "libx264" else 7)

    def number_in(frame: int) -> int:
        bits = read_color(reference(str(path), "video_frame", frame=frame))[24, 4:63:9, 1] > 120
        return sum(int(bit) << place for place, bit in enumerate(bits))

    shuffled = np.random.default_rng(3).permutation(count).tolist()
    for order in (range(count), range(0, count, 10), (count - 1, 0, count - 1, 0), shuffled):
        assert [number_in(frame) for frame in order] == list(order)
    for beyond in (count, -1):
        with pytest.raises(ImageError, match=f"holds {count} frames"):
            number_in(beyond)
    write_video(path, pictures[::-1], codec)
    assert number_in(3) == count - 4, "a file that was replaced is read anew"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    if suffix == "mkv":
        assert number_in(10) == count - 11, "what is there of a truncated file is read"
        with pytest.raises(ImageError, match=r"holds \d\d frames, and so none of number 74"):
            number_in(count - 1)
    path.write_bytes(data[:300])
    with pytest.raises(ImageError, match=str(path)):
        number_in(0)


def test_a_stream_of_depth_is_read_forward_and_again_from_its_start(tmp_path):
    depths = [np.full(DEPTH_SIZE[::-1], 1.0 + number) for number in range(9)]
    depths[4] += np.random.default_rng(0).random(DEPTH_SIZE[::-1])
    path = tmp_path / "depth.bin"
    data = encoded_depths(depths, "stream")
    path.write_bytes(data)

    def image(number: int) -> np.ndarray:
        return read_stored(reference(str(path), "deflate_stream", frame=number, width=256, height=192))

    for number in (0, 1, 4, 4, 8, 8, 2, 7, 0):
        assert np.array_equal(image(number), depths[number].astype(np.float32))
    with pytest.raises(ImageError, match="does not hold frame 9: it has 9 frames"):
        image(9)
    path.write_bytes(data[: len(data) // 2])
    assert np.array_equal(image(3), depths[3].astype(np.float32))
    for number in (4, 8):
        with pytest.raises(ImageError, match=f"{path}: does not hold frame {number}: it ends in frame 4; it may be"):
            image(number)
    path.write_bytes(data[:40] + b"\xff" * 400)
    with pytest.raises(ImageError, match=f"{path}: "):
        image(8)
    path.unlink()
    with pytest.raises(ImageError, match="missing"):
        image(0)


@pytest.mark.parametrize(
    ("damage", "told", "usable"),
    [
        (lambda data, starts: data[: starts[15] - 2], "depth.bin: is truncated in frame 14", 2),
        (lambda data, starts: data[: starts[15] + 2], "depth.bin: frame 15, .* is cut off", 2),
        (
            lambda data, starts: data[: starts[10]] + struct.pack("<I", 0xFFFFFFFF) + data[starts[10] + 4 :],
            r"depth.bin: frame 10, at byte \d+, claims 4294967295 bytes",
            1,
        ),
        (lambda data, starts: data[: starts[20]], "depth.bin: holds 20 frames", 2),
        (lambda data, starts: replaced(data, starts, 10, bytes(2 * 2 * 256 * 192)), "depth.bin: cannot be unpacked", 2),
        (lambda data, starts: replaced(data, starts, 0, None), "depth.bin: cannot be unpacked", 2),
        (lambda data, starts: b"", "depth.bin: the file is empty", 0),
        (lambda data, starts: bytes(range(256)) * 40, "depth.bin: holds no depth images of 256x192 pixels", 0),
    ],
)
def test_a_depth_file_that_is_cut_off_or_claims_too_much_is_named(dataset, damage, told, usable):
    root, written = dataset
    path = written.folder / DEPTH_BIN
    data, starts = path.read_bytes(), [0]
    while starts[-1] < len(data):
        starts.append(starts[-1] + 4 + struct.unpack_from("<I", data, starts[-1])[0])
    path.write_bytes(damage(data, starts))
    registration = scene_of(root, "iphone")
    if not usable:
        with pytest.raises(SourceError, match=told) as raised:
            SOURCE.frame_entries(registration)
        assert raised.value.path == str(path)
        assert str(raised.value).startswith(f"scene {registration.scene_id}: {path}: ")
    else:
        scene = read(registration)
        assert scene.frames.height == usable
        assert {drop["frame_id"] for drop in scene.dropped} == set(written.color) - set(scene.frames["frame_id"])
        for drop in scene.dropped:
            assert re.search(told, drop["reason"]), drop


def replaced(data: bytes, starts: list[int], number: int, pixels: bytes | None) -> bytes:
    """The file with an LZ4 block of other pixels as one of its frames; None: what is no block."""
    blob = b"\xff" * 90 if pixels is None else pa.compress(pixels, codec="lz4_raw", asbytes=True)
    return data[: starts[number]] + struct.pack("<I", len(blob)) + blob + data[starts[number + 1] :]


def test_frames_that_one_of_the_iphones_files_lacks_are_named(dataset):
    root, written = dataset
    folder = written.folder
    change(folder / POSES, lambda content: content.pop("frame_000020"))
    assert problems(scene_of(root, "iphone")) == {"frame_000020": f"{POSES}: has no frame_000020"}
    (folder / VIDEO).rename(folder / "whole.mkv")
    write_video(folder / VIDEO, [np.zeros((120, 160, 3), np.uint8)] * 15)
    told = problems(scene_of(root, "iphone"))
    assert told == {"frame_000020": f"{VIDEO}: holds 15 frames, and so none of number 20"}
    (folder / "whole.mkv").rename(folder / VIDEO)

    def damage(content):
        content["frame_000000"]["aligned_pose"] = np.full((4, 4), -np.inf).tolist()
        content["frame_000010"].pop("aligned_pose")
        content["frame_000020"] = {**content["frame_000019"], "intrinsic": [[1, 2], [3, 4]]}

    change(folder / POSES, damage)
    entries = SOURCE.frame_entries(scene_of(root, "iphone"))
    assert [entry.lost for entry in entries] == [True, False, False]
    assert [entry.problem.removeprefix(f"{POSES}: ") for entry in entries] == [
        "frame_000000: the pose is infinite (tracking was lost)",
        "frame_000010: has no aligned_pose of 4x4 numbers",
        "frame_000020: has no intrinsic of 3x3 numbers",
    ]


def test_an_extracted_image_that_is_missing_is_named(tmp_path):
    written = write_scannetpp(tmp_path, ROOM, dslr=(), color="extracted", depth="extracted")
    (written.folder / "iphone/rgb/frame_000010.jpg").unlink()
    (written.folder / "iphone/depth/frame_000020.png").unlink()
    registration = scene_of(tmp_path, "iphone")
    assert problems(registration) == {
        "frame_000010": "iphone/rgb/frame_000010.jpg: the file is missing",
        "frame_000020": "iphone/depth/frame_000020.png: the file is missing",
    }
    assert read(registration).frames["frame_id"].to_list() == ["frame_000000"]
    assert len(SOURCE.findings(registration)) == 2
    for path in (written.folder / "iphone/rgb").iterdir():
        cv2.imwrite(str(path), np.zeros((120, 120, 3), np.uint8))
    with pytest.raises(SourceError, match="120x120 pixels, but intrinsics are for 1920x1440"):
        SOURCE.frame_entries(registration)


def test_photographs_that_cannot_be_used_are_named(dataset):
    root, written = dataset
    names = sorted(written.pinhole)
    registration = scene_of(root, "dslr")
    (written.folder / f"dslr/resized_images/{names[1]}.JPG").unlink()
    assert problems(registration) == {names[1]: f"dslr/resized_images/{names[1]}.JPG: the file is missing"}
    assert read(registration).frames["frame_id"].to_list() == [names[0], names[2]], "test_frames are frames"
    assert len(SOURCE.findings(registration)) == 1

    def damage(content):
        frames = {frame["file_path"][:-4]: frame for frame in (*content["frames"], *content["test_frames"])}
        frames[names[0]]["transform_matrix"][1][1] = float("nan")
        frames[names[1]]["transform_matrix"] = [[1, 2], [3, 4]]
        content["frames"].append(frames[names[2]])

    change(written.folder / TRANSFORMS, damage)
    told = {
        name: problem.removeprefix(f"{TRANSFORMS}: {name}.JPG: ") for name, problem in problems(registration).items()
    }
    assert told == {
        names[0]: "the pose holds NaN (tracking was lost)",
        names[1]: "its transform_matrix is not 4x4 numbers",
        names[2]: "is listed 2 times; keep one",
    }
    assert [entry.lost for entry in SOURCE.frame_entries(registration)] == [True, False, False]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda content: content.update(camera_model="OPENCV"), "camera_model 'OPENCV' with this distortion"),
        (lambda content: content.update(camera_model="EQUIRECTANGULAR"), "camera_model 'EQUIRECTANGULAR'"),
        (lambda content: content.pop("fl_x"), "fl_x"),
        (lambda content: content.update(w=10**6, h=10**6), "1000000x1000000 pixels"),
        (lambda content: content.update(k2=float("inf")), "not finite"),
        (lambda content: content.update(k1=1e30), "no pinhole camera sees"),
        (lambda content: content["frames"][0].update(file_path="../../x.jpg"), "no file_path in the folder"),
        (lambda content: content.update(frames={"a": 1}), "`frames` is no list"),
        (lambda content: content.update(w=300), "images are 320x213 pixels, but .* is for 300x213"),
    ],
)
def test_cameras_that_cannot_be_are_refused(dataset, damage, told):
    root, written = dataset
    change(written.folder / TRANSFORMS, damage)
    with pytest.raises(SourceError, match=told) as raised:
        SOURCE.frame_entries(scene_of(root, "dslr"))
    assert str(written.folder) in str(raised.value)
    assert Path(raised.value.path).is_relative_to(written.folder)


def test_rows_and_not_columns_are_the_axes_of_a_box(dataset):
    root, written = dataset

    def transpose(content):
        for group in content["segGroups"]:
            axes = np.reshape(group["obb"]["normalizedAxes"], (3, 3))
            group["obb"]["normalizedAxes"] = axes.T.ravel().tolist()

    change(written.folder / ANNOTATION, transpose)
    with pytest.raises(AssertionError):
        assert_boxes(SOURCE.read_boxes(scene_of(root, "dslr")), ROOM.boxes)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda groups: groups[2].pop("obb"), "office_chair_3'?: has no obb"),
        (lambda groups: groups[3]["obb"].update(centroid=[1, 2]), "Cabinet_4'?: obb.centroid must be 3 numbers"),
        (lambda groups: groups[3]["obb"].update(normalizedAxes=[1, 0, 0] * 3), "Cabinet_4.* no rotation"),
        (lambda groups: groups[1].pop("label"), "object number 1 in `segGroups` has no label"),
        (lambda groups: groups[2].update(objectId=2, id=2), "office_chair_2.* occurs 2 times"),
    ],
)
def test_a_broken_object_is_named_with_its_file(dataset, damage, told):
    root, written = dataset
    change(written.folder / ANNOTATION, lambda content: damage(content["segGroups"]))
    with pytest.raises(SourceError, match=told) as raised:
        SOURCE.read_boxes(scene_of(root, "dslr"))
    assert raised.value.path == str(written.folder / ANNOTATION)


def test_objects_of_one_object_id_are_told_apart_and_test_scenes_have_none(dataset):
    root, written = dataset
    change(written.folder / ANNOTATION, lambda content: content["segGroups"][2].update(objectId=2))
    assert SOURCE.read_boxes(scene_of(root, "dslr"))["object_id"].to_list()[1:3] == ["office_chair_2", "office_chair_3"]
    (written.folder / ANNOTATION).unlink()
    registration = scene_of(root, "dslr")
    assert SOURCE.read_boxes(registration) is None
    assert SOURCE.box_origins(registration) == ("lifted",)
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(written.folder / ANNOTATION)]
    (root / "splits/nvs_sem_train.txt").rename(root / "splits/sem_test.txt")
    assert SOURCE.findings(registration) == []


def test_discovery_finds_scenes_at_each_level_and_no_other_dataset(tmp_path):
    few = ROOM.with_frames(1)
    root = tmp_path / "scannetpp"
    write_scannetpp(root, few, dslr=("fisheye",), color="video")
    write_scannetpp(root, few, name="f0_empty", dslr=(), color="extracted", depth="extracted", annotated=False)
    expected = [f"{NAME}-dslr", f"{NAME}-iphone", "f0_empty-iphone"]
    for place in (root, root / "data"):
        assert [found.scene_id for found in SOURCE.discover(str(place))] == expected
    (only,) = SOURCE.discover(str(root / "data/f0_empty"))
    assert (only.scene_id, only.options) == ("f0_empty-iphone", {"device": "iphone"})
    assert SOURCE.findings(only) == [], "it is in the hidden split"
    unnamed = replace(only, options={})
    assert len(SOURCE.frame_entries(unnamed)) == 1, "the only camera there is"
    for other in ("a/color", "a/pose", "b/b_frames/lowres_wide", "c/scans", "d/iphone", "e/dslr/colmap"):
        (tmp_path / "others" / other).mkdir(parents=True)
    for place in ("others", "others/a", "nowhere"):
        assert list(SOURCE.discover(str(tmp_path / place))) == []


@pytest.mark.parametrize(
    ("device", "missing"),
    [
        ("dslr", TRANSFORMS),
        ("dslr", "dslr/resized_images"),
        ("iphone", POSES),
        ("iphone", VIDEO),
        ("iphone", DEPTH_BIN),
    ],
)
def test_what_is_missing_as_a_whole_is_named(dataset, device, missing):
    root, written = dataset
    path = written.folder / missing
    path.rename(path.with_name("gone"))
    registration = scene_of(root, device)
    (finding,) = SOURCE.findings(registration)
    assert (finding.path, finding.page) == (str(path), SOURCE.page)
    if missing == DEPTH_BIN:
        assert read(registration).frames["depth"].is_null().all()
        assert SOURCE.box_origins(registration) == ("annotated",)
        return
    with pytest.raises(SourceError) as raised:
        read(registration)
    assert raised.value.path == str(path)
    assert str(raised.value).startswith(f"scene {registration.scene_id}: {path}: ")


def test_all_that_is_missing_or_empty_is_named_at_once(dataset):
    root, written = dataset
    gone = {"dslr": [TRANSFORMS, "dslr/resized_images", MESH, ANNOTATION], "iphone": [POSES, DEPTH_BIN, ANNOTATION]}
    scenes = {device: scene_of(root, device) for device in gone}
    for missing in (TRANSFORMS, "dslr/resized_images", MESH, ANNOTATION, POSES):
        (written.folder / missing).rename(root / missing.replace("/", "_"))
    (written.folder / DEPTH_BIN).write_bytes(b"")
    for device, missing in gone.items():
        found = {finding.path for finding in SOURCE.findings(scenes[device])}
        assert found == {str(written.folder / path) for path in missing}


def test_options_that_cannot_be_are_refused(dataset):
    root, _ = dataset
    for device, options, told in (
        ("dslr", {"devise": "dslr"}, "'devise' is unknown"),
        ("dslr", {"device": "drone"}, "one of dslr, iphone"),
        ("dslr", {"depth": "sensor"}, "one of mesh, none"),
        ("iphone", {"every": 0}, "from 1 on"),
    ):
        (finding,) = SOURCE.findings(scene_of(root, device, **options))
        assert told in finding.problem


def test_signatures_change_with_what_is_read(dataset):
    root, written = dataset
    dslr, iphone = scene_of(root, "dslr"), scene_of(root, "iphone")
    before = [SOURCE.signature(one) for one in (dslr, iphone)]
    assert before == [SOURCE.signature(one) for one in (dslr, iphone)]
    changes = (
        (TRANSFORMS, {"frames"}, set()),
        (VIDEO, set(), {"frames"}),
        (POSES, set(), {"frames"}),
        (DEPTH_BIN, set(), {"frames"}),
        (MESH, {"surface"}, set()),
        (ANNOTATION, {"boxes"}, {"boxes"}),
    )
    for path, *changed in changes:
        with (written.folder / path).open("ab") as file:
            file.write(b" ")
        after = [SOURCE.signature(one) for one in (dslr, iphone)]
        for old, new, expected in zip(before, after, changed, strict=True):
            assert {name for name in new if new[name] != old[name]} == expected, path
        before = after


def test_a_long_capture_is_listed_without_reading_its_images(tmp_path):
    folder = tmp_path / "data/x/iphone"
    (folder / "rgb").mkdir(parents=True)
    first = encoded_depths([np.ones(DEPTH_SIZE[::-1])], "lz4")
    with (folder / "depth.bin").open("wb") as file:
        file.write(first)
        for _ in range(9_999):
            file.write(struct.pack("<I", 30_000))
            file.seek(30_000, 1)  # leaves a hole, which takes no place on the disk
        file.truncate()
    record = {"timestamp": 1.0, "intrinsic": [[1500, 0, 960], [0, 1500, 720], [0, 0, 1]]}
    record |= {"pose": np.eye(4).tolist(), "aligned_pose": np.eye(4).tolist(), "imu": {"gravity": [0.0, 0.0, -9.8]}}
    text = json.dumps(record)
    records = ",".join(f'"frame_{number:06d}":{text}' for number in range(10_000))
    (folder / "pose_intrinsic_imu.json").write_text(f"{{{records}}}")
    for number in range(0, 10_000, 10):
        (folder / f"rgb/frame_{number:06d}.jpg").touch()
    registration = scene_of(tmp_path, "iphone")
    entries = SOURCE.frame_entries(registration)
    assert (len(entries), sum(entry.problem is None for entry in entries)) == (1000, 1000)
