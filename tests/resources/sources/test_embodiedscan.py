"""EmbodiedScan: what a known room, written as four scenes of four datasets, is read as; and what is broken."""

import json
import pickle
import shutil
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.datasets.embodiedscan import INFOS, SAMPLES, SCENE_IDS, pack, write_embodiedscan, write_infos
from support.readings import assert_boxes, assert_frames, read
from support.truth_scene import furnished_room, held_sideways, turned_upright

from resources import safe_pickle, sources
from resources.images import ImageError, decode_depth
from resources.sources.annotations import boxes_table
from resources.sources.layouts.embodiedscan import index
from resources.sources.layouts.embodiedscan.boxes import annotations, rotations_from_zxy
from resources.sources.registration import Registration, SourceError
from resources.stored_images import read_stored, reference

SOURCE = sources.load("embodiedscan")
ROOM = furnished_room(160, 120, frames=4)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("OPENSPATIAL_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The data root, which no test changes, and the cameras by scene and frame."""
    root = tmp_path_factory.mktemp("embodiedscan")
    return root, write_embodiedscan(root, ROOM)


@pytest.fixture
def copied(written, tmp_path) -> Path:
    """A data root of the test's own."""
    return shutil.copytree(written[0], tmp_path / "data")


def discovered(root: Path) -> dict[str, Registration]:
    """Dataset beneath -> the scene's registration."""
    found = {scene.scene_id: scene for scene in SOURCE.discover(str(root))}
    return {dataset: found[scene_id] for dataset, scene_id in SCENE_IDS.items() if scene_id in found}


def change(root: Path, edit, infos: str = INFOS) -> None:
    """Write the pickle file anew, with its data list changed by `edit(scenes by dataset, content)`."""
    content = pickle.loads((root / infos).read_bytes())
    edit({entry["sample_idx"].split("/")[0]: entry for entry in content["data_list"]}, content)
    write_infos(root / infos, content)


@pytest.mark.parametrize(("dataset", "packed"), [("3rscan", False), ("3rscan", True), ("arkitscenes", False)])
def test_images_of_a_device_held_upright_are_turned_upright(tmp_path, dataset, packed):
    stored = write_embodiedscan(tmp_path, held_sideways(ROOM), [dataset], packed=packed)
    registration = discovered(tmp_path)[dataset]
    taken = zip(sorted(stored[registration.scene_id].items()), ROOM.cameras, strict=True)
    expected = {name: turned_upright(camera, upright) for (name, camera), upright in taken}
    assert_frames(read(registration).frames, ROOM, expected)
    assert SOURCE.findings(registration) == []


@pytest.mark.parametrize("dataset", SAMPLES)
def test_a_scene_of_each_dataset_is_read_as_it_was(written, dataset):
    root, cameras = written
    registration = discovered(root)[dataset]
    scene = read(registration)
    assert not scene.dropped
    assert_frames(scene.frames, ROOM, cameras[registration.scene_id])
    assert_boxes(scene.boxes, ROOM.boxes)
    assert scene.boxes["tag"].to_list()[:4] == ["table", "office chair", "office chair", "cabinet"]
    assert scene.boxes["object_id"].to_list()[:3] == ["table_2", "office_chair_5", "office_chair_8"]
    assert scene.frames["depth_scale"].unique().to_list() == [4000.0 if dataset == "matterport3d" else 1000.0]
    assert (scene.frames["depth_intrinsics"].null_count() == 0) == (dataset in ("scannet", "3rscan"))
    assert (scene.metric, scene.gravity_aligned) == (True, True)
    assert SOURCE.findings(registration) == []
    assert SOURCE.box_origins(registration) == ("annotated", "lifted")


def test_each_scene_carries_the_licences_of_images_and_annotations(written):
    for dataset, words in (
        ("scannet", "ScanNet Terms of Use"),
        ("3rscan", "3RScan Terms of Use"),
        ("matterport3d", "Matterport3D Terms of Use"),
        ("arkitscenes", "ARKitScenes licence, CC BY-NC-SA 4.0"),
    ):
        license = SOURCE.license(discovered(written[0])[dataset])
        assert license.startswith(words)
        assert license.endswith("EmbodiedScan annotations, CC BY-NC-SA 4.0")


def test_discovery_is_of_this_layout_alone_and_takes_a_scene_of_two_files_once(written, tmp_path):
    root, _ = written
    for name in sources.available():
        assert bool(list(sources.load(name).discover(str(root)))) == (name == "embodiedscan")
    for other in ("", "scannet", "nowhere"):
        assert list(SOURCE.discover(str(tmp_path / other))) == []
    data = tmp_path / "data"
    write_embodiedscan(data, ROOM.with_frames(1), ("scannet", "3rscan"), "embodiedscan-v2/embodiedscan_infos_train.pkl")
    content = pickle.loads((data / "embodiedscan-v2/embodiedscan_infos_train.pkl").read_bytes())
    scannet = content["data_list"][0]
    long = "scannet/" + "x" * 150
    arkit = [scannet | {"sample_idx": f"arkitscenes/{split}/7"} for split in ("Training", "Validation")]
    content["data_list"] = [scannet, scannet | {"sample_idx": long}, scannet | {"sample_idx": long + "y"}, *arkit]
    write_infos(data / "embodiedscan-v2/embodiedscan_infos_val.pkl", content)
    found = list(SOURCE.discover(str(data)))
    assert len({scene.scene_id for scene in found}) == len(found) == 6
    assert [scene.options["infos"][-9:] for scene in found] == ["train.pkl"] * 2 + ["s_val.pkl"] * 4
    assert found[4].scene_id == "embodiedscan-arkitscenes-7"
    assert {scene.root for scene in found} == {str(data)}
    assert read(found[1]).boxes.height == len(ROOM.boxes)
    no_file_named = replace(found[0], options={"sample": SAMPLES["scannet"]})
    assert read(no_file_named).boxes.height == len(ROOM.boxes)


def test_the_pickle_is_opened_once_however_many_workers_start_at_once(written, cache, monkeypatch):
    loads, load = [], safe_pickle.load

    def counted(path):
        loads.append(path)
        time.sleep(0.2)  # so that all are waiting
        return load(path)

    monkeypatch.setattr(safe_pickle, "load", counted)
    scenes = [
        Registration(SCENE_IDS[dataset], "embodiedscan", str(written[0]), options={"sample": sample, "infos": INFOS})
        for dataset, sample in SAMPLES.items()
    ]
    start = threading.Barrier(8)

    def work(number: int) -> int:
        start.wait()
        scene = scenes[number % len(scenes)]
        SOURCE.prepare(scene)
        return len(SOURCE.frame_entries(scene)) + SOURCE.read_boxes(scene).height

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(8))) == {4 + len(ROOM.boxes)}
    assert list(SOURCE.discover(str(written[0])))
    assert len(loads) == 1
    folder = index.index_of(written[0] / INFOS)
    assert folder.parent == cache / "embodiedscan"
    assert len(list(folder.iterdir())) == len(SAMPLES) + 1, "a file for each scene"


