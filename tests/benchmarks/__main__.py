"""`make bench`: each figure with the ratio that it is judged by, all measured in this run.

The rooms are those of `make demo` (made if they are not there); the kitchen is measured where it lies beside the
checkout. Times are of one process and one thread, but for the scaling over worker processes.
"""

import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import resources.worker_environment  # noqa: F401 - one thread, before anything starts more
from openspatial_assets.assets.boxes import boxes_of
from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.recipe import frame_pieces
from openspatial_assets.assets.sources import frames_of, prepare_scene
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.cli import demo_rooms
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources.compute import WorkerPool
from resources.sources.registration import Registration
from resources.sources.synthetic_rooms.truth import load_truth
from resources.store import default_home
from tests.benchmarks.memory import peak_gb
from tests.benchmarks.questions import REQUIRED_ROWS_PER_SECOND, question_rate
from tests.benchmarks.visibility import run as visibility_lines
from tests.support.truth_figures import mask_agreement, visibility_agreement

KITCHEN = Path(__file__).parents[3] / "shared" / "data" / "redkitchen"
MAX_WORKER_GB = 2.0


def scenes() -> list[Registration]:
    rooms = demo_rooms(default_home())
    return rooms + ([Registration("kitchen", "rgbd_folder", str(KITCHEN))] if KITCHEN.is_dir() else [])


def main() -> int:
    settings, mask_settings = VisibilitySettings(), MaskSettings()
    tasks = []
    truths: list[tuple] = []
    for scene in scenes():
        prepare_scene(scene)
        frames, _ = frames_of(scene)
        boxes = boxes_of(scene)
        print(f"\n{scene.scene_id}: {frames.height} frames, {boxes.height} boxes")
        for line in visibility_lines(frames, boxes):
            print(f"  {line}")
        seen = visibility_of_frames(frames, boxes, "depth", settings)
        made = {}
        for refiner in ("depth", "grabcut"):
            started = time.process_time()
            made[refiner] = masks_of_frames(frames, boxes, seen, "depth", refiner, mask_settings, settings)
            each = (time.process_time() - started) / max(made[refiner].height, 1)
            print(f"  masks, {refiner}: {1000 * each:.1f} ms an object")
        objects = objects_of_frames(frames, boxes, seen, made["grabcut"], "box", ObjectSettings())
        rate = question_rate(frames, boxes, seen, objects)
        print(
            f"  questions: {rate.rows_per_second:,.0f} rows a second "
            f"({rate.ratio:.2f} of the {REQUIRED_ROWS_PER_SECOND:,} required; {rate.rows} rows)"
        )
        if scene.source == "synthetic_rooms":
            truths.append((load_truth(scene.root), frames, seen, made))
        tasks += frame_pieces(frames, boxes, seen, "depth", "grabcut", mask_settings, settings)
    _print_truth(truths)
    _print_scaling(tasks)
    return 0


def _print_truth(truths: list[tuple]) -> None:
    """How the rooms' visibility and masks agree with the kept truth."""
    print("\nagainst the kept truth of the rooms")
    agreement = visibility_agreement([(truth, seen) for truth, _, seen, _ in truths])
    print(f"  visibility: precision {agreement.precision:.4f}, recall {agreement.recall:.4f} (both at least 0.98)")
    for refiner in ("depth", "grabcut"):
        overlap = mask_agreement([(truth, frames, made[refiner]) for truth, frames, _, made in truths])
        print(f"  masks, {refiner}: mean IoU {overlap.mean():.4f} over {len(overlap)} (depth at least 0.85)")


def _print_scaling(tasks: list[tuple]) -> None:
    """The slowest stage over all scenes with one worker process and with one a core, and the largest worker."""
    seconds = {}
    for workers in (1, None):
        with WorkerPool(workers, preload=("openspatial_assets.assets.masks",)) as pool:
            list(pool.run(peak_gb, ((number, ()) for number in range(pool.workers))))  # workers start before the clock
            started = time.perf_counter()
            results = list(pool.run(masks_of_frames, enumerate(tasks)))
            seconds[pool.workers] = time.perf_counter() - started
            assert all(isinstance(result, pl.DataFrame) for _, result in results), results
            with tempfile.TemporaryDirectory() as folder:
                room = Registration("small", "synthetic_rooms", f"{folder}/small", options={"seed": 1, "num_frames": 4})
                list(pool.run(prepare_scene, [("room", (room,))]))
            peaks = [gb for _, gb in pool.run(peak_gb, ((number, ()) for number in range(8 * pool.workers)))]
    (one, alone), (many, together) = min(seconds.items()), max(seconds.items())
    print(f"\nmasks of all scenes: {alone:.1f} s with {one} worker, {together:.1f} s with {many}")
    print(f"  {alone / together:.2f} times as fast on {many} cores")
    peak = max(peaks)
    share = peak / MAX_WORKER_GB
    print(f"peak memory of the largest worker (masks, making a room): {peak:.2f} GB ({share:.2f} of what is allowed)")


if __name__ == "__main__":
    sys.exit(main())
