"""Running a recipe over the partitions of a Dagster run: skip, compute in the pool, hand over to the store.

What belongs here: the one asset body that all stages share. What does not: what a stage computes (its own module) and
writing (`resources/store.py`).

A scene that fails stops no other: its error is kept beside the partition, logged, and named by the asset's `complete`
check. Only when all partitions of a step fail does the step fail.
"""

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from logging import Logger
from operator import itemgetter
from typing import Any

import dagster as dg
import polars as pl

from openspatial_assets.assets.provenance import Provenance, asset_key
from openspatial_assets.assets.recipe import Inputs, Recipe, Told, Written
from openspatial_assets.assets.sources import prepare_scene
from openspatial_assets.partitions import SCENE_AXIS
from openspatial_assets.staleness import (
    Context,
    Graph,
    Output,
    context_of,
    current,
    fingerprint,
    parts,
)
from resources import catalog
from resources.compute import TaskError, WorkerPool
from resources.lake import Lake, Partition, PartitionFailed, PartitionMissing, Record
from resources.schema import Table
from resources.sources.registration import read as read_registration
from resources.store import REPORTED_BY_STORE, Computed, Kept, Workplace

COMPLETE = "complete"
REPORTING_THREADS = 2
COMPLETE_DESCRIPTION = "No partition's last computation failed; those that did are named, with the reason."
OWNER = "team:spatial-data"
PRELOAD = tuple(
    f"openspatial_assets.assets.{stage}"
    for stage in (
        "reconstruction", "depth_maps", "sources", "scene_mesh", "floor", "recognitions", "instance_masks", "lifting",
        "visibility", "masks", "point_matches", "questions", "verifications", "gallery",
    )
)  # fmt: skip
"""Modules that workers need, none of which imports Dagster."""
SPOKEN = (
    "SourceError", "ImageError", "SegmenterError", "RecognitionError", "ReconstructionError", "DepthError",
)  # fmt: skip
"""Errors whose text says all that a person needs; of others, the class is shown too."""


@dataclass(frozen=True)
class Job:
    """One partition that must be computed: its inputs, and the parts of each table that is out of date."""

    partition: Partition
    inputs: Inputs
    parts: Mapping[str, Mapping[str, str]]


