"""The table `frame_visibility` against the kept truth of generated rooms, and on the real kitchen."""

from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import sources
from resources.images import ImageError, camera_of, read_depth
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration
from resources.tables import FRAME_VISIBILITY

SETTINGS = VisibilitySettings()
TRULY_VISIBLE_PIXELS, TRULY_VISIBLE_SHARE = 150, 0.05
"""An object is visible in truth from this many pixels, and this share of those that it would have alone."""


@pytest.fixture(scope="module")
def room(rooms):
    """Frames and boxes of one generated room."""
    scene = sources.load(rooms[0].source).read_scene(rooms[0])
    return scene.frames, scene.boxes


def seen_pairs(truth) -> dict[tuple[str, str], bool]:
    """Whether each (frame, object) is visible in truth."""
    visible = (truth.visible_pixels >= TRULY_VISIBLE_PIXELS) & (
        truth.visible_pixels >= TRULY_VISIBLE_SHARE * truth.unoccluded_pixels
    )
    frames, objects = truth.frame_ids, truth.object_ids
    return {(frame, name): bool(visible[i, j]) for i, frame in enumerate(frames) for j, name in enumerate(objects)}


def test_precision_and_recall_against_the_truth(rooms):
    right, found, true = 0, 0, 0
    for registration in rooms:
        scene = sources.load(registration.source).read_scene(registration)
        made = visibility_of_frames(scene.frames, scene.boxes, "depth", SETTINGS)
        kept = set(made.filter("visible").select("frame_id", "object_id").iter_rows())
        truth = {pair for pair, visible in seen_pairs(load_truth(registration.root)).items() if visible}
        right, found, true = right + len(kept & truth), found + len(kept), true + len(truth)
    assert true > 100
    assert right / found >= 0.98
    assert right / true >= 0.98


def test_depth_masks_are_the_objects_pixels(rooms):
    overlaps = []
    for registration in rooms:
        scene, truth = sources.load(registration.source).read_scene(registration), load_truth(registration.root)
        boxes = Boxes.from_rpy(*(scene.boxes[name].to_numpy() for name in ("center", "extents", "rpy")))
        place, seen = {name: i for i, name in enumerate(scene.boxes["object_id"])}, seen_pairs(truth)
        for frame in scene.frames.iter_rows(named=True):
            masks = depth_masks(camera_of(frame), read_depth(frame), boxes, SETTINGS)
            instance = truth.instance_map(frame["frame_id"])
            for number, name in enumerate(truth.object_ids, start=1):
                if seen[frame["frame_id"], name]:
                    mask, pixels = masks[place[name]], instance == number
                    overlaps.append((mask & pixels).sum() / (mask | pixels).sum())
    assert np.mean(overlaps) >= 0.95
    assert np.quantile(overlaps, 0.05) >= 0.85


def test_rows_fit_the_table_and_do_not_depend_on_how_frames_are_dealt_out(room):
    frames, boxes = room
    made = visibility_of_frames(frames, boxes, "depth", SETTINGS)
    FRAME_VISIBILITY.checked(made, "room")
    assert made.select("frame_id", "object_id").equals(
        made.select("frame_id", "object_id").sort("frame_id", "object_id")
    )
    parts = [visibility_of_frames(frames[start : start + 3], boxes, "depth", SETTINGS) for start in range(0, 10, 3)]
    assert pl.concat(parts).equals(made)
    assert visibility_of_frames(frames.reverse(), boxes.reverse(), "depth", SETTINGS).equals(made)


def test_looser_boxes_change_little(room):
    frames, boxes = room
    loose = boxes.with_columns(
        extents=(pl.col("extents").arr.to_list().list.eval(pl.element() * 1.05)).list.to_array(3)
    )
    tight = visibility_of_frames(frames, boxes, "depth", SETTINGS)
    made = visibility_of_frames(frames, loose, "depth", SETTINGS)
    pairs = [set(table.filter("visible").select("frame_id", "object_id").iter_rows()) for table in (tight, made)]
    assert len(pairs[0] & pairs[1]) >= 0.95 * len(pairs[0] | pairs[1])


