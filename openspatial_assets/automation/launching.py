"""Launching: how a plan becomes Dagster runs, in this process.

What does not belong here: who launches (`jobs.py`, `inbox_sensor.py`, `schedules.py`), what is out of date
(`staleness.py`), and what a run computes (`assets`).
"""

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import dagster as dg
from dagster._core.events import RunFailureReason
from sqlalchemy.exc import IntegrityError

from openspatial_assets.assets.graph import GRAPH, assets
from openspatial_assets.assets.provenance import asset_key
from openspatial_assets.automation.interrupted import launching_process, mend
from openspatial_assets.automation.pools import wait_without_work
from openspatial_assets.checks import checks
from openspatial_assets.partitions import SCENE_AXIS, Axis
from openspatial_assets.staleness import Planned, context_of, footers, not_applicable, plan
from openspatial_assets.variants import VARIANTS
from resources.lake import Partition, sweep_temporaries
from resources.sources.registration import registered
from resources.store import StoreIOManager, Workplace

PARTITIONS_A_RUN = 20
"""Scenes that one run takes: enough to outweigh its start, few enough that a killed run has little to do again."""
STALE_TEMPORARY_S = 3600.0
"""Temporary files older than this were left by killed processes."""
DAGSTERS_OWN = "Dependencies for step"
"""Begins what Dagster says of steps below a failed one; why that one failed has been said."""
CONSEQUENCE = re.compile(r"\]: (\S+ \[[^]]*\] (is missing|failed:)|no scene has )")
"""In a line of `failures`: something is missing, because something above it has failed."""
RUN_FAILURE = dg.DagsterEventType.RUN_FAILURE.value
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class Step:
    """One run: assets on one axis, over a range of partitions.

    One run for several keys of the second dimension shares its start, and its workers are never idle between them.

    Attributes:
        tables: the assets.
        axis: what they are partitioned by.
        values: the range of keys of the second dimension; `("",)` on the axis of scenes.
        scenes: the range of scenes; empty on the axis of variants. Both are contiguous in the order of partitions.
    """

    tables: tuple[str, ...]
    axis: Axis
    values: tuple[str, ...]
    scenes: tuple[str, ...]

    @property
    def tags(self) -> dict[str, str]:
        """The tags that give a run its range of partitions."""
        first = self.axis.partition(self.scenes[0] if self.scenes else None, self.values[0])
        last = self.axis.partition(self.scenes[-1] if self.scenes else None, self.values[-1])
        return {RANGE_START: str(self.axis.key(first)), RANGE_END: str(self.axis.key(last))}

    def __str__(self) -> str:
        what = ", ".join(dict.fromkeys(GRAPH.writer(table).name for table in self.tables))
        values = ", ".join(value for value in self.values if value)
        return what + (f" ({values})" if values else "")


def steps(planned: Sequence[Planned], scene_order: Sequence[str]) -> list[Step]:
    """The runs that a plan takes, upstream first: one for each rectangle of scenes and second keys of an axis."""
    found: list[Step] = []
    for axis, on_axis in groupby(planned, key=lambda item: item.stage.axis):
        needs: dict[tuple, list[str]] = {}
        items = list(on_axis)
        for value in axis.values():
            mine = [item for item in items if _value(item) == value]
            scenes = {item.partition.get(SCENE_AXIS) for item in mine}
            for block in _blocks(scenes, scene_order) if axis.scene else [[]] if mine else []:
                needs.setdefault((_tables(mine), tuple(block)), []).append(value)
        for (tables, scenes), values in needs.items():
            found += [Step(tables, axis, tuple(block), scenes) for block in _blocks(set(values), axis.values())]
    return found


def launch(
    workplace: Workplace,
    instance: dg.DagsterInstance,
    variants: Iterable[str] = tuple(VARIANTS),
    scenes: Sequence[str] | None = None,
    log: Callable[[str], None] = print,
    tags: dict[str, str] | None = None,
) -> list[Step]:
    """Materialise all that is missing or out of date for these variants and scenes, in this process; the runs made.

    The plan is logged first. A scene that fails is named in the log and by the assets' checks; the others go on.

    Raises:
        KeyboardInterrupt: somebody cancelled the run in the web UI, or pressed Ctrl-C.
    """
    lake = workplace.lake
    sweep_temporaries(lake, STALE_TEMPORARY_S)
    for line in mend(instance):
        log(line)
    add_partitions(instance, registered(workplace.path))
    context = context_of(GRAPH, workplace.path, workplace.settings(), footers(lake))
    chosen = list(variants)
    planned = plan(context, chosen, scenes)
    for line in (*not_applicable(context, chosen, scenes), *plan_text(planned)):
        log(line)
    runs = steps(planned, instance.get_dynamic_partitions(SCENE_AXIS))
    loggers = {"progress": _progress_logger(log)}
    definitions = dg.Definitions(assets(), asset_checks=checks(), resources=resources(workplace), loggers=loggers)
    job = definitions.resolve_implicit_global_asset_job_def()
    wait_without_work()
    with launching_process(instance) as process:
        for number, step in enumerate(runs, 1):
            started = time.monotonic()
            result = job.execute_in_process(
                instance=instance,
                asset_selection=[asset_key(table) for table in step.tables],
                tags={**(tags or {}), **process, **step.tags},
                run_config={"loggers": {"progress": {}}},
                raise_on_error=False,
            )
            if was_interrupted(result):
                raise KeyboardInterrupt(
                    f"{step}: interrupted; what was done stays, and the next launch goes on from here"
                )
            seconds = time.monotonic() - started
            scenes_text = f"{len(step.scenes)} scene{'s' * (len(step.scenes) != 1)}, " if step.scenes else ""
            state = "" if result.success else " FAILED"
            count = _questions(workplace)
            log(f"[{number}/{len(runs)}] {step}: {scenes_text}{seconds:.1f} s{state}; questions so far: {count:,}")
    return runs


