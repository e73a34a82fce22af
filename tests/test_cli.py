"""The commands beside Dagster's own: what they print, and what they say of wrong requests."""

import json
import shutil

import pytest

from openspatial_assets.cli import main
from resources.sources.registration import read, registered


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENSPATIAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    return tmp_path / "home"


def test_scene_materialises_a_folder_and_plan_then_has_nothing_to_do(rooms, home, capsys):
    assert main(["--workers", "1", "scene", rooms[0].root, "--id", "mine", "--variant", "no_filter"]) == 0
    printed = capsys.readouterr().out
    assert "plan: sources: 2 partitions: missing" in printed
    assert "questions so far" in printed
    assert "left_right" in printed
    assert str(home / "catalog.duckdb") in printed
    assert main(["plan", "--variant", "no_filter"]) == 0
    assert "nothing is missing or out of date" in capsys.readouterr().out
    assert (
        main(["sql", "select count(*) as asked from questions where variant = 'no_filter' having count(*) > 50"]) == 0
    )
    assert "asked" in capsys.readouterr().out
    assert main(["--workers", "1", "update", "--variant", "no_filter"]) == 0
    assert "nothing is missing or out of date" in capsys.readouterr().out
    assert main(["doctor"]) == 0
    assert "scene mine (rgbd_folder): ready (10 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scene", "DIR", "--id", "a/../b"], "scene id 'a/../b' cannot be used"),
        (["scene", "DIR", "--id", "a|b"], "for example 'a_b'"),
        (["scene", "DIR", "--source", "scanet"], "source 'scanet' is unknown; choose one of"),
        (["scene", "DIR", "--variant", "nothing"], "variant 'nothing' is unknown; choose from box_centric"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_written(rooms, home, capsys, arguments, message):
    assert main([rooms[0].root if word == "DIR" else word for word in arguments]) == 2
    assert message in capsys.readouterr().out
    assert registered(home) == []


def test_a_wrong_setting_names_file_and_setting(home, capsys):
    home.mkdir()
    (home / "settings.toml").write_text("[visibility]\nocclusion_tolerance_m = 'much'\n")
    assert main(["plan"]) == 2
    printed = capsys.readouterr().out
    assert "settings.toml" in printed
    assert "visibility.occlusion_tolerance_m='much'" in printed


def test_a_query_before_there_is_anything_says_what_to_do(home, capsys):
    assert main(["sql", "show tables"]) == 2
    assert "make demo" in capsys.readouterr().out


def test_doctor_and_scene_name_what_is_wrong_with_a_folder(rooms, tmp_path, home, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["--workers", "1", "scene", str(tmp_path / "empty"), "--variant", "no_filter"]) == 1
    assert "failed: scenes [scene=empty]: scene empty:" in capsys.readouterr().out
    assert main(["doctor"]) == 1
    assert str(tmp_path / "empty") in capsys.readouterr().out
    registration = json.loads((home / "scenes" / "empty.json").read_text())
    assert registration["source"] == "rgbd_folder"


def test_discover_registers_a_dataset_and_doctor_reads_it_beforehand(rooms, tmp_path, home, capsys):
    root = tmp_path / "dataset"
    for name in ("hall", "attic"):
        shutil.copytree(rooms[0].root, root / name)
    (root / "hall" / "depth" / "000003.png").unlink()
    (root / "hall" / "objects.json").write_text("[")
    assert main(["--workers", "1", "doctor", str(root)]) == 1
    printed = capsys.readouterr().out
    assert "scene attic (rgbd_folder): ready (10 frames" in printed
    assert "scene hall (rgbd_folder): 2 missing or wrong" in printed
    assert "depth/000003.png: the file is missing" in printed
    assert f"{root}/hall/objects.json: is no JSON file" in printed
    assert "1 of 2 scenes are ready" in printed
    assert registered(home) == []

    assert main(["discover", str(root), "--pattern", "at*", "--dry-run"]) == 0
    assert "attic (rgbd_folder)" in capsys.readouterr().out
    assert registered(home) == []
    assert main(["discover", str(root), "--prefix", "my-", "--option", "gravity_aligned=false"]) == 0
    assert "2 new, 0 changed, 0 known, 0 refused" in capsys.readouterr().out
    assert read(home, "my-attic").options == {"gravity_aligned": False}
    assert main(["discover", str(root), "--prefix", "my-"]) == 0
    assert "0 new, 0 changed, 2 known, 0 refused" in capsys.readouterr().out
    assert main(["doctor", str(tmp_path / "home")]) == 1
    assert "no scene found" in capsys.readouterr().out
    assert main(["doctor", str(tmp_path / "nowhere")]) == 2
    assert "nowhere is no folder" in capsys.readouterr().out
