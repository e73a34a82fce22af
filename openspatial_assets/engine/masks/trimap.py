"""Trimaps: which pixels of an object its depth makes certain, and which are left to colour.

Depth decides almost everywhere. Colour decides where depth cannot: pixels without depth and the rim around them, and
the foot of an object where it meets its support. A pixel whose depth contradicts the box's ray interval is never the
object. What does not belong here: the cut itself (`resources/segmenter/grabcut.py`).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.masks.partial_clouds import cropped
from openspatial_assets.engine.masks.regions import Mask, bounding_box, dilated, eroded, window_of
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.support import heights, support_height
from openspatial_assets.engine.visibility.face_planes import FacePlanes, face_planes, over_image
from openspatial_assets.engine.visibility.frustum import Views
from openspatial_assets.engine.visibility.ray_interval import pixels_of_boxes
from openspatial_assets.engine.visibility.settings import VisibilitySettings

MARGIN_SHARE, MARGIN_PX = 0.15, 10
"""The crop around an object is its mask's box grown by this share of the longer side, and at least so many pixels:
enough background for a colour model."""

MIN_SURE_SHARE = 0.1
"""With less of the mask certain, there is no colour model of the object to decide with, and the mask stays."""

NOBODY = -1
"""The owner of a pixel that is in no object's mask."""


@dataclass(frozen=True)
class DepthView:
    """What depth says of the objects of one frame.

    Attributes:
        camera: of the frame.
        boxes: `(n,)` of the objects, in the world.
        masks: `(n, h, w)` the mask of each object before refinement: its depth mask, or its silhouette.
        depth: `(h, w)` metres, 0 = none; None where masks are silhouettes.
        visibility: the tolerances of depth masks; None likewise.
    """

    camera: Camera
    boxes: Boxes
    masks: NDArray[np.bool_]
    depth: NDArray[np.float32] | None = None
    visibility: VisibilitySettings | None = None

    @cached_property
    def volumes(self) -> NDArray[np.float64]:
        """`(n,)` of the boxes, cubic metres."""
        return self.boxes.volumes

    @cached_property
    def planes(self) -> FacePlanes:
        """Faces of the boxes; their support is where depth masks end above what the object stands on."""
        every = np.arange(len(self.boxes))
        return face_planes(Views.of([self.camera]), self.boxes, np.zeros_like(every), every, self.visibility)


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


def owners_of(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`(h, w)` index of the mask that has a pixel, the last of several; `NOBODY` where none has it."""
    owners = np.full(masks.shape[1:], NOBODY)
    for index, mask in enumerate(masks):
        owners[mask] = index
    return owners


def trimap_of(view: DepthView, index: int, owners: NDArray[np.int64], settings: MaskSettings) -> Trimap:
    """The trimap of object `index`.

    Args:
        owners: `(h, w)` which object has each pixel so far; what another has is not this one's, but for its own foot.
            Silhouettes overlap, so without depth owners do not count.
    """
    xmin, ymin, xmax, ymax = bounding_box(view.masks[index])
    margin = max(MARGIN_PX, int(MARGIN_SHARE * max(xmax - xmin, ymax - ymin)))
    window = window_of(view.masks[index], margin)
    base = view.masks[index][window]
    if view.depth is None:
        possible, uncertain = base, ~eroded(base, settings.uncertain_band_px)
    else:
        owner = owners[window]
        base = base & (owner == index)
        possible = _possible(view, index, window, owner, settings) | base
        uncertain = _near_holes(view, window, possible, settings)
        uncertain |= _at_support(view, index, window, owner, settings)
    labels = np.full(base.shape, cv2.GC_BGD, dtype=np.uint8)
    labels[possible] = cv2.GC_PR_BGD
    labels[base] = cv2.GC_FGD
    labels[base & uncertain] = cv2.GC_PR_FGD
    return Trimap(window, _sampled(labels, settings.grabcut_max_pixels), base & ~uncertain, possible)


def enlarged(mask: Mask, shape: tuple[int, int]) -> Mask:
    """A mask scaled to `shape`, each pixel the nearest one's."""
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)


def _sampled(labels: NDArray[np.uint8], max_pixels: int) -> NDArray[np.uint8]:
    """Labels `(h, w)` at the pixels nearest to the centres of a grid of at most `max_pixels`, evenly spread."""
    scale = min(1.0, (max_pixels / labels.size) ** 0.5)
    counts = [max(1, int(length * scale)) for length in labels.shape]
    rows, columns = (
        ((np.arange(count) + 0.5) * length / count).astype(int)
        for count, length in zip(counts, labels.shape, strict=True)
    )
    return labels[np.ix_(rows, columns)]


def _grid(window: tuple[slice, slice]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Columns u and rows v of a window."""
    rows, columns = window
    return np.arange(columns.start, columns.stop, dtype=np.float32), np.arange(rows.start, rows.stop, dtype=np.float32)


def _possible(
    view: DepthView, index: int, window: tuple[slice, slice], owner: NDArray[np.int64], settings: MaskSettings
) -> Mask:
    """Pixels of the silhouette that no object has and whose depth fits the box, or is unknown but may be its.

    The margin that depth masks leave to the support is open as well, where it borders on the mask: it may hold the foot
    of a mug, which a depth mask gives to the table.
    """
    planes, depth, mask = view.planes[index], view.depth[window], view.masks[index][window]
    open_below = replace(planes, support=np.zeros_like(planes.support))
    silhouette, fits, occluded = pixels_of_boxes(open_below, *_grid(window), depth, view.visibility)
    unknown = silhouette & (depth == 0)
    if unknown.any():
        behind = silhouette & ~(fits | occluded | unknown)
        unknown &= dilated(mask, settings.max_fill_px) & ~dilated(behind, settings.sensor_shadow_px)
    foot = fits & _below(planes.support, view, window)
    possible = (fits & ~foot | unknown) & (owner == NOBODY)
    if foot.any():
        possible |= foot & dilated(mask, settings.uncertain_band_px) & _larger(view, index, owner)
    return possible


def _larger(view: DepthView, index: int, owner: NDArray[np.int64]) -> Mask:
    """Pixels that nobody has, or an object with a larger box: what an object stands on is one or the other."""
    return np.append(view.volumes > view.volumes[index], True)[owner]


def _near_holes(view: DepthView, window: tuple[slice, slice], possible: Mask, settings: MaskSettings) -> Mask:
    """Pixels at a possible one without depth, where the depth around it is uncertain too."""
    holes = possible & (view.depth[window] == 0)
    return dilated(holes, settings.uncertain_band_px) if holes.any() else holes


def _at_support(
    view: DepthView, index: int, window: tuple[slice, slice], owner: NDArray[np.int64], settings: MaskSettings
) -> Mask:
    """Pixels so low that they may show what the object stands on, if its box reaches into that."""
    box, depth, camera = view.boxes[index], view.depth[window], cropped(view.camera, window)
    low, high = box.corners[:, 2].min(), box.corners[:, 2].max()
    height = support_height(camera, box, depth, _larger(view, index, owner), settings.max_support_height_m)
    margin = min(height + view.visibility.support_margin_m, settings.support_share * (high - low))
    return heights(camera, depth) < low + margin


def _below(plane: NDArray[np.float32], view: DepthView, window: tuple[slice, slice]) -> Mask:
    """Pixels with depth that lie below an upward plane of inverse depth (a, b, c), such as a support."""
    return over_image(plane, *_grid(window)) * view.depth[window] > 1
