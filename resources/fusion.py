"""Fusing posed depth images into one surface: a truncated signed distance field in sparse blocks of voxels.

Curless and Levoy, "A Volumetric Method for Building Complex Models from Range Images", SIGGRAPH 1996, as Open3D's
`VoxelBlockGrid` has it. What does not belong here: which frames are fused (`assets/scene_mesh.py`), and what is done
to the surface afterwards (`engine/fusion`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.fusion.depth import median_depth, without_edges
from openspatial_assets.engine.fusion.mesh import TriangleMesh, in_order, without_specks
from openspatial_assets.engine.fusion.settings import MeshSettings
from openspatial_assets.engine.geometry.cameras import Camera
from resources.images import camera_of, read_color, read_depth

BLOCK_VOXELS = 8
"""Voxels along a block: Open3D's own samples take 8 or 16, and 8 wastes less beside a thin surface."""

VOXEL_BYTES = 66
"""Of a voxel: 20 for distance, weight and three colours as float32, 16 for indices while triangles are extracted; the
rest, for the triangles of a surface through it, was measured."""

COARSER = 1.25
"""By how much voxels grow, as often as it takes, where they do not fit into memory."""

FAR_FROM_ORIGIN = 100.0
"""World units. Open3D computes in single precision, so what lies farther off is moved near the origin to be fused; the
steps are as coarse as this, so that voxels do not shift when a frame is added."""

TOUCH_STRIDE_PX = 4
"""Open3D looks for blocks at every fourth row and column of a depth image, and fails where it finds none there."""

DEPTH_SAMPLES = 50
"""Frames that tell how deep a scene without scale is: its median over these is steady enough."""

EMPTY = TriangleMesh(np.empty((0, 3)), np.empty((0, 3), np.int32), np.empty((0, 3), np.uint8))

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class FusedScene:
    """The surface of a scene, and the side of a voxel in world units that it was made with."""

    mesh: TriangleMesh
    voxel: float


def fused_scene(frames: Sequence[Row], settings: MeshSettings, metric: bool) -> FusedScene:
    """The surface that frames see; the mesh is empty where no surface was seen by `min_views` of them.

    Args:
        frames: rows of `frames` that have depth, one or more; each is read twice.
        metric: whether world units are metres.

    Raises:
        ImageError: an image cannot be read; the message names the file.
    """
    unit = 1.0 if metric else _depth_unit(frames, settings)
    centers = np.array([camera_of(frame).center for frame in frames])
    origin = np.round(centers.mean(axis=0) / FAR_FROM_ORIGIN) * FAR_FROM_ORIGIN
    voxel, blocks = settings.voxel_m * unit, None
    max_blocks = max(int(settings.max_memory_gb * 2**30 / (VOXEL_BYTES * BLOCK_VOXELS**3)), 1)
    while blocks is None:
        views = (_view(frame, settings, unit, origin) for frame in frames)
        blocks = _count_blocks(views, voxel, settings, unit, max_blocks)
        voxel *= 1.0 if blocks is not None else COARSER
    if blocks == 0:
        return FusedScene(EMPTY, voxel)
    grid = _grid(voxel, blocks)
    for frame in frames:
        _integrate(grid, _view(frame, settings, unit, origin), read_color(frame["image"]), settings, unit)
    mesh = _extracted(grid, min(settings.min_views, len(frames)), origin)
    return FusedScene(in_order(without_specks(mesh, settings.min_part_m2 * unit**2)), voxel)


@dataclass(frozen=True, eq=False)
class _View:
    """A camera whose position is relative to the fusion's origin, and its depth `(h, w)`."""

    camera: Camera
    depth: NDArray[np.float32]


def _view(frame: Row, settings: MeshSettings, unit: float, origin: NDArray[np.float64]) -> _View:
    camera = camera_of(frame)
    pose = camera.world_from_camera.copy()
    pose[:3, 3] -= origin
    depth = without_edges(read_depth(frame), settings.edge_share)
    depth[depth >= settings.max_depth_m * unit] = 0
    return _View(Camera(camera.width, camera.height, camera.intrinsics, pose), depth)


