"""Worlds in which every box was moved and turned a little: no comparison may flip in them."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from openspatial_assets.verifier.solids import Box
from openspatial_assets.verifier.world import World


def jittered(world: World, rng: np.random.Generator, shift: float = 0.01, turn_deg: float = 0.5) -> World:
    """The world with every box moved by `shift` metres and turned by `turn_deg` about random axes.

    Cameras and masks stay, and so does what is visible; the depth of an object follows its box along the camera's axis.
    """

    def moved(box: Box) -> tuple[Box, np.ndarray]:
        step, axis = rng.normal(size=(2, 3))
        step *= shift * world.length_unit / np.linalg.norm(step)
        turn = Rotation.from_rotvec(np.radians(turn_deg) * axis / np.linalg.norm(axis)).as_matrix()
        return Box(box.center + step, box.extents, turn @ box.axes), step

    boxes = {name: moved(box) for name, box in world.boxes.items()}
    seen = {}
    for (frame, name), sight in world.seen.items():
        box, step = moved(sight.box) if sight.box and sight.box is not world.boxes[name] else boxes[name]
        along = step @ world.cameras[frame].axes[:, 2] if frame in world.cameras else 0.0
        seen[frame, name] = replace(sight, box=box, depth=tuple(value + along for value in sight.depth))
    return replace(world, boxes={name: box for name, (box, _) in boxes.items()}, seen=seen)
