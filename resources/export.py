"""Writing the training export: sharded Parquet, ShareGPT-style JSONL with its images, and a dataset card.

    <folder>/README.md                               the card (`export_card.py`); names the splits for `load_dataset`
    <folder>/data/<split>-00000-of-0000N.parquet     the table `training_export`; images decode on load
    <folder>/<split>.jsonl                           conversations, with paths relative to this file
    <folder>/images/<scene>/<question>_<n>.jpg

A local export is written into a hidden folder beside its place and then exchanged with what lies there, so a killed run
leaves the old export or the new one, never a mixture. An object store has no such exchange: there the card is removed
first and written last, so an export without a README is not whole, and the next run makes it so.
What does not belong here: drawing (`engine/rendering`), and which questions are exported (`assets/dataset.py`).
"""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import fsspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from openspatial_assets.engine.dataset.settings import ExportSettings
from resources.export_card import CARD, Contents, card
from resources.folders import put_in_place, recover
from resources.tables import TRAINING_EXPORT

ROWS_A_GROUP = 64
"""Rows of a Parquet row group: some 7 MB of images, so that a reader may take a few samples without reading a shard."""

BYTES_A_MB = 1_000_000

WRITING_THREADS = 4
"""Threads that write images: opening a small file takes longer than filling it."""

_TEXT = {"dtype": "string", "_type": "Value"}
_FEATURES: dict[str, Any] = {
    "messages": [{"from": _TEXT, "value": _TEXT}],
    "QA_images": [{"_type": "Image"}],
    "question_tags": [_TEXT],
    "question_types": [_TEXT],
}
"""How Hugging Face `datasets` reads the columns that are no plain text."""


