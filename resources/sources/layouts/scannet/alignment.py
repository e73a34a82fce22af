"""The rigid transform from a scan's own axes to the scene's world, in which walls run along x and y.

Poses and mesh of the release are in the axes of the reconstruction, with z up; the published boxes are not.
What does not belong here: to what the transform is applied (`frames.py`, `objects.py`).
"""

import json
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.poses import nearest_rigid, pose_problem
from resources.sources.layouts.scannet.scans import Scan
from resources.sources.options import text
from resources.sources.registration import Registration, SourceError

KEY = "axisAlignment"
INFO = ".txt"
TABLE_OPTION = "axis_align_file"

MAX_INFO_BYTES = 1 << 20
"""A scan's text file has some twenty lines."""

MAX_TABLE_BYTES = 1 << 26
"""The table of all 1,513 scans has 0.3 MB."""

TABLES_KEPT = 4


def world_from_scan(registration: Registration, scan: Scan) -> NDArray[np.float64]:
    """`(4, 4)` rigid: of the scan's text file, else of the table that is registered, else the identity.

    The text files of 2017, and those of the test split, have none. It is printed with six digits, so it is made rigid.

    Raises:
        SourceError: the transform, or the file that should have it, is broken.
    """
    path = scan.file(INFO)
    try:
        numbers = _of_info(path)
        if numbers is None and (table := _table(registration)):
            path = table
            numbers = _rows(str(path), path.stat().st_mtime_ns).get(scan.name)
        matrix = np.eye(4) if numbers is None else _matrix(numbers)
    except OSError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: cannot be read ({error.strerror})", path) from None
    except ValueError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: {error}", path) from None
    return nearest_rigid(matrix)


def files(registration: Registration, scan: Scan) -> list[Path]:
    """The files that the transform may come from."""
    return [path for path in (scan.file(INFO), _table(registration)) if path]


def _of_info(path: Path) -> list[str] | None:
    """The words after `axisAlignment =`; None without the line or the file."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_INFO_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    lines = (line.partition("=") for line in content.splitlines())
    return next((value.split() for key, _, value in lines if key.strip() == KEY), None)


def _table(registration: Registration) -> Path | None:
    given = text(registration, TABLE_OPTION)
    return Path(registration.root, os.path.expanduser(given)) if given else None


@lru_cache(maxsize=TABLES_KEPT)
def _rows(path: str, modified: int) -> dict:
    """A table of all scenes; kept, because each scene asks for its row. `modified` makes a changed file another one.

    Raises:
        ValueError: it is no table.
    """
    if os.path.getsize(path) > MAX_TABLE_BYTES:
        raise ValueError(f"has more than {MAX_TABLE_BYTES >> 20} MiB; it is no table of transforms")
    try:
        rows = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON file ({error}); it may be truncated") from None
    if not isinstance(rows, dict):
        raise ValueError("must be a JSON object {scene: 16 numbers}")
    return rows


def _matrix(numbers: ArrayLike) -> NDArray[np.float64]:
    """`(4, 4)` of 16 numbers, row order.

    Raises:
        ValueError: they are others, or make no rigid transform.
    """
    try:
        matrix = np.asarray(numbers, np.float64).reshape(4, 4)
    except (TypeError, ValueError):
        raise ValueError(f"the {KEY} must be 16 numbers") from None
    if problem := pose_problem(matrix):
        raise ValueError(problem.replace("the pose", f"the {KEY}").replace(" (tracking was lost)", ""))
    return matrix
