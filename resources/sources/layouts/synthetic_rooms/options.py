"""What a generated room is made from, and the version of its generator.

What does not belong here: making the room (`generate.py`), which loads Open3D; reading a room must not wait for it.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

GENERATOR_VERSION = "2"
"""Raised whenever the same options make other files: rooms made before are then made anew."""
FOCAL_LENGTH = 500 / 640
"""Focal length as a share of the image's width: a horizontal field of view of 65 degrees."""


@dataclass(frozen=True)
class RoomOptions:
    """What a room is made from.

    Attributes:
        seed: another seed, another room; its remainder by four chooses living room, bedroom, study or dining room.
        num_frames: steps of the camera's walk.
        width, height: of the images, pixels.
    """

    seed: int
    num_frames: int = 40
    width: int = 640
    height: int = 480

    @property
    def intrinsics(self) -> NDArray[np.float64]:
        """fx, fy, cx, cy in pixels; the principal point is the image's middle."""
        focal = FOCAL_LENGTH * self.width
        return np.array([focal, focal, (self.width - 1) / 2, (self.height - 1) / 2])

    @property
    def recipe(self) -> dict:
        """What a finished folder's marker must say."""
        return {"generator": "synthetic_rooms", "version": GENERATOR_VERSION, **asdict(self)}
