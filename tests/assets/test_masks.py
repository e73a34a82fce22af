from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.engine.masks.regions import decoded, intersection_over_union
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import segmenter, sources
from resources.images import ImageError
from resources.segmenter import SegmenterError
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.tables import FRAMES, REFINED_MASKS
from tests.support import desk, desk_tables


@pytest.fixture
def frames(tmp_path: Path) -> pl.DataFrame:
    return desk_tables.write_frames(tmp_path)


def refined(frames: pl.DataFrame, visibility="depth", masks="grabcut", hidden=(), **settings) -> pl.DataFrame:
    table = masks_of_frames(
        frames,
        desk_tables.scene_boxes(),
        desk_tables.frame_visibility(hidden),
        visibility,
        masks,
        MaskSettings(**settings),
    )
    return REFINED_MASKS.checked(table, "here")


def mask_of(row: dict) -> np.ndarray:
    return decoded(row["mask"], desk.HEIGHT, desk.WIDTH)


def test_depth_masks_are_encoded_as_they_are(frames: pl.DataFrame) -> None:
    table = refined(frames, masks="depth")
    assert table.select("frame_id", "object_id").rows() == [(f, o) for f in ("000", "001") for o in sorted(desk.NAMES)]
    for row in table.iter_rows(named=True):
        view = desk_tables.VIEWS[row["frame_id"]]
        depth = np.round(view.depth * desk_tables.DEPTH_SCALE).astype(np.uint16) / np.float32(desk_tables.DEPTH_SCALE)
        expected = depth_masks(view.camera, depth, desk.BOXES, VisibilitySettings())[desk.NAMES.index(row["object_id"])]
        np.testing.assert_array_equal(mask_of(row), expected)
        assert row["area"] == expected.sum()
        v, u = np.nonzero(expected)
        assert row["box_2d"] == [u.min(), v.min(), u.max() + 1, v.max() + 1]
        assert (row["iou_with_depth_mask"], row["replaced"], row["refiner"], row["score"]) == (
            1.0,
            False,
            "depth",
            None,
        )


def test_grabcut_masks_are_nearer_to_the_truth_on_average(frames: pl.DataFrame) -> None:
    means = {}
    for masks in ("depth", "grabcut"):
        rows = refined(frames, masks=masks).rows(named=True)
        truths = [desk_tables.VIEWS[row["frame_id"]].instance == desk.NAMES.index(row["object_id"]) for row in rows]
        means[masks] = np.mean([intersection_over_union(mask_of(r), t) for r, t in zip(rows, truths, strict=True)])
    assert means["grabcut"] >= 0.95
    assert means["grabcut"] > means["depth"]


def test_masks_of_generated_rooms_against_their_truth(rooms) -> None:
    """Visible is: at least 150 pixels, and 5 % of what would be seen if nothing else were there."""
    ious = {"depth": [], "grabcut": []}
    pairs = 0
    for room in rooms:
        source, truth = sources.load(room.source), load_truth(room.root)
        frames, boxes = source.read_frames(room)[0], source.read_boxes(room)
        visible = truth.visible_pixels >= np.maximum(150, 0.05 * truth.unoccluded_pixels)
        pairs += visible.sum()
        visibility = desk_tables.visibility_table(
            (truth.frame_ids[frame], truth.object_ids[index], bool(visible[frame, index]))
            for frame, index in np.argwhere(truth.unoccluded_pixels > 0)
        )
        instances = {frame_id: truth.instance_map(frame_id) for frame_id in truth.frame_ids}
        for masks, values in ious.items():
            table = masks_of_frames(frames, boxes, visibility, "depth", masks, MaskSettings())
            for frame_id, object_id, mask in table.select("frame_id", "object_id", "mask").iter_rows():
                shown = instances[frame_id] == truth.object_ids.index(object_id) + 1
                values.append(intersection_over_union(decoded(mask, *shown.shape), shown))
    assert len(ious["depth"]) == len(ious["grabcut"]) > 0.98 * pairs
    assert np.mean(ious["depth"]) >= 0.85
    assert np.mean(ious["grabcut"]) >= np.mean(ious["depth"])


def test_a_mask_that_strays_is_replaced_and_the_row_says_so(
    frames: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stray:
        reads_color = True

        def refine(self, image, view):
            assert image.shape == (desk.HEIGHT, desk.WIDTH, 3)
            elsewhere = np.zeros_like(view.masks[0])
            elsewhere[:3, :3] = True
            return [(elsewhere, 0.9), (view.masks[1] & False, 0.8), *((mask, 0.7) for mask in view.masks[2:])]

    before = refined(frames, masks="depth")
    monkeypatch.setattr(segmenter, "load", lambda name, settings: Stray())
    after = refined(frames, masks="sam", min_iou_with_depth_mask=0.3)
    assert after["replaced"].to_list() == [True, True, False] * 2
    assert after["iou_with_depth_mask"].to_list() == [0.0, 0.0, 1.0] * 2
    assert after["score"].to_list() == [0.9, 0.8, 0.7] * 2
    assert after["mask"].to_list() == before["mask"].to_list()


def test_without_the_filter_a_mask_is_the_silhouette_and_no_depth_is_read(frames: pl.DataFrame) -> None:
    table = refined(frames.with_columns(depth=pl.lit(None, pl.String)), visibility="none", masks="depth")
    for row in table.iter_rows(named=True):
        camera = desk_tables.VIEWS[row["frame_id"]].camera
        silhouette = silhouette_mask(camera, desk.BOXES[desk.NAMES.index(row["object_id"])])
        np.testing.assert_array_equal(mask_of(row), silhouette)


def test_only_visible_objects_have_masks_and_hidden_ones_still_keep_their_pixels(frames: pl.DataFrame) -> None:
    table = refined(frames, masks="depth", hidden=("mug",))
    assert table["object_id"].to_list() == ["crate", "table"] * 2
    everything = refined(frames, masks="depth").filter(pl.col("object_id") != "mug")
    assert table["mask"].to_list() == everything["mask"].to_list()


def test_a_chunk_of_frames_gives_the_rows_of_the_whole(frames: pl.DataFrame) -> None:
    whole = refined(frames)
    assert pl.concat([refined(frames[:1]), refined(frames[1:])]).equals(whole)
    assert refined(frames[:0]).equals(REFINED_MASKS.empty())
    assert refined(frames, hidden=desk.NAMES).equals(REFINED_MASKS.empty())


def test_sam_without_weights_fails_before_any_image_is_read() -> None:
    nothing = FRAMES.empty()
    with pytest.raises(SegmenterError, match="sam_checkpoint_path"):
        refined(nothing, masks="sam")


def test_a_picture_of_another_size_is_named(frames: pl.DataFrame) -> None:
    path = frames["image"][0]
    cv2.imwrite(path, np.zeros((10, 12, 3), np.uint8))
    with pytest.raises(ImageError, match=r"000\.png: is 12x10 pixels, but frame 000 is 320x240"):
        refined(frames)
