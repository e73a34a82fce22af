import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.keyframes import KeyframeSettings, laplacian_variance, select_keyframes


def test_sharpness_is_the_variance_of_the_laplacian_and_falls_with_blur():
    picture = np.random.default_rng(0).integers(0, 255, (60, 80)).astype(np.uint8)
    laplacian = ndimage.laplace(picture.astype(float), mode="mirror")
    np.testing.assert_allclose(laplacian_variance(picture), laplacian.var(), rtol=1e-9)
    blurred = ndimage.gaussian_filter(picture, 1.0)
    assert laplacian_variance(blurred) < 0.1 * laplacian_variance(picture)


def test_every_sharp_frame_is_near_a_keyframe_that_is_at_least_as_sharp():
    rng = np.random.default_rng(1)
    settings = KeyframeSettings(translation_m=0.3, rotation_deg=20.0, sharpness_ratio=0.5)
    poses = np.tile(np.eye(4), (200, 1, 1))
    poses[:, :3, 3] = rng.normal(scale=0.05, size=(200, 3)).cumsum(axis=0)
    turns = Rotation.from_rotvec(rng.normal(scale=0.05, size=(200, 3)).cumsum(axis=0))
    poses[:, :3, :3] = turns.as_matrix()
    sharpness = rng.uniform(1.0, 10.0, 200)
    keyframe = select_keyframes(sharpness, poses, settings)

    distance = np.linalg.norm(poses[:, None, :3, 3] - poses[None, :, :3, 3], axis=-1)
    angle = np.array([[(a.inv() * b).magnitude() for b in turns] for a in turns])
    same = (distance < 0.3) & (angle < np.radians(20.0))
    taken = np.flatnonzero(keyframe)
    assert not (same[np.ix_(taken, taken)] & ~np.eye(len(taken), dtype=bool)).any()
    sharp = sharpness >= 0.5 * np.median(sharpness)
    assert not (keyframe & ~sharp).any()
    for index in np.flatnonzero(sharp):
        assert (same[index, taken] & (sharpness[taken] >= sharpness[index])).any()


def test_no_frame_has_no_keyframe():
    assert select_keyframes([], np.zeros((0, 4, 4))).shape == (0,)
