import json
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.datasets.scannet import (
    SCENE,
    SENSOR,
    STEP,
    WORLD_FROM_SCAN,
    depth_camera,
    numbered_frames,
    upright_boxes,
    write_exported,
    write_labels,
    write_posed_images,
    write_scannet,
    write_sens,
)
from support.readings import assert_boxes, assert_depth, assert_frames, read
from support.truth_scene import TruthBox, furnished_room

from resources import sources
from resources.images import read_color, read_depth
from resources.sources.instance_boxes import AXIS_ALIGNED, instance_boxes
from resources.sources.registration import Registration, SourceError
from resources.tables import FRAMES, SCENE_BOXES

scannet = sources.load("scannet")
SENS = f"{SCENE}.sens"
TEXT = f"{SCENE}.txt"
MESH = f"{SCENE}_vh_clean_2.ply"
SEGMENTS = f"{SCENE}_vh_clean_2.0.010000.segs.json"
AGGREGATION = f"{SCENE}.aggregation.json"

HEADER_AT = 12 + len(SENSOR)
CODINGS_AT = HEADER_AT + 4 * 64
COUNT_AT = CODINGS_AT + 8 + 16 + 4
FRAMES_AT = COUNT_AT + 8
"""Bytes of a `.sens` file at which its fields begin."""

RECORD_BYTES = 64 + 4 * 8


@pytest.fixture(scope="module")
def room():
    return furnished_room(160, 120, frames=4)


@pytest.fixture(scope="module")
def written(tmp_path_factory, room):
    """A dataset with one scan in a container; no test changes it."""
    root = tmp_path_factory.mktemp("scannet")
    return root, write_scannet(root, room)


@pytest.fixture
def scan(written, tmp_path) -> Registration:
    """A copy of it, to be changed."""
    shutil.copytree(written[0], tmp_path / "scannet")
    return only_scene(tmp_path / "scannet")


def only_scene(root: Path, **options) -> Registration:
    (registration,) = scannet.discover(str(root))
    return replace(registration, options=options)


def change(registration: Registration, name: str, edit) -> Path:
    """Edit a JSON file's content in place."""
    path = Path(registration.root) / name
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    return path


