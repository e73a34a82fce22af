"""What Dagster knows of partitions, and the tags by which it tells for itself whether one is out of date.

What belongs here: Dagster's event log. What does not: what is out of date for us, which the lake's footers say
(`staleness.py`); the two agree because a data version is a content hash.
"""

from collections.abc import Mapping
from typing import NamedTuple

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    INPUT_DATA_VERSION_TAG_PREFIX,
    INPUT_EVENT_POINTER_TAG_PREFIX,
)
from dagster._core.storage.tags import BACKFILL_ID_TAG

from openspatial_assets.staleness import Graph, Output, Stage
from resources.lake import Partition
from resources.schema import Table


class Seen(NamedTuple):
    """The latest materialisation of a partition: its data version and its place in the event log."""

    data_version: str
    storage_id: int


def asset_key(table: str) -> dg.AssetKey:
    """The asset of a table; `qa/left_right` has a path of two."""
    return dg.AssetKey(table.split("/"))


class Provenance:
    """The event log as one step sees it; what was looked up once is remembered."""

    def __init__(self, instance: dg.DagsterInstance, graph: Graph, run_tags: Mapping[str, str]) -> None:
        self._instance, self._graph, self._awaited = instance, graph, BACKFILL_ID_TAG in run_tags
        self._inputs: dict[tuple[str, Partition], Seen | None] = {}

    def latest(self, table: Table, partition: Partition) -> Seen | None:
        """The latest materialisation of a partition; None if Dagster has seen none."""
        key = self._graph.writer(table.name).axis.key(partition)
        wanted = dg.AssetRecordsFilter(asset_key(table.name), asset_partitions=[str(key)])
        records = self._instance.fetch_materializations(wanted, limit=1).records
        if not records or records[0].asset_materialization is None:
            return None
        tags = records[0].asset_materialization.tags or {}
        return Seen(tags.get(DATA_VERSION_TAG, ""), records[0].storage_id)

    def must_hear_of(self, table: Table, partition: Partition, content: str) -> bool:
        """Whether an unchanged partition needs an event: Dagster has not seen this content, or a backfill waits for it.

        A backfill counts a partition without a materialisation as failed, and then starts nothing below it.
        """
        return self._awaited or (seen := self.latest(table, partition)) is None or seen.data_version != content

    def tags(self, stage: Stage, output: Output, partition: Partition, scenes: list[str]) -> Mapping[str, str]:
        """The tags of a partition's materialisation: its rule's version and the events of its inputs."""
        tags = {CODE_VERSION_TAG: output.rule_version}
        for table, above in self._graph.above(stage, partition, scenes):
            if (table.name, above) not in self._inputs:
                self._inputs[table.name, above] = self.latest(table, above)
            if (seen := self._inputs[table.name, above]) is None:
                continue
            name = asset_key(table.name).to_user_string()
            pointer = f"{INPUT_EVENT_POINTER_TAG_PREFIX}/{name}"
            tags[f"{INPUT_DATA_VERSION_TAG_PREFIX}/{name}"] = seen.data_version
            tags[pointer] = str(max(seen.storage_id, int(tags.get(pointer, 0))))
        return tags
