"""Which pixels of a depth image lie in which oriented box: each pixel's depth against its ray's entry and exit.

For the masks stage: `depth_masks` gives the full-resolution masks of all objects of one frame, `silhouette_mask` the
whole projected box. What does not belong here: the ray's entry and exit themselves (`face_planes.py`), whose a pixel is
that lies in several boxes (`ownership.py`), and counting pixels of many boxes quickly (`counting.py`).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.face_planes import FacePlanes, face_planes, inverse_interval, over_image
from openspatial_assets.engine.visibility.frustum import Views, project_boxes
from openspatial_assets.engine.visibility.ownership import LocalBoxes, SeenPixels, owned
from openspatial_assets.engine.visibility.settings import VisibilitySettings

EXIT_SHARE = 0.5
"""Behind its exit a box gets this share of the tolerance that it gets before its entry. A box is annotated around the
surfaces that are seen; what lies just behind it is most often the wall that it touches."""


def pixels_of_boxes(
    planes: FacePlanes,
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    depth: NDArray[np.float32],
    settings: VisibilitySettings,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """What the depth of each pixel `(*, height, width)` says of a box: the comparison of depth and ray interval.

    Args:
        u, v: as in `inverse_interval`.
        depth: `(*, height, width)` metres at these pixels, 0 = none.

    Returns:
        silhouette: the pixel's ray meets the box.
        inside: and its depth lies in the box: not nearer than its entry or farther than its exit, but for the
            tolerance, and above its support.
        occluded: or it is nearer. The rest of the silhouette has no depth, or sees through the box.
    """
    entry, leave = inverse_interval(planes, u, v)
    tolerance = np.float32(settings.depth_noise_per_m) * depth + np.float32(settings.occlusion_tolerance_m)
    silhouette = entry >= leave
    known = silhouette & (depth > 0)
    occluded = known & ((depth + tolerance) * entry < 1)
    inside = known & ~occluded & ((depth - np.float32(EXIT_SHARE) * tolerance) * leave <= 1)
    inside &= depth * over_image(planes.support, u, v) <= 1
    return silhouette, inside, occluded


def silhouette_mask(camera: Camera, box: Boxes) -> NDArray[np.bool_]:
    """Pixels `(height, width)` whose ray meets the box: one box, with a leading axis of length 1 or without."""
    box = Boxes(box.centers.reshape(1, 3), box.extents.reshape(1, 3), box.rotations.reshape(1, 3, 3))
    views = Views.of([camera])
    projection = project_boxes(views, box)
    planes = face_planes(views, box, projection.frame, projection.box, VisibilitySettings())
    mask = np.zeros((camera.height, camera.width), dtype=bool)
    for place, (x0, y0, x1, y1) in enumerate(projection.window):
        entry, leave = inverse_interval(planes[place], *_grid(x0, y0, x1, y1))
        mask[y0:y1, x0:x1] = entry >= leave
    return mask


def depth_masks(
    camera: Camera, depth: NDArray[np.float32], boxes: Boxes, settings: VisibilitySettings
) -> NDArray[np.bool_]:
    """The pixels of each object of one frame, at full resolution.

    Args:
        depth: `(height, width)` metres, 0 = none.
        boxes: `(n,)` in the world: **all** boxes of the scene (or all that project into the frame), because a pixel
            that lies in several boxes is given to only one of them.

    Returns:
        `(n, height, width)` bool; no pixel is in two masks, and no mask has parts under `min_speck_px`.
    """
    views = Views.of([camera])
    projection = project_boxes(views, boxes)
    planes = face_planes(views, boxes, projection.frame, projection.box, settings)
    masks = np.zeros((len(boxes), *depth.shape), dtype=bool)
    covered = np.zeros(depth.shape, dtype=np.uint16)
    windows = [
        (box, slice(y0, y1), slice(x0, x1))
        for box, (x0, y0, x1, y1) in zip(projection.box, projection.window, strict=True)
    ]
    for place, window in enumerate(windows):
        _, rows, columns = window
        grid = _grid(columns.start, rows.start, columns.stop, rows.stop)
        _, masks[window], _ = pixels_of_boxes(planes[place], *grid, depth[rows, columns], settings)
        covered[rows, columns] += masks[window]
    v, u = np.nonzero(covered > 1)
    pixel, box = np.nonzero(masks[:, v, u].T)
    seen = LocalBoxes.seen_from(views, boxes, np.zeros(len(boxes), np.intp), np.arange(len(boxes)))
    pixels = SeenPixels.of(camera, DepthImage(depth), v * camera.width + u)
    lost = ~owned(seen, seen.local(pixels.points[:, pixel], box), pixels.normals()[:, pixel], pixel, box)
    masks[box[lost], v[pixel[lost]], u[pixel[lost]]] = False
    for window in windows:
        masks[window] = _without_specks(masks[window], settings.min_speck_px)
    return masks


def _grid(x0: int, y0: int, x1: int, y1: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)


def _without_specks(mask: NDArray[np.bool_], min_speck_px: int) -> NDArray[np.bool_]:
    """The mask without connected parts under `min_speck_px` pixels: edges of other objects, noise."""
    if not mask.any():  # the window of a box that projects between two rows is empty, which OpenCV does not survive
        return mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_speck_px
    keep[0] = False
    return keep[labels]
