"""A plain video, from the inbox to exported questions: colour alone in, no pose, no depth, no scale.

The kitchen's 63 colour images are made a video and dropped in the inbox; a real sensor tick registers it, and the run
that the tick asks for takes it through the whole graph. Poses and depth are held against the kitchen's own.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest
from support.videos import aligned, depth_errors, video_of_files

from openspatial_assets.automation import failures, inbox, resources
from openspatial_assets.automation.jobs import bring_up_to_date
from resources import catalog
from resources.lake import Partition
from resources.store import Workplace
from resources.tables import TABLES

RMSE_M = 0.06
DEPTH_ERROR, DEPTH_COVERAGE = 0.04, 0.5
UP_DEG = 10.0
SENSOR = (525.0, 525.0, 320.0, 236.0)


@dataclass
class Taken:
    """What became of the video."""

    workplace: Workplace
    instance: dg.DagsterInstance
    ticks: list
    cursor: str | None
    kitchen: Path

    def table(self, name: str, **partition: str) -> pl.DataFrame:
        return self.workplace.lake.read(TABLES[name], Partition.of(**partition))


def tick(workplace: Workplace, instance: dg.DagsterInstance, cursor: str | None):
    """One look of the sensor, as Dagster's daemon makes it: partitions are added, the cursor is kept."""
    context = dg.build_sensor_context(instance, cursor=cursor, resources={"workplace": workplace})
    result = inbox(context)
    for request in result.dynamic_partitions_requests or []:
        instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
    return result


@pytest.fixture(scope="module")
def taken(tmp_path_factory, shared):
    kitchen, home = shared / "redkitchen", tmp_path_factory.mktemp("home")
    images = sorted((kitchen / "color").iterdir())
    recorded = json.loads((kitchen / "recognitions.json").read_text())
    of_video = {f"{number:06d}": recorded[file.stem] for number, file in enumerate(images) if file.stem in recorded}
    (home / "inbox").mkdir()
    (home / "settings.toml").write_text("[inbox]\nstable_s = 0.0\n")
    (home / "inbox" / "kitchen.recognitions.json").write_text(json.dumps(of_video))
    (home / "inbox" / "kitchen.json").write_text(json.dumps({"license": "CC-BY-4.0"}))
    video_of_files(home / "inbox" / "kitchen.mp4", images)
    workplace = Workplace(home=str(home), workers=2)
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = [tick(workplace, instance, None)]
        ticks.append(tick(workplace, instance, ticks[0].cursor))
        for request in ticks[1].run_requests:
            bring_up_to_date.execute_in_process(
                run_config=request.run_config, instance=instance, resources=resources(workplace), raise_on_error=False
            )
        yield Taken(workplace, instance, ticks, ticks[1].cursor, kitchen)


def test_the_sensor_takes_the_video_when_it_has_stopped_changing_and_only_once(taken):
    first, second = taken.ticks
    assert not first.run_requests
    assert [request.tags["scene"] for request in second.run_requests] == ["kitchen"]
    assert taken.instance.get_dynamic_partitions("scene") == ["kitchen"]
    for cursor in (taken.cursor, None):
        again = tick(taken.workplace, taken.instance, cursor)
        assert not again.run_requests
        assert not tick(taken.workplace, taken.instance, again.cursor).run_requests
    assert taken.instance.get_dynamic_partitions("scene") == ["kitchen"]


def test_everything_is_made_of_it(taken):
    assert failures(taken.workplace) == []
    with catalog.connect(taken.workplace.lake) as connection:
        scene, metric, license_ = connection.execute("select scene_id, metric, license from scenes").fetchone()
        subtasks = connection.execute("select count(distinct subtask), count(*) from questions").fetchone()
    assert (scene, metric, license_) == ("kitchen", False, "CC-BY-4.0")
    assert subtasks[0] >= 8
    assert subtasks[1] >= 200
    samples = taken.table("training_export", variant="lifted")
    assert samples.height > 100
    assert set(samples["license"]) == {"CC-BY-4.0"}


def test_no_question_has_a_unit_of_length(taken):
    with catalog.connect(taken.workplace.lake) as connection:
        units = {unit for (unit,) in connection.execute("select distinct answer_unit from questions").fetchall()}
        texts = connection.execute(
            "select question || ' ' || answer from questions where regexp_matches(question || ' ' || answer, "
            "'\\b(meters?|metres?|centimeters?|centimetres?|cm|feet|inch(es)?)\\b')"
        ).fetchall()
    assert units <= {None, "deg"}
    assert texts == []


def test_every_answer_is_computed_again_with_the_same_result(taken):
    verified = taken.table("verifications", scene="kitchen", variant="lifted")
    assert verified.filter(pl.col("problem").is_not_null()).rows() == []


def test_its_poses_are_those_of_the_camera(taken):
    frames = taken.table("frames", scene="kitchen")
    assert frames.height >= 45
    poses = np.stack([np.loadtxt(file) for file in sorted((taken.kitchen / "pose").iterdir())])
    similarity, error = aligned(frames, poses)
    assert error <= RMSE_M
    up = similarity.rotation @ np.array([0.0, 0.0, 1.0])
    assert np.degrees(np.arccos(up[2])) <= UP_DEG


def test_its_depth_is_that_of_the_sensor(taken):
    frames = taken.table("frames", scene="kitchen")
    poses = np.stack([np.loadtxt(file) for file in sorted((taken.kitchen / "pose").iterdir())])
    scale = aligned(frames, poses)[0].scale
    errors, share = depth_errors(frames, scale, sorted((taken.kitchen / "depth").iterdir()), SENSOR)
    assert np.median(errors) <= DEPTH_ERROR
    assert share >= DEPTH_COVERAGE


def test_the_furniture_is_found(taken):
    tags = taken.table("lifted_boxes", scene="kitchen", boxes="lifted")["tag"].value_counts()
    counts = dict(tags.iter_rows())
    assert counts.get("table", 0) >= 1
    assert counts.get("chair", 0) >= 2
    assert counts.get("kitchen cabinet", 0) >= 2
