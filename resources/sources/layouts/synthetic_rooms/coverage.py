"""How many pixels of each object a frame shows, and how many it would show if nothing else were there.

What does not belong here: pictures (`render.py`) and how the counts are kept (`truth.py`).
"""

from collections.abc import Sequence

import cv2
import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from resources.sources.layouts.synthetic_rooms.render import Frame
from resources.sources.layouts.synthetic_rooms.scene import Solids, ray_caster

NEAR_M = 0.02
"""A box with a corner nearer than this, or behind the camera, may fill the picture."""
MARGIN_PX = 2
FAR_PX = 20_000
"""OpenCV draws polygons whose corners are not much farther outside the image than this."""


def object_casters(solids: Solids, objects: int) -> list[o3d.t.geometry.RaycastingScene]:
    """A ray-casting scene for each object alone."""
    return [ray_caster(solids.vertices[solids.instance == index]) for index in range(1, objects + 1)]


def visible_pixels(instance: NDArray[np.uint16], objects: int) -> NDArray[np.int64]:
    """`(objects,)` pixels of each index from 1 in an instance map."""
    return np.bincount(instance.ravel(), minlength=objects + 1)[1:]


def unoccluded_pixels(
    casters: Sequence[o3d.t.geometry.RaycastingScene],
    boxes: Boxes,
    camera: Camera,
    rays: NDArray[np.float32],
    frame: Frame,
) -> NDArray[np.int64]:
    """`(objects,)` pixels of the image that each object would cover alone.

    Only pixels where something else is seen inside the outline of the object's box, and nearer than its far end, need a
    ray: elsewhere the object would be seen if it were there.

    Args:
        boxes: `(objects,)` their boxes, world.
        rays: `(h * w, 6)` of the frame's pixels.
    """
    pixels, depth = camera.project(boxes.corners)
    instance, seen = frame.instance.ravel(), np.where(frame.depth > 0, frame.depth, np.inf).ravel()
    counts = np.zeros(len(casters), np.int64)
    for k, caster in enumerate(casters):
        if depth[k].max() <= 0:
            continue
        window = _outline(pixels[k], frame.instance.shape) if depth[k].min() > NEAR_M else np.arange(seen.size)
        shown = instance[window] == k + 1
        counts[k] = np.count_nonzero(shown)
        hidden = window[~shown & (seen[window] < depth[k].max() + NEAR_M)]
        if len(hidden):
            met = caster.test_occlusions(o3d.core.Tensor(np.take(rays, hidden, axis=0)))
            counts[k] += np.count_nonzero(met.numpy())
    return counts


def _outline(corners: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Flat indices of the pixels of an image in or near the outline of projected corners `(8, 2)`."""
    size = np.array(shape[::-1])
    low = np.clip(np.floor(corners.min(0)) - MARGIN_PX, 0, size).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 1 + MARGIN_PX, 0, size).astype(int)
    window = np.zeros(np.maximum(high - low, 0)[::-1], np.uint8)
    if window.size == 0:
        return np.empty(0, np.int64)
    hull = cv2.convexHull(np.round(np.clip(corners, -FAR_PX, FAR_PX) - low).astype(np.int32))
    cv2.fillConvexPoly(window, hull, 1)
    cv2.polylines(window, [hull], True, 1, 2 * MARGIN_PX + 1)
    rows, columns = np.nonzero(window)
    return (rows + low[1]) * size[0] + columns + low[0]
