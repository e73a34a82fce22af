"""`make bench`: each figure with the ratio that it is judged by, all measured in this run.

The rooms are those of `make demo` (made if they are not there); the kitchen is measured where it lies beside the
checkout. Times are of one process and one thread, but for the scaling over worker processes.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import resources.worker_environment  # noqa: F401 - one thread, before anything starts more
from openspatial_assets.assets.boxes import boxes_of
from openspatial_assets.assets.floor import floor_cells_of, voxels_of_frames
from openspatial_assets.assets.masks import masks_of_frames
from openspatial_assets.assets.objects import objects_of_frames
from openspatial_assets.assets.point_matches import matches_of_pairs
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.recipe import frame_pieces
from openspatial_assets.assets.sources import frames_of, prepare_scene
from openspatial_assets.assets.verifications import verifications_of
from openspatial_assets.assets.views import view_pairs_of_scene
from openspatial_assets.assets.visibility import visibility_of_frames
from openspatial_assets.cli import demo_rooms
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.variants import VARIANTS, Variant
from resources import sources
from resources.compute import WorkerPool
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration
from resources.store import default_home
from tests.benchmarks import datasets, lifting, plain_video
from tests.benchmarks.memory import peak_gb
from tests.benchmarks.questions import MULTI_VIEW, SINGLE_IMAGE, question_rate
from tests.benchmarks.verification import Agreement, agreement
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
    agreed = Agreement(0, 0, 0, 0)
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
        _print_questions(scene.scene_id, (frames, boxes, seen, objects))
        annotated = {name: variant for name, variant in VARIANTS.items() if variant.boxes == "annotated"}
        for name, variant in annotated.items():
            tables = (frames, boxes, *_seen_by(variant, frames, boxes))
            wide = agreement(tables, _links(tables), scene.scene_id, variant.representation)
            agreed += wide
            print(f"  nearly all that {name} allows: {wide}")
        if scene.source == "synthetic_rooms":
            truths.append((load_truth(scene.root), frames, seen, made))
        tasks += frame_pieces(frames, boxes, seen, "depth", "grabcut", mask_settings, settings)
    print(
        f"\nall scenes: {agreed.rows:,} questions, {agreed.wrong} wrong; {agreed.flipped} of {agreed.compared:,} flip"
    )
    _print_truth(truths)
    _print_scaling(tasks)
    for line in lifting.lines(scenes()):
        print(line)
    for line in datasets.lines():
        print(line)
    if KITCHEN.is_dir():
        for line in plain_video.lines(sources.load("rgbd_folder").read_frames(scenes()[-1])[0]):
            print(line)
    return 0


def _print_questions(scene_id: str, tables: tuple[pl.DataFrame, ...]) -> None:
    """What links the views, the questions of both kinds, and their verification: processor seconds of one core."""
    frames, boxes, _, objects = tables
    pairs, pairing = _timed(lambda: view_pairs_of_scene(frames, boxes, objects, ViewSettings()))
    matches, matching = _timed(lambda: matches_of_pairs(pairs, frames, objects, boxes, MatchSettings()))
    voxels, voxelling = _timed(lambda: voxels_of_frames(frames, FloorSettings()))
    cells, joining = _timed(lambda: floor_cells_of([voxels], frames, FloorSettings()))
    links = (pairs, matches, cells)
    print(f"  view pairs: {pairs.height} in {1000 * pairing:.0f} ms")
    print(f"  point matches: {1000 * matching / max(pairs.height, 1):.1f} ms a pair, with reading its depth images")
    each = (voxelling + joining) / max(frames.height, 1)
    print(f"  floor: {1000 * each:.1f} ms a frame, with reading its depth image")
    for what, subtasks in (("one image", SINGLE_IMAGE), ("several views", MULTI_VIEW)):
        rate = question_rate(tables, links, subtasks)
        print(
            f"  questions about {what}: {rate.rows_per_second:,.0f} rows a second "
            f"({rate.ratio:.2f} of the {rate.required:,} required; {rate.rows} rows)"
        )
    made = questions_of_scene(*tables, scene_id, "benchmark", QuestionSettings(), True, *links)
    asked = {name: table for name, table in made.items() if name != "rejections"}
    found, seconds = _timed(lambda: [verifications_of(table, frames, boxes, "box") for table in asked.values()])
    rows = sum(table.height for table in found)
    silent = ", ".join(name for name, table in asked.items() if table.is_empty())
    print(f"  sub-tasks with questions: {len(asked) - silent.count(',') - bool(silent)} of {len(asked)}"
          + (f" (none: {silent})" if silent else ""))  # fmt: skip
    print(f"  verification: {rows / seconds:,.0f} rows a second")


def _seen_by(variant: Variant, frames: pl.DataFrame, boxes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`frame_visibility` and `object_frames` of a scene as a variant makes them."""
    settings, mask_settings = VisibilitySettings(), MaskSettings()
    seen = visibility_of_frames(frames, boxes, variant.visibility, settings)
    masks = masks_of_frames(frames, boxes, seen, variant.visibility, variant.masks, mask_settings, settings)
    return seen, objects_of_frames(frames, boxes, seen, masks, variant.representation, ObjectSettings())


def _links(tables: tuple[pl.DataFrame, ...]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    frames, boxes, _, objects = tables
    pairs = view_pairs_of_scene(frames, boxes, objects, ViewSettings())
    matches = matches_of_pairs(pairs, frames, objects, boxes, MatchSettings())
    return pairs, matches, floor_cells_of([voxels_of_frames(frames, FloorSettings())], frames, FloorSettings())


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives, and the processor seconds that it took."""
    started = time.process_time()
    return work(), time.process_time() - started


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
