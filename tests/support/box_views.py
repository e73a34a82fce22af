"""Views of solid boxes on a floor, ray-cast exactly: depth, and which box each pixel shows."""

import numpy as np

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera

WIDTH, HEIGHT, FOCAL = 320, 240, 260.0
FLOOR = -1
"""What a pixel shows that shows no box: the floor z = 0, or nothing."""


def camera_at(position, target) -> Camera:
    """A camera at `position` that looks at `target`, both metres, its image's top upwards."""
    position, target = np.asarray(position, float), np.asarray(target, float)
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    pose[:3, 3] = position
    return Camera(WIDTH, HEIGHT, np.array([FOCAL, FOCAL, WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5]), pose)


def ring(center, radius: float, height: float, count: int, start_deg: float = 0.0, arc_deg: float = 360.0):
    """Cameras on an arc around `center` (x, y), looking at it half a metre above the floor."""
    angles = np.radians(start_deg + arc_deg * np.arange(count) / count)
    return [
        camera_at((center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle), height), (*center, 0.5))
        for angle in angles
    ]


def rendered(camera: Camera, boxes: Boxes) -> tuple[np.ndarray, np.ndarray]:
    """Depth `(h, w)` float32 metres, and the box that each pixel shows."""
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    fx, fy, cx, cy = camera.intrinsics
    rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(u.shape)], axis=-1) @ camera.rotation.T
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(rays[..., 2] < 0, -camera.center[2] / rays[..., 2], np.inf)
        shown = np.full(depth.shape, FLOOR)
        for index in range(len(boxes)):
            local = rays @ boxes.rotations[index]
            start = (camera.center - boxes.centers[index]) @ boxes.rotations[index]
            low, high = ((side * boxes.extents[index] / 2 - start) / local for side in (-1, 1))
            enters, leaves = np.minimum(low, high).max(axis=-1), np.maximum(low, high).min(axis=-1)
            nearer = (enters <= leaves) & (enters > 0) & (enters < depth)
            depth, shown = np.where(nearer, enters, depth), np.where(nearer, index, shown)
    return np.where(depth < 20.0, depth, 0.0).astype(np.float32), shown
