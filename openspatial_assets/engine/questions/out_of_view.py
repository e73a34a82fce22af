"""Which objects of a scene lie outside of a view, so clearly that nobody can find them there.

What does not live here: what hides an object inside a view (`engine/visibility`), and what is asked (the rules).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.polygons import near_clipped
from openspatial_assets.engine.questions.gates import BOX_SHIFT_M, BOX_TURN_RAD
from openspatial_assets.engine.questions.referring import kinds_of
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_OUTSIDE_SHARE = 0.05
"""Of the image's width to its left and right, and of its height above and below: no box may reach nearer."""

FRAMES_AT_ONCE = 64
"""Frames whose boxes are projected together: with 100 boxes, some 10 MB of intermediate arrays."""


def outside_share(scene: SceneGraph, boxes: Boxes, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """`(n,)` how far each box `(n,)` projects outside of its frame `(n,)`, as a share of the image's width or height.

    The gap between the image and the rectangle around the box's outline, the larger one of across and down; negative
    where they overlap, 1 at most, and 1 for a box behind the camera.
    """
    cameras = scene.frames.world_from_camera[frames]
    corners = (boxes.corners - cameras[:, None, :3, 3]) @ cameras[:, :3, :3]
    points = near_clipped(corners)
    focal, center = np.split(scene.frames.intrinsics[frames][:, None], 2, axis=2)
    pixels = focal * points[..., :2] / points[..., 2:] + center
    size = scene.frames.sizes[frames]
    gaps = np.maximum(-0.5 - pixels.max(axis=1), pixels.min(axis=1) - (size - 0.5)) / size
    return np.where(np.isnan(gaps).any(axis=1), 1.0, np.minimum(gaps.max(axis=1), 1.0))


def nothing_alike(scene: SceneGraph, frames: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`(f, o)` whether nothing that an object's tag fits, itself included, is anywhere near the image of a frame.

    Boxes may be moved and turned as much as annotations are unsure without reaching into the image.

    Args:
        frames: `(n,)` those that are looked at; no object is said to lie outside of another.
    """
    near = np.ones((len(scene.frames.ids), len(scene.object_ids)), np.bool_)
    boxes = scene.boxes
    shift = BOX_SHIFT_M * scene.length_unit + BOX_TURN_RAD * boxes.diagonals / 2
    grown = Boxes(boxes.centers, boxes.extents + 2 * shift[:, None], boxes.rotations)
    for start in range(0, len(frames), FRAMES_AT_ONCE):
        chunk, things = np.meshgrid(frames[start : start + FRAMES_AT_ONCE], np.arange(len(boxes)), indexing="ij")
        chunk, things = chunk.ravel(), things.ravel()
        clear = outside_share(scene, boxes[things], chunk) >= MIN_OUTSIDE_SHARE
        near[chunk, things] = ~clear | (outside_share(scene, grown[things], chunk) < 0)
    kinds = kinds_of(scene)
    fitting = (near | scene.present).astype(np.int64) @ kinds.fits.astype(np.int64)
    return fitting[:, kinds.of_object] == 0
