"""Depth maps of a filmed scene, from images on disk to the table and its files."""

import cv2
import numpy as np
import polars as pl
import pytest

from openspatial_assets.assets.depth_maps import RawDepth, depth_maps_of, raw_depth_of_frames
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from resources.depth_estimator import DepthError
from resources.images import ImageError, read_depth
from resources.tables import DEPTH_MAPS
from tests.support import textured_scene

SETTINGS = DepthMapSettings(image_side=160, planes=40)


@pytest.fixture(scope="module")
def pictures() -> list[textured_scene.Picture]:
    return textured_scene.walk()


@pytest.fixture(scope="module")
def rows(pictures, tmp_path_factory) -> pl.DataFrame:
    return textured_scene.reconstruction(pictures, tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="module")
def raw(rows) -> list[RawDepth]:
    return raw_depth_of_frames(rows, rows, SETTINGS)


@pytest.fixture(scope="module")
def true_raw(pictures) -> list[RawDepth]:
    return [RawDepth(f"{number:06d}", seen.depth) for number, seen in enumerate(pictures)]


def stored(rows: pl.DataFrame, made: pl.DataFrame) -> list[np.ndarray]:
    """Depth on the grid of the colour images, as any stage reads it."""
    both = made.rename({"intrinsics": "depth_intrinsics"}).drop("width", "height").join(
        rows.select("frame_id", "width", "height", "intrinsics"), on="frame_id", maintain_order="left"
    )  # fmt: skip
    return [read_depth(frame) for frame in both.iter_rows(named=True)]


def test_depth_of_a_walk_is_true_and_covers_what_several_views_see(rows, raw, pictures, tmp_path) -> None:
    made = depth_maps_of(rows, raw, SETTINGS, str(tmp_path))
    assert made.schema == DEPTH_MAPS.schema
    assert made["frame_id"].to_list() == rows["frame_id"].to_list()
    assert made["coverage"].min() > 0.85
    assert made["disagreement"].max() < 0.01
    for depth, seen in zip(stored(rows, made), pictures, strict=True):
        error = textured_scene.errors(depth, seen.depth)
        assert np.median(error) < 0.005
        assert np.percentile(error, 95) < 0.03


