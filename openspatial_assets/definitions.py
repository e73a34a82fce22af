"""The code location: one Definitions object, nothing else."""

import dagster as dg

from openspatial_assets.assets.graph import assets
from openspatial_assets.automation import JOBS, resources
from openspatial_assets.checks import checks
from resources.store import Workplace

defs = dg.Definitions(
    assets=assets(),
    asset_checks=checks(),
    jobs=JOBS,
    resources=resources(Workplace()),
    executor=dg.in_process_executor,
)