def test_a_changed_pickle_gets_a_new_index_and_the_old_one_goes(copied, cache):
    registration = discovered(copied)["3rscan"]
    (leftover := index.index_of(copied / INFOS).with_name("other")).mkdir()
    before = SOURCE.signature(registration)
    assert SOURCE.signature(registration) == before
    change(copied, lambda scenes, _: scenes["scannet"]["instances"].pop())
    assert SOURCE.signature(registration) == before, "of this scene the file says the same"
    assert SOURCE.read_boxes(discovered(copied)["scannet"]).height == len(ROOM.boxes) - 1
    assert sum(path.is_dir() for path in (cache / "embodiedscan").iterdir()) == 2, "the new one and another file's"
    assert leftover.exists()
    change(copied, lambda scenes, _: scenes["3rscan"]["instances"].pop())
    after = SOURCE.signature(registration)
    assert (after["frames"] == before["frames"], after["boxes"] == before["boxes"]) == (True, False)
    (copied / SAMPLES["3rscan"] / "sequence/frame-000010.depth.pgm").touch()
    assert SOURCE.signature(registration)["frames"] != before["frames"]
    index.index_of(copied / INFOS).joinpath("scenes.json").write_text("{")
    with pytest.raises(SourceError, match=r"its index is damaged .* remove "):
        discovered(copied)


