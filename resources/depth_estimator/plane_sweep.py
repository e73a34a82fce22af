"""Depth by a plane sweep (PyTorch, CPU or GPU): which plane makes the neighbours' images look alike at a pixel?

For each of many planes parallel to the image, even in inverse depth, the neighbours' images are warped onto the view,
and their zero-mean normalised cross-correlation with it is taken in small windows. The mean over the better half of the
neighbours makes the cost of a plane, because the others may be hidden. Semi-global matching (`semi_global.py`) chooses
planes that also change little from pixel to pixel; a parabola through the costs of three gives what lies between.

Its limits: blank walls, gloss and glass have no depth or a false one, which mostly the check across views takes away;
edges of depth are off by up to a window's radius; and poses must hold to a pixel at the size worked on.

What does not belong here: whether other views' depth agrees (`engine/reconstruction/consistency.py`).
Sources: Collins, "A space-sweep approach to true multi-image matching", CVPR 1996; Gallup et al., "Real-time
plane-sweeping stereo with multiple sweeping directions", CVPR 2007 (best half against occlusion).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from resources.depth_estimator import View
from resources.depth_estimator.semi_global import smoothed_costs

if TYPE_CHECKING:
    from torch import Tensor

CHUNK_PIXELS = 1 << 18
"""Pixels of warped images worked on at once: so many floats, a dozen times, stay in a processor's cache."""

GPU_CHUNK_PIXELS = 1 << 24
"""The same on a GPU, where few large operations are faster than many small ones."""

MIN_Z = 1e-6
"""A point at or behind a camera's plane is seen nowhere; dividing by less would overflow."""

UNSEEN = 1.0
"""Cost where a neighbour does not see the plane's point: that of no correlation."""

PEAK = 2
"""Planes at both sides of the best that belong to the same minimum, when the next best is looked for."""


