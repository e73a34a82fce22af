"""An export is read by the tools people use, and is old or new but never half."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import fsspec
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from openspatial_assets.engine.dataset.settings import ExportSettings
from resources import export, folders
from resources.export import write_export
from resources.schema import SchemaError
from resources.tables import TRAINING_EXPORT


def samples(count: int, split: str = "train", name: str = "q", images: int = 1) -> pl.DataFrame:
    """Samples whose pictures are 32 x 24 and of one grey value: their number."""
    rows = []
    for number in range(count):
        picture = np.full((24, 32, 3), number % 256, np.uint8)
        data = cv2.imencode(".jpg", picture)[1].tobytes()
        qa_id = f"{name}{number}"
        rows.append(
            {
                "messages": [
                    {"from": "human", "value": "<image>\n" * images + "Wo ist der Stuhl? é"},
                    {"from": "gpt", "value": "left"},
                ],
                "QA_images": [{"bytes": data, "path": f"images/room/{qa_id}_{i}.jpg"} for i in range(images)],
                "question_tags": ["spatial_relationship"],
                "question_types": ["open_ended"],
                "qa_id": qa_id,
                "subtask": "left_right",
                "scene_id": "room",
                "split": split,
                "license": "CC-BY-4.0" if number % 2 else None,
            }
        )
    return pl.DataFrame(rows, schema=TRAINING_EXPORT.schema)


def two_splits() -> list[pl.DataFrame]:
    return [samples(70), samples(30, name="more", images=2), samples(5, "val", "held")]


def tree(folder: Path) -> dict[str, str]:
    """Relative path -> hash of all files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Hugging Face `datasets`, kept off the network and out of the home folder."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return datasets


def test_datasets_loads_the_parquet_and_decodes_the_images(offline, tmp_path: Path):
    report = write_export(str(tmp_path / "out"), two_splits(), ExportSettings(), "my-rooms_v2", {"fingerprint": "f1"})
    assert report.rows == {"train": 100, "val": 5}
    names = [path.name for path in sorted((tmp_path / "out" / "data").iterdir())]
    assert names == ["train-00000-of-00001.parquet", "val-00000-of-00001.parquet"]
    by_files = offline.load_dataset(
        "parquet",
        data_files={
            "train": str(tmp_path / "out/data/train-*.parquet"),
            "val": str(tmp_path / "out/data/val-*.parquet"),
        },
        cache_dir=str(tmp_path / "cache"),
    )
    by_folder = offline.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache2"))
    by_name = offline.load_dataset(str(tmp_path / "out"), "my-rooms_v2", cache_dir=str(tmp_path / "cache2"))
    for loaded in (by_files, by_folder, by_name):
        assert {split: len(part) for split, part in loaded.items()} == {"train": 100, "val": 5}
        sample = loaded["train"][75]
        assert sample["qa_id"] == "more5"
        assert [picture.size for picture in sample["QA_images"]] == [(32, 24), (32, 24)]
        assert np.asarray(sample["QA_images"][1]).mean() == pytest.approx(5, abs=1)
        assert sample["messages"][1] == {"from": "gpt", "value": "left"}
        assert sample["question_types"] == ["open_ended"]
    footer = pq.read_schema(tmp_path / "out/data/val-00000-of-00001.parquet").metadata
    assert footer[b"fingerprint"] == b"f1"


def test_jsonl_names_images_that_open(tmp_path: Path):
    write_export(str(tmp_path / "out"), two_splits(), ExportSettings(), "box_centric")
    lines = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == 100
    for line in lines:
        assert line["conversations"][0]["value"].count("<image>") == len(line["images"])
        assert all(cv2.imread(str(tmp_path / "out" / path)).shape == (24, 32, 3) for path in line["images"])
    assert "é" in lines[0]["conversations"][0]["value"]
    write_export(str(tmp_path / "parquet_only"), two_splits(), ExportSettings(jsonl=False), "box_centric")
    assert {path.name for path in (tmp_path / "parquet_only").iterdir()} == {"README.md", "data"}


