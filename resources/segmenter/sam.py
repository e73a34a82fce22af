"""Segment Anything (`segment-anything`), prompted with a box and points from the depth masks, or with a recognised box.

What does not belong here: the prompts themselves (`engine/masks/prompts.py`). PyTorch and the package are imported when
a model is loaded, not before: they cost seconds, and only `masks=sam` needs them.
Source: Kirillov et al., "Segment Anything", ICCV 2023.
"""

import os
import pickle
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.regions import BoxView
from openspatial_assets.engine.instances.settings import SAM, InstanceSettings
from openspatial_assets.engine.masks.prompts import prompt_of
from openspatial_assets.engine.masks.regions import Mask
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import DepthView
from resources.segmenter import SegmenterError

if TYPE_CHECKING:
    from segment_anything import SamPredictor

AUTO = "auto"
TYPE_OF_WIDTH = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
"""Model type by the width of its image encoder."""

WIDTH_WEIGHT = "image_encoder.patch_embed.proj.weight"
"""The weight whose first dimension is the image encoder's width."""

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
"""The compiled operators that torchvision names while it is imported."""


class SegmentAnything:
    """Refines depth masks, or finds the objects in boxes, with a Segment Anything model."""

    reads_color = True
    name = SAM

    def __init__(self, predictor: "SamPredictor", settings: MaskSettings) -> None:
        self._predictor, self._settings = predictor, settings

    def refine(self, image: NDArray[np.uint8], view: DepthView) -> list[tuple[Mask, float | None]]:
        """The model's mask `(h, w)` of each object of `view`, and the IoU that it expects of it, 0 to 1.

        The image is embedded once for all objects.
        """
        self._predictor.set_image(image)
        refined = [self._predict(view.masks, index) for index in range(len(view.masks))]
        self._predictor.reset_image()
        return refined

    def segment(self, image: NDArray[np.uint8], view: BoxView) -> list[tuple[Mask, float | None]]:
        """The model's mask `(h, w)` of the object of each box of `view`, and the IoU that it expects of it, 0 to 1.

        The image is embedded once for all boxes; depth is not looked at. Masks may overlap.
        """
        if not len(view.boxes):
            return []
        self._predictor.set_image(image)
        found = [self._in_box(np.asarray(box, dtype=np.float64)) for box in view.boxes]
        self._predictor.reset_image()
        return found

    def _in_box(self, box: NDArray[np.float64]) -> tuple[Mask, float]:
        # The model names the last pixel of a box, not the first beyond it.
        inclusive = np.array([box[0], box[1], max(box[2] - 1, box[0]), max(box[3] - 1, box[1])])
        predicted, scores, _ = self._predictor.predict(box=inclusive, multimask_output=False)
        return predicted[0], float(scores[0])

    def _predict(self, masks: NDArray[np.bool_], index: int) -> tuple[Mask, float]:
        prompt = prompt_of(masks, index, self._settings.sam_positive_points, self._settings.sam_negative_points)
        predicted, scores, _ = self._predictor.predict(
            point_coords=prompt.points, point_labels=prompt.labels, box=prompt.box, multimask_output=False
        )
        return predicted[0], float(scores[0])


def load(settings: MaskSettings) -> SegmentAnything:
    """Segment Anything with the weights that the settings name, on the GPU if there is one.

    The model is loaded once in a process, and again only when the file changes.

    Raises:
        SegmenterError: no checkpoint is set, the file is missing or broken, or does not fit the model type.
    """
    return _loaded(settings, "masks=sam", "masks=grabcut")


def load_for_boxes(settings: InstanceSettings, masks: MaskSettings) -> SegmentAnything:
    """The same for recognised boxes; raises as `load`."""
    return _loaded(masks, "instances.segmenter=sam", "instances.segmenter=regions")


def _loaded(settings: MaskSettings, wanted: str, instead: str) -> SegmentAnything:
    """The model; `wanted` and `instead` are for the message of the error that no checkpoint is set."""
    path = settings.sam_checkpoint_path
    if not path:
        raise SegmenterError(
            f"{wanted} needs the weights of Segment Anything: set masks.sam_checkpoint_path to a checkpoint file "
            f"(sam_vit_b, sam_vit_l or sam_vit_h), or choose {instead}, which needs none"
        )
    try:
        stat = os.stat(path)
    except OSError as error:
        raise SegmenterError(f"masks.sam_checkpoint_path={path}: {error.strerror}") from error
    return SegmentAnything(_predictor(path, settings.sam_model_type, (stat.st_mtime_ns, stat.st_size)), settings)


@lru_cache(maxsize=1)
def _predictor(path: str, model_type: str, stamp: tuple[int, int]) -> "SamPredictor":
    """The model of a checkpoint; `stamp` tells one state of the file from another."""
    complete_torchvision()
    import torch
    from segment_anything import SamPredictor, sam_model_registry

    weights = _weights(path)
    if model_type == AUTO:
        model_type = _type_of(weights, path)
    elif model_type not in sam_model_registry:
        raise SegmenterError(
            f"masks.sam_model_type={model_type!r} is unknown; it is one of {AUTO}, {', '.join(TYPE_OF_WIDTH.values())}"
        )
    model = sam_model_registry[model_type]()
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise SegmenterError(f"{path}: the weights are not those of Segment Anything {model_type}") from error
    return SamPredictor(model.eval().to("cuda" if torch.cuda.is_available() else "cpu"))


def _weights(path: str) -> dict[str, Any]:
    """The tensors of a checkpoint file by name, on the CPU, wherever they were saved from."""
    import torch

    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise SegmenterError(f"{path}: is no readable checkpoint (truncated, broken, or another format)") from error
    if not isinstance(weights, dict):
        raise SegmenterError(f"{path}: holds a {type(weights).__name__}, not a model's weights by name")
    return weights


def _type_of(weights: dict[str, Any], path: str) -> str:
    width = weights[WIDTH_WEIGHT].shape[0] if WIDTH_WEIGHT in weights else None
    if width not in TYPE_OF_WIDTH:
        raise SegmenterError(f"{path}: these are not the weights of a Segment Anything vit_b, vit_l or vit_h")
    return TYPE_OF_WIDTH[width]


@cache
def complete_torchvision() -> Any:
    """Make `import torchvision` work beside a PyTorch for which its compiled operators were not built.

    PyPI's torchvision is built against CUDA. Beside a CPU build of PyTorch its library does not load, and its import
    fails for want of two operators, which Segment Anything's masks never call. So their schemas are declared, only
    where the library does not load. What is returned keeps them declared.
    """
    import torch

    package = find_spec("torchvision")
    if package is None:
        raise SegmenterError("masks=sam needs torchvision, which segment-anything imports: pip install torchvision")
    for library in sorted(Path(package.submodule_search_locations[0]).glob("_C.*")):
        try:
            torch.ops.load_library(library)
        except OSError:
            continue
        return None
    declared = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            declared.define(schema)
    return declared
