"""Rotations against SciPy's, and the laws of the project's Euler convention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.rotations import matrix_from_rpy, rotation_error, rpy_from_matrix

angles = st.floats(-np.pi, np.pi)
rolls_pitches_yaws = st.tuples(angles, angles, angles)


@given(rolls_pitches_yaws)
def test_convention_is_scipys_intrinsic_zyx(rpy):
    roll, pitch, yaw = rpy
    assert np.allclose(matrix_from_rpy(rpy), Rotation.from_euler("ZYX", [yaw, pitch, roll]).as_matrix(), atol=1e-12)


@given(rolls_pitches_yaws)
def test_angles_give_back_the_matrix(rpy):
    matrix = matrix_from_rpy(rpy)
    assert np.allclose(matrix_from_rpy(rpy_from_matrix(matrix)), matrix, atol=1e-7)


@pytest.mark.parametrize("pitch", [np.pi / 2, -np.pi / 2])
def test_gimbal_lock_gives_back_the_matrix_with_zero_roll(pitch):
    matrix = matrix_from_rpy([0.7, pitch, -1.1])
    rpy = rpy_from_matrix(matrix)
    assert rpy[0] == 0
    assert np.allclose(matrix_from_rpy(rpy), matrix, atol=1e-9)


def test_leading_axes_are_free():
    rpy = np.random.default_rng(0).uniform(-1, 1, (4, 5, 3))
    matrices = matrix_from_rpy(rpy)
    assert matrices.shape == (4, 5, 3, 3)
    assert np.allclose(matrices[2, 3], matrix_from_rpy(rpy[2, 3]))
    assert np.allclose(rpy_from_matrix(matrices), rpy)


def test_rotation_error_tells_rotations_from_what_is_none():
    rotation = matrix_from_rpy([0.3, -0.2, 2.0])
    mirrored, scaled, lost = rotation @ np.diag([1, 1, -1]), 1.01 * rotation, np.full((3, 3), np.nan)
    errors = rotation_error(np.stack([rotation, mirrored, scaled, lost]))
    assert errors[0] < 1e-12
    assert errors[1] == np.inf
    assert errors[2] == pytest.approx(1.01**2 - 1)
    assert errors[3] == np.inf
