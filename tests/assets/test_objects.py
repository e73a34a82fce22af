from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.masks.regions import encoded
from openspatial_assets.engine.masks.settings import ObjectSettings
from resources.tables import OBJECT_FRAMES, REFINED_MASKS
from tests.support import desk, desk_tables


@pytest.fixture
def frames(tmp_path: Path) -> pl.DataFrame:
    return desk_tables.write_frames(tmp_path)


def true_masks() -> pl.DataFrame:
    """`refined_masks` made of the rendered instances."""
    rows = []
    for frame_id, view in desk_tables.VIEWS.items():
        for index, name in enumerate(desk.NAMES):
            mask = view.instance == index
            v, u = np.nonzero(mask)
            rows.append(
                {
                    "frame_id": frame_id,
                    "object_id": name,
                    "mask": encoded(mask),
                    "area": int(mask.sum()),
                    "box_2d": [float(edge) for edge in (u.min(), v.min(), u.max() + 1, v.max() + 1)],
                    "iou_with_depth_mask": 0.9,
                    "refiner": "grabcut",
                    "replaced": False,
                }
            )
    return pl.DataFrame(rows, schema=REFINED_MASKS.schema)


def objects(frames: pl.DataFrame, representation="box", tags=desk.NAMES, hidden=()) -> list[dict]:
    masks = true_masks().filter(~pl.col("object_id").is_in(hidden))
    table = objects_of_frames(
        frames,
        desk_tables.scene_boxes(tags),
        desk_tables.frame_visibility(hidden),
        masks,
        representation,
        ObjectSettings(),
    )
    return OBJECT_FRAMES.checked(table, "here").rows(named=True)


def test_each_visible_object_has_its_row_with_what_was_known_of_it(frames: pl.DataFrame) -> None:
    rows = objects(frames)
    assert [(row["frame_id"], row["object_id"]) for row in rows] == [
        (f, o) for f in desk_tables.VIEWS for o in sorted(desk.NAMES)
    ]
    known = [table.sort("frame_id", "object_id") for table in (desk_tables.frame_visibility(), true_masks())]
    for row, seen, mask in zip(rows, *(table.rows(named=True) for table in known), strict=True):
        for name in ("in_frame", "visible_fraction", "occupancy", "num_points", "distance"):
            assert row[name] == seen[name]
        for name in ("mask", "area", "box_2d", "iou_with_depth_mask"):
            assert row[name] == mask[name]
        assert row["tag"] == row["object_id"]
        assert row["metric"]


def test_the_box_representation_is_the_scene_box_in_world_and_camera(frames: pl.DataFrame) -> None:
    for row in objects(frames):
        camera = desk_tables.VIEWS[row["frame_id"]].camera
        box = desk.BOXES[desk.NAMES.index(row["object_id"])]
        np.testing.assert_allclose(row["center"], box.centers)
        np.testing.assert_allclose(row["extents"], box.extents)
        in_camera = Boxes.from_rpy(row["camera_center"], row["extents"], row["camera_rpy"])
        np.testing.assert_allclose(in_camera.corners, camera.camera_from_world(box.corners), atol=1e-9)


def test_depth_and_cloud_are_those_of_the_rendered_surface(frames: pl.DataFrame) -> None:
    for row in objects(frames):
        view = desk_tables.VIEWS[row["frame_id"]]
        index = desk.NAMES.index(row["object_id"])
        u, v = map(int, row["mark_point"])
        assert view.instance[v, u] == index
        depth = view.depth[view.instance == index]
        low, middle, high = row["depth_quartiles"]
        assert depth.min() <= low <= middle <= high <= depth.max()
        assert middle == pytest.approx(np.median(depth), abs=0.12)
        assert depth.size * 0.97 <= row["cloud_points"] <= depth.size
        box = desk.BOXES[index]
        assert (np.array(row["cloud_min"]) >= box.corners.min(axis=0) - 0.002).all()
        assert (np.array(row["cloud_max"]) <= box.corners.max(axis=0) + 0.002).all()
        assert row["cloud_max"][2] == pytest.approx(box.corners[:, 2].max(), abs=0.002)
        assert (np.array(row["cloud_min"]) <= row["cloud_center"]).all()
        assert (np.array(row["cloud_center"]) <= row["cloud_max"]).all()


def test_the_point_cloud_representation_is_the_box_of_what_is_seen(frames: pl.DataFrame) -> None:
    for row in objects(frames, "point_cloud"):
        box = desk.BOXES[desk.NAMES.index(row["object_id"])]
        fitted = Boxes.from_rpy(row["center"], row["extents"], row["rpy"])
        assert row["rpy"][:2] == [0.0, 0.0]
        assert (fitted.corners.min(axis=0) >= box.corners.min(axis=0) - 0.03).all()
        assert (fitted.corners.max(axis=0) <= box.corners.max(axis=0) + 0.03).all()
        assert (fitted.extents >= 0.01).all()
        if row["object_id"] == "table":
            np.testing.assert_allclose(row["extents"][:2], (1.2, 0.7), atol=0.05)


def test_an_object_is_referable_if_no_box_in_the_frame_shares_its_tag_seen_or_not(frames: pl.DataFrame) -> None:
    tags = ("table", "box", "box")
    rows = objects(frames, tags=tags, hidden=("crate",))
    assert [(row["object_id"], row["referable"]) for row in rows] == [("mug", False), ("table", True)] * 2
    assert all(row["referable"] for row in objects(frames))


@pytest.mark.parametrize("representation", ["box", "point_cloud"])
def test_without_depth_the_scene_box_stands_in(frames: pl.DataFrame, representation: str) -> None:
    for row in objects(frames.with_columns(depth=pl.lit(None, pl.String)), representation):
        camera = desk_tables.VIEWS[row["frame_id"]].camera
        corners = desk.BOXES[desk.NAMES.index(row["object_id"])].corners
        assert row["cloud_points"] == 0
        assert row["depth_quartiles"] == pytest.approx([camera.camera_from_world(corners)[:, 2].min()] * 3)
        np.testing.assert_allclose(row["cloud_min"], corners.min(axis=0))
        np.testing.assert_allclose(row["cloud_max"], corners.max(axis=0))
        np.testing.assert_allclose(row["center"], corners.mean(axis=0), atol=1e-12)


def test_a_chunk_of_frames_gives_the_rows_of_the_whole(frames: pl.DataFrame) -> None:
    for representation in ("box", "point_cloud"):
        whole = objects(frames, representation)
        assert objects(frames[:1], representation) + objects(frames[1:], representation) == whole
    assert objects(frames[:0]) == []
