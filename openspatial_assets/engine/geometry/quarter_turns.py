"""Quarter turns of images, such as make pictures upright that were stored sideways.

What lives here: how many turns make the frames of a scene upright, and what a turn does to an image's size, intrinsics
and pose. What does not: turning pixels (`resources/stored_images`) and lists of frames (`resources/sources`).

Turns are counter-clockwise as one looks at the picture, and are those of `numpy.rot90`: of a width of w pixels, the
pixel (u, v) goes to (v, w - 1 - u). A pixel's centre has integer coordinates. The camera's axes turn with its picture,
so the new x axis is the old y axis, and the new y axis is the old x axis reversed; the world is not touched.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FULL_TURN = 4
"""Quarter turns that change nothing."""

TELLING_SINE = 0.5
"""Sine of the angle between the viewing direction and the vertical below which a frame has no say: when one looks
within 30 degrees of straight down, a step aside turns the picture's upper edge to any side."""

AXES_AFTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""`camera_from_turned` of one quarter turn: its columns are the turned camera's axes in those of the camera."""


def upright_quarter_turns(world_from_camera: ArrayLike) -> int:
    """How many quarter turns (0 to 3) bring most frames of a scene upright, from their poses `(n, 4, 4)`, world Z up.

    One number for the whole scene, so that all of its frames have one size. Where several are as good, it is the least;
    where no frame has a say, 0.
    """
    poses = np.asarray(world_from_camera, dtype=np.float64).reshape(-1, 4, 4)
    right, down = poses[:, 2, 0], poses[:, 2, 1]  # the vertical in camera axes: the third row of the rotation
    telling = np.hypot(right, down) >= TELLING_SINE
    # Upright, the vertical points to the picture's top, which is -y. Each turn brings what was at the right to the top.
    turns = np.rint(np.arctan2(right, -down)[telling] / (np.pi / 2)).astype(int) % FULL_TURN
    return int(np.bincount(turns, minlength=FULL_TURN).argmax())


def turned_size(size: tuple[int, int], quarter_turns: int) -> tuple[int, int]:
    """Width and height, pixels, after the turns."""
    return size[::-1] if quarter_turns % 2 else size


def turned_intrinsics(intrinsics: ArrayLike, size: tuple[int, int], quarter_turns: int) -> NDArray[np.float64]:
    """fx, fy, cx, cy `(*, 4)`, pixels, after the turns.

    Args:
        size: width and height of the image before them.
    """
    turned, (width, height) = np.array(intrinsics, dtype=np.float64), size
    for _ in range(quarter_turns % FULL_TURN):
        fx, fy, cx, cy = np.moveaxis(turned, -1, 0)
        turned = np.stack([fy, fx, cy, width - 1 - cx], axis=-1)
        width, height = height, width
    return turned


def turned_pose(world_from_camera: ArrayLike, quarter_turns: int) -> NDArray[np.float64]:
    """The poses `(*, 4, 4)` of the cameras whose axes have turned with their pictures."""
    turned = np.array(world_from_camera, dtype=np.float64)
    camera_from_turned = np.linalg.matrix_power(AXES_AFTER_TURN, quarter_turns % FULL_TURN)
    turned[..., :3, :3] = turned[..., :3, :3] @ camera_from_turned
    return turned
