"""What all layouts do with a dataset's folders: list them, read small files, and hash what they hold.

What does not belong here: what the files mean (the layouts), and images (`resources/images.py`).
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.sources.registration import Registration, SourceError

SIGNATURE_BYTES = 16
MAX_JSON_BYTES = 1 << 30
"""The largest annotation files (vertices of ScanNet++ scans) have some 100 MB; what is beyond is none."""

SKEW_TOLERANCE_PX = 1e-3


def root_of(registration: Registration) -> Path:
    """The scene's folder; raises `SourceError` if it is none."""
    if not os.path.isdir(registration.root):
        raise SourceError(
            f"scene {registration.scene_id}: {registration.root} is no folder on this machine; register where it is "
            "now",
            registration.root,
        )
    return Path(registration.root)


def listing(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The folder's files of these suffixes (in any case), sorted; hidden files left out; none if it does not exist."""
    if not folder.is_dir():
        return []
    names = sorted(os.listdir(folder))
    return [folder / name for name in names if name.lower().endswith(suffixes) and not name.startswith(".")]


def stat_hash(root: Path, paths: Iterable[Path]) -> str:
    """Hash of names, sizes and times of change; what is absent is left out."""
    digest = hashlib.blake2b(digest_size=SIGNATURE_BYTES)
    for path in paths:
        try:
            stat = path.stat()
        except OSError:  # absent, or a link to nothing
            continue
        digest.update(f"{os.path.relpath(path, root)}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def read_json(path: Path, scene_id: str, kind: type = dict) -> Any:
    """The content of a JSON file whose top level is of `kind`.

    Raises:
        SourceError: it is missing, absurdly large, no JSON, or of another kind.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise SourceError(
                f"scene {scene_id}: {path}: has more than {MAX_JSON_BYTES >> 20} MiB; it is no annotation", path
            )
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SourceError(f"scene {scene_id}: {path}: the file is missing", path) from None
    except OSError as error:
        raise SourceError(f"scene {scene_id}: {path}: cannot be read ({error.strerror})", path) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"scene {scene_id}: {path}: is no JSON file ({error}); it may be truncated", path) from error
    if not isinstance(content, kind):
        raise SourceError(
            f"scene {scene_id}: {path}: must hold a {kind.__name__} at its top, not a {type(content).__name__}", path
        )
    return content


def read_matrix(path: Path, shapes: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """The matrix in a text file, one row a line.

    Raises:
        ValueError: the file cannot be read, or its numbers have none of the shapes.
    """
    expected = " or ".join(f"{rows}x{columns}" for rows, columns in shapes)
    try:
        rows = [[float(number) for number in line.split()] for line in path.read_text().splitlines() if line.strip()]
        matrix = np.array(rows, dtype=np.float64)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise ValueError(f"does not hold {expected} numbers") from None
    if matrix.shape not in shapes:
        raise ValueError(f"holds {'x'.join(map(str, matrix.shape))} numbers, not {expected}")
    return matrix


def pinhole(matrix: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy, pixels, of a matrix of intrinsics `(3, 3)` or `(4, 4)`.

    Raises:
        ValueError: it is not of the form fx 0 cx / 0 fy cy / 0 0 1, or a value is not positive.
    """
    matrix = np.asarray(matrix, np.float64)[:3, :3]
    fx, fy, cx, cy = values = matrix[[0, 1, 0, 1], [0, 1, 2, 2]]
    if not np.isfinite(matrix).all() or values.min() <= 0:
        raise ValueError(f"fx, fy, cx, cy must be positive and finite, but are {fx:g}, {fy:g}, {cx:g}, {cy:g}")
    if np.abs(matrix - [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]).max() > SKEW_TOLERANCE_PX:
        raise ValueError("is not of the form fx 0 cx / 0 fy cy / 0 0 1 (pixels, no skew)")
    return tuple(values.tolist())
