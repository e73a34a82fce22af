"""A furnished room that is known exactly, to be written in the form of any dataset and read back.

Solid boxes stand in an empty room; some are turned, one leans. Pictures, depth and instances are computed here, ray by
ray, with nothing from the engine: world x east, y north, z up, metres; OpenCV cameras; a pixel's centre is an integer.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

ROOM = np.array([[-2.5, -2.0, 0.0], [2.5, 2.0, 2.5]])
"""Lowest and highest corner of the room's inside."""

BACKGROUND = -1


@dataclass(frozen=True)
class TruthBox:
    """One object: columns of `rotation` are its axes in the world; `extents` are full lengths along them."""

    label: str
    center: NDArray[np.float64]
    rotation: NDArray[np.float64]
    extents: NDArray[np.float64]

    @property
    def corners(self) -> NDArray[np.float64]:
        """`(8, 3)` metres, world."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return self.center + (signs * self.extents / 2) @ self.rotation.T


@dataclass(frozen=True)
class TruthCamera:
    """A pinhole camera: size and fx, fy, cx, cy in pixels, and its pose `(4, 4)`."""

    width: int
    height: int
    intrinsics: tuple[float, float, float, float]
    world_from_camera: NDArray[np.float64]

    @cached_property
    def rays(self) -> NDArray[np.float64]:
        """`(h, w, 3)` directions in camera axes, z = 1."""
        fx, fy, cx, cy = self.intrinsics
        u, v = np.meshgrid(np.arange(self.width), np.arange(self.height))
        return np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(u.shape)], axis=-1)

    def resized(self, width: int, height: int, intrinsics: tuple[float, float, float, float]) -> "TruthCamera":
        """Another camera at the same place."""
        return TruthCamera(width, height, intrinsics, self.world_from_camera)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """`(3, 3)` intrinsics."""
        fx, fy, cx, cy = self.intrinsics
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])


@dataclass(frozen=True)
class TruthView:
    """What a camera sees: RGB, depth z in metres, and the index of each pixel's object (-1: the room)."""

    camera: TruthCamera
    color: NDArray[np.uint8]
    depth: NDArray[np.float64]
    instance: NDArray[np.intp]

    @property
    def distance(self) -> NDArray[np.float64]:
        """`(h, w)` metres along each ray, from the optical centre."""
        return self.depth * np.linalg.norm(self.camera.rays, axis=-1)


@dataclass(frozen=True)
class TruthScene:
    """The objects, and the cameras in the order of capture."""

    boxes: tuple[TruthBox, ...]
    cameras: tuple[TruthCamera, ...]

    def view(self, camera: TruthCamera) -> TruthView:
        """What a camera sees."""
        center = camera.world_from_camera[:3, 3]
        rays = camera.rays @ camera.world_from_camera[:3, :3].T
        depth, where = _inside(center, rays)
        color = _checkered(where, ROOM[0] - 1.0, 0.5, np.array([205, 200, 190]))
        instance = np.full(depth.shape, BACKGROUND)
        for index, box in enumerate(self.boxes):
            origin, directions = (center - box.center) @ box.rotation, rays @ box.rotation
            with np.errstate(divide="ignore"):
                near, far = np.sort(
                    [(-box.extents / 2 - origin) / directions, (box.extents / 2 - origin) / directions], 0
                )
            enter, leave = near.max(-1), far.min(-1)
            hit = (enter < leave) & (enter > 0) & (enter < depth)
            local = origin + enter[..., None] * directions
            tint = np.random.default_rng(index).integers(60, 230, 3)
            painted = _checkered(local, -box.extents / 2, 0.12, tint)
            color[hit], depth[hit], instance[hit] = painted[hit], enter[hit], index
        return TruthView(camera, color, depth, instance)

    @cached_property
    def views(self) -> tuple[TruthView, ...]:
        """What the cameras see."""
        return tuple(self.view(camera) for camera in self.cameras)

    @cached_property
    def mesh(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.intp]]:
        """Vertices `(n, 3)` metres, triangles `(m, 3)`, and the object of each vertex (-1: the room)."""
        quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
        triangles = np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])
        signs = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        room = ROOM[0] + signs * (ROOM[1] - ROOM[0])
        solids = [room, *(box.corners for box in self.boxes)]
        faces = [triangles + 8 * number for number in range(len(solids))]
        owners = np.repeat(np.arange(len(solids)) - 1, 8)
        return np.concatenate(solids), np.concatenate(faces), owners

    def with_frames(self, count: int) -> "TruthScene":
        """The same room with fewer cameras, evenly chosen."""
        chosen = np.linspace(0, len(self.cameras) - 1, count).round().astype(int)
        return replace(self, cameras=tuple(self.cameras[index] for index in chosen))


