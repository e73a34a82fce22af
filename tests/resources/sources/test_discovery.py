"""Finding scenes under a folder and registering them: what is new, what is known, what is in the way."""

import json
import shutil
from dataclasses import replace

import pytest

from resources import sources
from resources.settings import SettingError, load
from resources.sources.discovery import discovered, layout_of_folder, register_found
from resources.sources.discovery_settings import DatasetRoot
from resources.sources.registration import Registration, SourceError, read, register, registered


@pytest.fixture
def root(make_folder, tmp_path):
    """A folder with two scenes and something else."""
    (tmp_path / "dataset" / "papers").mkdir(parents=True)
    (tmp_path / "dataset" / "readme.txt").write_text("no scene")
    for name in ("kitchen", "hall"):
        shutil.move(make_folder(frames=2, name=name).root, tmp_path / "dataset" / name)
    return tmp_path / "dataset"


def test_the_same_folder_again_changes_nothing(root, tmp_path):
    home = tmp_path / "home"
    first = register_found(home, discovered(DatasetRoot(str(root))))
    assert (first.added, first.refused) == (["hall", "kitchen"], [])
    files = {path: path.read_bytes() for path in (home / "scenes").iterdir()}
    again = register_found(home, discovered(DatasetRoot(f"{root}/")))
    assert again.unchanged == ["hall", "kitchen"]
    assert {path: path.read_bytes() for path in (home / "scenes").iterdir()} == files
    scene = read(home, "hall")
    assert (scene.source, scene.root) == ("rgbd_folder", str(root / "hall"))
    assert sources.of(scene).findings(scene) == []


def test_patterns_prefix_licence_and_options_are_taken_along(root, tmp_path):
    place = DatasetRoot(str(root), "rgbd_folder", "k* pantry", "my-", "CC0-1.0", {"gravity_aligned": False})
    (scene,) = discovered(place)
    assert (scene.scene_id, scene.license) == ("my-kitchen", "CC0-1.0")
    assert not sources.of(scene).is_gravity_aligned(scene)
    assert discovered(replace(place, pattern="nothing")) == []


def test_what_a_person_has_said_of_a_scene_stays(root, tmp_path):
    home = tmp_path / "home"
    register(home, Registration("hall", "rgbd_folder", str(root / "hall"), "CC-BY-4.0", depth_scale=500.0))
    done = register_found(home, discovered(DatasetRoot(str(root))))
    assert (done.added, done.unchanged) == (["kitchen"], ["hall"])
    assert (read(home, "hall").license, read(home, "hall").depth_scale) == ("CC-BY-4.0", 500.0)
    done = register_found(home, discovered(DatasetRoot(str(root), license="CC0-1.0")))
    assert done.changed == ["hall", "kitchen"], "what the folder's own entry says now, holds"
    assert read(home, "hall").depth_scale == 500.0


def test_another_scene_of_the_same_name_is_named_and_left(root, tmp_path):
    home = tmp_path / "home"
    register(home, Registration("hall", "rgbd_folder", str(tmp_path / "elsewhere")))
    done = register_found(home, discovered(DatasetRoot(str(root))))
    assert done.added == ["kitchen"]
    assert "give the folder a prefix" in done.refused[0]
    assert read(home, "hall").root == str(tmp_path / "elsewhere")


def test_a_broken_registration_stops_no_other(root, tmp_path):
    home = tmp_path / "home"
    (home / "scenes").mkdir(parents=True)
    (home / "scenes" / "hall.json").write_text("{")
    done = register_found(home, discovered(DatasetRoot(str(root))))
    assert done.added == ["kitchen"]
    assert "hall.json" in done.refused[0]


def test_so_many_at_a_time(root, tmp_path):
    found = discovered(DatasetRoot(str(root)))
    assert register_found(tmp_path, found, most=1).added == ["hall"]
    assert register_found(tmp_path, found, most=1).added == ["kitchen"]
    assert registered(tmp_path) == ["hall", "kitchen"]


def test_a_folder_tells_its_layout_or_that_it_holds_several_scenes(root):
    assert layout_of_folder(str(root / "hall")).scene_id == "hall"
    assert layout_of_folder(str(root / "papers")) is None
    with pytest.raises(SourceError, match=r"holds 2 scenes \(hall, kitchen\)"):
        layout_of_folder(str(root))
    assert layout_of_folder(str(root), scene_id="kitchen").root == str(root / "kitchen")


def test_wrong_places_say_what_to_name(tmp_path):
    with pytest.raises(SourceError, match="nowhere is no folder on this machine"):
        discovered(DatasetRoot(str(tmp_path / "nowhere")))
    with pytest.raises(SourceError, match="source 'scanet' is unknown; choose one of"):
        discovered(DatasetRoot(str(tmp_path), "scanet"))


def test_findings_name_every_file_and_not_only_the_first(root):
    hall = root / "hall"
    (hall / "color" / "000000.jpg").write_bytes(b"")
    (hall / "pose" / "000001.txt").unlink()
    (hall / "objects.json").write_text(json.dumps([{"id": 1}]))
    scene = layout_of_folder(str(hall))
    found = {finding.path: finding.problem for finding in sources.of(scene).findings(scene)}
    assert found[str(hall / "color" / "000000.jpg")] == "the file is empty"
    assert any("pose/000001.txt: the file is missing" in problem for problem in found.values())
    assert "label must be a text" in found[str(hall / "objects.json")]
    assert len(found) == 3


def test_the_settings_name_folders(tmp_path):
    (tmp_path / "settings.toml").write_text(
        '[[discovery.roots]]\nroot = "/data/scannet"\nsource = "scannet"\noptions = {every = 20}\n'
    )
    (place,) = load(str(tmp_path))["discovery"].roots
    assert (place.root, place.pattern, place.options) == ("/data/scannet", "*", {"every": 20})
    (tmp_path / "settings.toml").write_text('[[discovery.roots]]\nfolder = "/data/scannet"\n')
    with pytest.raises(SettingError, match="roots"):
        load(str(tmp_path))
