"""Trimaps: which pixels of an object its depth makes certain, and which are left to colour.

Depth decides almost everywhere. Colour decides where depth cannot: pixels without depth, the foot of an object where it
meets its support, and pixels that lie inside the boxes of two objects. A pixel whose depth contradicts the box's ray
interval is never the object. What does not belong here: the cut itself (`resources/segmenter/grabcut.py`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.regions import Mask, bounding_box, dilated, eroded, window_of
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.visibility.ray_interval import FAR_INVERSE, face_planes, inverse_interval
from openspatial_assets.engine.visibility.settings import VisibilitySettings

MARGIN_SHARE, MARGIN_PX = 0.15, 10
"""The crop around an object is its mask's box grown by this share of the longer side, and at least so many pixels:
enough background for a colour model."""

CONTAINED_SHARE = 0.9
"""An object of which so much lies inside another's box (a book in a shelf) is contained, not contested: its pixels are
its own. Less (a chair's box that reaches over a table top) leaves the shared pixels to colour."""

MIN_SURE_SHARE = 0.1
"""With less of the mask certain, there is no colour model of the object to decide with, and the mask stays."""

SAMPLE_GAP_PX = 1
"""What is uncertain grows by one sampled pixel: its border runs somewhere between two of them."""

NOBODY = -1


@dataclass(frozen=True)
class DepthView:
    """What depth says of the objects of one frame.

    Attributes:
        masks: `(n, h, w)` the mask of each object before refinement: its depth mask, or its silhouette.
        volumes: `(n,)` of their boxes, cubic metres.
        depth: `(h, w)` metres, 0 = none; None where masks are silhouettes and depth has no say.
        farthest, nearest: `(h, w)` inverse depth at either end of a depth's tolerance, 1/m; None likewise.
        planes: the boxes' `face_planes`.
        raised_planes: the same of boxes whose foot is raised by the support zone.
    """

    masks: NDArray[np.bool_]
    volumes: NDArray[np.float64]
    depth: NDArray[np.float32] | None
    farthest: NDArray[np.float32] | None
    nearest: NDArray[np.float32] | None
    planes: tuple[NDArray, NDArray]
    raised_planes: tuple[NDArray, NDArray]


@dataclass(frozen=True)
class Trimap:
    """What is left to colour around one object.

    Attributes:
        window: rows and columns of the crop in the image.
        labels: `(rows, columns)` uint8 of `cv2.GC_*` on the crop scaled down.
        sure: `(h, w)` pixels of the crop that are the object whatever colour says.
        possible: `(h, w)` pixels of the crop that may be the object.
    """

    window: tuple[slice, slice]
    labels: NDArray[np.uint8]
    sure: Mask
    possible: Mask

    @property
    def decidable(self) -> bool:
        """Whether something is left to decide, and enough is certain on both sides to decide it by."""
        sure, probable = np.count_nonzero(self.labels == cv2.GC_FGD), np.count_nonzero(self.labels == cv2.GC_PR_FGD)
        return bool(
            (self.labels >= cv2.GC_PR_BGD).any()
            and (self.labels == cv2.GC_BGD).any()
            and sure > MIN_SURE_SHARE * (sure + probable)
        )


def view_of_frame(
    camera: Camera,
    boxes: Boxes,
    masks: NDArray[np.bool_],
    depth: NDArray[np.float32] | None,
    visibility: VisibilitySettings | None,
    settings: MaskSettings,
) -> DepthView:
    """The depth view of objects with `boxes` `(n,)` (world) and `masks` `(n, h, w)`.

    Args:
        depth: `(h, w)` metres; None if the masks are silhouettes.
        visibility: the tolerances of depth masks; None with no depth.
    """
    farthest = nearest = None
    if depth is not None and visibility is not None:
        tolerance = visibility.occlusion_tolerance_m + visibility.depth_noise_per_m * depth
        farthest, nearest = 1 / (depth + tolerance), 1 / np.maximum(depth - tolerance, 1 / FAR_INVERSE)
    raised = raised_foot(boxes, settings.support_zone_m, settings.support_share)
    planes, raised_planes = face_planes(camera, boxes), face_planes(camera, raised)
    return DepthView(masks, boxes.volumes, depth, farthest, nearest, planes, raised_planes)


def raised_foot(boxes: Boxes, zone_m: float, max_share: float) -> Boxes:
    """Boxes `(n,)` without their lowest `zone_m`, but at most `max_share` of their length along the upright axis."""
    upright = np.abs(boxes.rotations[:, 2, :]).argmax(axis=1)
    rows = np.arange(len(boxes))
    cut = np.minimum(zone_m, max_share * boxes.extents[rows, upright])
    extents = boxes.extents.copy()
    extents[rows, upright] -= cut
    axes = boxes.rotations[rows, :, upright]
    up = axes * np.where(axes[:, 2:] < 0, -1.0, 1.0)
    return Boxes(boxes.centers + up * (cut / 2)[:, None], extents, boxes.rotations)


def owners_of(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`(h, w)` index of the mask that has a pixel, the last of several; `NOBODY` where none has it."""
    owners = np.full(masks.shape[1:], NOBODY)
    for index, mask in enumerate(masks):
        owners[mask] = index
    return owners


def trimap_of(view: DepthView, index: int, owners: NDArray[np.int64], settings: MaskSettings) -> Trimap:
    """The trimap of object `index`.

    Args:
        owners: `(h, w)` which object has each pixel so far. Pixels that no object or one with a larger box has may
            become this object's. Silhouettes overlap, so without depth owners do not count.
    """
    xmin, ymin, xmax, ymax = bounding_box(view.masks[index])
    margin = max(MARGIN_PX, int(MARGIN_SHARE * max(xmax - xmin, ymax - ymin)))
    window = window_of(view.masks[index], margin)
    base = view.masks[index][window]
    rows, columns = _samples(base.shape, settings.grabcut_max_pixels)
    if view.depth is None:
        possible, uncertain = base, ~eroded(base, settings.uncertain_band_px)[np.ix_(rows, columns)]
    else:
        owner = owners[window]
        base = base & (owner == index)
        possible = _possible(view, index, window, settings) & _free(view, index, owner) | base
        uncertain = dilated(possible & ~base, settings.uncertain_band_px)[np.ix_(rows, columns)]
        uncertain |= _contested(view, index, window, base, rows, columns)
    small_base, small_possible = base[np.ix_(rows, columns)], possible[np.ix_(rows, columns)]
    labels = np.full(small_base.shape, cv2.GC_BGD, dtype=np.uint8)
    labels[small_possible] = cv2.GC_PR_BGD
    labels[small_base] = cv2.GC_FGD
    labels[small_base & uncertain] = cv2.GC_PR_FGD
    return Trimap(window, labels, base & ~enlarged(uncertain, base.shape), possible)


def enlarged(mask: Mask, shape: tuple[int, int]) -> Mask:
    """A mask scaled to `shape`, each pixel the nearest one's."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)


def _samples(shape: tuple[int, int], max_pixels: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns nearest to the pixel centres of a crop `shape` scaled down to at most `max_pixels`."""
    scale = min(1.0, (max_pixels / (shape[0] * shape[1])) ** 0.5)
    counts = [max(1, int(length * scale)) for length in shape]
    rows, columns = (
        ((np.arange(count) + 0.5) * length / count).astype(int) for count, length in zip(counts, shape, strict=True)
    )
    return rows, columns


def _grid(window: tuple[slice, slice]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Columns u and rows v of a window."""
    rows, columns = window
    return np.arange(columns.start, columns.stop, dtype=np.float32), np.arange(rows.start, rows.stop, dtype=np.float32)


def _possible(view: DepthView, index: int, window: tuple[slice, slice], settings: MaskSettings) -> Mask:
    """Pixels of the silhouette whose depth fits the box, or that have none and are in no sensor shadow."""
    depth, farthest, nearest = view.depth[window], view.farthest[window], view.nearest[window]
    entry, leave = inverse_interval(view.planes[0][index], view.planes[1][index], *_grid(window))
    fits, unknown = (farthest <= entry) & (nearest >= leave), depth == 0
    if unknown.any():
        unknown &= ~dilated((nearest < leave) & ~unknown, settings.sensor_shadow_px)
    return (entry >= leave) & (entry > 0) & (unknown | fits & (depth > 0))


def _free(view: DepthView, index: int, owner: NDArray[np.int64]) -> Mask:
    """Pixels that this object may take: nobody's, or those of an object with a larger box."""
    return np.append(view.volumes > view.volumes[index], True)[owner]


def _contested(
    view: DepthView,
    index: int,
    window: tuple[slice, slice],
    base: Mask,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Mask:
    """Of the sampled pixels, those in the object's support zone, or inside another object's box as well."""
    u, v = _grid(window)
    samples = np.ix_(rows, columns)
    base, depth = base[samples], view.depth[window][samples]
    farthest, nearest = view.farthest[window][samples], view.nearest[window][samples]
    _, leave = inverse_interval(view.raised_planes[0][index], view.raised_planes[1][index], u[columns], v[rows])
    contested = base & (depth * leave > 1)
    for other in range(len(view.masks)):
        if other != index:
            entry, leave = inverse_interval(view.planes[0][other], view.planes[1][other], u[columns], v[rows])
            shared = base & (entry >= leave) & (farthest <= entry) & (nearest >= leave)
            if np.count_nonzero(shared) < CONTAINED_SHARE * np.count_nonzero(base):
                contested |= shared
    return dilated(contested, SAMPLE_GAP_PX)
