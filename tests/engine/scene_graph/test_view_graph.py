"""Which frames make a pair: held against all pairs of small random scenes, measured with SciPy."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.scene_graph.view_graph import choose_pairs, sharp_frames

SETTINGS = ViewSettings()


def poses_of(turns: Rotation, centers) -> np.ndarray:
    poses = np.tile(np.eye(4), (len(turns), 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = turns.as_matrix(), centers
    return poses


def walk(rng: np.random.Generator, count: int) -> np.ndarray:
    """A random walk whose steps are about as large as the least difference of two views."""
    turns = [Rotation.identity()]
    for step in rng.normal(scale=0.2, size=(count - 1, 3)):
        turns.append(turns[-1] * Rotation.from_rotvec(step))
    return poses_of(Rotation.concatenate(turns), rng.normal(scale=0.15, size=(count, 3)).cumsum(axis=0))


def difference(poses: np.ndarray, unit: float = 1.0) -> np.ndarray:
    """`(f, f)` 1 or more where two views differ enough."""
    turns = Rotation.from_matrix(poses[:, :3, :3])
    angle = np.array([(one.inv() * turns).magnitude() for one in turns])
    distance = np.linalg.norm(poses[:, None, :3, 3] - poses[None, :, :3, 3], axis=-1)
    return np.maximum(angle / np.radians(15.0), distance / (0.3 * unit))


def linked(pairs, count: int) -> np.ndarray:
    table = np.zeros((count, count), np.bool_)
    table[pairs.first, pairs.second] = True
    return table | table.T


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    most=st.integers(0, 9),
    num_objects=st.integers(0, 6),
    unit=st.sampled_from([1.0, 2.5]),
)
def test_pairs_hold_what_they_promise_and_no_further_one_could(seed, count, most, num_objects, unit):
    rng = np.random.default_rng(seed)
    poses, sees, usable = walk(rng, count), rng.random((count, num_objects)) < 0.3, rng.random(count) < 0.8
    pairs = choose_pairs(poses, sees, usable, replace(SETTINGS, max_pairs_per_frame=most), unit)
    table, differs = linked(pairs, count), difference(poses, unit) >= 1.0
    shared = sees.astype(int) @ sees.T.astype(int)
    possible = differs & (shared >= 1) & usable & usable[:, None]
    partners = [np.flatnonzero(row) for row in table]
    assert (pairs.first < pairs.second).all()
    assert (np.diff(pairs.first * count + pairs.second) > 0).all()
    assert not (table & ~possible).any()
    assert table.sum(axis=1).max() <= most
    for here in partners:
        assert differs[np.ix_(here, here)][~np.eye(len(here), dtype=bool)].all()
    for a, b in np.argwhere(possible & ~table):
        full = len(partners[a]) == most or len(partners[b]) == most
        assert full or not differs[a, partners[b]].all() or not differs[b, partners[a]].all()
    turns = Rotation.from_matrix(poses[:, :3, :3])
    np.testing.assert_allclose(pairs.angle, (turns[pairs.first].inv() * turns[pairs.second]).magnitude(), atol=1e-7)
    moved = np.linalg.norm(poses[pairs.first, :3, 3] - poses[pairs.second, :3, 3], axis=1)
    np.testing.assert_allclose(pairs.distance, moved)
    again = choose_pairs(poses, sees[:, ::-1], usable, replace(SETTINGS, max_pairs_per_frame=most), unit)
    np.testing.assert_array_equal(again.first, pairs.first)
    np.testing.assert_array_equal(again.second, pairs.second)


def two(angle_deg=0.0, distance=0.0, shared=1, unit=1.0) -> int:
    """How many pairs two frames make."""
    poses = poses_of(Rotation.from_euler("y", [[0.0], [angle_deg]], degrees=True), [(0, 0, 0), (distance, 0, 0)])
    sees = np.ones((2, 3), np.bool_)
    sees[1, shared:] = False
    return len(choose_pairs(poses, sees, np.ones(2, np.bool_), SETTINGS, unit))


@pytest.mark.parametrize(
    ("change", "pairs"),
    [
        ({}, 0),
        ({"angle_deg": 14.9}, 0),
        ({"angle_deg": 15.0}, 1),
        ({"distance": 0.29}, 0),
        ({"distance": 0.3}, 1),
        ({"distance": 0.3, "unit": 1.1}, 0),
        ({"angle_deg": 14.0, "distance": 0.28}, 0),
        ({"angle_deg": 40.0, "shared": 0}, 0),
    ],
)
def test_two_frames_differ_by_an_angle_or_a_distance_and_share_an_object(change, pairs):
    assert two(**change) == pairs


def test_partners_are_near_and_far():
    """A camera that turns by a degree a frame, and sees the same all the time."""
    turns = Rotation.from_euler("z", np.arange(360)[:, None], degrees=True)
    turning = poses_of(turns, np.zeros((360, 3)))
    table = linked(choose_pairs(turning, np.ones((360, 2)), np.ones(360, np.bool_), SETTINGS), 360)
    degrees = np.degrees([(one.inv() * turns).magnitude() for one in turns])
    everyone = [np.histogram(degrees[frame, row], [15, 30, 60, 120, 181])[0] for frame, row in enumerate(table)]
    assert np.mean([(counts > 0).all() for counts in everyone]) > 0.9
    assert np.mean([counts.sum() == 8 for counts in everyone]) > 0.9


def test_pairs_differ_in_how_much_they_share():
    rng = np.random.default_rng(0)
    poses, sees = walk(rng, 80), rng.random((80, 12)) < 0.4
    pairs = choose_pairs(poses, sees, np.ones(80, np.bool_), SETTINGS)
    shared = (sees[pairs.first] & sees[pairs.second]).sum(axis=1)
    assert np.ptp(np.percentile(shared, [10, 90])) >= 2


def test_a_static_camera_and_frames_without_objects_make_no_pairs():
    still = poses_of(Rotation.identity(5), np.zeros((5, 3)))
    everyone = np.ones(5, np.bool_)
    assert len(choose_pairs(still, np.ones((5, 3)), everyone, SETTINGS)) == 0
    moved = poses_of(Rotation.identity(5), np.arange(15.0).reshape(5, 3))
    assert len(choose_pairs(moved, np.zeros((5, 3)), everyone, SETTINGS)) == 0
    assert len(choose_pairs(moved, np.zeros((5, 0)), everyone, SETTINGS)) == 0
    assert len(choose_pairs(moved[:1], np.ones((1, 3)), everyone[:1], SETTINGS)) == 0
    assert len(choose_pairs(moved[:0], np.ones((0, 3)), everyone[:0], SETTINGS)) == 0
    assert len(choose_pairs(moved, np.ones((5, 3)), everyone, SETTINGS)) == 10
    assert len(choose_pairs(moved, np.ones((5, 3)), [True, True, False, True, False], SETTINGS)) == 3


def test_blurred_frames_are_those_below_a_share_of_the_median():
    assert sharp_frames([4.9, 5.0, 10.0, 10.0, 30.0], 0.5).tolist() == [False, True, True, True, True]
    assert sharp_frames([np.nan, 1.0, 10.0, 10.0], 0.5).tolist() == [True, False, True, True]
    assert sharp_frames([np.nan, np.nan], 0.5).all()
    assert sharp_frames([], 0.5).shape == (0,)


def test_memory_does_not_grow_with_the_square_of_the_frames():
    """2,000 frames x 100 objects: one matrix of numbers for all pairs of frames would take 32 MB."""
    rng, count = np.random.default_rng(0), 2000
    poses, sees = walk(rng, count), rng.random((count, 100)) < 0.3
    tracemalloc.start()
    pairs = choose_pairs(poses, sees, np.ones(count, np.bool_), SETTINGS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6
    assert 7000 < len(pairs) <= 8000


@pytest.mark.parametrize(
    "wrong",
    [{"min_angle_deg": 0}, {"min_distance_m": -1}, {"min_shared_objects": 0}, {"max_pairs_per_frame": -1},
     {"min_visible_fraction": 2}, {"sharpness_ratio": 2}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ViewSettings(**wrong)
