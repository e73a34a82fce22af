"""Reading colour and depth images of a frame, with every fault of a file turned into an error that names it.

What does not belong here: which files make a frame (`sources/`), drawing (`engine/rendering`), and writing images.
Images are read as stored: an EXIF orientation is ignored, because intrinsics hold for the stored pixels.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from openspatial_assets.engine.geometry.cameras import Camera
from resources.stored_images import Stored, read_stored
from resources.stored_images.plain import MAX_PIXELS, ImageError

NO_DEPTH_U16 = 65535
"""The largest 16-bit value: some sensors' files (7-Scenes) write it, instead of 0, where there is no depth."""

FORMATS = ("JPEG", "PNG", "TIFF")
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"


def read_bytes(path: str) -> bytes:
    """An encoded image, given as a path, fsspec URL or reference into a file (`resources/stored_images`).

    Raises:
        ImageError: the file is missing, empty, unreadable or broken.
    """
    stored = read_stored(path)
    return stored if isinstance(stored, bytes) else encoded(stored)


def encoded(pixels: NDArray) -> bytes:
    """Pixels without loss: PNG, or TIFF of floating-point depth."""
    suffix = ".tiff" if pixels.dtype.kind == "f" else ".png"
    image = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    return cv2.imencode(suffix, image)[1].tobytes()


def decode_color(data: Stored, path: str) -> NDArray[np.uint8]:
    """`(h, w, 3)` RGB of a stored image; `path` is for the message of an `ImageError`."""
    if not isinstance(data, bytes):
        return data
    return _decode(data, path, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def decode_grey(data: Stored, path: str) -> NDArray[np.uint8]:
    """`(h, w)` grey values of a stored image; half the time of `decode_color` for a JPEG."""
    if not isinstance(data, bytes):
        return cv2.cvtColor(data, cv2.COLOR_RGB2GRAY)
    return _decode(data, path, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)


def decode_depth(data: Stored, path: str) -> NDArray:
    """`(h, w)` depth values (uint8, uint16 or float32) of a stored image, before any scale.

    Raises:
        ImageError: the image is broken, or is no single channel of one of these types.
    """
    raw = _decode(data, path, cv2.IMREAD_UNCHANGED) if isinstance(data, bytes) else data
    if raw.ndim != 2:
        raise ImageError(f"{path}: a depth image has one channel, but this has {raw.shape[2]} (is it a colour image?)")
    if raw.dtype not in (np.uint8, np.uint16, np.float32):
        raise ImageError(f"{path}: depth of type {raw.dtype} is not understood; store uint16 or float32")
    return raw


def metres(raw: NDArray, depth_scale: float) -> NDArray[np.float32]:
    """Depth in metres of stored values `(h, w)`: value / `depth_scale`; 0 where there is none.

    Zero, negative, NaN and infinite values, and `NO_DEPTH_U16` in 16-bit images, mean "none".
    """
    depth = raw.astype(np.float32)
    depth /= np.float32(depth_scale)
    if raw.dtype == np.uint16 and raw.max(initial=0) == NO_DEPTH_U16:
        depth[raw == NO_DEPTH_U16] = 0.0
    elif raw.dtype == np.float32:
        depth[~(np.isfinite(depth) & (depth > 0))] = 0.0
    return depth


def read_color(path: str) -> NDArray[np.uint8]:
    """`(h, w, 3)` uint8 RGB of a colour image, given as a path, fsspec URL or reference.

    Raises:
        ImageError: the file is missing, truncated, broken or too large.
    """
    return decode_color(read_stored(path), path)


def read_depth(frame: Mapping[str, Any]) -> NDArray[np.float32]:
    """`(h, w)` depth in metres (camera z; 0 = none) on the pixel grid of the frame's colour image.

    Args:
        frame: a row of `frames`: depth, depth_scale, width, height, intrinsics, depth_intrinsics. Where the depth image
            has its own intrinsics, each colour pixel takes the value of the nearest depth pixel on the same ray.

    Raises:
        ImageError: the frame has no depth image, or the file is missing, truncated, broken, of another size than the
            colour image though it shares its intrinsics, or of a type that cannot be depth.
    """
    path = frame["depth"]
    if path is None:
        raise ImageError(f"frame {frame.get('frame_id')}: has no depth image; choose visibility=none for such a scene")
    depth = metres(decode_depth(read_stored(path), path), frame["depth_scale"])
    size = (frame["height"], frame["width"])
    if frame["depth_intrinsics"] is None:
        if depth.shape != size:
            raise ImageError(
                f"{path}: is {depth.shape[1]}x{depth.shape[0]} pixels, but the frame is {size[1]}x{size[0]}"
            )
        return depth
    return resample_depth(depth, size, tuple(frame["intrinsics"]), tuple(frame["depth_intrinsics"]))


def resample_depth(
    depth: NDArray[np.float32],
    size: tuple[int, int],
    intrinsics: tuple[float, ...],
    depth_intrinsics: tuple[float, ...],
) -> NDArray[np.float32]:
    """Depth `size` = (h, w) on the colour grid, from `depth` on its own grid; 0 outside of the depth image.

    Both cameras share centre and axes, so a colour pixel and the depth pixel on its ray differ by an affine map of u
    and one of v; the nearest depth pixel is taken, because a mean over an edge is the depth of nothing.
    """
    rows, row_ok = _nearest(size[0], depth.shape[0], *intrinsics[1::2], *depth_intrinsics[1::2])
    columns, column_ok = _nearest(size[1], depth.shape[1], *intrinsics[0::2], *depth_intrinsics[0::2])
    seen = depth.take(columns, axis=1)
    seen[:, ~column_ok] = 0.0
    resampled = seen.take(rows, axis=0)
    resampled[~row_ok] = 0.0
    return resampled


def camera_of(frame: Mapping[str, Any]) -> Camera:
    """The camera of a row of `frames`: width, height, intrinsics, world_from_camera."""
    return Camera(
        frame["width"],
        frame["height"],
        np.asarray(frame["intrinsics"], dtype=np.float64),
        np.asarray(frame["world_from_camera"], dtype=np.float64).reshape(4, 4),
    )


@lru_cache(maxsize=64)
def _nearest(
    length: int, depth_length: int, focal: float, center: float, depth_focal: float, depth_center: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each of `length` colour rows (or columns) the nearest depth row, and whether that lies inside the image."""
    position = np.rint((np.arange(length) - center) / focal * depth_focal + depth_center).astype(np.intp)
    inside = (position >= 0) & (position < depth_length)
    return np.clip(position, 0, depth_length - 1), inside


def _decode(data: bytes, path: str, flags: int) -> NDArray:
    """The decoded image, once its header promises a size that can be held and its end is there."""
    try:
        header = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{path}: has more than {MAX_PIXELS} pixels ({error})") from None
    except (OSError, SyntaxError, ValueError):
        raise ImageError(f"{path}: is no readable JPEG, PNG or TIFF image (truncated or broken)") from None
    width, height = header.size
    if width * height > MAX_PIXELS:
        raise ImageError(f"{path}: has {width}x{height} pixels, more than {MAX_PIXELS} in total")
    # libjpeg fills what is missing with grey and only warns, and some builds of OpenCV pass that on as an image.
    if header.format in ("JPEG", "MPO") and data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN):
        raise ImageError(f"{path}: the JPEG image is truncated (its end is missing)")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f"{path}: cannot be decoded ({error.err})") from None
    if image is None:
        raise ImageError(f"{path}: the {header.format} image is truncated or broken")
    return image
