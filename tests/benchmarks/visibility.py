"""How long `frame_visibility` takes beside decoding the same depth images, in one process and on one thread."""

import time
from collections.abc import Callable

import cv2
import polars as pl

from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.engine.visibility.settings import VisibilitySettings

ALLOWED_RATIO = 2.0
"""Total time of the stage against decoding alone."""
REPEATS = 5


def run(scene_frames: pl.DataFrame, scene_boxes: pl.DataFrame) -> list[str]:
    """Lines to print for one scene: decoding alone, the whole stage, and the ratio that is judged.

    Both are repeated in turn and the quickest of each is taken, so that other work on the machine weighs little.
    """
    paths = scene_frames.get_column("depth").drop_nulls().to_list()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        decode, whole = [], []
        for _ in range(REPEATS):
            decode.append(_seconds(lambda: [cv2.imread(path, cv2.IMREAD_UNCHANGED) for path in paths]))
            whole.append(
                _seconds(lambda: visibility_of_frames(scene_frames, scene_boxes, "depth", VisibilitySettings()))
            )
    finally:
        cv2.setNumThreads(threads)
    return [
        f"frame_visibility: {len(scene_frames)} frames x {len(scene_boxes)} boxes",
        f"  decoding depth alone  {min(decode) / len(paths) * 1e3:6.2f} ms a frame",
        f"  whole stage           {min(whole) / len(paths) * 1e3:6.2f} ms a frame",
        f"  ratio                 {min(whole) / min(decode):6.2f} (at most {ALLOWED_RATIO})",
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
