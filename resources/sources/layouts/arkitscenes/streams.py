"""The streams of a capture: their images and intrinsics by time, the trajectory, and joining them.

Times are milliseconds of the capture's own clock. What does not belong here: which streams make the frames, and boxes
(beside this module).
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from resources.sources.folders import listing
from resources.sources.upright import Size

JOIN_MS = 5.0
"""Times of streams further apart than this are of different moments: the fastest stream has an image every 17 ms."""

PINCAM_OFFSETS_MS = (0, -1, 1)
"""Where intrinsics lie around the time of their image: both names are printed with three decimals, each rounded for
itself."""

TRAJECTORY_COLUMNS = 7

_TIME = re.compile(r"_(\d+(?:\.\d+)?)\.(?:png|pincam)$")

Files = dict[int, Path]
"""Millisecond -> file, in order of time."""


def files_by_time(folder: Path, suffix: str) -> Files:
    """The files `<id>_<seconds><suffix>` of a folder; none if it does not exist."""
    found = {}
    for path in listing(folder, (suffix,)):
        if match := _TIME.search(path.name):
            found[round(float(match[1]) * 1000)] = path
    return dict(sorted(found.items()))


def read_trajectory(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times `(n,)` in milliseconds, in order, and poses `world_from_camera` `(n, 4, 4)`; NaN where one is not finite.

    A line is `seconds rx ry rz tx ty tz`: axis times angle in radians, and metres, from world to camera (OpenCV axes).

    Raises:
        ValueError: the file cannot be read, or a line is broken; the message says which.
    """
    try:
        lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
        rows = np.array(lines, dtype=np.float64)
    except FileNotFoundError:
        raise ValueError("the file is missing") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    except ValueError:
        raise ValueError(f"{_broken_line(path)}; it may be truncated") from None
    if not lines:
        raise ValueError("the file is empty")
    if rows.shape[1] != TRAJECTORY_COLUMNS:
        raise ValueError(f"{_broken_line(path)}; it may be truncated")
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    finite = np.isfinite(rows).all(axis=1)
    camera_from_world = Rotation.from_rotvec(np.where(finite[:, None], rows[:, 1:4], 0.0)).as_matrix()
    world_from_camera = np.tile(np.eye(4), (len(rows), 1, 1))
    world_from_camera[:, :3, :3] = camera_from_world.transpose(0, 2, 1)
    world_from_camera[:, :3, 3] = -np.einsum("nij,ni->nj", camera_from_world, rows[:, 4:7])
    world_from_camera[~finite] = np.nan
    return rows[:, 0] * 1000, world_from_camera


def nearest(times: ArrayLike, wanted: Sequence[int]) -> NDArray[np.intp]:
    """For each of `wanted`, the index of the nearest of `times` (both in order); -1 where none is within `JOIN_MS`."""
    times, wanted = np.asarray(times, np.float64), np.asarray(wanted, np.float64)
    if not times.size:
        return np.full(wanted.shape, -1)
    after = np.searchsorted(times, wanted).clip(0, len(times) - 1)
    before = (after - 1).clip(0)
    index = np.where(wanted - times[before] < times[after] - wanted, before, after)
    return np.where(np.abs(times[index] - wanted) <= JOIN_MS, index, -1)


def read_pincam(pincams: Files, stream: str, image: Path, time: int) -> tuple[Size, tuple[float, ...]]:
    """Size and fx, fy, cx, cy, pixels, of the stream's camera at the time of an image.

    Raises:
        ValueError: the file is missing or broken; the message names it.
    """
    path = next((pincams[time + offset] for offset in PINCAM_OFFSETS_MS if time + offset in pincams), None)
    folder = f"{stream}_intrinsics"
    if path is None:
        raise ValueError(f"{folder}/{image.stem}.pincam: the file is missing")
    try:
        width, height, *intrinsics = (float(number) for number in path.read_bytes().split())
    except OSError as error:
        raise ValueError(f"{folder}/{path.name}: cannot be read ({error.strerror})") from error
    except ValueError:
        raise ValueError(f"{folder}/{path.name}: does not hold 6 numbers; it may be truncated") from None
    values = (width, height, *intrinsics)
    if len(values) != 6 or not np.isfinite(values).all() or min(values) <= 0:
        raise ValueError(f"{folder}/{path.name}: must hold width, height, fx, fy, cx and cy, all positive")
    return (int(width), int(height)), tuple(intrinsics)


def _broken_line(path: Path) -> str:
    """Which line is no row of numbers."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        try:
            values = [float(value) for value in line.split()]
        except ValueError:
            values = []
        if line.strip() and len(values) != TRAJECTORY_COLUMNS:
            return f"line {number} does not hold {TRAJECTORY_COLUMNS} numbers"
    return "is no table of numbers"