def test_real_images_with_known_poses_give_depth_near_the_sensor_s(shared, tmp_path) -> None:
    """The poses are the headset's own, off by centimetres, so fewer pixels agree than with poses from the images."""
    folder = shared / "hololens"
    fx, _, cx, _, fy, cy = np.loadtxt(folder / "K.txt").ravel()[:6]
    poses = np.loadtxt(folder / "poses.txt").reshape(-1, 4, 4)
    images, depths = (sorted((folder / name).iterdir()) for name in ("images", "depth"))
    seen = []
    for number in range(4, 14):
        image = cv2.imread(str(images[number]))[..., ::-1]
        sensor = cv2.imread(str(depths[number]), cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
        camera = Camera(image.shape[1], image.shape[0], np.array([fx, fy, cx, cy]), poses[number])
        seen.append(textured_scene.Picture(image, sensor, camera))
    rows = textured_scene.reconstruction(seen, tmp_path)
    settings = DepthMapSettings(image_side=270)
    made = depth_maps_of(rows, raw_depth_of_frames(rows, rows, settings), settings, str(tmp_path / "depth"))
    depth = stored(rows, made)
    error = np.concatenate([textured_scene.errors(*pair) for pair in zip(depth, (p.depth for p in seen), strict=True)])
    assert made["coverage"].mean() > 0.2
    assert np.median(error) < 0.03
    assert np.percentile(error, 90) < 0.12


def test_the_same_rows_and_bytes_however_the_frames_are_cut(rows, raw, tmp_path) -> None:
    pieces = [raw_depth_of_frames(rows.slice(start, 3), rows, SETTINGS) for start in (3, 6, 0)]
    cut = depth_maps_of(rows, [item for piece in pieces for item in piece], SETTINGS, str(tmp_path))
    assert cut.equals(depth_maps_of(rows, raw, SETTINGS, str(tmp_path)))
    assert len(list(tmp_path.iterdir())) == len(rows), "a recomputation names the same files"


def test_frames_that_were_not_registered_have_no_depth_and_lend_none(rows, true_raw, tmp_path) -> None:
    lost = pl.col("frame_id").is_in(["000002", "000005"])
    some = rows.with_columns(registered=~lost)
    made = depth_maps_of(
        some, [item for item in true_raw if item.frame_id not in ("000002", "000005")], SETTINGS, str(tmp_path)
    )
    assert made["frame_id"].to_list() == ["000000", "000001", "000003", "000004", "000006"]
    assert [item.frame_id for item in raw_depth_of_frames(some.filter(lost), some, SETTINGS)] == []
    assert depth_maps_of(rows.clear(), [], SETTINGS, str(tmp_path)).equals(DEPTH_MAPS.empty())


def test_a_frame_without_neighbors_or_points_is_left_empty(rows, tmp_path) -> None:
    alone = pl.col("frame_id") == "000000"
    kind = rows.schema
    none = rows.with_columns(
        neighbors=pl.when(alone).then(pl.lit([], dtype=kind["neighbors"])).otherwise("neighbors"),
        points=pl.when(pl.col("frame_id") == "000001").then(pl.lit([], dtype=kind["points"])).otherwise("points"),
        depth_range=pl.lit(None, dtype=kind["depth_range"]),
    )
    chunk = none.head(3)
    shares = [(item.depth > 0).mean() for item in raw_depth_of_frames(chunk, none, SETTINGS)]
    assert shares[0] == shares[1] == 0
    assert shares[2] > 0.9, "the range of a frame without one is that of its points"


def test_depth_keeps_its_precision_in_a_world_of_any_size(rows, true_raw, tmp_path) -> None:
    for scale in (0.01, 100.0):
        pose = rows["world_from_camera"].to_numpy().reshape(-1, 4, 4).copy()
        pose[:, :3, 3] *= scale
        moved = rows.with_columns(
            pl.Series("world_from_camera", pose.reshape(-1, 16), dtype=rows.schema["world_from_camera"])
        )
        larger = [RawDepth(item.frame_id, item.depth * np.float32(scale)) for item in true_raw]
        made = depth_maps_of(moved, larger, SETTINGS, str(tmp_path))
        for item, depth in zip(larger, stored(moved, made), strict=True):
            assert np.median(textured_scene.errors(depth, item.depth)) < 0.002


def test_files_go_to_any_file_system_and_are_named_by_their_bytes(rows, true_raw) -> None:
    folder = "memory://depth-maps-of-a-walk/files"
    made = depth_maps_of(rows, true_raw, SETTINGS, folder)
    assert made["depth"].str.contains(rf"^{folder}/\d{{6}}-[0-9a-f]{{12}}\.png$").all()
    assert all((depth > 0).any() for depth in stored(rows, made))


def test_depth_that_no_two_views_share_is_an_error_that_says_what_to_do(rows, true_raw, tmp_path) -> None:
    apart = [RawDepth(item.frame_id, item.depth * np.float32(1.3**n)) for n, item in enumerate(true_raw)]
    with pytest.raises(DepthError, match=r"no two views of the video agree on any depth .* film slowly"):
        depth_maps_of(rows, apart, SETTINGS, str(tmp_path))


def test_a_missing_image_and_one_of_another_size_are_named(rows, tmp_path) -> None:
    for path, problem in (
        (str(tmp_path / "gone.png"), "the file is missing"),
        (str(tmp_path / "small.png"), "is 20x10"),
    ):
        cv2.imwrite(str(tmp_path / "small.png"), np.zeros((10, 20, 3), np.uint8))
        broken = rows.with_columns(image=pl.when(pl.col("frame_id") == "000003").then(pl.lit(path)).otherwise("image"))
        with pytest.raises(ImageError, match=f"{path}: .*{problem}"):
            raw_depth_of_frames(broken.slice(3, 1), broken, SETTINGS)
