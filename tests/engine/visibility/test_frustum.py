"""Which boxes project into a frame, against pixels counted on a far larger image."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.frustum import Views, project_boxes
from openspatial_assets.engine.visibility.ray_interval import silhouette_mask

CAMERA = Camera(160, 120, np.array([120.0, 120.0, 79.5, 59.5]), np.eye(4))
MARGIN = 400


def boxes_around(seed: int) -> Boxes:
    rng = np.random.default_rng(seed)
    return Boxes.from_rpy(
        rng.uniform([-3, -3, -2], [3, 3, 5], (60, 3)), rng.uniform(0.1, 1.2, (60, 3)), rng.uniform(-3, 3, (60, 3))
    )


def test_boxes_beside_and_behind_the_camera_have_no_place():
    boxes = Boxes.from_rpy([[0, 0, 3], [5, 0, 3], [0, -5, 3], [0, 0, -3]], np.ones((4, 3)), np.zeros((4, 3)))
    projection = project_boxes(Views.of([CAMERA]), boxes)
    assert projection.box.tolist() == [0]
    assert projection.in_frame.tolist() == [1.0]


@pytest.mark.parametrize("seed", range(3))
def test_share_in_frame_and_bounds_are_what_the_pixels_say(seed):
    boxes = boxes_around(seed)
    larger = Camera(
        CAMERA.width + 2 * MARGIN,
        CAMERA.height + 2 * MARGIN,
        CAMERA.intrinsics + np.array([0, 0, MARGIN, MARGIN]),
        np.eye(4),
    )
    projection = project_boxes(Views.of([CAMERA]), boxes)
    tested = 0
    for box, box_2d, in_frame in zip(projection.box, projection.box_2d, projection.in_frame, strict=True):
        whole = silhouette_mask(larger, boxes[box])
        inside = whole[MARGIN:-MARGIN, MARGIN:-MARGIN]
        if boxes.corners[box, :, 2].min() < 0.3 or inside.sum() < 300 or whole[0].any() or whole[:, 0].any():
            continue
        tested += 1
        v, u = np.nonzero(inside)
        assert np.abs(box_2d - [u.min(), v.min(), u.max(), v.max()]).max() <= 3.0
        assert in_frame == pytest.approx(inside.sum() / whole.sum(), abs=0.05)
    assert tested >= 5


def test_every_box_with_a_pixel_has_a_place():
    boxes = boxes_around(5)
    projected = set(project_boxes(Views.of([CAMERA]), boxes).box.tolist())
    assert projected >= {index for index in range(len(boxes)) if silhouette_mask(CAMERA, boxes[index]).any()}


def test_frames_together_give_what_they_give_alone():
    moved = np.eye(4)
    moved[:3, 3] = [0.5, -0.2, 0.3]
    cameras = [CAMERA, Camera(100, 100, np.array([90.0, 90.0, 49.5, 49.5]), moved)]
    boxes = boxes_around(6)
    together = project_boxes(Views.of(cameras), boxes)
    for number, camera in enumerate(cameras):
        alone, here = project_boxes(Views.of([camera]), boxes), together.frame == number
        assert np.array_equal(alone.box, together.box[here])
        assert np.array_equal(alone.box_2d, together.box_2d[here])
        assert np.array_equal(alone.in_frame, together.in_frame[here])