class StageRun:
    """One step: the partitions of a run through one recipe. Iterate `stream(table)` to make it go."""

    def __init__(
        self,
        recipe: Recipe,
        context: Context,
        workplace: Workplace,
        partitions: Sequence[Partition],
        tables: Sequence[str],
        log: Logger,
        provenance: Provenance,
    ) -> None:
        self.recipe, self.context, self.workplace = recipe, context, workplace
        self.lake: Lake = workplace.lake
        self.partitions, self.tables, self.log, self.provenance = list(partitions), list(tables), log, provenance
        self.failures: dict[Partition, str] = {}
        self._jobs: dict[Partition, Job] = {}
        self._waiting: dict[str, deque[Computed | Kept]] = {table: deque() for table in tables}
        self._events = self._run()

    def stream(self, table: str) -> "TableStream":
        """The partitions of one table, as they are done; those of the run's other tables wait for their turn."""
        return TableStream(self, table)

    def next(self, table: str) -> Computed | Kept | None:
        """The next partition of a table; None when there is no more."""
        while not self._waiting[table]:
            arrived = next(self._events, None)
            if arrived is None:
                return None
            self._waiting[arrived[0]].append(arrived[1])
        return self._waiting[table].popleft()

    def fail(self, partition: Partition, message: str) -> None:
        """Note a failed partition, here and where readers of the lake will find it."""
        if partition not in self.failures:
            self.failures[partition] = message
            self.log.error(f"{self.recipe.stage.name} [{partition}] failed: {message}")
            for name in self.tables:
                self.lake.fail(self._output(name).table, partition, message)

    def _output(self, table: str) -> Output:
        return next(output for output in self.recipe.stage.outputs if output.table.name == table)

    def _run(self) -> Iterator[tuple[str, Computed | Kept]]:
        kept: list[tuple[str, Kept]] = []
        results = worker_pool(self.workplace.processes).run(_work, self._tasks(kept))
        # Previews are drawn beside what this thread does: it waits for workers, and writes events.
        with ThreadPoolExecutor(REPORTING_THREADS) as self._reporters:
            for partition, pieces in groupby(results, key=itemgetter(0)):
                yield from self._drain(kept)
                yield from self._joined(self._jobs.pop(partition), (result for _, result in pieces))
            yield from self._drain(kept)

    def _drain(self, kept: list[tuple[str, Kept]]) -> Iterator[tuple[str, Kept]]:
        while kept:
            yield kept.pop(0)

    def _tasks(self, kept: list[tuple[str, Kept]]) -> Iterator[tuple[Partition, tuple]]:
        """The pieces of all partitions that are out of date; those that are not go to `kept`."""
        skipped = 0
        for partition in self.partitions:
            try:
                job = self._job(partition, kept)
                if job is None:
                    skipped += 1
                    continue
                self._jobs[partition] = job
                pieces = iter(self.recipe.pieces(job.inputs))
                yield partition, (self.recipe.work, next(pieces, None))
                yield from ((partition, (self.recipe.work, piece)) for piece in pieces)
            except (PartitionMissing, PartitionFailed, ValueError, OSError) as error:
                self.fail(partition, str(error))
        if skipped:
            self.log.info(f"{skipped} of {len(self.partitions)} partitions are up to date: nothing to do for them")

    def _job(self, partition: Partition, kept: list[tuple[str, Kept]]) -> Job | None:
        """What must be computed for a partition; None if nothing."""
        stage = self.recipe.stage
        if stage.source_files:
            prepare_scene(read_registration(self.workplace.path, partition.get(SCENE_AXIS) or ""))
        outdated: dict[str, Mapping[str, str]] = {}
        for name in self.tables:
            output = self._output(name)
            now = parts(self.context, stage, output, partition)
            record = self.lake.record(output.table, partition)
            fresh = record is not None and record.fingerprint == fingerprint(now)
            if not fresh or self.lake.failure(output.table, partition):
                outdated[name] = now
            elif self.provenance.must_hear_of(output.table, partition, record.content):
                report = partial(self._report_kept, output.table, partition, record)
                key, tags = stage.axis.key(partition), self._tags(name, partition)
                kept.append((name, Kept(key, partition, record, report, tags)))
        if not outdated:
            return None
        return Job(partition, self._inputs(partition, tuple(outdated)), outdated)

    def _inputs(self, partition: Partition, wanted: tuple[str, ...] = ()) -> Inputs:
        stage = self.recipe.stage
        upstream: dict[str, list[tuple[Partition, pl.LazyFrame]]] = {name: [] for name in stage.inputs}
        for table, above in self.context.graph.above(stage, partition, self.context.scenes):
            try:
                upstream[table.name].append((above, self.lake.scan(table, above)))
            except (PartitionMissing, PartitionFailed):
                if not self.context.graph.gathers(stage, table.name):
                    raise
        return Inputs(
            partition=partition,
            choices={choice: stage.axis.choice(partition, choice) for choice in stage.axis.choices},
            variant=partition.get(stage.axis.dimension) or "" if stage.axis.named else "",
            settings={section: self.context.settings[section] for section in stage.settings},
            registration=read_registration(self.workplace.path, partition.get(SCENE_AXIS))
            if stage.axis.scene
            else None,
            home=self.workplace.path,
            upstream=upstream,
            wanted=wanted,
        )

    def _joined(self, job: Job, results: Iterator[Any]) -> Iterator[tuple[str, Computed | Kept]]:
        """The partition's tables; nothing, and a noted failure, if any piece or the whole cannot be made."""
        try:
            tables = self.recipe.join(job.inputs, _sound(results))
        except PieceError as error:
            self.log.debug(error.task.traceback)
            self.fail(job.partition, error.task.message if error.task.kind in SPOKEN else str(error.task))
            return
        except Exception as error:  # whatever it is, it is this partition's, and the others go on
            self.log.debug(traceback.format_exc())
            self.fail(job.partition, str(error) if isinstance(error, ValueError | OSError) else repr(error))
            return
        if job.partition in self.failures:
            return
        told = {name: made.shown for name, made in tables.items() if isinstance(made, Told)}
        tables = {name: made.rows if name in told else made for name, made in tables.items()}
        rows = sum(made.rows if isinstance(made, Written) else made.height for made in tables.values())
        self.log.info(f"{self.recipe.stage.name} [{job.partition}]: {rows:,} rows")
        for name, now in job.parts.items():
            made, common = tables[name], (self.recipe.stage.axis.key(job.partition), job.partition)
            found = partial(lambda inputs, made: (inputs, made), job.inputs, made)
            report = self._reporters.submit(self._report, name, job.partition, found, told.get(name, {})).result
            tags = self._tags(name, job.partition)
            if isinstance(made, Written):
                record = Record(fingerprint(now), made.content, now, made.rows)
                self.lake.write_record(self._output(name).table, job.partition, record)
                yield name, Kept(*common, record, report, tags)
            else:
                yield name, Computed(*common, made, fingerprint(now), now, report, tags)

    def _report_kept(self, table: Table, partition: Partition, record: Record) -> Mapping[str, Any]:
        def found() -> tuple[Inputs, pl.DataFrame | Written]:
            made = Written(record.content, record.rows) if table.sharded else self.lake.read(table, partition)
            return self._inputs(partition), made

        return {"unchanged": True, **self._report(table.name, partition, found)}

    def _tags(self, name: str, partition: Partition) -> Mapping[str, str]:
        return self.provenance.tags(self.recipe.stage, self._output(name), partition, list(self.context.scenes))

    def _report(
        self,
        name: str,
        partition: Partition,
        found: Callable[[], tuple[Inputs, pl.DataFrame | Written]],
        told: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        try:
            return {**(told or {}), **self.recipe.shown[name].report(*found())}
        except Exception as error:  # a picture that cannot be drawn must not cost the partition that it shows
            self.log.warning(f"{name} [{partition}]: no preview: {error!r}")
            return told or {}


class TableStream:
    """One table's partitions of a `StageRun`, for the store."""

    def __init__(self, run: StageRun, table: str) -> None:
        self.run, self.table = run, table

    def __iter__(self) -> Iterator[Computed | Kept]:
        return iter(lambda: self.run.next(self.table), None)

    def failed(self, partition: Partition, error: Exception) -> None:
        self.run.fail(partition, str(error))


class PieceError(Exception):
    """A piece of a partition's work failed."""

    def __init__(self, task: TaskError) -> None:
        super().__init__(str(task))
        self.task = task


def _work(work: Callable[..., Any], piece: tuple | None) -> Any:
    """One piece, in a worker; None for a partition that has no pieces."""
    return None if piece is None else work(*piece)


def _sound(results: Iterator[Any]) -> Iterator[Any]:
    """The results of a partition's pieces; raises `PieceError` at the first that failed."""
    for result in results:
        if isinstance(result, TaskError):
            raise PieceError(result)
        if result is not None:
            yield result


def asset_of(recipe: Recipe, graph: Graph) -> dg.AssetsDefinition:
    """The Dagster asset (one, or several from one pass) of a recipe."""
    stage = recipe.stage
    names = {output.table.name: output.table.name.replace("/", "__") for output in stage.outputs}

    @dg.multi_asset(
        name=stage.name,
        outs={names[output.table.name]: _out(recipe, output) for output in stage.outputs},
        deps=[
            dg.AssetDep(asset_key(name), partition_mapping=stage.axis.mapping(graph.writer(name).axis))
            for name in stage.inputs
        ],
        check_specs=[
            dg.AssetCheckSpec(COMPLETE, asset=asset_key(output.table.name), description=COMPLETE_DESCRIPTION)
            for output in stage.outputs
        ],
        partitions_def=stage.axis.definition(),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=recipe.pool,
    )
    def stage_asset(context: dg.AssetExecutionContext, workplace: Workplace):
        selected = [
            table for table, name in names.items() if name in context.op_execution_context.selected_output_names
        ]
        partitions = sorted(stage.axis.partition_of(key) for key in context.partition_keys)
        if not partitions:
            raise dg.Failure(f"{stage.name}: the run names no partition; is its range the wrong way round?")
        now = context_of(graph, workplace.path, workplace.settings(), current(workplace.lake))
        catalog.refresh(workplace.lake, graph.tables())
        provenance = Provenance(context.instance, graph, context.run.tags)
        run = StageRun(recipe, now, workplace, partitions, selected, context.log, provenance)
        for table in selected:
            yield dg.Output(run.stream(table), output_name=names[table], metadata=REPORTED_BY_STORE)
        for table in selected:
            if dg.AssetCheckKey(asset_key(table), COMPLETE) in context.selected_asset_check_keys:
                yield _complete(workplace.lake, graph.table(table))
        if len(run.failures) == len(partitions):
            raise dg.Failure("; ".join(f"[{partition}] {reason}" for partition, reason in run.failures.items()))

    return stage_asset


@cache
def worker_pool(processes: int) -> WorkerPool:
    """The pool of this process: it outlives a step, so that workers import their modules once."""
    return WorkerPool(processes, preload=PRELOAD)


def _out(recipe: Recipe, output: Output) -> dg.AssetOut:
    table, shown = output.table, recipe.shown[output.table.name]
    columns = [
        dg.TableColumn(
            name, str(column.dtype), column.description, dg.TableColumnConstraints(nullable=not column.required)
        )
        for name, column in table.columns.items()
    ]
    return dg.AssetOut(
        key=asset_key(table.name),
        description=table.description,
        group_name=shown.group,
        kinds=set(shown.kinds),
        owners=[OWNER],
        code_version=output.rule_version,
        metadata={"dagster/column_schema": dg.TableSchema(columns)},
        dagster_type=dg.Any,
        is_required=False,
    )


def _complete(lake: Lake, table: Table) -> dg.AssetCheckResult:
    """The check that no partition of a table has failed; its metadata names those that have, with the reason."""
    failures = lake.failures(table)
    rows = [dg.TableRecord({"partition": str(partition), "reason": reason}) for partition, reason in failures.items()]
    columns = [dg.TableColumn("partition"), dg.TableColumn("reason")]
    return dg.AssetCheckResult(
        passed=not failures,
        asset_key=asset_key(table.name),
        check_name=COMPLETE,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(f"[{partition}] {reason}" for partition, reason in failures.items())[:1000] or None,
        metadata={
            "failed_partitions": len(failures),
            **({"failed": dg.MetadataValue.table(rows, dg.TableSchema(columns))} if rows else {}),
        },
    )
