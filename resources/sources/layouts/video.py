"""A plain video as a source: its frames are made of what was reconstructed from it.

A registration's `root` is the video's file, a path or fsspec URL. Options:

- `camera_height_m`: how high the camera was held above the floor, metres (the median); the world is then in metres.
- `known_length`: `{"frame": "000123", "from": [u, v], "to": [u, v], "metres": 0.72}`: the real distance of what two
  pixels of one stored keyframe show; the world is then in metres.
- `content_hash`: of the file's bytes, if whoever registered it knows it.

A file `<video without its suffix>.recognitions.json` beside the video, if there is one, has recorded recognitions.

The tables come first here: `reconstructions` and `depth_maps` are made from the video, and `entries_of` makes the
frames' list of the two, which `frame_files.py` then reads as any other. So `frame_entries`, which has only the
registration, cannot serve. What does not belong here: decoding (`resources/video.py`) and reconstruction.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.images import decode_depth, metres, read_bytes
from resources.sources.frame_files import FrameEntry
from resources.sources.registration import Registration, SourceError

OPTIONS = ("camera_height_m", "content_hash", "known_length")
LENGTH_FIELDS = {"frame", "from", "to", "metres"}
RECOGNITION_SUFFIX = ".recognitions.json"
"""Of a file beside the video: `kitchen.mp4` may have `kitchen.recognitions.json`."""

PLAUSIBLE_HEIGHT_M = (0.05, 100.0)
PLAUSIBLE_LENGTH_M = (0.001, 1000.0)
DEPTH_WINDOW = 7
"""Depth at a pixel is the median of what is known in a square of so many pixels around it."""

SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class SceneFacts:
    """What is known of a video's world as a whole."""

    metric: bool
    gravity_aligned: bool


@dataclass(frozen=True)
class KnownLength:
    """The real distance of what two pixels of a frame show.

    Attributes:
        frame: frame id.
        pixels: `(2, 2)` u, v of its ends, pixels of the stored keyframe.
        metres: their distance.
    """

    frame: str
    pixels: tuple[tuple[float, float], tuple[float, float]]
    metres: float


def prepare(registration: Registration) -> None:
    """Check that the options are sound and the file is there.

    Raises:
        SourceError: they are not.
    """
    known_length_of(registration)
    camera_height_of(registration)
    if unknown := sorted(set(registration.options) - set(OPTIONS)):
        raise SourceError(
            f"scene {registration.scene_id}: option {unknown[0]!r} is unknown; a video has {', '.join(OPTIONS)}"
        )
    _info(registration)


def is_metric(registration: Registration) -> bool:
    """Whether the registration gives a length, and so the world its scale."""
    given = camera_height_of(registration) is not None or known_length_of(registration) is not None
    return given and registration.metric is not False


def scene_facts(registration: Registration, reconstructions: pl.DataFrame) -> SceneFacts:
    """Whether the world is in metres and upright, now that its `reconstructions` rows are there."""
    return SceneFacts(
        metric=is_metric(registration),
        gravity_aligned=bool(reconstructions["gravity_aligned"].all()) and len(reconstructions) > 0,
    )


