"""The whole graph, as a user runs it: what is shared, what is skipped, what goes stale, what a bad scene does."""

import json
import shutil
from pathlib import Path

import cv2
import dagster as dg
import numpy as np
import polars as pl
import pytest

from openspatial_assets import staleness
from openspatial_assets.assets.graph import GRAPH, assets
from openspatial_assets.assets.provenance import asset_key
from openspatial_assets.automation import launch, resources
from openspatial_assets.definitions import defs
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.partitions import LIFTED
from openspatial_assets.staleness import context_of, footers
from openspatial_assets.variants import VARIANTS, Variant
from resources import catalog
from resources.lake import Lake, Partition
from resources.sources.registration import Registration, register
from resources.store import Workplace
from resources.tables import TABLES

UPSTREAM = ("scenes", "frames", "scene_boxes", "frame_visibility", "refined_masks")
TOLERANCE_M = VisibilitySettings().occlusion_tolerance_m
QUESTIONS = tuple(f"qa/{name}" for name in SUBTASKS)
ANNOTATED = tuple(name for name, variant in VARIANTS.items() if variant.boxes == "annotated")
COMPUTED = (*QUESTIONS, "rejections", "verifications", "view_pairs", "point_matches", "floor_cells")


def run(workplace, instance, variants=ANNOTATED, scenes=None) -> list[str]:
    """Launch, and give back what was logged."""
    lines: list[str] = []
    launch(workplace, instance, variants, scenes, lines.append)
    return lines


def planned(workplace, variants=ANNOTATED) -> list[staleness.Planned]:
    context = context_of(GRAPH, workplace.path, workplace.settings(), footers(workplace.lake))
    return staleness.plan(context, list(variants))


def materialisations(instance, table: str) -> int:
    return len(instance.fetch_materializations(asset_key(table), limit=1000).records)


def contents(lake: Lake, tables=COMPUTED) -> dict[tuple[str, str], str]:
    return {(name, str(p)): record.content for name in tables for p, record in lake.records(TABLES[name]).items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory, rooms) -> tuple[Workplace, dg.DagsterInstance, dict]:
    """Two rooms: `box_centric` first, then `point_cloud_centric`, with the plans and counts between."""
    workplace = Workplace(home=str(tmp_path_factory.mktemp("home")), workers=2)
    for room in rooms:
        register(workplace.path, room)
    with dg.DagsterInstance.ephemeral() as instance:
        seen = {"first": run(workplace, instance, ["box_centric"])}
        seen["before"] = {table: materialisations(instance, table) for table in UPSTREAM}
        seen["plan"] = planned(workplace, ["point_cloud_centric"])
        seen["second"] = run(workplace, instance, ["point_cloud_centric"])
        seen["after"] = {table: materialisations(instance, table) for table in UPSTREAM}
        seen["third"] = run(workplace, instance, ["no_filter"])
        yield workplace, instance, seen


def test_an_ablation_of_the_representation_runs_nothing_above_object_frames(made):
    _, _, seen = made
    assert {item.output.table.name for item in seen["plan"]}.isdisjoint(UPSTREAM)
    assert {"object_frames", "dataset", "training_export", *QUESTIONS} <= {i.output.table.name for i in seen["plan"]}
    assert seen["after"] == seen["before"]
    assert all(count == 2 for count in seen["before"].values()), "one event a scene, and none twice"


def test_what_is_up_to_date_is_not_run_again(made):
    workplace, instance, _ = made
    runs = len(instance.get_runs())
    assert run(workplace, instance) == ["plan: nothing is missing or out of date"]
    assert len(instance.get_runs()) == runs


def test_a_backfill_of_what_is_up_to_date_hears_of_every_partition(made):
    """Dagster's daemon counts a partition without a materialisation as failed, and then starts nothing below it."""
    workplace, instance, _ = made
    job = dg.Definitions(assets(), resources=resources(workplace)).resolve_implicit_global_asset_job_def()
    before = [materialisations(instance, table) for table in ("scenes", "frames")]
    tags = {"dagster/asset_partition_range_start": "room_0", "dagster/asset_partition_range_end": "room_1"}
    keys = [asset_key("scenes"), asset_key("frames")]
    job.execute_in_process(instance=instance, asset_selection=keys, tags={**tags, "dagster/backfill": "by_hand"})
    assert [materialisations(instance, table) for table in ("scenes", "frames")] == [count + 2 for count in before]
    event = instance.fetch_materializations(asset_key("frames"), limit=1).records[0].asset_materialization
    assert event.metadata["unchanged"].value
    assert "preview" in event.metadata
    job.execute_in_process(instance=instance, asset_selection=keys, tags=tags)
    assert [materialisations(instance, table) for table in ("scenes", "frames")] == [count + 2 for count in before]


