"""Voxels that a box shows and that points hit."""

import numpy as np
import pytest

from openspatial_assets.engine.visibility.occupancy import hit_voxels, occupancy, seen_voxels, voxel_counts

CUBE, PLATE = np.array([1.2, 1.2, 1.2]), np.array([1.2, 0.6, 0.02])


def test_voxels_are_a_twelfth_of_the_longest_side():
    assert voxel_counts(np.stack([CUBE, PLATE])).tolist() == [[12, 12, 12], [12, 6, 1]]


@pytest.mark.parametrize(
    ("viewpoint", "voxels"),
    [((3, 0, 0), 144), ((3, 3, 0), 144 + 132), ((-3, 3, 3), 12**3 - 11**3), ((0, 0, 0), 12**3 - 10**3)],
    ids=["one face", "two", "three", "from inside"],
)
def test_a_solid_box_shows_the_layers_under_its_faces(viewpoint, voxels):
    assert seen_voxels(CUBE[None], np.array([viewpoint], float))[0] == voxels


def test_points_hit_voxels_of_their_own_box_and_those_outside_the_nearest():
    half = np.stack([CUBE, PLATE]).T / 2
    grid = np.stack(np.meshgrid(*[np.linspace(-0.55, 0.55, 12)] * 2, [0.0]), -1).reshape(-1, 3)
    points = np.concatenate([grid, [[5.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.01, 0.01, 0.01]]])
    box = np.r_[np.zeros(len(grid), int), 1, 1, 1]
    assert hit_voxels(points.T.astype(np.float32), box, half.astype(np.float32)).tolist() == [144, 2]


def test_occupancy_is_limited_by_the_samples_that_a_far_box_has():
    hit, seen, samples = np.array([276, 138, 20, 0]), np.full(4, 276), np.array([400.0, 400, 20, 0])
    assert occupancy(hit, seen, samples).tolist() == [1.0, 0.5, 1.0, 0.0]
