"""Fingerprints, and the plan of what is missing or out of date.

What belongs here: what a stage's result depends on (`Stage`), the fingerprint made of it, and the comparison with what
the lake's footers record. What does not: running anything (`assets`), and files (`resources/lake.py`).

A partition's *parts* are everything that entered it, by name: the rule's version, each setting that the stage reads,
the content hash of each input partition, and the signature of the source's files. Its *fingerprint* is their hash. A
partition recomputed to the same content leaves the parts of what is below it as they were: the change stops there.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from openspatial_assets.partitions import LIFTED as LIFTED_AXIS
from openspatial_assets.partitions import Axis
from openspatial_assets.variants import ALLOWED, VARIANTS
from resources import sources, tables
from resources.lake import Lake, Partition, PartitionFailed, PartitionMissing, Record
from resources.recognizer import can_recognise
from resources.schema import Table
from resources.sources import registration as registrations
from resources.sources.registration import SourceError

FINGERPRINT_BYTES = 16
SOURCE_PART = "source "
"""Begins the names of parts that stand for files of the source dataset."""
INPUT_PART = "input "
"""Begins the names of parts that stand for an input partition: `input frames [scene=room_0]`."""

LIFTED = "lifted"
"""Boxes from what was recognised in the images."""
WITHOUT = {
    "annotated": "the source has none",
    LIFTED: "no depth, or neither recorded recognitions nor a key for Gemini",
}
"""Why a scene may lack boxes of an origin."""


@dataclass(frozen=True)
class Output:
    """One table that a stage writes, and the version of the rule that makes it."""

    table: Table
    rule_version: str


@dataclass(frozen=True)
class Stage:
    """What one step of the graph reads and writes; all that its fingerprints are made of.

    Attributes:
        name: the step's name.
        axis: what all its tables are partitioned by.
        outputs: the tables that come from one pass.
        inputs: the stages' tables that it reads, by name.
        settings: the sections of the settings that it reads.
        file_settings: settings, such as `masks.sam_checkpoint_path`, that name a file which it reads.
        source_files: what it reads of a source: parts of its signature (`frames`, `boxes`, `recognitions`,
            `surface`), and of the registration all (`registration`), or what images and poses depend on (`capture`:
            layout and options; not where the folder lies, nor what may be done with it).
    """

    name: str
    axis: Axis
    outputs: tuple[Output, ...]
    inputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    file_settings: tuple[str, ...] = ()
    source_files: tuple[str, ...] = ()


class Graph:
    """All stages, upstream first."""

    def __init__(self, stages: Iterable[Stage]) -> None:
        self.stages: list[Stage] = []
        self._by_table: dict[str, tuple[Stage, Output]] = {}
        for stage in stages:
            if unknown := [name for name in stage.inputs if name not in self._by_table]:
                raise ValueError(f"stage {stage.name}: no stage before it writes {unknown[0]}")
            self.stages.append(stage)
            self._by_table |= {output.table.name: (stage, output) for output in stage.outputs}

    def writer(self, table: str) -> Stage:
        """The stage that writes a table."""
        return self._by_table[table][0]

    def table(self, name: str) -> Table:
        return self._by_table[name][1].table

    def tables(self) -> list[tuple[Table, tuple[str, ...]]]:
        """Every table with the axes that its folders nest by."""
        return [(output.table, stage.axis.dimensions) for stage in self.stages for output in stage.outputs]

    def gathers(self, stage: Stage, table: str) -> bool:
        """Whether a partition of a stage is made of several partitions of a table, and does without those that lack."""
        return stage.axis.gathers(self.writer(table).axis)

    def above(self, stage: Stage, partition: Partition, scenes: Sequence[str]) -> list[tuple[Table, Partition]]:
        """The input partitions that a partition is made of."""
        return [
            (self.table(name), upstream)
            for name in stage.inputs
            for upstream in stage.axis.above(self.writer(name).axis, partition, scenes)
        ]


@dataclass(frozen=True)
class Context:
    """What the parts of a partition are looked up in.

    Attributes:
        graph: all stages.
        scenes: ids of the registered scenes, in the order of their registration.
        settings: section -> frozen dataclass of settings.
        signature: scene id -> what the source's files are now (name -> hash); raises `ValueError` for a broken scene.
        record: (table, partition) -> its footer, or None; raises `PartitionFailed` where its computation failed.
        origins: scene id -> where its boxes may come from: values of the choice `boxes`.
    """

    graph: Graph
    scenes: Sequence[str]
    settings: Mapping[str, Any]
    signature: Callable[[str], Mapping[str, str]]
    record: Callable[[Table, Partition], Record | None]
    origins: Callable[[str], Sequence[str]]

    def variants_of(self, scene: str, variants: Iterable[str]) -> list[str]:
        """Those of the variants whose boxes the scene can have."""
        return [variant for variant in variants if VARIANTS[variant].boxes in self.origins(scene)]


def context_of(
    graph: Graph, home: str, settings: Mapping[str, Any], record: Callable[[Table, Partition], Record | None]
) -> Context:
    """The context of a home folder as it is now; each scene's source files are looked at once.

    A scene's boxes may be lifted if its objects can be recognised: somebody recorded them, or there is a key to ask a
    model with; or they were recognised before. What has no boxes either way keeps all origins that its source offers:
    computing them says what is missing.
    """

    @cache
    def signature(scene: str) -> dict[str, str]:
        registration = registrations.read(home, scene)
        record = registration.to_json()
        own = {
            "registration": fingerprint(record),
            "capture": fingerprint({name: record[name] for name in ("source", "options")}),
        }
        return own | sources.of(registration).signature(registration)

    @cache
    def origins(scene: str) -> tuple[str, ...]:
        try:
            registration = registrations.read(home, scene)
            offered = sources.of(registration).box_origins(registration)
            recognisable = can_recognise(registration, settings["recognition"]) or recognised(scene)
        except SourceError:
            return ALLOWED["boxes"]
        return tuple(origin for origin in offered if origin != LIFTED or recognisable) or offered

    def recognised(scene: str) -> bool:
        with suppress(PartitionFailed):
            return record(tables.RECOGNITIONS, LIFTED_AXIS.partition(scene, LIFTED)) is not None
        return False

    return Context(graph, registrations.registered(home), settings, signature, record, origins)


def parts(context: Context, stage: Stage, output: Output, partition: Partition) -> dict[str, str]:
    """Everything that enters one partition, by name.

    Raises:
        PartitionMissing, PartitionFailed: an input is not there. Where a partition gathers many, such inputs are left
            out instead: one bad scene does not hold up the dataset.
        ValueError: the scene's registration or folder is broken.
    """
    found = {"rule": output.rule_version}
    if stage.axis.dimension:
        found["choices"] = partition.get(stage.axis.dimension) or ""
    for section in stage.settings:
        values = asdict(context.settings[section])
        found |= {f"setting {section}.{name}": _text(value) for name, value in sorted(values.items())}
    for setting in stage.file_settings:
        section, name = setting.split(".")
        if path := getattr(context.settings[section], name):
            found[f"file of {setting}"] = _file_stamp(path)
    if stage.source_files:
        signature = context.signature(partition.get("scene") or "")
        found |= {f"{SOURCE_PART}{name}": signature[name] for name in stage.source_files}
    for table, upstream in context.graph.above(stage, partition, context.scenes):
        gathered = context.graph.gathers(stage, table.name)
        try:
            record = context.record(table, upstream)
        except PartitionFailed:
            if not gathered:
                raise
            continue
        if record is not None:
            found[f"{INPUT_PART}{table.name} [{upstream}]"] = record.content
        elif not gathered:
            raise PartitionMissing(f"{table.name} [{upstream}] is missing; materialise it first")
    return found


def fingerprint(parts: Mapping[str, Any]) -> str:
    """Hash of a partition's parts, or of any JSON object."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=FINGERPRINT_BYTES).hexdigest()


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """In words, what changed between two sets of parts; the first three changes, and how many more."""
    changes = []
    for name in sorted({*before, *now}):
        if before.get(name) == now.get(name):
            continue
        if name.startswith(INPUT_PART):
            verb = "new" if name not in before else "gone" if name not in now else "changed"
            changes.append(f"{name.removeprefix(INPUT_PART)} {verb}")
        elif name.startswith(SOURCE_PART):
            own = name.removeprefix(SOURCE_PART) in ("registration", "capture")
            changes.append("registration changed" if own else f"{name} files changed")
        else:
            changes.append(f"{name} changed from {before.get(name, 'none')} to {now.get(name, 'none')}")
    more = f", and {len(changes) - 3} more" if len(changes) > 3 else ""
    return ", ".join(changes[:3]) + more


