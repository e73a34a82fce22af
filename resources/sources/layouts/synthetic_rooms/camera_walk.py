"""A walk through a furnished room: a path over the free floor, and where the camera looks at each step.

The path goes round the room through its free places. Where to look is chosen for all steps at once: towards objects
that are seen well, more so the fewer other steps show them, without jerking the camera round.
What does not belong here: furnishing (`layout.py`) and pictures (`render.py`).
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import open3d as o3d
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from resources.sources.layouts.synthetic_rooms.layout import Arrangement, NoRoom
from resources.sources.layouts.synthetic_rooms.scene import Solids

Array = NDArray[np.float64]
CELL_M = 0.05
BODY_M = 0.28
"""The camera stays this far from everything that is lower than `TALL_M` or higher than a hand's breadth."""
TALL_M = 1.9
SMALLEST_FLOOR_M2 = 2.5
"""A room with less free floor than this around one place is furnished anew."""
STOPS = 8
"""Places that the path connects, far from one another."""
CORNER_M = 0.35
"""How far the path is smoothed."""
LOWEST_M, HIGHEST_M = 1.2, 1.7
"""Height of the camera, between that of a child and that of an adult."""

STEP_DEG = 2.0
"""Spacing of the directions in which is looked round at each step; a mug at 3 m is as wide as one."""
UP_DEG, DOWN_DEG = 18.0, 66.0
UNIT = 64
"""Weight of a direction on the horizon; a direction stands for less the higher or lower it is."""
YAWS = 36
PITCHES_DEG = (-8.0, -16.0, -25.0)
SEEN_SHARE, SEEN_PIXELS = 0.35, 250
"""An object is seen well where this share of it, and about this many of its pixels, are in the picture."""
TURN_COST, NOD_COST = 0.09, 0.05
"""What turning by one of the yaws or pitches costs, squared, in objects seen well, on a walk of `USUAL_STEPS`: with
longer steps the camera may turn further at each."""
USUAL_STEPS = 40
ROUNDS = 6
WANTED_VIEWS = 5
"""A choice of looks is better if it shows more objects well this often."""
USUAL_SHARE = 0.35
"""Objects that fewer of the steps show well than this draw the camera towards them in the next round."""
SHAKE_DEG = (2.5, 1.5, 1.2)
"""Deviation of yaw, pitch and roll from the chosen ones, as with a camera in the hand."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Camera poses and what they are thought to show.

    Attributes:
        world_from_camera: `(n, 4, 4)` rigid transforms, metres.
        seen_well: `(n, objects)` bool, estimated before rendering.
    """

    world_from_camera: Array
    seen_well: NDArray[np.bool_]


def plan_walk(
    arrangement: Arrangement, solids: Solids, rng: np.random.Generator, steps: int, view: tuple[float, float]
) -> Walk:
    """A walk of `steps` poses; `view` is the tangent of half the horizontal and half the vertical field of view.

    Raises:
        NoRoom: there is not enough free floor.
    """
    path = _path(arrangement, rng, steps)
    phase = rng.uniform(0, 2 * np.pi, 2)
    swing = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    wave = 0.6 * np.sin(2 * swing + phase[0]) + 0.4 * np.sin(5 * swing + phase[1])
    height = (LOWEST_M + HIGHEST_M) / 2 + (HIGHEST_M - LOWEST_M) / 2 * wave
    places = np.concatenate([path, height[:, None]], 1)
    shares, pixels = _prospects(solids, places, len(arrangement.placed), view)
    well = (shares >= SEEN_SHARE) & (pixels >= SEEN_PIXELS)
    choice = _gaze(well, shares, [placed.piece.tag for placed in arrangement.placed])
    yaw = 2 * np.pi / YAWS * (choice // len(PITCHES_DEG))
    pitch = np.radians(np.array(PITCHES_DEG)[choice % len(PITCHES_DEG)])
    shake = np.radians(SHAKE_DEG)[:, None] * rng.uniform(-1, 1, (3, steps))
    poses = _poses(places, yaw + shake[0], pitch + shake[1], shake[2])
    return Walk(poses, well[np.arange(steps), choice])


def _path(arrangement: Arrangement, rng: np.random.Generator, steps: int) -> Array:
    """`(steps, 2)` evenly spaced points of a path over the free floor, metres."""
    clearance = _clearance(arrangement)
    free = _largest_region(clearance >= BODY_M)
    if free.sum() * CELL_M**2 < SMALLEST_FLOOR_M2:
        raise NoRoom("free floor")
    cells = np.argwhere(free)
    stops = [int(np.argmax(clearance[free]))]
    for _ in range(STOPS - 1):
        distance = np.linalg.norm(cells[:, None] - cells[stops], axis=-1).min(1)
        stops.append(int(np.argmax(distance * rng.uniform(0.8, 1, len(cells)))))
    middle = cells[stops].mean(0)
    order = sorted(stops, key=lambda stop: np.arctan2(*(cells[stop] - middle)))
    way = _shortest_way(free, clearance, cells, [*order, order[0]])
    points = (cells[way] + 0.5) * CELL_M - np.array([arrangement.room.width, arrangement.room.depth]) / 2
    smooth = gaussian_filter1d(points, CORNER_M / CELL_M, axis=0, mode="wrap")
    # Where smoothing would cut through furniture, the path keeps to its cells.
    at = np.clip(((smooth - points[0]) / CELL_M + cells[way[0]] + 0.5).astype(int), 0, np.array(free.shape) - 1)
    allowed = cv2.blur((clearance[at[:, 0], at[:, 1]] > 0.8 * BODY_M).astype(np.float64)[:, None], (1, 5))
    points = np.where(allowed > 0.999, smooth, points)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], steps, endpoint=False)
    return np.stack([np.interp(wanted, length, points[:, axis]) for axis in (0, 1)], -1)


