"""Launching: runs of a plan, and the jobs that a person starts in the web UI.

What belongs here: how a plan becomes Dagster runs. What does not: what is out of date (`staleness.py`), and what a run
computes (`assets`).
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import dagster as dg
from pydantic import Field
from sqlalchemy.exc import IntegrityError

from openspatial_assets.assets.graph import GRAPH, assets
from openspatial_assets.assets.provenance import asset_key
from openspatial_assets.checks import checks
from openspatial_assets.partitions import SCENE_AXIS, Axis
from openspatial_assets.staleness import Planned, context_of, footers, plan
from openspatial_assets.variants import VARIANTS
from resources.lake import Partition, sweep_temporaries
from resources.sources.registration import Registration, register, registered
from resources.store import StoreIOManager, Workplace

PARTITIONS_A_RUN = 20
"""Scenes that one run takes: enough to outweigh its start, few enough that a killed run has little to do again."""
STALE_TEMPORARY_S = 3600.0
"""Temporary files older than this were left by killed processes."""
DAGSTERS_OWN = "Dependencies for step"
"""Begins what Dagster says of steps below a failed one; why that one failed has been said."""
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
    """
    lake = workplace.lake
    sweep_temporaries(lake, STALE_TEMPORARY_S)
    add_partitions(instance, registered(workplace.path))
    context = context_of(GRAPH, workplace.path, workplace.settings(), footers(lake))
    planned = plan(context, list(variants), scenes)
    for line in plan_text(planned):
        log(line)
    runs = steps(planned, instance.get_dynamic_partitions(SCENE_AXIS))
    loggers = {"progress": _progress_logger(log)}
    definitions = dg.Definitions(assets(), asset_checks=checks(), resources=resources(workplace), loggers=loggers)
    job = definitions.resolve_implicit_global_asset_job_def()
    for number, step in enumerate(runs, 1):
        started = time.monotonic()
        result = job.execute_in_process(
            instance=instance,
            asset_selection=[asset_key(table) for table in step.tables],
            tags={**(tags or {}), **step.tags},
            run_config={"loggers": {"progress": {}}},
            raise_on_error=False,
        )
        seconds = time.monotonic() - started
        scenes_text = f"{len(step.scenes)} scene{'s' * (len(step.scenes) != 1)}, " if step.scenes else ""
        state = "" if result.success else " FAILED"
        count = _questions(workplace)
        log(f"[{number}/{len(runs)}] {step}: {scenes_text}{seconds:.1f} s{state}; questions so far: {count:,}")
    return runs


def failures(workplace: Workplace, scenes: Sequence[str] | None = None) -> list[str]:
    """What failed last time, and why: partitions of `scenes` (None: of all), and those over all scenes."""
    return [
        f"{table.name} [{partition}]: {reason}"
        for table, _ in GRAPH.tables()
        for partition, reason in workplace.lake.failures(table).items()
        if scenes is None or partition.get(SCENE_AXIS) in (None, *scenes)
    ]


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


class SceneConfig(dg.Config):
    """A folder of posed RGB-D frames to register as a scene and materialise."""

    dir: str = Field(description="the scene's folder")
    scene_id: str = Field("", description="the partition key; empty for the folder's name")
    source: str = Field("rgbd_folder", description="the folder's layout: a module of resources/sources")
    license: str = Field("", description="licence of the images, carried to every exported row")
    metric: bool = Field(True, description="whether the world's unit is the metre")
    depth_scale: float = Field(0.0, description="stored depth value / depth_scale = metres; 0 for the layout's own")
    variants: list[str] = Field([], description="the variants to materialise; empty for all")

    def registration(self) -> Registration:
        """What goes into the registry; raises `SourceError` for an id that cannot be a partition key."""
        folder = self.dir.rstrip("/")
        return Registration(
            scene_id=self.scene_id or folder.rsplit("/", 1)[-1],
            source=self.source,
            root=folder,
            license=self.license or None,
            metric=self.metric,
            depth_scale=self.depth_scale or None,
        )


class ScopeConfig(dg.Config):
    """What to bring up to date."""

    variants: list[str] = Field([], description="names of variants; empty for all")
    scenes: list[str] = Field([], description="scene ids; empty for all")


@dg.op
def register_and_materialise(context: dg.OpExecutionContext, config: SceneConfig, workplace: Workplace) -> None:
    """Register the folder, then run whatever the scene and the variants' datasets need."""
    registration = config.registration()
    state = register(workplace.path, registration)
    context.log.info(f"scene {registration.scene_id}: registration {state}")
    _launch(context, workplace, config.variants, [registration.scene_id])


@dg.op
def materialise_what_changed(context: dg.OpExecutionContext, config: ScopeConfig, workplace: Workplace) -> None:
    """Run the plan: what is missing or out of date, and nothing else."""
    _launch(context, workplace, config.variants, config.scenes or None)


@dg.job(description="Register a folder as a scene and take it through the whole graph.")
def add_scene() -> None:
    register_and_materialise()


@dg.job(description="Bring variants and scenes up to date: exactly what the plan, logged first, says.")
def bring_up_to_date() -> None:
    materialise_what_changed()


JOBS = [add_scene, bring_up_to_date]


def _launch(
    context: dg.OpExecutionContext, workplace: Workplace, variants: Sequence[str], scenes: Sequence[str] | None
) -> None:
    if unknown := [name for name in variants if name not in VARIANTS]:
        raise dg.Failure(f"variant {unknown[0]!r} is unknown; choose from {', '.join(VARIANTS)}")
    chosen = variants or list(VARIANTS)
    launch(workplace, context.instance, chosen, scenes, context.log.info, {"launched_by": context.run_id})
    if failed := failures(workplace, scenes):
        raise dg.Failure("; ".join(failed))


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
