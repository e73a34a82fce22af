"""The sensor of dataset folders, through real ticks: new scenes become partitions once, and none is in the way."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from openspatial_assets.automation import datasets
from openspatial_assets.definitions import defs
from openspatial_assets.partitions import SCENE_AXIS
from resources.sources.registration import read, registered


@pytest.fixture
def dataset(workplace, rooms, tmp_path) -> Path:
    """A folder with one scene, named in the settings beside one that does not exist."""
    root = tmp_path / "dataset"
    shutil.copytree(rooms[0].root, root / "room_a")
    entry = '[[discovery.roots]]\nroot = "{}"\npattern = "room_*"\n'
    Path(workplace.path).mkdir(parents=True, exist_ok=True)
    (Path(workplace.path) / "settings.toml").write_text(entry.format(tmp_path / "gone") + entry.format(root))
    return root


@pytest.fixture
def tick(workplace, instance):
    """One evaluation of the sensor, whose requests for partitions are granted."""

    def evaluate() -> dg.SensorResult:
        result = datasets(dg.build_sensor_context(instance, resources={"workplace": workplace}))
        for request in result.dynamic_partitions_requests or []:
            instance.add_dynamic_partitions(SCENE_AXIS, list(request.partition_keys))
        return result

    return evaluate


def test_new_scenes_become_partitions_once_and_a_missing_folder_is_named(workplace, instance, dataset, tick):
    first = tick()
    assert registered(workplace.path) == ["room_a"]
    assert instance.get_dynamic_partitions(SCENE_AXIS) == ["room_a"]
    assert "1 new scenes registered" in first.skip_reason.skip_message
    assert "gone is no folder" in first.skip_reason.skip_message
    assert not first.run_requests, "a whole dataset is computed only where that is asked for"
    again = tick()
    assert not again.dynamic_partitions_requests
    assert "new scenes" not in again.skip_reason.skip_message

    shutil.copytree(dataset / "room_a", dataset / "room_b")
    shutil.copytree(dataset / "room_a", dataset / "no_match")
    assert tick().dynamic_partitions_requests[0].partition_keys == ["room_b"]
    assert read(workplace.path, "room_b").source == "rgbd_folder"


def test_new_scenes_are_computed_where_the_settings_say_so(workplace, dataset, tick):
    path = Path(workplace.path) / "settings.toml"
    path.write_text("[discovery]\nmaterialise = true\n" + path.read_text())
    (request,) = tick().run_requests
    assert request.run_config["ops"]["materialise_what_changed"]["config"] == {"scenes": ["room_a"]}
    assert dg.validate_run_config(defs.resolve_job_def("bring_up_to_date"), request.run_config)
    assert not tick().run_requests


def test_a_scene_whose_partition_was_never_added_is_made_good(workplace, instance, dataset):
    for _ in range(2):  # the first tick's answer is lost
        result = datasets(dg.build_sensor_context(instance, resources={"workplace": workplace}))
        assert result.dynamic_partitions_requests[0].partition_keys == ["room_a"]


def test_without_a_folder_it_says_how_to_name_one(workplace, instance):
    result = datasets(dg.build_sensor_context(instance, resources={"workplace": workplace}))
    assert "[[discovery.roots]]" in result.skip_reason.skip_message