def arrow_schema(footer: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of a shard, with the metadata by which `datasets` decodes the images, and `footer`."""
    struct = {"messages": ("from", "value"), "QA_images": ("bytes", "path")}
    fields = []
    for name, column in TRAINING_EXPORT.columns.items():
        if name in struct:
            kinds = [pa.field(part, pa.binary() if part == "bytes" else pa.string()) for part in struct[name]]
            fields.append(pa.field(name, pa.list_(pa.struct(kinds))))
        else:
            fields.append(pa.field(name, pa.list_(pa.string()) if column.dtype == pl.List else pa.string()))
    features = {name: _FEATURES.get(name, _TEXT) for name in TRAINING_EXPORT.columns}
    hugging_face = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": hugging_face, **footer})


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        folder: where, as it was given.
        rows: split -> samples.
        shards: Parquet files.
        size_bytes: of all files together.
        digest: hash of all samples in order; equal exports have equal digests.
    """

    folder: str
    rows: Mapping[str, int]
    shards: int
    size_bytes: int
    digest: str


def write_export(
    folder: str,
    samples: Iterable[pl.DataFrame],
    settings: ExportSettings,
    title: str,
    footer: Mapping[str, str] | None = None,
) -> ExportReport:
    """Write `samples` to `folder`, replacing what is there as a whole.

    Args:
        folder: a path or fsspec URL; its parent need not exist.
        samples: rows of `training_export`, taken one frame at a time; never is more than one held.
        title: the dataset's name, such as the variant's: heading of its card, and name of its configuration.
        footer: key-value metadata for the footer of each shard.

    Raises:
        SchemaError: a frame does not fit the table `training_export`.
        OSError: the disk is full or not writable. Whatever is raised, also by `samples`, the old export stays.
    """
    filesystem, path = fsspec.core.url_to_fs(folder)
    path = path.rstrip("/")
    local = isinstance(filesystem, LocalFileSystem)
    with _staging(path if local else None) as staging:
        with _Writer(staging, settings, footer or {}) as writer:
            for number, frame in enumerate(samples):
                writer.write(TRAINING_EXPORT.checked(frame, f"{title}, chunk {number}"))
        (staging / CARD).write_text(card(title, writer.contents, settings.jsonl), encoding="utf-8")
        files = [entry for entry in staging.rglob("*") if entry.is_file()]
        size = sum(entry.stat().st_size for entry in files)
        shards = sum(entry.suffix == ".parquet" for entry in files)
        if local:
            put_in_place(staging, Path(path))
        else:
            _upload(staging, filesystem, path)
    return ExportReport(folder, dict(writer.contents.rows), shards, size, writer.digest.hexdigest())


@contextlib.contextmanager
def _staging(beside: str | None) -> Iterator[Path]:
    """An empty folder, removed at the end if it is still there; hidden beside the local path `beside`, if one is given.

    Folders that killed runs left there are removed first: a living run holds a lock on its own.
    """
    if beside is None:
        with tempfile.TemporaryDirectory(prefix="export-") as temporary:
            yield Path(temporary)
        return
    target = Path(beside)
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    for left in sorted(target.parent.glob(f".{glob.escape(target.name)}.*.tmp")):
        with _lock(left) as free:
            if free:
                shutil.rmtree(left, ignore_errors=True)
    staging = target.parent / f".{target.name}.{uuid.uuid4().hex}.tmp"
    staging.mkdir()
    try:
        with _lock(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Holds the lock of a folder; False where another process holds it or the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _upload(staging: Path, filesystem: fsspec.AbstractFileSystem, path: str) -> None:
    """Copy a finished export to an object store, the card last, and remove what the new export does not have."""
    with contextlib.suppress(FileNotFoundError):
        filesystem.rm_file(f"{path}/{CARD}")
    names = sorted(str(entry.relative_to(staging)) for entry in staging.rglob("*") if entry.is_file())
    names.remove(CARD)
    for name in [*names, CARD]:
        if name == CARD:
            known = {f"{path}/{kept}" for kept in names}
            for left in sorted(entry for entry in filesystem.find(path) if entry not in known):
                filesystem.rm_file(left)
        filesystem.put_file(str(staging / name), f"{path}/{name}")


@dataclass
class _Writer:
    """Writes an export's files into a folder, sample by sample."""

    folder: Path
    settings: ExportSettings
    footer: Mapping[str, str]
    contents: Contents = field(default_factory=Contents)

    def __post_init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=16)
        self._schema = arrow_schema(self.footer)
        self._shards: Counter[str] = Counter()
        self._open: dict[str, pq.ParquetWriter] = {}
        self._bytes: Counter[str] = Counter()
        self._lines: dict[str, IO[str]] = {}
        self._threads = ThreadPoolExecutor(WRITING_THREADS)
        (self.folder / "data").mkdir()

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._threads.shutdown()
        for writer in self._open.values():
            writer.close()
        for file in self._lines.values():
            file.close()
        if error is None:
            self._name_shards()

    def write(self, frame: pl.DataFrame) -> None:
        for (split,), rows in frame.group_by("split", maintain_order=True):
            self._write_rows(str(split), rows)
        rows = list(frame.iter_rows(named=True))
        if self.settings.jsonl:
            pictures = [picture for row in rows for picture in row["QA_images"]]
            deque(self._threads.map(self._write_picture, pictures), maxlen=0)
        for row in rows:
            self.digest.update(json.dumps({**row, "QA_images": [p["path"] for p in row["QA_images"]]}).encode())
            for picture in row["QA_images"]:
                self.digest.update(picture["bytes"])
            self.contents.count(row)
            if self.settings.jsonl:
                self._write_line(row)

    def _write_rows(self, split: str, rows: pl.DataFrame) -> None:
        for start in range(0, rows.height, ROWS_A_GROUP):
            group = rows.slice(start, ROWS_A_GROUP)
            if split not in self._open:
                path = self.folder / "data" / self._part(split, self._shards[split])
                self._shards[split] += 1
                self._open[split] = pq.ParquetWriter(
                    path,
                    self._schema,
                    # JPEGs gain nothing from a dictionary, and their least and greatest values would fill the footer.
                    use_dictionary=["subtask", "scene_id", "split", "license"],
                    write_statistics=["qa_id", "subtask", "scene_id", "split"],
                )
            self._open[split].write_table(group.to_arrow().cast(self._schema))
            self._bytes[split] += sum(len(p["bytes"]) for pictures in group["QA_images"] for p in pictures)
            if self._bytes[split] >= self.settings.max_shard_mb * BYTES_A_MB:
                self._open.pop(split).close()
                self._bytes[split] = 0

    def _write_picture(self, picture: Mapping[str, Any]) -> None:
        path = self.folder / picture["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture["bytes"])

    def _write_line(self, row: Mapping[str, Any]) -> None:
        split = row["split"]
        if split not in self._lines:
            self._lines[split] = open(self.folder / f"{split}.jsonl", "w", encoding="utf-8")  # noqa: SIM115
        line = {
            "id": row["qa_id"],
            "images": [picture["path"] for picture in row["QA_images"]],
            "conversations": row["messages"],
            **{name: row[name] for name in ("subtask", "question_tags", "question_types", "scene_id", "license")},
        }
        self._lines[split].write(json.dumps(line, ensure_ascii=False) + "\n")

    def _name_shards(self) -> None:
        """Give the shards their final names, now that their number is known."""
        for split, count in self._shards.items():
            for number in range(count):
                final = f"{split}-{number:05d}-of-{count:05d}.parquet"
                (self.folder / "data" / self._part(split, number)).rename(self.folder / "data" / final)

    @staticmethod
    def _part(split: str, number: int) -> str:
        return f"{split}-{number:05d}.part"
