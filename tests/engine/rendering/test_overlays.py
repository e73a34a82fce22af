"""Wireframes lie where an independent projection says, and nothing breaks where boxes pass the camera."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.rendering.encoding import PREVIEW_BYTES, inline_picture, jpeg, jpeg_within
from openspatial_assets.engine.rendering.overlays import contact_sheet, draw_wireframes, legend
from openspatial_assets.engine.rendering.plots import scene_from_above

GREY = np.full((480, 640, 3), 110, np.uint8)
# At (0, 0, 1), looking along world +Y: right = +X, down = -Z.
CAMERA = Camera(
    640,
    480,
    np.array([500.0, 500.0, 320.0, 240.0]),
    np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 1], [0, 0, 0, 1]]),
)
RED = (230, 25, 45)


def boxes(*rows: tuple[float, ...]) -> Boxes:
    array = np.array(rows)
    return Boxes.from_rpy(array[:, :3], array[:, 3:6], array[:, 6:])


def reddish(picture: np.ndarray) -> np.ndarray:
    return (np.abs(picture.astype(int) - RED) < 40).all(-1)


def test_wireframe_edges_pass_through_the_projected_corners():
    picture = draw_wireframes(GREY, CAMERA, boxes((0, 4, 1, 1, 2, 1, 0, 0, 0)), [RED], [""])
    for x in (-0.5, 0.5):
        for depth in (3.0, 5.0):
            for z in (0.5, 1.5):
                u, v = round(320 + 500 * x / depth), round(240 - 500 * (z - 1) / depth)
                assert reddish(picture)[v - 2 : v + 3, u - 2 : u + 3].any()
    assert not reddish(picture)[:140].any()
    assert not reddish(picture)[242:250, 325:340].any()


def test_boxes_around_and_behind_the_camera_are_cut_not_mirrored():
    around = draw_wireframes(GREY, CAMERA, boxes((0, 0, 1, 2, 8, 1.6, 0, 0, 0.3)), [RED], ["room"])
    assert reddish(around).any()
    behind = draw_wireframes(GREY, CAMERA, boxes((0, -4, 1, 1, 1, 1, 0, 0, 0)), [RED], ["behind"])
    assert np.array_equal(behind, GREY)


def test_labels_of_many_boxes_stay_inside_and_legend_keeps_the_width():
    rows = [(0.3 * i - 2, 3, 2.2, 0.2, 0.2, 0.2, 0, 0, 0) for i in range(14)]
    picture = draw_wireframes(GREY, CAMERA, boxes(*rows), [RED] * 14, ["a very long name of an object indeed"] * 14)
    assert picture.shape == GREY.shape
    with_legend = legend(picture, [("occluded", RED)] * 9, "frame 000001")
    assert with_legend.shape[1] == 640
    assert np.array_equal(with_legend[:480], picture)


def test_scene_from_above_has_y_up_and_true_proportions():
    picture = scene_from_above(
        boxes((1, 1, 0.5, 2, 1, 1, 0, 0, 0), (1, 6, 0.5, 0.5, 0.5, 1, 0, 0, 0)),
        ["", ""],
        [RED, (25, 95, 255)],
        np.zeros((0, 4, 4)),
    )
    rows, columns = np.nonzero(reddish(picture))
    width, height = np.ptp(columns), np.ptp(rows)
    assert width / height == pytest.approx(2, rel=0.06)
    blue = (np.abs(picture.astype(int) - (25, 95, 255)) < 60).all(-1)
    assert np.nonzero(blue)[0].max() < rows.min(), "the box with the larger y must be drawn higher up"


def test_scene_from_above_shows_a_lone_camera_and_an_empty_scene():
    empty = scene_from_above(boxes((0, 0, 0, 1, 1, 1, 0, 0, 0))[:0], [], [], CAMERA.world_from_camera[None])
    assert (empty < 200).any()
    assert scene_from_above(boxes((0, 0, 0, 1, 1, 1, 0, 0, 0))[:0], [], [], np.zeros((0, 4, 4))).ndim == 3


def test_contact_sheet_holds_every_picture_in_its_place():
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    sheet = contact_sheet([np.full((30, 60, 3), c, np.uint8) for c in colors], ["one", "two" * 60, ""], 2, 120)
    found = [np.argwhere((sheet == color).all(-1)) for color in colors]
    assert [len(places) for places in found] == [120 * 60] * 3
    first, second, third = (places.min(0) for places in found)
    assert first[0] == second[0] < third[0]
    assert first[1] == third[1] < second[1]


def test_jpeg_within_keeps_its_limit_even_for_noise_and_is_repeatable():
    noise = np.random.default_rng(0).integers(0, 256, (720, 960, 3), dtype=np.uint8)
    data = jpeg_within(noise)
    assert 0.3 * PREVIEW_BYTES < len(data) <= PREVIEW_BYTES
    assert data == jpeg_within(noise)
    assert inline_picture(data, "noise").startswith("![noise](data:image/jpeg;base64,/9j/")
    with pytest.raises(ValueError, match="uint8"):
        jpeg(noise[..., 0])
