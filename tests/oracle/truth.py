"""The world of a generated room as its kept truth tells it: exact boxes, instance maps and the rendered depth.

Read from the files, not with the project's readers. An object reaches a frame here if any pixel shows it.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import binary_erosion

from openspatial_assets.verifier.pinhole import Camera
from openspatial_assets.verifier.solids import Box
from openspatial_assets.verifier.world import Seen, World

MILLIMETERS = 1000.0
RIM_PX = 2
"""Left out of a mask when its depth is measured: there, object and background mix."""


def world_of_truth(root: Path) -> World:
    """The world of the generated room in a folder."""
    record = json.loads((root / "truth" / "truth.json").read_text())
    objects, frames = record["objects"], record["frames"]
    matrix = np.loadtxt(root / "intrinsic" / "intrinsic_color.txt")
    intrinsics = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]])
    cameras, seen, reaching = {}, {}, {}
    for frame, visible, unoccluded in zip(frames, record["visible_pixels"], record["unoccluded_pixels"], strict=True):
        instances = cv2.imread(str(root / "truth" / "instance" / f"{frame}.png"), cv2.IMREAD_UNCHANGED)
        depth = cv2.imread(str(root / "depth" / f"{frame}.png"), cv2.IMREAD_UNCHANGED) / MILLIMETERS
        height, width = instances.shape
        cameras[frame] = Camera(width, height, intrinsics, np.loadtxt(root / "pose" / f"{frame}.txt"))
        shown = [index for index, count in enumerate(visible) if count]
        reaching[frame] = tuple(objects[index]["id"] for index in shown)
        for index in shown:
            share = visible[index] / max(unoccluded[index], 1)
            seen[frame, objects[index]["id"]] = _seen(instances == index + 1, depth, share)
    return World(
        boxes={item["id"]: Box.of(item) for item in objects},
        tags={item["id"]: item["label"] for item in objects},
        cameras=cameras,
        seen=seen,
        reaching=reaching,
    )


def _seen(mask: np.ndarray, depth: np.ndarray, share: float) -> Seen:
    columns = np.flatnonzero(mask.any(axis=0))
    inner = binary_erosion(mask, iterations=RIM_PX) & (depth > 0)
    values = depth[inner if inner.any() else mask & (depth > 0)]
    quartiles = tuple(float(value) for value in np.percentile(values, [25, 50, 75]))
    return Seen((float(columns[0]), float(columns[-1] + 1)), quartiles, visible_fraction=share)