def test_a_cache_that_cannot_be_written_is_named(written, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("OPENSPATIAL_CACHE", str(tmp_path / "file"))
    with pytest.raises(SourceError, match=r"set OPENSPATIAL_CACHE to a folder that can be written"):
        discovered(written[0])


def test_images_of_3rscan_are_read_out_of_their_archive(copied, written):
    pack(copied)
    registration = discovered(copied)["3rscan"]
    scene = read(registration)
    assert_frames(scene.frames, ROOM, written[1][registration.scene_id])
    assert all("sequence.zip#" in image for column in ("image", "depth") for image in scene.frames[column])
    assert SOURCE.findings(registration) == []
    change(
        copied, lambda scenes, _: scenes["3rscan"]["images"][1].update(depth_path=f"{SAMPLES['3rscan']}/sequence/x.pgm")
    )
    (finding,) = SOURCE.findings(registration)
    assert finding.path.endswith("sequence.zip#x.pgm")
    archive = copied / SAMPLES["3rscan"] / "sequence.zip"
    archive.write_bytes(archive.read_bytes()[:500])
    (finding,) = SOURCE.findings(registration)
    assert (finding.path, "no readable archive" in finding.problem) == (str(archive), True)
    archive.unlink()
    with pytest.raises(SourceError, match=r"sequence: is missing.*sequence\.zip") as raised:
        read(registration)
    assert raised.value.path == str(archive.with_suffix(""))


def test_angles_turn_about_the_boxs_own_axes_and_gimbal_lock_is_none():
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, (50, 3))
    angles[25:, 1] = -np.pi / 2
    assert np.allclose(rotations_from_zxy(angles), Rotation.from_euler("ZXY", angles).as_matrix(), atol=1e-12)
    assert not np.allclose(rotations_from_zxy(angles), Rotation.from_euler("zxy", angles).as_matrix(), atol=0.1)
    assert not np.allclose(rotations_from_zxy(angles), Rotation.from_euler("ZYX", angles).as_matrix(), atol=0.1)


def test_real_boxes_of_a_3rscan_scene_stand_as_their_names_say(shared):
    content = json.loads((shared / "embodiedscan/tutorial_scene.json").read_text())
    instances = [
        {"bbox_3d": item["9dof_bbox"], "bbox_id": number, "label": item["label"]}
        for number, item in enumerate(content["instances"])
    ]
    boxes = boxes_table("tutorial", "tutorial_scene.json", annotations(instances))
    assert boxes.height == 41
    names = boxes["label"].to_list()
    assert {"floor", "ceiling", "wall"} <= set(names)
    for name, extents, rpy in zip(names, boxes["extents"], boxes["rpy"], strict=True):
        thin, height = int(np.argmin(extents)), extents[2]
        axis = Rotation.from_euler("ZYX", np.asarray(rpy)[::-1]).as_matrix()[:, thin]
        if name in ("floor", "ceiling"):
            assert thin == 2, (name, extents)
            assert height == pytest.approx(0.27, abs=0.02)
            assert abs(axis[2]) > 0.99
        if name == "wall":
            assert abs(axis[2]) < 0.1, (name, extents)


def test_categories_may_be_a_list(copied):
    names = list(pickle.loads((copied / INFOS).read_bytes())["metainfo"]["categories"])
    entries = [{"id": np.int64(number + 1), "category": name} for number, name in enumerate(names)]
    for listed in (names, entries):
        change(copied, lambda _, content, listed=listed: content["metainfo"].update(categories=listed))
        assert_boxes(SOURCE.read_boxes(discovered(copied)["scannet"]), ROOM.boxes)

    def count_from_zero(scenes, content):
        content["metainfo"]["categories"] = names
        for instance in (item for scene in scenes.values() for item in scene["instances"]):
            instance["bbox_label_3d"] -= 1
        scenes["3rscan"]["instances"][0]["bbox_label_3d"] = 0

    change(copied, count_from_zero)
    assert_boxes(SOURCE.read_boxes(discovered(copied)["scannet"]), ROOM.boxes)
    assert SOURCE.read_boxes(discovered(copied)["3rscan"])["label"][0] == "adhesive tape"


def test_a_hidden_test_split_has_no_boxes(copied):
    change(copied, lambda scenes, _: [scene.pop("instances") for scene in scenes.values()])
    registration = discovered(copied)["scannet"]
    assert read(registration).boxes is None
    assert SOURCE.box_origins(registration) == ("lifted",)
    assert SOURCE.findings(registration) == []


