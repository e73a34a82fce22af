"""The nightly schedule: runs for whatever is missing or out of date, in batches, for every active variant.

What belongs here: cutting a plan into batches, and giving up on what fails again and again. What does not: what is out
of date (`staleness.py`).

What fails is tried on three nights. Then it is left alone until something that it is made of changes: a file, a
setting, a rule, the scene's registration. Nights are counted in `<home>/nights.json`, for each scene with a hash of all
that its plan would make and of what would enter it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import fsspec

from openspatial_assets.assets.graph import GRAPH
from openspatial_assets.automation.jobs import AT_LEISURE, bring_up_to_date, scope_config
from openspatial_assets.automation.launching import PARTITIONS_A_RUN
from openspatial_assets.partitions import SCENE_AXIS
from openspatial_assets.staleness import Context, Planned, context_of, fingerprint, footers, parts, plan
from openspatial_assets.variants import VARIANTS
from resources.files import write_whole
from resources.lake import PartitionFailed, PartitionMissing
from resources.store import Workplace

AT_TWO = "0 2 * * *"
RUNS_A_NIGHT = 10
"""With `PARTITIONS_A_RUN` scenes each; the following night takes the rest."""
NIGHTS = 3
"""On which the same is tried; what fails for a passing reason (a service that is down) seldom does so three times."""
FILE = "nights.json"
ALL_SCENES = ""
"""Stands for what is made of all scenes; it is no scene id."""
FAILED = "failed last time"
"""Begins the reason of a planned partition whose computation failed."""
STATE_BYTES = 8


@dataclass(frozen=True)
class Night:
    """What one night does.

    Attributes:
        batches: scenes, a run each.
        datasets: whether a run is needed for what is made of all scenes, though no scene's own tables are.
        left_alone: scenes that failed on too many nights, with the reason.
        later: scenes for which there is no run left.
        nights: scene -> (state, nights tried), to be kept for the next night.
    """

    batches: list[list[str]]
    datasets: bool
    left_alone: dict[str, str]
    later: list[str]
    nights: dict[str, tuple[str, int]]


@dg.schedule(
    job=bring_up_to_date,
    cron_schedule=AT_TWO,
    # It computes for hours, and with a key it asks a paid service: somebody must want that.
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every night: what is missing or out of date, for every variant, in batches.",
)
def nightly(context: dg.ScheduleEvaluationContext, workplace: Workplace) -> list[dg.RunRequest] | dg.SkipReason:
    """The night's runs; their number and what is left out stand in the tick's log."""
    home = workplace.path
    now = context_of(GRAPH, home, workplace.settings(), footers(workplace.lake))
    night = night_of(now, plan(now, list(VARIANTS)), read_nights(home))
    write_nights(home, night.nights)
    for scene, reason in night.left_alone.items():
        context.log.warning(f"{scene or 'all scenes together'}: left alone after {NIGHTS} nights: {reason}")
    if night.later:
        context.log.info(f"{len(night.later)} scenes are left for the next night, from {night.later[0]} on")
    date = context.scheduled_execution_time.strftime("%Y-%m-%d %H:%M")
    scopes: list[dict[str, Any]] = [{"scenes": batch} for batch in night.batches]
    scopes += [{"datasets_only": True}] if night.datasets else []
    requests = [
        dg.RunRequest(run_key=f"{date} {number}", run_config=scope_config(**scope), tags=AT_LEISURE)
        for number, scope in enumerate(scopes, 1)
    ]
    if requests:
        return requests
    alone = f", but for {len(night.left_alone)} that failed {NIGHTS} nights" if night.left_alone else ""
    return dg.SkipReason(f"nothing is missing or out of date{alone}")


def night_of(context: Context, planned: Sequence[Planned], nights: Mapping[str, tuple[str, int]]) -> Night:
    """What to do tonight about a plan, after what was tried on earlier nights."""
    by_scene: dict[str, list[Planned]] = {}
    for item in planned:
        by_scene.setdefault(item.partition.get(SCENE_AXIS) or ALL_SCENES, []).append(item)
    # What is made of all scenes is tried with each batch, and counted only where no batch is needed.
    together = by_scene.pop(ALL_SCENES, [])
    tried: dict[str, tuple[str, int]] = {}
    left_alone: dict[str, str] = {}
    chosen: list[str] = []
    later: list[str] = []
    for scene in (s for s in context.scenes if s in by_scene):
        state, before = _state(context, by_scene[scene]), nights.get(scene, ("", 0))
        count = before[1] if before[0] == state else 0
        if count >= NIGHTS:
            left_alone[scene] = _first_failure(by_scene[scene])
        elif len(chosen) < RUNS_A_NIGHT * PARTITIONS_A_RUN:
            chosen.append(scene)
            count += 1
        else:
            later.append(scene)
        tried[scene] = (state, count)
    datasets = False
    if together and not chosen:
        state, before = _state(context, together), nights.get(ALL_SCENES, ("", 0))
        count = before[1] if before[0] == state else 0
        datasets = count < NIGHTS
        tried[ALL_SCENES] = (state, count + datasets)
        if not datasets:
            left_alone[ALL_SCENES] = _first_failure(together)
    batches = [chosen[start : start + PARTITIONS_A_RUN] for start in range(0, len(chosen), PARTITIONS_A_RUN)]
    return Night(batches, datasets, left_alone, later, tried)


def read_nights(home: str) -> dict[str, tuple[str, int]]:
    """Scene -> (state, nights tried); nothing where the file is missing or broken: then counting begins anew."""
    filesystem, root = fsspec.core.url_to_fs(home)
    try:
        kept = json.loads(filesystem.cat_file(f"{root.rstrip('/')}/{FILE}"))
        return {scene: (str(state), int(count)) for scene, (state, count) in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def write_nights(home: str, nights: Mapping[str, tuple[str, int]]) -> None:
    """Keep the counts for the next night."""
    filesystem, root = fsspec.core.url_to_fs(home)
    path = f"{root.rstrip('/')}/{FILE}"
    write_whole(filesystem, path, json.dumps(nights, indent=1, sort_keys=True).encode(), what="the count of nights")


def _state(context: Context, items: Sequence[Planned]) -> str:
    """Hash of what a plan would make, and of what would enter it."""
    lines = []
    for item in items:
        try:
            entering = fingerprint(parts(context, item.stage, item.output, item.partition))
        except (PartitionMissing, PartitionFailed):
            entering = "lacks an input, which is in the plan itself"
        except ValueError as error:
            entering = str(error)
        lines.append(f"{item.output.table.name} [{item.partition}] {entering}")
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=STATE_BYTES).hexdigest()


def _first_failure(items: Sequence[Planned]) -> str:
    """Why the first partition that failed did; that of another where none did."""
    return next((item.reason for item in items if item.reason.startswith(FAILED)), items[0].reason)
