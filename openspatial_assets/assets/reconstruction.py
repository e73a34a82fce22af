"""The table `reconstructions`: keyframes of a plain video, with poses in an upright world.

What does not belong here: decoding and structure from motion (`resources`), depth (`depth_maps.py`), and the layout
that joins both into frames (`resources/sources/layouts/video.py`).
"""

import hashlib

import fsspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.keyframes import Keyframe, choose_keyframes
from openspatial_assets.engine.reconstruction.pairs import view_worth
from openspatial_assets.engine.reconstruction.settings import ReconstructionSettings
from openspatial_assets.engine.reconstruction.upright import Upright, upright_world
from resources.files import write_whole
from resources.images import decode_color
from resources.reconstructor import Model, ReconstructionError, model_of
from resources.sources.layouts.video import camera_height_of
from resources.sources.registration import Registration
from resources.tables import RECONSTRUCTIONS
from resources.video import encode_jpeg, frames_of

RULE_VERSION = "1"

FRAME_DIGITS = 6
SIGNATURE_BYTES = 16
NAME_DIGITS = 12
"""Of the hash of a picture's bytes, in its file's name: a recomputation never overwrites what older rows name."""

DEPTH_RANGE_PERCENTILES = (1.0, 99.0)
"""Of the points a frame sees: a few are triangulated wrongly."""


def reconstruction_of(
    registration: Registration, settings: ReconstructionSettings, folder: str, threads: int
) -> pl.DataFrame:
    """The `reconstructions` rows of a video scene; its keyframes' pictures are written under `folder`.

    Args:
        folder: a path or fsspec URL.
        threads: for features and matches; the result does not depend on it.

    Raises:
        ReconstructionError: the file is no video, gives too few keyframes, or too few of them can be registered.
        OSError: a picture cannot be written.
    """
    scene = f"scene {registration.scene_id}: {registration.root}"
    camera_height = camera_height_of(registration)
    stream = frames_of(registration.root, settings.max_image_side, scene)
    keyframes = choose_keyframes(stream, encode_jpeg, settings.keyframe_motion, settings.max_keyframes)
    if len(keyframes) < settings.min_keyframes:
        raise ReconstructionError(
            f"{scene}: gives only {len(keyframes)} keyframes, and {settings.min_keyframes} are needed "
            "(reconstruction.min_keyframes): it is too short, or the camera hardly moves; film longer, walking sideways"
        )
    model = model_of([keyframe.image for keyframe in keyframes], settings, threads, scene)
    depths = _depths(model)
    upright = upright_world(
        model.world_from_camera[model.registered],
        model.points,
        float(np.median(depths[model.seen])),
        settings.gravity_cone_deg,
        camera_height,
    )
    if camera_height is not None and not upright.has_floor:
        raise ReconstructionError(
            f"{scene}: option camera_height_m is given, but no floor is seen to measure from; give known_length "
            "instead, or neither"
        )
    return _rows(keyframes, model, upright, camera_height is not None, settings, folder)


def _rows(
    keyframes: list[Keyframe],
    model: Model,
    upright: Upright,
    metric: bool,
    settings: ReconstructionSettings,
    folder: str,
) -> pl.DataFrame:
    filesystem, root = fsspec.core.url_to_fs(folder)
    to_world = upright.target_from_source
    points, poses = to_world.points(model.points), to_world.poses(model.world_from_camera)
    depths = _depths(model) * to_world.scale
    neighbors = _neighbors(model, settings.neighbors_per_frame)
    intrinsics = model.lens.pinhole()
    names = [f"{keyframe.number:0{FRAME_DIGITS}d}" for keyframe in keyframes]
    rows = []
    for index, (keyframe, name) in enumerate(zip(keyframes, names, strict=True)):
        image, registered = keyframe.image, bool(model.registered[index])
        if not model.lens.is_straight:
            image = encode_jpeg(model.lens.undistorted(decode_color(image, name)))
        digest = hashlib.blake2b(image, digest_size=SIGNATURE_BYTES).hexdigest()
        path = f"{root.rstrip('/')}/{name}-{hashlib.blake2b(image).hexdigest()[:NAME_DIGITS]}.jpg"
        write_whole(filesystem, path, image, what=f"keyframe {name}")
        row = {
            "frame_id": name,
            "image": filesystem.unstrip_protocol(path) if "://" in folder else path,
            "width": model.lens.width,
            "height": model.lens.height,
            "timestamp": keyframe.timestamp,
            "sharpness": keyframe.sharpness,
            "registered": registered,
            "reason": model.reasons[index],
            "points": [],
            "neighbors": [],
            "gravity_aligned": upright.gravity_aligned,
            "metric": metric,
            "signature": digest,
        }
        if registered:
            seen = np.flatnonzero(model.seen[index])
            row |= {
                "intrinsics": intrinsics.tolist(),
                "world_from_camera": poses[index].ravel().tolist(),
                "reprojection_error": float(model.reprojection_errors[index]),
                "points": [
                    dict(zip("xyz", point, strict=True)) for point in points[_sample(seen, model, settings)].tolist()
                ],
                "depth_range": np.percentile(depths[index, seen], DEPTH_RANGE_PERCENTILES).tolist(),
                "neighbors": [names[other] for other in neighbors[index]],
            }
        rows.append(row)
    return pl.DataFrame(rows, schema=RECONSTRUCTIONS.schema)


def _depths(model: Model) -> NDArray[np.float64]:
    """`(f, p)` camera z of each point, in the model's units; NaN where the frame is not registered."""
    offsets = model.points[None] - model.world_from_camera[:, None, :3, 3]
    return np.einsum("fpi,fi->fp", offsets, model.world_from_camera[:, :3, 2])


def _neighbors(model: Model, most: int) -> list[list[int]]:
    """Of each frame, the frames that help most to find its depth, best first."""
    worth = view_worth(model.world_from_camera[:, :3, 3], model.points, model.seen)
    order = np.argsort(-worth, axis=1, kind="stable")[:, :most]
    return [[int(other) for other in best if row[other] > 0] for row, best in zip(worth, order, strict=True)]


def _sample(seen: NDArray[np.int64], model: Model, settings: ReconstructionSettings) -> NDArray[np.int64]:
    """Of the points a frame sees, at most `points_per_frame`: those that most frames see, which are the most exact."""
    order = np.argsort(-model.seen[:, seen].sum(axis=0), kind="stable")[: settings.points_per_frame]
    return np.sort(seen[order])
