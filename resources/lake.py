"""The Parquet lake: one file a partition, with its fingerprint and content hash in the file's footer.

What belongs here: where a partition lies, atomic writes, lazy reads, footers, and the record of a failure. What does
not: Dagster (`store.py`) and the DuckDB catalogue (`catalog.py`).

A write is a temporary file beside the target and then a rename, so a killed process leaves the old partition or the new
one, never half of either. On object stores, which have no rename, the upload itself is atomic.
"""

import contextlib
import hashlib
import io
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import duckdb
import fsspec
import polars as pl
from fsspec.implementations.local import LocalFileSystem

from resources.files import write_whole
from resources.schema import Table

PART = "part.parquet"
RECORD = "record.json"
"""A sharded partition's record: its content is known only when the last shard's footer has been written."""
FAILURE = "error.json"
NO_PARTITION = "_"
"""Stands for "no scene" in the empty file that lets a view be bound before a table has rows; it is no scene id."""
HASH_BYTES = 16


@dataclass(frozen=True, order=True)
class Partition:
    """Where a partition lies on its axes: ordered (axis, value) pairs, such as `(("scene", "room_0"),)`."""

    values: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, **values: str) -> "Partition":
        return cls(tuple(values.items()))

    def get(self, axis: str) -> str | None:
        return dict(self.values).get(axis)

    @property
    def folder(self) -> str:
        return "/".join(f"{axis}={value}" for axis, value in self.values)

    def __str__(self) -> str:
        return ", ".join(f"{axis}={value}" for axis, value in self.values)


@dataclass(frozen=True)
class Record:
    """What a footer says of its partition.

    Attributes:
        fingerprint: hash of all that entered the computation.
        content: hash of the values that were written.
        parts: what entered, by name: rule version, settings, content hashes of the inputs.
        rows: number of rows.
    """

    fingerprint: str
    content: str
    parts: Mapping[str, str]
    rows: int


class PartitionMissing(LookupError):
    """A partition that was asked for has not been written."""


class PartitionFailed(RuntimeError):
    """A partition's last computation failed; the message says why."""


def content_hash(table: Table, frame: pl.DataFrame) -> str:
    """Hash of a table's values, but for columns that only say where bytes lie.

    Taken over an uncompressed Parquet encoding, in which equal values give equal bytes whatever the memory layout.
    """
    located = [name for name, column in table.columns.items() if column.location]
    buffer = io.BytesIO()
    frame.drop(located).rechunk().write_parquet(buffer, compression="uncompressed", statistics=False)
    return hashlib.blake2b(buffer.getbuffer(), digest_size=HASH_BYTES).hexdigest()


