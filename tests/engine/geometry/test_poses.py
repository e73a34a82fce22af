import re

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.poses import RIGID_TOLERANCE, nearest_rigid, pose_difference, pose_problem


def random_poses(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, :3, :3] = Rotation.random(count, random_state=rng).as_matrix()
    poses[:, :3, 3] = rng.normal(size=(count, 3))
    return poses


def test_rigid_poses_pass_also_when_rounded():
    for pose in random_poses(20):
        assert pose_problem(pose) is None
        assert pose_problem(np.round(pose, 4)) is None


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (np.diag([1, 1, -1, 1]), "mirrored"),
        (np.diag([1.01, 1.01, 1.01, 1]), "not rigid"),
        (np.eye(4) + 0.05 * np.eye(4, k=1) * np.array([1, 1, 1, 0]), "not rigid"),
        (np.zeros((4, 4)), "last row"),
        (np.diag([0, 0, 0, 1]), "not rigid"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.diag([np.inf, 1, 1, 1]), "NaN|infinite"),
    ],
)
def test_other_matrices_have_a_reason(spoil, problem):
    with np.errstate(invalid="ignore"):
        matrix = random_poses(1)[0] @ spoil
    assert re.search(problem, pose_problem(matrix))


def test_the_nearest_rigid_transform_undoes_rounding():
    poses = random_poses(20)
    noisy = poses + np.random.default_rng(1).uniform(-1, 1, poses.shape) * RIGID_TOLERANCE / 10
    rigid = nearest_rigid(noisy)
    rotations = rigid[:, :3, :3]
    np.testing.assert_allclose(rotations @ rotations.swapaxes(1, 2), np.tile(np.eye(3), (20, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0)
    assert np.abs(rotations - poses[:, :3, :3]).max() < RIGID_TOLERANCE / 5
    np.testing.assert_allclose(rigid[:, 3], np.tile([0, 0, 0, 1], (20, 1)))


def test_pose_difference_is_distance_and_angle():
    a, b = random_poses(30, 2), random_poses(30, 3)
    distance, angle = pose_difference(a, b)
    np.testing.assert_allclose(distance, np.linalg.norm(a[:, :3, 3] - b[:, :3, 3], axis=1))
    turn = Rotation.from_matrix(a[:, :3, :3]).inv() * Rotation.from_matrix(b[:, :3, :3])
    np.testing.assert_allclose(angle, turn.magnitude(), atol=1e-6)
    assert pose_difference(a, a)[1].max() < 1e-6
