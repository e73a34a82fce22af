"""Distractors are apart in the image and in the world, and one is on the same object wherever one fits."""

from itertools import combinations

import numpy as np
import pytest

from openspatial_assets.engine.correspondence.distractors import Decoys, least_gap_px
from openspatial_assets.engine.correspondence.seen_view import SeenView
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.geometry.cameras import Camera


def camera(width=640, height=480) -> Camera:
    return Camera(width, height, np.array([500.0, 500.0, 319.5, 239.5]), np.eye(4))


def decoys(points, objects) -> Decoys:
    """Points of a view of 640 x 480 pixels."""
    points = np.array(points, float)
    pixels = np.round(camera().pixels(points)).astype(int)
    return Decoys(pixels, points[:, 2], points, np.array(objects), least_gap_px(camera()))


def beside(known: Decoys, name="mug", point=(0.0, 0.0, 2.0), seed=0, unit=1.0):
    point = np.array([point])
    return known.beside(name, camera().pixels(point)[0], point, unit, np.random.default_rng(seed))


def test_points_are_apart_by_40_pixels_or_5_percent_of_the_diagonal():
    assert least_gap_px(camera()) == 40.0
    assert least_gap_px(camera(1600, 1200)) == 100.0


ROW = [(0.2 * step, 0.0, 2.0) for step in range(1, 6)]


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (ROW[:3], True),
        (ROW[:2], False),
        ([(0.161, 0, 2.0), *ROW[1:3]], True),  # 40 pixels from the match
        ([(0.158, 0, 2.0), *ROW[1:3]], False),
        ([(0.0, 0.4, 2.0), (0.161, 0.4, 2.0), (0.322, 0.4, 2.0)], True),
        ([(0.0, 0.4, 2.0), (0.158, 0.4, 2.0), (0.317, 0.4, 2.0)], False),
        # half a metre away 40 pixels are 4 cm, so that 15 cm count
        ([(0.151, 0, 0.5), (0.302, 0, 0.5), (0, 0.151, 0.5)], True),
        ([(0.149, 0, 0.5), (0.302, 0, 0.5), (0, 0.151, 0.5)], False),
    ],
)
def test_margins_in_the_image_and_in_the_world(points, found):
    match = (0.0, 0.0, points[0][2])
    assert (beside(decoys(points, ["book"] * len(points)), point=match) is not None) == found


def test_margins_grow_with_the_unit_of_length():
    known = decoys(ROW[:3], ["book"] * 3)
    assert beside(known, unit=1.3) is not None
    assert beside(known, unit=1.4) is None  # 0.21 apart


def test_another_point_of_the_object_comes_first_and_points_of_no_object_last():
    known = decoys([*ROW, (0.0, 0.4, 2.0), (0.0, -0.4, 2.0)], ["", "", "book", "book", "desk", "mug", "mug"])
    on_same = set()
    for seed in range(30):
        chosen = known.objects[beside(known, seed=seed)].tolist()
        on_same.add(chosen.count("mug"))
        assert "" not in chosen
    assert on_same == {1, 2}
    few = decoys([*ROW], ["", "", "", "", "desk"])
    for seed in range(5):
        assert sorted(few.objects[beside(few, seed=seed)].tolist()) == ["", "", "desk"]


def test_decoys_lie_on_objects_and_off_them():
    mask = np.zeros((480, 640), np.bool_)
    mask[100:300, 100:300] = True
    view = SeenView.of(camera(), np.full((480, 640), 2.0, np.float32), [("box", mask)])
    settings = MatchSettings(decoys_per_object=9, decoys_on_background=40)
    known = Decoys.of(view, settings, np.random.default_rng(0))
    on_box = known.objects == "box"
    assert on_box.sum() == 9
    assert 10 < (known.objects == "").sum() <= 40
    assert mask[known.pixels[on_box, 1], known.pixels[on_box, 0]].all()
    assert not mask[known.pixels[~on_box, 1], known.pixels[~on_box, 0]].any()
    assert known.points[:, 2] == pytest.approx(2.0)
    for seed in range(10):
        places = known.beside(
            "box", np.array([200.0, 200.0]), np.array([[-0.478, -0.158, 2.0]]), 1.0, np.random.default_rng(seed)
        )
        shown = np.vstack([[200.0, 200.0], known.pixels[places]])
        assert all(np.linalg.norm(a - b) >= 40 for a, b in combinations(shown, 2))


def test_settings_are_checked():
    with pytest.raises(ValueError, match="points_per_object=-1 is negative"):
        MatchSettings(points_per_object=-1)
