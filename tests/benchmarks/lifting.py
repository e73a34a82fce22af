"""How well and how fast lifting is: the kitchen box by box, rooms with perfect masks, and growth with the frames.

Times are processor seconds of one process.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from openspatial_assets.assets.boxes import boxes_of
from openspatial_assets.assets.instance_masks import instance_masks_of_frames
from openspatial_assets.assets.lifting import lifted_boxes_of
from openspatial_assets.assets.recognitions import recognitions_of
from openspatial_assets.assets.scene_mesh import scene_mesh_of
from openspatial_assets.assets.sources import frames_of, prepare_scene
from openspatial_assets.engine.fusion.settings import MeshSettings
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration
from tests.support.lifted_figures import MIN_OVERLAPS, perfect_masks, report, room_figures

REQUIRED_AP = (0.95, 0.85)
"""Of rooms with perfect masks, at `MIN_OVERLAPS`."""

FRAME_COUNTS = (30, 60, 120)
JITTER_M = 0.005
"""By how much a repeated frame's camera is moved: so little that its depth still fits."""

REPEATS = 3
"""The best of so many runs counts: other work disturbs any."""


def lines(scenes: list[Registration]) -> Iterator[str]:
    """Lines to print, of all scenes that have recorded answers or a kept truth."""
    yield "\nlifting"
    rooms = [scene for scene in scenes if scene.source == "synthetic_rooms"]
    recorded = [scene for scene in scenes if scene.source == "rgbd_folder"]
    for scene in recorded:
        yield from _recorded_lines(scene)
    yield from _room_lines(rooms)
    for scene in recorded or rooms[:1]:
        yield from _growth_lines(scene)


def _recorded_lines(scene: Registration) -> Iterator[str]:
    """Each stage's time, and the boxes against the annotated ones."""
    frames, recognitions, masks, times = _until_masks(scene)
    lifted, times["boxes"] = _timed(lambda: lifted_boxes_of(frames, masks, LiftingSettings(), True, True))
    with tempfile.TemporaryDirectory() as folder:
        mesh, times["mesh"] = _timed(lambda: scene_mesh_of(frames, MeshSettings(), folder, True))
    each = ", ".join(f"{name} {1000 * seconds / frames.height:.0f} ms" for name, seconds in times.items())
    yield f"{scene.scene_id}: {frames.height} frames, {recognitions.height} recognitions -> {lifted.height} boxes"
    yield f"  a frame: {each}; the mesh has {mesh['triangles'].sum():,} triangles"
    yield from report(lifted, boxes_of(scene))


def _room_lines(rooms: list[Registration]) -> Iterator[str]:
    made = []
    for scene in rooms:
        prepare_scene(scene)
        frames, _ = frames_of(scene)
        truth = load_truth(scene.root)
        masks = perfect_masks(truth, frames)
        made.append((truth, lifted_boxes_of(frames, masks, LiftingSettings(), True, True)))
    if made:
        figures = room_figures(made)
        yield f"{len(rooms)} rooms with perfect masks: {figures.found} boxes for {figures.true} objects seen twice"
        for least, value, required in zip(MIN_OVERLAPS, figures.average_precision, REQUIRED_AP, strict=True):
            yield f"  AP at IoU {least}: {value:.3f} ({value / required:.2f} of the {required} required)"


def _growth_lines(scene: Registration) -> Iterator[str]:
    """The time of lifting when the same frames come again and again, each time from a little beside."""
    frames, _, masks, _ = _until_masks(scene)
    seconds = []
    for count in FRAME_COUNTS:
        many, their_masks = _repeated(frames, masks, count)
        runs = [_timed(lambda f=many, m=their_masks: lifted_boxes_of(f, m, LiftingSettings(), True, True))[1]
                for _ in range(REPEATS)]  # fmt: skip
        seconds.append(min(runs))
        yield f"  boxes from {count} frames of {scene.scene_id}: {seconds[-1]:.2f} s"
    power = np.log(seconds[-1] / seconds[0]) / np.log(FRAME_COUNTS[-1] / FRAME_COUNTS[0])
    yield f"  so time grows with the {power:.2f} power of the number of frames (2 would be quadratic)"


def _until_masks(scene: Registration) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, float]]:
    prepare_scene(scene)
    frames, _ = frames_of(scene)
    with tempfile.TemporaryDirectory() as folder:
        answered, asking = _timed(
            lambda: recognitions_of(scene, frames, RecognitionSettings(recognizer="recorded"), str(Path(folder)))
        )
    recognitions = answered.rows
    masks, masking = _timed(
        lambda: instance_masks_of_frames(frames, recognitions, InstanceSettings(segmenter="regions"), MaskSettings())
    )
    return frames, recognitions, masks, {"recorded answers": asking, "masks": masking}


def _repeated(frames: pl.DataFrame, masks: pl.DataFrame, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`count` frames that have masks, repeated as often as it takes, and the masks of each."""
    rng = np.random.default_rng(0)
    with_masks = frames.filter(pl.col("frame_id").is_in(masks["frame_id"].implode()))
    copies, their_masks = [], []
    for number in range(-(-count // with_masks.height)):
        part = with_masks.head(count - number * with_masks.height)
        poses = part["world_from_camera"].to_numpy().reshape(-1, 4, 4).copy()
        poses[:, :3, 3] += rng.normal(0, JITTER_M, (len(poses), 3)) if number else 0.0
        renamed = (pl.format("{}-{}", pl.lit(number), "frame_id")).alias("frame_id")
        their_masks.append(masks.filter(pl.col("frame_id").is_in(part["frame_id"].implode())).with_columns(renamed))
        moved = pl.Series("world_from_camera", poses.reshape(-1, 16), dtype=frames.schema["world_from_camera"])
        copies.append(part.with_columns(renamed, moved))
    return pl.concat(copies), pl.concat(their_masks)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives, and the processor seconds that it took."""
    started = time.process_time()
    return work(), time.process_time() - started
