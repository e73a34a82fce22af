"""From registered frames of a video to the table `depth_maps`: depth that several views agree on, in 16-bit images.

The work is in two steps, so that many processes can share it: `raw_depth_of_frames` estimates each frame's depth by
itself, and `depth_maps_of` compares those of all frames. What does not belong here: the estimators
(`resources/depth_estimator`), the comparison (`engine/reconstruction/consistency.py`), and poses (`reconstruction.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.consistency import (
    DepthView,
    checked,
    filled,
    without_pinholes,
    without_specks,
)
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from resources import depth_estimator
from resources.depth_estimator import DepthError, View
from resources.depth_images import DepthFolder, fitting_scale
from resources.images import ImageError, camera_of, read_color
from resources.tables import DEPTH_MAPS

RULE_VERSION = "1"
"""Changes when the meaning of `depth_maps` changes, so that what was made before is out of date."""

RANGE_PERCENTILES = (1, 99)
"""Of the depths of a frame's points, where its row gives no range: nearly all, without a false one at either end."""


@dataclass(frozen=True)
class RawDepth:
    """What was estimated for one frame, before any comparison.

    Attributes:
        frame_id: of the frame.
        depth: `(h, w)` camera z, world units; 0 = none.
    """

    frame_id: str
    depth: NDArray[np.float32]


def raw_depth_of_frames(chunk: pl.DataFrame, all_rows: pl.DataFrame, settings: DepthMapSettings) -> list[RawDepth]:
    """The depth of the registered frames of `chunk`, sorted by frame.

    Args:
        chunk: some rows of `reconstructions`.
        all_rows: all of the scene's, or at least those that `chunk` names as neighbors.

    Raises:
        DepthError: the estimator cannot be used as it is set.
        ImageError: an image cannot be read, or has another size than its row says.
    """
    estimator = depth_estimator.load(settings)
    rows = {row["frame_id"]: row for row in _registered(all_rows).iter_rows(named=True)}

    @cache
    def view_of(frame_id: str) -> View | None:
        return _view(rows[frame_id], settings.image_side)

    raw = []
    for row in _registered(chunk).iter_rows(named=True):
        view = view_of(row["frame_id"])
        if view is None:
            camera = camera_of(row).shrunk(settings.image_side)
            raw.append(RawDepth(row["frame_id"], np.zeros((camera.height, camera.width), np.float32)))
            continue
        neighbors = [view_of(name) for name in row["neighbors"] if name in rows]
        depth = estimator.estimate(view, [neighbor for neighbor in neighbors if neighbor is not None])
        raw.append(RawDepth(row["frame_id"], depth))
    return raw


def depth_maps_of(
    all_rows: pl.DataFrame, raw: Iterable[RawDepth], settings: DepthMapSettings, folder: str
) -> pl.DataFrame:
    """The rows of `depth_maps` of a scene, sorted by frame; its depth images are written to `folder`.

    Args:
        all_rows: all rows of `reconstructions`.
        raw: the depth of all registered frames, in any order.
        folder: path or fsspec URL.

    Raises:
        DepthError: there are registered frames, but nowhere do their views agree on any depth.
        OSError: an image cannot be written.
    """
    registered = _registered(all_rows)
    if registered.is_empty():
        return DEPTH_MAPS.empty()
    depth = {item.frame_id: item.depth for item in raw}
    neighbors = dict(registered.select("frame_id", "neighbors").iter_rows())
    views = {
        row["frame_id"]: DepthView(camera_of(row).resized(*depth[row["frame_id"]].shape[::-1]), depth[row["frame_id"]])
        for row in registered.iter_rows(named=True)
    }
    agreed = _agreed(views, neighbors, settings)
    deepest = max(float(view.depth.max()) for view in agreed.values())
    if deepest <= 0:
        raise DepthError(
            f"no two views of the video agree on any depth ({len(views)} frames, depth_maps.estimator="
            f"{settings.estimator}): film slowly, moving sideways as well as turning, past things with texture; or "
            f"raise depth_maps.tolerance ({settings.tolerance:g}) or lower depth_maps.min_agreeing "
            f"({settings.min_agreeing})"
        )
    scale, place = fitting_scale(deepest), DepthFolder.of(folder)
    rows = [
        place.row(frame_id, view.depth, view.camera.intrinsics, scale, settings.estimator, view.disagreement)
        for frame_id, view in agreed.items()
    ]
    return pl.DataFrame(rows, schema=DEPTH_MAPS.schema)


def _agreed(
    views: Mapping[str, DepthView], neighbors: Mapping[str, list[str]], settings: DepthMapSettings
) -> dict[str, DepthView]:
    """The views with what their neighbours agree on."""

    def others(of: Mapping[str, DepthView], frame_id: str) -> list[DepthView]:
        return [of[name] for name in neighbors[frame_id] if name in of][: settings.checked_neighbors]

    sound = {name: checked(view, others(views, name), settings) for name, view in views.items()}
    if settings.fill:
        sound = {
            name: without_pinholes(filled(view, others(sound, name), settings), settings)
            for name, view in sound.items()
        }
    return {name: without_specks(view, settings) for name, view in sound.items()}


def _registered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter("registered").sort("frame_id")


def _view(row: Mapping[str, Any], image_side: int) -> View | None:
    """The view of a row of `reconstructions`; None where nothing says how deep it is."""
    image = read_color(row["image"])
    if image.shape[:2] != (row["height"], row["width"]):
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise ImageError(f"{row['image']}: is {size} pixels, but the frame is {row['width']}x{row['height']}")
    camera = camera_of(row).shrunk(image_side)
    points = np.array([[point["x"], point["y"], point["z"]] for point in row["points"]], np.float64).reshape(-1, 3)
    depths = camera.camera_from_world(points)[:, 2]
    points, depths = points[depths > 0], depths[depths > 0]
    depth_range = row["depth_range"]
    if depth_range is None:
        if not len(depths):
            return None
        depth_range = np.percentile(depths, RANGE_PERCENTILES).tolist()
    image = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return View(row["frame_id"], image, camera, points, tuple(depth_range))
