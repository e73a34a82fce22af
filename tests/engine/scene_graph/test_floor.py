"""The floor's height among tables, walls and noise; which cells are free; and ways over the grid, against Shapely."""

import numpy as np
import pytest
import shapely

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.scene_graph.floor import Floor, FloorSettings
from openspatial_assets.engine.scene_graph.ground import floor_height, ground_of, surface_points, voxels_of
from openspatial_assets.engine.visibility.depth_image import DepthImage

SETTINGS = FloorSettings()
FLOOR_Z = 0.13


def sheet(rng, low, high, z, noise=0.0, per_m2=2000):
    """Points of a level rectangle from `low` to `high` (x, y)."""
    count = round(per_m2 * float(np.prod(np.subtract(high, low))))
    xy = rng.uniform(low, high, (count, 2))
    return np.column_stack([xy, rng.normal(z, noise, count)])


def wall(rng, x, low_y, high_y, low_z, high_z, per_m2=2000):
    count = round(per_m2 * (high_y - low_y) * (high_z - low_z))
    return np.column_stack([np.full(count, x), rng.uniform(low_y, high_y, count), rng.uniform(low_z, high_z, count)])


def height_of(*parts, camera=1.5):
    return floor_height(voxels_of(np.concatenate(parts), SETTINGS), np.full(5, FLOOR_Z + camera), SETTINGS)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.025])
def test_the_floor_is_found_below_a_larger_table(noise):
    rng = np.random.default_rng(0)
    floor = sheet(rng, (0, 0), (1.0, 0.8), FLOOR_Z, noise)
    table = sheet(rng, (1, 0), (3, 2), FLOOR_Z + 0.45, noise)
    ceiling = sheet(rng, (0, 0), (3, 3), FLOOR_Z + 2.5, noise)
    found = height_of(floor, table, ceiling, wall(rng, 0.0, 0, 3, FLOOR_Z, FLOOR_Z + 2.5))
    assert abs(found - FLOOR_Z) < 0.015


def test_reflections_below_the_floor_are_not_the_floor():
    rng = np.random.default_rng(1)
    scattered = rng.uniform((0, 0, FLOOR_Z - 1.5), (3, 3, FLOOR_Z), (4000, 3))
    mirrored = sheet(rng, (0, 0), (0.6, 0.6), FLOOR_Z - 0.75, 0.01)
    found = height_of(sheet(rng, (0, 0), (3, 3), FLOOR_Z, 0.01), scattered, mirrored)
    assert abs(found - FLOOR_Z) < 0.015


def test_no_floor_where_only_tables_and_walls_were_seen():
    rng = np.random.default_rng(2)
    table = sheet(rng, (0, 0), (2, 1), FLOOR_Z)
    assert height_of(table, camera=0.95) is None
    assert height_of(table, camera=1.05) is not None
    assert height_of(wall(rng, 0.03, 0, 5, -1, 3)) is None
    assert height_of(sheet(rng, (0, 0), (0.6, 0.6), FLOOR_Z)) is None  # too small to be sure of
    assert floor_height(voxels_of(np.empty((0, 3)), SETTINGS), np.ones(2), SETTINGS) is None


def test_voxels_count_points_wherever_the_world_begins():
    points = np.array([[-0.01, 0.01, -0.01], [-0.09, 0.09, -0.019], [0.01, -5.01, 0.0], [1234.56, 0.0, 7.0]])
    voxels = voxels_of(points, SETTINGS)
    columns = np.column_stack([voxels.x, voxels.y, voxels.z, voxels.points])
    assert columns.tolist() == [[-1, 0, -1, 2], [0, -51, 0, 1], [12345, 0, 350, 1]]


def ground(*parts, path=((50.0, 50.0),)):
    cameras = np.column_stack([np.array(path), np.full(len(path), FLOOR_Z + 1.5)])
    made = ground_of(voxels_of(np.concatenate(parts), SETTINGS), FLOOR_Z, cameras, SETTINGS)
    place = {(round(x * 10 - 0.5), round(y * 10 - 0.5)): index for index, (x, y) in enumerate(made.centers.tolist())}
    return made, place


def pile(x, y, height, count=5):
    return np.tile([x, y, FLOOR_Z + height], (count, 1))


def test_what_stands_in_the_way_takes_the_cells_that_a_body_needs():
    floor = sheet(np.random.default_rng(3), (0, 0), (2, 2), FLOOR_Z)
    made, place = ground(floor, pile(1.05, 1.05, 0.4))
    blocked = {cell for cell, index in place.items() if not made.walkable[index] and max(cell) < 20}
    assert blocked == {
        (x, y) for x in range(20) for y in range(20) if np.hypot(x - 10, y - 10) * 0.1 <= SETTINGS.body_radius_m + 1e-9
    }
    assert made.obstacle_points[place[10, 10]] == 5
    assert made.floor_points.sum() == len(floor)


