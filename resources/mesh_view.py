"""Pictures of a mesh from any camera, by casting rays on the processor: no display and no graphics card is needed.

What does not belong here: where the camera stands for a preview (`assets/lifting_previews.py`), and fusing.
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.fusion.mesh import TriangleMesh
from openspatial_assets.engine.geometry.cameras import Camera

BACKGROUND = 250
"""Grey level where no surface is."""

LAYERS = 6
"""A ray passes through at most so many surfaces from behind: the ceiling, the near wall, and a cupboard or two."""

AMBIENT = 0.72
"""Share of a colour that is left where the surface is seen edge-on: a little shade shows the shape."""

STEP_SHARE = 1e-4
"""A ray goes on this share of its length behind a surface: enough for single precision."""


def mesh_picture(mesh: TriangleMesh, camera: Camera) -> NDArray[np.uint8]:
    """What a camera sees of a mesh, `(h, w, 3)` RGB. Surfaces seen from behind are left out, as in a doll's house.

    A mesh that was fused from depth has no other side: nobody has seen it. So a room can be looked at from outside.
    """
    import open3d as o3d

    origin = camera.center
    caster = o3d.t.geometry.RaycastingScene()
    caster.add_triangles(
        o3d.core.Tensor((mesh.vertices - origin).astype(np.float32)), o3d.core.Tensor(mesh.triangles.astype(np.uint32))
    )
    v, u = np.mgrid[0 : camera.height, 0 : camera.width].reshape(2, -1)
    pixels = np.stack([u, v], axis=-1)
    ways = (camera.back_project(pixels, np.ones(len(u))) - origin).astype(np.float32)
    picture = np.full((len(ways), 3), BACKGROUND, np.uint8)
    pending, start = np.arange(len(ways)), np.zeros(len(ways), np.float32)
    for _ in range(LAYERS):
        rays = np.concatenate([start[:, None] * ways[pending], ways[pending]], axis=-1)
        hits = {name: tensor.numpy() for name, tensor in caster.cast_rays(o3d.core.Tensor(rays)).items()}
        facing = -np.einsum("ri,ri->r", hits["primitive_normals"], ways[pending])
        facing /= np.linalg.norm(ways[pending], axis=-1)
        there = np.isfinite(hits["t_hit"])
        front = there & (facing > 0)
        picture[pending[front]] = _shaded(mesh, hits, front, facing[front])
        behind = there & ~front
        start = (start + hits["t_hit"])[behind] * (1 + STEP_SHARE)
        pending = pending[behind]
    return picture.reshape(camera.height, camera.width, 3)


def _shaded(mesh: TriangleMesh, hits: dict, chosen: NDArray[np.bool_], facing: NDArray) -> NDArray[np.uint8]:
    corners = mesh.colors[mesh.triangles[hits["primitive_ids"][chosen]]].astype(np.float32)
    u, v = hits["primitive_uvs"][chosen].T[:, :, None]
    color = corners[:, 0] * (1 - u - v) + corners[:, 1] * u + corners[:, 2] * v
    return np.clip(color * (AMBIENT + (1 - AMBIENT) * facing[:, None]), 0, 255).astype(np.uint8)
