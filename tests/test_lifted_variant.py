"""Lifted boxes as a variant: a room from recorded recognitions to questions; which scenes it applies to; who pays."""

import json
import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from openspatial_assets import staleness
from openspatial_assets.assets.graph import GRAPH
from openspatial_assets.assets.provenance import asset_key
from openspatial_assets.automation import failures, launch
from openspatial_assets.staleness import context_of, footers
from openspatial_assets.variants import VARIANTS
from resources.gemini import KEY_VARIABLES
from resources.lake import Partition
from resources.sources.registration import Registration, register
from resources.store import Workplace
from resources.tables import TABLES

LIFTING = {"recognitions", "instance_masks", "lifted_boxes"}


@pytest.fixture
def folder(rooms, tmp_path) -> Path:
    """A room as a user's RGB-D folder: without recorded recognitions."""
    copy = tmp_path / "folder"
    shutil.copytree(rooms[0].root, copy)
    (copy / "recognitions.json").unlink()
    return copy


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def planned_tables(workplace, variants) -> dict[str, set[str]]:
    """Variant -> the tables that a plan for it alone would make; and what it says of scenes that are left out."""
    context = context_of(GRAPH, workplace.path, workplace.settings(), footers(workplace.lake))
    made = {one: {item.output.table.name for item in staleness.plan(context, [one])} for one in variants}
    return made | {"left out": set(staleness.not_applicable(context, list(variants)))}


def test_objects_are_recognised_for_lifted_boxes_only(workplace, rooms):
    register(workplace.path, rooms[0])
    planned = planned_tables(workplace, VARIANTS)
    assert planned["left out"] == set()
    assert planned["lifted"] >= LIFTING
    assert not LIFTING & (planned["box_centric"] | planned["point_cloud_centric"] | planned["no_filter"])


def test_a_scene_without_recordings_and_key_is_left_out_of_what_is_lifted(workplace, folder, monkeypatch):
    register(workplace.path, Registration("mine", "rgbd_folder", str(folder)))
    planned = planned_tables(workplace, ["box_centric", "lifted"])
    assert planned["lifted"] == set()
    assert "dataset" in planned["box_centric"]
    (line,) = planned["left out"]
    assert line.startswith("mine: no lifted boxes to be had")
    monkeypatch.setenv(KEY_VARIABLES[0], "a-key")
    assert planned_tables(workplace, ["lifted"])["lifted"] >= LIFTING


def test_a_scene_without_boxes_is_left_out_of_what_needs_annotated_ones(workplace, folder):
    (folder / "objects.json").unlink()
    (folder / "recognitions.json").write_text(json.dumps({}))
    register(workplace.path, Registration("mine", "rgbd_folder", str(folder)))
    planned = planned_tables(workplace, ["box_centric", "lifted"])
    assert planned["box_centric"] == set()
    assert planned["lifted"] >= LIFTING
    assert planned["left out"] == {"mine: no annotated boxes to be had (the source has none)"}


@pytest.fixture(scope="module")
def lifted_room(rooms, tmp_path_factory):
    """A room through the whole graph, for lifted boxes only."""
    workplace = Workplace(home=str(tmp_path_factory.mktemp("home")), workers=2)
    register(workplace.path, rooms[0])
    with dg.DagsterInstance.ephemeral() as instance:
        launch(workplace, instance, ["lifted"], None, lambda line: None)
        yield workplace, instance


def test_a_room_goes_from_recorded_recognitions_to_verified_questions(lifted_room):
    workplace, _ = lifted_room
    assert failures(workplace) == []
    boxes = workplace.lake.read(TABLES["scene_boxes"], Partition.of(scene="room_0", boxes="lifted"))
    assert set(boxes["origin"]) == {"lifted"}
    assert boxes["confidence"].is_between(0, 1).all()
    asked = {
        name: workplace.lake.read(TABLES[name], Partition.of(scene="room_0", variant="lifted"))
        for name in TABLES
        if name.startswith("qa/")
    }
    assert sum(table.height > 0 for table in asked.values()) >= 14
    verified = workplace.lake.read(TABLES["verifications"], Partition.of(scene="room_0", variant="lifted"))
    assert verified.height == sum(table.height for table in asked.values()) > 500
    assert verified.filter(pl.col("problem").is_not_null()).rows() == []


def test_each_stage_of_lifting_shows_what_it_did(lifted_room):
    workplace, instance = lifted_room
    for name in sorted(LIFTING | {"scene_mesh"}):
        event = instance.fetch_materializations(asset_key(name), limit=1).records[0].asset_materialization
        assert event.metadata["dagster/row_count"].value > 0, name
        assert "preview" in event.metadata, name
    recognised = instance.fetch_materializations(asset_key("recognitions"), limit=1).records[0].asset_materialization
    assert recognised.metadata["recognizer"].value == "recorded"
    mesh = workplace.lake.read(TABLES["scene_mesh"], Partition.of(scene="room_0"))
    assert Path(mesh["mesh"][0]).is_file()


def test_lifting_again_does_nothing(lifted_room):
    workplace, instance = lifted_room
    lines: list[str] = []
    assert launch(workplace, instance, ["lifted"], None, lines.append) == []
    assert lines == ["plan: nothing is missing or out of date"]
