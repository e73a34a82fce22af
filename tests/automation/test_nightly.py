"""The nightly schedule: batches of what is missing or out of date, and an end to trying what fails."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from openspatial_assets.assets.graph import GRAPH
from openspatial_assets.automation import schedules
from openspatial_assets.automation.schedules import NIGHTS, nightly
from openspatial_assets.definitions import defs
from resources.lake import Partition
from resources.sources.registration import Registration, register
from resources.tables import TABLES


@pytest.fixture
def night(workplace, instance):
    """One night: the scopes of the runs that it asks for, or why it asks for none."""
    time = [datetime(2030, 1, 1, 2, tzinfo=UTC)]

    def one() -> list[dict] | str:
        time[0] += timedelta(days=1)
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=time[0], resources={"workplace": workplace}
        )
        asked = nightly(context)
        if isinstance(asked, dg.SkipReason):
            return asked.skip_message
        assert len({request.run_key for request in asked}) == len(asked)
        for request in asked:
            assert dg.validate_run_config(defs.resolve_job_def("bring_up_to_date"), request.run_config)
        return [request.run_config["ops"]["materialise_what_changed"]["config"] for request in asked]

    return one


def videos(workplace, count: int) -> list[str]:
    for number in range(count):
        register(workplace.path, Registration(f"v_{number:03}", "rgbd_folder", f"{workplace.path}/nowhere/{number}"))
    return [f"v_{number:03}" for number in range(count)]


def test_an_empty_home_has_nothing_to_do(night):
    assert "nothing is missing" in night()


def test_what_is_missing_goes_into_bounded_batches(workplace, night, monkeypatch):
    monkeypatch.setattr(schedules, "PARTITIONS_A_RUN", 2)
    monkeypatch.setattr(schedules, "RUNS_A_NIGHT", 3)
    scenes = videos(workplace, 8)
    assert night() == [{"scenes": scenes[start : start + 2]} for start in (0, 2, 4)]


def test_scenes_that_had_no_turn_get_one(workplace, night, monkeypatch):
    """The first ones fail night after night; then the others' turn comes."""
    monkeypatch.setattr(schedules, "PARTITIONS_A_RUN", 1)
    monkeypatch.setattr(schedules, "RUNS_A_NIGHT", 1)
    scenes = videos(workplace, 2)
    asked = [night() for _ in range(2 * NIGHTS)]
    assert [scope["scenes"][0] for (scope,) in asked] == [scenes[0]] * NIGHTS + [scenes[1]] * NIGHTS


def test_what_fails_is_left_alone_until_something_changes(workplace, night):
    (scene,) = videos(workplace, 1)
    workplace.lake.fail(TABLES["scenes"], Partition.of(scene=scene), "there is no such folder")
    for _ in range(NIGHTS):
        assert night() == [{"scenes": [scene]}]
    for _ in range(NIGHTS):
        assert night() == [{"datasets_only": True}], "other scenes may have what they are made of"
    assert "but for 2 that failed" in night()
    register(workplace.path, Registration(scene, "rgbd_folder", f"{workplace.path}/elsewhere"))
    assert night() == [{"scenes": [scene]}]


def test_the_same_failure_in_other_words_is_the_same_state(workplace, night, tmp_path):
    """What counts is what would enter the computation, not how its failure was worded."""
    register(workplace.path, Registration("room_0", "rgbd_folder", str(tmp_path)))
    for number in range(NIGHTS):
        workplace.lake.fail(TABLES["scenes"], Partition.of(scene="room_0"), f"process {number} ran out of memory")
        assert night() == [{"scenes": ["room_0"]}]
    workplace.lake.fail(TABLES["scenes"], Partition.of(scene="room_0"), "another wording")
    assert night() == [{"datasets_only": True}]


def test_what_is_made_of_all_scenes_alone_is_asked_for_alone(workplace, night, monkeypatch):
    only = [stage for stage in GRAPH.stages if not stage.axis.scene]
    plan = schedules.plan
    monkeypatch.setattr(schedules, "plan", lambda *arguments: [item for item in plan(*arguments) if item.stage in only])
    videos(workplace, 1)
    for _ in range(NIGHTS):
        assert night() == [{"datasets_only": True}]
    assert isinstance(night(), str)


def test_a_broken_count_begins_anew(workplace, night):
    scenes = videos(workplace, 1)
    night()
    with open(f"{workplace.path}/{schedules.FILE}", "w") as file:
        file.write("[")
    assert night() == [{"scenes": scenes}]
