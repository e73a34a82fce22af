"""What refines the depth masks of a frame, or finds the objects in recognised boxes. One module each, found by name.

Segment Anything does both; GrabCut and `depth` refine, `regions` finds. What belongs here: the narrow interfaces that
they share. What does not: the models (the modules beside this one), and what is done with a mask that strays
(`assets/masks.py`).
"""

from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.regions import BoxView
from openspatial_assets.engine.instances.settings import AUTO, REGIONS, SAM, InstanceSettings
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


class BoxSegmenter(Protocol):
    """Finds the objects in the recognised boxes of one frame at a time.

    Attributes:
        name: what the table `instance_masks` calls it.
    """

    name: str

    def segment(self, image: NDArray[np.uint8], view: BoxView) -> list[tuple[Mask, float | None]]:
        """The mask `(h, w)` of the object of each box of `view`, and the segmenter's confidence, where it has one.

        A mask is empty where nothing could be told apart.

        Args:
            image: `(h, w, 3)` RGB.
            view: the boxes, and depth, where there is some.
        """
        ...


def load(name: str, settings: MaskSettings) -> Segmenter:
    """The segmenter of the choice `masks`: sam, grabcut or depth.

    Raises:
        SegmenterError: it cannot be used as things are set.
    """
    return import_module(f"{__name__}.{name}").load(settings)


def load_for_boxes(settings: InstanceSettings, masks: MaskSettings) -> BoxSegmenter:
    """The segmenter of boxes that the setting `instances.segmenter` names: sam, regions, or auto, which takes Segment
    Anything where its weights are set.

    Raises:
        SegmenterError: it cannot be used as things are set.
    """
    name = settings.segmenter
    if name == AUTO:
        name = SAM if masks.sam_checkpoint_path else REGIONS
    return import_module(f"{__name__}.{name}").load_for_boxes(settings, masks)
