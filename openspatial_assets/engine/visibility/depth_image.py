"""A depth image whose values become metres only where they are looked at.

Converting every pixel of an image costs about half as much as decoding it, and visibility looks at a tenth of them.
What does not belong here: reading files (`resources/images.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def _unchanged(stored: NDArray[np.float32]) -> NDArray[np.float32]:
    return stored


@dataclass(frozen=True)
class DepthImage:
    """Depth on the pixel grid of the colour image.

    Attributes:
        stored: `(height, width)` values as the file holds them; metres, if `metres` is left out.
        metres: gives depth (camera z, metres, float32; 0 = none) of any stored values, value by value.
    """

    stored: NDArray
    metres: Callable[[NDArray], NDArray[np.float32]] = _unchanged

    def at(self, place: NDArray[np.integer]) -> NDArray[np.float32]:
        """Metres at pixels `row * width + column`, in the shape of `place`."""
        return self.metres(self.stored.ravel().take(place))