def _clearance(arrangement: Arrangement) -> Array:
    """`(nx, ny)` distance of each floor cell to the nearest furniture or wall, metres."""
    room = arrangement.room
    shape = (round(room.width / CELL_M), round(room.depth / CELL_M))
    free = np.ones(shape, np.uint8)
    for placed in arrangement.placed:
        corners = placed.part_boxes.corners
        for box in corners[corners[..., 2].min(-1) < TALL_M]:
            cells = (box[:, :2] + (room.width / 2, room.depth / 2)) / CELL_M - 0.5
            hull = cv2.convexHull(cells.astype(np.float32)[:, ::-1].copy())
            cv2.fillConvexPoly(free, np.round(hull).astype(np.int32), 0)
    free = cv2.copyMakeBorder(free, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] * CELL_M


def _largest_region(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, label, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=4)
    return (label == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))) if len(stats) > 1 else free


def _shortest_way(free: NDArray[np.bool_], clearance: Array, cells: NDArray, stops: list[int]) -> list[int]:
    """Indices of the cells on the way from stop to stop, preferring cells with room around them."""
    number = np.full(free.shape, -1)
    number[free] = np.arange(len(cells))
    start, end, cost = [], [], []
    for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
        shifted = np.roll(number, (-dx, -dy), (0, 1))
        both = (number >= 0) & (shifted >= 0)
        start.append(number[both])
        end.append(shifted[both])
        cost.append(np.hypot(dx, dy) * (1 + 0.3 / clearance[both]))
    graph = coo_array(
        (np.concatenate(cost), (np.concatenate(start), np.concatenate(end))), shape=(len(cells), len(cells))
    )
    way: list[int] = []
    _, previous = dijkstra(graph.tocsr(), directed=False, indices=stops[:-1], return_predecessors=True)
    for row, (first, last) in enumerate(pairwise(stops)):
        leg = [last]
        while leg[-1] != first:
            leg.append(int(previous[row, leg[-1]]))
        way += leg[:0:-1]
    return way


