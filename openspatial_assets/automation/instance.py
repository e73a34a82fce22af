"""Dagster's instance: where runs, ticks and events are recorded, and how many runs there may be at once.

What does not belong here: the tables (`resources/lake.py`), which know nothing of Dagster.
"""

import fcntl
import os
from pathlib import Path

import dagster as dg

from openspatial_assets.automation.interrupted import mend
from openspatial_assets.automation.pools import set_limits
from openspatial_assets.partitions import SCENE_AXIS
from resources.store import Workplace

LAUNCHER_TAG = "openspatial/launcher"
"""Tag of the jobs that launch further runs: `jobs.py`."""
DAGSTER_YAML = f"""\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    # A launching job and the run that it waits for count both.
    max_concurrent_runs: 4
    tag_concurrency_limits:
      - key: {LAUNCHER_TAG}
        limit: 2
  pools:
    granularity: op
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 30
"""
"""Two launching jobs at once, so that a scene that a person adds does not wait for the night's batches."""


def dagster_instance(workplace: Workplace) -> dg.DagsterInstance:
    """The instance that the web UI shows: `DAGSTER_HOME`, or `<home>/dagster`, telemetry off."""
    default = f"{workplace.path}/dagster" if "://" not in workplace.path else os.path.abspath("data/dagster")
    folder = Path(os.environ.setdefault("DAGSTER_HOME", default))
    folder.mkdir(parents=True, exist_ok=True)
    # Dagster makes its SQLite tables on first use, and two processes that do so at once fail on each other's tables.
    with open(folder / "first_use.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "dagster.yaml").exists():
            (folder / "dagster.yaml").write_text(DAGSTER_YAML)
        instance = dg.DagsterInstance.get()
        instance.get_runs(limit=1)
        instance.get_dynamic_partitions(SCENE_AXIS)
        set_limits(instance)
        mend(instance)
    return instance
