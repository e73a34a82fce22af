"""From listed frames to the `frames` table: read every file once, check it, hash it, and judge the scene as a whole.

Shared by all layouts. What does not belong here: how a layout names its files (one module each).

The work is in two steps, so that many processes can share it: `read_entries` takes any chunk of a scene's frames, and
`settle_frames` takes what all chunks gave. The result is the same however the frames were cut into chunks.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from openspatial_assets.engine.keyframes import KeyframeSettings, laplacian_variance, select_keyframes
from resources.images import ImageError, decode_depth, decode_grey, metres
from resources.sources.registration import Registration, SourceError
from resources.stored_images import Stored, read_stored
from resources.tables import FRAMES

DEFAULT_DEPTH_SCALE = 1000.0
"""Stored values a metre: 16-bit millimetres, what most RGB-D datasets write."""

PLAUSIBLE_DEPTH_M = (0.1, 20.0)
"""Where the median depth of an indoor scene lies when the depth scale is right; else the scale is taken as unknown."""

PLAUSIBLE_DEPTH_OF_GIVEN_SCALE_M = (0.02, 200.0)
"""The same when the user has given the scale: halls and close-ups are believed, wrong units still are not."""

DEPTH_STRIDE = 8
"""Every eighth pixel of every eighth row suffices for a median."""

SIGNATURE_BYTES = 16

ROWS = pl.Schema(
    FRAMES.schema
    | {"depth_width": pl.Int64, "depth_height": pl.Int64, "depth_type": pl.String, "depth_median_m": pl.Float64}
    | {"depth_scale_known": pl.Boolean}
)
"""What `read_entries` gives: `frames`, and what only `settle_frames` needs."""

Dropped = list[dict[str, str]]
"""Frames that cannot be used: `{"frame_id": ..., "reason": ...}`, the reason naming the file."""


@dataclass(frozen=True)
class FrameEntry:
    """One frame as a layout lists it, before its images are read.

    Attributes:
        frame_id: unique in the scene; sorts in the order of capture.
        image, depth: absolute paths, or references into files (`resources/stored_images`); no depth image if `depth` is
            None.
        intrinsics: fx, fy, cx, cy of the colour image, pixels.
        depth_intrinsics: those of the depth image; None: as the colour image.
        world_from_camera: 16 numbers, row order, rigid.
        timestamp: seconds, if known.
        depth_scale: stored depth value / depth_scale = metres, where the layout knows it; None: the registration's.
        problem: why the frame cannot be used, if that is known already; image and pose may then be empty.
        lost: whether the problem is only that the camera was not tracked there: no file is missing or wrong.
    """

    frame_id: str
    image: str = ""
    depth: str | None = None
    intrinsics: tuple[float, ...] = ()
    depth_intrinsics: tuple[float, ...] | None = None
    world_from_camera: tuple[float, ...] = ()
    timestamp: float | None = None
    depth_scale: float | None = None
    problem: str | None = None
    lost: bool = False


def read_entries(registration: Registration, entries: Sequence[FrameEntry]) -> tuple[pl.DataFrame, Dropped]:
    """Rows (`ROWS`, no keyframes yet) of the frames whose files are sound, and the others with their reasons."""
    rows, dropped = [], []
    for entry in entries:
        try:
            rows.append(_row(registration, entry))
        except ImageError as error:
            reason = str(error).replace(f"{registration.root.rstrip('/')}/", "")
            dropped.append({"frame_id": entry.frame_id, "reason": reason})
    return pl.DataFrame(rows, schema=ROWS), dropped


def settle_frames(
    registration: Registration, rows: pl.DataFrame, dropped: Dropped, settings: KeyframeSettings | None = None
) -> tuple[pl.DataFrame, Dropped]:
    """The `frames` table of a scene, and all dropped frames, from what `read_entries` gave for all of its chunks.

    Frames of another image size or depth type than most are dropped here, keyframes are chosen, and the depth scale is
    checked against what depths of a room can be.

    Raises:
        SourceError: no frame can be used (the message has the most common reasons), or the depth scale is unknown.
    """
    rows = rows.sort("frame_id")
    dropped = list(dropped)
    for faults in (_odd_color_size, _odd_depth, _bad_intrinsics):
        reasons = faults(rows)
        dropped += [{"frame_id": rows["frame_id"][i], "reason": reason} for i, reason in reasons.items()]
        rows = rows.filter(~pl.int_range(pl.len()).is_in(list(reasons)))
    if rows.is_empty():
        raise SourceError(f"scene {registration.scene_id}: no usable frame in {registration.root}{_summary(dropped)}")
    _check_depth_scale(registration, rows)
    same_grid = (
        (pl.col("depth_width") == pl.col("width"))
        & (pl.col("depth_height") == pl.col("height"))
        & (pl.col("depth_intrinsics") == pl.col("intrinsics"))
    )
    poses = rows["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    rows = rows.with_columns(
        depth_intrinsics=pl.when(~same_grid).then("depth_intrinsics"),
        keyframe=pl.Series(select_keyframes(rows["sharpness"].to_numpy(), poses, settings)),
    )
    return rows.select(FRAMES.schema.names()), sorted(dropped, key=lambda drop: drop["frame_id"])


def _row(registration: Registration, entry: FrameEntry) -> dict:
    """One row of `ROWS`; raises `ImageError` with the reason to drop the frame."""
    if entry.problem:
        raise ImageError(entry.problem)
    image = read_stored(entry.image)
    grey = decode_grey(image, entry.image)
    digest = hashlib.blake2b(_bytes(image), digest_size=SIGNATURE_BYTES)
    row = {
        "frame_id": entry.frame_id,
        "image": entry.image,
        "depth": entry.depth,
        "depth_scale": float(entry.depth_scale or registration.depth_scale or DEFAULT_DEPTH_SCALE),
        "depth_scale_known": entry.depth_scale is not None,
        "width": grey.shape[1],
        "height": grey.shape[0],
        "intrinsics": list(entry.intrinsics),
        "depth_intrinsics": None if entry.depth_intrinsics is None else list(entry.depth_intrinsics),
        "world_from_camera": list(entry.world_from_camera),
        "timestamp": entry.timestamp,
        "sharpness": laplacian_variance(grey),
        "keyframe": False,
    }
    if entry.depth is not None:
        stored = read_stored(entry.depth)
        digest.update(_bytes(stored))
        raw = decode_depth(stored, entry.depth)
        depth = metres(raw[::DEPTH_STRIDE, ::DEPTH_STRIDE], row["depth_scale"])
        known = depth[depth > 0]
        row |= {
            "depth_width": raw.shape[1],
            "depth_height": raw.shape[0],
            "depth_type": str(raw.dtype),
            "depth_median_m": float(np.median(known)) if known.size else None,
        }
    return row | {"signature": digest.hexdigest()}


def _bytes(stored: Stored) -> bytes:
    return stored if isinstance(stored, bytes) else np.ascontiguousarray(stored).tobytes()


def _odd_color_size(rows: pl.DataFrame) -> dict[int, str]:
    """Row -> reason, of frames whose colour image has another size than most."""
    sizes = rows.select("width", "height").rows()
    centers = rows["intrinsics"].to_list()
    expected = _most_common([(size, _off_center(size, center)) for size, center in zip(sizes, centers, strict=True)])
    return {
        i: f"{_name(rows['image'][i])}: is {_times(size)} pixels, but the scene's colour images are {_times(expected)}"
        for i, size in enumerate(sizes)
        if size != expected
    }


def _odd_depth(rows: pl.DataFrame) -> dict[int, str]:
    """Row -> reason, of frames whose depth image has another size or type than most, or than its intrinsics allow."""
    rows = rows.with_row_index().filter(pl.col("depth").is_not_null())
    kinds = rows.select("depth_width", "depth_height", "depth_type").rows()
    sizes = rows.select("width", "height").rows()
    centers = [own or shared for own, shared in rows.select("depth_intrinsics", "intrinsics").rows()]
    expected = _most_common(
        [(kind, _off_center(kind[:2], center)) for kind, center in zip(kinds, centers, strict=True)]
    )
    reasons = {}
    for index, path, kind, size, own in zip(
        rows["index"], rows["depth"], kinds, sizes, rows["depth_intrinsics"], strict=True
    ):
        is_this = f"{_name(path)}: is {_times(kind[:2])} pixels of {kind[2]}"
        if kind != expected:
            reasons[index] = f"{is_this}, but the scene's depth images are {_times(expected[:2])} of {expected[2]}"
        elif own is None and kind[:2] != size:
            reasons[index] = (
                f"{is_this}, but the colour image is {_times(size)}; give the depth camera's own intrinsics"
            )
    return reasons


def _bad_intrinsics(rows: pl.DataFrame) -> dict[int, str]:
    """Row -> reason, of frames whose principal point lies outside of the image that it belongs to."""
    reasons = {}
    columns = ("width", "height", "intrinsics", "depth_width", "depth_height", "depth_intrinsics")
    for index, (width, height, color, depth_width, depth_height, depth) in enumerate(rows.select(columns).rows()):
        for what, wide, high, intrinsics in (
            ("colour", width, height, color),
            ("depth", depth_width, depth_height, depth),
        ):
            if wide is None or intrinsics is None:
                continue
            _, _, cx, cy = intrinsics
            if not (0 < cx < wide and 0 < cy < high):
                reasons[index] = (
                    f"intrinsics of the {what} image: the principal point ({cx:g}, {cy:g}) lies outside of its "
                    f"{wide}x{high} pixels"
                )
    return reasons


def _check_depth_scale(registration: Registration, rows: pl.DataFrame) -> None:
    """Raise `SourceError` if the stored depths cannot be metres after division by the depth scale.

    A layout that knows the scale of each depth image is believed.
    """
    rows = rows.filter(pl.col("depth").is_not_null())
    if rows["depth_scale_known"].all():
        return
    given = registration.depth_scale is not None
    advice = (
        "register the scene with depth_scale = stored value per metre "
        "(1000 for millimetres, 1 for metres, 4000 Matterport3D, 5000 TUM, 6553.5 Replica)"
    )
    for kind, path in rows.select("depth_type", "depth").head(1).rows():
        if kind != "uint16" and not given:
            raise SourceError(
                f"scene {registration.scene_id}: unknown depth scale: {path} holds {kind}, not uint16 millimetres; "
                f"{advice}"
            )
    median = rows["depth_median_m"].median()
    low, high = PLAUSIBLE_DEPTH_OF_GIVEN_SCALE_M if given else PLAUSIBLE_DEPTH_M
    if median is not None and not low <= median <= high:
        scale = registration.depth_scale or DEFAULT_DEPTH_SCALE
        raise SourceError(
            f"scene {registration.scene_id}: unknown depth scale: with depth_scale={scale:g} the median depth in "
            f"{registration.root} is {median:.4g} m, outside of {low:g} to {high:g} m; {advice}"
        )


def _most_common(votes: Sequence[tuple[tuple, float]]) -> tuple | None:
    """The most frequent kind of (kind, penalty) votes; of several, the one with the smallest penalty."""
    counts = Counter(kind for kind, _ in votes)
    penalty = dict(votes)
    return min(counts, key=lambda kind: (-counts[kind], penalty[kind], kind)) if counts else None


def _off_center(size: tuple[int, int], intrinsics: Sequence[float]) -> float:
    """How far a principal point lies from the middle of an image, pixels: small where they belong together."""
    return abs(size[0] / 2 - intrinsics[2]) + abs(size[1] / 2 - intrinsics[3])


def _summary(dropped: Dropped) -> str:
    """The most common reasons, counted as the same where only numbers (as in file names) differ."""
    if not dropped:
        return " (it holds none)"
    kinds = [re.sub(r"\d+", "#", drop["reason"]) for drop in dropped]
    example = {kind: drop["reason"] for kind, drop in zip(reversed(kinds), reversed(dropped), strict=True)}
    common = [f"{count} x like {example[kind]!r}" for kind, count in Counter(kinds).most_common(3)]
    return f"; {len(dropped)} dropped: {'; '.join(common)}"


def _name(path: str) -> str:
    """The last folder and file name, such as `color/000016.jpg`."""
    return "/".join(path.rsplit("/", 2)[-2:])


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
