"""Up, floor and scale of a world that knows none of them."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.reconstruction.alignment import Similarity
from openspatial_assets.engine.reconstruction.upright import upright_world

CONE_DEG = 25.0


def _room(random: np.random.Generator, floor: bool = True, level: bool = True) -> np.ndarray:
    """Points `(p, 3)` of a furnished room, metres, floor at z = 0."""

    def flat(low, high, z, count):
        xy = random.uniform(low, high, (count, 2))
        return np.column_stack([xy, np.full(count, z) + random.normal(0, 0.004, count)])

    walls = np.column_stack([random.uniform(0, 4, 700), np.zeros(700), random.uniform(0.3, 2.2, 700)])
    parts = [walls, random.uniform([0.5, 0.5, 0.1], [3.5, 3.5, 1.6], (500, 3))]
    parts += [flat(1.0, 2.4, 0.72, 600)] if level else []
    parts += [flat(0.2, 3.8, 0.0, 180)] if floor else []
    return np.concatenate(parts)


def _cameras(random: np.random.Generator, tilt_deg: float, roll_deg: float = 3.0, count: int = 30) -> np.ndarray:
    """World-from-camera `(f, 4, 4)`: on a circle 1.4 m above the floor, looking inwards and down, rolled a little."""
    poses = np.tile(np.eye(4), (count, 1, 1))
    for pose, angle in zip(poses, np.linspace(0, 4.5, count), strict=True):
        forward = np.array([-np.cos(angle), -np.sin(angle), 0.0])
        down = np.array([0.0, 0.0, -1.0])
        level = np.column_stack([np.cross(down, forward), down, forward])
        turned = Rotation.from_euler("xz", [-tilt_deg, random.normal(0, roll_deg)], degrees=True).as_matrix()
        pose[:3, :3] = level @ turned
        pose[:3, 3] = [2 - 1.5 * forward[0], 2 - 1.5 * forward[1], 1.4 + random.normal(0, 0.05)]
    return poses


def _depth(points: np.ndarray, poses: np.ndarray) -> float:
    return float(np.median((points[None] - poses[:, None, :3, 3]) @ poses[:, :3, 2, None]))


@pytest.mark.parametrize("seed", range(4))
def test_a_room_in_any_world_stands_upright_again(seed):
    random = np.random.default_rng(seed)
    points, poses = _room(random), _cameras(random, tilt_deg=20)
    lost = Similarity(float(random.uniform(0.05, 20)), Rotation.random(rng=random).as_matrix(), random.normal(0, 9, 3))
    found = upright_world(lost.poses(poses), lost.points(points), lost.scale * _depth(points, poses), CONE_DEG)
    assert found.gravity_aligned
    assert found.has_floor
    upright = found.target_from_source
    up = upright.rotation @ lost.rotation @ [0, 0, 1]
    assert np.degrees(np.arccos(min(1.0, up[2]))) < 1.0
    world = upright.points(lost.points(points))
    assert abs(np.median(world[-180:, 2])) < 0.03  # the floor
    heights = upright.poses(lost.poses(poses))[:, 2, 3]
    assert np.median(heights) == pytest.approx(1.5, rel=0.03)
    first_looks = upright.poses(lost.poses(poses))[0, :3, 2]
    assert first_looks[0] > 0
    assert abs(first_looks[1]) < 1e-6


def test_a_known_camera_height_gives_the_scale():
    random = np.random.default_rng(5)
    points, poses = _room(random), _cameras(random, tilt_deg=20)
    found = upright_world(poses, points, _depth(points, poses), CONE_DEG, camera_height=1.4)
    assert found.target_from_source.scale == pytest.approx(1.0, rel=0.03)


def test_without_a_floor_the_scale_comes_from_the_depth():
    random = np.random.default_rng(6)
    points, poses = _room(random, floor=False, level=False), _cameras(random, tilt_deg=10)
    points = points[points[:, 2] > 1.0]
    depth = _depth(points, poses)
    found = upright_world(poses, points, depth, CONE_DEG)
    assert not found.has_floor
    assert found.target_from_source.scale * depth == pytest.approx(2.0)


def test_where_nothing_tells_of_gravity_that_is_said():
    random = np.random.default_rng(7)
    cloud = random.normal([2, 2, 1], 0.6, (800, 3))
    poses = _cameras(random, tilt_deg=10, roll_deg=60.0)
    assert not upright_world(poses, cloud, 2.0, CONE_DEG).gravity_aligned
    steady = upright_world(_cameras(random, tilt_deg=10), cloud, 2.0, CONE_DEG)
    assert steady.gravity_aligned
    assert steady.target_from_source.rotation[2] @ [0, 0, 1] > np.cos(np.radians(3))
