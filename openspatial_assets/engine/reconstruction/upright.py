"""Which way is up in a world that knows no gravity, where its floor is, and how large a unit of it should be.

From cameras and triangulated points alone. What does not belong here: finding them (`resources/reconstructor.py`), and
the floor of a scene that has depth and is upright already (`engine/scene_graph/ground.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.alignment import Similarity

CAMERA_HEIGHT = 1.5
"""World units from the floor to the median camera where nothing gives a length: about what it is in metres for a camera
held in the hand, so that defaults in metres make sense."""

SCENE_DEPTH = 2.0
"""World units of the median depth where there is no floor either: as in a room."""

LAYER_SHARE = 0.01
"""Thickness of a layer in which points count as one height, as a share of the median depth: 2 cm in a room."""

LEVEL_SHARE = 0.005
"""The same for the search of the up direction: 1 cm in a room. With thicker layers a tabletop and what stands on it
make a broad hump of heights in wrong directions, which beats the sharp peak in the right one."""

CAMERAS_SPREAD_DEG = 20.0
"""How far up usually is from what the cameras say (standard deviation): of two good directions the nearer wins."""

COARSE_STEP_DEG, COARSE_LAYERS = 1.0, 2.0
REFINED_STARTS = 12
FINE_STEP_DEG = 0.25
"""The search for the up direction: all of the cone in coarse steps with layers twice as thick; the best, finely."""

MIN_SHARPENING = 1.5
"""Heights must be so much more concentrated along the direction found than on average over the directions tried;
otherwise there are no level surfaces to go by, and the cameras alone decide."""

MAX_LEVEL_TILT_DEG = 15.0
"""If the cameras' horizontal axes are farther from level than this (root mean square), they say nothing about gravity:
the camera was rolled, or looked straight down."""

MAX_LAYERS = 100_000
"""Points beyond so many layers count as one: an outlier far away must not cost memory."""

FLOOR_LAYERS = 3
"""A floor holds its points within so many layers: 6 cm in a room, the noise of triangulation."""

MIN_FLOOR_SHARE = 0.015
"""Of all points, to lie on the floor. Floors have little texture; a table's worth is enough."""

MIN_FLOOR_POINTS = 20
MIN_BELOW_CAMERAS = 0.35
"""A floor lies below the median camera by at least this share of the median depth."""

MAX_BELOW_FLOOR = 0.02
"""Share of all points that may lie below the floor, as outliers and mirror images do."""


@dataclass(frozen=True)
class Upright:
    """An upright world, and how it was found.

    Attributes:
        target_from_source: to the upright world: Z up, the floor (or, without one, the lowest points) at z = 0, the
            median camera above the origin, the first camera looking along +X.
        gravity_aligned: whether world Z is known to be up.
        has_floor: whether a floor was found; the scale then rests on the cameras' height above it.
    """

    target_from_source: Similarity
    gravity_aligned: bool
    has_floor: bool


def upright_world(
    world_from_camera: NDArray[np.float64],
    points: NDArray[np.float64],
    median_depth: float,
    cone_deg: float,
    camera_height: float | None = None,
) -> Upright:
    """The upright world of a reconstruction.

    Args:
        world_from_camera: `(f, 4, 4)` in the order of capture; units as they are.
        points: `(p, 3)` triangulated points.
        median_depth: of the points in the cameras, same units.
        cone_deg: how far up may be from what the cameras say.
        camera_height: the median camera's height above the floor in target units, if it is known.
    """
    centers = world_from_camera[:, :3, 3]
    said, tilt_deg = cameras_up(world_from_camera[:, :3, :3])
    up, sharpening = _levelled(points, said, LEVEL_SHARE * median_depth, cone_deg)
    level = sharpening >= MIN_SHARPENING
    if not level:
        up = said
    gravity_aligned = bool(level or tilt_deg <= MAX_LEVEL_TILT_DEG)
    heights, camera_heights = points @ up, centers @ up
    floor = floor_of(heights, float(np.median(camera_heights)), median_depth) if gravity_aligned else None
    if floor is not None:
        scale = (camera_height or CAMERA_HEIGHT) / (float(np.median(camera_heights)) - floor)
        bottom = floor
    else:
        scale = SCENE_DEPTH / median_depth
        bottom = float(np.quantile(heights, MAX_BELOW_FLOOR)) if len(heights) else float(camera_heights.min())
    rotation = _rotation_with_up(up, world_from_camera[0, :3, 2])
    origin = np.append((rotation @ np.median(centers, axis=0))[:2], bottom)
    return Upright(Similarity(scale, rotation, -scale * origin), gravity_aligned, floor is not None)


