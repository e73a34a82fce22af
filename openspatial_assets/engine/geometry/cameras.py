"""The pinhole camera: projection, back-projection, and the rays of its pixels.

Camera axes are OpenCV's (x right, y down, z forward); a pixel's centre has integer coordinates, as in OpenCV.
What does not belong here: reading images (`resources/images.py`), and boxes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Camera:
    """One posed pinhole camera.

    Attributes:
        width, height: image size in pixels.
        intrinsics: `(4,)` fx, fy, cx, cy in pixels.
        world_from_camera: `(4, 4)` rigid transform, metres.
    """

    width: int
    height: int
    intrinsics: NDArray[np.float64]
    world_from_camera: NDArray[np.float64]

    @property
    def rotation(self) -> NDArray[np.float64]:
        """`(3, 3)`: columns are the camera's right, down and forward axes in the world."""
        return self.world_from_camera[:3, :3]

    @property
    def center(self) -> NDArray[np.float64]:
        """`(3,)` optical centre in the world, metres."""
        return self.world_from_camera[:3, 3]

    @property
    def horizontal_fov(self) -> float:
        """Horizontal field of view in radians: the angle between the rays of the image's left and right edges."""
        fx, _, cx, _ = self.intrinsics
        return float(np.arctan2(self.width - 0.5 - cx, fx) + np.arctan2(cx + 0.5, fx))

    def resized(self, width: int, height: int) -> "Camera":
        """The camera of the same image resized to another size in pixels."""
        across, down = width / self.width, height / self.height
        fx, fy, cx, cy = self.intrinsics
        # Pixel centres are integers, so an image begins at -0.5.
        intrinsics = np.array([fx * across, fy * down, (cx + 0.5) * across - 0.5, (cy + 0.5) * down - 0.5])
        return Camera(width, height, intrinsics, self.world_from_camera)

    def shrunk(self, longest_side: int) -> "Camera":
        """The camera of the same image resized so that no side is longer; itself where none is."""
        share = longest_side / max(self.width, self.height)
        if share >= 1.0:
            return self
        return self.resized(max(1, round(self.width * share)), max(1, round(self.height * share)))

    def camera_from_world(self, points: ArrayLike) -> NDArray[np.float64]:
        """World points `(*, 3)` in camera axes `(*, 3)`, metres."""
        return (np.asarray(points, dtype=np.float64) - self.center) @ self.rotation

    def world_points(self, points: ArrayLike) -> NDArray[np.float64]:
        """Camera-frame points `(*, 3)` in the world `(*, 3)`, metres."""
        return np.asarray(points, dtype=np.float64) @ self.rotation.T + self.center

    def pixels(self, camera_points: ArrayLike) -> NDArray[np.float64]:
        """Pixels `(*, 2)` (u, v) of camera-frame points `(*, 3)`; meaningful only where z > 0."""
        points = np.asarray(camera_points, dtype=np.float64)
        fx, fy, cx, cy = self.intrinsics
        z = np.where(np.abs(points[..., 2]) < 1e-12, 1e-12, points[..., 2])
        return np.stack([fx * points[..., 0] / z + cx, fy * points[..., 1] / z + cy], axis=-1)

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels `(*, 2)` and depths `(*,)` (camera z, metres) of world points `(*, 3)`."""
        local = self.camera_from_world(points)
        return self.pixels(local), local[..., 2]

    def back_project(self, pixels: ArrayLike, depth: ArrayLike) -> NDArray[np.float64]:
        """World points `(*, 3)` of pixels `(*, 2)` (u, v) with depth `(*,)` (camera z, metres)."""
        pixels, depth = np.asarray(pixels, dtype=np.float64), np.asarray(depth, dtype=np.float64)
        fx, fy, cx, cy = self.intrinsics
        local = np.stack([(pixels[..., 0] - cx) / fx * depth, (pixels[..., 1] - cy) / fy * depth, depth], axis=-1)
        return self.world_points(local)
