"""A furnished room as triangles: what Open3D casts rays at, and what each triangle looks up in the two atlases.

What does not belong here: shapes (`shapes.py`), textures (`atlas.py`) and light (`lighting.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.atlas import TextureAtlas, build_atlas
from resources.sources.layouts.synthetic_rooms.shapes import Patch

ROOM_TEXEL_M = 0.035
"""Side of a light-map texel on walls, floor and ceiling: shadows are soft at this scale."""
TEXELS_PER_OBJECT, SMALLEST_TEXEL_M, LARGEST_TEXEL_M = 45, 0.008, 0.028
"""An object's texels are this fraction of its diagonal, within bounds: a mug needs finer ones than a sofa."""
OUTSIDE_TEXEL_M = 100.0
"""What is seen through a window glows and is not lit: the fewest texels will do."""
MAX_TEXELS = 400
"""Along one side of a patch: no wall is longer than 14 m."""
LIGHT_ATLAS_WIDTH = 1024
SMALLEST_AREA_M2 = 1e-10
"""At the pole of a sphere two corners of a triangle are one."""
BACKGROUND = 0
"""Instance index of walls, floor, window and whatever else has no box."""


@dataclass(frozen=True, eq=False)
class LightChart:
    """Where the texels of one patch lie in the light map: rows `y` to `y + shape[1]`, columns `x` to `x + shape[0]`."""

    x: int
    y: int
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Solids:
    """A room's triangles, without their looks.

    Attributes:
        patches: all patches: the background's, the objects', and those outside the windows.
        owner: `(p,)` index of the object of each patch, from 1; 0 is background.
        vertices: `(f, 3, 3)` float32 corners of the triangles, metres, world.
        corner: `(f, 3)` which vertex of its patch's grid each corner is.
        patch: `(f,)` patch of each triangle.
        instance: `(f,)` index of the object of each triangle.
        inside: how many triangles, from the first, belong to the room and its objects; the rest is the view outside.
        caster: all triangles in one ray-casting scene.
    """

    patches: tuple[Patch, ...]
    owner: NDArray[np.uint16]
    vertices: NDArray[np.float32]
    corner: NDArray[np.int64]
    patch: NDArray[np.int64]
    instance: NDArray[np.uint16]
    inside: int
    caster: o3d.t.geometry.RaycastingScene


@dataclass(frozen=True, eq=False)
class Scene:
    """A room's triangles and what they look like.

    Attributes:
        solids: the triangles.
        lookup: `(f, 3, 4)` float32: x, y in the light map and u, v on the texture (texels) at a triangle's first
            corner, then how they change towards its second and its third.
        normals: `(f, 3, 3)` float32, the smooth normals in the same form.
        flat_normal: `(f, 3)` float32 unit normals of the triangles.
        material: `(f,)` index into the atlas.
        texel_m: `(f,)` size of a texture texel on the surface, metres.
        charts: places of the patches in the light map.
        light_shape: rows and columns of the light map.
    """

    solids: Solids
    lookup: NDArray[np.float32]
    normals: NDArray[np.float32]
    flat_normal: NDArray[np.float32]
    material: NDArray[np.int32]
    texel_m: NDArray[np.float32]
    charts: tuple[LightChart, ...]
    light_shape: tuple[int, int]
    atlas: TextureAtlas


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


def build_solids(
    objects: Sequence[Sequence[Patch]], background: Sequence[Patch], outside: Sequence[Patch] = ()
) -> Solids:
    """Triangles of the background (index 0), the objects (1, 2, ...) and the view outside (0), in the world."""
    patches = [*background, *(patch for patches in objects for patch in patches), *outside]
    owners = [i + 1 for i, patches in enumerate(objects) for _ in patches]
    owner = np.array([BACKGROUND] * len(background) + owners + [BACKGROUND] * len(outside), np.uint16)
    corners = [_triangles(patch) for patch in patches]
    counts = [len(corner) for corner in corners]
    vertices = [patch.vertices.reshape(-1, 3)[corner] for patch, corner in zip(patches, corners, strict=True)]
    vertices = np.concatenate(vertices).astype(np.float32)
    return Solids(
        patches=tuple(patches),
        owner=owner,
        vertices=vertices,
        corner=np.concatenate(corners),
        patch=np.repeat(np.arange(len(patches)), counts),
        instance=np.repeat(owner, counts),
        inside=sum(counts[: len(counts) - len(outside)]),
        caster=ray_caster(vertices),
    )