def _prospects(solids: Solids, places: Array, objects: int, view: tuple[float, float]) -> tuple[Array, Array]:
    """What each of the `YAWS x PITCHES_DEG` looks from each place would show: `(places, looks, objects)`.

    First the share of an object that is in the picture and not hidden, then about how many pixels it has.
    """
    azimuth = np.radians(np.arange(0, 360, STEP_DEG))
    elevation = np.radians(np.arange(UP_DEG, -DOWN_DEG, -STEP_DEG))
    az, el = (grid.ravel() for grid in np.meshgrid(azimuth, elevation, indexing="ij"))
    direction = np.stack([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)], -1)
    looks, pixel_share = _windows(direction, view)
    # Whole numbers, so that the sums below are exact whatever the order in which threads add.
    weight = np.round(np.cos(el) * UNIT)[:, None].astype(np.float32)
    shares, pixels = np.zeros((2, len(places), len(looks), objects))
    for k, place in enumerate(places):
        rays = np.concatenate([np.broadcast_to(place, direction.shape), direction], 1).astype(np.float32)
        tensor = o3d.core.Tensor(rays)
        first = solids.caster.cast_rays(tensor)["primitive_ids"].numpy()
        known = first < len(solids.instance)
        seen = np.zeros((len(rays), objects + 1), np.float32)
        seen[np.nonzero(known)[0], solids.instance[first[known]]] = 1
        crossed = solids.caster.list_intersections(tensor)
        alone = np.zeros_like(seen)
        alone[crossed["ray_ids"].numpy(), solids.instance[crossed["primitive_ids"].numpy()]] = 1
        in_view = looks.astype(np.float32) @ (seen * weight)[:, 1:]
        shares[k] = in_view / np.maximum((alone * weight)[:, 1:].sum(0), 1)
        pixels[k] = in_view * (pixel_share / UNIT)
    return shares, pixels


def _windows(direction: Array, view: tuple[float, float]) -> tuple[NDArray[np.bool_], float]:
    """Which of the directions `(n, 3)` each look contains, `(looks, n)`, and the pixels of one direction."""
    looks = []
    for yaw in 2 * np.pi / YAWS * np.arange(YAWS):
        for pitch in np.radians(PITCHES_DEG):
            local = direction @ _poses(np.zeros((1, 3)), np.array([yaw]), np.array([pitch]), np.zeros(1))[0, :3, :3]
            depth = np.maximum(local[:, 2], 1e-6)
            inside = (np.abs(local[:, 0]) < depth * view[0]) & (np.abs(local[:, 1]) < depth * view[1])
            looks.append(inside & (local[:, 2] > 0))
    return np.array(looks), (np.radians(STEP_DEG) * 320 / view[0]) ** 2


def _gaze(well: NDArray[np.bool_], shares: Array, tags: list[str]) -> NDArray[np.int64]:
    """The look `(steps,)` at each step: the best way through all looks, in rounds that even out what is seen."""
    steps, looks, _ = well.shape
    yaw, pitch = np.divmod(np.arange(looks), len(PITCHES_DEG))
    turn = np.abs(yaw[:, None] - yaw)
    turn = np.minimum(turn, YAWS - turn)
    move = (TURN_COST * turn**2 + NOD_COST * (pitch[:, None] - pitch) ** 2) * (steps / USUAL_STEPS) ** 2
    value = well * (0.5 + 0.5 * np.minimum(shares, 1))
    weight = 1 / np.sqrt([tags.count(tag) for tag in tags])  # a row of books is not worth as much as as many chairs
    best, most = np.zeros(steps, int), (-1, -1.0)
    for _ in range(ROUNDS):
        choice = _cheapest_way(-(value @ weight), move)
        views = well[np.arange(steps), choice].sum(0)
        found = (int(np.minimum(views, WANTED_VIEWS).sum()), float(value[np.arange(steps), choice].sum()))
        if found > most:
            best, most = choice, found
        weight = weight * np.clip(USUAL_SHARE * steps / np.maximum(views, 1), 0.8, 1.8)
    return best


def _cheapest_way(cost: Array, move: Array) -> NDArray[np.int64]:
    """One look a step, `(steps,)`, of least total `cost (steps, looks)` and `move (looks, looks)` (Viterbi)."""
    total, back = cost[0], []
    for of_step in cost[1:]:
        reach = total[:, None] + move
        back.append(reach.argmin(0))
        total = reach.min(0) + of_step
    way = [int(total.argmin())]
    for previous in reversed(back):
        way.append(int(previous[way[-1]]))
    return np.array(way[::-1])


def _poses(places: Array, yaw: Array, pitch: Array, roll: Array) -> Array:
    """`(n, 4, 4)` world from camera: yaw 0 looks along +x, positive pitch up, positive roll clockwise; radians."""
    forward = np.stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)], -1)
    right = np.stack([np.sin(yaw), -np.cos(yaw), 0 * yaw], -1)
    down = np.cross(forward, right)
    c, s = np.cos(roll)[:, None], np.sin(roll)[:, None]
    poses = np.tile(np.eye(4), (len(places), 1, 1))
    poses[:, :3, 0], poses[:, :3, 1], poses[:, :3, 2] = c * right + s * down, c * down - s * right, forward
    poses[:, :3, 3] = places
    return poses
