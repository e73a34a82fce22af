"""The segmenters on a small rendered scene. Segment Anything runs with its package's own modules, made tiny, and random
weights: what is tested is how it is loaded and prompted, not how well it segments."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.instances.regions import BoxView
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.masks.regions import intersection_over_union
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import DepthView
from openspatial_assets.engine.visibility.ray_interval import depth_masks
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources import segmenter
from resources.segmenter import SegmenterError, sam
from tests.support import desk

TINY = "tiny"
EYES = [(0.9, -2.2, 1.5), (-0.9, -2.4, 1.2), (1.8, -1.6, 1.9)]


def seen(view: desk.View, depth: np.ndarray | None = None, boxes: Boxes = desk.BOXES) -> DepthView:
    depth = view.depth if depth is None else depth
    masks = depth_masks(view.camera, depth, boxes, VisibilitySettings())
    return DepthView(view.camera, boxes, masks, depth, VisibilitySettings())


def ious(masks, view: desk.View) -> np.ndarray:
    return np.array([intersection_over_union(mask, view.instance == index) for index, mask in enumerate(masks)])


def test_the_depth_mask_is_left_as_it_is() -> None:
    view = seen(desk.look())
    refined = segmenter.load("depth", MaskSettings()).refine(None, view)
    np.testing.assert_array_equal([mask for mask, _ in refined], view.masks)


@pytest.mark.parametrize("low_m", [0.0, 0.02], ids=["exact boxes", "boxes that reach into what they stand on"])
@pytest.mark.parametrize("eye", EYES)
def test_grabcut_comes_nearer_to_the_truth_than_depth(eye, low_m: float) -> None:
    view = desk.look(eye)
    depth_view = seen(view, boxes=desk.with_feet_too_low(low_m))
    refined = segmenter.load("grabcut", MaskSettings()).refine(view.image, depth_view)
    before, after = ious(depth_view.masks, view), ious([mask for mask, _ in refined], view)
    assert after.mean() > before.mean()
    assert (after > before - 0.02).all()
    assert (after > 0.94).all()
    assert all(score is None for _, score in refined)


def test_grabcut_fills_a_hole_in_the_depth() -> None:
    view = desk.look()
    depth = view.depth.copy()
    v, u = (int(np.median(index)) for index in np.nonzero(view.instance == desk.CRATE))
    hole = np.zeros(depth.shape, bool)
    hole[v - 4 : v + 5, u - 4 : u + 5] = True
    depth[hole] = 0.0
    mask, _ = segmenter.load("grabcut", MaskSettings()).refine(view.image, seen(view, depth))[desk.CRATE]
    assert mask[hole].all()


def test_grabcut_gives_the_same_masks_whatever_ran_before() -> None:
    view = desk.look()
    grabcut = segmenter.load("grabcut", MaskSettings())
    first = grabcut.refine(view.image, seen(view))
    cv2.setRNGSeed(99)
    again = grabcut.refine(view.image, seen(view))
    np.testing.assert_array_equal([mask for mask, _ in first], [mask for mask, _ in again])


def tiny_sam(width: int = 32, image_size: int = 128):
    """Segment Anything's own modules, small: 128-pixel images, one transformer block."""
    import torch
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    grid = image_size // 16
    return Sam(
        image_encoder=ImageEncoderViT(
            depth=1,
            embed_dim=width,
            img_size=image_size,
            num_heads=2,
            patch_size=16,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=[0],
            window_size=4,
            out_chans=32,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=32,
            image_embedding_size=(grid, grid),
            input_image_size=(image_size, image_size),
            mask_in_chans=4,
        ),
        mask_decoder=MaskDecoder(
            transformer_dim=32,
            transformer=TwoWayTransformer(depth=1, embedding_dim=32, mlp_dim=32, num_heads=2),
            iou_head_hidden_dim=16,
        ),
    )


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A checkpoint file of the tiny model, which is known to the package's registry as `tiny`."""
    sam.complete_torchvision()
    import segment_anything
    import torch

    torch.manual_seed(0)
    path = tmp_path / "tiny.pth"
    torch.save(tiny_sam().state_dict(), path)
    monkeypatch.setitem(segment_anything.sam_model_registry, TINY, tiny_sam)
    return str(path)


def settings_for(path: str, model_type: str = TINY) -> MaskSettings:
    return MaskSettings(sam_checkpoint_path=path, sam_model_type=model_type)


