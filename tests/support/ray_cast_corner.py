"""A corner of a room as meshes, seen through Open3D's ray casting: depth and instance maps made without the engine.

Furniture is made of several parts, objects stand on, under and in one another, and one is hidden.
"""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera

BACKGROUND = -1


@dataclass(frozen=True)
class View:
    """One frame: camera, depth in metres, the object of each pixel (-1: none), and each object's pixels if alone."""

    camera: Camera
    depth: NDArray[np.float32]
    instance: NDArray[np.intp]
    alone: NDArray[np.intp]

    def truly_visible(self) -> NDArray[np.bool_]:
        seen = np.array([(self.instance == index).sum() for index in range(len(self.alone))])
        return (seen >= 150) & (seen >= 0.05 * self.alone)


@dataclass(frozen=True)
class Corner:
    """The objects' tags and tight boxes, and the views."""

    tags: tuple[str, ...]
    boxes: Boxes
    views: tuple[View, ...]

    def index(self, tag: str) -> int:
        return self.tags.index(tag)


def camera_at(eye, target, width=640, height=480) -> Camera:
    """A camera that looks from `eye` to `target`, upright, 60 degrees wide."""
    eye, forward = np.asarray(eye, float), np.subtract(target, eye)
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(forward, right), forward, eye], axis=1)
    focal = width / 2 / np.tan(np.radians(30))
    return Camera(width, height, np.array([focal, focal, (width - 1) / 2, (height - 1) / 2]), pose)


def ray_cast(scene: o3d.t.geometry.RaycastingScene, camera: Camera) -> dict[str, NDArray]:
    """Hits of the rays through the pixel centres; the hit parameter is the depth, as each ray advances 1 m in z."""
    u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    fx, fy, cx, cy = camera.intrinsics
    directions = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(u.shape)], axis=-1) @ camera.rotation.T
    origins = np.broadcast_to(camera.center, directions.shape)
    hits = scene.cast_rays(o3d.core.Tensor(np.concatenate([origins, directions], -1).astype(np.float32)))
    return {name: values.numpy() for name, values in hits.items()}


def scene_of(*meshes: o3d.geometry.TriangleMesh) -> o3d.t.geometry.RaycastingScene:
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    for mesh in meshes:
        scene.add_triangles(o3d.t.geometry.TriangleMesh.from_legacy(mesh))
    return scene


def block(low, high) -> o3d.geometry.TriangleMesh:
    return o3d.geometry.TriangleMesh.create_box(*np.subtract(high, low)).translate(low)


def legs(width, depth, height, thickness=0.05) -> o3d.geometry.TriangleMesh:
    made = o3d.geometry.TriangleMesh()
    for x in (0, width - thickness):
        for y in (0, depth - thickness):
            made += block((x, y, 0), (x + thickness, y + thickness, height))
    return made


def table() -> o3d.geometry.TriangleMesh:
    return legs(1.4, 0.8, 0.7) + block((0, 0, 0.7), (1.4, 0.8, 0.74))


def chair() -> o3d.geometry.TriangleMesh:
    back = block((0, 0, 0.7), (0.45, 0.04, 0.85)) + block((0, 0, 0.55), (0.45, 0.04, 0.62))
    posts = block((0, 0, 0.45), (0.04, 0.04, 0.85)) + block((0.41, 0, 0.45), (0.45, 0.04, 0.85))
    return legs(0.45, 0.45, 0.41, 0.04) + block((0, 0, 0.41), (0.45, 0.45, 0.45)) + back + posts


def mug() -> o3d.geometry.TriangleMesh:
    cup = o3d.geometry.TriangleMesh.create_cylinder(0.05, 0.12, 32).translate((0.05, 0.05, 0.06))
    return cup + block((0.1, 0.04, 0.03), (0.13, 0.06, 0.09))


def shelf() -> o3d.geometry.TriangleMesh:
    boards = [block((0, 0, z), (0.8, 0.3, z + 0.02)) for z in (0.0, 0.45, 0.9, 1.35)]
    sides = block((0, 0, 0), (0.02, 0.3, 1.37)) + block((0.78, 0, 0), (0.8, 0.3, 1.37))
    made = sides + block((0, 0.29, 0), (0.8, 0.3, 1.37))
    for board in boards:
        made += board
    return made


OBJECTS = {
    "table": (table, (0.0, 0.0, 0.0), 0.1),
    "chair": (chair, (0.45, -0.25, 0.0), 0.15),
    "mug": (mug, (1.0, 0.3, 0.74), 0.5),
    "shelf": (shelf, (0.2, 1.75, 0.0), 0.0),
    "book": (lambda: block((0, 0, 0), (0.04, 0.18, 0.25)), (0.5, 1.78, 0.92), 0.0),
    "cabinet": (lambda: block((0, 0, 0), (0.6, 0.5, 0.9)), (-1.2, 0.9, 0.0), 0.3),
    "hidden bin": (lambda: block((0, 0, 0), (0.25, 0.25, 0.3)), (-1.25, 1.6, 0.0), 0.0),
}
"""Tag -> mesh, position of its origin, yaw."""


def furnished_corner() -> Corner:
    """The furnished corner, seen from two places."""
    meshes, centers, extents = [], [], []
    for make, position, yaw in OBJECTS.values():
        mesh = make()
        low, high = mesh.get_min_bound(), mesh.get_max_bound()
        turn = mesh.get_rotation_matrix_from_xyz((0, 0, yaw))
        meshes.append(mesh.rotate(turn, (0, 0, 0)).translate(position))
        centers.append(turn @ ((low + high) / 2) + position)
        extents.append(high - low)
    boxes = Boxes.from_rpy(centers, extents, [(0, 0, yaw) for *_, yaw in OBJECTS.values()])
    room = block((-3, -3, -0.1), (3, 3, 0)) + block((-3, 2.06, 0), (3, 2.2, 2.5))
    everything, alone = scene_of(*meshes, room), [scene_of(mesh) for mesh in meshes]
    views = []
    for eye, target in (((1.9, -2.2, 1.7), (0.3, 0.9, 0.5)), ((-0.6, -2.6, 1.5), (0.3, 0.9, 0.5))):
        camera = camera_at(eye, target)
        hits = ray_cast(everything, camera)
        depth = np.where(np.isfinite(hits["t_hit"]), hits["t_hit"], 0).astype(np.float32)
        instance = np.where(hits["geometry_ids"] < len(meshes), hits["geometry_ids"], BACKGROUND).astype(np.intp)
        full = np.array([np.isfinite(ray_cast(scene, camera)["t_hit"]).sum() for scene in alone])
        views.append(View(camera, depth, instance, full))
    return Corner(tuple(OBJECTS), boxes, tuple(views))