class Lake:
    """The tables under `<home>/lake`; `home` is a folder or any fsspec URL."""

    def __init__(self, home: str) -> None:
        self.home = home

    @cached_property
    def _located(self) -> tuple[fsspec.AbstractFileSystem, str]:
        filesystem, root = fsspec.core.url_to_fs(self.home)
        return filesystem, f"{root.rstrip('/')}/lake"

    @property
    def filesystem(self) -> fsspec.AbstractFileSystem:
        return self._located[0]

    @property
    def root(self) -> str:
        return self._located[1]

    @property
    def is_local(self) -> bool:
        return isinstance(self.filesystem, LocalFileSystem)

    def folder(self, table: Table, partition: Partition) -> str:
        return f"{self.root}/{table.name}/{partition.folder}"

    def url(self, table: Table, partition: Partition) -> str:
        """The partition's folder as others open it: a path on a local disk, else a URL."""
        return self._opened(self.folder(table, partition))

    def path(self, table: Table, partition: Partition) -> str:
        """The file that makes a partition be there: its only one, or a sharded partition's record."""
        return f"{self.folder(table, partition)}/{RECORD if table.sharded else PART}"

    def files(self, table: Table) -> str:
        """A glob for all Parquet files of a table; what is being written does not match it."""
        return f"{self._opened(self.root)}/{table.name}/" + ("*=*/data/*.parquet" if table.sharded else "**/*.parquet")

    def _opened(self, path: str) -> str:
        return path if self.is_local else self.filesystem.unstrip_protocol(path)

    def write(
        self, table: Table, partition: Partition, frame: pl.DataFrame, fingerprint: str, parts: Mapping[str, str]
    ) -> Record:
        """Check `frame` against the schema and put it in the partition's place at once.

        Raises:
            SchemaError: the frame does not fit; nothing is written.
            OSError: the disk is full or not writable; the partition stays as it was.
        """
        frame = table.checked(frame, str(partition))
        record = Record(fingerprint, content_hash(table, frame), dict(parts), frame.height)
        buffer = io.BytesIO()
        frame.rechunk().write_parquet(buffer, metadata=_footer(record))
        self._replace(self.path(table, partition), buffer.getvalue(), what=f"table {table.name}, partition {partition}")
        self._forget_failure(table, partition)
        return record

    def write_record(self, table: Table, partition: Partition, record: Record) -> None:
        """Declare a sharded partition whole, after its folder was put in place; without a record it is not there."""
        what = f"table {table.name}, partition {partition}"
        self._replace(self.path(table, partition), json.dumps(_footer(record), indent=1).encode(), what)
        self._forget_failure(table, partition)

    def scan(self, table: Table, partition: Partition) -> pl.LazyFrame:
        """A partition, lazily.

        Raises:
            PartitionMissing: it was never written.
            PartitionFailed: its last computation failed, so what lies there is out of date.
        """
        if failure := self.failure(table, partition):
            raise PartitionFailed(f"{table.name} [{partition}] failed: {failure}")
        path = self.path(table, partition)
        if not self.filesystem.exists(path):
            raise PartitionMissing(f"{table.name} [{partition}] is missing; materialise it first ({path})")
        files = f"{self.folder(table, partition)}/data/*.parquet" if table.sharded else path
        if self.is_local:
            return pl.scan_parquet(files, hive_partitioning=False)
        shards = [io.BytesIO(self.filesystem.cat_file(found)) for found in sorted(self.filesystem.glob(files))]
        return pl.concat([pl.read_parquet(shard, hive_partitioning=False) for shard in shards]).lazy()

    def read(self, table: Table, partition: Partition) -> pl.DataFrame:
        """A partition, in memory; raises as `scan`."""
        return self.scan(table, partition).collect()

    def record(self, table: Table, partition: Partition) -> Record | None:
        """What the footer says; None if the partition was never written."""
        try:
            with self.filesystem.open(self.path(table, partition), "rb") as file:
                return _record(json.load(file) if table.sharded else pl.read_parquet_metadata(file))
        except FileNotFoundError:
            return None

    def records(self, table: Table) -> dict[Partition, Record]:
        """The records of all written partitions of a table, read in one query, in the order of their paths."""
        written = self._partitions(table, RECORD if table.sharded else PART)
        if table.sharded or not self.is_local:
            return {p: r for p in written if (r := self.record(table, p)) is not None}
        if not written:
            return {}
        rows = duckdb.execute(
            "select file_name, decode(key), decode(value) from parquet_kv_metadata(?) order by file_name",
            [self.files(table)],
        ).fetchall()
        footers: dict[str, dict[str, str]] = {}
        for file_name, key, value in rows:
            footers.setdefault(file_name, {})[key] = value
        found = {self._partition(table, path): _record(footer) for path, footer in footers.items()}
        return {p: r for p, r in found.items() if r is not None and NO_PARTITION not in dict(p.values).values()}

    def fail(self, table: Table, partition: Partition, message: str) -> None:
        """Note that a partition could not be computed, and why, where readers of it will find out."""
        text = json.dumps({"table": table.name, "partition": str(partition), "error": message}, indent=1)
        # On a full disk the note may fail like the partition did; the run's own error still says what happened.
        with contextlib.suppress(OSError):
            self._replace(f"{self.folder(table, partition)}/{FAILURE}", text.encode(), what="failure note")

    def failure(self, table: Table, partition: Partition) -> str | None:
        """Why the partition's last computation failed; None if it did not."""
        try:
            with self.filesystem.open(f"{self.folder(table, partition)}/{FAILURE}", "rb") as file:
                return json.load(file)["error"]
        except FileNotFoundError:
            return None

    def failures(self, table: Table) -> dict[Partition, str]:
        """All failed partitions of a table with their reasons, in the order of their paths."""
        return {p: self.failure(table, p) or "" for p in self._partitions(table, FAILURE)}

    def seed(self, table: Table, axes: Iterable[str]) -> None:
        """Write the table's empty file, so that a view over the table can be bound before it has rows."""
        partition = Partition(tuple((axis, NO_PARTITION) for axis in axes))
        path = f"{self.folder(table, partition)}/{'data/' if table.sharded else ''}{PART}"
        buffer = io.BytesIO()
        table.empty().write_parquet(buffer)
        if not self.filesystem.exists(path) or self.filesystem.cat_file(path) != buffer.getvalue():
            self._replace(path, buffer.getvalue(), what=f"table {table.name}")

    def _forget_failure(self, table: Table, partition: Partition) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.filesystem.rm_file(f"{self.folder(table, partition)}/{FAILURE}")

    def _partitions(self, table: Table, file_name: str) -> list[Partition]:
        # Not "**": an export's partition holds thousands of images, which a recursive search would look at.
        levels = ("*=*", "*=*/*=*")
        found = [
            path for level in levels for path in self.filesystem.glob(f"{self.root}/{table.name}/{level}/{file_name}")
        ]
        partitions = [self._partition(table, path) for path in sorted(found)]
        return [p for p in partitions if NO_PARTITION not in dict(p.values).values()]

    def _partition(self, table: Table, path: str) -> Partition:
        folders = path.rsplit(f"/lake/{table.name}/", 1)[1].split("/")[:-1]
        return Partition(tuple(tuple(folder.split("=", 1)) for folder in folders if "=" in folder))

    def _replace(self, path: str, data: bytes, what: str) -> None:
        write_whole(self.filesystem, path, data, what)


def _footer(record: Record) -> dict[str, str]:
    return {
        "fingerprint": record.fingerprint,
        "content": record.content,
        "parts": json.dumps(record.parts, sort_keys=True),
        "rows": str(record.rows),
    }


def _record(footer: Mapping[str, str]) -> Record | None:
    if "fingerprint" not in footer:
        return None
    return Record(footer["fingerprint"], footer["content"], json.loads(footer["parts"]), int(footer["rows"]))


def sweep_temporaries(lake: Lake, older_than_s: float) -> int:
    """Remove temporary files that killed processes left; how many."""
    if not lake.is_local:
        return 0
    removed = 0
    for folder, _, names in os.walk(lake.root):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".tmp") and time.time() - os.path.getmtime(path) > older_than_s:
                os.unlink(path)
                removed += 1
    return removed
