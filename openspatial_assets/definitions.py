"""The code location: one Definitions object, nothing else."""

import dagster as dg

from openspatial_assets.assets.graph import assets
from openspatial_assets.automation import JOBS, SCHEDULES, SENSORS, resources, wait_without_work
from openspatial_assets.checks import checks
from resources.store import Workplace

wait_without_work()

defs = dg.Definitions(
    assets=assets(),
    asset_checks=checks(),
    jobs=JOBS,
    sensors=SENSORS,
    schedules=SCHEDULES,
    resources=resources(Workplace()),
    executor=dg.in_process_executor,
)
