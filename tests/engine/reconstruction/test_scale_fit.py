"""Scale and shift are found again, whatever few false points say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.reconstruction.scale_fit import MIN_POINTS, scale_and_shift


@given(
    scale=st.floats(1e-3, 1e3),
    shift_share=st.floats(-0.5, 2.0),
    offset=st.floats(-100, 100),
    seed=st.integers(0, 1000),
)
def test_it_is_found_again_with_a_quarter_of_false_points(scale, shift_share, offset, seed) -> None:
    rng = np.random.default_rng(seed)
    targets = rng.uniform(0.3, 1.5, 80)
    shift = shift_share * 0.3
    values = (targets - shift) / scale + offset / scale
    told = targets.copy()
    told[::4] = rng.uniform(0.3, 1.5, 20)
    found = scale_and_shift(values, told)
    assert found is not None
    np.testing.assert_allclose(found[0] * values + found[1], targets, rtol=0.03)


@pytest.mark.parametrize(
    ("values", "targets"),
    [
        (np.arange(MIN_POINTS - 1.0), np.arange(MIN_POINTS - 1.0) + 1),
        (np.ones(50), np.linspace(1, 2, 50)),
        (np.linspace(0, 1, 50), np.linspace(2, 1, 50)),
        (np.full(50, np.nan), np.linspace(2, 1, 50)),
    ],
    ids=["too few points", "a flat answer", "deep where the points are near", "no numbers"],
)
def test_where_none_fits_there_is_none(values, targets) -> None:
    assert scale_and_shift(values, targets) is None