def overwrite(path: Path, at: int, form: str, *values) -> None:
    """Pack values over a file's bytes."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, *values)
    path.write_bytes(data)


def fails(registration: Registration, path: Path, *words: str, step=scannet.read_boxes) -> None:
    """Reading fails with an error that begins with scene and file and has these words, and a finding names the file."""
    with pytest.raises(SourceError) as caught:
        step(registration)
    message = str(caught.value)
    assert message.startswith(f"scene {registration.scene_id}: {path}: ")
    assert caught.value.path == str(path)
    assert all(word in message for word in words), message
    assert str(path) in found(registration)


def found(registration: Registration) -> dict[str, str]:
    """Path -> problem."""
    return {finding.path: finding.problem for finding in scannet.findings(registration)}


def test_a_container_is_read_as_it_is(written, room):
    root, cameras = written
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    registration = only_scene(root)
    assert (registration.scene_id, registration.root) == (SCENE, str(root / "scans" / SCENE))
    reading = read(registration)
    FRAMES.checked(reading.frames, SCENE)
    SCENE_BOXES.checked(reading.boxes, SCENE)
    assert_frames(reading.frames, room, cameras)
    assert_boxes(reading.boxes, upright_boxes(room))
    assert reading.boxes["object_id"][1] == "office_chair_1"
    assert reading.boxes["tag"][:4].to_list() == ["table", "office chair", "office chair", "cabinet"]
    assert reading.frames["depth_scale"].unique().to_list() == [1000.0]
    assert (reading.metric, reading.gravity_aligned) == (True, True)
    assert reading.license == "ScanNet Terms of Use (non-commercial research)"
    (dropped,) = reading.dropped
    assert dropped["frame_id"] == "000040"
    assert f"{SENS}: frame 40: the pose is infinite" in dropped["reason"]
    assert found(registration) == {}
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_depth_has_its_own_size_and_intrinsics(written, room):
    frame = scannet.read_scene(only_scene(written[0])).frames.row(1, named=True)
    small = depth_camera(room.cameras[1])
    np.testing.assert_allclose(frame["depth_intrinsics"], small.intrinsics, atol=1e-4)
    assert np.abs(np.subtract(frame["depth_intrinsics"], frame["intrinsics"])).min() > 1
    resampled = read_depth(frame)
    assert resampled.shape == (120, 160)
    off = np.abs(resampled - room.views[1].depth)[resampled > 0]
    assert np.median(off) < 0.01


@pytest.mark.parametrize("frames", ["exported", "posed_images"])
def test_exported_frames_are_read(tmp_path, room, frames):
    cameras = write_scannet(tmp_path, room, frames=frames)
    registration = only_scene(tmp_path)
    reading = read(registration)
    assert_frames(reading.frames, room, cameras)
    assert_boxes(reading.boxes, upright_boxes(room))
    assert [drop["frame_id"] for drop in reading.dropped] == ["000040"]
    assert "40.txt: the pose is infinite" in reading.dropped[0]["reason"]
    assert scannet.findings(registration) == []


def test_frames_with_depth_are_preferred_and_exported_ones_first(scan, room):
    folder = Path(scan.root)
    dataset = folder.parent.parent

    def image(**options) -> str:
        return scannet.frame_entries(replace(scan, options=options))[0].image

    write_posed_images(dataset / "posed_images" / SCENE, room, numbered_frames(room), depth=False)
    assert SENS in image()
    (without, *_) = scannet.frame_entries(replace(scan, options={"frames": "posed_images"}))
    assert (without.depth, without.depth_intrinsics) == (None, None)
    write_exported(folder, room, numbered_frames(room))
    assert image().endswith("/color/0.jpg")
    assert SENS in image(frames="sens")
    shutil.rmtree(dataset / "posed_images")
    asked = replace(scan, options={"frames": "posed_images"})
    fails(asked, dataset / "posed_images" / SCENE, "is missing", step=scannet.frame_entries)
    shutil.rmtree(folder / "pose")
    (folder / SENS).unlink()
    fails(scan, folder / SENS, "is missing", "color/", "posed_images", step=scannet.frame_entries)


def test_a_thirtieth_of_a_second_is_too_often(written, tmp_path, room):
    def ids(registration: Registration) -> list[str]:
        return [entry.frame_id for entry in scannet.frame_entries(registration)]

    root = written[0]
    assert ids(only_scene(root)) == [f"{number:06d}" for number in range(0, 41, STEP)]
    assert ids(only_scene(root, every=1)) == [f"{number:06d}" for number in range(41)]
    assert ids(only_scene(root, every=16)) == ["000000", "000016", "000032"]
    folder = tmp_path / "scans" / SCENE
    write_scannet(tmp_path, room, frames="exported")
    for number in range(41):
        if number % 8:
            (folder / f"color/{number}.jpg").unlink()
            (folder / f"depth/{number}.png").unlink()
            (folder / f"pose/{number}.txt").unlink()
    assert ids(only_scene(tmp_path)) == ["000000", "000016", "000032"]
    assert len(ids(only_scene(tmp_path, every=8))) == 6


def test_where_the_text_has_no_alignment_a_table_has_it(written, tmp_path, room, shared):
    cameras = write_scannet(tmp_path, room, aligned_in_text=False, released=2017)
    in_scan = only_scene(tmp_path)
    first = np.reshape(scannet.frame_entries(in_scan)[0].world_from_camera, (4, 4))
    expected = np.linalg.inv(WORLD_FROM_SCAN) @ room.cameras[0].world_from_camera
    np.testing.assert_allclose(first, expected, atol=1e-5)
    assert abs(scannet.read_boxes(in_scan)["center"][0][0] - room.boxes[0].center[0]) > 1

    table = tmp_path / "axis_align.json"
    table.write_text(json.dumps({"scene0706_00": np.eye(4).ravel().tolist(), SCENE: WORLD_FROM_SCAN.ravel().tolist()}))
    reading = read(only_scene(tmp_path, axis_align_file=str(table)))
    assert_frames(reading.frames, room, cameras)
    assert_boxes(reading.boxes, upright_boxes(room))

    real = shared / "embodiedscan" / "scannet_axis_align_matrices.json"
    moved = scannet.frame_entries(only_scene(tmp_path, axis_align_file=str(real)))[0].world_from_camera
    matrix = np.reshape(json.loads(real.read_text())[SCENE], (4, 4))
    np.testing.assert_allclose(np.reshape(moved, (4, 4)), matrix @ expected, atol=2e-5)

    with_both = only_scene(written[0], axis_align_file=str(real))
    assert scannet.frame_entries(with_both) == scannet.frame_entries(only_scene(written[0]))

    table.write_text(json.dumps({SCENE: [1, 2, 3]}))
    fails(only_scene(tmp_path, axis_align_file=str(table)), table, "16 numbers", step=scannet.frame_entries)
    table.write_text("[]")
    fails(only_scene(tmp_path, axis_align_file=str(table)), table, "JSON object", step=scannet.frame_entries)


@pytest.mark.parametrize(
    ("words", "reason"), [("1 0 0 0 0 1 0 0", "16 numbers"), ("2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1", "not rigid")]
)
def test_a_broken_alignment_is_an_error_and_not_the_identity(scan, words, reason):
    path = Path(scan.root) / TEXT
    path.write_text(f"axisAlignment = {words}\nsceneType = Office\n")
    fails(scan, path, "axisAlignment", reason, step=scannet.frame_entries)
    fails(scan, path, "axisAlignment", reason, step=scannet.read_boxes)


def test_boxes_along_the_axes_are_those_that_are_published(written, room):
    boxes = scannet.read_boxes(only_scene(written[0], box_fit="axis_aligned"))
    truth = []
    for box in room.boxes:
        low, high = box.corners.min(axis=0), box.corners.max(axis=0)
        truth.append(TruthBox(box.label, (low + high) / 2, np.eye(3), high - low))
    assert_boxes(boxes, truth)


def test_no_vertex_is_left_out_of_a_box_however_many_there_are():
    inside = np.random.default_rng(0).uniform(-0.4, 0.4, (20_000, 3))
    tips = [(0.5, 0.5, 0.5), (-0.5, -0.5, -0.5), (0.5, -0.5, 0.5), (-0.5, 0.5, 0.5)]
    points = np.concatenate([inside, tips, [(9.0, 9.0, 9.0)]])
    instances = np.array([4] * (len(points) - 1) + [-1])
    for fit in ("oriented", AXIS_ALIGNED):
        ((number, box),) = instance_boxes(points, instances, fit).items()
        assert number == 4
        np.testing.assert_allclose(box.extents, 1.0, atol=1e-9)
        np.testing.assert_allclose(box.center, 0.0, atol=1e-9)
    assert instance_boxes(points, np.full(len(points), -1)) == {}
    (single,) = instance_boxes([(1.0, 2.0, 3.0)], [0]).values()
    assert (single.center.tolist(), single.extents.tolist()) == ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])


def test_groups_that_are_repeated_or_overlap_are_read_as_others_read_them(scan, room):
    def twice(content):
        again = [group | {"id": group["id"] + 8, "objectId": group["objectId"] + 8} for group in content["segGroups"]]
        content["segGroups"] += again

    change(scan, AGGREGATION, twice)
    boxes = scannet.read_boxes(scan)
    assert_boxes(boxes, upright_boxes(room))
    assert boxes["object_id"][-1] == "object_7"

    def overlapping(content):
        content["segGroups"] = content["segGroups"][:2]
        both = [segment for group in content["segGroups"] for segment in group["segments"]]
        content["segGroups"][0]["segments"] = both

    change(scan, AGGREGATION, overlapping)
    assert_boxes(scannet.read_boxes(scan), room.boxes[:2])


def drop_vertex(content):
    content["segIndices"].pop()


def strange_segment(content):
    content["segGroups"][2]["segments"].append(4711)


def other_scene(content):
    content["sceneId"] = "scannet.scene0001_00"


def text_segment(content):
    content["segGroups"][1]["segments"][0] = "12"


def no_label(content):
    del content["segGroups"][3]["label"]


@pytest.mark.parametrize(
    ("name", "edit", "words"),
    [
        (SEGMENTS, drop_vertex, ["segIndices", MESH, "vertices"]),
        (SEGMENTS, other_scene, ["scene0001_00"]),
        (SEGMENTS, lambda content: content.update(segIndices=[1.5] * 4), ["whole numbers"]),
        (AGGREGATION, strange_segment, ["office_chair_2", "4711", SEGMENTS]),
        (AGGREGATION, other_scene, ["scene0001_00"]),
        (AGGREGATION, text_segment, ["object 1 (office_chair)", "segments"]),
        (AGGREGATION, no_label, ["segGroups[3]", "label"]),
        (AGGREGATION, lambda content: content.pop("segGroups"), ["segGroups"]),
    ],
)
def test_annotation_that_contradicts_itself_is_an_error(scan, name, edit, words):
    fails(scan, change(scan, name, edit), *words)
    assert len(scannet.frame_entries(scan)) == 5


def test_a_broken_mesh_is_an_error(scan):
    path = Path(scan.root) / MESH
    sound = path.read_bytes()
    count = sound.split(b"element vertex ")[1].split(b"\n")[0]
    for broken, words in (
        (sound[:-1], "truncated"),
        (sound[: len(sound) // 2], "truncated"),
        (sound[:60], "binary PLY"),
        (sound.replace(b"vertex " + count, b"vertex 999999999999999"), "promises"),
        (sound.replace(b"face 108", b"face 999999999999999"), "promises"),
        (sound.replace(b"binary_little_endian", b"ascii"), "binary PLY"),
        (sound.replace(b"float x", b"float q"), "truncated or broken"),
        (sound.replace(b"element vertex", b"element corner"), "no vertices"),
        (b"", "binary PLY"),
    ):
        assert broken != sound
        path.write_bytes(broken)
        fails(scan, path, words)


def test_every_missing_file_is_named_at_once(scan, tmp_path, room):
    folder = Path(scan.root)
    for name in (TEXT, MESH, AGGREGATION):
        (folder / name).unlink()
    problems = found(scan)
    assert {str(folder / name) for name in (TEXT, MESH, AGGREGATION)} == set(problems)
    assert "axisAlignment" in problems[str(folder / TEXT)]
    assert "label of each object" in problems[str(folder / AGGREGATION)]
    fails(scan, folder / MESH, "missing")
    assert {finding.page for finding in scannet.findings(scan)} == {"http://www.scan-net.org"}

    write_scannet(tmp_path / "exported", room, frames="exported")
    exported = only_scene(tmp_path / "exported")
    missing = ["intrinsic/intrinsic_color.txt", "intrinsic/intrinsic_depth.txt"]
    for name in missing:
        (Path(exported.root) / name).unlink()
    assert {f"{exported.root}/{name}" for name in missing} == set(found(exported))
    fails(exported, Path(exported.root) / missing[0], "missing", step=scannet.frame_entries)


def test_what_is_not_annotated_has_no_boxes_and_that_is_no_fault(tmp_path, room):
    write_scannet(tmp_path / "hidden", room, split="scans_test", aligned_in_text=False)
    hidden = only_scene(tmp_path / "hidden")
    assert (Path(hidden.root) / MESH).exists()
    write_scannet(tmp_path / "converted", room, frames="posed_images")
    shutil.rmtree(tmp_path / "converted" / "scans")
    converted = only_scene(tmp_path / "converted")
    for registration in (hidden, converted):
        assert scannet.read_boxes(registration) is None
        assert scannet.box_origins(registration) == ("lifted",)
        assert scannet.findings(registration) == []
        assert scannet.read_frames(registration)[0].height == 4


def test_the_full_mesh_serves_where_the_usual_annotation_is_not(scan, room):
    folder = Path(scan.root)
    write_labels(folder, room, ending="_vh_clean", objects=3)
    assert scannet.read_boxes(scan).height == 8
    (folder / AGGREGATION).unlink()
    assert_boxes(scannet.read_boxes(scan), room.boxes[:3])


def test_of_a_truncated_container_the_whole_frames_are_used(scan, written, room):
    path = Path(scan.root) / SENS
    sound, cameras = path.read_bytes(), written[1]
    (third,) = (entry for entry in scannet.frame_entries(scan) if entry.frame_id == "000020")
    begins = int(third.image.split("offset=")[1].split("&")[0])
    path.write_bytes(sound[: begins + 500])
    frames, dropped = scannet.read_frames(scan)
    assert_frames(frames, room, {name: cameras[name] for name in ("000000", "000010")})
    assert [drop["frame_id"] for drop in dropped] == ["000020", "000030", "000040"]
    assert all("truncated: it ends within frame 20 of 41" in drop["reason"] for drop in dropped)
    assert "20 frames are whole" in found(scan)[str(path)]
    for end in (0, 5, HEADER_AT + 40):
        path.write_bytes(sound[:end])
        fails(scan, path, "truncated", "header", step=scannet.frame_entries)
    path.write_bytes(sound[: FRAMES_AT + 50])
    with pytest.raises(SourceError, match=r"no usable frame.*ends before frame 0 of 41"):
        scannet.read_frames(scan)


@pytest.mark.parametrize(
    ("at", "form", "values", "words"),
    [
        (0, "<I", [3], ["version 3"]),
        (4, "<Q", [1 << 60], ["header is broken", "sensor name"]),
        (COUNT_AT, "<Q", [1 << 62], ["header is broken", "frames"]),
        (COUNT_AT, "<Q", [0], ["0 frames"]),
        (COUNT_AT - 4, "<f", [0.0], ["depth shift"]),
        (CODINGS_AT + 16, "<II", [1 << 31, 1 << 31], ["depth images of 2147483648x2147483648"]),
        (CODINGS_AT, "<i", [0], ["color compression 0 (raw) is not supported", "jpeg"]),
        (CODINGS_AT + 4, "<i", [2], ["depth compression 2 (occi) is not supported", "zlib"]),
        (HEADER_AT, "<f", [float("nan")], ["intrinsics"]),
    ],
)
def test_a_broken_header_is_refused(scan, at, form, values, words):
    path = Path(scan.root) / SENS
    overwrite(path, at, form, *values)
    fails(scan, path, *words, step=scannet.frame_entries)
    assert scannet.read_boxes(scan).height == 8


def test_an_absurd_or_empty_image_is_named_and_others_are_read(scan):
    path = Path(scan.root) / SENS
    sound = path.read_bytes()
    overwrite(path, FRAMES_AT + RECORD_BYTES - 16, "<Q", 1 << 50)
    entries = scannet.frame_entries(scan)
    assert all(f"frame 0 of 41 has an image of {1 << 50} bytes" in entry.problem for entry in entries)
    assert "0 frames are whole" in found(scan)[str(path)]
    path.write_bytes(sound)
    color_bytes, depth_bytes = struct.unpack_from("<QQ", sound, FRAMES_AT + RECORD_BYTES - 16)
    overwrite(path, FRAMES_AT + RECORD_BYTES - 16, "<QQ", color_bytes + depth_bytes, 0)
    first, second, *_ = scannet.frame_entries(scan)
    assert first.problem.endswith(f"{SENS}: frame 0 has no depth image")
    assert second.problem is None


def test_other_codings_of_the_container_are_read(scan, room):
    frames = numbered_frames(room)
    picture = room.views[0].color
    png = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
    write_sens(Path(scan.root) / SENS, room, [replace(frames[0], color=png)], color_coding=1, depth_coding=0)
    frame = scannet.read_frames(scan)[0].row(0, named=True)
    np.testing.assert_array_equal(read_color(frame["image"]), picture)
    assert "codec=raw" in frame["depth"]
    assert_depth(frame, room, 1e-3)


def test_a_colour_camera_in_another_place_is_named(scan, tmp_path, room):
    apart = np.eye(4)
    apart[0, 3] = 0.04
    path = Path(scan.root) / SENS
    write_sens(path, room, list(numbered_frames(room).values()), color_extrinsics=apart)
    assert "extrinsics other than the identity" in found(scan)[str(path)]
    assert scannet.read_frames(scan)[0].height == 4

    write_scannet(tmp_path / "exported", room, frames="exported")
    exported = only_scene(tmp_path / "exported")
    path = Path(exported.root) / "intrinsic/extrinsic_color.txt"
    np.savetxt(path, apart)
    assert "extrinsics other than the identity" in found(exported)[str(path)]


def test_an_exported_frame_that_lacks_a_file_is_named_and_others_are_read(tmp_path, room):
    cameras = write_scannet(tmp_path, room, frames="exported")
    registration = only_scene(tmp_path)
    folder = Path(registration.root)
    (folder / "color/0.jpg").unlink()
    shutil.copy(folder / "depth/10.png", folder / "depth/010.png")
    (folder / "pose/20.txt").write_text("1 0 0\n")
    frames, dropped = scannet.read_frames(registration)
    assert_frames(frames, room, {"000030": cameras["000030"]})
    reasons = [drop["reason"].removeprefix(f"{SCENE}/") for drop in dropped]
    assert reasons[0] == "color/0.jpg: the file is missing"
    assert reasons[1] == "depth/010.png: there is also 10.png; keep one"
    assert reasons[2].startswith("pose/20.txt: holds")
    assert len([problem for problem in found(registration).values() if problem.endswith("is missing")]) == 1


def test_scans_are_found_wherever_they_are_and_nothing_else_is(tmp_path, room):
    def roots(top: Path) -> list[str]:
        scenes = list(scannet.discover(str(top)))
        assert [scene.scene_id for scene in scenes] == sorted(Path(scene.root).name for scene in scenes)
        return [str(Path(scene.root).relative_to(tmp_path)) for scene in scenes]

    small = room.with_frames(1)
    for name, split, frames in (
        ("scene0002_00", "scans", "sens"),
        ("scene0001_01", "scans", "posed_images"),
        ("scene0707_00", "scans_test", "exported"),
        ("scene0000_02", "scans", "posed_images"),
    ):
        write_scannet(tmp_path, small, name, frames, split)
    shutil.rmtree(tmp_path / "scans/scene0000_02")
    (tmp_path / "scans/scene0009_00").mkdir()
    expected = ["posed_images/scene0000_02", "scans/scene0001_01", "scans/scene0002_00", "scans_test/scene0707_00"]
    assert roots(tmp_path) == expected
    assert roots(tmp_path / "scans") == expected[1:3]
    assert roots(tmp_path / "posed_images") == expected[:2]
    for place in expected:
        assert roots(tmp_path / place) == [place]
    (tmp_path / "scans/scene0001_01/scene0001_01.aggregation.json").write_text("{")
    first, second, *_ = list(scannet.discover(str(tmp_path)))[1:]
    fails(first, Path(first.root) / "scene0001_01.aggregation.json", "no JSON")
    assert scannet.read_boxes(second).height == 8

    others = tmp_path / "others"
    for name in ("plain/scene0000_00/color", "plain/scene0000_00/pose", "hashed/scans", "hashed/dslr"):
        (others / name).mkdir(parents=True)
    (others / "plain/scene0000_00/color/0.jpg").write_bytes(b"x")
    (others / "hashed/scans/mesh_aligned_0.05.ply").write_bytes(b"x")
    for folder in (others, others / "plain", others / "plain/scene0000_00", others / "hashed", others / "absent"):
        assert roots(folder) == []


def test_a_signature_changes_with_the_files_that_are_read(scan):
    before = scannet.signature(scan)
    assert scannet.signature(scan) == before

    def changed(name: str) -> set[str]:
        with (Path(scan.root) / name).open("ab") as file:
            file.write(b"\n")
        nonlocal before
        after = scannet.signature(scan)
        different = {part for part in after if after[part] != before[part]}
        before = after
        return different

    assert changed(SENS) == {"frames"}
    assert changed(TEXT) == {"frames", "boxes"}
    assert all(changed(name) == {"boxes"} for name in (MESH, SEGMENTS, AGGREGATION))


@pytest.mark.parametrize(
    ("options", "word"),
    [({"evry": 3}, "evry"), ({"every": 0}, "every"), ({"frames": "color"}, "frames"), ({"box_fit": 1}, "box_fit")],
)
def test_an_option_that_is_none_is_refused(written, options, word):
    with pytest.raises(SourceError, match=word):
        read(only_scene(written[0], **options))
