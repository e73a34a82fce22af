"""Previews of lifting, plain video and the mesh: something wherever there is something, nothing of empty tables."""

import cv2
import numpy as np
import polars as pl
import pytest
from small_scene import SmallScene, rows_of, small_scene

from openspatial_assets.assets import lifting_previews, reconstruction_previews
from openspatial_assets.assets.previews import as_markdown
from openspatial_assets.assets.scene_mesh import scene_mesh_of
from openspatial_assets.engine.fusion.settings import MeshSettings
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.rendering.clouds import cloud_tiles, colored_depth
from openspatial_assets.engine.rendering.encoding import PREVIEW_BYTES
from openspatial_assets.engine.rendering.plots import scene_from_above
from resources.images import camera_of
from resources.schema import Table
from resources.tables import DEPTH_MAPS, INSTANCE_MASKS, LIFTED_BOXES, RECOGNITIONS, RECONSTRUCTIONS

WALL_M = 4.5
"""Depth of the wall that every camera looks at."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> SmallScene:
    return small_scene(tmp_path_factory.mktemp("room"))


@pytest.fixture(scope="module")
def tables(scene, tmp_path_factory) -> dict[str, pl.DataFrame]:
    """What lifting and a video would make of the small scene."""
    folder = tmp_path_factory.mktemp("depth")
    depth = np.full((120, 160), WALL_M * 1000, np.uint16)
    depth[:20] = 0
    cv2.imwrite(str(folder / "depth.png"), depth)
    frames = scene.frames.with_columns(depth=pl.lit(str(folder / "depth.png")))
    masks = [
        {
            "frame_id": frame_id, "detection": number, "label": object_id.split("_")[0], "mask": mask, "area": area,
            "box_2d": box, "segmenter": "regions", "score": None if number else 0.5, "recognizer": "recorded",
        }
        for (frame_id,), group in scene.refined_masks.group_by("frame_id")
        for number, (object_id, mask, area, box) in
        enumerate(group.sort("object_id").select("object_id", "mask", "area", "box_2d").iter_rows())
    ]  # fmt: skip
    lifted = [
        {
            **{name: row[name] for name in ("object_id", "tag", "center", "extents", "rpy", "metric")},
            "num_views": 2, "confidence": 0.75, "frame_ids": ["0000", "0002"], "detections": [0, 0], "num_points": 9,
            "labels": [{"name": row["tag"], "count": 2}], "flags": ["extended_to_floor", "tilted"][: number % 3],
        }
        for number, row in enumerate(scene.scene_boxes.iter_rows(named=True))
    ]  # fmt: skip
    keyframes = [_keyframe(row, registered=row["frame_id"] != "0001") for row in frames.iter_rows(named=True)]
    maps = [
        {
            "frame_id": row["frame_id"], "depth": row["depth"], "depth_scale": 1000.0, "width": 160, "height": 120,
            "intrinsics": row["intrinsics"], "estimator": "plane_sweep", "coverage": 100 / 120, "disagreement": None,
            "signature": "s",
        }
        for row in frames.iter_rows(named=True)
    ]  # fmt: skip
    mesh = scene_mesh_of(frames, MeshSettings(voxel_m=0.1, edge_share=9.0), str(tmp_path_factory.mktemp("mesh")), True)
    return {
        "frames": frames,
        "recognitions": _some(RECOGNITIONS, masks),
        "instance_masks": _some(INSTANCE_MASKS, masks),
        "lifted_boxes": rows_of(LIFTED_BOXES, lifted),
        "reconstructions": rows_of(RECONSTRUCTIONS, keyframes),
        "depth_maps": rows_of(DEPTH_MAPS, maps),
        "scene_mesh": mesh,
    }


def _some(table: Table, rows: list[dict]) -> pl.DataFrame:
    """Those values of `rows` that `table` has."""
    return rows_of(table, [{name: row[name] for name in table.schema} for row in rows])


def _keyframe(row: dict, registered: bool) -> dict:
    """A keyframe; one that was registered sees points on the wall."""
    common = {name: row[name] for name in ("frame_id", "image", "width", "height", "signature")}
    common |= {"timestamp": 0.0, "sharpness": 1.0, "gravity_aligned": True, "metric": False, "neighbors": []}
    if not registered:
        return {**common, "registered": False, "reason": "few_matches", "points": []}
    rng = np.random.default_rng(0)
    points = camera_of(row).back_project(rng.uniform(0, (159, 119), (200, 2)), np.full(200, WALL_M))
    return {
        **common, "registered": True, "reason": "ok", "intrinsics": row["intrinsics"],
        "world_from_camera": row["world_from_camera"], "reprojection_error": 0.5, "depth_range": [4.0, 6.0],
        "points": [dict(zip("xyz", point, strict=True)) for point in points.tolist()],
    }  # fmt: skip


PREVIEWS = {
    lifting_previews.preview_recognitions: ("frames", "recognitions"),
    lifting_previews.preview_instance_masks: ("frames", "instance_masks"),
    lifting_previews.preview_lifted_boxes: ("frames", "lifted_boxes"),
    reconstruction_previews.preview_reconstruction: ("reconstructions",),
    reconstruction_previews.preview_depth_maps: ("reconstructions", "depth_maps"),
    reconstruction_previews.preview_mesh: ("frames", "scene_mesh"),
}


@pytest.mark.parametrize("preview", PREVIEWS, ids=lambda preview: preview.__name__)
def test_pictures_of_stages_and_of_empty_stages(preview, tables):
    given = [tables[name] for name in PREVIEWS[preview]]
    picture = preview(*given)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert min(picture.shape[:2]) > 200
    assert len(as_markdown(picture, "it")) < PREVIEW_BYTES * 4 / 3 + 100
    assert np.array_equal(picture, preview(*(table.sample(fraction=1, shuffle=True, seed=1) for table in given)))
    for empty in range(len(given)):
        assert preview(*(table.clear() if k == empty else table for k, table in enumerate(given))) is None


def test_annotated_boxes_are_drawn_only_if_given(tables, scene):
    alone = lifting_previews.preview_lifted_boxes(tables["frames"], tables["lifted_boxes"])
    moved = scene.scene_boxes.with_columns(
        center=pl.Series([[x + 0.1, y, z] for x, y, z in scene.scene_boxes["center"]], dtype=pl.Array(pl.Float64, 3))
    )
    both = lifting_previews.preview_lifted_boxes(tables["frames"], tables["lifted_boxes"], moved)
    dark = [(picture < 40).all(-1).sum() for picture in (alone, both)]
    assert dark[1] > dark[0] + 500
    no_depth = tables["frames"].with_columns(depth=pl.lit(None, pl.String))
    assert lifting_previews.preview_lifted_boxes(no_depth, tables["lifted_boxes"]) is not None


def test_a_video_of_which_nothing_was_registered_shows_its_keyframes(tables):
    lost = tables["reconstructions"].filter(~pl.col("registered"))
    assert reconstruction_previews.preview_reconstruction(lost) is not None


def test_a_cloud_from_above_shows_what_lies_highest_and_no_stray():
    """A red floor with a blue block on it; one point a kilometre away."""
    x, y = (side.ravel() for side in np.meshgrid(np.arange(0, 4, 0.02), np.arange(0, 4, 0.02)))
    inside = (np.abs(x - 1) < 0.5) & (np.abs(y - 1) < 0.5)
    floor, block = np.stack([x, y, 0 * x], -1), np.stack([x, y, 0 * x + 1], -1)[inside]
    points = np.vstack([floor, block, [[1000.0, 0, 0]]])
    colors = np.array([[255, 0, 0]] * len(floor) + [[0, 0, 255]] * len(block) + [[0, 255, 0]], np.uint8)
    tiles = cloud_tiles(points, colors)
    is_block = (np.abs(tiles.centers - 1) < 0.48).all(-1)
    shown = np.array(tiles.colors)
    assert len(shown) > 10_000
    assert (shown[is_block] == (0, 0, 255)).all()
    assert (shown[(np.abs(tiles.centers - 1) > 0.52).any(-1)] == (255, 0, 0)).all()
    nothing = Boxes(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3, 3)))
    picture = scene_from_above(nothing, [], [], np.empty((0, 4, 4)), 400, ground=tiles)
    red, blue = ((picture == color).all(-1).sum() for color in ((255, 0, 0), (0, 0, 255)))
    assert blue / (red + blue) == pytest.approx(1 / 16, rel=0.05)
    assert not cloud_tiles(np.empty((0, 3)), np.empty((0, 3), np.uint8)).colors


def test_near_is_red_far_is_blue_and_none_is_black():
    picture = colored_depth(np.array([[0.0, 1.0, 2.0, 4.0]], np.float32), 1.0, 4.0).astype(int)
    none, near, middle, far = picture[0]
    assert (none == 0).all()
    assert near[0] > near[2] + 50
    assert far[2] > far[0]
    assert middle[1] > max(near[1], far[1])