def test_card_counts_and_names_licences(tmp_path: Path):
    write_export(str(tmp_path / "out"), two_splits(), ExportSettings(), "box_centric")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert card.startswith("---\npretty_name: box_centric\nlicense: other")
    for line in (
        "| left_right | open_ended | 100 | 5 |",
        "| CC-BY-4.0 | 1 | 52 |",
        "| not stated | 1 | 53 |",
        "    path: data/val-*.parquet",
    ):
        assert line in card


def test_large_exports_are_cut_into_shards_and_are_the_same_bytes_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(export, "BYTES_A_MB", 10_000)
    reports = [
        write_export(str(tmp_path / name), two_splits(), ExportSettings(max_shard_mb=3), "x") for name in ("a", "b")
    ]
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert reports[0].digest == reports[1].digest
    shards = sorted((tmp_path / "a" / "data").glob("train-*"))
    assert len(shards) > 1
    assert all(shard.name.endswith(f"-of-{len(shards):05d}.parquet") for shard in shards)
    ids = pl.concat(pl.read_parquet(shard, columns=["qa_id"]) for shard in shards)["qa_id"]
    assert ids.to_list() == [f"q{i}" for i in range(70)] + [f"more{i}" for i in range(30)]


def test_an_export_without_samples_is_still_an_export(tmp_path: Path):
    report = write_export(str(tmp_path / "out"), iter([]), ExportSettings(), "box_centric")
    assert report.rows == {}
    assert "holds no sample" in (tmp_path / "out" / "README.md").read_text()


def broken_after_one() -> Iterator[pl.DataFrame]:
    yield samples(70)
    raise RuntimeError("the disk is full")


@pytest.mark.parametrize("exchange", [True, False])
def test_a_failed_write_leaves_the_old_export_and_a_good_one_replaces_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
):
    if not exchange:
        monkeypatch.setattr(folders, "_exchange", lambda first, second: False)
    target = tmp_path / "exports" / "out"
    write_export(str(target), [samples(3, "val", "old")], ExportSettings(), "old")
    old = tree(target)
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_export(str(target), broken_after_one(), ExportSettings(), "new")
    with pytest.raises(SchemaError, match="split"):
        write_export(str(target), [samples(3).drop("split")], ExportSettings(), "new")
    assert tree(target) == old
    write_export(str(target), two_splits(), ExportSettings(), "new")
    write_export(str(tmp_path / "fresh"), two_splits(), ExportSettings(), "new")
    assert tree(target) == tree(tmp_path / "fresh")
    assert [path.name for path in target.parent.iterdir()] == ["out"], "something temporary was left behind"


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "out"
    write_export(str(target), [samples(3, name="old")], ExportSettings(), "old")
    old = tree(target)
    target.rename(folders.retired(target))
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_export(str(target), broken_after_one(), ExportSettings(), "new")
    assert tree(target) == old


KILLED = """
import sys, time
sys.path.insert(0, {folder!r})
from test_export import samples, ExportSettings, write_export

def stuck():
    yield samples(70)
    print("writing", flush=True)
    time.sleep(60)

write_export({target!r}, stuck(), ExportSettings(), "new")
"""


def test_a_killed_write_leaves_the_old_export_and_the_next_run_cleans_up(tmp_path: Path):
    target = tmp_path / "out"
    write_export(str(target), [samples(3, name="old")], ExportSettings(), "old")
    old = tree(target)
    script = KILLED.format(folder=str(Path(__file__).parent), target=str(target))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert process.stdout.readline().strip() == b"writing"
    left = [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")]
    assert len(left) == 1
    write_export(str(target), [samples(3, name="old")], ExportSettings(), "old")
    assert (tmp_path / left[0]).exists(), "the folder of a living run was removed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert tree(target) == old
    write_export(str(target), two_splits(), ExportSettings(), "new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_to_an_object_store_is_the_same_and_leaves_no_old_files(tmp_path: Path):
    write_export("memory://lake/export/out", [samples(3, "val", "old")], ExportSettings(), "old")
    write_export("memory://lake/export/out", two_splits(), ExportSettings(), "new")
    write_export(str(tmp_path / "out"), two_splits(), ExportSettings(), "new")
    store = fsspec.filesystem("memory")
    there = {
        path.removeprefix("/lake/export/out/"): hashlib.sha256(store.cat_file(path)).hexdigest()
        for path in store.find("/lake/export/out")
    }
    assert there == tree(tmp_path / "out")
