"""An object of which one side was seen grows to its sibling's size: away from the cameras, never into free space."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.lifting.clouds import NOBODY, View
from openspatial_assets.engine.lifting.completion import completed
from openspatial_assets.engine.lifting.settings import LiftingSettings

BACK = Boxes(np.array([0.0, 2.0, 0.4]), np.array([0.5, 0.05, 0.8]), np.eye(3))
CHAIR = Boxes(np.array([3.0, 2.0, 0.4]), np.array([0.45, 0.5, 0.8]), np.eye(3))
WALL_DISTANCE = 6.0


def view(y: float, facing: int, solid: Boxes) -> View:
    """A camera at world x = 0, height 0.4, looking along +y (facing 1) or -y (-1) at one box before a wall."""
    right, forward = np.array([facing, 0.0, 0.0]), np.array([0.0, facing, 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.array([0.0, 0.0, -1.0]), forward], axis=1)
    pose[:3, 3] = 0.0, y, 0.4
    camera = Camera(160, 120, np.array([120.0, 120.0, 79.5, 59.5]), pose)
    u, v = np.meshgrid(np.arange(160), np.arange(120))
    near = facing * (solid.centers[1] - y) - solid.extents[1] / 2
    across, up = (u - 79.5) / 120 * near, (v - 59.5) / 120 * near
    hit = (np.abs(across * facing - solid.centers[0]) <= solid.extents[0] / 2) & (np.abs(up) <= solid.extents[2] / 2)
    depth = np.where(hit, near, WALL_DISTANCE).astype(np.float32)
    nobody = np.full(depth.shape, NOBODY, np.int16)
    return View(camera, depth, nobody, nobody, (), np.zeros((0, 0), bool))


def both(*views: View, kinds=("chair", "chair"), example_views=(0, 1)):
    pair = Boxes(
        *(np.stack([getattr(box, name) for box in (BACK, CHAIR)]) for name in ("centers", "extents", "rotations"))
    )
    return completed(pair, kinds, [(0,), example_views], list(views), LiftingSettings())


def test_a_back_grows_to_a_chair_behind_it():
    boxes, grown = both(view(0.0, 1, BACK))
    assert grown.tolist() == [True, False]
    np.testing.assert_allclose(boxes.extents[0], [0.5, 0.45, 0.8])
    np.testing.assert_allclose(boxes.centers[0], [0.0, 2.0 - 0.025 + 0.225, 0.4], atol=1e-9)
    np.testing.assert_array_equal(boxes.extents[1], CHAIR.extents)


def test_nothing_grows_into_space_that_a_view_has_looked_through():
    _, grown = both(view(0.0, 1, BACK), view(4.0, -1, BACK))
    assert not grown.any()


@pytest.mark.parametrize(
    ("kinds", "example_views"), [(("chair", "stool"), (0, 1)), (("chair", "chair"), (0,))], ids=["kind", "one view"]
)
def test_who_is_nobodys_sibling_gives_no_size(kinds, example_views):
    _, grown = both(view(0.0, 1, BACK), kinds=kinds, example_views=example_views)
    assert not grown.any()


def test_no_boxes_are_no_problem():
    boxes, grown = completed(
        Boxes(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3, 3))), [], [], [], LiftingSettings()
    )
    assert len(boxes) == 0
    assert grown.shape == (0,)
