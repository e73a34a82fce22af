"""A furnished room as triangles: what Open3D casts rays at, and what each triangle looks up in the two atlases.

What does not belong here: shapes (`shapes.py`), textures (`atlas.py`) and light (`lighting.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from resources.sources.synthetic_rooms.atlas import TextureAtlas, build_atlas
from resources.sources.synthetic_rooms.shapes import Patch

ROOM_TEXEL_M = 0.035
"""Side of a light-map texel on walls, floor and ceiling: shadows are soft at this scale."""
TEXELS_PER_OBJECT, SMALLEST_TEXEL_M, LARGEST_TEXEL_M = 45, 0.008, 0.028
"""An object's texels are this fraction of its diagonal, within bounds: a mug needs finer ones than a sofa."""
MAX_TEXELS = 400
"""Along one side of a patch: no wall is longer than 14 m."""
LIGHT_ATLAS_WIDTH = 1024
BACKGROUND = 0
"""Instance index of walls, floor, window and whatever else has no box."""


@dataclass(frozen=True, eq=False)
class LightChart:
    """Where the texels of one patch lie in the light map: rows `y` to `y + shape[1]`, columns `x` to `x + shape[0]`."""

    x: int
    y: int
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Scene:
    """A room's triangles and their look-up tables.

    Attributes:
        vertices: `(f, 3, 3)` corners of the triangles, metres, world.
        normals: `(f, 3, 3)` at the corners, unit.
        lookup: `(f, 3, 4)` float32 at the corners: x, y in the light map (texels), u, v on the texture (texels).
        instance: `(f,)` index of the object, from 1; 0 is background.
        material: `(f,)` index into the atlas.
        texel_m: `(f,)` size of a texture texel on the surface, metres.
        inside: how many triangles, from the first, belong to the room and its objects; the rest is the view outside.
        patches: all patches, with their light charts in `charts`.
        light_shape: rows and columns of the light map.
        caster: all triangles in one ray-casting scene.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    lookup: NDArray[np.float32]
    instance: NDArray[np.uint16]
    material: NDArray[np.int32]
    texel_m: NDArray[np.float32]
    inside: int
    patches: tuple[Patch, ...]
    charts: tuple[LightChart, ...]
    light_shape: tuple[int, int]
    atlas: TextureAtlas
    caster: o3d.t.geometry.RaycastingScene


def ray_caster(vertices: NDArray[np.float32]) -> o3d.t.geometry.RaycastingScene:
    """A ray-casting scene of triangles `(f, 3, 3)`.

    One thread builds it: the tree, and with it the choice between two triangles that share an edge, must not depend on
    how many cores there are.
    """
    caster = o3d.t.geometry.RaycastingScene(nthreads=1)
    index = np.arange(len(vertices) * 3, dtype=np.uint32).reshape(-1, 3)
    corners = np.ascontiguousarray(vertices.reshape(-1, 3), np.float32)
    caster.add_triangles(o3d.core.Tensor(corners), o3d.core.Tensor(index))
    return caster


def build_scene(
    objects: Sequence[Sequence[Patch]], background: Sequence[Patch], outside: Sequence[Patch] = ()
) -> Scene:
    """Triangles of the background (index 0), the objects (1, 2, ...) and the view from the windows (0), in the world."""
    patches = [*background, *(patch for patches in objects for patch in patches), *outside]
    owners = [i + 1 for i, patches in enumerate(objects) for _ in patches]
    owners = [BACKGROUND] * len(background) + owners + [BACKGROUND] * len(outside)
    atlas = build_atlas([patch.material for patch in patches])
    texels = np.array([ROOM_TEXEL_M, *map(_texel_size, objects)])[owners]
    charts, light_shape = _light_charts(patches, texels)
    parts = [_triangles(patch, chart, atlas) for patch, chart in zip(patches, charts, strict=True)]
    counts = [len(part[0]) for part in parts]
    vertices, normals, lookup = (np.concatenate([part[k] for part in parts]).astype(np.float32) for k in range(3))
    return Scene(
        vertices=vertices,
        normals=normals,
        lookup=lookup,
        instance=np.repeat(np.array(owners, np.uint16), counts),
        material=np.repeat(np.array([atlas.index[patch.material] for patch in patches], np.int32), counts),
        texel_m=np.repeat(np.array([part[3] for part in parts], np.float32), counts),
        inside=sum(counts[: len(counts) - len(outside)]),
        patches=tuple(patches),
        charts=charts,
        light_shape=light_shape,
        atlas=atlas,
        caster=ray_caster(vertices),
    )


def _texel_size(patches: Sequence[Patch]) -> float:
    """Side of an object's light-map texels, metres."""
    points = np.concatenate([patch.vertices.reshape(-1, 3) for patch in patches])
    diagonal = np.linalg.norm(np.ptp(points, axis=0))
    return float(np.clip(diagonal / TEXELS_PER_OBJECT, SMALLEST_TEXEL_M, LARGEST_TEXEL_M))


def _light_charts(patches: Sequence[Patch], texels: NDArray) -> tuple[tuple[LightChart, ...], tuple[int, int]]:
    """A place for every patch in the light map: rows of rectangles, the tallest first."""
    shapes = []
    for patch, texel in zip(patches, texels, strict=True):
        length = [axis[-1] for axis in patch.parameters]
        shapes.append(tuple(int(np.clip(np.ceil(side / texel) + 1, 2, MAX_TEXELS)) for side in length))
    charts: list[LightChart | None] = [None] * len(patches)
    x = y = row = 0
    for k in sorted(range(len(patches)), key=lambda k: (-shapes[k][1], k)):
        wide, high = shapes[k]
        if x + wide > LIGHT_ATLAS_WIDTH:
            x, y, row = 0, y + row, 0
        charts[k] = LightChart(x, y, (wide, high))
        x, row = x + wide, max(row, high)
    return tuple(charts), (y + row, LIGHT_ATLAS_WIDTH)


def _triangles(patch: Patch, chart: LightChart, atlas: TextureAtlas) -> tuple:
    """Corners, normals, lookups (each `(f, 3, k)`) and texel size of a patch; triangles without area are left out."""
    n, m = patch.vertices.shape[:2]
    grid = np.arange(n * m).reshape(n, m)
    a, b, c, d = (part.ravel() for part in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]))
    index = np.concatenate([np.stack([a, b, c], -1), np.stack([d, c, b], -1)])
    s, t = patch.parameters
    length_s, length_t = max(s[-1], 1e-9), max(t[-1], 1e-9)
    light_x = chart.x + s / length_s * (chart.shape[0] - 1)
    light_y = chart.y + t / length_t * (chart.shape[1] - 1)
    u, v, texel_m = atlas.texture_coordinates(patch, s, t)
    lookup = np.stack(np.broadcast_arrays(light_x[:, None], light_y[None, :], u, v), -1).reshape(-1, 4)
    corners = patch.vertices.reshape(-1, 3)[index]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1)
    keep = index[area > 1e-10]
    return patch.vertices.reshape(-1, 3)[keep], patch.normals.reshape(-1, 3)[keep], lookup[keep], texel_m
