import numpy as np
import pytest

from openspatial_assets.engine.masks.partial_clouds import cropped
from openspatial_assets.engine.masks.support import heights, support_height
from tests.support import desk


def height_around(index: int, by_m: float, around: np.ndarray | None = None) -> float:
    view = desk.look()
    around = view.instance != index if around is None else around
    return support_height(view.camera, desk.with_feet_too_low(by_m)[index], view.depth, around, 0.05)


@pytest.mark.parametrize("index", [desk.MUG, desk.CRATE], ids=["a mug on a table", "a crate on the floor"])
@pytest.mark.parametrize("by_m", [0.0, 0.02, 0.04])
def test_the_support_is_found_as_high_as_the_box_reaches_into_it(index: int, by_m: float) -> None:
    assert height_around(index, by_m) == pytest.approx(by_m, abs=0.002)


@pytest.mark.parametrize("by_m", [-0.03, 0.08], ids=["below the foot", "too high to be an error of the box"])
def test_a_surface_elsewhere_is_no_support(by_m: float) -> None:
    assert height_around(desk.MUG, by_m) == 0.0


def test_a_support_that_is_not_seen_has_no_height() -> None:
    assert height_around(desk.MUG, 0.02, np.zeros((desk.HEIGHT, desk.WIDTH), bool)) == 0.0


def test_heights_are_world_z_also_in_a_crop() -> None:
    view = desk.look()
    pixels = np.indices(view.depth.shape)[::-1].transpose(1, 2, 0)
    expected = view.camera.back_project(pixels, view.depth)[..., 2]
    np.testing.assert_allclose(heights(view.camera, view.depth), expected, atol=1e-5)
    window = slice(30, 60), slice(100, 170)
    np.testing.assert_allclose(heights(cropped(view.camera, window), view.depth[window]), expected[window], atol=1e-5)
