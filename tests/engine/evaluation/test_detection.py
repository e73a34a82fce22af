"""Matching against trying all ways, average precision against its definition, and what a score says of a scene."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openspatial_assets.engine.evaluation.detection import (
    average_precision,
    detection_score,
    matched,
    mean_average_precision,
)
from openspatial_assets.engine.geometry.boxes import Boxes

seeds = st.integers(0, 2**32 - 1)


def random_overlaps(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.uniform(0, 1, rng.integers(0, 5, 2))
    return np.where(rng.uniform(size=table.shape) < 0.4, 0.0, table)


def cubes(xs) -> Boxes:
    """Unit cubes in a row at these x."""
    centers = np.array([[x, 0.0, 0.0] for x in xs]).reshape(-1, 3)
    return Boxes(centers, np.ones_like(centers), np.broadcast_to(np.eye(3), (len(centers), 3, 3)))


def all_ways(overlaps: np.ndarray, least: float) -> tuple[int, float]:
    """Most pairs, and then the largest sum, over every assignment."""
    tall = overlaps if overlaps.shape[0] >= overlaps.shape[1] else overlaps.T
    best = (0, 0.0)
    for rows in permutations(range(tall.shape[0]), tall.shape[1]):
        values = [tall[row, column] for column, row in enumerate(rows)]
        good = [value for value in values if value >= least and value > 0]
        best = max(best, (len(good), sum(good)))
    return best


def by_definition(overlaps: np.ndarray, confidences: np.ndarray, least: float) -> float:
    """Average precision as the area of rectangles under the monotone curve, box by box."""
    taken, curve = set(), []
    for rank, row in enumerate(sorted(range(len(overlaps)), key=lambda i: -confidences[i]), start=1):
        column = int(np.argmax(overlaps[row]))
        if overlaps[row, column] >= least and overlaps[row, column] > 0 and column not in taken:
            taken.add(column)
        curve.append((len(taken) / overlaps.shape[1], len(taken) / rank))
    area = previous = 0.0
    for recall in sorted({recall for recall, _ in curve}):
        area += (recall - previous) * max(precision for reached, precision in curve if reached >= recall)
        previous = recall
    return area


@settings(max_examples=150, deadline=None)
@given(seeds, st.sampled_from([0.0, 0.25, 0.5]))
def test_matches_as_many_and_as_well_as_any_way(seed, least):
    overlaps = random_overlaps(seed)
    match = matched(overlaps, least)
    hit = match >= 0
    values = overlaps[match[hit], hit]
    assert len(set(match[hit])) == hit.sum()
    assert (values >= least).all()
    assert (values > 0).all()
    assert (hit.sum(), values.sum()) == pytest.approx(all_ways(overlaps, least))


@settings(max_examples=150, deadline=None)
@given(seeds, st.sampled_from([0.25, 0.5]))
def test_average_precision_is_the_area_of_its_definition(seed, least):
    overlaps = random_overlaps(seed)
    confidences = np.random.default_rng(seed).permutation(len(overlaps)) / 5
    if not overlaps.shape[1]:
        assert np.isnan(average_precision(overlaps, confidences, least))
    else:
        expected = by_definition(overlaps, confidences, least)
        assert average_precision(overlaps, confidences, least) == pytest.approx(expected)


def test_average_precision_of_a_worked_example():
    """Right, wrong, right of three annotated: recalls 1/3 and 2/3 at precisions 1 and 2/3."""
    overlaps = np.array([[0.9, 0, 0], [0.8, 0, 0], [0, 0.6, 0]])
    assert average_precision(overlaps, [0.9, 0.8, 0.7], 0.5) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(overlaps, [0.7, 0.8, 0.9], 0.5) == pytest.approx((1 + 1) / 3)


def test_score_of_a_scene():
    annotated = cubes([0.0, 3.0, 6.0])
    found = cubes([0.1, 0.4, 3.5, 9.0])
    score = detection_score(found, annotated, [0.9, 0.8, 0.7, 0.6], 0.25)
    assert score.match.tolist() == [0, 2, -1]
    assert score.overlaps == pytest.approx([0.9 / 1.1, 0.5 / 1.5, 0.0])
    assert (score.precision, score.recall) == (2 / 4, 2 / 3)
    assert score.mean_center_error == pytest.approx((0.1 + 0.5) / 2)
    strict = detection_score(found, annotated, [0.9, 0.8, 0.7, 0.6], 0.5)
    assert strict.match.tolist() == [0, -1, -1]
    assert strict.overlaps[1] == pytest.approx(1 / 3)  # a near miss is told


def test_labels_forbid_pairs_and_make_classes():
    annotated, found = cubes([0.0, 3.0]), cubes([0.1, 3.1])
    same = np.array([[True, False], [False, False]])
    score = detection_score(found, annotated, [0.5, 0.9], 0.25, same)
    assert score.match.tolist() == [0, -1]
    assert score.average_precision == pytest.approx(0.25)
    overlaps = np.eye(2)
    assert mean_average_precision(overlaps, [0.5, 0.9], same, ["chair", "table"], 0.25) == pytest.approx(0.5)
    assert np.isnan(mean_average_precision(np.empty((2, 0)), [0.5, 0.9], np.empty((2, 0)), [], 0.25))


def test_nothing_found_and_nothing_annotated():
    nothing = detection_score(cubes([]), cubes([0.0]), [], 0.25)
    assert nothing.recall == 0
    assert np.isnan(nothing.precision)
    assert nothing.average_precision == 0
    assert np.isnan(nothing.mean_center_error)
    empty = detection_score(cubes([0.0]), cubes([]), [1.0], 0.25)
    assert empty.precision == 0
    assert np.isnan(empty.recall)
    assert np.isnan(empty.average_precision)