@dataclass(frozen=True)
class Planned:
    """One partition that would be computed, and why."""

    stage: Stage
    output: Output
    partition: Partition
    reason: str


def plan(context: Context, variants: Sequence[str], scenes: Sequence[str] | None = None) -> list[Planned]:
    """What is missing or out of date for these variants and scenes (all registered ones by default), upstream first.

    What lies below a planned partition is planned too ("may change"): whether it must really run is known only when the
    content above it is, and the run then skips it.
    """
    wanted = list(context.scenes if scenes is None else scenes)
    planned: list[Planned] = []
    running: set[tuple[str, Partition]] = set()
    possible = {scene: context.variants_of(scene, variants) for scene in {*wanted, *context.scenes}}
    anywhere = [variant for variant in variants if any(variant in of_scene for of_scene in possible.values())]
    for stage in context.graph.stages:
        if stage.axis.scene:
            partitions = [one for scene in wanted for one in stage.axis.partitions([scene], possible[scene])]
        else:
            partitions = stage.axis.partitions([], anywhere)
        for partition in partitions:
            above = [
                f"{table.name} [{upstream}]"
                for table, upstream in context.graph.above(stage, partition, context.scenes)
                if (table.name, upstream) in running
            ]
            for output in stage.outputs:
                if reason := _reason(context, stage, output, partition, above):
                    planned.append(Planned(stage, output, partition, reason))
                    running.add((output.table.name, partition))
    return planned


