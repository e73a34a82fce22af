"""Depth by a model that the user supplies (PyTorch): one image in, depth or inverse depth up to scale and shift out.

Scale and shift are fitted to the points that reconstruction triangulated in the frame. PyTorch is imported when the
model is loaded. What does not belong here: the fit (`engine/reconstruction/scale_fit.py`), and whether the depth of
several frames agrees (`engine/reconstruction/consistency.py`).
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from openspatial_assets.engine.reconstruction.scale_fit import scale_and_shift
from resources.depth_estimator import DepthError, View

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

EXPORTED_SUFFIX = ".pt2"
"""Of files written by `torch.export.save`; any other is read as TorchScript."""

FARTHEST = 4.0
"""A pixel farther than so many times the farthest of its frame's points has no depth: the fit says nothing there."""


class Model:
    """Estimates depth from the view's own image."""

    def __init__(self, module: "Module", settings: DepthMapSettings) -> None:
        self._module, self._settings = module, settings

    def estimate(self, view: View, neighbors: Sequence[View]) -> NDArray[np.float32]:
        """`(h, w)` depth of each pixel of `view`; 0 where the model gives none. All 0 where no scale fits the points.

        Raises:
            DepthError: the model cannot take the image, or gives no image of numbers.
        """
        values = self._values(view)
        height, width = values.shape
        pixels, z = view.camera.project(view.points)
        seen = (z > 0) & (np.abs(pixels - (np.array([width, height]) - 1) / 2) < np.array([width, height]) / 2).all(
            axis=1
        )
        columns, rows = np.rint(pixels[seen]).astype(np.intp).T
        inverse = self._settings.model_output == "inverse_depth"
        targets = 1 / z[seen] if inverse else z[seen]
        fit = scale_and_shift(values[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)], targets)
        if fit is None:
            return np.zeros_like(values)
        scale, shift = fit
        fitted = scale * values + shift
        sound = np.isfinite(fitted) & (fitted > 0)
        depth = np.divide(1, fitted, where=sound, out=np.zeros_like(fitted)) if inverse else np.where(sound, fitted, 0)
        return np.where(depth <= FARTHEST * view.depth_range[1], depth, 0).astype(np.float32)

    def _values(self, view: View) -> NDArray[np.float32]:
        """The model's output `(h, w)` for the view's image, at its size."""
        import torch

        height, width = view.image.shape[:2]
        step = self._settings.model_size_multiple
        size = tuple(max(step, round(side / step) * step) for side in (height, width))
        image = torch.from_numpy(view.image).permute(2, 0, 1)[None].to(_device(), torch.float32) / 255
        with torch.inference_mode():
            resized = torch.nn.functional.interpolate(image, size, mode="bilinear", antialias=True)
            try:
                output = self._module(resized)
            except (RuntimeError, AssertionError, TypeError, ValueError) as error:
                raise DepthError(
                    f"depth_maps.model_path={self._settings.model_path}: the model cannot take a float image of "
                    f"1x3x{size[0]}x{size[1]}; set depth_maps.image_side and depth_maps.model_size_multiple as it "
                    f"needs ({str(error).strip().splitlines()[-1]})"
                ) from error
            output = self._as_image(output)
            resized = torch.nn.functional.interpolate(output, (height, width), mode="bilinear", align_corners=False)
        return resized[0, 0].cpu().numpy()

    def _as_image(self, output: "Tensor") -> "Tensor":
        import torch

        image = output if isinstance(output, torch.Tensor) else None
        if image is not None and image.ndim == 3:
            image = image[:, None]
        if image is None or image.ndim != 4 or image.shape[:2] != (1, 1):
            what = f"a tensor of {tuple(output.shape)}" if image is not None else f"a {type(output).__name__}"
            raise DepthError(
                f"depth_maps.model_path={self._settings.model_path}: the model gives {what}; it must give one depth "
                "image, (1, h, w) or (1, 1, h, w)"
            )
        return image.to(torch.float32)


def load(settings: DepthMapSettings) -> Model:
    """The user's model; a process that asks again for the same file gets the same model.

    Raises:
        DepthError: no file is set, or it is missing, or no model.
    """
    path = settings.model_path
    if not path:
        raise DepthError(
            "depth_maps.estimator=model needs depth_maps.model_path: a TorchScript file, or an exported program "
            f"({EXPORTED_SUFFIX}); or choose depth_maps.estimator=plane_sweep, which needs none"
        )
    try:
        stat = os.stat(path)
    except OSError as error:
        raise DepthError(f"depth_maps.model_path={path}: {error.strerror}") from error
    return Model(_module(path, (stat.st_mtime_ns, stat.st_size)), settings)


@lru_cache(maxsize=1)
def _module(path: str, stamp: tuple[int, int]) -> "Module":
    """The model of a file; `stamp` tells one state of the file from another."""
    import torch

    try:
        if path.endswith(EXPORTED_SUFFIX):
            return torch.export.load(path).module().to(_device())
        return torch.jit.load(path, map_location=_device()).eval()
    except Exception as error:
        # What a broken file raises is not defined: zip, pickle, JSON and schema errors of several modules.
        kind = "an exported program (torch.export.save)" if path.endswith(EXPORTED_SUFFIX) else "TorchScript"
        raise DepthError(
            f"depth_maps.model_path={path}: is no {kind} that can be read ({type(error).__name__})"
        ) from error


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
