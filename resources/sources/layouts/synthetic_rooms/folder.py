"""A generated room as a folder: the layout of ScanNet's exported frames, the truth beside it, and a marker.

The folder is made under another name and then renamed, so that it is whole or not there; the marker says what it was
made from. What does not belong here: what is in the room (`generate.py`).
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from resources.folders import put_in_place, recover
from resources.sources.layouts.synthetic_rooms.truth import INSTANCE_FILE, TRUTH_FILE
from resources.sources.registration import SourceError

if TYPE_CHECKING:  # rendering loads Open3D, which looking at a room that is there need not wait for
    from resources.sources.layouts.synthetic_rooms.render import Frame

MARKER = "synthetic_room.json"
"""Written last: a folder without it was not finished, or is somebody else's."""
JPEG_QUALITY = 92
PNG_LEVEL = 2
"""zlib level of depth and instance images: twice as fast as OpenCV's default for a sixth more bytes."""
MILLIMETRES = 1000


def made_from(root: Path) -> Mapping[str, Any] | None:
    """What the room in a folder was made from, as its marker says; None if there is no whole room."""
    try:
        return json.loads((root / MARKER).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def write_once(root: Path, recipe: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    """Make the folder `root` by `fill`, unless it holds what `recipe` makes already.

    Safe against being killed at any moment, and against other processes that make the same room.

    Raises:
        SourceError: there is something else at `root`, which is never overwritten.
        OSError: the disk is full, or the folder cannot be written; nothing is left behind.
    """
    recover(root)
    if made_from(root) == recipe:
        return
    if root.exists() and made_from(root) is None and not (root.is_dir() and not any(root.iterdir())):
        raise SourceError(f"{root} exists and is no generated room; choose another folder, or remove it")
    root.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(root.parent / f".{root.name}.partial") as partial:
        if made_from(root) == recipe:
            return
        fill(partial)
        (partial / MARKER).write_text(json.dumps(recipe, indent=1, sort_keys=True) + "\n")
        put_in_place(partial, root)


@contextmanager
def _workplace(partial: Path) -> Iterator[Path]:
    """An empty folder that this process alone works in; removed afterwards if it is still there.

    The lock is on the folder itself, so the system frees it when the process dies.
    """
    while True:
        partial.mkdir(exist_ok=True)
        handle = os.open(partial, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if partial.exists() and os.path.samestat(os.fstat(handle), os.stat(partial)):
            break
        os.close(handle)  # the other process finished and renamed or removed it meanwhile
    try:
        for left in partial.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield partial
    finally:
        if partial.exists() and os.path.samestat(os.fstat(handle), os.stat(partial)):
            shutil.rmtree(partial)
        os.close(handle)


def write_intrinsics(root: Path, intrinsics: NDArray[np.float64]) -> None:
    """fx, fy, cx, cy as 4x4 matrices for colour and depth; makes the folders of the layout."""
    for name in ("color", "depth", "pose", "intrinsic", "truth/instance"):
        (root / name).mkdir(parents=True, exist_ok=True)
    matrix = np.eye(4)
    matrix[[0, 1, 0, 1], [0, 1, 2, 2]] = intrinsics
    for name in ("color", "depth"):
        (root / f"intrinsic/intrinsic_{name}.txt").write_text(_matrix_text(matrix))


def write_frame(root: Path, frame_id: str, frame: "Frame", world_from_camera: NDArray[np.float64]) -> None:
    """One frame's colour, depth (uint16 millimetres, 0 for none), pose and instance map."""
    millimetres = np.round(frame.depth * MILLIMETRES).astype(np.uint16)
    quality, level = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY], [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL]
    (root / f"color/{frame_id}.jpg").write_bytes(_encoded(".jpg", frame.color[..., ::-1], quality))
    (root / f"depth/{frame_id}.png").write_bytes(_encoded(".png", millimetres, level))
    (root / INSTANCE_FILE.format(frame_id=frame_id)).write_bytes(_encoded(".png", frame.instance, level))
    (root / f"pose/{frame_id}.txt").write_text(_matrix_text(world_from_camera))


def write_objects(
    root: Path, objects: list[dict[str, Any]], frame_ids: list[str], visible: NDArray, unoccluded: NDArray
) -> None:
    """`objects.json` and the truth; each object has id, label, center, extents and rpy."""
    annotated = [
        {"id": item["id"], "label": item["label"], "obb": [*item["center"], *item["extents"], *item["rpy"]]}
        for item in objects
    ]
    truth = {
        "objects": objects,
        "frames": frame_ids,
        "visible_pixels": visible.tolist(),
        "unoccluded_pixels": unoccluded.tolist(),
    }
    (root / "objects.json").write_text(json.dumps(annotated, indent=1) + "\n")
    (root / TRUTH_FILE).write_text(json.dumps(truth) + "\n")


def _encoded(suffix: str, image: NDArray, flags: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, image, flags)
    if not done:
        raise OSError(f"OpenCV cannot encode a {suffix} image of {image.shape}")
    return data.tobytes()


def _matrix_text(matrix: NDArray[np.float64]) -> str:
    """One row a line; enough digits to read back the same numbers."""
    return "".join(" ".join(repr(float(value)) for value in row) + "\n" for row in matrix)