def _triangles(patch: Patch) -> NDArray[np.int64]:
    """Corners `(f, 3)` of a patch's triangles as indices into its grid; those without area are left out."""
    n, m = patch.vertices.shape[:2]
    grid = np.arange(n * m).reshape(n, m)
    a, b, c, d = (part.ravel() for part in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]))
    index = np.concatenate([np.stack([a, b, c], -1), np.stack([d, c, b], -1)])
    corners = patch.vertices.reshape(-1, 3)[index]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1)
    return index[area > SMALLEST_AREA_M2]


def build_scene(solids: Solids) -> Scene:
    """The looks of a room's triangles: their places in the texture atlas and in the light map."""
    patches = solids.patches
    atlas = build_atlas([patch.material for patch in patches])
    charts, light_shape = _light_charts(patches, _texel_sizes(solids))
    looks = [_looked_up(patch, chart, atlas) for patch, chart in zip(patches, charts, strict=True)]
    start = np.cumsum([0] + [patch.vertices.shape[0] * patch.vertices.shape[1] for patch in patches[:-1]])
    corner = solids.corner + start[solids.patch][:, None]
    lookup = np.concatenate([look for look, _ in looks])[corner]
    normals = np.concatenate([patch.normals.reshape(-1, 3) for patch in patches])[corner]
    flat = np.cross(solids.vertices[:, 1] - solids.vertices[:, 0], solids.vertices[:, 2] - solids.vertices[:, 0])
    return Scene(
        solids=solids,
        lookup=_from_first(lookup),
        normals=_from_first(normals),
        flat_normal=flat / np.linalg.norm(flat, axis=-1, keepdims=True),
        material=np.array([atlas.index[patch.material] for patch in patches], np.int32)[solids.patch],
        texel_m=np.array([texel_m for _, texel_m in looks], np.float32)[solids.patch],
        charts=charts,
        light_shape=light_shape,
        atlas=atlas,
    )


def _from_first(corners: NDArray) -> NDArray[np.float32]:
    """Values `(f, 3, k)` at three corners as the first, and the differences of the others from it."""
    first = corners[:, :1]
    return np.concatenate([first, corners[:, 1:] - first], 1).astype(np.float32)


def _texel_sizes(solids: Solids) -> NDArray[np.float64]:
    """`(p,)` side of the light-map texels of each patch, metres."""
    sizes = [ROOM_TEXEL_M]
    for index in range(1, int(solids.owner.max(initial=0)) + 1):
        points = solids.vertices[solids.instance == index].reshape(-1, 3)
        diagonal = np.linalg.norm(np.ptp(points, axis=0))
        sizes.append(float(np.clip(diagonal / TEXELS_PER_OBJECT, SMALLEST_TEXEL_M, LARGEST_TEXEL_M)))
    texels = np.array(sizes)[solids.owner]
    texels[np.unique(solids.patch[solids.inside :])] = OUTSIDE_TEXEL_M
    return texels


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


def _looked_up(patch: Patch, chart: LightChart, atlas: TextureAtlas) -> tuple[NDArray, float]:
    """Light map and texture coordinates `(vertices, 4)` of a patch's grid, and the texture's texel size in metres."""
    s, t = patch.parameters
    light_x = chart.x + s / max(s[-1], 1e-9) * (chart.shape[0] - 1)
    light_y = chart.y + t / max(t[-1], 1e-9) * (chart.shape[1] - 1)
    u, v, texel_m = atlas.texture_coordinates(patch, s, t)
    return np.stack(np.broadcast_arrays(light_x[:, None], light_y[None, :], u, v), -1).reshape(-1, 4), texel_m
