"""The jobs that a person starts: what each of them launches."""

import json

import dagster as dg
import pytest

from openspatial_assets.automation import jobs
from openspatial_assets.automation.jobs import SceneConfig
from openspatial_assets.automation.launching import causes
from openspatial_assets.definitions import defs
from openspatial_assets.variants import VARIANTS
from resources.sources.registration import SourceError, read, registered

ALL = list(VARIANTS)


@pytest.fixture
def launched(workplace, instance, monkeypatch):
    """Run a job; what it would launch: (variants, scenes) of each launch."""
    asked: list[tuple[list[str], list[str] | None]] = []
    monkeypatch.setattr(jobs, "launch", lambda _, __, variants, scenes, *___: asked.append((variants, scenes)))
    monkeypatch.setattr(jobs, "LOOK_AGAIN_S", 0.01)
    monkeypatch.setenv("OPENSPATIAL_HOME", workplace.path)

    def run(name: str, partition: str | None = None, **config):
        ops = defs.resolve_job_def(name).nodes
        asked.clear()
        result = defs.resolve_job_def(name).execute_in_process(
            instance=instance,
            partition_key=partition,
            run_config={"ops": {ops[0].name: {"config": config}}} if config else None,
        )
        assert result.success
        return list(asked)

    return run


def test_everything_a_variant_or_some_scenes(launched, instance):
    assert launched("bring_up_to_date") == [(ALL, None)]
    assert launched("bring_up_to_date", variants=["lifted"], scenes=["a"]) == [(["lifted"], ["a"])]
    assert launched("bring_up_to_date", datasets_only=True) == [(ALL, [])]
    assert launched("bring_variant_up_to_date", partition="no_filter") == [(["no_filter"], None)]
    instance.add_dynamic_partitions("scene", ["a"])
    assert launched("bring_scene_up_to_date", partition="a") == [(ALL, ["a"])]


def test_the_inbox_is_scanned_on_request(launched, workplace, tmp_path):
    assert launched("scan_inbox") == []
    (tmp_path / "home" / "inbox").mkdir(parents=True)
    (tmp_path / "home" / "settings.toml").write_text("[inbox]\nstable_s = 0.0\n")
    for name in ("a", "b"):
        (tmp_path / "home" / "inbox" / f"{name}.mp4").write_text(name)
    assert launched("scan_inbox") == [(ALL, ["a", "b"])]
    assert registered(workplace.path) == ["a", "b"]


def test_a_video_is_added_by_hand_and_the_inbox_knows_it(launched, workplace, tmp_path, tick):
    video = tmp_path / "my clip.mp4"
    video.write_bytes(b"a video")
    assert launched("add_scene", dir=str(video), camera_height_m=1.5, license="CC0-1.0") == [(ALL, ["my_clip"])]
    registration = read(workplace.path, "my_clip")
    assert (registration.source, registration.metric) == ("video", None)
    assert registration.options["camera_height_m"] == 1.5
    (tmp_path / "home" / "inbox").mkdir()
    (tmp_path / "home" / "inbox" / "copy.mp4").write_bytes(b"a video")
    tick.instance.add_dynamic_partitions("scene", ["my_clip"])
    assert tick.scenes() == []
    assert registered(workplace.path) == ["my_clip"]
    with pytest.raises(SourceError, match=r"gone.mp4: this video cannot be read"):
        SceneConfig(dir=str(tmp_path / "gone.mp4")).registration()


def test_a_failed_run_names_the_cause_and_counts_what_lacks_it():
    lines = [
        "reconstructions [scene=a]: scene a: is no video",
        "frames [scene=a]: reconstructions [scene=a] failed: scene a: is no video",
        "scene_boxes [scene=a, boxes=lifted]: frames [scene=a] is missing; materialise it first",
        "dataset [variant=lifted]: no scene has qa/size_absolute for variant=lifted",
    ]
    assert causes(lines) == f"{lines[0]}; and 3 tables that lack these"
    assert causes(lines[1:2]) == lines[1]


def test_what_the_web_ui_shows(instance):
    dg.Definitions.validate_loadable(defs)
    repository = defs.get_repository_def()
    assert repository.get_sensor_def("inbox").default_status == dg.DefaultSensorStatus.RUNNING
    assert repository.get_schedule_def("nightly").default_status == dg.DefaultScheduleStatus.STOPPED
    for job in jobs.JOBS:
        assert job.description
        assert job.tags[jobs.LAUNCHER_TAG]
        json.dumps(dict(job.tags))
