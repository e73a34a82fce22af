"""Keyframes of a stream: few where little moves, each where everything jumps, sharp, and never too many."""

import cv2
import numpy as np
import pytest

from openspatial_assets.engine.reconstruction.keyframes import Keyframe, choose_keyframes, thinned

SIZE = 240, 320
STEP_PX = 2


def _texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (300, 900), dtype=np.uint8)
    return cv2.cvtColor(cv2.GaussianBlur(noise, (9, 9), 2) * 3, cv2.COLOR_GRAY2RGB)


def _pan(frames: int, blurred: tuple[int, ...] = ()):
    """A camera that moves by `STEP_PX` a frame along a wall."""
    wall = _texture(0)
    for number in range(frames):
        image = np.ascontiguousarray(wall[: SIZE[0], number * STEP_PX : number * STEP_PX + SIZE[1]])
        yield number, number / 30, cv2.blur(image, (9, 9)) if number in blurred else image


def _number_of(image: np.ndarray) -> bytes:
    return image[:1, :4].tobytes()


def test_a_pan_gives_a_keyframe_after_each_share_of_motion():
    chosen = choose_keyframes(_pan(200), _number_of, motion=0.1, most=100)
    expected = 200 * STEP_PX / (0.1 * 400)
    assert len(chosen) == pytest.approx(expected, abs=2)
    assert [keyframe.timestamp for keyframe in chosen] == [keyframe.number / 30 for keyframe in chosen]
    frames = {number: _number_of(image) for number, _, image in _pan(200)}
    assert all(keyframe.image == frames[keyframe.number] for keyframe in chosen)


def test_blurred_frames_are_passed_over():
    blurred = tuple(number for number in range(200) if number % 20 not in (5, 6))
    chosen = choose_keyframes(_pan(200, blurred), _number_of, motion=0.1, most=100)
    assert sum(keyframe.number in blurred for keyframe in chosen) <= 1  # the end may hold no sharp one
    assert len(chosen) >= 8


def test_a_still_camera_gives_one_keyframe_and_a_slide_show_all():
    still = next(iter(_pan(1)))[2]
    assert len(choose_keyframes(((i, i / 30, still) for i in range(50)), _number_of, 0.03, 100)) == 1
    slides = ((i, i / 30, np.ascontiguousarray(_texture(i)[: SIZE[0], : SIZE[1]])) for i in range(12))
    assert [keyframe.number for keyframe in choose_keyframes(slides, _number_of, 0.03, 100)] == list(range(12))
    grey = np.full((*SIZE, 3), 128, np.uint8)  # without a corner nothing can be followed
    assert len(choose_keyframes(((i, i / 30, grey) for i in range(5)), _number_of, 0.03, 100)) == 5
    assert choose_keyframes(iter(()), _number_of, 0.03, 100) == []


def test_never_more_than_the_most_and_spread_over_the_whole():
    chosen = choose_keyframes(_pan(280), _number_of, motion=0.01, most=10)
    assert len(chosen) == 10
    assert chosen[0].number <= 5
    assert chosen[-1].number >= 240
    assert np.diff([keyframe.number for keyframe in chosen]).max() <= 80


def test_thinning_drops_what_moved_least_and_joins_its_motion():
    keyframes = [Keyframe(i, i, 1.0 + i, moved, b"") for i, moved in enumerate((1.0, 0.5, 0.01, 0.5, 0.4))]
    left = thinned(keyframes, 4)
    assert [keyframe.number for keyframe in left] == [0, 2, 3, 4]  # 1 and 2 are alike, and 2 is sharper
    assert left[1].moved == pytest.approx(0.51)
    assert thinned(keyframes, 1)[0].number == 0
