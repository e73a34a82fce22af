"""The light map: how much light falls on every spot of a room, with soft shadows and light from the walls.

The light comes from the sky through the windows, the sun, lamps, and a faint ceiling light; then from all surfaces that
it falls on (two bounces). It is worked out once a room, as nothing moves. Values are irradiance / pi, so that a surface
of albedo a sends out a times it. What does not belong here: how the map is looked up (`shading.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.room import REVEAL_M, Room
from resources.sources.layouts.synthetic_rooms.scene import LightChart, Scene, ray_caster
from resources.sources.layouts.synthetic_rooms.shading import at_hits, cast, dot
from resources.sources.layouts.synthetic_rooms.shapes import Patch

Array = NDArray[np.float32]
SKY = np.array([2.6, 3.0, 3.5], np.float32)
SUN = np.array([2.9, 2.55, 2.05], np.float32)
LAMP = np.array([0.34, 0.25, 0.15], np.float32)
CEILING = np.array([1.5, 1.42, 1.3], np.float32)
"""Brightness of the lights, in units in which a white wall in good light is about 1 (the sun: at a right angle; a lamp:
at one metre)."""
CEILING_SIDE_M = 1.3
SUN_SPREAD = 0.02
"""Blur of the sun's disc as a slope, a little more than the real 0.005, for soft edges."""
BULB_RADIUS_M, SHADE_M = 0.04, 0.35
"""A lamp is no brighter than at the second distance: the inside of its shade would outshine everything."""
SKY_GRID, CEILING_GRID, SUN_RAYS, LAMP_RAYS = (2, 2), (2, 1), 4, 2
FIRST_BOUNCE_RAYS, SECOND_BOUNCE_RAYS = 4, 10
SMOOTHINGS = 2
"""Light from all sides changes slowly: averaging it twice leaves no blocks."""
BRIGHTEST_BOUNCE = 1.5
"""A sunlit spot that few rays meet would make speckles: what one ray brings is limited to this."""
MIDDLE_GREY, DARK = 0.09, 1e-3
"""Brightness of the room's log mean in the picture, before the film curve; darker surfaces do not count."""
BLOCK = 5
"""Texels share their rays within blocks of this side: averaged over a block, each has the directions of all in it."""
SUN_BLUR = 3
GLOW_LIGHT = 0.3
"""How much light a glowing surface gives the room, for how bright it looks in the picture."""
R2_STEP = np.array([0.7548776662466927, 0.5698402909980532])
START_M = 0.003
"""Rays start this far above their surface."""
EDGE_INSET_M = 0.008
"""The outermost texels are taken this far inside their patch, where its neighbour does not yet cover them."""


@dataclass(frozen=True, eq=False)
class Texels:
    """All texels of a light map that lie on a surface.

    Attributes:
        place, normal: `(n, 3)` world.
        index: `(n,)` flat index in the map.
        turn: `(n,)` which of the `BLOCK * BLOCK` sets of directions the texel uses; any block of texels has all.
    """

    place: Array
    normal: Array
    index: NDArray[np.int64]
    turn: NDArray[np.int64]


@dataclass(frozen=True)
class Sun:
    """Direction to the sun, `(3,)` unit, world."""

    direction: NDArray[np.float64]


def sun_through(room: Room, rng: np.random.Generator) -> Sun:
    """A sun that shines into the first window, 28 to 42 degrees high and up to 35 degrees to the side."""
    outward = room.world_from_wall(room.windows[0].wall)[:3, :3]
    height, side = np.radians(rng.uniform(28, 42)), np.radians(rng.uniform(-35, 35))
    local = np.array([np.cos(height) * np.sin(side), np.cos(height) * np.cos(side), np.sin(height)])
    return Sun(outward @ local)


def light_map(scene: Scene, room: Room, sun: Sun, bulbs: NDArray[np.float64]) -> Array:
    """The light map `(h, w, 3)` of a scene, exposed so that its middle grey is `MIDDLE_GREY`.

    `bulbs` are `(k, 3)` world positions, metres.
    """
    solid = ray_caster(scene.solids.vertices[: scene.solids.inside])
    texels = _texels(scene)
    direct = _smoothed(scene, texels, _soft_light(solid, texels, room, bulbs), BLOCK)
    direct += _smoothed(scene, texels, _sunlight(solid, texels, sun), SUN_BLUR)
    glow = np.array([m.emission for m in scene.atlas.materials], np.float32)[:, None] * scene.atlas.mean * GLOW_LIGHT
    indirect = np.zeros_like(direct)
    for rays in (FIRST_BOUNCE_RAYS, SECOND_BOUNCE_RAYS):
        lit = _image(scene, texels, direct + indirect)
        indirect = _bounced(scene, solid, texels, lit, glow, rays)
        for _ in range(SMOOTHINGS):
            indirect = _smoothed(scene, texels, indirect, BLOCK)
    light = direct + indirect
    return _image(scene, texels, light * _exposure(scene, light))


