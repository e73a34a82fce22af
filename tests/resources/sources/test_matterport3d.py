"""Matterport3D: a region of a building, in the form it is downloaded, is read as the room it shows."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.datasets.matterport3d import BUILDING, REGION, write_matterport3d
from support.readings import assert_boxes, assert_frames, read
from support.truth_scene import furnished_room

from resources import sources
from resources.sources.layouts.matterport3d import top_left_intrinsics
from resources.sources.registration import Registration, SourceError

LABELS = {0: "coffee table", 3: "kitchen cabinet /other", 7: ""}
PLAIN = furnished_room(160, 120, frames=4)
ROOM = replace(
    PLAIN,
    boxes=tuple(replace(box, label=LABELS.get(number, box.label)) for number, box in enumerate(PLAIN.boxes)),
)
SOURCE = sources.load("matterport3d")
STEP_M = 1 / 4000


def by_id(frames: dict) -> dict:
    return {f"{panorama:04d}_{camera}_{yaw}": truth for (panorama, camera, yaw), truth in frames.items()}


def region_of(root: Path, region: int = REGION) -> Registration:
    found = {registration.scene_id: registration for registration in SOURCE.discover(str(root))}
    return found[f"{BUILDING}-region{region}"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("written") / "matterport3d"
    return root, by_id(write_matterport3d(root, ROOM))


@pytest.fixture
def building(written, tmp_path):
    """A building: the registration of the room's region, the building's folder, and the cameras by frame id."""
    shutil.copytree(written[0], tmp_path, dirs_exist_ok=True)
    return region_of(tmp_path), tmp_path / "v1/scans" / BUILDING, written[1]


def text_files(folder: Path) -> tuple[Path, Path]:
    """`.house` and `.conf`."""
    return (
        folder / f"house_segmentations/{BUILDING}.house",
        folder / f"undistorted_camera_parameters/{BUILDING}.conf",
    )


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def test_a_region_is_read_as_the_room_it_shows(written):
    root, cameras = written
    scene = read(region_of(root))
    assert not scene.dropped
    assert_frames(scene.frames, ROOM, cameras, depth_step_m=STEP_M)
    assert_boxes(scene.boxes, ROOM.boxes)
    assert scene.frames["depth_scale"].unique().to_list() == [4000.0]
    assert len({tuple(row) for row in scene.frames["intrinsics"].to_list()}) == 2, "each camera has its own"
    assert scene.boxes["tag"][0] == "coffee table"
    assert scene.boxes["tag"][7] == "object", "what has no category is untyped"
    assert scene.boxes["object_id"].to_list()[:4] == [
        "coffee_table_1",
        "office_chair_2",
        "office_chair_3",
        "kitchen_cabinet_other_4",
    ]
    assert (scene.metric, scene.gravity_aligned, scene.license) == (True, True, SOURCE.module.LICENSE)
    assert SOURCE.findings(region_of(root)) == []


def test_a_region_has_only_its_own_panoramas_and_objects(written):
    root, _ = written
    found = list(SOURCE.discover(str(root)))
    assert [registration.scene_id for registration in found] == [f"{BUILDING}-region0", f"{BUILDING}-region1"]
    other = read(found[0])
    assert other.frames["frame_id"].to_list() == ["0000_0_0"]
    assert other.boxes["label"].to_list() == ["bathtub"]


def test_rows_are_counted_from_the_bottom_and_from_zero():
    # A quoted camera of the dataset: in its .conf file, and in the original calibration, which counts from the top.
    assert top_left_intrinsics((1076.45, 1077.19, 631.116, 509.202), 1024) == pytest.approx(
        (1076.45, 1077.19, 631.116, 513.798)
    )


@pytest.mark.parametrize("level", ["", "v1", "v1/scans", f"v1/scans/{BUILDING}"])
def test_buildings_are_found_at_each_level(written, level):
    root, _ = written
    assert [found.scene_id[-1] for found in SOURCE.discover(str(root / level))] == ["0", "1"]


def test_folders_that_unpacking_has_put_further_down_are_found(written, tmp_path):
    cameras = by_id(write_matterport3d(tmp_path / "nested", ROOM.with_frames(2), nested=True))
    assert_frames(read(region_of(tmp_path / "nested")).frames, ROOM, cameras, depth_step_m=STEP_M)
    shutil.copytree(written[0], tmp_path / "bundles")
    folder = tmp_path / "bundles/v1/scans" / BUILDING
    for bundle in list(folder.iterdir()):
        moved = bundle.rename(folder / "moved")
        (folder / bundle.name / BUILDING).mkdir(parents=True)
        moved.rename(folder / bundle.name / BUILDING / bundle.name)
    assert read(region_of(tmp_path / "bundles")).frames.height == len(written[1])


def test_no_other_dataset_is_taken_for_a_building(tmp_path):
    for folder in ("color", "posed_images/scene0000_00", "41069021/41069021_frames", "undistorted_color_images"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "house_segmentations").mkdir()
    (tmp_path / "house_segmentations/another.house").write_text("ASCII 1.1\n")
    for root in (tmp_path, tmp_path / "color", tmp_path / "nowhere"):
        assert list(SOURCE.discover(str(root))) == []


@pytest.mark.parametrize(
    ("missing", "stops"),
    [
        (f"undistorted_camera_parameters/{BUILDING}.conf", True),
        (f"house_segmentations/{BUILDING}.house", True),
        ("undistorted_color_images", True),
        ("undistorted_depth_images", False),
    ],
)
def test_what_is_missing_as_a_whole_is_named(building, missing, stops):
    registration, folder, _ = building
    path = folder / missing
    path.rename(folder / "gone")
    (finding,) = SOURCE.findings(registration)
    assert (finding.path, finding.page) == (str(path), SOURCE.page)
    if stops:
        with pytest.raises(SourceError) as raised:
            read(registration)
        assert raised.value.path == str(path)
        assert str(raised.value).startswith(f"scene {registration.scene_id}: {path}: ")
    else:
        assert read(registration).frames["depth"].is_null().all()
        assert SOURCE.box_origins(registration) == ("annotated",)


def test_a_building_without_its_regions_is_one_scene_whose_findings_say_so(building):
    registration, folder, _ = building
    house, _ = text_files(folder)
    house.unlink()
    (found,) = SOURCE.discover(registration.root)
    assert found.scene_id == BUILDING
    assert str(house) in [finding.path for finding in SOURCE.findings(found)]


def test_a_region_that_is_not_there_is_told_with_those_that_are(building):
    registration, _, _ = building
    with pytest.raises(SourceError, match="no panorama in region 7; those with panoramas are 0, 1"):
        SOURCE.frame_entries(replace(registration, options={"region": 7}))
    for options, told in (({}, "region is missing"), ({"region": "1"}, "whole number"), ({"room": 1}, "unknown")):
        assert any(told in finding.problem for finding in SOURCE.findings(replace(registration, options=options)))


def test_one_bad_image_is_dropped_with_its_file_named_and_the_others_go_on(building):
    registration, folder, cameras = building
    _, conf = text_files(folder)
    first, second, third, last = sorted(cameras)
    lines = [line for line in conf.read_text().splitlines() if line.startswith("scan")][-4:]
    (_, _, color, *_), (_, _, second_color, *_), (_, third_depth, *_), _ = (line.split() for line in lines)
    edit(conf, lines[0], lines[0].replace(".jpg ", ".jpg -inf ").rsplit(maxsplit=1)[0])
    edit(conf, lines[1], lines[1].replace("_d1_", "_d0_"))
    depth = folder / "undistorted_depth_images" / third_depth
    depth.unlink()
    scene = read(registration)
    assert scene.frames["frame_id"].to_list() == [last]
    reasons = {drop["frame_id"]: drop["reason"] for drop in scene.dropped}
    assert reasons[first] == f"{conf.name}: {color}: the pose is infinite (tracking was lost)"
    assert reasons[second].startswith(f"{conf.name}: {second_color}: stands beside the depth of another image")
    assert reasons[third] == f"undistorted_depth_images/{depth.name}: the file is missing"
    paths = [finding.path for finding in SOURCE.findings(registration)]
    assert len(paths) == 3
    assert str(depth) in paths


def test_truncated_and_contradictory_text_files_are_named(building):
    registration, folder, _ = building
    house, conf = text_files(folder)
    whole = {path: path.read_text() for path in (house, conf)}
    damages = [
        (house, lambda text: text[: text.index("O  3 ")], "announces 13 objects but holds 3"),
        (house, lambda text: text[: text.index("O  3 ") + 20], "is broken; the file may be truncated"),
        (house, lambda text: "", "does not begin with ASCII"),
        (conf, lambda text: text[: text.rindex("scan")], "announces 6 images but holds 5"),
        (conf, lambda text: text.replace("intrinsics_matrix", "intrinsics_matrix x", 1), "line 6: its intrinsics"),
        (conf, lambda text: text.replace("a38325e3", "ff8325e3").replace("a48325e3", "ee8325e3"), "no image of region"),
    ]
    for path, damage, told in damages:
        path.write_text(damage(whole[path]))
        with pytest.raises(SourceError, match=told) as raised:
            SOURCE.frame_entries(registration)
        assert raised.value.path == str(path)
        assert any(finding.path == str(path) for finding in SOURCE.findings(registration))
        path.write_text(whole[path])


def test_a_panorama_without_images_is_a_finding(building):
    registration, folder, cameras = building
    _, conf = text_files(folder)
    edit(conf, "a38325e3", "ff8325e3", count=-1)
    (finding,) = SOURCE.findings(registration)
    assert finding.path.startswith(f"{conf}#a38325e3")
    assert len(SOURCE.frame_entries(registration)) == len(cameras) - 2


def test_broken_objects_are_named_and_those_without_a_box_left_out(building):
    registration, folder, _ = building
    house, _ = text_files(folder)
    whole = house.read_text()
    (line,) = (line for line in whole.splitlines() if line.startswith("O  6 "))
    words = line.split()
    skewed = [*words[:10], *words[7:10], *words[13:]]
    for changed, told in ((skewed, "box_6"), ([*words[:3], "99", *words[4:]], "object 6: its category 99")):
        edit(house, line, " ".join(changed).replace("O ", "O  ", 1))
        with pytest.raises(SourceError, match=told) as raised:
            SOURCE.read_boxes(registration)
        assert raised.value.path == str(house)
        house.write_text(whole)
    assert whole.count("\nO ") == len(ROOM.boxes) + 5
    assert SOURCE.read_boxes(registration).height == len(ROOM.boxes)


def test_signatures_change_with_what_is_read(building):
    registration, folder, _ = building
    before = SOURCE.signature(registration)
    assert SOURCE.signature(registration) == before
    other = next((folder / "undistorted_color_images").glob("a18325*"))
    other.write_bytes(other.read_bytes() + b" ")
    assert SOURCE.signature(registration) == before, "another region's image"
    own = next((folder / "undistorted_color_images").glob("a38325*"))
    own.write_bytes(own.read_bytes() + b" ")
    after = SOURCE.signature(registration)
    assert (after["frames"] == before["frames"], after["boxes"] == before["boxes"]) == (False, True)
    house, _ = text_files(folder)
    house.write_text(house.read_text() + "\n")
    assert SOURCE.signature(registration)["boxes"] != before["boxes"]