def test_sam_embeds_a_frame_once_and_prompts_each_object(checkpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from segment_anything import SamPredictor

    embedded, prompts = [], []
    set_image, predict = SamPredictor.set_image, SamPredictor.predict
    monkeypatch.setattr(SamPredictor, "set_image", lambda self, *a: (embedded.append(a), set_image(self, *a)))
    monkeypatch.setattr(SamPredictor, "predict", lambda self, **k: (prompts.append(k), predict(self, **k))[1])
    view = desk.look()
    depth_view = seen(view)
    refined = segmenter.load("sam", settings_for(checkpoint)).refine(view.image, depth_view)
    assert len(embedded) == 1
    assert len(prompts) == len(refined) == 3
    for prompt, mask in zip(prompts, depth_view.masks, strict=True):
        points, box = prompt["point_coords"], prompt["box"]
        assert ((points >= box[:2]) & (points <= box[2:])).all()
        u, v = points[prompt["point_labels"] == 1].astype(int).T
        assert mask[v, u].all()
        u, v = points[prompt["point_labels"] == 0].astype(int).T
        assert not mask[v, u].any()
    for mask, score in refined:
        assert mask.shape == view.depth.shape
        assert mask.dtype == bool
        assert np.isfinite(score)


def test_sam_finds_the_objects_in_boxes_and_embeds_a_frame_once(
    checkpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segment_anything import SamPredictor

    embedded, prompts = [], []
    set_image, predict = SamPredictor.set_image, SamPredictor.predict
    monkeypatch.setattr(SamPredictor, "set_image", lambda self, *a: (embedded.append(a), set_image(self, *a)))
    monkeypatch.setattr(SamPredictor, "predict", lambda self, **k: (prompts.append(k), predict(self, **k))[1])
    view = desk.look()
    boxes = np.array([[10.0, 20.0, 110.0, 220.0], [30.5, 40.5, 90.0, 80.0]])
    finder = segmenter.load_for_boxes(InstanceSettings(segmenter="sam"), settings_for(checkpoint))
    found = finder.segment(view.image, BoxView(boxes, view.camera.intrinsics, None))
    assert finder.name == "sam"
    assert len(embedded) == 1
    # The model is told the last pixel of a box, not the first beyond it.
    np.testing.assert_array_equal([one["box"] for one in prompts], boxes - [0, 0, 1, 1])
    for mask, score in found:
        assert mask.shape == view.depth.shape
        assert mask.dtype == bool
        assert np.isfinite(score)
    assert finder.segment(view.image, BoxView(boxes[:0], view.camera.intrinsics, None)) == []
    assert len(embedded) == 1


def test_boxes_are_for_sam_where_it_has_weights_and_else_for_regions(checkpoint: str) -> None:
    auto = InstanceSettings()
    assert segmenter.load_for_boxes(auto, settings_for(checkpoint)).name == "sam"
    assert segmenter.load_for_boxes(auto, MaskSettings()).name == "regions"
    assert segmenter.load_for_boxes(InstanceSettings(segmenter="regions"), settings_for(checkpoint)).name == "regions"


def test_sam_is_deterministic_and_loaded_once(checkpoint: str) -> None:
    view = desk.look()
    first = segmenter.load("sam", settings_for(checkpoint))
    again = segmenter.load("sam", settings_for(checkpoint))
    assert first._predictor is again._predictor
    masks, repeated = (one.refine(view.image, seen(view)) for one in (first, again))
    for (mask, score), (other, other_score) in zip(masks, repeated, strict=True):
        np.testing.assert_array_equal(mask, other)
        assert score == other_score


def test_sam_has_the_weights_of_the_file_and_notices_a_new_one(checkpoint: str) -> None:
    import torch

    loaded = segmenter.load("sam", settings_for(checkpoint))._predictor.model
    for name, weight in torch.load(checkpoint).items():
        assert torch.equal(loaded.state_dict()[name].cpu(), weight)
    assert not loaded.training
    Path(checkpoint).write_bytes(Path(checkpoint).read_bytes() + b" ")
    assert segmenter.load("sam", settings_for(checkpoint))._predictor.model is not loaded


def test_sam_goes_to_the_gpu_where_there_is_one(checkpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    moved = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, device: (moved.append(device), self)[1])
    segmenter.load("sam", settings_for(checkpoint))
    assert moved == ["cuda"]


def test_the_model_type_is_told_from_the_weights(checkpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import segment_anything
    import torch

    built = []
    monkeypatch.setitem(
        segment_anything.sam_model_registry, "vit_l", lambda: (built.append("vit_l"), tiny_sam(width=1024))[1]
    )
    torch.save(tiny_sam(width=1024).state_dict(), checkpoint)
    segmenter.load("sam", settings_for(checkpoint, sam.AUTO))
    assert built == ["vit_l"]


def test_without_a_checkpoint_the_error_says_what_to_set() -> None:
    with pytest.raises(SegmenterError, match=r"set masks\.sam_checkpoint_path .* or choose masks=grabcut"):
        segmenter.load("sam", MaskSettings())


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(SegmenterError, match=r"missing\.pth: No such file"):
        segmenter.load("sam", settings_for(str(tmp_path / "missing.pth")))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[: len(data) // 2], "no readable checkpoint"),
        (lambda data: b"", "no readable checkpoint"),
        (lambda data: b"<html>not found</html>", "no readable checkpoint"),
    ],
    ids=["truncated", "empty", "a web page"],
)
def test_a_broken_checkpoint_is_named(checkpoint: str, damage, message: str) -> None:
    Path(checkpoint).write_bytes(damage(Path(checkpoint).read_bytes()))
    with pytest.raises(SegmenterError, match=rf"tiny\.pth: .*{message}"):
        segmenter.load("sam", settings_for(checkpoint))


@pytest.mark.parametrize(
    ("content", "model_type", "message"),
    [
        ({"weight": 1}, sam.AUTO, "not the weights of a Segment Anything vit_b, vit_l or vit_h"),
        ({"weight": 1}, TINY, "not those of Segment Anything tiny"),
        ([1, 2], TINY, "holds a list"),
        ({}, "vit_x", "sam_model_type='vit_x' is unknown"),
    ],
    ids=["another model, auto", "another model, named", "a list", "unknown type"],
)
def test_a_checkpoint_of_something_else_is_named(checkpoint: str, content, model_type: str, message: str) -> None:
    import torch

    torch.save(content, checkpoint)
    with pytest.raises(SegmenterError, match=message):
        segmenter.load("sam", settings_for(checkpoint, model_type))


def test_heavy_packages_are_imported_only_for_sam() -> None:
    code = "import sys; from resources import segmenter; from openspatial_assets.engine.masks.settings import *;"
    code += "from openspatial_assets.engine.instances.settings import *;"
    code += "segmenter.load('grabcut', MaskSettings()); segmenter.load('depth', MaskSettings());"
    code += "segmenter.load_for_boxes(InstanceSettings(), MaskSettings());"
    code += "print([name for name in ('torch', 'segment_anything', 'torchvision') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