def _texels(scene: Scene) -> Texels:
    places, normals, index, turn = [], [], [], []
    for patch, chart in zip(scene.solids.patches, scene.charts, strict=True):
        place, normal = _chart_points(patch, chart)
        places.append(place)
        normals.append(normal)
        rows, columns = chart.y + np.arange(chart.shape[1]), chart.x + np.arange(chart.shape[0])
        index.append((rows[None, :] * scene.light_shape[1] + columns[:, None]).ravel())
        turn.append((rows[None, :] % BLOCK * BLOCK + columns[:, None] % BLOCK).ravel())
    normal = np.concatenate(normals)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    place = np.concatenate(places) + START_M * normal
    return Texels(place.astype(np.float32), normal.astype(np.float32), np.concatenate(index), np.concatenate(turn))


def _chart_points(patch: Patch, chart: LightChart) -> tuple[NDArray, NDArray]:
    """Places and normals `(texels, 3)` of a chart, interpolated on the patch's grid."""
    columns, rows = (_interpolation(axis, count) for axis, count in zip(patch.parameters, chart.shape, strict=True))
    grids = np.concatenate([patch.vertices, patch.normals], -1)
    across = (columns @ grids.reshape(len(grids), -1)).reshape(len(columns), -1, 6)
    place, normal = np.split((rows @ across).reshape(-1, 6), 2, axis=1)
    return place, normal


def _interpolation(axis: NDArray, count: int) -> NDArray:
    """`(count, len(axis))` weights that pick evenly spaced parameters from a grid axis, the ends moved inwards."""
    inset = min(EDGE_INSET_M, 0.25 * axis[-1])
    wanted = np.clip(np.linspace(0, axis[-1], count), inset, axis[-1] - inset)
    return np.stack([np.interp(wanted, axis, row) for row in np.eye(len(axis))], -1)


def _image(scene: Scene, texels: Texels, values: Array) -> Array:
    image = np.zeros((scene.light_shape[0] * scene.light_shape[1], 3), np.float32)
    image[texels.index] = values
    return image.reshape(*scene.light_shape, 3)


def _smoothed(scene: Scene, texels: Texels, values: Array, side: int) -> Array:
    """Every chart averaged over blocks of texels."""
    image = _image(scene, texels, values)
    for chart in scene.charts:
        part = image[chart.y : chart.y + chart.shape[1], chart.x : chart.x + chart.shape[0]]
        part[...] = cv2.blur(part, (side, side), borderType=cv2.BORDER_REPLICATE)
    return image.reshape(-1, 3)[texels.index]


def _points(turn: NDArray[np.int64], count: int) -> Iterator[Array]:
    """`count` times a point `(n, 2)` in the unit square for each texel; those of a block together are well spread.

    The R2 sequence of M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018).
    """
    number = np.arange(BLOCK * BLOCK * count).reshape(BLOCK * BLOCK, count)
    sequence = (0.5 + (number[..., None] + 1) * R2_STEP) % 1
    for k in range(count):
        yield sequence[:, k].astype(np.float32)[turn]


def _unblocked(solid: o3d.t.geometry.RaycastingScene, start: Array, way: Array, reach: float) -> NDArray[np.bool_]:
    """Whether nothing lies between each start and `reach` times its way further."""
    rays = o3d.core.Tensor(np.concatenate([start, way], 1))
    return ~solid.test_occlusions(rays, tnear=0.0, tfar=reach).numpy()


def _sunlight(solid: o3d.t.geometry.RaycastingScene, texels: Texels, sun: Sun) -> Array:
    """Light `(n, 3)` straight from the sun."""
    light = np.zeros_like(texels.place)
    toward = sun.direction.astype(np.float32)
    facing = texels.normal @ toward
    lit = np.nonzero(facing > 0)[0]
    for point in _points(texels.turn[lit], SUN_RAYS):
        offset = np.concatenate([point, 1 - point[:, :1]], 1) - 0.5
        open_way = _unblocked(solid, texels.place[lit], toward + np.float32(2 * SUN_SPREAD) * offset, np.inf)
        light[lit] += (facing[lit] * open_way / SUN_RAYS)[:, None] * SUN
    return light