def test_a_changed_occlusion_threshold_makes_stale_visibility_and_what_is_below(made):
    workplace, _, _ = made
    settings = Path(workplace.path) / "settings.toml"
    settings.write_text("[visibility]\nocclusion_tolerance_m = 0.031\n")
    try:
        stale = planned(workplace, ["box_centric"])
    finally:
        settings.unlink()
    lifting = {output.table.name for stage in GRAPH.stages if stage.axis == LIFTED for output in stage.outputs}
    above = {"reconstructions", "depth_maps", "scenes", "frames", "scene_mesh", "floor_cells", "scene_boxes", *lifting}
    below = {table.name for table, _ in GRAPH.tables()} - above
    assert {item.output.table.name for item in stale} == below
    why = {item.reason for item in stale if item.output.table.name == "frame_visibility"}
    assert why == {f"setting visibility.occlusion_tolerance_m changed from {TOLERANCE_M} to 0.031"}
    assert planned(workplace, ["box_centric"]) == []


def test_a_change_without_effect_stops_where_it_has_none(made, tmp_path, instance):
    """Early cut-off: a threshold that alters no row recomputes visibility, and finds all below unchanged."""
    source, _, _ = made
    home = tmp_path / "copy"
    shutil.copytree(source.path, home)
    workplace = Workplace(home=str(home), workers=1, overrides={"visibility.occlusion_tolerance_m": TOLERANCE_M + 1e-9})
    before = contents(workplace.lake)
    lines = run(workplace, instance, ["box_centric"])
    assert any("occlusion_tolerance_m changed" in line for line in lines)
    assert contents(workplace.lake) == before
    record = workplace.lake.record(TABLES["refined_masks"], _masks("room_0"))
    assert record.parts["input frame_visibility [scene=room_0, boxes_visibility=annotated+depth]"] == (
        workplace.lake.record(TABLES["frame_visibility"], _visibility("room_0")).content
    )
    log = [event.user_message for run_ in instance.get_runs() for event in instance.all_logs(run_.run_id)]
    assert any("2 of 2 partitions are up to date" in message for message in log)


def test_adding_a_variant_takes_one_entry(made, tmp_path, instance, monkeypatch):
    source, _, _ = made
    monkeypatch.setitem(VARIANTS, "depth_masks", Variant("annotated", "depth", "depth", "box"))
    home = tmp_path / "copy"
    shutil.copytree(source.path, home)
    workplace = Workplace(home=str(home), workers=1)
    tables = {item.output.table.name for item in planned(workplace, ["depth_masks"])}
    assert tables.isdisjoint({"scenes", "frames", "scene_boxes", "frame_visibility"})
    run(workplace, instance, ["depth_masks"])
    with catalog.connect(workplace.lake) as connection:
        assert connection.execute("select count(*) from questions where variant = 'depth_masks'").fetchone()[0] > 50
    masks = next(a for a in assets() if asset_key("refined_masks") in a.keys)
    assert "annotated+depth+depth" in str(masks.partitions_def)


def test_any_number_of_workers_and_any_order_of_scenes_write_the_same_bytes(made, rooms, tmp_path, instance):
    source, _, _ = made
    home = tmp_path / "one_worker"
    for room in reversed(rooms):
        register(home, room)
    alone = Workplace(home=str(home), workers=1)
    run(alone, instance, ["box_centric"], ["room_1"])
    run(alone, instance, ["box_centric"], ["room_0"])
    for name in (*QUESTIONS, "rejections", "object_frames", "view_pairs", "point_matches", "verifications"):
        for scene in ("room_0", "room_1"):
            partition = Partition.of(scene=scene, variant="box_centric")
            one, two = (Path(lake.path(TABLES[name], partition)) for lake in (alone.lake, source.lake))
            assert one.read_bytes() == two.read_bytes(), (name, scene)


def test_duckdb_answers_over_all_sub_tasks(made):
    workplace, _, _ = made
    with catalog.connect(workplace.lake) as connection:
        rows = connection.execute(
            "select subtask, form, count(*) from questions where variant='box_centric' group by all"
        ).fetchall()
    assert {subtask for subtask, _, _ in rows} == set(SUBTASKS)
    assert all(count > 0 for _, _, count in rows)


