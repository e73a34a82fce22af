"""An image file of a fisheye camera, read as a pinhole camera would have taken it from the same place.

Options: `width` and `height`, pixels, of the stored image and of the one that is read; `lens`, eight numbers: fx, fy,
cx, cy of the fisheye camera and k1 to k4; `pinhole`, four: fx, fy, cx, cy of the image that is read. The fisheye camera
is OpenCV's (Kannala and Brandt, "A generic camera model and calibration method for conventional, wide-angle, and
fish-eye lenses", PAMI 2006): a ray at the angle t from the axis is seen at t (1 + k1 t^2 + k2 t^4 + k3 t^6 + k4 t^8).

What does not belong here: where the numbers are from (`resources/sources/layouts`).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from resources.images import decode_color
from resources.stored_images.plain import ImageError, check_size, read_file

LENS_NUMBERS, PINHOLE_NUMBERS = 8, 4

CAMERAS_KEPT = 4
"""A scene has one camera, whose maps take 6 bytes a pixel."""


def read(path: str, options: Mapping[str, str]) -> NDArray[np.uint8]:
    """RGB `(h, w, 3)` of the pinhole camera."""
    width, height = int(options["width"]), int(options["height"])
    check_size(path, width, height)
    maps = _maps(path, width, height, options["lens"], options["pinhole"])
    image = decode_color(read_file(path), path)
    if image.shape[:2] != (height, width):
        raise ImageError(f"{path}: is {image.shape[1]}x{image.shape[0]} pixels, but its camera is for {width}x{height}")
    # The pinhole camera's outer rays may fall half a pixel outside of the outermost pixels' centres.
    return cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def pinhole_inside(width: int, height: int, lens: Sequence[float]) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy of the widest pinhole camera of the same size all of whose pixels the fisheye image shows.

    Args:
        lens: fx, fy, cx, cy, k1, k2, k3, k4 of the fisheye camera.
    """
    chosen = cv2.fisheye.estimateNewCameraMatrixForUndistortRectify(
        _matrix(lens), np.array(lens[4:], np.float64), (width, height), np.eye(3), balance=0.0
    )
    return tuple(chosen[[0, 1, 0, 1], [0, 1, 2, 2]].tolist())


def option(numbers: Sequence[float]) -> str:
    """Numbers as they stand in a reference; they are read back exactly."""
    return " ".join(f"{number!r}" for number in map(float, numbers))


@lru_cache(maxsize=CAMERAS_KEPT)
def _maps(path: str, width: int, height: int, lens: str, pinhole: str) -> tuple[NDArray, NDArray]:
    """For each pixel that is read, where the stored image has it, as `cv2.remap` takes it."""
    seen, wanted = _numbers(path, lens, LENS_NUMBERS), _numbers(path, pinhole, PINHOLE_NUMBERS)
    distortion = np.array(seen[PINHOLE_NUMBERS:])
    return cv2.fisheye.initUndistortRectifyMap(
        _matrix(seen), distortion, np.eye(3), _matrix(wanted), (width, height), cv2.CV_16SC2
    )


def _numbers(path: str, text: str, count: int) -> list[float]:
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all() or min(numbers[:2]) <= 0:
        raise ImageError(f"{path}: its camera is not {count} numbers; materialise frames again")
    return numbers


def _matrix(intrinsics: Sequence[float]) -> NDArray[np.float64]:
    fx, fy, cx, cy = intrinsics[:PINHOLE_NUMBERS]
    return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
