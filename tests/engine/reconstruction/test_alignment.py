"""Similarities: what is fitted is what was applied, and poses move with the points that they see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.reconstruction.alignment import Similarity, alignment_error, fitted_similarity


@st.composite
def similarities(draw) -> Similarity:
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    scale = draw(st.floats(0.01, 100.0))
    return Similarity(scale, Rotation.random(rng=random).as_matrix(), random.normal(0, 5, 3))


@given(similarities(), st.integers(3, 20), st.integers(0, 2**31), st.booleans())
def test_the_fitted_similarity_is_the_one_that_was_applied(applied, count, seed, flat):
    source = np.random.default_rng(seed).normal(size=(count, 3)) * ([1, 1, 0] if flat else [1, 1, 1])
    target = applied.points(source)
    fitted = fitted_similarity(source, target)
    np.testing.assert_allclose(fitted.points(source), target, atol=1e-6 * applied.scale)
    np.testing.assert_allclose(fitted.scale, applied.scale, rtol=1e-6)
    assert np.linalg.det(fitted.rotation) == pytest.approx(1.0)
    assert alignment_error(source, target) < 1e-6 * applied.scale


@given(similarities(), similarities())
def test_a_moved_camera_sees_a_moved_point_on_the_same_ray(applied, pose):
    source_from_camera = np.eye(4)
    source_from_camera[:3, :3], source_from_camera[:3, 3] = pose.rotation, pose.translation
    point = np.array([0.3, -0.2, 2.0])
    target_from_camera = applied.poses(source_from_camera)
    moved = applied.points(pose.rotation @ point + pose.translation)
    local = target_from_camera[:3, :3].T @ (moved - target_from_camera[:3, 3])
    np.testing.assert_allclose(local, applied.scale * point, rtol=1e-6, atol=1e-9)


def test_what_fixes_no_similarity_is_refused():
    with pytest.raises(ValueError, match="three points"):
        fitted_similarity(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="one spot"):
        fitted_similarity(np.full((5, 3), 2.0), np.zeros((5, 3)))
