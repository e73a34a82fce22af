"""Quarter turns of images: the same point of the world falls on the same picture content, and four turns are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.geometry.quarter_turns import (
    turned_intrinsics,
    turned_pose,
    turned_size,
    upright_quarter_turns,
)

SIZE = (256, 192)
INTRINSICS = (210.0, 215.0, 129.25, 93.5)


def pose(rotation: Rotation, center=(0.3, -0.7, 1.5)) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation.as_matrix(), center
    return matrix


def upright_pose(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """A level camera (z along world x, y down), then turned; `roll` clockwise about its own axis."""
    level = Rotation.from_matrix([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    return pose(Rotation.from_euler("z", yaw) * level * Rotation.from_euler("XZ", [pitch, roll]))


@given(
    arrays(np.float64, 3, elements=st.floats(-3, 3)),
    arrays(np.float64, 3, elements=st.floats(-3, 3)),
    st.integers(0, 7),
)
def test_a_point_of_the_world_falls_on_the_same_picture_content(rotvec, point, turns):
    world_from_camera = pose(Rotation.from_rotvec(rotvec))
    before = Camera(*SIZE, np.array(INTRINSICS), world_from_camera)
    after = Camera(
        *turned_size(SIZE, turns),
        turned_intrinsics(INTRINSICS, SIZE, turns),
        turned_pose(world_from_camera, turns),
    )
    (u, v), depth = before.project(point)
    (turned_u, turned_v), turned_depth = after.project(point)
    assert turned_depth == pytest.approx(depth, abs=1e-9)
    if abs(depth) < 0.05:
        return
    # The picture as numpy turns it: a map of pixel indices tells where each pixel has gone.
    rows, columns = np.indices(SIZE[::-1])
    old_u, old_v = np.rot90(columns, turns).astype(float), np.rot90(rows, turns).astype(float)
    step_u, step_v = old_u[0, 1:2] - old_u[0, :1], old_u[1:2, 0] - old_u[:1, 0]
    assert old_u[0, 0] + turned_u * step_u[0] + turned_v * step_v[0] == pytest.approx(u, abs=1e-6, rel=1e-9)
    step_u, step_v = old_v[0, 1:2] - old_v[0, :1], old_v[1:2, 0] - old_v[:1, 0]
    assert old_v[0, 0] + turned_u * step_u[0] + turned_v * step_v[0] == pytest.approx(v, abs=1e-6, rel=1e-9)


def test_four_turns_are_none_and_turns_add_up():
    some = upright_pose(0.4, 0.2, 0.3)
    one_by_one, size, matrix = np.array(INTRINSICS), SIZE, some
    for _ in range(4):
        one_by_one, matrix = turned_intrinsics(one_by_one, size, 1), turned_pose(matrix, 1)
        size = turned_size(size, 1)
    assert size == SIZE
    np.testing.assert_allclose(one_by_one, INTRINSICS)
    np.testing.assert_allclose(matrix, some)
    np.testing.assert_allclose(turned_pose(turned_pose(some, 1), 2), turned_pose(some, 3))
    np.testing.assert_allclose(turned_pose(some, 4), some)
    assert np.linalg.det(turned_pose(some, 1)[:3, :3]) == pytest.approx(1.0)


def test_batches_of_cameras_are_turned_as_single_ones():
    poses = np.array([upright_pose(0.1 * k, 0.05 * k, 0.2 * k) for k in range(5)])
    intrinsics = np.array(INTRINSICS) + np.arange(5)[:, None]
    np.testing.assert_allclose(turned_pose(poses, 3)[4], turned_pose(poses[4], 3))
    np.testing.assert_allclose(turned_intrinsics(intrinsics, SIZE, 1)[4], turned_intrinsics(intrinsics[4], SIZE, 1))


@pytest.mark.parametrize("stored", range(4))
def test_a_scene_is_turned_back_upright(stored):
    upright = np.array([upright_pose(yaw, 0.4 * np.sin(5 * yaw), 0.3 * np.cos(yaw)) for yaw in np.linspace(0, 6, 20)])
    found = upright_quarter_turns(turned_pose(upright, stored))
    assert (stored + found) % 4 == 0


@given(st.floats(-np.pi, np.pi))
def test_turning_the_whole_world_about_its_vertical_changes_nothing(yaw):
    poses = turned_pose(np.array([upright_pose(0.3 * k, 0.1 * k, 0.1) for k in range(5)]), 1)
    turned = np.array([pose(Rotation.from_euler("z", yaw))]) @ poses
    assert upright_quarter_turns(turned) == upright_quarter_turns(poses) == 3


def test_most_frames_decide_and_those_that_look_down_have_no_say():
    upright, sideways = upright_pose(0.0), turned_pose(upright_pose(1.0), 1)
    looking_down = turned_pose(upright_pose(2.0, pitch=-1.4), 2)
    assert upright_quarter_turns([upright, upright, sideways]) == 0
    assert upright_quarter_turns([upright, sideways, sideways]) == 3
    assert upright_quarter_turns([upright, looking_down, looking_down, looking_down]) == 0
    assert upright_quarter_turns([looking_down]) == 0
    assert upright_quarter_turns(np.zeros((0, 4, 4))) == 0