def test_every_asset_tells_what_it_is(made):
    _, instance, _ = made
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    for table, _ in GRAPH.tables():
        node = graph.get(asset_key(table.name))
        assert node.description
        assert node.owners
        assert node.kinds
        assert node.group_name not in (None, "default")
        columns = {column.name: column for column in node.metadata["dagster/column_schema"].columns}
        assert list(columns) == list(table.columns)
        assert all(column.description for column in columns.values())
        if GRAPH.writer(table.name).axis == LIFTED:
            continue
        event = instance.fetch_materializations(asset_key(table.name), limit=1).records[0].asset_materialization
        rows = event.metadata["dagster/row_count"].value
        if table.name != "scenes" and not (rows == 0 and table.name in ("reconstructions", "depth_maps")):
            assert "preview" in event.metadata, table.name


def test_all_checks_pass(made):
    _, instance, _ = made
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        list(defs.resolve_asset_graph().asset_check_keys)
    )
    failed = {
        key.to_user_string(): record.event.dagster_event.asset_check_evaluation_data.metadata
        for key, record in checks.items()
        if record.event and not record.event.dagster_event.asset_check_evaluation_data.passed
    }
    assert not failed
    assert len(checks) > len(GRAPH.tables())


def test_one_bad_scene_is_named_and_harms_no_other(rooms, tmp_path, instance):
    workplace = Workplace(home=str(tmp_path / "home"), workers=2)
    broken = tmp_path / "broken"
    shutil.copytree(rooms[0].root, broken)
    objects = json.loads((broken / "objects.json").read_text())
    objects[1]["obb"][3] = -1.0
    (broken / "objects.json").write_text(json.dumps(objects))
    register(workplace.path, Registration("broken", "rgbd_folder", str(broken)))
    register(workplace.path, rooms[1])
    run(workplace, instance, ["box_centric"])
    lake = workplace.lake
    failures = {
        (table.name, p.get("scene")): text for table, _ in GRAPH.tables() for p, text in lake.failures(table).items()
    }
    assert {scene for _, scene in failures} == {"broken"}
    assert all("objects.json" in text and objects[1]["id"] in text for text in failures.values())
    assert lake.record(TABLES["scene_boxes"], Partition.of(scene="broken", boxes="annotated")) is None
    dataset = lake.read(TABLES["dataset"], Partition.of(variant="box_centric"))
    assert set(dataset["scene_id"]) == {"room_1"}

    objects[1]["obb"][3] = 1.0
    (broken / "objects.json").write_text(json.dumps(objects))
    run(workplace, instance, ["box_centric"])
    assert not any(lake.failures(table) for table, _ in GRAPH.tables())
    assert set(lake.read(TABLES["dataset"], Partition.of(variant="box_centric"))["scene_id"]) == {"room_1", "broken"}


def test_the_home_may_be_an_object_store(rooms, instance):
    """fsspec's memory file system stands for one: no rename, no local path, and DuckDB reads it through fsspec."""
    workplace = Workplace(home="memory://test-home", workers=1)
    register(workplace.path, rooms[0])
    run(workplace, instance, ["no_filter"])
    assert run(workplace, instance, ["no_filter"]) == ["plan: nothing is missing or out of date"]
    samples = workplace.lake.read(TABLES["training_export"], Partition.of(variant="no_filter"))
    with catalog.connect(workplace.lake) as connection:
        exported = connection.execute("select count(*) from training_export where variant = 'no_filter'").fetchone()
    assert exported == (samples.height,)
    assert samples.height > 100


def test_real_kitchen_goes_through_to_training_export_by_the_launchpad_job(shared, tmp_path, instance, monkeypatch):
    monkeypatch.setenv("OPENSPATIAL_HOME", str(tmp_path / "home"))
    config = {"dir": str(shared / "redkitchen"), "license": "CC-BY-4.0", "variants": ["box_centric"]}
    result = defs.resolve_job_def("add_scene").execute_in_process(
        instance=instance, run_config={"ops": {"register_and_materialise": {"config": config}}}
    )
    assert result.success
    lake = Workplace().lake
    assert not any(lake.failures(table) for table, _ in GRAPH.tables())
    assert lake.read(TABLES["frames"], Partition.of(scene="redkitchen")).height == 63
    samples = lake.read(TABLES["training_export"], Partition.of(variant="box_centric"))
    assert samples.height > 100
    # All cameras stand in one strip beside the table, from which no way leads past a first object.
    assert set(samples["subtask"]) == set(SUBTASKS) - {"route_plan"}
    assert set(samples["license"]) == {"CC-BY-4.0"}
    assert samples.select(pl.col("messages").list.len().min()).item() == 2
    pictures = samples["QA_images"].explode().struct.field("bytes").to_list()
    sizes = {cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape for data in pictures[::50]}
    assert sizes == {(480, 640, 3)}


def _visibility(scene: str) -> Partition:
    return Partition.of(scene=scene, boxes_visibility="annotated+depth")


def _masks(scene: str) -> Partition:
    return Partition.of(scene=scene, boxes_visibility_masks="annotated+depth+grabcut")
