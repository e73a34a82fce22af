"""ARKitScenes: captures in the form they are downloaded are read as the room they show, upright and joined by time."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.datasets.arkitscenes import LARGER_LATE_SECONDS, VIDEO_ID, enlarged, write_annotation, write_arkitscenes
from support.readings import assert_boxes, assert_frames, read
from support.truth_scene import TruthScene, furnished_room

from resources import sources
from resources.images import ImageError, read_color, read_depth
from resources.sources.registration import Registration, SourceError
from resources.stored_images import parsed, read_stored, reference

ROOM = furnished_room(120, 160, frames=4)
LANDSCAPE = furnished_room(160, 120, frames=2)
SOURCE = sources.load("arkitscenes")


def by_id(cameras: dict) -> dict:
    return {f"{seconds:012.3f}": camera for seconds, camera in cameras.items()}


def discovered(root: Path, **options) -> Registration:
    (registration,) = SOURCE.discover(str(root))
    return replace(registration, options=options)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("written") / "arkitscenes"
    return root, write_arkitscenes(root, ROOM)


@pytest.fixture
def capture(written, tmp_path):
    """A portrait capture of the 3dod release: its registration, folder of streams and upright cameras by frame id."""
    root, cameras = written
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    registration = discovered(tmp_path)
    return registration, Path(registration.root) / f"{VIDEO_ID}_frames", by_id(cameras)


@pytest.mark.parametrize(
    ("room", "quarter_turns"), [(ROOM, 1), (ROOM, 3), (LANDSCAPE, 0), (LANDSCAPE, 2)], ids=lambda value: str(value)[:9]
)
def test_a_capture_is_read_upright_however_it_was_held(tmp_path, room: TruthScene, quarter_turns):
    cameras = by_id(write_arkitscenes(tmp_path, room, quarter_turns=quarter_turns))
    scene = read(discovered(tmp_path))
    assert not scene.dropped
    assert_frames(scene.frames, room, cameras, color_off=0.5)
    assert_boxes(scene.boxes, room.boxes)
    assert scene.boxes["tag"].to_list()[:4] == ["table", "office chair", "office chair", "cabinet"]
    assert scene.boxes["object_id"][1] == "office_chair_00000001"
    assert (scene.metric, scene.gravity_aligned) == (True, True)
    assert scene.license == SOURCE.module.LICENSE
    stored_upright = quarter_turns == 0
    assert all((parsed(image) is None) == stored_upright for image in scene.frames["image"])
    assert all("#" in depth or stored_upright for depth in scene.frames["depth"])


def test_frames_are_in_order_of_time_and_images_without_a_pose_are_none(capture):
    registration, folder, cameras = capture
    entries = SOURCE.frame_entries(registration)
    assert [entry.frame_id for entry in entries] == sorted(cameras), "9999.95 comes before 10000.05"
    assert len(list((folder / "lowres_wide").iterdir())) == 2 * len(entries)
    assert [entry.timestamp for entry in entries] == [float(name) for name in sorted(cameras)]
    every = replace(registration, options={"every": 3})
    assert [entry.frame_id for entry in SOURCE.frame_entries(every)] == sorted(cameras)[::3]


def test_larger_colour_keeps_the_depth_of_the_small_one(tmp_path):
    cameras = write_arkitscenes(
        tmp_path, ROOM, release="raw", larger={"vga_wide": 1.5, "wide": 2.0}, annotated=False, quarter_turns=3
    )
    folder = Path(discovered(tmp_path).root)
    times = [seconds + later for seconds, later in zip(cameras, LARGER_LATE_SECONDS, strict=False)]
    larger = by_id(dict(zip(times, (enlarged(camera, 1.5) for camera in cameras.values()), strict=True)))
    for path in (folder / "wide").iterdir():
        if f"{float(min(larger)):.3f}" not in path.name:
            path.unlink()
    for color in ("vga_wide", "auto"):
        scene = read(discovered(tmp_path, color=color))
        assert_frames(scene.frames, ROOM, larger, color_off=0.5)
        assert scene.boxes is None
    for row in scene.frames.iter_rows(named=True):
        assert read_depth(row).shape == (240, 180)
    (last,) = SOURCE.frame_entries(discovered(tmp_path, color="wide"))
    assert last.frame_id == min(larger)
    assert SOURCE.findings(discovered(tmp_path)) == []
    assert SOURCE.box_origins(discovered(tmp_path)) == ("lifted",)


def test_discovery_finds_captures_at_each_level_and_no_other_dataset(tmp_path):
    few = ROOM.with_frames(1)
    for release, video_id in (("3dod", "41069021"), ("raw", "41069021"), ("raw", "48458663")):
        write_arkitscenes(tmp_path / "arkit", few, video_id, release)
    (tmp_path / "arkit/upsampling/Training/41069021/wide").mkdir(parents=True)
    found = list(SOURCE.discover(str(tmp_path / "arkit")))
    assert [registration.scene_id for registration in found] == ["41069021", "48458663"]
    assert [Path(registration.root).parts[-3] for registration in found] == ["3dod", "raw"]
    for level in ("raw", "raw/Training"):
        assert len(list(SOURCE.discover(str(tmp_path / "arkit" / level)))) == 2
    assert [registration.scene_id for registration in SOURCE.discover(found[1].root)] == ["48458663"]
    (tmp_path / "rgbd/color").mkdir(parents=True)
    (tmp_path / "12345/color").mkdir(parents=True)
    for other in ("", "rgbd", "12345", "nowhere"):
        assert list(SOURCE.discover(str(tmp_path / other))) == []


def test_an_annotation_may_be_absent_skipped_or_of_an_empty_room(capture):
    registration, folder, _ = capture
    path = folder.parent / f"{VIDEO_ID}_3dod_annotation.json"
    assert SOURCE.box_origins(registration) == ("annotated", "lifted")
    write_annotation(path, ())
    assert SOURCE.read_boxes(registration).height == 0
    write_annotation(path, (), skipped=True)
    assert SOURCE.read_boxes(registration) is None
    assert SOURCE.box_origins(registration) == ("lifted",)
    write_annotation(path, ROOM.boxes, skipped=True)
    assert_boxes(SOURCE.read_boxes(registration), ROOM.boxes)
    path.unlink()
    assert SOURCE.read_boxes(registration) is None
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(path)]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda item: item["segments"].pop("obbAligned"), "box_00000005"),
        (lambda item: item["segments"]["obbAligned"].update(normalizedAxes=[1, 0, 0]), "normalizedAxes"),
        (lambda item: item["segments"]["obbAligned"].update(centroid=[1, 0, None]), "finite"),
        (lambda item: item["segments"]["obbAligned"].update(axesLengths=[1, "wide", 2]), "axesLengths"),
        (lambda item: item["segments"]["obbAligned"].update(normalizedAxes=[1, 0, 0, 0, 1, 0, 1, 0, 0]), "rotation"),
        (lambda item: item.pop("label"), "number 5"),
    ],
)
def test_a_broken_object_is_named(capture, damage, named):
    registration, folder, _ = capture
    path = folder.parent / f"{VIDEO_ID}_3dod_annotation.json"
    content = json.loads(path.read_text())
    damage(content["data"][5])
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError, match=named) as raised:
        SOURCE.read_boxes(registration)
    assert str(raised.value).startswith(f"scene {VIDEO_ID}: {path}: ")
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(path)]
    assert "annotated" in SOURCE.box_origins(registration)


def test_a_truncated_annotation_is_named(capture):
    registration, folder, _ = capture
    path = folder.parent / f"{VIDEO_ID}_3dod_annotation.json"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match="truncated") as raised:
        SOURCE.read_boxes(registration)
    assert raised.value.path == str(path)


def test_one_bad_frame_is_dropped_with_its_file_named_and_the_others_go_on(capture, written):
    registration, folder, cameras = capture
    first, second, third, last = sorted(cameras)
    name = f"{VIDEO_ID}_{float(first):.3f}"
    (folder / f"lowres_wide_intrinsics/{name}.pincam").unlink()
    depth = folder / f"lowres_depth/{VIDEO_ID}_{float(second):.3f}.png"
    depth.unlink()
    lines = (folder / "lowres_wide.traj").read_text().splitlines()
    lines[2] = lines[2].split()[0] + " nan nan nan nan nan nan"
    (folder / "lowres_wide.traj").write_text("\n".join(lines))
    reasons = {entry.frame_id: entry.problem for entry in SOURCE.frame_entries(registration)}
    assert reasons[first] == f"lowres_wide_intrinsics/{name}.pincam: the file is missing"
    assert reasons[second].startswith("lowres_depth/: no image is of the time of lowres_wide/")
    assert reasons[third].startswith("lowres_wide.traj: at 10000.050 s the pose holds NaN")
    image = folder / f"lowres_wide/{VIDEO_ID}_{float(last):.3f}.png"
    image.write_bytes(image.read_bytes()[:300])
    with pytest.raises(SourceError, match="no usable frame"):
        read(registration)
    shutil.copytree(written[0], Path(registration.root).parents[2], dirs_exist_ok=True)
    image.write_bytes(b"")
    scene = read(registration)
    assert [drop["frame_id"] for drop in scene.dropped] == [last]
    assert f"lowres_wide/{image.name}: the file is empty" in scene.dropped[0]["reason"]
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(image)]


def test_an_image_of_another_size_than_its_intrinsics_is_refused(capture):
    registration, folder, cameras = capture
    for path in (folder / "lowres_wide").iterdir():
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (80, 60)))
    with pytest.raises(SourceError, match="80x60 pixels, but its intrinsics are for 160x120"):
        read(registration)
    (finding,) = SOURCE.findings(registration)
    assert finding.path.endswith(f"{VIDEO_ID}_{float(min(cameras)):.3f}.png")
    assert "80x60" in finding.problem


@pytest.mark.parametrize(
    "missing", ["lowres_wide", "lowres_wide_intrinsics", "lowres_wide.traj", "lowres_depth", "annotation"]
)
def test_what_is_missing_as_a_whole_is_named(capture, missing):
    registration, folder, _ = capture
    path = folder / missing if missing != "annotation" else folder.parent / f"{VIDEO_ID}_3dod_annotation.json"
    path.rename(path.with_name("gone"))
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(path)]
    assert SOURCE.findings(registration)[0].page == SOURCE.page
    if missing == "lowres_depth":
        assert read(registration).frames["depth"].is_null().all()
        assert SOURCE.box_origins(registration) == ("annotated",)
    elif missing != "annotation":
        with pytest.raises(SourceError) as raised:
            read(registration)
        assert raised.value.path == str(path)
        assert str(raised.value).startswith(f"scene {VIDEO_ID}: {path}: ")


def test_all_that_is_missing_is_named_at_once(capture):
    registration, folder, _ = capture
    gone = [folder / "lowres_depth", folder / "lowres_wide.traj", folder / "lowres_wide_intrinsics"]
    for path in gone:
        path.rename(path.with_name(f"gone_{path.name}"))
    assert {finding.path for finding in SOURCE.findings(registration)} == set(map(str, gone))


def test_a_trajectory_that_does_not_fit_or_is_cut_off_is_named(capture):
    registration, folder, _ = capture
    trajectory = folder / "lowres_wide.traj"
    lines = trajectory.read_text().splitlines()
    trajectory.write_text("\n".join(lines)[:-30])
    with pytest.raises(SourceError, match=f"line {len(lines)} does not hold 7 numbers"):
        SOURCE.frame_entries(registration)
    trajectory.write_text("\n".join(f"{float(line.split()[0]) + 9}" + line[line.index(" ") :] for line in lines))
    with pytest.raises(SourceError, match="none of its poses") as raised:
        SOURCE.frame_entries(registration)
    assert raised.value.path == str(trajectory)


def test_a_sound_capture_has_no_findings_and_unknown_options_are_refused(capture):
    registration, _, _ = capture
    assert SOURCE.findings(registration) == []
    for options, told in (({"colour": "wide"}, "'colour' is unknown"), ({"color": "ultrawide"}, "one of auto")):
        (finding,) = SOURCE.findings(replace(registration, options=options))
        assert told in finding.problem
    with pytest.raises(SourceError, match="option color can be lowres_wide here"):
        read(replace(registration, options={"color": "vga_wide"}))


def test_signatures_change_with_what_is_read(capture):
    registration, folder, cameras = capture
    before = SOURCE.signature(registration)
    assert SOURCE.signature(registration) == before
    annotation = folder.parent / f"{VIDEO_ID}_3dod_annotation.json"
    annotation.write_text(annotation.read_text() + " ")
    after = SOURCE.signature(registration)
    assert (after["frames"] == before["frames"], after["boxes"] == before["boxes"]) == (True, False)
    pincam = folder / f"lowres_wide_intrinsics/{VIDEO_ID}_{float(min(cameras)):.3f}.pincam"
    pincam.write_text(pincam.read_text() + " ")
    assert SOURCE.signature(registration)["frames"] != before["frames"]


def test_an_image_is_turned_in_its_own_type_and_a_broken_one_refused(tmp_path):
    depth = np.random.default_rng(1).integers(0, 65535, (6, 8), np.uint16)
    color = np.random.default_rng(2).integers(0, 255, (6, 8, 3), np.uint8)
    files = {"depth.png": depth, "depth.tiff": (depth / 1000).astype(np.float32), "color.png": color[..., ::-1]}
    for name, pixels in files.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    for name, expected in (("depth.png", depth), ("depth.tiff", files["depth.tiff"]), ("color.png", color)):
        for turns in range(4):
            found = read_stored(reference(str(tmp_path / name), "turned", quarter_turns=turns, width=8, height=6))
            assert found.dtype == expected.dtype
            assert np.array_equal(np.rot90(found, -turns), expected)
    photo = tmp_path / "color.jpg"
    cv2.imwrite(str(photo), cv2.resize(color, (64, 48)))
    assert read_color(reference(str(photo), "turned", quarter_turns=1)).shape == (64, 48, 3)
    photo.write_bytes(photo.read_bytes()[:-300])
    (tmp_path / "text.png").write_text("no image")
    for name, told in (("color.jpg", "truncated"), ("text.png", "no readable"), ("gone.png", "missing")):
        with pytest.raises(ImageError, match=told) as raised:
            read_stored(reference(str(tmp_path / name), "turned", quarter_turns=1))
        assert str(tmp_path / name) in str(raised.value)
    with pytest.raises(ImageError, match="8x6 pixels, but its intrinsics are for 6x8"):
        read_stored(reference(str(tmp_path / "color.png"), "turned", quarter_turns=1, width=6, height=8))
