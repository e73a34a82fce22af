"""The container `.sens` of ScanNet: its header, and where in the file each frame's images are.

Little endian: u32 version; u64 length and the sensor's name; 4x4 f32 intrinsics and extrinsics of the colour camera,
then of the depth camera; i32 compression of colour, of depth; u32 width and height of colour, of depth; f32 depth
shift; u64 number of frames. Each frame: 4x4 f32 camera to world; u64 times of colour and depth; u64 sizes of both
images; the images.

What does not belong here: decoding the images (`resources/stored_images/kinds/blob.py`), and which frames are taken.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resources.stored_images.plain import MAX_ENCODED_BYTES, MAX_PIXELS

VERSION = 4

MAX_NAME_BYTES = 1 << 16
"""A sensor's name has some dozen characters."""

MAX_FRAMES = 200_000
"""Nearly two hours at 30 frames a second; the longest scan has some 10,000 frames."""

COLOR_CODINGS = {-1: "unknown", 0: "raw", 1: "png", 2: "jpeg"}
DEPTH_CODINGS = {-1: "unknown", 0: "raw", 1: "zlib", 2: "occi"}
READABLE_COLOR = ("png", "jpeg")
READABLE_DEPTH = ("raw", "zlib")

IDENTITY_TOLERANCE = 1e-6

_HEADER = np.dtype(
    [(f"{camera}_{part}", "<f4", (4, 4)) for camera in ("color", "depth") for part in ("intrinsics", "extrinsics")]
    + [("color_coding", "<i4"), ("depth_coding", "<i4")]
    + [(f"{camera}_{side}", "<u4") for camera in ("color", "depth") for side in ("width", "height")]
    + [("depth_shift", "<f4"), ("frames", "<u8")]
)
_FRAME = np.dtype(
    [("scan_from_camera", "<f4", (4, 4))]
    + [(name, "<u8") for name in ("color_time", "depth_time", "color_bytes", "depth_bytes")]
)
_SIZES = struct.Struct("<QQ")
_SIZES_AT = _FRAME.fields["color_bytes"][1]


class SensError(ValueError):
    """A file that cannot be used; the message says what is wrong, without the file's name."""


@dataclass(frozen=True)
class SensFile:
    """The frames of a container.

    Attributes:
        color_intrinsics, depth_intrinsics: `(4, 4)` pixels.
        one_place: whether the header sets the colour camera where the depth camera is.
        depth_size: width and height.
        depth_coding: `raw` or `zlib`.
        depth_scale: stored depth / depth_scale = metres.
        frames: how many there are, as the header says.
        scan_from_camera: `(n, 4, 4)` of the first n frames, which are whole; NaN or infinite where tracking was lost.
        offsets: `(n, 2)` bytes: where the colour image begins, and the depth image.
        sizes: `(n, 2)` bytes of both; 0 for none.
        fault: why the other frames cannot be used; empty where n is `frames`.
    """

    color_intrinsics: NDArray[np.float64]
    depth_intrinsics: NDArray[np.float64]
    one_place: bool
    depth_size: tuple[int, int]
    depth_coding: str
    depth_scale: float
    frames: int
    scan_from_camera: NDArray[np.float64]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    fault: str


def read_sens(path: Path) -> SensFile:
    """What a container holds; images are passed over.

    Raises:
        SensError: the file cannot be read, is no container of this form, or its images are stored in a way that is not
            supported.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            header, start = _header(file.fileno())
            records, offsets, fault = _walk(file.fileno(), size, start, int(header["frames"]))
    except FileNotFoundError:
        raise SensError("the file is missing") from None
    except OSError as error:
        raise SensError(f"cannot be read ({error.strerror})") from error
    colors = np.array(offsets, np.int64).reshape(-1)
    sizes = np.stack([records["color_bytes"], records["depth_bytes"]], axis=-1).astype(np.int64)
    return SensFile(
        color_intrinsics=header["color_intrinsics"].astype(np.float64),
        depth_intrinsics=header["depth_intrinsics"].astype(np.float64),
        one_place=all(
            np.allclose(header[f"{camera}_extrinsics"], np.eye(4), rtol=0, atol=IDENTITY_TOLERANCE)
            for camera in ("color", "depth")
        ),
        depth_size=(int(header["depth_width"]), int(header["depth_height"])),
        depth_coding=DEPTH_CODINGS[int(header["depth_coding"])],
        depth_scale=float(header["depth_shift"]),
        frames=int(header["frames"]),
        scan_from_camera=records["scan_from_camera"].astype(np.float64),
        offsets=np.stack([colors, colors + sizes[:, 0]], axis=-1),
        sizes=sizes,
        fault=fault,
    )


def _header(file: int) -> tuple[np.void, int]:
    """The header's fields, checked, and the byte at which the first frame begins."""
    version, name_bytes = struct.unpack("<IQ", _exactly(file, 12, 0))
    if version != VERSION:
        raise SensError(f"is of version {version}, or no .sens file; version {VERSION} is read")
    if name_bytes > MAX_NAME_BYTES:
        raise SensError(f"its header is broken (a sensor name of {name_bytes} bytes); download it again")
    at = 12 + name_bytes
    header = np.frombuffer(_exactly(file, _HEADER.itemsize, at), _HEADER)[0]
    for camera, codings, readable in (
        ("color", COLOR_CODINGS, READABLE_COLOR),
        ("depth", DEPTH_CODINGS, READABLE_DEPTH),
    ):
        number = int(header[f"{camera}_coding"])
        if codings.get(number) not in readable:
            raise SensError(
                f"{camera} compression {number} ({codings.get(number, 'unknown')}) is not supported; "
                f"{' and '.join(readable)} are; export the frames with ScanNet's own reader"
            )
        width, height = int(header[f"{camera}_width"]), int(header[f"{camera}_height"])
        if not 0 < width * height <= MAX_PIXELS:
            raise SensError(f"its header is broken ({camera} images of {width}x{height} pixels); download it again")
    if not (np.isfinite(header["depth_shift"]) and header["depth_shift"] > 0):
        raise SensError(f"its header is broken (depth shift {header['depth_shift']:g}); download it again")
    if not 0 < int(header["frames"]) <= MAX_FRAMES:
        raise SensError(f"its header is broken or it is empty ({header['frames']} frames); download it again")
    return header, at + _HEADER.itemsize


def _walk(file: int, size: int, start: int, frames: int) -> tuple[NDArray, list[int], str]:
    """Records `(n,)` of the frames that are whole, where their images begin, and why there are no more."""
    records, offsets, at, fault = bytearray(), [], start, ""
    for number in range(frames):
        record = os.pread(file, _FRAME.itemsize, at)
        image = at + _FRAME.itemsize
        if len(record) < _FRAME.itemsize:
            fault = f"is truncated: it ends before frame {number} of {frames}; download it again"
            break
        color_bytes, depth_bytes = _SIZES.unpack_from(record, _SIZES_AT)
        if max(color_bytes, depth_bytes) > MAX_ENCODED_BYTES:
            largest = max(color_bytes, depth_bytes)
            fault = f"is broken: frame {number} of {frames} has an image of {largest} bytes; download it again"
            break
        at = image + color_bytes + depth_bytes
        if at > size:
            fault = f"is truncated: it ends within frame {number} of {frames}; download it again"
            break
        records += record
        offsets.append(image)
    return np.frombuffer(records, _FRAME), offsets, fault


def _exactly(file: int, count: int, at: int) -> bytes:
    data = os.pread(file, count, at)
    if len(data) < count:
        raise SensError("is truncated: it ends within its header; download it again")
    return data