@pytest.mark.parametrize(
    ("height", "count", "free"),
    [(0.07, 9, True), (0.13, 9, False), (1.47, 9, False), (1.53, 9, True), (0.5, 2, True), (0.5, 3, False)],
)
def test_only_what_is_in_a_persons_way_counts(height, count, free):
    made, place = ground(sheet(np.random.default_rng(4), (0, 0), (2, 2), FLOOR_Z), pile(1.05, 1.05, height, count))
    assert made.walkable[place[10, 10]] == free


def test_unseen_ground_is_free_only_where_the_camera_passed():
    floor = sheet(np.random.default_rng(5), (0, 0), (1, 1), FLOOR_Z)
    made, place = ground(floor, pile(4.05, 0.05, 0.5), path=((3.06, 0.05), (4.06, 0.05)))
    assert {cell for cell in place if made.passed[place[cell]]} == {
        (x + dx, dy) for x in (30, 40) for dx in range(-3, 4) for dy in range(-3, 4) if np.hypot(dx - 0.1, dy) <= 3
    }
    assert (20, 0) not in place
    assert made.walkable[place[30, 0]]
    assert not made.walkable[place[40, 0]]  # something was seen there, whoever passed


def test_points_of_a_plane_lie_on_it_and_edges_give_none():
    pose = np.eye(4)
    pose[:3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T  # looks along world y
    camera = Camera(640, 480, np.array([500.0, 500.0, 319.5, 239.5]), pose)
    depth = np.full((480, 640), 2.0, np.float32)
    depth[:, 320:] = 3.0
    depth[:100] = 0.0
    depth[400:] = 5.5
    points = surface_points(DepthImage(depth), camera, SETTINGS)
    assert set(np.unique(points[:, 1])) == {2.0, 3.0}
    assert len(points) == 75 * 160  # of rows 100 to 399, each fourth
    depth[:] = np.where(np.arange(640) % 4 == 2, 2.0, 3.0)  # each pixel that is looked at stands out
    assert len(surface_points(DepthImage(depth), camera, SETTINGS)) == 0


def free_by_shapely(floor: Floor, start, end) -> tuple[bool, bool]:
    """Whether no blocked cell is crossed at all, and by no more than a hair's breadth."""
    y, x = np.nonzero(~np.pad(floor.walkable, 10))
    corners = floor.origin + (np.stack([x, y], axis=1) - 10) * floor.cell_m
    blocked = shapely.box(*corners.T, *(corners + floor.cell_m).T)
    crossed = shapely.length(shapely.intersection(blocked, shapely.LineString([start, end]))).max()
    return crossed <= 0, crossed <= 1e-9


def test_ways_are_free_if_all_their_cells_are():
    rng = np.random.default_rng(6)
    floor = Floor(np.array([-1.3, 2.2]), 0.25, 0.0, rng.random((12, 16)) < 0.93)
    starts = floor.origin + rng.uniform(0, (16, 12), (150, 2)) * 0.25
    ends = starts + rng.uniform(-1, 1, (150, 2)) * rng.choice([0.2, 1.5], (150, 1))
    ends[:10, 0] = starts[:10, 0]  # along the grid
    found = floor.free_along(starts, ends)
    assert 30 < found.sum() < 120
    for free, start, end in zip(found, starts, ends, strict=True):
        assert free in free_by_shapely(floor, start, end)


def test_no_way_leads_off_the_grid_and_standing_is_a_way_too():
    floor = Floor(np.zeros(2), 0.5, 0.0, np.ones((2, 4), np.bool_))
    starts, ends = np.array([[0.1, 0.1], [1.9, 0.9], [0.1, 0.1], [2.1, 0.1]]), np.array([[1.9, 0.9], [2.1, 0.9]] * 2)
    assert floor.free_along(starts, ends).tolist() == [True, False, True, False]
    assert floor.free_along(starts, starts).tolist() == [True, True, True, False]
    assert floor.free_along(np.empty((0, 2)), np.empty((0, 2))).tolist() == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [("cell_m", 0.0), ("body_radius_m", -0.1), ("min_floor_points", 0), ("obstacle_bottom_m", 2.0)],
)
def test_settings_out_of_range_are_named(setting, value):
    with pytest.raises(ValueError, match=f"floor.{setting} is {value}"):
        FloorSettings(**{setting: value})
    assert FloorSettings(body_radius_m=0.0).body_radius_m == 0
