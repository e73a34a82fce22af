"""A small rendered scene with known instances: a table with a mug on it and a crate beside it, on a floor.

Rays meet axis-aligned parts by an own slab test in world axes, which shares nothing with the engine's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera

WIDTH, HEIGHT, FOCAL = 320, 240, 260.0
TABLE, MUG, CRATE = range(3)
NAMES = ("table", "mug", "crate")
COLORS = np.array([(150, 95, 45), (225, 225, 235), (40, 90, 170), (110, 115, 112)], dtype=np.float64)
"""RGB of table, mug, crate and floor."""

PARTS = (
    (TABLE, (0.0, 0.0, 0.72), (1.2, 0.7, 0.06)),
    (TABLE, (-0.55, 0.0, 0.345), (0.08, 0.6, 0.69)),
    (TABLE, (0.55, 0.0, 0.345), (0.08, 0.6, 0.69)),
    (MUG, (0.2, -0.1, 0.81), (0.12, 0.12, 0.12)),
    (CRATE, (-1.0, -0.3, 0.2), (0.5, 0.4, 0.4)),
)
"""(object, centre, extents) in metres."""

BOXES = Boxes.from_rpy(
    [(0.0, 0.0, 0.375), (0.2, -0.1, 0.81), (-1.0, -0.3, 0.2)],
    [(1.2, 0.7, 0.75), (0.12, 0.12, 0.12), (0.5, 0.4, 0.4)],
    np.zeros((3, 3)),
)


@dataclass(frozen=True)
class View:
    """A rendered frame: camera, `(h, w, 3)` RGB, `(h, w)` depth in metres, `(h, w)` instance (-1 for the floor)."""

    camera: Camera
    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    instance: NDArray[np.int64]


def look(eye=(0.9, -2.2, 1.5), target=(-0.2, 0.0, 0.4)) -> View:
    """The scene from `eye`, looking at `target` (metres)."""
    eye = np.asarray(eye, dtype=np.float64)
    forward = np.asarray(target) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    world_from_camera = np.eye(4)
    world_from_camera[:3] = np.stack([right, np.cross(forward, right), forward, eye], axis=1)
    intrinsics = np.array([FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    local = np.stack([(u - intrinsics[2]) / FOCAL, (v - intrinsics[3]) / FOCAL, np.ones(u.shape)], axis=-1)
    rays = local @ world_from_camera[:3, :3].T
    with np.errstate(divide="ignore"):
        depth = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], 0.0)
        instance = np.full(u.shape, -1)
        for name, center, extents in PARTS:
            low, high = np.asarray(center) - np.asarray(extents) / 2, np.asarray(center) + np.asarray(extents) / 2
            ends = np.sort(np.stack([(low - eye) / rays, (high - eye) / rays]), axis=0)
            enter, leave = ends[0].max(axis=-1), ends[1].min(axis=-1)
            nearer = (enter <= leave) & (enter > 0) & ((enter < depth) | (depth == 0))
            depth, instance = np.where(nearer, enter, depth), np.where(nearer, name, instance)
    noise = np.random.default_rng(0).normal(0.0, 6.0, (*u.shape, 1))
    image = np.clip(COLORS[instance] + noise, 0, 255).astype(np.uint8)
    return View(Camera(WIDTH, HEIGHT, intrinsics, world_from_camera), image, depth.astype(np.float32), instance)


def with_feet_too_low(by_m: float) -> Boxes:
    """The boxes, each of which reaches `by_m` into what the object stands on."""
    down = np.array([0.0, 0.0, by_m])
    return Boxes(BOXES.centers - down / 2, BOXES.extents + down, BOXES.rotations)