def entries_of(registration: Registration, reconstructions: pl.DataFrame, depth_maps: pl.DataFrame) -> list[FrameEntry]:
    """The keyframes of the video: poses and depth of those that were registered, and why the others were not.

    With a known length, poses and depth are in metres; its depth image is read for it.

    Raises:
        SourceError: the known length cannot be measured.
    """
    depth_of = {row["frame_id"]: row for row in depth_maps.iter_rows(named=True)}
    scale = _metres_a_unit(registration, reconstructions, depth_of)
    return [_entry(row, depth_of.get(row["frame_id"]), scale) for row in reconstructions.iter_rows(named=True)]


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """Always raises `SourceError`: a video's frames are made of its tables, by `entries_of`."""
    raise SourceError(
        f"scene {registration.scene_id}: a video has no frames of its own; materialise reconstructions and depth_maps, "
        "of which frames are made"
    )


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Boxes can only be lifted."""
    return ("lifted",)


def recorded_recognitions(registration: Registration) -> str | None:
    """The file beside the video that is called like it; None if there is none."""
    beside = _beside(registration)
    filesystem, path = fsspec.core.url_to_fs(beside)
    return beside if filesystem.exists(path) else None


def signature(registration: Registration) -> dict[str, str]:
    """Hashes that change when the video, a given length or the recorded recognitions change.

    Raises:
        SourceError: the file is missing.
    """
    known = registration.options.get("content_hash")
    video = known if isinstance(known, str) and known else _info(registration)
    lengths = [camera_height_of(registration), known_length_of(registration), is_metric(registration)]
    recognitions = recorded_recognitions(registration)
    return {
        "frames": _hash(video, lengths),
        "boxes": _hash("none"),
        "recognitions": _hash(_stat(recognitions) if recognitions else "none"),
    }


def camera_height_of(registration: Registration) -> float | None:
    """The option `camera_height_m`; None if it is not given.

    Raises:
        SourceError: it is no plausible height, or a known length is given too.
    """
    height = registration.options.get("camera_height_m")
    if height is None:
        return None
    if registration.options.get("known_length") is not None:
        raise SourceError(
            f"scene {registration.scene_id}: give camera_height_m or known_length, not both: they would disagree"
        )
    return _plausible(registration, "camera_height_m", height, PLAUSIBLE_HEIGHT_M)


def known_length_of(registration: Registration) -> KnownLength | None:
    """The option `known_length`; None if it is not given.

    Raises:
        SourceError: it is not of the form that this module's docstring shows.
    """
    given = registration.options.get("known_length")
    if given is None:
        return None
    where = f"scene {registration.scene_id}: option known_length"
    if not isinstance(given, Mapping) or set(given) != LENGTH_FIELDS or not isinstance(given["frame"], str):
        raise SourceError(f'{where} must be like {{"frame": "000123", "from": [u, v], "to": [u, v], "metres": 0.72}}')
    length = _plausible(registration, "known_length.metres", given["metres"], PLAUSIBLE_LENGTH_M)
    pixels = tuple(_pixel(given[end], f"{where}.{end}") for end in ("from", "to"))
    if pixels[0] == pixels[1]:
        raise SourceError(f"{where}: its two ends are one pixel")
    return KnownLength(given["frame"], pixels, length)


def _entry(row: Mapping[str, Any], depth: Mapping[str, Any] | None, scale: float) -> FrameEntry:
    if not row["registered"]:
        return FrameEntry(row["frame_id"], problem=f"keyframe {row['frame_id']} was not registered: {row['reason']}")
    pose = np.array(row["world_from_camera"], dtype=np.float64)
    pose[[3, 7, 11]] *= scale
    own = None if depth is None else tuple(depth["intrinsics"])
    return FrameEntry(
        frame_id=row["frame_id"],
        image=row["image"],
        depth=None if depth is None else depth["depth"],
        intrinsics=tuple(row["intrinsics"]),
        depth_intrinsics=own,
        world_from_camera=tuple(pose.tolist()),
        timestamp=row["timestamp"],
        depth_scale=None if depth is None else depth["depth_scale"] / scale,
    )


def _metres_a_unit(
    registration: Registration, reconstructions: pl.DataFrame, depth_of: Mapping[str, Mapping[str, Any]]
) -> float:
    """What poses and depths are multiplied with: 1, unless a known length is to be measured."""
    known = known_length_of(registration)
    if known is None:
        return 1.0
    where = f"scene {registration.scene_id}: option known_length"
    rows = reconstructions.filter((pl.col("frame_id") == known.frame) & pl.col("registered"))
    if rows.is_empty() or known.frame not in depth_of:
        some = reconstructions.filter("registered")["frame_id"].head(5).to_list()
        raise SourceError(
            f"{where}: {known.frame!r} is no registered keyframe with depth; there are {', '.join(some)} and so on"
        )
    frame, depth = rows.row(0, named=True), depth_of[known.frame]
    values = metres(decode_depth(read_bytes(depth["depth"]), depth["depth"]), depth["depth_scale"])
    ends = [_seen_at(values, frame, depth, pixel, where) for pixel in known.pixels]
    length = float(np.linalg.norm(ends[0] - ends[1]))
    if length <= 0:
        raise SourceError(f"{where}: its two ends are one point in space")
    return known.metres / length


def _seen_at(
    values: NDArray[np.float32],
    frame: Mapping[str, Any],
    depth: Mapping[str, Any],
    pixel: tuple[float, float],
    where: str,
) -> NDArray[np.float64]:
    """What a pixel of a frame shows, `(3,)` in camera axes, world units."""
    fx, fy, cx, cy = frame["intrinsics"]
    ray = np.array([(pixel[0] - cx) / fx, (pixel[1] - cy) / fy, 1.0])
    if not (0 <= pixel[0] < frame["width"] and 0 <= pixel[1] < frame["height"]):
        raise SourceError(
            f"{where}: the pixel ({pixel[0]:g}, {pixel[1]:g}) lies outside of frame {frame['frame_id']}, which is "
            f"{frame['width']}x{frame['height']} pixels"
        )
    gx, gy, dx, dy = depth["intrinsics"]
    column, line = round(ray[0] * gx + dx), round(ray[1] * gy + dy)
    half = DEPTH_WINDOW // 2
    around = values[max(0, line - half) : line + half + 1, max(0, column - half) : column + half + 1]
    around = around[around > 0]
    if not around.size:
        raise SourceError(
            f"{where}: frame {frame['frame_id']} has no depth near the pixel ({pixel[0]:g}, {pixel[1]:g}); choose ends "
            "on textured surfaces, or another frame"
        )
    return ray * float(np.median(around))


def _plausible(registration: Registration, name: str, value: Any, bounds: tuple[float, float]) -> float:
    low, high = bounds
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high:
        raise SourceError(
            f"scene {registration.scene_id}: option {name}={value!r} must be a number from {low:g} to {high:g} (metres)"
        )
    return float(value)


def _pixel(value: Any, where: str) -> tuple[float, float]:
    numbers = isinstance(value, (list, tuple)) and len(value) == 2
    if not numbers or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in value):
        raise SourceError(f"{where}={value!r} must be two numbers, u and v in pixels")
    return float(value[0]), float(value[1])


def _beside(registration: Registration) -> str:
    folder, _, name = registration.root.rpartition("/")
    return f"{folder}/{Path(name).stem}{RECOGNITION_SUFFIX}"


def _info(registration: Registration) -> str:
    """Size and time of the video; raises `SourceError` if it is missing."""
    found = _stat(registration.root)
    if found is None:
        raise SourceError(
            f"scene {registration.scene_id}: the video {registration.root} is missing; put it back, or register "
            "where it is now"
        )
    return found


def _stat(path: str) -> str | None:
    """What changes when a file changes, as cheaply as its file system tells it; None if it is missing or no file."""
    filesystem, name = fsspec.core.url_to_fs(path)
    try:
        info = filesystem.info(name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if info.get("type") != "file":
        return None
    changed = next((info[key] for key in ("ETag", "etag", "md5Hash", "mtime", "LastModified") if key in info), "")
    return f"{info.get('size')} {changed}"


def _hash(*parts: Any) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=SIGNATURE_BYTES).hexdigest()