LOST = np.full((4, 4), -np.inf)
MIRRORED = np.diag([1.0, -1.0, 1.0, 1.0])
OTHER_LENS = np.array([[90.0, 0, 80, 0], [0, 90, 60, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"cam2global": LOST}, "00010.jpg: the pose is infinite"),
        ({"cam2global": MIRRORED}, "00010.jpg: the pose is mirrored"),
        ({"cam2global": np.eye(3)}, "00010.jpg: its cam2global is missing or no 4x4 matrix"),
        ({"cam2global": [[1, 0], [0]]}, "00010.jpg: its cam2global is no matrix of numbers"),
        ({"cam2img": OTHER_LENS}, "cam2img of the image and of the scene are not the same"),
        ({"depth_cam2img": np.diag([-1.0, 1, 1, 1])}, "00010.jpg: depth_cam2img: fx, fy, cx, cy must be positive"),
        ({"img_path": "scannet/../../../etc/passwd"}, "wrong path: 'scannet/../../../etc/passwd' is no path"),
        ({"img_path": "/etc/hosts/x"}, "is no path of an image"),
        ({"img_path": "scannet/a/b.jpg#zip?member=c"}, "is no path of an image"),
        ({"depth_path": "scannet/http://x/y.png"}, "is no path of an image"),
        ({"depth_path": "3rscan/a/b.png"}, "3rscan/a/b.png is no image of ScanNet"),
        ({"img_path": 5}, "5 is no path of an image"),
        (
            {"img_path": "scannet/posed_images/scene0011_01/00000.jpg"},
            "00000.jpg: the pickle file lists the image twice",
        ),
    ],
)
def test_one_bad_image_is_dropped_by_name_and_the_others_go_on(copied, edit, told):
    change(copied, lambda scenes, _: scenes["scannet"]["images"][1].update(edit))
    registration = discovered(copied)["scannet"]
    scene = read(registration)
    assert scene.frames.height == 3
    (drop,) = scene.dropped
    assert told in drop["reason"]
    lost = edit.get("cam2global") is LOST
    assert [told in finding.problem for finding in SOURCE.findings(registration)] == [True] * (not lost)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda scene: scene.update(axis_align_matrix=MIRRORED), "its axis_align_matrix is mirrored"),
        (lambda scene: scene.update(axis_align_matrix="eye"), "its axis_align_matrix is no matrix of numbers"),
        (lambda scene: scene.update(cam2img=2 * OTHER_LENS), "cam2img: is not of the form"),
        (lambda scene: scene.update(images=[]), "lists no image of scannet/scene0011_01"),
        (lambda scene: scene["instances"][2].pop("bbox_id"), "object 2 of its instances has no bbox_id"),
        (lambda scene: scene["instances"][2].update(bbox_id=5), "object 'office_chair_5': the id occurs 2 times"),
        (lambda scene: scene["instances"][2].update(bbox_label_3d=999), "has the category 999"),
        (lambda scene: scene["instances"][2].update(bbox_3d=np.ones(7)), r"\(office_chair\) has no bbox_3d of 9"),
        (lambda scene: scene["instances"][2].update(bbox_3d=[0, 0, 0, 1, -1, 1, 0, 0, 0]), "an extent is negative"),
        (lambda scene: scene["instances"][2].update(bbox_3d=[np.nan] * 9), "its center must be 3 finite"),
    ],
)
def test_what_the_whole_scene_shares_is_named_and_other_scenes_go_on(copied, edit, told):
    change(copied, lambda scenes, _: edit(scenes["scannet"]))
    registration, other = discovered(copied)["scannet"], discovered(copied)["3rscan"]
    with pytest.raises(SourceError, match=told) as raised:
        read(registration)
    assert str(raised.value).startswith(f"scene {registration.scene_id}: {copied / INFOS}: ")
    assert raised.value.path == str(copied / INFOS)
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(copied / INFOS)]
    assert read(other).frames.height == 4


