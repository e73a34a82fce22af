"""What starts runs: launching a plan, the jobs, sensors and schedules of the web UI, and the limits between runs.

What belongs here: when what is run, and by whom. What does not: what is out of date (`staleness.py`), and what a run
computes (`assets`).
"""

from openspatial_assets.automation.discovery_sensor import datasets
from openspatial_assets.automation.inbox_sensor import inbox
from openspatial_assets.automation.instance import dagster_instance
from openspatial_assets.automation.jobs import JOBS, SceneConfig
from openspatial_assets.automation.launching import add_partitions, failures, launch, plan_text, resources
from openspatial_assets.automation.pools import wait_without_work
from openspatial_assets.automation.schedules import nightly

SENSORS = [inbox, datasets]
SCHEDULES = [nightly]

__all__ = [
    "JOBS",
    "SCHEDULES",
    "SENSORS",
    "SceneConfig",
    "add_partitions",
    "dagster_instance",
    "datasets",
    "failures",
    "launch",
    "plan_text",
    "resources",
    "wait_without_work",
]
