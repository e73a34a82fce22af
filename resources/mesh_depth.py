"""Depth images of a mesh, by casting the ray of every pixel.

What does not belong here: which mesh a scene has (`resources/sources`), and the images that are made of the depth
(`depth_images.py`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plyfile import PlyData, PlyParseError

from openspatial_assets.engine.geometry.cameras import Camera
from resources.sources.registration import SourceError
from resources.sources.surface import SceneSurface

TRIANGLES = {"face": {"vertex_indices": 3, "vertex_index": 3}}
"""That faces are triangles lets a file be mapped instead of read face by face."""


def rendered_depth(surface: SceneSurface, cameras: Sequence[Camera]) -> Iterator[NDArray[np.float32]]:
    """The depth `(h, w)` that each camera sees of a mesh: camera z, in the unit of the mesh; 0 = none.

    The mesh is loaded once. Rays go through the pixels' centres, which have integer coordinates.

    Raises:
        SourceError: the mesh is missing, truncated, empty or absurdly large.
    """
    vertices, triangles = read_triangles(surface.path)
    # Rays are cast in single precision: around the middle of the mesh, so that a scene far from its origin loses none.
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    casting = _scene(vertices - middle, triangles)
    mesh_from_world = np.linalg.inv(surface.world_from_mesh)
    for camera in cameras:
        yield _cast(casting, camera, mesh_from_world @ camera.world_from_camera, middle)


def _scene(vertices: NDArray[np.float64], triangles: NDArray[np.uint32]) -> Any:
    import open3d as o3d  # takes seconds to load, and only this needs it

    casting = o3d.t.geometry.RaycastingScene(nthreads=1)
    casting.add_triangles(o3d.core.Tensor(vertices.astype(np.float32)), o3d.core.Tensor(triangles))
    return casting


def _cast(
    casting: Any, camera: Camera, mesh_from_camera: NDArray[np.float64], middle: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The depth of one camera: as each ray advances by 1 in camera z, the parameter of its hit is the depth."""
    import open3d as o3d

    fx, fy, cx, cy = camera.intrinsics
    u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    directions = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(u.shape)], axis=-1) @ mesh_from_camera[:3, :3].T
    origins = np.broadcast_to(mesh_from_camera[:3, 3] - middle, directions.shape)
    rays = np.concatenate([origins, directions], axis=-1).astype(np.float32)
    depth = casting.cast_rays(o3d.core.Tensor(rays), nthreads=1)["t_hit"].numpy()
    return np.where(np.isfinite(depth), depth, 0.0).astype(np.float32)


def read_triangles(path: str) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Vertices `(n, 3)` and triangles `(m, 3)` of a PLY file.

    Raises:
        SourceError: it is missing, truncated, empty or absurdly large, or a vertex is nowhere.
    """
    try:
        mesh = PlyData.read(path, known_list_len=TRIANGLES)  # mapped: nothing is allocated for what a header claims
        vertices = np.stack([mesh["vertex"][axis] for axis in "xyz"], axis=-1).astype(np.float64)
        triangles = np.asarray(mesh["face"].data[mesh["face"].properties[0].name]).astype(np.uint32)
    except FileNotFoundError:
        raise SourceError(f"{path}: the file is missing", path) from None
    except (PlyParseError, KeyError, ValueError, OSError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path}: is no sound PLY file of triangles ({error}); it may be truncated", path) from error
    if not len(triangles) or triangles.shape[1:] != (3,) or triangles.max() >= len(vertices):
        raise SourceError(f"{path}: holds no triangles, or triangles of vertices that it does not have", path)
    if not np.isfinite(vertices).all():
        raise SourceError(f"{path}: holds vertices that are not finite", path)
    return vertices, triangles
