import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources import sources
from resources.sources.registration import Registration, SourceError, read, register, registered, validate_scene_id


@pytest.mark.parametrize(
    "scene_id",
    [
        "",
        ".",
        "..",
        "a/b",
        "../a",
        "a..b",
        "a|b",
        "a+b",
        "a=b",
        ".hidden",
        "-x",
        "a b",
        "a\n",
        "a\0",
        "küche",
        "x" * 101,
    ],
)
def test_an_id_that_breaks_a_path_or_a_partition_key_is_refused(scene_id):
    with pytest.raises(SourceError, match="for example"):
        validate_scene_id(scene_id)


@settings(deadline=None)
@given(st.text(max_size=150))
def test_the_proposed_id_is_allowed(scene_id):
    try:
        assert validate_scene_id(scene_id) == scene_id
    except SourceError as error:
        proposed = str(error).rsplit("for example ", 1)[1].strip("'")
        assert validate_scene_id(proposed) == proposed


def test_a_registration_is_read_back_and_written_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    room = Registration("room.1", "rgbd_folder", "rooms/1", license="CC BY 4.0", depth_scale=5000, options={"a": [1]})
    assert room.root == str(tmp_path / "rooms" / "1")
    assert register(tmp_path, room) == "added"
    file = tmp_path / "scenes" / "room.1.json"
    before = file.stat().st_mtime_ns
    assert register(tmp_path, room) == "unchanged"
    assert file.stat().st_mtime_ns == before
    assert read(tmp_path, "room.1") == room
    moved = Registration("room.1", "rgbd_folder", "/elsewhere")
    assert register(f"file://{tmp_path}", moved) == "changed"
    assert read(tmp_path, "room.1") == moved
    register(tmp_path, Registration("annex", "rgbd_folder", "/annex"))
    assert registered(tmp_path) == ["annex", "room.1"]
    assert sorted(path.name for path in (tmp_path / "scenes").iterdir()) == ["annex.json", "room.1.json"]


def test_a_registry_may_lie_in_an_object_store():
    room = Registration("room", "rgbd_folder", "/room")
    assert register("memory://home", room) == "added"
    assert register("memory://home", room) == "unchanged"
    assert read("memory://home", "room") == room
    assert registered("memory://home") == ["room"]
    assert registered("memory://nowhere") == []


def test_a_full_disk_leaves_the_old_registration(tmp_path, monkeypatch):
    room = Registration("room", "rgbd_folder", "/room")
    register(tmp_path, room)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("resources.files.os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        register(tmp_path, Registration("room", "rgbd_folder", "/other"))
    assert read(tmp_path, "room") == room
    assert [path.name for path in (tmp_path / "scenes").iterdir()] == ["room.json"]


def test_errors_name_what_is_wrong(tmp_path):
    register(tmp_path, Registration("room", "rgbd_folder", "/room"))
    with pytest.raises(SourceError, match=r"scene hall is not registered in .* \(registered: room\)"):
        read(tmp_path, "hall")
    file = tmp_path / "scenes" / "room.json"
    for text, message in (
        ('{"scene_id": "room"', "broken registration"),
        ("[]", "is no JSON object"),
        (json.dumps({"scene_id": "room", "source": "rgbd_folder"}), "'root' is missing"),
        (json.dumps({"scene_id": "room", "source": "rgbd_folder", "root": "/", "rot": 1}), "'rot' is no field"),
        (json.dumps({"scene_id": "hall", "source": "rgbd_folder", "root": "/"}), "holds the scene hall"),
    ):
        file.write_text(text)
        with pytest.raises(SourceError, match=message) as caught:
            read(tmp_path, "room")
        assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("depth_scale", 0), ("depth_scale", float("nan")), ("depth_scale", True), ("metric", 1), ("root", "")],
)
def test_a_wrong_value_is_refused(field, value):
    values = {"scene_id": "room", "source": "rgbd_folder", "root": "/room"} | {field: value}
    with pytest.raises(SourceError, match=f"scene room: {field}="):
        Registration(**values)


def test_layouts_are_found_by_name():
    assert "rgbd_folder" in sources.available()
    assert not {"registration", "frame_files", "box_file"} & set(sources.available())
    assert sources.load("rgbd_folder").name == "rgbd_folder"
    with pytest.raises(SourceError, match=r"source 'scannet3' is unknown; choose one of .*rgbd_folder"):
        sources.load("scannet3")
