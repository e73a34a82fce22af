"""The floor of scenes whose ground is known: a ray-cast room, and generated rooms against their kept truth."""

import cv2
import numpy as np
import polars as pl
import pytest
import shapely
from small_scene import rows_of

from openspatial_assets.assets.floor import floor_cells_of, floor_of, voxels_of_frames
from openspatial_assets.assets.floor_previews import preview_floor
from openspatial_assets.assets.sources import frames_of
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from resources.images import ImageError
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.tables import FLOOR_CELLS, FRAMES

SETTINGS = FloorSettings()
FLOOR_Z = -0.4
ROOM = (np.array([0.0, 0.0]), np.array([5.0, 4.0]))
TABLE = (np.array([2.0, 1.0, FLOOR_Z]), np.array([3.2, 1.8, FLOOR_Z + 0.75]))
WIDTH, HEIGHT, FOCAL = 320, 240, 250.0


def looking(eye, target) -> np.ndarray:
    """Pose `(4, 4)` of an upright camera."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(forward, [0, 0, 1]) / np.linalg.norm(np.cross(forward, [0, 0, 1]))
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(forward, right), forward, eye], axis=1)
    return pose


def seen_depth(pose: np.ndarray, width=WIDTH, height=HEIGHT, focal=FOCAL) -> np.ndarray:
    """`(h, w)` camera z of the room: its floor and walls from inside, and the table from outside."""
    u, v = np.meshgrid(np.arange(width), np.arange(height))
    rays = np.stack([(u - (width - 1) / 2) / focal, (v - (height - 1) / 2) / focal, np.ones(u.shape)], axis=-1)
    rays, eye = rays @ pose[:3, :3].T, pose[:3, 3]
    low, high = np.append(ROOM[0], FLOOR_Z), np.append(ROOM[1], FLOOR_Z + 2.5)
    with np.errstate(divide="ignore"):
        room = np.maximum((low - eye) / rays, (high - eye) / rays).min(axis=-1)
        first, second = (TABLE[0] - eye) / rays, (TABLE[1] - eye) / rays
    enter, leave = np.minimum(first, second).max(axis=-1), np.maximum(first, second).min(axis=-1)
    return np.where((enter <= leave) & (enter > 0), enter, room)


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> pl.DataFrame:
    """Eight looks into the room from a walk along two of its sides, with the noise of a depth camera."""
    folder, rng = tmp_path_factory.mktemp("room"), np.random.default_rng(0)
    rows = []
    for number, along in enumerate(np.linspace(0, 1, 8)):
        eye = (0.6 + 3.6 * along, 0.5 + 2.8 * along**2, FLOOR_Z + 1.45)
        pose = looking(eye, (2.5, 2.6, FLOOR_Z + 0.3))
        depth = seen_depth(pose)
        path = str(folder / f"{number}.png")
        cv2.imwrite(path, np.rint(1000 * (depth + rng.normal(0, 0.003, depth.shape) * depth)).astype(np.uint16))
        rows.append(frame_row(number, path, pose))
    return rows_of(FRAMES, rows)


def frame_row(number: int, depth: str | None, pose: np.ndarray, **changes) -> dict:
    row = {
        "frame_id": f"{number:04d}",
        "image": "/nowhere.jpg",
        "depth": depth,
        "depth_scale": 1000.0,
        "width": WIDTH,
        "height": HEIGHT,
        "intrinsics": [FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2],
        "world_from_camera": pose.reshape(-1).tolist(),
        "keyframe": True,
        "signature": str(number),
    }
    return row | changes


def cells_of(frames: pl.DataFrame, pieces: int = 3) -> pl.DataFrame:
    parts = [voxels_of_frames(part, SETTINGS) for part in frames.iter_slices(pieces)]
    return FLOOR_CELLS.checked(floor_cells_of(parts, frames, SETTINGS), "a room")


def test_the_floor_of_a_room_lies_where_it_is_and_around_the_table(frames):
    cells = cells_of(frames)
    assert abs(cells["floor_z"][0] - FLOOR_Z) < 0.01
    free = cells.filter("walkable_ground").select("x", "y").to_numpy()
    assert len(free) * SETTINGS.cell_m**2 > 8  # of 20 in the room
    assert (free > ROOM[0] + SETTINGS.body_radius_m - 0.1).all()
    assert (free < ROOM[1] - SETTINGS.body_radius_m + 0.1).all()
    table = shapely.box(*TABLE[0][:2], *TABLE[1][:2])
    assert shapely.distance(table, shapely.points(free)).min() > SETTINGS.body_radius_m - SETTINGS.cell_m
    around = shapely.distance(table, shapely.points(cells.select("x", "y").to_numpy())) < 0.05
    assert not cells.filter(around)["walkable_ground"].any()


def test_the_floor_does_not_depend_on_how_frames_are_split_or_ordered(frames):
    whole = cells_of(frames)
    parts = [voxels_of_frames(part, SETTINGS) for part in frames.reverse().iter_slices(3)]
    assert floor_cells_of(parts[::-1], frames.reverse(), SETTINGS).equals(whole)


def test_a_depth_camera_of_its_own_sees_the_same_floor(frames, tmp_path):
    rows = []
    for row in frames.iter_rows(named=True):
        pose = np.array(row["world_from_camera"]).reshape(4, 4)
        path = str(tmp_path / f"{row['frame_id']}.png")
        cv2.imwrite(path, np.rint(1000 * seen_depth(pose, 256, 192, 200.0)).astype(np.uint16))
        own = [200.0, 200.0, 127.5, 95.5]
        rows.append(row | {"depth": path, "width": 1280, "height": 960, "depth_intrinsics": own})
    cells = cells_of(rows_of(FRAMES, rows))
    assert abs(cells["floor_z"][0] - FLOOR_Z) < 0.01
    ours, theirs = (
        {tuple(cell) for cell in part.filter("walkable_ground").select("x", "y").iter_rows()}
        for part in (cells_of(frames), cells)
    )
    assert len(ours & theirs) > 0.85 * len(ours | theirs)


def test_without_depth_there_is_no_floor(frames):
    blind = frames.with_columns(depth=pl.lit(None, pl.String))
    cells = cells_of(blind)
    assert cells.is_empty()
    assert floor_of(cells) is None
    assert preview_floor(blind, None, cells) is None


def test_a_broken_depth_image_is_named(frames, tmp_path):
    small, gone = str(tmp_path / "small.png"), str(tmp_path / "gone.png")
    cv2.imwrite(small, np.ones((12, 16), np.uint16))
    with pytest.raises(ImageError, match=r"small\.png: is 16x12 pixels, but the frame is 320x240"):
        voxels_of_frames(frames.head(1).with_columns(depth=pl.lit(small)), SETTINGS)
    with pytest.raises(ImageError, match=r"gone\.png"):
        voxels_of_frames(frames.head(1).with_columns(depth=pl.lit(gone)), SETTINGS)


def test_the_grid_is_the_table(frames):
    cells = cells_of(frames)
    floor = floor_of(cells.sample(fraction=1.0, shuffle=True, seed=1))
    place = np.floor((cells.select("x", "y").to_numpy() - floor.origin) / floor.cell_m).astype(int)
    np.testing.assert_array_equal(floor.walkable[place[:, 1], place[:, 0]], cells["walkable_ground"].to_numpy())
    assert floor.walkable.sum() == cells["walkable_ground"].sum()
    middles = floor.origin + (place + 0.5) * floor.cell_m
    np.testing.assert_allclose(middles, cells.select("x", "y").to_numpy(), atol=1e-9)


def test_the_floor_is_drawn_with_and_without_boxes(frames):
    cells = cells_of(frames)
    picture = preview_floor(frames, None, cells)
    assert picture.ndim == 3
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_generated_rooms_have_their_floor_where_nothing_stands(rooms):
    for room in rooms:
        frames, _ = frames_of(room)
        cells, truth = cells_of(frames, 5), load_truth(room.root)
        assert abs(cells["floor_z"][0]) < 0.03
        free = cells.filter("walkable_ground")
        assert free.height > 300
        # Plants and lamps leave the corners of their boxes empty, and the floor is seen there.
        solid = (truth.boxes.corners[..., 2].min(axis=1) < 1.5) & ~np.isin(truth.tags, ("plant", "floor lamp"))
        outlines = shapely.convex_hull(shapely.multipoints(truth.boxes.corners[solid][..., :2]))
        points = shapely.points(free.select("x", "y").to_numpy())
        assert shapely.distance(points[:, None], outlines).min() > 0.05
