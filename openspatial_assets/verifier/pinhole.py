"""Cameras: where a point appears, which boxes reach into an image, and how one camera stands to another.

Camera axes: x right, y down, z ahead. Pixel centres have whole numbers, so that an image spans -0.5 to width - 0.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from openspatial_assets.verifier.solids import Box

NEAR_M = 0.05
"""What is nearer to the camera plane is not seen."""

CORNERS_OF_RECTANGLE = ((0, 0), (1, 0), (1, 1), (0, 1))


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera.

    Attributes:
        width, height: pixels.
        intrinsics: `(4,)` fx, fy, cx, cy, pixels.
        world_from_camera: `(4, 4)` rigid transform, metres.
    """

    width: int
    height: int
    intrinsics: NDArray[np.float64]
    world_from_camera: NDArray[np.float64]

    @classmethod
    def of(cls, row: Mapping) -> "Camera":
        pose = np.array(row["world_from_camera"], np.float64).reshape(4, 4)
        return cls(row["width"], row["height"], np.array(row["intrinsics"], np.float64), pose)

    @property
    def center(self) -> NDArray[np.float64]:
        """`(3,)` optical centre, world, metres."""
        return self.world_from_camera[:3, 3]

    @property
    def axes(self) -> NDArray[np.float64]:
        """`(3, 3)` rotation from camera to world; its last column looks ahead."""
        return self.world_from_camera[:3, :3]

    @property
    def diagonal_px(self) -> float:
        return float(np.hypot(self.width, self.height))

    def see(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points `(*, 3)` in camera axes."""
        return (points - self.center) @ self.axes

    def project(self, point: NDArray[np.float64]) -> tuple[float, float, float]:
        """u, v in pixels and camera z of a world point `(3,)`."""
        x, y, z = self.see(point).tolist()
        fx, fy, cx, cy = self.intrinsics.tolist()
        return fx * x / z + cx, fy * y / z + cy, z

    def back_project(self, u: float, v: float, depth: float) -> NDArray[np.float64]:
        """The world point `(3,)` at a pixel, `depth` metres along camera z."""
        fx, fy, cx, cy = self.intrinsics.tolist()
        return self.axes @ np.array([(u - cx) / fx * depth, (v - cy) / fy * depth, depth]) + self.center

    def shows(self, u: float, v: float, rim_px: float = 0.0) -> bool:
        """Whether a pixel lies in the image, at least `rim_px` from its edges."""
        return (
            rim_px - 0.5 <= u <= self.width - 0.5 - rim_px and rim_px - 0.5 <= v <= self.height - 0.5 - rim_px
        )  # fmt: skip

    def box_9(self, box: Box) -> NDArray[np.float64]:
        """x y z, xl yl zl, roll pitch yaw of a box in camera axes."""
        turned = Rotation.from_matrix(self.axes.T @ box.axes)
        return np.concatenate([self.see(box.center), box.extents, turned.as_euler("xyz")])

    @cached_property
    def horizontal_fov_deg(self) -> float:
        """Between the outer edges of the first and the last column."""
        fx, _, cx, _ = self.intrinsics
        return float(np.degrees(np.arctan((self.width - 0.5 - cx) / fx) - np.arctan((-0.5 - cx) / fx)))

    def reached_by(
        self, corners: NDArray[np.float64], axes: NDArray[np.float64], grown: tuple[float, float] = (0.0, 0.0)
    ) -> NDArray[np.bool_]:
        """`(n,)` which boxes share a point with what the camera can see.

        Two convex bodies are apart exactly if a plane parallel to a face of one of them, or to an edge of each, lies
        between them. The view is cut at NEAR_M, and behind the farthest corner.

        Args:
            corners, axes: `(n, 8, 3)` and `(n, 3, 3)` of the boxes, world, metres.
            grown: pixels by which the image is wider on the left and right, and higher above and below.
        """
        corners = self.see(corners)
        edges = (axes.swapaxes(-1, -2) @ self.axes).reshape(-1, 3, 3)
        far = max(float(corners[..., 2].max(initial=0.0)), NEAR_M) + 1.0
        fx, fy, cx, cy = self.intrinsics.tolist()
        across = [(-0.5 - grown[0] - cx) / fx, (self.width - 0.5 + grown[0] - cx) / fx]
        down = [(-0.5 - grown[1] - cy) / fy, (self.height - 0.5 + grown[1] - cy) / fy]
        rays = np.array([[across[i], down[j], 1.0] for i, j in CORNERS_OF_RECTANGLE])
        view = np.concatenate([NEAR_M * rays, far * rays])
        sides = np.cross(rays, np.roll(rays, -1, axis=0))
        view_edges = np.concatenate([rays, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        crosses = np.cross(edges[:, :, None], view_edges).reshape(len(edges), -1, 3)
        fixed = np.broadcast_to(np.concatenate([sides, [[0.0, 0.0, 1.0]]]), (len(edges), 5, 3))
        planes = np.concatenate([fixed, edges, crosses], axis=1)
        of_box = planes @ corners.swapaxes(-1, -2)
        of_view = planes @ view.T
        between = (of_box.min(-1) > of_view.max(-1)) | (of_view.min(-1) > of_box.max(-1))
        return ~between.any(axis=1)

    def reached_by_one(self, box: Box, grown: tuple[float, float] = (0.0, 0.0)) -> bool:
        """Whether one box reaches into the image; `grown` in pixels, as in `reached_by`."""
        return bool(self.reached_by(box.corners[None], box.axes[None], grown)[0])

    def distance_to(self, box: Box) -> float:
        """Metres from the optical centre to the solid box; zero inside."""
        outside = np.abs((self.center - box.center) @ box.axes) - box.extents / 2
        return float(np.linalg.norm(np.maximum(outside, 0.0)))


def turn_deg(first: Camera, second: Camera) -> NDArray[np.float64]:
    """`(3,)` rotation vector from the first to the second camera in the axes of the first, degrees.

    About x (positive: up), y (positive: right), z (positive: clockwise, as the camera itself turns).
    """
    return np.degrees(Rotation.from_matrix(first.axes.T @ second.axes).as_rotvec())


def shift(first: Camera, second: Camera) -> NDArray[np.float64]:
    """`(3,)` from the first to the second optical centre in the axes of the first: right, down, ahead, metres."""
    return first.see(second.center)