def test_what_contradicts_itself_without_harm_is_a_finding(copied):
    def edit(scenes, content):
        scenes["scannet"]["images"][2]["visible_instance_ids"] = [0, 40]
        scenes["3rscan"].pop("axis_align_matrix")
        content["data_list"] += [{"images": []}, "text", scenes["scannet"]]

    change(copied, edit)
    scenes = discovered(copied)
    problems = {finding.path.rpartition("#")[2]: finding.problem for finding in SOURCE.findings(scenes["scannet"])}
    assert set(problems) == {"data_list", f"{SAMPLES['scannet']}:visible_instance_ids"}
    assert "00020.jpg" in problems[f"{SAMPLES['scannet']}:visible_instance_ids"]
    assert "entry 4 of data_list has no sample_idx" in problems["data_list"]
    assert "entry 6 of data_list is scannet/scene0011_01 once more" in problems["data_list"]
    assert read(scenes["scannet"]).frames.height == 4
    assert any(finding.path.endswith(":axis_align_matrix") for finding in SOURCE.findings(scenes["3rscan"]))


def test_every_missing_image_is_named_and_its_frame_dropped(copied):
    registration = discovered(copied)["scannet"]
    folder = copied / "scannet/posed_images/scene0011_01"
    gone = [folder / "00000.jpg", folder / "00010.png"]
    for path in gone:
        path.unlink()
    (folder / "00030.png").write_bytes(b"")
    found = {finding.path: finding for finding in SOURCE.findings(registration)}
    assert set(found) == {*map(str, gone), str(folder / "00030.png")}
    assert found[str(gone[0])].problem == "the file is missing; it is a colour image of the scene"
    assert "scan-net.org" in found[str(gone[1])].page
    scene = read(registration)
    assert scene.frames["frame_id"].to_list() == ["00020"]
    reasons = {drop["frame_id"]: drop["reason"] for drop in scene.dropped}
    assert reasons["00010"] == "scannet/posed_images/scene0011_01/00010.png: the file is missing"


@pytest.mark.parametrize("dataset", SAMPLES)
def test_a_dataset_that_was_not_downloaded_is_named_with_its_page(copied, dataset):
    registrations = discovered(copied)
    shutil.rmtree(copied / dataset)
    (finding,) = SOURCE.findings(registrations[dataset])
    assert finding.path == str(copied / dataset)
    assert finding.page in finding.problem
    with pytest.raises(SourceError, match="download it from http") as raised:
        read(registrations[dataset])
    assert raised.value.path == str(copied / dataset)
    for other in set(SAMPLES) - {dataset}:
        assert SOURCE.findings(registrations[other]) == []
    (copied / dataset).mkdir()
    with pytest.raises(SourceError, match="it holds the scene's images of"):
        read(registrations[dataset])


def test_a_pickle_that_is_broken_or_runs_something_is_named(copied, tmp_path, monkeypatch):
    registration = discovered(copied)["scannet"]
    path, marker = copied / INFOS, tmp_path / "marker"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"_val\.pkl: is truncated") as raised:
        read(registration)
    assert str(raised.value).startswith(f"scene {registration.scene_id}: {path}: ")
    assert [finding.path for finding in SOURCE.findings(registration)] == [str(path)]
    code = f"open({str(marker)!r}, 'w')".encode()
    path.write_bytes(b"}S'data_list'\n(lcbuiltins\neval\n(V" + code + b"\ntRas.")
    (broken,) = SOURCE.discover(str(copied))
    with pytest.raises(SourceError, match=r"names builtins\.eval") as raised:
        SOURCE.prepare(broken)
    assert str(raised.value).startswith(f"scene {broken.scene_id}: {path}: ")
    assert [finding.path for finding in SOURCE.findings(broken)] == [str(path)]
    assert not marker.exists()
    for content in ([], {"metainfo": {}}, {"data_list": 5}):
        write_infos(path, content)
        with pytest.raises(SourceError, match="has no data_list"):
            SOURCE.prepare(broken)
    (copied / "embodiedscan_infos_test.pkl").write_bytes(whole)
    assert set(discovered(copied)) == set(SAMPLES), "the other file's scenes go on"
    path.write_bytes(whole)
    with pytest.raises(SourceError, match="discover the folder instead"):
        SOURCE.prepare(broken)
    path.unlink()
    (copied / "embodiedscan_infos_test.pkl").unlink()
    for infos in (INFOS, ""):
        with pytest.raises(SourceError, match=r"cannot be read|has no embodiedscan_infos_"):
            read(replace(registration, options=registration.options | {"infos": infos}))


