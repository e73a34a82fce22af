"""The settings of instance masks from recognised boxes.

What does not belong here: how they are used (`regions.py`), the constants of that method (the modules that it calls),
and the weights of Segment Anything, which are those of mask refinement (`engine/masks/settings.py`).
"""

from dataclasses import dataclass
from typing import Literal

AUTO, SAM, REGIONS = "auto", "sam", "regions"
"""What `segmenter` may be."""


@dataclass(frozen=True)
class InstanceSettings:
    """How the pixels of a recognised object are told apart from the rest of its box.

    Attributes:
        segmenter: sam, regions, or auto: sam where `masks.sam_checkpoint_path` is set, else regions.
        working_side_px: without weights, a frame is sampled down so that its longer side is at most this. Finer takes
            longer, by the square, and gains thin parts.
        regions: without weights, into how many small regions a frame is cut; each is of one object or none.
    """

    segmenter: Literal["auto", "sam", "regions"] = AUTO
    working_side_px: int = 320
    regions: int = 2500
