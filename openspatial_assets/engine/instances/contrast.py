"""How much neighbouring samples of a frame differ: steps and creases of the depth, and colour.

What does not belong here: what is merged or told apart by it (`superpixels.py`, `walk.py`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.working import WorkingImage

FIT_RADIUS = 2
"""Planes are fitted to the samples within so many rows and columns: enough to even out noise, few enough for a mug."""

LEAST_KNOWN = 0.5
"""Share of a window that must have depth for a plane to be fitted to it."""

LEAST_SPREAD = 1e-3
"""A window whose samples lie on a line has no plane: least determinant of their scatter over its squared trace."""

STEP_WEIGHT = 0.5
"""Contrast of a step of one tolerance."""

CREASE_DEGREES = 35.0
"""A concave crease of this angle has contrast 1: where a thing stands on a table, two surfaces meet at 90 degrees."""

CONVEX_SHARE = 0.4
"""A convex crease counts so much less: it is most often an edge of one thing (Stein et al., "Object partitioning using
local convexity", CVPR 2014)."""

MAX_STEP = 6.0
"""Contrast of depth is capped here: a step of a metre parts two things no more than one of 10 cm."""

HOLE_CONTRAST = 5.0
"""Contrast between a sample with depth and one without: a hole's rim is most often an object's rim, too."""

MAX_COLOR = 3.0
"""Contrast of colour is capped here: print on a magazine is no edge of it."""

BLUNT_SHARE = 0.3
"""What is left of a contrast beside a greater one: fits see a step before they reach it, and it has one place only."""


@dataclass(frozen=True)
class Neighbours:
    """Contrasts of neighbouring samples along one axis of a frame.

    Attributes:
        depth, color: `(h, w - 1)` along rows, or `(h - 1, w)` along columns; 0 and above.
    """

    depth: NDArray[np.float64]
    color: NDArray[np.float64]


@dataclass(frozen=True)
class _Planes:
    """Planes of inverse depth fitted around every sample: slopes a column and a row, value at the sample, normal."""

    slopes: tuple[NDArray[np.float64], NDArray[np.float64]]
    value: NDArray[np.float64]
    fitted: NDArray[np.bool_]
    normal: NDArray[np.float64]


def contrasts(frame: WorkingImage) -> tuple[Neighbours, Neighbours]:
    """Contrasts of samples beside one another in a row, and of those above one another in a column."""
    planes = _fitted(frame)
    across, down = frame.rays
    points = np.stack(np.broadcast_arrays(across, down, 1.0), axis=-1)
    points = points / np.where(frame.has_depth, frame.inverse, 1.0)[..., None]
    return _along(frame, planes, points, 1), _along(frame, planes, points, 0)


def color_contrast(first: NDArray, second: NDArray, unit: float) -> NDArray[np.float64]:
    """Contrast `(*,)` of CIELAB colours `(*, 3)`, one for each `unit` of their distance."""
    return np.minimum(np.linalg.norm(first - second, axis=-1) / unit, MAX_COLOR)


def _fitted(frame: WorkingImage) -> _Planes:
    """Least-squares planes over windows, from the moments of the samples that have depth."""
    offsets = np.arange(-FIT_RADIUS, FIT_RADIUS + 1, dtype=np.float64)
    flat = np.ones_like(offsets)

    def moment(image: NDArray, columns: NDArray, rows: NDArray) -> NDArray[np.float64]:
        return cv2.sepFilter2D(image, cv2.CV_64F, columns, rows, borderType=cv2.BORDER_CONSTANT)

    known, inverse = frame.has_depth.astype(np.float64), frame.inverse
    count = moment(known, flat, flat)
    some = np.maximum(count, 1.0)
    u, v, w = moment(known, offsets, flat), moment(known, flat, offsets), moment(inverse, flat, flat)
    uu = moment(known, offsets**2, flat) - u * u / some
    vv = moment(known, flat, offsets**2) - v * v / some
    uv = moment(known, offsets, offsets) - u * v / some
    uw = moment(inverse, offsets, flat) - u * w / some
    vw = moment(inverse, flat, offsets) - v * w / some
    determinant = uu * vv - uv * uv
    fitted = (count >= LEAST_KNOWN * offsets.size**2) & (determinant > LEAST_SPREAD * (uu + vv) ** 2)
    divisor = np.where(fitted, determinant, 1.0)
    across = np.where(fitted, (vv * uw - uv * vw) / divisor, 0.0)
    down = np.where(fitted, (uu * vw - uv * uw) / divisor, 0.0)
    value = (w - across * u - down * v) / some
    fx, fy, cx, cy = frame.intrinsics
    rows, columns = np.ogrid[: frame.size[0], : frame.size[1]]
    # On a plane, a X + b Y + c Z = 1; over Z, inverse depth = a x + b y + c with the ray (x, y, 1).
    normal = np.stack([across * fx, down * fy, value - across * (columns - cx) - down * (rows - cy)], axis=-1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), np.finfo(float).tiny)
    return _Planes((across, down), value, fitted, normal)


def _along(frame: WorkingImage, planes: _Planes, points: NDArray[np.float64], axis: int) -> Neighbours:
    """Contrasts along one axis; each from the windows on its two sides, neither of which reaches across."""
    length = frame.size[axis]
    first = np.arange(length - 1)
    before, after = np.maximum(first - FIT_RADIUS, 0), np.minimum(first + 1 + FIT_RADIUS, length - 1)

    def at(image: NDArray, index: NDArray[np.intp]) -> NDArray:
        return image.take(index, axis=axis)

    def onward(distance: NDArray[np.float64]) -> NDArray[np.float64]:
        return distance[None, :] if axis else distance[:, None]

    slope = planes.slopes[1 - axis]
    fitted = at(planes.fitted, before) & at(planes.fitted, after)
    tolerance = at(frame.tolerance, first)
    gap = at(planes.value, before) + at(slope, before) * onward(first + 0.5 - before)
    gap = gap - at(planes.value, after) - at(slope, after) * onward(first + 0.5 - after)
    rise = at(frame.inverse, first + 1) - at(frame.inverse, first)
    bare = np.abs(rise - np.where(fitted, (at(slope, before) + at(slope, after)) / 2, 0.0))
    step = STEP_WEIGHT * np.where(fitted, np.maximum(np.abs(gap), bare / 2), bare) / tolerance
    turn = at(planes.normal, after) - at(planes.normal, before)
    # The chord between two unit vectors is 2 sin(angle / 2).
    angle = np.degrees(2 * np.arcsin(np.minimum(np.linalg.norm(turn, axis=-1) / 2, 1.0)))
    concave = np.einsum("...i,...i", turn, at(points, after) - at(points, before)) > 0
    crease = np.where(fitted, angle / CREASE_DEGREES * np.where(concave, 1.0, CONVEX_SHARE), 0.0)
    contrast = np.minimum(step + crease, MAX_STEP)
    width = 2 * FIT_RADIUS + 1
    highest = cv2.dilate(contrast, np.ones((1, width) if axis else (width, 1), np.uint8))
    contrast = np.where(contrast >= highest, contrast, BLUNT_SHARE * contrast)
    known, known_next = at(frame.has_depth, first), at(frame.has_depth, first + 1)
    depth = np.where(known & known_next, contrast, np.where(known | known_next, HOLE_CONTRAST, 0.0))
    return Neighbours(depth, color_contrast(at(frame.color, first), at(frame.color, first + 1), frame.color_unit))
