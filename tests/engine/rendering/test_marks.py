"""Marks must be in their colour, in their place, whole, and apart from each other."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.rendering.marks import FILL_SHARE, DrawnMark, draw_marks
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.text import chip_size, find_room

GREY = np.full((480, 640, 3), 110, np.uint8)


def rectangle(top: int, bottom: int, left: int, right: int, shape: tuple[int, int] = (480, 640)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def has_color(picture: np.ndarray, color: str) -> np.ndarray:
    """Where the picture shows a palette colour at full strength."""
    return (np.abs(picture.astype(int) - PALETTE[color]) <= 2).all(-1)


def test_mask_is_tinted_inside_outlined_at_its_edge_and_nothing_else_changes():
    mask = rectangle(100, 300, 200, 500)
    picture = draw_marks(GREY, [DrawnMark("mask", "blue", "a")], {"a": mask})
    inner = picture[150:250, 250:450].reshape(-1, 3)
    expected = (1 - FILL_SHARE) * 110 + FILL_SHARE * np.array(PALETTE["blue"])
    assert np.abs(inner - expected).max() <= 1
    line = has_color(picture, "blue")
    assert line[200, 198:203].any()
    assert line[98:103, 350].any()
    assert np.array_equal(picture[:90], GREY[:90])
    assert (GREY == 110).all(), "the given picture was drawn into"


def test_overlapping_masks_both_show_their_colour_in_the_overlap_and_their_whole_outline():
    outer, inner = rectangle(50, 400, 50, 600), rectangle(150, 250, 200, 400)
    for marks in ([("red", "a"), ("yellow", "b")], [("red", "b"), ("yellow", "a")]):
        picture = draw_marks(GREY, [DrawnMark("mask", c, o) for c, o in marks], {"a": outer, "b": inner})
        overlap = picture[170:230, 220:380].reshape(-1, 3)
        for color, name in marks:
            tint = (1 - FILL_SHARE) * 110 + FILL_SHARE * np.array(PALETTE[color])
            assert (np.abs(overlap - tint) <= 1).all(-1).mean() > 0.35
            mask = {"a": outer, "b": inner}[name]
            rows, columns = np.nonzero(mask)
            assert (
                has_color(picture, color)[rows.min() - 2 : rows.min() + 3].any(0)[columns.min() : columns.max()].all()
            )


def test_specks_and_holes_of_a_noisy_mask_get_no_contour_but_a_tiny_mask_does():
    noisy = rectangle(100, 300, 100, 400)
    noisy[150:154, 200:204] = False
    noisy[400:403, 500:503] = True
    picture = draw_marks(GREY, [DrawnMark("mask", "green", "a")], {"a": noisy})
    assert not has_color(picture, "green")[140:165, 190:215].any()
    assert not has_color(picture, "green")[390:420, 490:520].any()
    tiny = draw_marks(GREY, [DrawnMark("mask", "green", "a")], {"a": rectangle(200, 206, 300, 307)})
    assert has_color(tiny, "green").any()
    assert np.array_equal(draw_marks(GREY, [DrawnMark("mask", "green", "a")], {"a": np.zeros((480, 640), bool)}), GREY)


def test_boxes_that_coincide_all_stay_visible():
    box = (100.0, 100.0, 300.0, 260.0)
    marks = [DrawnMark("box", color, box_2d=box) for color in ("red", "cyan", "purple")]
    picture = draw_marks(GREY, marks, {})
    for color in ("red", "cyan", "purple"):
        assert has_color(picture, color).sum() > 1.5 * 2 * (200 + 160)


@pytest.mark.parametrize("size", [(480, 640), (968, 1296), (240, 320)])
def test_box_of_the_whole_picture_shows_all_four_lines_in_full(size: tuple[int, int]):
    image = np.full((*size, 3), 110, np.uint8)
    line = has_color(draw_marks(image, [DrawnMark("box", "red", box_2d=(0, 0, size[1], size[0]))], {}), "red")
    middle = [line[:, size[1] // 2], line[size[0] // 2]]
    width = 5 * size[0] / 480
    for profile in middle:
        first, second = profile[: len(profile) // 2].sum(), profile[len(profile) // 2 :].sum()
        assert abs(first - width) <= 1.5
        assert abs(second - width) <= 1.5


def test_point_lies_where_it_should_and_its_label_inside_the_picture_off_every_dot():
    corners = [(0.0, 0.0), (639.0, 0.0), (0.0, 479.0), (639.0, 479.0), (320.0, 240.0)]
    colors = list(PALETTE)[:5]
    marks = [DrawnMark("point", c, point=p, label=str(i)) for i, (c, p) in enumerate(zip(colors, corners, strict=True))]
    picture = draw_marks(GREY, marks, {})
    width, height = chip_size("0", 19)
    for mark in marks:
        u, v = mark.point
        shown = has_color(picture, mark.color)
        assert shown[int(v), int(u)]
        dot = shown[max(int(v) - 6, 0) : int(v) + 7, max(int(u) - 6, 0) : int(u) + 7].sum()
        assert shown.sum() - dot > 0.4 * width * height, "its label's plate is not whole"


def test_five_points_on_one_object_keep_their_dots_and_labels_apart():
    points = [(300.0 + 16 * i, 240.0 + 5 * (i % 2)) for i in range(5)]
    marks = [
        DrawnMark("point", c, point=p, label="ABCDE"[i])
        for i, (c, p) in enumerate(zip(list(PALETTE)[:5], points, strict=True))
    ]
    picture = draw_marks(GREY, marks, {})
    for mark in marks:
        u, v = map(int, mark.point)
        assert has_color(picture, mark.color)[v - 3 : v + 4, u - 3 : u + 4].mean() > 0.8


@given(
    st.lists(st.tuples(st.integers(-500, 900), st.integers(-500, 900)), min_size=1, max_size=8),
    st.integers(1, 200),
    st.integers(1, 60),
    st.lists(st.tuples(*[st.integers(0, 640)] * 4), max_size=4),
)
def test_find_room_never_leaves_the_picture(candidates, width, height, taken):
    left, top = find_room(candidates, width, height, (640, 480), taken)
    assert 0 <= left <= 640 - width
    assert 0 <= top <= 480 - height


def test_find_room_takes_the_first_free_candidate():
    assert find_room([(10, 10), (100, 10), (200, 10)], 50, 20, (640, 480), [(0, 0, 70, 70)]) == (100, 10)


def test_same_marks_give_the_same_bytes_and_scale_with_the_picture():
    marks = [
        DrawnMark("mask", "red", "a"),
        DrawnMark("box", "blue", box_2d=(20, 30, 200, 300), label="chair"),
        DrawnMark("point", "green", point=(400.4, 200.6), label="B"),
    ]
    mask = rectangle(100, 200, 300, 600)
    first, second = (draw_marks(GREY, marks, {"a": mask}) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        (DrawnMark("mask", "teal", "a"), "colour 'teal'"),
        (DrawnMark("arrow", "red", "a"), "kind 'arrow'"),
        (DrawnMark("box", "red", "a"), "needs its box_2d"),
        (DrawnMark("point", "red", "a"), "needs its point"),
        (DrawnMark("mask", "red", "b"), "no mask"),
    ],
)
def test_broken_mark_is_named(mark: DrawnMark, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        draw_marks(GREY, [mark], {"a": np.zeros((480, 640), bool)})