def test_none_keeps_every_box_that_projects_as_its_silhouette(room):
    frames, boxes = room
    made = visibility_of_frames(frames, boxes, "none", SETTINGS)
    kept, tested = made.filter("visible"), visibility_of_frames(frames, boxes, "depth", SETTINGS)
    assert made.select("frame_id", "object_id", "box_2d", "in_frame", "distance").equals(
        tested.select("frame_id", "object_id", "box_2d", "in_frame", "distance")
    )
    assert set(kept["visible_fraction"]) == set(kept["occupancy"]) == {1.0}
    assert len(kept) > len(tested.filter("visible"))
    frame, first = frames.row(0, named=True), kept.row(0, named=True)
    box = boxes.filter(object_id=first["object_id"])
    mask = silhouette_mask(camera_of(frame), Boxes.from_rpy(*(box[name][0] for name in ("center", "extents", "rpy"))))
    assert first["num_points"] == pytest.approx(mask.sum(), rel=0.05)


def test_a_frame_without_a_depth_image_shows_nothing(room):
    frames, boxes = room
    blind = frames[:1].with_columns(depth=pl.lit(None, pl.String))
    made = visibility_of_frames(pl.concat([blind, frames[1:2]]), boxes, "depth", SETTINGS)
    first = made.filter(frame_id=frames["frame_id"][0])
    assert set(first["reason"]) <= {"no_depth", "outside"}
    assert not first["visible"].any()
    assert set(first["num_points"]) == {0}
    assert set(first["visible_fraction"]) == {0.0}
    assert made.filter(pl.col("frame_id") != frames["frame_id"][0])["visible"].any()


def test_depth_on_a_grid_of_its_own_gives_the_same_objects(room, tmp_path):
    frames, boxes = room
    frame = frames.row(0, named=True)
    cv2.imwrite(str(tmp_path / "half.png"), cv2.imread(frame["depth"], cv2.IMREAD_UNCHANGED)[::2, ::2])
    fx, fy, cx, cy = frame["intrinsics"]
    half = frames[:1].with_columns(
        depth=pl.lit(str(tmp_path / "half.png")),
        depth_intrinsics=pl.Series([[fx / 2, fy / 2, cx / 2, cy / 2]], dtype=pl.Array(pl.Float64, 4)),
    )
    whole = visibility_of_frames(frames[:1], boxes, "depth", SETTINGS)
    made = visibility_of_frames(half, boxes, "depth", SETTINGS)
    large = whole["num_points"] > 1000
    assert large.any()
    assert np.allclose(made.filter(large)["num_points"], whole.filter(large)["num_points"], rtol=0.15)


@pytest.mark.parametrize("damage", ["missing", "truncated", "wrong size"])
def test_a_bad_depth_image_is_named(room, tmp_path, damage):
    frames, boxes = room
    path, frame = tmp_path / "depth.png", frames.row(0, named=True)
    if damage == "truncated":
        path.write_bytes(Path(frame["depth"]).read_bytes()[:200])
    elif damage == "wrong size":
        cv2.imwrite(str(path), cv2.imread(frame["depth"], cv2.IMREAD_UNCHANGED)[:100])
    with pytest.raises(ImageError, match=str(path)):
        visibility_of_frames(frames[:1].with_columns(depth=pl.lit(str(path))), boxes, "depth", SETTINGS)


def test_nothing_in_nothing_out_and_an_unknown_choice_is_refused(room):
    frames, boxes = room
    FRAME_VISIBILITY.checked(visibility_of_frames(frames[:0], boxes, "depth", SETTINGS), "room")
    assert visibility_of_frames(frames, boxes[:0], "depth", SETTINGS).equals(FRAME_VISIBILITY.empty())
    with pytest.raises(ValueError, match="always"):
        visibility_of_frames(frames, boxes, "always", SETTINGS)


def test_the_kitchens_first_frame_shows_what_a_person_sees(shared):
    scene = sources.load("rgbd_folder").read_scene(
        Registration("kitchen", "rgbd_folder", str(shared / "redkitchen"), depth_scale=1000.0)
    )
    made = visibility_of_frames(scene.frames[:1], scene.boxes, "depth", SETTINGS)
    seen = "book_1 book_2 book_3 cabinet_1 cabinet_2 chair_1 chair_2 magazine_1 magazine_2 mug_1 table_1"
    assert made.filter("visible")["object_id"].to_list() == seen.split()