def _depth_unit(frames: Sequence[Row], settings: MeshSettings) -> float:
    """World units that stand for a metre."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), DEPTH_SAMPLES)).round().astype(int))
    return (median_depth([read_depth(frames[index])[::4, ::4] for index in chosen]) or 1.0) / settings.typical_depth_m


def _grid(voxel: float, blocks: int):
    import open3d as o3d

    types = (o3d.core.float32,) * 3
    device = o3d.core.Device("CPU:0")
    names = ("tsdf", "weight", "color")
    return o3d.t.geometry.VoxelBlockGrid(names, types, ((1), (1), (3)), voxel, BLOCK_VOXELS, blocks, device)


def _touched(grid, view: _View, settings: MeshSettings, unit: float):
    """Block coordinates `(b, 3)` near the surface that a view sees, as a tensor; None where there are none."""
    import open3d as o3d

    if not view.depth[::TOUCH_STRIDE_PX, ::TOUCH_STRIDE_PX].any():
        return None
    depth = o3d.t.geometry.Image(view.depth)
    intrinsics, extrinsics = _matrices(view.camera)
    return grid.compute_unique_block_coordinates(
        depth, intrinsics, extrinsics, 1.0, settings.max_depth_m * unit, settings.truncation_voxels
    )


def _count_blocks(
    views: Iterable[_View], voxel: float, settings: MeshSettings, unit: float, max_blocks: int
) -> int | None:
    """How many blocks the views touch together; None where that is more than `max_blocks`."""
    grid, known = _grid(voxel, 1), np.empty((0, 3), np.int32)
    for view in views:
        touched = _touched(grid, view, settings, unit)
        if touched is not None:
            known = np.unique(np.concatenate([known, touched.numpy()]), axis=0)
        if len(known) > max_blocks:
            return None
    return len(known)


def _integrate(grid, view: _View, color: NDArray[np.uint8], settings: MeshSettings, unit: float) -> None:
    import open3d as o3d

    touched = _touched(grid, view, settings, unit)
    if touched is None:
        return
    intrinsics, extrinsics = _matrices(view.camera)
    # Depth and colour must be of one type for Open3D; colours of 0 to 1 come back as 0 to 1.
    colors = o3d.t.geometry.Image(color.astype(np.float32) / 255)
    grid.integrate(
        touched,
        o3d.t.geometry.Image(view.depth),
        colors,
        intrinsics,
        intrinsics,
        extrinsics,
        1.0,
        settings.max_depth_m * unit,
        settings.truncation_voxels,
    )


def _matrices(camera: Camera):
    """The 3 x 3 intrinsics and the 4 x 4 camera-from-world matrix as tensors."""
    import open3d as o3d

    fx, fy, cx, cy = camera.intrinsics
    intrinsics = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    camera_from_world = np.eye(4)
    camera_from_world[:3, :3] = camera.rotation.T
    camera_from_world[:3, 3] = -camera.rotation.T @ camera.center
    return o3d.core.Tensor(intrinsics), o3d.core.Tensor(camera_from_world)


def _extracted(grid, min_views: int, origin: NDArray[np.float64]) -> TriangleMesh:
    # A voxel's weight is the number of views that counted; the threshold is exclusive.
    found = grid.extract_triangle_mesh(min_views - 0.5)
    if "indices" not in found.triangle or not len(found.triangle.indices):
        return EMPTY
    colors = np.clip(np.rint(found.vertex.colors.numpy() * 255), 0, 255).astype(np.uint8)
    return TriangleMesh(
        found.vertex.positions.numpy().astype(np.float64) + origin,
        found.triangle.indices.numpy().astype(np.int32),
        colors,
    )
