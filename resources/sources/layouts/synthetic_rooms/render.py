"""One frame: colour, exact depth and exact instances, from the pinhole camera of `engine/geometry/cameras.py`.

Depth and instance are those of the ray through each pixel's centre; colour is averaged over several rays where a pixel
shows more than one surface. What does not belong here: where the camera stands (`camera_walk.py`), files (`folder.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from resources.sources.layouts.synthetic_rooms.atlas import srgb_from_linear
from resources.sources.layouts.synthetic_rooms.scene import Scene
from resources.sources.layouts.synthetic_rooms.shading import Hits, cast, radiance

Array = NDArray[np.float32]
SUBPIXELS = np.array([(-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375)], np.float32)
"""Rays of a pixel at an edge: a turned grid, so that near-vertical and near-horizontal edges both get four steps."""
BEND = 0.003
"""A pixel shows an edge where the slope of 1 / depth changes by this share of it."""
TONES, BRIGHTEST = 4096, 16.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One rendered frame: `(h, w, 3)` uint8 RGB, `(h, w)` float32 camera z in metres, `(h, w)` uint16 instances."""

    color: NDArray[np.uint8]
    depth: Array
    instance: NDArray[np.uint16]


def pixel_rays(camera: Camera, u: NDArray, v: NDArray) -> Array:
    """Rays `(n, 6)` through image points `(n,)`; pixel centres are integers, and t along a ray is camera z."""
    fx, fy, cx, cy = camera.intrinsics
    x, y = ((u - cx) / fx).astype(np.float32), ((v - cy) / fy).astype(np.float32)
    rotation = camera.rotation.astype(np.float32)
    rays = np.empty((len(x), 6), np.float32)
    for axis in range(3):
        rays[:, axis] = camera.center[axis]
        rays[:, 3 + axis] = rotation[axis, 0] * x + rotation[axis, 1] * y + rotation[axis, 2]
    return rays


def camera_rays(camera: Camera) -> Array:
    """Rays `(h * w, 6)` through all pixel centres, row by row."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width].reshape(2, -1)
    return pixel_rays(camera, u, v)


def _film_curve() -> NDArray[np.uint8]:
    """sRGB values of `TONES` steps of linear light, even in its square root, as the eye sees dark steps more finely.

    Highlights roll off as in K. Narkowicz's fit to the ACES film response (2016).
    """
    x = (np.arange(TONES) / (TONES - 1)) ** 2 * BRIGHTEST
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    return np.round(255 * srgb_from_linear(np.clip(film, 0, 1))).astype(np.uint8)


FILM = _film_curve()


def developed(light: Array) -> NDArray[np.uint8]:
    """sRGB values of linear light."""
    return FILM[(np.sqrt(np.clip(light / np.float32(BRIGHTEST), 0, 1)) * (TONES - 1) + 0.5).astype(np.int32)]


def render(scene: Scene, light_map: Array, camera: Camera) -> Frame:
    """The frame that a camera sees."""
    shape = (camera.height, camera.width)
    rays, angle = camera_rays(camera), 1 / float(camera.intrinsics[0])
    hits = cast(scene.solids.caster, rays)
    color = developed(radiance(scene, light_map, rays, hits, angle)).reshape(*shape, 3)
    rows, columns = np.nonzero(_edges(scene, hits, shape))
    if len(rows):
        u, v = (at[:, None] + SUBPIXELS[:, axis] for axis, at in enumerate((columns, rows)))
        finer = pixel_rays(camera, u.ravel(), v.ravel())
        parts = developed(radiance(scene, light_map, finer, cast(scene.solids.caster, finer), angle / 2))
        color[rows, columns] = np.round(parts.reshape(*u.shape, 3).mean(1)).astype(np.uint8)
    depth = np.where(np.isfinite(hits.t), hits.t, 0).reshape(shape)
    instance = np.where(np.isfinite(hits.t), scene.solids.instance[hits.triangle], 0).astype(np.uint16).reshape(shape)
    return Frame(color, depth, instance)


def _edges(scene: Scene, hits: Hits, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels `(h, w)` beside another patch, or where a patch bends sharply or hides a part of itself."""
    patch = scene.solids.patch[hits.triangle].reshape(shape)
    inverse = 1 / hits.t.reshape(shape)
    edge = np.zeros(shape, bool)
    for patch_, inverse_, edge_ in ((patch, inverse, edge), (patch.T, inverse.T, edge.T)):
        change = patch_[1:] != patch_[:-1]
        edge_[1:] |= change
        edge_[:-1] |= change
        # 1 / depth is linear over a plane, so its second difference is zero except where two surfaces meet.
        edge_[1:-1] |= np.abs(np.diff(inverse_, 2, axis=0)) > BEND * inverse_[1:-1]
    return edge
