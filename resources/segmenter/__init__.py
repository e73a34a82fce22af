"""What refines the depth masks of a frame: Segment Anything, GrabCut, or nothing. One module each, found by name.

What belongs here: the narrow interface that all share. What does not: the models (the modules beside this one), and
what is done with a mask that strays from the depth mask (`assets/masks.py`).
"""

from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.masks.regions import Mask
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import DepthView


class SegmenterError(ValueError):
    """A segmenter that cannot be used; the message names the setting or the file, and says what to do."""


class Segmenter(Protocol):
    """Refines the masks of one frame at a time.

    Attributes:
        reads_color: whether `refine` looks at the image; if not, it may be None.
    """

    reads_color: bool

    def refine(self, image: NDArray[np.uint8] | None, view: DepthView) -> list[tuple[Mask, float | None]]:
        """The refined mask `(h, w)` of each object of `view`, and the segmenter's confidence, where it has one.

        Args:
            image: `(h, w, 3)` RGB.
            view: the objects' masks before refinement, and what depth says of them.
        """
        ...


def load(name: str, settings: MaskSettings) -> Segmenter:
    """The segmenter of the choice `masks`: sam, grabcut or depth.

    Raises:
        SegmenterError: it cannot be used as things are set.
    """
    return import_module(f"{__name__}.{name}").load(settings)