def held_sideways(scene: TruthScene) -> TruthScene:
    """The same room, by a camera whose pictures must be turned counter-clockwise by a quarter to be upright."""
    quarter = Rotation.from_euler("z", -np.pi / 2).as_matrix()
    cameras = []
    for camera in scene.cameras:
        pose = camera.world_from_camera.copy()
        pose[:3, :3] = pose[:3, :3] @ quarter
        cameras.append(replace(camera, world_from_camera=pose))
    return replace(scene, cameras=tuple(cameras))


def turned_upright(stored: TruthCamera, upright: TruthCamera) -> TruthCamera:
    """The camera of a picture taken by a camera of `held_sideways`, once it is turned; `upright` has its pose."""
    fx, fy, cx, cy = stored.intrinsics
    turned = (fy, fx, cy, stored.width - 1 - cx)
    return TruthCamera(stored.height, stored.width, turned, upright.world_from_camera)


def furnished_room(width: int = 320, height: int = 240, frames: int = 12) -> TruthScene:
    """The room, seen from `frames` places of a walk along its walls; the images are 75 degrees wide."""
    focal = width / 2 / np.tan(np.radians(75 / 2))
    intrinsics = (focal, focal * 1.01, width / 2 - 1.5, height / 2 + 2.25)
    cameras = []
    for turn in np.linspace(0.15, 1.85 * np.pi, frames):
        eye = np.array([2.1 * np.cos(turn), 1.6 * np.sin(turn), 1.55 + 0.1 * np.sin(3 * turn)])
        cameras.append(TruthCamera(width, height, intrinsics, looking(eye, (0.2 * np.sin(turn), 0.1, 0.55))))
    return TruthScene(_furniture(), tuple(cameras))


def looking(eye: NDArray[np.float64], target: tuple[float, float, float], roll: float = 0.0) -> NDArray[np.float64]:
    """The pose of a camera at `eye` that looks at `target`, upright, then turned by `roll` about its axis."""
    forward = np.asarray(target) - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = (
        np.stack([right, np.cross(forward, right), forward], axis=1) @ Rotation.from_euler("z", roll).as_matrix()
    )
    pose[:3, 3] = eye
    return pose


def _furniture() -> tuple[TruthBox, ...]:
    def upright(label, x, y, bottom, size, yaw=0.0):
        turn = Rotation.from_euler("z", yaw).as_matrix()
        return TruthBox(label, np.array([x, y, bottom + size[2] / 2]), turn, np.array(size, float))

    lean = Rotation.from_euler("ZYX", [0.6, 0.0, 0.35]).as_matrix()
    return (
        upright("table", 0.1, 0.1, 0.0, (1.2, 0.7, 0.72), 0.3),
        upright("office_chair", -0.9, -0.7, 0.0, (0.5, 0.52, 0.85), 0.7),
        upright("office_chair", 1.1, -0.55, 0.0, (0.48, 0.5, 0.9), -0.5),
        upright("Cabinet", -1.6, 1.1, 0.0, (0.6, 0.45, 1.1)),
        upright("monitor", 0.25, 0.2, 0.72, (0.55, 0.18, 0.38), 0.4),
        upright("box", -0.3, -0.02, 0.72, (0.25, 0.3, 0.2), -0.2),
        TruthBox("whiteboard", np.array([1.35, 1.0, 0.56]), lean, np.array([0.9, 0.06, 1.1])),
        upright("object", -1.3, 0.05, 0.0, (0.3, 0.3, 0.4), 0.15),
    )


def _inside(center: NDArray, rays: NDArray) -> tuple[NDArray, NDArray]:
    """Where rays from inside the room meet its walls: the ray parameter, and the point."""
    with np.errstate(divide="ignore"):
        leave = np.maximum((ROOM[0] - center) / rays, (ROOM[1] - center) / rays).min(-1)
    return leave, center + leave[..., None] * rays


def _checkered(points: NDArray, origin: NDArray, side: float, tint: NDArray) -> NDArray[np.uint8]:
    """A checkerboard in space, in two shades of a colour."""
    odd = np.floor((points - origin + 1e-6) / side).astype(int).sum(-1) % 2
    return np.where(odd[..., None] == 1, tint, (tint * 0.6).astype(int)).astype(np.uint8)
