"""Videos that tests make of images, and how far what was reconstructed from one lies from the truth."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.alignment import Similarity, fitted_similarity
from resources.images import read_color, read_depth

QUALITY = "18"
"""H.264's constant rate factor: as good as a phone's video."""


def write_video(path: Path, images: Iterable[NDArray[np.uint8]], rate: int = 30) -> Path:
    """An H.264 video of RGB images `(h, w, 3)` of one even size."""
    with av.open(str(path), "w") as container:
        stream = None
        for image in images:
            if stream is None:
                stream = container.add_stream("h264", rate=rate, options={"crf": QUALITY})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def video_of_files(path: Path, files: Sequence[Path]) -> Path:
    """A video whose k-th frame is the k-th image file."""
    return write_video(path, (read_color(str(file)) for file in files))


def aligned(frames: pl.DataFrame, true_poses: NDArray[np.float64]) -> tuple[Similarity, float]:
    """The similarity to the true world, and the root mean square of the camera centres' error after it, metres.

    Args:
        frames: rows of `frames`, whose ids are numbers of frames in the video.
        true_poses: `(n, 4, 4)` world from camera, of all frames of the video.
    """
    truth = true_poses[frames["frame_id"].cast(pl.Int64).to_numpy()][:, :3, 3]
    centers = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)[:, :3, 3]
    similarity = fitted_similarity(centers, truth)
    errors = np.linalg.norm(similarity.points(centers) - truth, axis=1)
    return similarity, float(np.sqrt(np.mean(errors**2)))


def depth_errors(
    frames: pl.DataFrame, scale: float, sensor_files: Sequence[Path], intrinsics: Sequence[float]
) -> tuple[NDArray[np.float64], float]:
    """Relative errors of estimated depth against a sensor's on the same rays, and the share of its pixels that have it.

    Args:
        scale: metres a unit of the reconstructed world.
        sensor_files: depth images in millimetres (0 or 65535: none), one for each frame of the video.
        intrinsics: fx, fy, cx, cy of the sensor.
    """
    errors, has_both, has_sensor = [], 0, 0
    for frame in frames.iter_rows(named=True):
        sensor = cv2.imread(str(sensor_files[int(frame["frame_id"])]), cv2.IMREAD_UNCHANGED).astype(np.float64) / 1000
        sensor[sensor > 60] = 0.0
        estimated = read_depth(frame).astype(np.float64) * scale
        v, u = np.indices(sensor.shape)
        fx, fy, cx, cy = frame["intrinsics"]
        column = np.rint((u - intrinsics[2]) / intrinsics[0] * fx + cx).astype(int)
        row = np.rint((v - intrinsics[3]) / intrinsics[1] * fy + cy).astype(int)
        inside = (column >= 0) & (column < estimated.shape[1]) & (row >= 0) & (row < estimated.shape[0])
        seen = np.where(inside, estimated[np.where(inside, row, 0), np.where(inside, column, 0)], 0.0)
        both = (sensor > 0) & (seen > 0)
        errors.append(np.abs(seen[both] - sensor[both]) / sensor[both])
        has_both, has_sensor = has_both + both.sum(), has_sensor + (sensor > 0).sum()
    return np.concatenate(errors), float(has_both / has_sensor)
