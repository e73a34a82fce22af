"""The lake: whole partitions or none, schemas checked on write, footers that tell what is out of date."""

import errno
import os
import subprocess
import sys
import textwrap

import polars as pl
import pytest

from resources import catalog, lake
from resources.lake import Lake, Partition, PartitionFailed, PartitionMissing, content_hash
from resources.schema import SchemaError
from resources.tables import FRAME_VISIBILITY, FRAMES, SCENE_BOXES

ROOM = Partition.of(scene="room_0", boxes="annotated")


def boxes(tag: str = "chair", count: int = 2, **columns) -> pl.DataFrame:
    row = {"tag": tag, "center": [0.0, 1.0, 0.5], "extents": [1.0, 1.0, 1.0], "rpy": [0.0, 0.0, 0.1]}
    rows = [
        {"object_id": f"o{i}", **row, "origin": "annotated", "metric": True, "num_views": None, "confidence": None}
        for i in range(count)
    ]
    return pl.DataFrame(rows, schema=SCENE_BOXES.schema).with_columns(**columns)


@pytest.fixture
def store(tmp_path) -> Lake:
    return Lake(str(tmp_path))


def test_what_is_written_is_read_back_lazily_with_its_record(store):
    written = store.write(SCENE_BOXES, ROOM, boxes(), "f1", {"rule": "1"})
    assert store.scan(SCENE_BOXES, ROOM).collect().equals(boxes())
    assert store.record(SCENE_BOXES, ROOM) == written
    assert store.records(SCENE_BOXES) == {ROOM: written}
    assert (written.fingerprint, written.rows, written.parts) == ("f1", 2, {"rule": "1"})


def test_a_lake_on_another_file_system_behaves_the_same():
    store = Lake("memory://lake-test")
    written = store.write(SCENE_BOXES, ROOM, boxes(), "f1", {})
    assert store.read(SCENE_BOXES, ROOM).equals(boxes())
    assert store.records(SCENE_BOXES) == {ROOM: written}
    store.fail(SCENE_BOXES, ROOM, "no boxes")
    assert store.failures(SCENE_BOXES) == {ROOM: "no boxes"}


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (boxes().drop("tag"), "tag"),
        (boxes().with_columns(extra=pl.lit(1)), "extra"),
        (boxes().with_columns(pl.col("metric").cast(pl.Int64)), "metric"),
        (boxes(tag=None), "tag"),
        (boxes(confidence=pl.lit(float("nan"))), "confidence"),
        (boxes(center=pl.lit([0.0, float("inf"), 0.0], dtype=pl.Array(pl.Float64, 3))), "center"),
        (boxes(object_id=pl.lit("same")), "object_id"),
    ],
)
def test_a_frame_that_does_not_fit_names_table_column_and_partition_and_writes_nothing(store, frame, column):
    with pytest.raises(SchemaError) as error:
        store.write(SCENE_BOXES, ROOM, frame, "f", {})
    assert all(word in str(error.value) for word in ("scene_boxes", repr(column), "scene=room_0"))
    assert store.record(SCENE_BOXES, ROOM) is None
    assert not os.path.exists(store.folder(SCENE_BOXES, ROOM))


def test_the_content_hash_is_of_values_not_of_memory_or_places(store):
    whole = boxes(count=4)
    pieces = pl.concat([whole[:1], whole[1:]], rechunk=False)
    assert content_hash(SCENE_BOXES, whole) == content_hash(SCENE_BOXES, pieces)
    assert content_hash(SCENE_BOXES, whole) != content_hash(SCENE_BOXES, boxes(tag="stool", count=4))
    frames = pl.DataFrame(
        [["f", "/a.jpg", None, 1000.0, 4, 4, [1.0] * 4, None, [0.0] * 16, None, 1.0, True, "s"]],
        schema=FRAMES.schema,
        orient="row",
    )
    moved = frames.with_columns(image=pl.lit("/elsewhere/a.jpg"))
    assert content_hash(FRAMES, frames) == content_hash(FRAMES, moved)


def test_a_full_disk_leaves_the_old_partition_and_no_litter(store, monkeypatch):
    store.write(SCENE_BOXES, ROOM, boxes(), "old", {})

    def no_space(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lake.os, "replace", no_space)
    with pytest.raises(OSError, match=r"scene_boxes.*room_0.*No space left") as error:
        store.write(SCENE_BOXES, ROOM, boxes(count=5), "new", {})
    assert error.value.errno == errno.ENOSPC
    assert store.record(SCENE_BOXES, ROOM).fingerprint == "old"
    assert os.listdir(store.folder(SCENE_BOXES, ROOM)) == ["part.parquet"]


@pytest.mark.parametrize("at", ["before the rename", "after the rename"])
def test_a_process_killed_between_two_writes_leaves_a_whole_partition(store, at):
    store.write(SCENE_BOXES, ROOM, boxes(count=1), "old", {})
    script = textwrap.dedent(f"""
        import os, sys
        sys.path.insert(0, os.getcwd())
        from tests.resources.test_lake import ROOM, SCENE_BOXES, Lake, boxes
        replace = os.replace
        def killed(source, target):
            if {at == "after the rename"}:
                replace(source, target)
            os.kill(os.getpid(), 9)
        os.replace = killed
        Lake({store.home!r}).write(SCENE_BOXES, ROOM, boxes(count=3), "new", {{}})
    """)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    assert subprocess.run([sys.executable, "-c", script], cwd=root).returncode == -9
    expected = ("new", 3) if at == "after the rename" else ("old", 1)
    record = store.record(SCENE_BOXES, ROOM)
    assert (record.fingerprint, store.read(SCENE_BOXES, ROOM).height) == (expected[0], expected[1])
    assert list(store.records(SCENE_BOXES)) == [ROOM]
    store.write(SCENE_BOXES, ROOM, boxes(count=3), "new", {})
    assert lake.sweep_temporaries(store, older_than_s=-1.0) == (1 if at == "before the rename" else 0)


def test_a_failed_partition_is_not_read_until_it_is_made_again(store):
    with pytest.raises(PartitionMissing, match=r"scene_boxes \[scene=room_0, boxes=annotated\] is missing"):
        store.scan(SCENE_BOXES, ROOM)
    store.write(SCENE_BOXES, ROOM, boxes(), "f", {})
    store.fail(SCENE_BOXES, ROOM, "objects.json: duplicate id")
    with pytest.raises(PartitionFailed, match=r"objects\.json: duplicate id"):
        store.scan(SCENE_BOXES, ROOM)
    store.write(SCENE_BOXES, ROOM, boxes(), "f", {})
    assert store.failures(SCENE_BOXES) == {}
    assert store.read(SCENE_BOXES, ROOM).height == 2


def test_the_catalogue_has_every_table_before_and_after_it_has_rows(store):
    tables = [(SCENE_BOXES, ("scene", "boxes")), (FRAME_VISIBILITY, ("scene", "boxes_visibility"))]
    path = catalog.refresh(store, tables)
    with catalog.connect(store) as reader:
        assert reader.execute("select count(*) from scene_boxes").fetchone() == (0,)
        store.write(SCENE_BOXES, ROOM, boxes(), "f", {})
        assert reader.execute("select scene, boxes, count(*) from scene_boxes group by all").fetchall() == [
            ("room_0", "annotated", 2)
        ]
        before = os.stat(path).st_ino
        catalog.refresh(store, tables)
        assert os.stat(path).st_ino == before, "a catalogue that is right is left alone"
    assert list(store.records(FRAME_VISIBILITY)) == []
