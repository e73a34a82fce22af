"""Matches from files and tables: what is `ok` is the true point of the true object, whatever chunk it is made in."""

import cv2
import numpy as np
import polars as pl
import pytest
from support import desk, desk_tables

from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.match_previews import preview_point_matches
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.point_matches import matches_of_pairs
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.masks.regions import encoded
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import sources
from resources.images import camera_of, read_depth
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.tables import OBJECT_FRAMES, POINT_MATCHES, VIEW_PAIRS

PAIR = [("000", "001")]
MANY = MatchSettings(points_per_object=20)


def pairs_of(pairs) -> pl.DataFrame:
    rows = [(first, second, 1.0, 20.0, ["mug"], 0.5) for first, second in pairs]
    return pl.DataFrame(rows, schema=VIEW_PAIRS.schema, orient="row")


def desk_objects() -> pl.DataFrame:
    """What both frames truly see of the desk; only the columns that matching reads mean anything."""
    rows = [
        {"frame_id": frame_id, "object_id": name, "mask": encoded(view.instance == index)}
        for frame_id, view in desk_tables.VIEWS.items()
        for index, name in enumerate(desk.NAMES)
    ]
    return pl.DataFrame([dict.fromkeys(OBJECT_FRAMES.schema) | row for row in rows], schema=OBJECT_FRAMES.schema)


def desk_matches(frames, settings=MANY, boxes=None) -> pl.DataFrame:
    boxes = desk_tables.scene_boxes() if boxes is None else boxes
    return POINT_MATCHES.checked(matches_of_pairs(pairs_of(PAIR), frames, desk_objects(), boxes, settings), "desk")


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> pl.DataFrame:
    return desk_tables.write_frames(tmp_path_factory.mktemp("desk"))


def test_points_of_the_desk_are_found_in_both_directions(frames):
    made = desk_matches(frames)
    assert made.n_unique(["frame_a", "object_id"]) == 6
    assert made.height == 2 * 3 * MANY.points_per_object
    found = made.filter(pl.col("reason") == "ok")
    assert found.height > 20
    for row in found.iter_rows(named=True):
        there = desk_tables.VIEWS[row["frame_b"]].instance[round(row["v_b"]), round(row["u_b"])]
        assert desk.NAMES[there] == row["object_id"]
        assert abs(row["depth_error"]) <= 0.02
        assert row["round_trip_px"] <= 2
        assert len(row["distractors"]) == 3
        for other in row["distractors"]:
            there = desk_tables.VIEWS[row["frame_b"]].instance[int(other["v"]), int(other["u"])]
            assert (desk.NAMES[there] if there >= 0 else None) == other["object_id"]
    others = made.filter(pl.col("reason") != "ok")
    assert others["distractors"].list.len().max() == 0


def test_depth_with_its_own_size_and_intrinsics(frames, tmp_path):
    rows = []
    for row in frames.iter_rows(named=True):
        stored = cv2.imread(row["depth"], cv2.IMREAD_UNCHANGED)
        path, (fx, fy, cx, cy) = tmp_path / f"{row['frame_id']}.png", row["intrinsics"]
        double = stored.repeat(2, axis=0).repeat(2, axis=1)
        cv2.imwrite(str(path), double)
        own = [2 * fx, 2 * fy, 2 * cx + 0.5, 2 * cy + 0.5]
        rows.append(row | {"depth": str(path), "depth_intrinsics": own})
    made = desk_matches(pl.DataFrame(rows, schema=frames.schema))
    assert made.equals(desk_matches(frames))


def test_frames_without_depth_have_no_points(frames):
    first = pl.col("frame_id") == "000"
    without = frames.with_columns(depth=pl.when(first).then(None).otherwise("depth"))
    assert desk_matches(without).is_empty()


def test_a_scene_without_scale_has_margins_in_its_own_unit(frames):
    boxes = desk_tables.scene_boxes().with_columns(
        metric=pl.lit(False), extents=pl.lit([9.0, 9.0, 9.0], pl.Array(pl.Float64, 3))
    )
    assert set(desk_matches(frames, boxes=boxes)["reason"]) >= {"too_few_distractors"}
    assert "too_few_distractors" not in set(desk_matches(frames)["reason"])


@pytest.fixture(scope="module")
def room(rooms):
    """A generated room: its truth, its tables, all pairs of frames, and their matches."""
    reading = sources.load(rooms[0].source).read_scene(rooms[0])
    scene = (reading.frames, reading.boxes)
    visible = visibility_of_frames(*scene, "depth", VisibilitySettings())
    masks = masks_of_frames(*scene, visible, "depth", "depth", MaskSettings(), VisibilitySettings())
    objects = objects_of_frames(*scene, visible, masks, "box", ObjectSettings())
    ids = sorted(reading.frames["frame_id"])
    pairs = pairs_of([(a, b) for place, a in enumerate(ids) for b in ids[place + 1 :]])
    return load_truth(rooms[0].root), reading.frames, pairs, (reading.frames, objects, reading.boxes)


def test_in_a_generated_room_all_matches_are_true(room):
    truth, frames, pairs, tables = room
    found = matches_of_pairs(pairs, *tables, MatchSettings()).filter(pl.col("reason") == "ok")
    assert found.height > 300
    rows = {row["frame_id"]: row for row in frames.iter_rows(named=True)}
    shown = {frame_id: truth.instance_map(frame_id) for frame_id in rows}
    depth = {frame_id: read_depth(row) for frame_id, row in rows.items()}
    for row in found.iter_rows(named=True):
        a, b = row["frame_a"], row["frame_b"]
        given = (int(row["v_a"]), int(row["u_a"]))
        there = (round(row["v_b"]), round(row["u_b"]))
        index = truth.object_ids.index(row["object_id"]) + 1
        assert shown[a][given] == shown[b][there] == index
        point = camera_of(rows[a]).back_project([row["u_a"], row["v_a"]], depth[a][given])
        pixel, expected = camera_of(rows[b]).project(point)
        assert np.linalg.norm(pixel - [row["u_b"], row["v_b"]]) <= 2
        assert depth[b][there] == pytest.approx(expected, rel=0.02)


def test_chunks_do_not_matter_and_empty_tables_are_fine(room):
    _, _, pairs, tables = room
    pairs = pairs[:9]
    whole = matches_of_pairs(pairs, *tables, MatchSettings())
    parts = [matches_of_pairs(pairs[start : start + 4], *tables, MatchSettings()) for start in (0, 4, 8)]
    order = ["frame_a", "frame_b", "object_id", "u_a", "v_a"]
    assert whole.sort(order).equals(pl.concat(parts).sort(order))
    assert matches_of_pairs(pairs[:0], *tables, MatchSettings()).equals(POINT_MATCHES.empty())


def test_the_preview_shows_matches_and_survives_their_absence(room):
    _, frames, pairs, tables = room
    made = matches_of_pairs(pairs[:9], *tables, MatchSettings())
    picture = preview_point_matches(frames, made)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert np.array_equal(picture, preview_point_matches(frames, made.sample(fraction=1, shuffle=True, seed=1)))
    assert preview_point_matches(frames, made.clear()) is None
    assert preview_point_matches(frames, made.filter(pl.col("reason") != "ok")) is None
