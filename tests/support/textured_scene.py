"""A scene for depth from several views: a textured floor, a wall and a box's front, ray-cast with true depth.

All three are planes with smooth random texture, so that images are the same from every side up to interpolation, and
depth is known exactly. Rays meet planes by a few lines of their own, which share nothing with the engine's.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from openspatial_assets.engine.geometry.cameras import Camera
from resources.tables import RECONSTRUCTIONS

WIDTH, HEIGHT, FOCAL = 192, 144, 160.0
TEXELS_A_UNIT = 90
"""About one texel a pixel at the scene's depth."""


@dataclass(frozen=True)
class Sheet:
    """A parallelogram: corner, and two edges at right angles, in the world."""

    corner: tuple[float, float, float]
    across: tuple[float, float, float]
    up: tuple[float, float, float]


SHEETS = (
    Sheet((-3, -3, 0), (6, 0, 0), (0, 5.0, 0)),  # the floor
    Sheet((-3, 2.0, 0), (6, 0, 0), (0, 0, 3)),  # the wall
    Sheet((-0.6, 0.6, 0), (0.9, 0, 0), (0, 0, 0.8)),  # a box's front
)


@dataclass(frozen=True)
class Picture:
    """An RGB image (h, w, 3), its true depth (h, w), and its camera."""

    image: np.ndarray
    depth: np.ndarray
    camera: Camera


def looking(eye, target) -> np.ndarray:
    """`(4, 4)` world_from_camera at `eye`, level, towards `target`."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(forward, right), forward, np.asarray(eye, float)], axis=1)
    return pose


def picture(eye, target=(0.0, 1.2, 0.5), texture: bool = True) -> Picture:
    intrinsics = np.array([FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    camera = Camera(WIDTH, HEIGHT, intrinsics, looking(eye, target))
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    ones = np.ones((HEIGHT, WIDTH))
    rays = np.stack([(columns - intrinsics[2]) / FOCAL, (rows - intrinsics[3]) / FOCAL, ones], -1) @ camera.rotation.T
    depth, grey = np.full((HEIGHT, WIDTH), np.inf), np.full((HEIGHT, WIDTH), 128.0)
    for number, sheet in enumerate(SHEETS):
        across, up = np.array(sheet.across, float), np.array(sheet.up, float)
        normal = np.cross(across, up)
        z = ((np.array(sheet.corner) - camera.center) @ normal) / (rays @ normal)
        hit = camera.center + rays * z[..., None] - np.array(sheet.corner)
        u, v = (hit @ axis / np.linalg.norm(axis) for axis in (across, up))
        on = (z > 0) & (z < depth) & (u >= 0) & (v >= 0) & (u <= np.linalg.norm(across)) & (v <= np.linalg.norm(up))
        depth[on] = z[on]
        if texture:
            place = [(axis * TEXELS_A_UNIT).astype(np.float32) for axis in (u, v)]
            grey[on] = cv2.remap(_texture(number), *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)[on]
    depth[~np.isfinite(depth)] = 0
    image = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return Picture(image, depth.astype(np.float32), camera)


def walk(count: int = 7, texture: bool = True) -> list[Picture]:
    """Pictures from a walk to the right."""
    return [
        picture((x, -1.6, 1.2 + 0.05 * (n % 2)), texture=texture) for n, x in enumerate(np.linspace(-0.45, 0.45, count))
    ]


def reconstruction(pictures: list[Picture], folder: Path, neighbors: int = 6, points: int = 80) -> pl.DataFrame:
    """The rows of `reconstructions` that such a walk, filmed, would give; images are written to `folder`."""
    rng = np.random.default_rng(0)
    rows = []
    for number, seen in enumerate(pictures):
        path = folder / f"{number:06d}.png"
        cv2.imwrite(str(path), seen.image[..., ::-1])
        v, u = np.nonzero(seen.depth)
        some = rng.choice(len(v), points, replace=False)
        z = seen.depth[v[some], u[some]]
        world = seen.camera.back_project(np.stack([u[some], v[some]], -1), z)
        near = sorted((n for n in range(len(pictures)) if n != number), key=lambda n: abs(n - number))
        rows.append(
            {
                "frame_id": f"{number:06d}", "image": str(path),
                "width": seen.camera.width, "height": seen.camera.height,
                "timestamp": number / 10, "sharpness": 1.0, "registered": True, "reason": "ok",
                "intrinsics": seen.camera.intrinsics.tolist(),
                "world_from_camera": seen.camera.world_from_camera.ravel().tolist(), "reprojection_error": 0.3,
                "points": [dict(zip("xyz", point, strict=True)) for point in world.tolist()],
                "depth_range": [float(z.min()), float(z.max())],
                "neighbors": [f"{n:06d}" for n in near[:neighbors]],
                "gravity_aligned": True, "metric": False, "signature": "0",
            }
        )  # fmt: skip
    columns = RECONSTRUCTIONS.schema.items()
    return pl.DataFrame([pl.Series(name, [row[name] for row in rows], dtype=kind) for name, kind in columns])


def errors(depth: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Share by which each depth is off, where there is one."""
    both = (depth > 0) & (truth > 0)
    return np.abs(depth[both] / truth[both] - 1)


def _texture(number: int) -> np.ndarray:
    """`(n, n)` float32 grey, the same on every call: noise, smooth over a few texels."""
    noise = np.random.default_rng(number).standard_normal((256, 256))
    smooth = (
        cv2.GaussianBlur(noise, (0, 0), 1.5, borderType=cv2.BORDER_REFLECT) + cv2.GaussianBlur(noise, (0, 0), 6.0) * 3
    )
    return (128 + 60 * smooth / smooth.std()).astype(np.float32)
