"""Bars are as long as what they count, in the colour of its kind."""

import numpy as np

from openspatial_assets.engine.rendering.bars import stacked_bars

KINDS = [("one", (255, 0, 0)), ("two", (0, 0, 255))]


def pixels_of(picture: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """`(h,)` how many pixels of each row have the colour, legend left out."""
    return (picture[:-30] == color).all(-1).sum(axis=1)


def test_lengths_are_in_proportion():
    picture = stacked_bars(["short", "long"], [[10, 30], [40, 40]], KINDS)
    red, blue = (pixels_of(picture, color) for _, color in KINDS)
    assert len(set(red[red > 0].tolist())) == 2
    assert abs(red.max() - 4 * red[red > 0].min()) <= 4
    assert abs(blue[blue > 0].min() - 3 * red[red > 0].min()) <= 4


def test_nothing_and_long_names_are_drawn():
    assert stacked_bars([], [], KINDS).ndim == 3
    empty = stacked_bars(["none"], [[0, 0]], KINDS)
    assert not pixels_of(empty, KINDS[0][1]).any()
    assert stacked_bars(["x" * 500], [[1, 0]], KINDS).shape[1] == empty.shape[1]
