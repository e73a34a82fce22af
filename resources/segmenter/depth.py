"""No refinement: the depth mask as it is."""

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.masks.regions import Mask
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import DepthView


class DepthMask:
    """Leaves every mask as it is."""

    reads_color = False

    def refine(self, image: NDArray[np.uint8] | None, view: DepthView) -> list[tuple[Mask, float | None]]:
        """The masks of `view`, without a score."""
        return [(mask, None) for mask in view.masks]


def load(settings: MaskSettings) -> DepthMask:
    """The same for all settings."""
    return DepthMask()
