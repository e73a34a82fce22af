"""One frame as the segmentation of recognised boxes sees it: sampled down, colour as CIELAB, depth inverted.

Inverse depth is affine in the pixel on any plane, and the noise of a stereo, Kinect or plane-sweep depth is even in it.
What does not belong here: what is derived from it (`contrast.py`, `superpixels.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_FACTOR = 3.0
"""A difference of inverse depth counts from so many standard deviations of its noise."""

LEAST_TOLERANCE = 0.004
"""A difference of depth below this share of the depth is never told apart: nothing real is flatter (8 mm at 2 m)."""

NOISE_QUANTILE, NORMAL_QUANTILE = 0.7, 1.0364
"""Noise is read from this quantile of the second differences' size, over that of a normal distribution. The median is
often exactly 0 where a sensor rounds coarsely, and the upper quantiles are edges."""

SECOND_DIFFERENCE_NOISE = 6**0.5
"""Standard deviation of x - 2 y + z for independent x, y, z of standard deviation 1."""

COLOR_UNIT, COLOR_UNIT_ALONE = 10.0, 5.0
"""CIELAB distance of contrast 1, beside depth and without: shading and JPEG make 3-6, print and patterns much more, and
where depth can tell, it tells better."""

NOISE_STEP = 7
"""Every so many of the second differences are looked at; a quantile needs no more."""


@dataclass(frozen=True)
class WorkingImage:
    """A frame sampled every `stride` pixels.

    Attributes:
        shape: height and width of the frame in its own pixels.
        stride: pixels of the frame from one sample to the next.
        color: `(h, w, 3)` float32 CIELAB (L 0-100), mean of a sample's pixels.
        inverse: `(h, w)` float64 inverse depth, 1 / world unit; 0 where there is no depth.
        intrinsics: `(4,)` fx, fy, cx, cy in samples.
    """

    shape: tuple[int, int]
    stride: int
    color: NDArray[np.float32]
    inverse: NDArray[np.float64]
    intrinsics: NDArray[np.float64]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in samples."""
        return self.inverse.shape

    @cached_property
    def has_depth(self) -> NDArray[np.bool_]:
        """`(h, w)`."""
        return self.inverse > 0

    @property
    def color_unit(self) -> float:
        """CIELAB distance of contrast 1."""
        return COLOR_UNIT if self.has_depth.any() else COLOR_UNIT_ALONE

    @cached_property
    def tolerance(self) -> NDArray[np.float64]:
        """`(h, w)` what counts as a difference of inverse depth at each sample; 1 where there is no depth."""
        return np.where(self.has_depth, np.maximum(NOISE_FACTOR * self._noise(), LEAST_TOLERANCE * self.inverse), 1.0)

    @cached_property
    def rays(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(1, w)` and `(h, 1)`: camera x / z and y / z of each column and row."""
        height, width = self.size
        fx, fy, cx, cy = self.intrinsics
        return ((np.arange(width) - cx) / fx)[None, :], ((np.arange(height) - cy) / fy)[:, None]

    def _noise(self) -> float:
        """Standard deviation of the inverse depth, from how far it is from a line along the rows."""
        left, middle, right = self.inverse[:, :-2], self.inverse[:, 1:-1], self.inverse[:, 2:]
        known = (left > 0) & (middle > 0) & (right > 0)
        bends = np.abs(left - 2 * middle + right)[known][::NOISE_STEP]
        if not len(bends):
            return 0.0
        return float(np.quantile(bends, NOISE_QUANTILE)) / NORMAL_QUANTILE / SECOND_DIFFERENCE_NOISE

    def to_frame(self, samples: NDArray) -> NDArray:
        """An image `(h, w)` of samples at the frame's own size; each pixel takes its sample's value."""
        rows, columns = (
            np.minimum(np.arange(length) // self.stride, count - 1)
            for length, count in zip(self.shape, self.size, strict=True)
        )
        return samples.take(rows, axis=0).take(columns, axis=1)


def working_image(
    image: NDArray[np.uint8], depth: NDArray[np.float32] | None, intrinsics: Sequence[float], side_px: int
) -> WorkingImage:
    """A frame with its longer side sampled down to at most about `side_px`.

    Args:
        image: `(h, w, 3)` RGB.
        depth: `(h, w)` along the optical axis, 0 = none; None for a frame without depth.
        intrinsics: fx, fy, cx, cy in pixels of the image.
    """
    shape = image.shape[:2]
    stride = max(1, -(-max(shape) // side_px))
    height, width = (max(length // stride, 1) for length in shape)
    middle = min(stride // 2, min(shape) - 1)
    small = cv2.resize(image[: height * stride, : width * stride], (width, height), interpolation=cv2.INTER_AREA)
    color = cv2.cvtColor(cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    # A mean of depths over an edge is the depth of nothing, so one pixel stands for its sample.
    near = np.zeros((height, width)) if depth is None else depth[middle::stride, middle::stride][:height, :width]
    inverse = np.divide(1.0, near, out=np.zeros((height, width)), where=near > 0)
    fx, fy, cx, cy = intrinsics
    sampled = np.array([fx / stride, fy / stride, (cx - middle) / stride, (cy - middle) / stride])
    return WorkingImage(shape, stride, color, inverse, sampled)
