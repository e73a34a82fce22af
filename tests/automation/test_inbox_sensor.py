"""The inbox, through real ticks of its sensor: what becomes a scene, what does not yet, and what never does."""

import json
import os
import shutil
from pathlib import Path

import dagster as dg
import fsspec
import pytest

from openspatial_assets.definitions import defs
from resources.inbox import InboxSettings, Memory
from resources.inbox.desk import scene_id_of
from resources.sources.registration import Registration, read, register, registered, validate_scene_id
from resources.store import Workplace


@pytest.fixture
def box(workplace) -> Path:
    folder = Path(workplace.path) / "inbox"
    folder.mkdir(parents=True)
    return folder


def drop(folder: Path, name: str, content: bytes = b"", **side) -> Path:
    """A file of its own content, and the file beside it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content or f"video {name}".encode())
    if side:
        path.with_suffix(".json").write_text(json.dumps(side))
    return path


def test_the_first_tick_makes_the_inbox_and_says_where_it_is(workplace, tick):
    assert str(Path(workplace.path) / "inbox") in tick().skip_reason.skip_message
    assert (Path(workplace.path) / "inbox").is_dir()


def test_a_video_becomes_a_scene_once_it_has_stopped_changing(workplace, tick, box):
    path = drop(box, "My kitchen.mp4", b"half")
    assert not tick().run_requests
    path.write_bytes(b"half and half")
    first = tick()
    assert not first.run_requests
    assert "1 file waits until it stops changing" in first.skip_reason.skip_message
    assert not tick(InboxSettings().stable_s - 1).run_requests
    assert registered(workplace.path) == []

    result = tick(1)
    (request,) = result.run_requests
    assert result.dynamic_partitions_requests[0].partition_keys == ["My_kitchen"]
    assert request.run_config["ops"]["materialise_what_changed"]["config"] == {"scenes": ["My_kitchen"]}
    registration = read(workplace.path, "My_kitchen")
    assert (registration.source, registration.root) == ("video", str(path))
    assert registration.options["content_hash"] in request.run_key
    assert dg.validate_run_config(defs.resolve_job_def("bring_up_to_date"), request.run_config)
    assert tick.scenes() == []


def test_one_content_is_one_scene_whatever_its_name_and_whatever_is_forgotten(workplace, tick, box):
    path = drop(box, "kitchen.mp4")
    assert tick.scenes() == ["kitchen"]
    shutil.copy(path, box / "copy.mp4")
    assert tick.scenes() == []
    (box / "copy.mp4").unlink()
    path.rename(box / "renamed.mov")
    assert tick.scenes() == []
    assert read(workplace.path, "kitchen").root == str(box / "renamed.mov"), "the scene follows its file"
    for lost in (None, "no JSON", '{"waiting": [1]}'):
        tick.cursor = lost
        assert tick.scenes() == []
    assert registered(workplace.path) == ["kitchen"]


def test_a_request_that_was_lost_is_made_again(workplace, tick, box):
    drop(box, "kitchen.mp4")
    assert tick.scenes() == ["kitchen"]
    tick.cursor = None
    tick.instance.delete_dynamic_partition("scene", "kitchen")
    assert tick.scenes() == ["kitchen"]


def test_what_changes_in_place_is_run_again_as_the_same_scene(workplace, tick, box):
    path = drop(box, "kitchen.mp4")
    tick.scenes()
    before = read(workplace.path, "kitchen").options["content_hash"]
    path.write_bytes(b"another video under the same name")
    assert tick.scenes() == ["kitchen"]
    assert read(workplace.path, "kitchen").options["content_hash"] != before
    (box / "kitchen.recognitions.json").write_text("{}")
    assert tick.scenes() == ["kitchen"], "recorded recognitions arrived later"
    drop(box, "kitchen.mp4", path.read_bytes(), license="CC0-1.0", camera_height_m=1.5)
    assert tick.scenes() == ["kitchen"]
    assert read(workplace.path, "kitchen").license == "CC0-1.0"
    assert read(workplace.path, "kitchen").options["camera_height_m"] == 1.5
    assert registered(workplace.path) == ["kitchen"]


def test_names_become_valid_and_unique_ids(workplace, tick, box):
    register(workplace.path, Registration("clip", "rgbd_folder", "/data/clip"))
    for name in ("phone/clip.mp4", "tablet/Clip.mp4", "Küche (2).MOV", "-.mp4", "x" * 150 + ".mp4"):
        drop(box, name)
    scenes = tick.scenes()
    assert len(scenes) == 5
    assert "Kuche_2" in scenes
    assert len({scene.lower() for scene in (*scenes, "clip")}) == 6
    for name in ("a b", "..", "-", "é.è", "日本", "a..b", "x" * 300):
        validate_scene_id(scene_id_of(name))


def test_only_videos_and_nothing_hidden(tick, box):
    for name in ("notes.txt", "kitchen.mp4.part", ".hidden.mp4", ".trash/old.mp4", "kitchen.json"):
        drop(box, name)
    drop(box, "empty.mp4").write_bytes(b"")
    assert tick.scenes() == []


def test_a_side_file_says_id_and_license_and_a_broken_one_is_named(workplace, tick, box):
    workplace = Workplace(home=workplace.path, overrides={"inbox.license": "CC-BY-4.0"})
    tick.workplace = workplace
    drop(box, "a.mp4", scene_id="kitchen", license="CC0-1.0")
    drop(box, "b.mp4")
    drop(box, "c.mp4", lisence="CC0-1.0")
    drop(box, "d.mp4", scene_id="not/valid")
    drop(box, "e.mp4", scene_id="Kitchen")
    drop(box, "f.mp4", camera_height_m="high")
    drop(box, "g.mp4").with_suffix(".json").write_text("{")
    assert sorted(tick.scenes()) == ["b", "kitchen"]
    assert [read(workplace.path, scene).license for scene in ("kitchen", "b")] == ["CC0-1.0", "CC-BY-4.0"]
    said = tick().skip_reason.skip_message
    for text in ("c.mp4", "'lisence' is unknown", "d.mp4", "'not_valid'", "there is a scene kitchen already",
                 "camera_height_m='high'", "g.json beside it is no JSON"):  # fmt: skip
        assert text in said, said
    (box / "c.json").unlink()
    assert tick.scenes() == ["c"]


def test_files_that_vanish_or_cannot_be_read_stop_no_other(tick, box, monkeypatch):
    from resources.inbox import desk

    for name in ("gone.mp4", "locked.mp4", "good.mp4"):
        drop(box, name)
    locked, read_file = [True], desk.video_hash

    def hashed(filesystem, path):
        if path.endswith("gone.mp4"):
            os.unlink(path)
        if path.endswith("locked.mp4") and locked[0]:
            raise PermissionError(13, "Permission denied", path)
        return read_file(filesystem, path)

    monkeypatch.setattr(desk, "video_hash", hashed)
    assert tick.scenes() == ["good"]
    assert "locked.mp4: cannot be read now (Permission denied)" in tick().skip_reason.skip_message
    locked[0] = False
    assert tick.scenes() == ["locked"]


def test_a_file_that_grows_while_it_is_read_waits(tick, box, monkeypatch):
    from resources.inbox import desk

    path, read_file = drop(box, "kitchen.mp4"), desk.video_hash

    def grows(filesystem, name):
        found = read_file(filesystem, name)
        with open(name, "ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr(desk, "video_hash", grows)
    assert tick.scenes() == []
    monkeypatch.setattr(desk, "video_hash", read_file)
    assert tick.scenes() == ["kitchen"]
    assert path.read_bytes().endswith(b"more")


def test_a_tick_takes_a_bounded_number_of_files_and_too_large_ones_never(tick, box, workplace):
    overrides = {"inbox.files_a_tick": 2, "inbox.max_file_bytes": 100}
    tick.workplace = Workplace(home=workplace.path, overrides=overrides)
    for number in range(5):
        drop(box, f"clip_{number}.mp4")
    drop(box, "huge.mp4", b"x" * 101)
    tick()
    counts = [len(tick().run_requests) for _ in range(4)]
    assert counts == [2, 2, 1, 0]
    assert "huge.mp4: it has 101 bytes, more than inbox.max_file_bytes=100" in tick().skip_reason.skip_message
    tick.workplace = Workplace(home=workplace.path, overrides={"inbox.bytes_a_tick": 1})
    for number in range(2):
        drop(box, f"more_{number}.mp4")
    tick()
    assert [len(tick().run_requests) for _ in range(3)] == [1, 1, 0]


def test_the_inbox_may_be_an_object_store(workplace, tick):
    tick.workplace = Workplace(home=workplace.path, overrides={"inbox.folder": "memory://sensor-inbox"})
    assert "nothing new in memory://sensor-inbox" in tick().skip_reason.skip_message
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe_file("/sensor-inbox/kitchen.mp4", b"a video")
    filesystem.pipe_file("/sensor-inbox/kitchen.json", b'{"license": "CC0-1.0"}')
    assert tick.scenes() == ["kitchen"]
    registration = read(workplace.path, "kitchen")
    assert fsspec.open(registration.root).open().read() == b"a video"
    assert registration.license == "CC0-1.0"
    filesystem.mv("/sensor-inbox/kitchen.mp4", "/sensor-inbox/other.mp4")
    assert tick.scenes() == []


def test_memory_survives_its_text():
    memory = Memory({"a": ("s", 1.5)}, {"b": "t"}, {"c": ("u", "why")})
    assert Memory.of_text(memory.text) == memory


@pytest.mark.parametrize(("setting", "message"), [({"suffixes": ("mp4",)}, "dot"), ({"files_a_tick": 0}, "at least 1")])
def test_wrong_settings_are_named(setting, message):
    with pytest.raises(ValueError, match=message):
        InboxSettings(**setting)
