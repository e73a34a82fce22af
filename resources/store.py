"""Dagster's side of the store: the IO manager over the lake, and the resource that stages work with.

What belongs here: what Dagster hands over and asks for. What does not: files (`lake.py`), views (`catalog.py`), what is
out of date (`openspatial_assets/staleness.py`).
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import dagster as dg
import polars as pl
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.definitions.partitions.utils.multi import get_tags_from_multi_partition_key
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from pydantic import Field

from resources.lake import Lake, Partition, Record, content_hash
from resources.schema import SchemaError, Table
from resources.settings import load as load_settings
from resources.tables import TABLES

# Dagster gives all partitions of a run one data version and one event each, failed or unchanged ones too. An output
# with this metadata is reported only by what the IO manager yields: one materialisation for each partition written,
# with the data version of its own content. The key is Dagster's own, for sources that report their partitions
# themselves; there is no public one in 1.13.
REPORTED_BY_STORE = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}


def default_home() -> str:
    """`OPENSPATIAL_HOME`, or `./data`; absolute unless it is a URL."""
    home = os.environ.get("OPENSPATIAL_HOME") or "data"
    return home if "://" in home else os.path.abspath(home)


@dataclass(frozen=True)
class Computed:
    """A partition of a table on its way into the lake.

    Attributes:
        key: Dagster's partition key.
        partition: where it lies.
        frame: its rows.
        parts, fingerprint: what entered it (see `staleness.py`).
        report: the metadata of its materialisation, made after the write.
        tags: further tags of the materialisation (input versions).
    """

    key: str
    partition: Partition
    frame: pl.DataFrame
    fingerprint: str
    parts: Mapping[str, str]
    report: Callable[[], Mapping[str, Any]] = dict
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A partition that lies in the lake as it should: written by other means, or recorded by no event so far."""

    key: str
    partition: Partition
    record: Record
    report: Callable[[], Mapping[str, Any]] = dict
    tags: Mapping[str, str] = field(default_factory=dict)


class PartitionStream(Protocol):
    """Partitions that come one by one, and someone to tell that one could not be written."""

    def __iter__(self) -> Iterator[Computed | Kept]: ...

    def failed(self, partition: Partition, error: Exception) -> None: ...


class StoreIOManager(dg.ConfigurableIOManager):
    """Reads and writes partitions of the lake.

    An output may be a `PartitionStream` (what the stages of this project give), one DataFrame, or a mapping from
    partition key to DataFrame. An input is a LazyFrame, or a mapping from partition key to LazyFrame where several
    partitions are asked for; a missing or failed partition is an error that names it.
    """

    home: str = Field("", description="a folder or fsspec URL; empty for OPENSPATIAL_HOME, or ./data")

    @property
    def lake(self) -> Lake:
        return Lake(self.home or default_home())

    def handle_output(self, context: dg.OutputContext, obj: Any) -> Iterator[dg.AssetMaterialization]:
        lake, table = self.lake, _table(context.asset_key)
        if isinstance(obj, pl.DataFrame | pl.LazyFrame | Mapping):
            self._write_plain(context, lake, table, obj)
            return
        for item in obj:
            try:
                record = item.record if isinstance(item, Kept) else self._write(lake, table, item)
            except (SchemaError, OSError) as error:
                obj.failed(item.partition, error)
                continue
            multi = get_tags_from_multi_partition_key(item.key) if isinstance(item.key, dg.MultiPartitionKey) else {}
            yield dg.AssetMaterialization(
                context.asset_key,
                partition=item.key,
                metadata={"dagster/row_count": record.rows, **item.report()},
                tags={**multi, **item.tags, DATA_VERSION_TAG: record.content},
            )

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame | dict[str, pl.LazyFrame]:
        lake, table = self.lake, _table(context.asset_key)
        definition = context.asset_partitions_def if context.has_asset_partitions else None
        keys = sorted(context.asset_partition_keys) if definition else []
        frames = {str(key): lake.scan(table, _partition(definition, key)) for key in keys}
        return next(iter(frames.values())) if len(frames) == 1 else frames

    def _write(self, lake: Lake, table: Table, item: Computed) -> Record:
        return lake.write(table, item.partition, item.frame, item.fingerprint, item.parts)

    def _write_plain(self, context: dg.OutputContext, lake: Lake, table: Table, obj: Any) -> None:
        """Write what an asset without fingerprints returned; its fingerprint is its content."""
        keys = list(context.asset_partition_keys)
        frames = obj if isinstance(obj, Mapping) else {keys[0]: obj}
        if sorted(map(str, frames)) != sorted(map(str, keys)):
            raise ValueError(
                f"{context.asset_key.to_user_string()}: gave partitions {sorted(frames)}, not {sorted(keys)}"
            )
        for key in keys:
            frame = frames[str(key)].lazy().collect()
            partition = _partition(context.asset_partitions_def, key)
            lake.write(table, partition, frame, content_hash(table, frame), {})


def _table(key: dg.AssetKey) -> Table:
    name = "/".join(key.path)
    if name not in TABLES:
        raise KeyError(f"asset {name} has no schema; add it to resources/tables")
    return TABLES[name]


def _partition(definition: dg.PartitionsDefinition, key: str) -> Partition:
    """Where a key of any partitions definition lies: the scene first, then the other dimension."""
    if isinstance(definition, dg.MultiPartitionsDefinition):
        dimensions = definition.get_partition_key_from_str(str(key)).keys_by_dimension
        names = sorted(dimensions, key=lambda name: (name != "scene", name))
        return Partition(tuple((name, dimensions[name]) for name in names))
    name = definition.name if isinstance(definition, dg.DynamicPartitionsDefinition) else "variant"
    return Partition(((name, str(key)),))


class Workplace(dg.ConfigurableResource):
    """Where stages work: the home folder, the settings, and how many processes.

    What a run writes under an override of a setting is out of date for a plan without it.
    """

    home: str = Field("", description="a folder or fsspec URL; empty for OPENSPATIAL_HOME, or ./data")
    workers: int = Field(0, description="worker processes; 0 for one a core")
    overrides: dict[str, Any] = Field({}, description="settings for this run only: {'visibility.min_points': 200}")

    @property
    def path(self) -> str:
        return self.home or default_home()

    @property
    def lake(self) -> Lake:
        return Lake(self.path)

    @property
    def processes(self) -> int:
        return self.workers or os.cpu_count() or 1

    def settings(self) -> dict[str, Any]:
        """All sections of the settings, as they are now."""
        return load_settings(self.path, self.overrides)