def was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether somebody interrupted a run: it then counts as failed, and only its last event knows why."""
    ended = [event.job_failure_data for event in result.all_events if event.event_type_value == RUN_FAILURE]
    return any(data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION for data in ended)


def failures(workplace: Workplace, scenes: Sequence[str] | None = None) -> list[str]:
    """What failed last time, and why: partitions of `scenes` (None: of all), and those over all scenes."""
    return [
        f"{table.name} [{partition}]: {reason}"
        for table, _ in GRAPH.tables()
        for partition, reason in workplace.lake.failures(table).items()
        if scenes is None or partition.get(SCENE_AXIS) in (None, *scenes)
    ]


def causes(failed: Sequence[str]) -> str:
    """The failures that are no consequence of others, and how many are; all, if one cannot tell."""
    own = [line for line in failed if not CONSEQUENCE.search(line)] or list(failed)
    rest = len(failed) - len(own)
    return "; ".join(own) + (f"; and {rest} tables that lack these" if rest else "")


def plan_text(planned: Sequence[Planned]) -> list[str]:
    """A plan in lines: a line for each stage and reason, with the number of partitions."""
    if not planned:
        return ["plan: nothing is missing or out of date"]
    lines: dict[tuple[str, str], list[Partition]] = {}
    for item in planned:
        reason = item.reason if not item.reason.startswith("may change") else "may change: what it is made of will run"
        lines.setdefault((item.stage.name, reason), []).append(item.partition)
    return [f"plan: {stage}: {len(where)} partitions: {reason}" for (stage, reason), where in lines.items()]


def add_partitions(instance: dg.DagsterInstance, scenes: Iterable[str]) -> None:
    """Make every registered scene a partition, in order, so that new scenes form one contiguous block."""
    scenes = list(scenes)
    while True:
        known = set(instance.get_dynamic_partitions(SCENE_AXIS))
        new = [scene for scene in scenes if scene not in known]
        if not new:
            return
        # Another launch may add the same scene between the look and the write; then there is one less to add.
        with contextlib.suppress(IntegrityError):
            instance.add_dynamic_partitions(SCENE_AXIS, new)


def resources(workplace: Workplace) -> dict[str, Any]:
    """The resources of the code location."""
    return {"workplace": workplace, "io_manager": StoreIOManager(home=workplace.home)}


def _value(item: Planned) -> str:
    return item.partition.get(item.stage.axis.dimension) or ""


def _progress_logger(log: Callable[[str], None]) -> dg.LoggerDefinition:
    """A logger of runs that passes on what stages say of their partitions, and none of Dagster's own events."""

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            meta = getattr(record, "dagster_meta", {})
            message = meta.get("orig_message", record.getMessage())
            if not meta.get("dagster_event") and not message.startswith(DAGSTERS_OWN):
                log(f"  {message}")

    def made(context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("progress", logging.INFO)
        logger.addHandler(Said())
        return logger

    return dg.LoggerDefinition(made)


def _tables(items: Sequence[Planned]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.output.table.name for item in items))


def _blocks(wanted: set[str | None], order: Sequence[str]) -> list[list[str]]:
    """The wanted keys in blocks that are contiguous in `order`, none longer than a run takes."""
    blocks: list[list[str]] = []
    gap = True
    for key in order:
        if key not in wanted:
            gap = True
            continue
        if gap or len(blocks[-1]) == PARTITIONS_A_RUN:
            blocks.append([])
        blocks[-1].append(key)
        gap = False
    return blocks


def _questions(workplace: Workplace) -> int:
    counted = [workplace.lake.records(table).values() for table, _ in GRAPH.tables() if table.name.startswith("qa/")]
    return sum(record.rows for records in counted for record in records)
