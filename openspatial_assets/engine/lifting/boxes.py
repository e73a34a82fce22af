"""Boxes around the clouds of objects: upright ones, and tilted ones where those are much smaller.

What does not belong here: which points are the object's (`objects.py`), and what nobody saw of it (`floor.py`,
`completion.py`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from openspatial_assets.engine.geometry.fitting import MAX_POINTS, minimum_area_yaw
from openspatial_assets.engine.geometry.rotations import matrix_from_rpy, rpy_from_matrix
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.lifting.yaw import facing_box

MIN_ON_FACES = 2 / 3
"""A tilted box has more than this share of the points on its faces."""

MAX_FACES = 60
"""Of the directions of a hull's faces, those of the largest area are tried."""

PARALLEL = 0.999
"""Faces whose normals have a larger cosine count as one direction: 2.6 degrees."""


@dataclass(frozen=True)
class FittedBox:
    """`center`, `extents` and `rpy`, each `(3,)`, metres and radians; and whether it is tilted out of the upright."""

    center: NDArray[np.float64]
    extents: NDArray[np.float64]
    rpy: NDArray[np.float64]
    tilted: bool = False


def fitted_box(
    points: NDArray[np.float64], settings: LiftingSettings, unit: float = 1.0, may_tilt: bool = True
) -> FittedBox:
    """The upright box of least floor area around points `(n, 3)`, n >= 1, or a tilted one where that is the better.

    A tilted box must save enough of the volume, and most points must lie on its faces: those of a leaning book do,
    while a small box askew around an open laptop is small because of what is not there.
    """
    points = points[:: -(-len(points) // MAX_POINTS)]
    least, noise = settings.min_extent_m * unit, settings.depth_noise_m * unit
    upright = FittedBox(*facing_box(points, settings.trim_percent, noise, least))
    if not may_tilt:
        return upright
    # Both boxes are taken around the same points: else the tilted one would save the tails that the other has cut.
    inner = points[(_from_center(points, upright) <= upright.extents / 2 + 1e-9).all(axis=1)]
    tilted = _least_box(inner, least)
    if tilted is None:
        return upright
    # Thin things are as thick as the noise of their depth, and a tilt that only saves noise is none.
    sizes = [np.maximum(box.extents, settings.tilt_noise_m * unit).prod() for box in (tilted, upright)]
    on_faces = [_share_on_faces(inner, box, noise) for box in (tilted, upright)]
    better = sizes[0] <= (1.0 - settings.tilt_saving) * sizes[1] and on_faces[0] > max(on_faces[1], MIN_ON_FACES)
    return tilted if better else upright


def grown_box(box: FittedBox, growth: float) -> FittedBox:
    """The box with its extents longer by `growth` metres, half of it at either side."""
    return replace(box, extents=box.extents + growth)


def _from_center(points: NDArray[np.float64], box: FittedBox) -> NDArray[np.float64]:
    """`(n, 3)` absolute coordinates of points along a box's axes."""
    return np.abs((points - box.center) @ matrix_from_rpy(box.rpy))


def _share_on_faces(points: NDArray[np.float64], box: FittedBox, noise: float) -> float:
    """Share of points `(n, 3)` within `noise` of a face, or within a quarter of a box that is too thin for that."""
    to_faces = (box.extents / 2 - _from_center(points, box)).min(axis=1)
    return float((to_faces < min(noise, box.extents.min() / 4)).mean())


def _least_box(points: NDArray[np.float64], least: float) -> FittedBox | None:
    """The smallest box with a face along one of the hull's; None where points `(n, 3)` have no hull.

    The smallest box of all need have no face along the hull's, only two edges (O'Rourke, "Finding minimal enclosing
    boxes", 1985), but those of real things have.
    """
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):
        return None
    corners = points[hull.vertices]
    best: FittedBox | None = None
    for normal in _directions(points, hull):
        axes = _upright_axes(normal)
        flat = corners @ axes
        yaw = minimum_area_yaw(flat[:, :2])
        rotation = axes @ matrix_from_rpy([0.0, 0.0, yaw])
        local = corners @ rotation
        low, high = local.min(axis=0), local.max(axis=0)
        extents = np.maximum(high - low, least)
        if best is None or extents.prod() < best.extents.prod():
            best = FittedBox(rotation @ ((low + high) / 2), extents, rpy_from_matrix(rotation), True)
    return best


def _directions(points: NDArray[np.float64], hull: ConvexHull) -> list[NDArray[np.float64]]:
    """Normals of the hull's faces, largest first, each direction once."""
    triangles = points[hull.simplices]
    areas = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    found: list[NDArray[np.float64]] = []
    for index in np.argsort(-areas, kind="stable"):
        normal = hull.equations[index, :3]
        if len(found) == MAX_FACES:
            break
        if all(abs(normal @ other) < PARALLEL for other in found):
            found.append(normal)
    return found


def _upright_axes(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(3, 3)` a right-handed basis as columns, the last of which is the normal, turned upwards."""
    up = normal if normal[2] >= 0 else -normal
    side = np.eye(3)[np.abs(up).argmin()]
    first = np.cross(side, up)
    first /= np.linalg.norm(first)
    return np.column_stack([first, np.cross(up, first), up])