def test_lists_that_repeat_themselves_do_not_fill_the_memory(copied):
    bomb = [0.0] * 10
    for _ in range(30):
        bomb = [bomb] * 10
    change(copied, lambda scenes, _: scenes["scannet"]["images"][1].update(cam2global=bomb, cam2img=[1 << 5000]))
    (drop,) = read(discovered(copied)["scannet"]).dropped
    assert "00010.jpg: its cam2global" in drop["reason"]


def test_options_are_checked(written):
    registration = discovered(written[0])["scannet"]
    for options, told in (
        ({"sampel": "x"}, "'sampel' is unknown"),
        ({}, "the option sample is missing"),
        ({"sample": "scannet/gone"}, "has no scene scannet/gone"),
        ({"sample": 5}, "must be a text"),
    ):
        with pytest.raises(SourceError, match=told):
            read(replace(registration, options=options))


def test_an_image_of_an_unknown_dataset_is_refused(copied):
    change(copied, lambda scenes, _: scenes["scannet"].update(sample_idx="replica/room0"))
    (unknown,) = [scene for scene in SOURCE.discover(str(copied)) if "replica" in scene.scene_id]
    with pytest.raises(SourceError, match="replica/room0 is of an unknown dataset; known are scannet, 3rscan"):
        read(unknown)
    assert SOURCE.license(unknown) == SOURCE.module.LICENSE


def pgm(width: int, height: int, largest: int, pixels: bytes, gap: bytes = b"\n") -> bytes:
    return gap.join([b"P5", b"%d" % width, b"%d" % height, b"%d" % largest]) + b"\n" + pixels


def test_a_pgm_image_has_its_high_byte_first(tmp_path):
    values = np.array([[1, 256, 4660], [65534, 0, 7]], np.uint16)
    path = tmp_path / "depth.pgm"
    pixels = struct.pack(">6H", *values.ravel())
    for gap in (b"\n", b" ", b" # made by a tablet\n", b"\r\n"):
        path.write_bytes(pgm(3, 2, 65535, pixels, gap))
        found = decode_depth(read_stored(reference(str(path), "pgm")), str(path))
        assert found.dtype == np.uint16
        assert np.array_equal(found, values)
    path.write_bytes(pgm(3, 2, 255, bytes(range(6))))
    assert np.array_equal(read_stored(reference(str(path), "pgm")), np.arange(6).reshape(2, 3))
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.arange(6).reshape(2, 3))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (pgm(3, 2, 65535, bytes(11)), "is truncated: it has 11 bytes of pixels; 3x2 of them have 12"),
        (pgm(3, 2, 65535, bytes(13)), "has 13 bytes of pixels"),
        (pgm(200_000, 200_000, 65535, bytes(12)), "200000x200000 pixels"),
        (pgm(0, 2, 65535, b""), "0x2 pixels"),
        (pgm(3, 2, 65536, bytes(12)), "values up to 65536"),
        (pgm(3, 2, 0, bytes(12)), "values up to 0"),
        (b"P2\n1 1\n255\n0", "no binary PGM"),
        (b"P5\n3 -2\n255\n", "no binary PGM"),
        (b"P5\n3 2\n", "no binary PGM"),
        (b"P5" + b"# comment\n" * 1000 + b"3 2 255\n", "no binary PGM"),
        (b"", "the file is empty"),
    ],
)
def test_a_broken_pgm_image_is_refused_by_name(tmp_path, data, told):
    path = tmp_path / "depth.pgm"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=told) as raised:
        read_stored(reference(str(path), "pgm"))
    assert str(path) in str(raised.value)
    with pytest.raises(ImageError, match=r"gone\.pgm: the file is missing"):
        read_stored(reference(str(tmp_path / "gone.pgm"), "pgm"))


def test_images_are_listed_without_opening_them(copied):
    def edit(scenes, _):
        first = scenes["scannet"]["images"][0]
        scenes["scannet"]["images"] = [
            first | {"img_path": f"scannet/posed_images/scene0011_01/{number:05d}.jpg"} for number in range(1000)
        ]

    change(copied, edit)
    registration = discovered(copied)["scannet"]
    assert len(SOURCE.frame_entries(registration)) == 1000
