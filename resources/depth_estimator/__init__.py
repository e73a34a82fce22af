"""What estimates the depth of a video's frames: a plane sweep over other views, or a model of the user's.

One module each, found by name. What belongs here: the narrow interface that they share. What does not: whether views
agree (`engine/reconstruction/consistency.py`), and files of images and depth (`assets/depth_maps.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings


class DepthError(ValueError):
    """Depth that cannot be estimated as things are set; the message names the setting or file, and what to do."""


@dataclass(frozen=True)
class View:
    """A posed image.

    Attributes:
        name: of its frame, for errors.
        image: `(h, w, 3)` RGB, at the size at which depth is estimated.
        camera: of this size.
        points: `(n, 3)` world points that are known to be seen here.
        depth_range: least and largest depth (camera z) of nearly all that is seen here.
    """

    name: str
    image: NDArray[np.uint8]
    camera: Camera
    points: NDArray[np.float64]
    depth_range: tuple[float, float]


class DepthEstimator(Protocol):
    """Estimates the depth of one view at a time."""

    def estimate(self, view: View, neighbors: Sequence[View]) -> NDArray[np.float32]:
        """`(h, w)` depth (camera z, world units) of each pixel of `view`; 0 where there is none.

        Args:
            neighbors: views that see the same from elsewhere, best first; there may be none.
        """
        ...


def load(settings: DepthMapSettings) -> DepthEstimator:
    """The estimator that the settings choose.

    Raises:
        DepthError: it cannot be used as things are set.
    """
    return import_module(f"{__name__}.{settings.estimator}").load(settings)
