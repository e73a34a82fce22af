"""Concurrency pools and killed launches, between real processes on one Dagster database."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from openspatial_assets.assets import runner
from openspatial_assets.automation.instance import DAGSTER_YAML
from openspatial_assets.automation.interrupted import LAUNCH_TAG, launching_process, mend
from openspatial_assets.automation.launching import launch
from openspatial_assets.automation.pools import LIMITS, set_limits, wait_without_work
from resources.sources.registration import Registration, register

ROOT = Path(__file__).parent.parent.parent

WAITING_S = 4.0
GIVE_UP_S = 120.0

STEP = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    import dagster as dg
    from openspatial_assets.automation.interrupted import launching_process

    home, name = sys.argv[1:]

    @dg.asset(pool="gpu")
    def step():
        (Path(home) / f"{name}.in").touch()
        time.sleep(600)

    @dg.op
    def launch(context):  # as the jobs do: a run inside a step that holds no slot
        with launching_process(context.instance) as process:
            context.instance.add_run_tags(context.run_id, dict(process))
            job = dg.Definitions([step]).resolve_implicit_global_asset_job_def()
            job.execute_in_process(instance=context.instance, tags=dict(process))

    @dg.job
    def launcher():
        launch()

    with dg.DagsterInstance.from_config(home) as instance:
        launcher.execute_in_process(instance=instance)
""")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dagster")
    (folder / "dagster.yaml").write_text(DAGSTER_YAML)
    (folder / "step.py").write_text(STEP)
    return folder


@pytest.fixture(scope="module")
def disk(home):
    """An instance on disk: one in memory knows no pools."""
    with dg.DagsterInstance.from_config(str(home)) as made:
        set_limits(made)
        yield made


def start(home: Path, name: str) -> subprocess.Popen:
    command = [sys.executable, "-W", "ignore", str(home / "step.py"), str(home), name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + GIVE_UP_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_pools_have_limits_and_a_persons_change_stands(disk):
    storage = disk.event_log_storage
    assert {pool.name: pool.limit for pool in storage.get_pool_limits()} == LIMITS
    storage.set_concurrency_slots("gpu", 3)
    set_limits(disk)
    assert storage.get_concurrency_info("gpu").slot_count == 3
    storage.set_concurrency_slots("gpu", 1)


def test_who_waits_for_a_slot_sleeps_and_gets_that_of_a_killed_launch(home, disk):
    """Should Dagster sleep by itself one day, `wait_without_work` can go."""
    holder = start(home, "holder")
    wait_until((home / "holder.in").exists)
    storage = disk.event_log_storage

    def kill() -> None:
        wait_until(lambda: storage.get_concurrency_info("gpu").pending_steps)
        time.sleep(WAITING_S)
        assert mend(disk) == [], "its process lives"
        holder.kill()
        holder.wait()
        assert len(mend(disk)) == 2, "the launching run, and the one inside it"

    @dg.asset(pool="gpu")
    def step() -> None:
        assert holder.returncode is not None, "one slot, one step"

    wait_without_work()
    job = dg.Definitions([step]).resolve_implicit_global_asset_job_def()
    started, busy = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(1) as killer:
        killed = killer.submit(kill)
        assert job.execute_in_process(instance=disk).success
        killed.result()
    assert time.monotonic() - started > WAITING_S
    assert time.process_time() - busy < WAITING_S / 2
    assert sorted(run.status.value for run in disk.get_runs()) == ["FAILURE", "FAILURE", "SUCCESS"]
    assert storage.get_concurrency_info("gpu").claimed_slots == []
    assert mend(disk) == []


def test_a_launch_that_ends_leaves_no_file(disk, home):
    with launching_process(disk) as tags:
        assert len(list((home / "launches").iterdir())) == 1
        assert mend(disk) == []
    assert list(tags) == [LAUNCH_TAG]
    assert list((home / "launches").iterdir()) == []


def test_an_interrupted_launch_starts_no_further_run(instance, workplace, monkeypatch):
    register(workplace.path, Registration("scene", "rgbd_folder", "/nowhere"))

    def cancelled(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.StageRun, "_job", cancelled)
    with pytest.raises(KeyboardInterrupt, match="the next launch goes on"):
        launch(workplace, instance, ["no_filter"])
    assert len(instance.get_runs()) == 1
