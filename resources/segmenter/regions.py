"""Depth and colour (`engine/instances`): the objects in recognised boxes, without weights.

What does not belong here: how it works and where it fails (`engine/instances/regions.py`).
"""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.regions import BoxView, masks_in_boxes
from openspatial_assets.engine.instances.settings import REGIONS, InstanceSettings
from openspatial_assets.engine.masks.regions import Mask
from openspatial_assets.engine.masks.settings import MaskSettings


class Regions:
    """Finds objects as connected surfaces that lie in their boxes."""

    name = REGIONS

    def __init__(self, settings: InstanceSettings) -> None:
        self._settings = settings

    def segment(self, image: NDArray[np.uint8], view: BoxView) -> list[tuple[Mask, float | None]]:
        """The mask `(h, w)` of the object of each box, without a score; masks do not overlap."""
        return [(mask, None) for mask in masks_in_boxes(image, view, self._settings)]


def load_for_boxes(settings: InstanceSettings, masks: MaskSettings) -> Regions:
    """With these settings; there is nothing to load."""
    return Regions(settings)