def _soft_light(solid: o3d.t.geometry.RaycastingScene, texels: Texels, room: Room, bulbs: NDArray) -> Array:
    """Light `(n, 3)` straight from the sky in the windows, the ceiling light and the lamps."""
    light = np.zeros_like(texels.place)
    for window in room.windows:
        frame = room.world_from_wall(window.wall)
        corner = frame @ (window.x - window.width / 2, REVEAL_M * 0.4, window.bottom, 1.0)
        sides = frame[:3, 0] * window.width, frame[:3, 2] * (window.top - window.bottom)
        _add_panel(light, solid, texels, (corner[:3], *sides, -frame[:3, 1]), SKY, SKY_GRID)
    half, (x, y, z) = CEILING_SIDE_M / 2, np.eye(3)
    panel = (-half, -half, room.height - 0.01), x * 2 * half, y * 2 * half, -z
    _add_panel(light, solid, texels, panel, CEILING, CEILING_GRID)
    for bulb in bulbs.astype(np.float32):
        for point in _points(texels.turn, LAMP_RAYS):
            offset = np.concatenate([point, 1 - point[:, :1]], 1) * 2 - 1
            way = bulb + np.float32(BULB_RADIUS_M) * offset - texels.place
            distance = np.sqrt(dot(way, way))
            cosine = np.maximum(dot(texels.normal, way) / distance, 0)
            amount = cosine / np.maximum(distance, SHADE_M) ** 2 * _unblocked(solid, texels.place, way, 1.0)
            light += (amount / LAMP_RAYS)[:, None] * LAMP
    return light


def _add_panel(light: Array, solid, texels: Texels, panel, radiance: Array, grid: tuple[int, int]) -> None:
    """Add the light of a glowing parallelogram: one ray to a spot in each cell of a grid over it.

    Args:
        light: `(n, 3)`, added to.
        panel: its corner, its two sides, and the unit normal towards the side that glows; each `(3,)`.
    """
    corner, first, second, normal = (np.asarray(a, np.float32) for a in panel)
    area = np.linalg.norm(np.cross(first, second)) / (grid[0] * grid[1])
    sees = np.nonzero((texels.place - corner) @ normal > 0.02)[0]
    place, facing = texels.place[sees], texels.normal[sees]
    for k, point in enumerate(_points(texels.turn[sees], grid[0] * grid[1])):
        u, v = (k % grid[0] + point[:, :1]) / grid[0], (k // grid[0] + point[:, 1:]) / grid[1]
        way = corner + u * first + v * second - place
        square = dot(way, way)
        factor = np.maximum(dot(facing, way), 0) * np.maximum(-(way @ normal), 0) / np.maximum(square, 0.01) ** 2
        factor *= _unblocked(solid, place, way, 0.999)
        light[sees] += (factor * np.float32(area / np.pi))[:, None] * radiance


def _bounced(scene: Scene, solid, texels: Texels, lit: Array, glow: Array, rays: int) -> Array:
    """Light from all other surfaces, `(n, 3)`: the mean of what rays into the half space above each texel meet."""
    total = np.zeros_like(texels.place)
    flat = lit.reshape(-1, 3)
    for point in _points(texels.turn, rays):
        height = 1 - 2 * point[:, 1:]
        angle = np.float32(2 * np.pi) * point[:, :1]
        around = np.sqrt(np.maximum(1 - height * height, 0))
        # A normal plus a point of the unit sphere is spread as the cosine: what a matt surface weighs light by.
        way = texels.normal * np.float32(1.001) + np.concatenate(
            [around * np.cos(angle), around * np.sin(angle), height], 1
        )
        hits = cast(solid, np.concatenate([texels.place, way], 1))
        at = np.rint(at_hits(scene.lookup, hits)[:, :2]).astype(np.int64)
        material = scene.material[hits.triangle]
        sent = flat[at[:, 1] * scene.light_shape[1] + at[:, 0]] * scene.atlas.mean[material] + glow[material]
        total += np.where(np.isfinite(hits.t)[:, None], np.minimum(sent, BRIGHTEST_BOUNCE), 0)
    return total / rays


def _exposure(scene: Scene, light: Array) -> float:
    """The factor that brings the log mean of all lit surfaces to `MIDDLE_GREY`."""
    sizes = [chart.shape[0] * chart.shape[1] for chart in scene.charts]
    color = np.repeat(
        [scene.atlas.mean[scene.atlas.index[patch.material]] for patch in scene.solids.patches], sizes, axis=0
    )
    brightness = (light * color).mean(1)
    return float(MIDDLE_GREY / np.exp(np.log(brightness[brightness > DARK]).mean()))
