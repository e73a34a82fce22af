"""Poses and depth of plain video: a video made of a scene's colour images, against its known poses and its sensor.

Times are of one process: wall seconds for poses, which take `POSE_THREADS`, and processor seconds for depth.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.depth_maps import depth_maps_of, raw_depth_of_frames
from openspatial_assets.assets.reconstruction import reconstruction_of
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from openspatial_assets.engine.reconstruction.settings import ReconstructionSettings
from resources.sources.registration import Registration
from tests.support.videos import aligned, depth_errors, video_of_files

POSE_THREADS = 2
MAX_POSE_ERROR_M, MAX_DEPTH_ERROR, MIN_COVERAGE = 0.06, 0.04, 0.5
TAIL = 0.9
"""Of the pixels: how far off depth is on the worst ones, nearly."""


def lines(known: pl.DataFrame) -> Iterator[str]:
    """Lines to print for a scene.

    Args:
        known: its `frames`, with poses in metres and depth in millimetres on the colour images' rays.
    """
    known = known.sort("frame_id")
    yield f"\nplain video of {known.height} colour images"
    with tempfile.TemporaryDirectory() as folder:
        video = video_of_files(Path(folder) / "walk.mp4", known["image"].to_list())
        started = time.perf_counter()
        scene = Registration("walk", "video", str(video))
        made = reconstruction_of(scene, ReconstructionSettings(), f"{folder}/images", POSE_THREADS)
        seconds = time.perf_counter() - started
        registered = made.filter("registered")
        true_poses = known["world_from_camera"].to_numpy().reshape(-1, 4, 4)
        similarity, off = aligned(registered, true_poses)
        up = _up_error_deg(registered, true_poses)
        yield f"  poses of {registered.height} of {made.height} keyframes in {seconds:.0f} s on {POSE_THREADS} threads"
        yield f"  error after alignment {100 * off:.1f} cm ({off / MAX_POSE_ERROR_M:.2f} of what is allowed)"
        yield f"  the up direction is {up:.1f} degrees off"

        started = time.process_time()
        raw = raw_depth_of_frames(made, made, DepthMapSettings())
        swept = time.process_time()
        maps = depth_maps_of(made, raw, DepthMapSettings(), f"{folder}/depth")
        sweeping, comparing = swept - started, time.process_time() - swept
        frames = maps.select("frame_id", "depth", "depth_scale", depth_intrinsics="intrinsics").join(
            registered.select("frame_id", "width", "height", "intrinsics"), on="frame_id"
        )
        errors, coverage = depth_errors(frames, similarity.scale, known["depth"].to_list(), known["intrinsics"][0])
        middle = float(np.median(errors))
        yield f"  depth: {sweeping / maps.height:.2f} s a frame, {comparing / maps.height:.2f} s to compare the views"
        yield (
            f"  against the sensor: median error {middle:.1%} ({middle / MAX_DEPTH_ERROR:.2f} of what is allowed), "
            f"nine of ten below {np.quantile(errors, TAIL):.1%}, on {coverage:.0%} of its pixels "
            f"({coverage / MIN_COVERAGE:.2f} of what is required)"
        )


def _up_error_deg(registered: pl.DataFrame, true_poses: NDArray[np.float64]) -> float:
    """Between the two worlds' up directions, as the cameras' orientations tell: their places alone hardly would."""
    poses = registered["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    target = true_poses[registered["frame_id"].cast(pl.Int64).to_numpy()]
    up_in_camera = poses[:, 2, :3]
    up = np.einsum("nij,nj->ni", target[:, :3, :3], up_in_camera).mean(axis=0)
    return float(np.degrees(np.arccos(np.clip(up[2] / np.linalg.norm(up), -1, 1))))