def not_applicable(context: Context, variants: Sequence[str], scenes: Sequence[str] | None = None) -> list[str]:
    """In words, the scenes that some of the variants leave out, because they cannot have the boxes that these take."""
    left_out: dict[str, list[str]] = {}
    for scene in context.scenes if scenes is None else scenes:
        possible = context.variants_of(scene, variants)
        for origin in dict.fromkeys(VARIANTS[variant].boxes for variant in variants if variant not in possible):
            left_out.setdefault(origin, []).append(scene)
    lines = []
    for origin, where in left_out.items():
        named = ", ".join(where[:3]) + (f", and {len(where) - 3} more" if len(where) > 3 else "")
        lines.append(f"{named}: no {origin} boxes to be had ({WITHOUT[origin]})")
    return lines


def _reason(context: Context, stage: Stage, output: Output, partition: Partition, above: list[str]) -> str:
    """Why a partition would run; empty if it is up to date."""
    try:
        record = context.record(output.table, partition)
    except PartitionFailed as failure:
        return f"failed last time ({failure})"
    if record is None:
        return "missing"
    if above:
        return f"may change: {above[0]} will run" + (f", and {len(above) - 1} more" if len(above) > 1 else "")
    try:
        now = parts(context, stage, output, partition)
    except (PartitionMissing, PartitionFailed, ValueError) as error:
        return f"cannot be checked ({error})"
    return "" if fingerprint(now) == record.fingerprint else difference(record.parts, now)


def footers(lake: Lake) -> Callable[[Table, Partition], Record | None]:
    """A look-up of records for one plan: each table's footers and failures are read once, all together."""
    read: dict[str, tuple[dict[Partition, Record], dict[Partition, str]]] = {}

    def look_up(table: Table, partition: Partition) -> Record | None:
        if table.name not in read:
            read[table.name] = (lake.records(table), lake.failures(table))
        records, failures = read[table.name]
        if partition in failures:
            raise PartitionFailed(failures[partition])
        return records.get(partition)

    return look_up


def current(lake: Lake) -> Callable[[Table, Partition], Record | None]:
    """A look-up of records as they are now, for a run: other runs may be writing."""

    def look_up(table: Table, partition: Partition) -> Record | None:
        if failure := lake.failure(table, partition):
            raise PartitionFailed(f"{table.name} [{partition}] failed: {failure}")
        return lake.record(table, partition)

    return look_up


def _file_stamp(path: str) -> str:
    """Size and time of a file's last change; a file that is missing is for its reader to complain about."""
    try:
        status = os.stat(path)
    except OSError:
        return "missing"
    return f"{status.st_size} bytes of {status.st_mtime_ns}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