class PlaneSweep:
    """Estimates depth from neighbouring views."""

    def __init__(self, settings: DepthMapSettings) -> None:
        import torch

        self._settings = settings
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def estimate(self, view: View, neighbors: Sequence[View]) -> NDArray[np.float32]:
        """`(h, w)` depth of each pixel of `view`; 0 where no plane, or more than one, explains it, or none sees it."""
        import torch

        neighbors = neighbors[: self._settings.neighbors]
        if not neighbors:
            return np.zeros(view.image.shape[:2], np.float32)
        near, far = view.depth_range
        margin = 1 + self._settings.range_margin
        inverse = torch.linspace(1 / (far * margin), margin / near, self._settings.planes, device=self._device)
        with torch.inference_mode():
            grey = self._grey(view)
            costs = self._costs(view, grey, neighbors, inverse)
            smooth = smoothed_costs(costs, grey, self._settings)
            return _depth(smooth, inverse, self._settings.max_ambiguity).cpu().numpy()

    def _grey(self, view: View) -> "Tensor":
        import torch

        return torch.from_numpy(cv2.cvtColor(view.image, cv2.COLOR_RGB2GRAY)).to(self._device, torch.float32)

    def _costs(self, view: View, grey: "Tensor", neighbors: Sequence[View], inverse: "Tensor") -> "Tensor":
        """`(planes, h, w)` cost of each plane at each pixel: 0 for alike, 1 for no correlation."""
        import torch

        height, width = grey.shape
        patches = _Patches(grey, self._settings)
        best = [
            torch.full((len(inverse), height, width), UNSEEN, device=self._device)
            for _ in range(-(-len(neighbors) // 2))
        ]
        pixels = GPU_CHUNK_PIXELS if self._device.type == "cuda" else CHUNK_PIXELS
        chunk = max(1, pixels // grey.numel())
        for neighbor in neighbors:
            warp = _Warp(view.camera, neighbor.camera, self._grey(neighbor))
            for start in range(0, len(inverse), chunk):
                part = slice(start, start + chunk)
                cost = patches.cost(*warp(inverse[part]))
                for kept in best[:-1]:
                    better = torch.minimum(kept[part], cost)
                    torch.maximum(kept[part], cost, out=cost)
                    kept[part] = better
                torch.minimum(best[-1][part], cost, out=best[-1][part])
        return sum(best[1:], best[0]).div_(len(best))


class _Warp:
    """Warps a neighbour's image onto the planes of a view."""

    def __init__(self, camera: Camera, neighbor: Camera, grey: "Tensor") -> None:
        import torch

        neighbor_from_camera = np.linalg.inv(neighbor.world_from_camera) @ camera.world_from_camera
        image_from_neighbor = _matrix(neighbor.intrinsics)
        columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
        pixels = np.stack([columns, rows, np.ones_like(rows)]).reshape(3, -1)
        # A pixel's point at inverse depth d is, times d, its ray + d times the camera's centre: no loss far away.
        rays = image_from_neighbor @ neighbor_from_camera[:3, :3] @ np.linalg.inv(_matrix(camera.intrinsics)) @ pixels
        rays = rays.reshape(3, camera.height, camera.width)
        self._rays = torch.from_numpy(rays).to(grey.device, torch.float32)
        self._shift = [float(value) for value in image_from_neighbor @ neighbor_from_camera[:3, 3]]
        self._grey = grey

    def __call__(self, inverse: "Tensor") -> tuple["Tensor", "Tensor"]:
        """The image `(planes, h, w)` on each plane, and where the neighbour sees it."""
        import torch

        height, width = self._grey.shape
        step = inverse[:, None, None]
        z = self._rays[2] + step * self._shift[2]
        share = z.clamp(min=MIN_Z).reciprocal()
        # grid_sample counts from -1 at the first pixel's centre to 1 at the last one's.
        across = (self._rays[0] + step * self._shift[0]).mul_(share).mul_(2 / (width - 1)).sub_(1)
        down = (self._rays[1] + step * self._shift[1]).mul_(share).mul_(2 / (height - 1)).sub_(1)
        seen = (z > MIN_Z) & (across.abs() <= 1) & (down.abs() <= 1)
        image = self._grey.expand(len(inverse), 1, -1, -1)
        grid = torch.stack([across, down], dim=-1)
        warped = torch.nn.functional.grid_sample(image, grid, padding_mode="border", align_corners=True)
        return warped[:, 0], seen


class _Patches:
    """Compares the windows of an image with those of others."""

    def __init__(self, grey: "Tensor", settings: DepthMapSettings) -> None:
        self._radius, self._noise = settings.window_radius, settings.image_noise**2
        self._grey = grey
        self._mean = self._windows(grey)
        self._variance = self._windows(grey * grey) - self._mean * self._mean + self._noise

    def cost(self, other: "Tensor", seen: "Tensor") -> "Tensor":
        """1 - zero-mean normalised cross-correlation `(planes, h, w)`, in 0 to 1; `UNSEEN` where not `seen`."""
        mean = self._windows(other)
        variance = self._windows(other * other).sub_(mean * mean).add_(self._noise)
        covariance = self._windows(self._grey * other).sub_(self._mean * mean)
        correlation = covariance.mul_(variance.mul_(self._variance).rsqrt_())
        return correlation.clamp_(0, 1).neg_().add_(1).masked_fill_(~seen, UNSEEN)

    def _windows(self, image: "Tensor") -> "Tensor":
        """Mean over each pixel's window `(*, h, w)`: sums of shifted copies, in a tenth of pooling's time on a CPU."""
        import torch

        radius, (height, width) = self._radius, image.shape[-2:]
        padded = torch.nn.functional.pad(image[None], (radius,) * 4, mode="replicate")[0]
        across = padded[..., :width].clone()
        for shift in range(1, 2 * radius + 1):
            across += padded[..., shift : shift + width]
        both = across[..., :height, :].clone()
        for shift in range(1, 2 * radius + 1):
            both += across[..., shift : shift + height, :]
        return both.div_((2 * radius + 1) ** 2)


def _depth(costs: "Tensor", inverse: "Tensor", max_ambiguity: float) -> "Tensor":
    """`(h, w)` depth of the cheapest plane of `costs` (planes, h, w); 0 where it is the first, the last or unsure."""
    import torch

    planes = len(inverse)
    least, index = costs.min(dim=0)
    middle = index.clamp(1, planes - 2)
    before, at, after = (costs.gather(0, (middle + shift)[None])[0] for shift in (-1, 0, 1))
    bend = (before - 2 * at + after).clamp(min=torch.finfo(costs.dtype).tiny)
    position = middle + ((before - after) / (2 * bend)).clamp(-0.5, 0.5)
    number = torch.arange(planes, device=costs.device)[:, None, None]
    elsewhere = costs.masked_fill((number - index).abs() <= PEAK, torch.inf).amin(dim=0)
    sure = (index > 0) & (index < planes - 1) & (least <= max_ambiguity * elsewhere)
    depth = 1 / (inverse[0] + position * (inverse[-1] - inverse[0]) / (planes - 1))
    return torch.where(sure, depth, torch.zeros_like(depth))


def _matrix(intrinsics: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(3, 3)` of fx, fy, cx, cy: pixels from camera axes."""
    fx, fy, cx, cy = intrinsics
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def load(settings: DepthMapSettings) -> PlaneSweep:
    """The plane sweep with these settings; there is nothing to load."""
    return PlaneSweep(settings)