def cameras_up(rotations: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Up `(3,)` as cameras `(f, 3, 3)` say it, and how far their horizontal axes are from level, RMS degrees.

    People turn and tilt a camera, but roll it little, so up is what all horizontal axes are closest to perpendicular to
    (Szeliski, "Image alignment and stitching", 2006, section 5.1). If the camera hardly turned, that direction is open,
    and the mean of the vertical axes settles it.
    """
    right, down = rotations[:, :, 0], rotations[:, :, 1]
    mean_up = -down.mean(axis=0)
    # The vertical axes' say is small: enough to decide where the horizontal ones leave a direction open.
    spread = right.T @ right / len(right) - 0.05 * np.outer(mean_up, mean_up)
    up = np.linalg.eigh(spread)[1][:, 0]
    up = up if up @ mean_up >= 0 else -up
    return up, float(np.degrees(np.arcsin(np.sqrt(np.mean(np.clip(right @ up, -1, 1) ** 2)))))


def floor_of(heights: NDArray[np.float64], camera_height: float, median_depth: float) -> float | None:
    """Height of the floor among the points' `heights` `(p,)`: the lowest layer that holds many of them; None if none.

    Args:
        camera_height: of the median camera.
        median_depth: of the points; all three in one unit.
    """
    layer = LAYER_SHARE * median_depth
    heights = np.sort(heights)
    least = max(MIN_FLOOR_POINTS, MIN_FLOOR_SHARE * len(heights))
    lowest = np.searchsorted(heights, heights - FLOOR_LAYERS * layer / 2)
    highest = np.searchsorted(heights, heights + FLOOR_LAYERS * layer / 2, side="right")
    count = highest - lowest
    allowed = (lowest <= MAX_BELOW_FLOOR * len(heights)) & (heights <= camera_height - MIN_BELOW_CAMERAS * median_depth)
    fit = allowed & (count >= least)
    if not fit.any():
        return None
    best = int(np.argmax(np.where(fit, count, -1)))
    return float(np.median(heights[lowest[best] : highest[best]]))


def _levelled(
    points: NDArray[np.float64], said: NDArray[np.float64], layer: float, cone_deg: float
) -> tuple[NDArray[np.float64], float]:
    """The direction near `said` along which the points' heights are concentrated most, and by how much more than usual.

    Floors, tables, shelves and seats are level: along the true vertical they all fall into few layers. A degree off,
    a large table no longer falls into one layer, so the coarse search takes thicker ones, and its best are refined.
    """
    if len(points) < MIN_FLOOR_POINTS:
        return said, 0.0
    coarse = _around(said, cone_deg, COARSE_STEP_DEG)
    scores = _scores(points, coarse, said, COARSE_LAYERS * layer)
    starts = coarse[np.argsort(-scores, kind="stable")[:REFINED_STARTS]]
    fine = np.concatenate([_around(start, 1.5 * COARSE_STEP_DEG, FINE_STEP_DEG) for start in starts])
    best = fine[int(np.argmax(_scores(points, fine, said, layer)))]
    usual = np.median([_concentration(points @ direction, layer) for direction in coarse])
    return best, float(_concentration(points @ best, layer) / usual)


def _scores(
    points: NDArray[np.float64], directions: NDArray[np.float64], said: NDArray[np.float64], layer: float
) -> NDArray[np.float64]:
    """`(n,)` how well each of the directions `(n, 3)` serves as up."""
    angles = np.degrees(np.arccos(np.clip(directions @ said, -1.0, 1.0)))
    trust = np.exp(-0.5 * (angles / CAMERAS_SPREAD_DEG) ** 2)
    return trust * [_concentration(points @ direction, layer) for direction in directions]


def _concentration(heights: NDArray[np.float64], layer: float) -> float:
    """How concentrated heights are: the mean, over the points, of the square of how many share a point's layer.

    Layers overlap by half, so that no border decides. The square lets one sharp peak count for more than a broad hump.
    """
    index = np.floor((heights - heights.min()) / layer * 2).astype(np.int64)
    counts = np.bincount(np.minimum(index, MAX_LAYERS))
    shared = (counts[:-1] + counts[1:]).astype(np.float64)
    return float((shared**3).sum() / len(heights))


def _around(axis: NDArray[np.float64], reach_deg: float, step_deg: float) -> NDArray[np.float64]:
    """Unit vectors `(n, 3)` on a grid of `step_deg` within `reach_deg` of `axis`, which is the first of them."""
    side = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    steps = np.arange(1, int(reach_deg / step_deg) + 1) * step_deg
    grid = np.concatenate([-steps[::-1], [0.0], steps])
    a, b = (values.ravel() for values in np.meshgrid(grid, grid, indexing="ij"))
    inside = np.hypot(a, b) <= reach_deg + 1e-9
    order = np.argsort(np.hypot(a, b)[inside], kind="stable")
    a, b = np.tan(np.radians(a[inside][order])), np.tan(np.radians(b[inside][order]))
    directions = axis + a[:, None] * side + b[:, None] * other
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def _rotation_with_up(up: NDArray[np.float64], forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(3, 3)` that takes `up` to +Z and the level part of `forward` to +X."""
    z = up / np.linalg.norm(up)
    x = forward - (forward @ z) * z
    if np.linalg.norm(x) < 1e-3:  # it looks straight up or down: any level direction will do
        x = np.cross(z, np.eye(3)[int(np.argmin(np.abs(z)))])
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])
