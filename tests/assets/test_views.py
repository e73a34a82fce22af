"""The stage `view_pairs` from tables: held against the tables themselves, row by row."""

import numpy as np
import polars as pl
import pytest
from scipy.spatial.transform import Rotation
from small_scene import SmallScene, small_scene
from support.tables import SceneTables, random_tables

from openspatial_assets.assets.previews import as_markdown
from openspatial_assets.assets.views import preview_view_pairs, view_pairs_of_scene
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from resources.tables import VIEW_PAIRS

SETTINGS = ViewSettings()


def pairs_of(scene: SceneTables | SmallScene, **changed: pl.DataFrame) -> pl.DataFrame:
    inputs = {name: getattr(scene, name) for name in ("frames", "scene_boxes", "object_frames")} | changed
    return VIEW_PAIRS.checked(view_pairs_of_scene(**inputs, settings=SETTINGS), "scene")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SmallScene:
    return small_scene(tmp_path_factory.mktemp("room"))


@pytest.mark.parametrize(("metric", "scale"), [(True, 1.0), (False, 3.0)])
def test_rows_say_what_the_tables_say(metric, scale):
    tables = random_tables(3, num_frames=24, metric=metric, scale=scale)
    pairs = pairs_of(tables)
    clear = tables.object_frames.filter(pl.col("visible_fraction") >= 0.3)
    seen = {frame: set(names) for frame, names in clear.group_by("frame_id").agg("object_id").iter_rows()}
    poses = {row["frame_id"]: np.array(row["world_from_camera"]).reshape(4, 4) for row in tables.frames.to_dicts()}
    diagonals = np.linalg.norm(tables.scene_boxes["extents"].to_numpy(), axis=1)
    unit = 1.0 if metric else float(np.median(diagonals))
    walls = set(tables.scene_boxes.filter(tag="wall")["object_id"])
    assert 20 < len(pairs) <= 24 * 8 / 2
    for row in pairs.iter_rows(named=True):
        a, b = row["frame_a"], row["frame_b"]
        turn = Rotation.from_matrix(poses[a][:3, :3].T @ poses[b][:3, :3]).magnitude()
        moved = np.linalg.norm(poses[a][:3, 3] - poses[b][:3, 3])
        shared = seen[a] & seen[b]
        assert a < b
        assert row["shared_objects"] == sorted(shared)
        assert shared - walls
        assert row["overlap"] == pytest.approx(len(shared) / min(len(seen[a]), len(seen[b])))
        assert (row["distance_m"], row["angle_deg"]) == pytest.approx((moved, np.degrees(turn)), abs=1e-6)
        assert row["angle_deg"] >= 15 or row["distance_m"] >= 0.3 * unit


def test_the_order_of_rows_does_not_matter():
    tables = random_tables(4, num_frames=16)
    inputs = (tables.frames, tables.scene_boxes, tables.object_frames)
    shuffled = [table.sample(fraction=1, shuffle=True, seed=1) for table in inputs]
    assert view_pairs_of_scene(*shuffled, SETTINGS).equals(pairs_of(tables))


def test_blurred_frames_are_left_out_and_unknown_ones_are_not():
    tables = random_tables(5, num_frames=12)
    sharpness = [100.0, 49.0, 51.0, None, *[100.0] * 8]
    frames = tables.frames.with_columns(sharpness=pl.Series(sharpness, dtype=pl.Float64))
    pairs = pairs_of(tables, frames=frames)
    ids = frames["frame_id"].to_list()
    used = set(pairs["frame_a"]) | set(pairs["frame_b"])
    assert ids[1] not in used
    assert {ids[2], ids[3]} <= used


def test_scenes_without_pairs():
    tables = random_tables(6, num_frames=6)
    still = tables.frames.with_columns(world_from_camera=pl.col("world_from_camera").first())
    nothing = tables.object_frames.clear()
    shell = tables.scene_boxes.with_columns(tag=pl.lit(" Wall\n"))
    for changed in (
        {"frames": still},
        {"object_frames": nothing},
        {"scene_boxes": shell},
        {"frames": tables.frames.head(1), "object_frames": tables.object_frames.filter(frame_id="frame_00000")},
        {"frames": tables.frames.clear(), "object_frames": nothing},
        {"scene_boxes": tables.scene_boxes.clear(), "object_frames": nothing},
    ):
        assert pairs_of(tables, **changed).is_empty()


@pytest.mark.parametrize(("table", "name"), [("frames", "frame_00000"), ("scene_boxes", "object_0")])
def test_what_does_not_exist_is_named(table, name):
    tables = random_tables(7, num_frames=3)
    with pytest.raises(ValueError, match=name):
        pairs_of(tables, **{table: getattr(tables, table)[1:]})


def test_the_picture_shows_pairs_and_examples(scene: SmallScene):
    pairs = pairs_of(scene)
    assert len(pairs) == 3
    tables = (scene.frames, scene.scene_boxes, pairs)
    picture = preview_view_pairs(*tables)
    assert picture.dtype == np.uint8
    assert min(picture.shape[:2]) > 200
    assert "data:image/jpeg" in as_markdown(picture, "pairs")
    shuffled = [table.sample(fraction=1, shuffle=True, seed=1) for table in tables]
    assert np.array_equal(picture, preview_view_pairs(*shuffled))
    assert preview_view_pairs(scene.frames, scene.scene_boxes, pairs.clear()) is None
    assert preview_view_pairs(scene.frames.clear(), scene.scene_boxes, pairs) is None
