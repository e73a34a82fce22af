"""The reason that a set of counts gives."""

import numpy as np
import pytest

from openspatial_assets.engine.visibility.counting import PixelCounts
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.engine.visibility.verdict import REASONS, reasons, visible_fraction

CASES = {
    "whole": ((5000, 5000, 4000, 0, 0.8, 1.0), "ok"),
    "mostly hidden": ((5000, 5000, 400, 3000, 0.2, 1.0), "ok"),
    "a sliver is left": ((5000, 5000, 160, 4500, 0.1, 1.0), "occluded"),
    "few pixels, the rest hidden": ((1000, 1000, 100, 800, 0.1, 1.0), "occluded"),
    "few pixels, the rest outside": ((130, 130, 120, 0, 0.1, 0.2), "truncated"),
    "far away": ((120, 120, 110, 0, 0.9, 1.0), "too_small"),
    "seen through": ((5000, 5000, 0, 0, 0.0, 1.0), "too_small"),
    "black to the sensor": ((5000, 0, 0, 0, 0.0, 1.0), "no_depth"),
    "grazes the border": ((0, 0, 0, 0, 0.0, 0.01), "outside"),
    "a patch of a large box": ((90000, 90000, 200, 0, 0.001, 1.0), "occluded"),
}


@pytest.mark.parametrize(("values", "expected"), CASES.values(), ids=CASES)
def test_reason(values, expected):
    *counted, in_frame = (np.array([float(value)]) for value in values)
    found = reasons(PixelCounts(*counted), in_frame, VisibilitySettings())[0]
    assert found == expected
    assert found in REASONS


def test_a_share_in_frame_may_be_asked_for():
    counts = PixelCounts(*(np.array([value]) for value in (5000.0, 5000.0, 4000.0, 0.0, 0.5)))
    assert reasons(counts, np.array([0.4]), VisibilitySettings(min_in_frame=0.5)).tolist() == ["truncated"]


def test_visible_fraction_of_nothing_is_zero():
    none = np.zeros(1)
    assert visible_fraction(PixelCounts(none, none, none, none, none)).tolist() == [0]
