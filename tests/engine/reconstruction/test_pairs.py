"""Which keyframes are matched, which hang together, and which help each other."""

import numpy as np
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.reconstruction.pairs import (
    agreeing_links,
    coarsest,
    largest_group,
    match_count,
    pairs_to_match,
    shared_points,
    view_worth,
)


def _descriptors(random: np.random.Generator, count: int) -> np.ndarray:
    return coarsest(np.ones(count), random.normal(size=(count, 128)), count)


def test_pictures_of_the_same_are_paired_and_others_only_with_their_neighbours():
    random = np.random.default_rng(0)
    places = [_descriptors(random, 40) for _ in range(3)]
    frames = [places[i // 4] for i in range(12)] + [places[0]]  # back at the start
    assert match_count(places[0], places[0]) == 40
    assert match_count(places[0], places[1]) < 8
    pairs = pairs_to_match(frames, least_matches=8, partners=10)
    assert {(i, 12) for i in range(4)} <= set(pairs)
    assert (0, 5) not in pairs
    assert {(3, 4), (3, 5)} <= set(pairs)
    assert pairs == sorted(set(pairs))


def test_pictures_without_features_do_not_hinder():
    nothing = np.zeros((0, 128), np.float32)
    assert pairs_to_match([nothing] * 4, 8, 10) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    assert pairs_to_match([], 8, 10) == []


def test_only_points_of_three_frames_tie_frames_together():
    seen = np.zeros((7, 60), dtype=bool)
    seen[:3, :20] = True  # three frames, 20 points
    seen[3:7, 20:40] = True  # four frames, 20 points
    seen[2:4, 40:] = True  # a bridge of two: it carries no scale
    shared = shared_points(seen)
    assert shared[2, 3] == 0
    assert shared[0, 0] == shared[0, 2] == 20
    np.testing.assert_array_equal(largest_group(shared, 15), [False] * 3 + [True] * 4)
    assert not largest_group(shared, 21).any()
    assert not largest_group(np.zeros((0, 0), int), 1).any()


def test_a_pair_whose_pictures_contradict_the_model_ties_nothing():
    shared = np.full((3, 3), 50)
    rotations = np.stack([Rotation.from_euler("y", angle, degrees=True).as_matrix() for angle in (0, 20, 40)])
    rotations[2] = np.nan
    told = {(0, 1): rotations[1].T @ rotations[0], (1, 2): np.eye(3)}
    np.testing.assert_array_equal(agreeing_links(shared, rotations, told), [[50, 50, 0], [50, 50, 0], [0, 0, 50]])
    told[0, 1] = Rotation.from_euler("y", 20, degrees=True).as_matrix()  # the other way round
    assert agreeing_links(shared, rotations, told)[0, 1] == 0


def test_a_neighbour_is_worth_most_where_rays_meet_at_a_good_angle():
    points = np.random.default_rng(1).normal([0, 0, 3], 0.2, (50, 3))
    centers = np.array([[0, 0, 0], [0.03, 0, 0], [0.42, 0, 0], [2.5, 0, 0], [0.4, 0, 0]])
    seen = np.ones((5, 50), dtype=bool)
    seen[4] = False
    worth = view_worth(centers, points, seen)
    np.testing.assert_array_equal(worth, worth.T)
    assert np.argmax(worth[0]) == 2
    assert worth[0, 4] == worth[0, 0] == 0
