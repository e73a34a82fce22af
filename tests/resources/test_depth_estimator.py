"""The estimators of depth on a ray-cast scene, each view by itself."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from resources import depth_estimator
from resources.depth_estimator import DepthError, View
from tests.support import textured_scene

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated:DeprecationWarning")
"""TorchScript is deprecated, and still what many models are published as."""

PLANES = 48
MIDDLE = 3


def view_of(seen: textured_scene.Picture, points: int = 80) -> View:
    rng = np.random.default_rng(0)
    v, u = np.nonzero(seen.depth)
    some = rng.choice(len(v), points, replace=False)
    z = seen.depth[v[some], u[some]]
    world = seen.camera.back_project(np.stack([u[some], v[some]], -1), z)
    return View("000003", seen.image, seen.camera, world, (float(z.min()), float(z.max())))


@pytest.fixture(scope="module")
def pictures() -> list[textured_scene.Picture]:
    return textured_scene.walk()


def swept(pictures: list[textured_scene.Picture], neighbors: int = 5, planes: int = PLANES) -> np.ndarray:
    sweep = depth_estimator.load(DepthMapSettings(planes=planes))
    order = sorted(range(len(pictures)), key=lambda number: abs(number - MIDDLE))
    views = [view_of(pictures[number]) for number in order[: neighbors + 1]]
    return sweep.estimate(views[0], views[1:])


def test_the_sweep_finds_planes_between_its_planes(pictures) -> None:
    depth = swept(pictures)
    assert (depth > 0).mean() > 0.95
    error = textured_scene.errors(depth, pictures[MIDDLE].depth)
    near, far = view_of(pictures[MIDDLE]).depth_range
    step = (1.25 / near - 1 / far / 1.25) / (PLANES - 1) * np.median(pictures[MIDDLE].depth)
    assert np.median(error) < 0.25 * step
    assert np.percentile(error, 90) < 0.02


def test_the_sweep_gives_the_same_bytes_on_one_thread_and_on_two(pictures) -> None:
    threads = torch.get_num_threads()
    try:
        given = []
        for count in (1, 2):
            torch.set_num_threads(count)
            given.append(swept(pictures, neighbors=2, planes=16))
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(*given)


def test_the_sweep_says_nothing_without_texture_or_neighbors(pictures) -> None:
    assert not swept(pictures, neighbors=0).any()
    assert (swept(textured_scene.walk(texture=False), neighbors=3) > 0).mean() < 0.3


def test_neighbors_may_have_another_size(pictures) -> None:
    whole, other = view_of(pictures[MIDDLE]), view_of(pictures[MIDDLE + 1])
    camera = other.camera
    half = Camera(camera.width // 2, camera.height // 2, (camera.intrinsics + 0.5) / 2 - 0.5, camera.world_from_camera)
    half.intrinsics[:2] = camera.intrinsics[:2] / 2
    small = View(
        "small",
        cv2.resize(other.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        half,
        other.points,
        other.depth_range,
    )
    depth = depth_estimator.load(DepthMapSettings(planes=PLANES)).estimate(whole, [small])
    assert np.median(textured_scene.errors(depth, pictures[MIDDLE].depth)) < 0.03


class Guess(torch.nn.Module):
    """Answers with what its red channel says: the test paints that as it likes."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image[:, 0]


class Wrong(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image


def painted(seen: textured_scene.Picture, values: np.ndarray) -> View:
    view = view_of(seen)
    low, high = values.min(), values.max()
    image = np.repeat(np.rint((values - low) / (high - low) * 255).astype(np.uint8)[..., None], 3, axis=2)
    return View(view.name, image, view.camera, view.points, view.depth_range)


def saved(folder: Path, module: torch.nn.Module, exported: bool) -> str:
    if exported:
        path = folder / "model.pt2"
        torch.export.save(torch.export.export(module.eval(), (torch.zeros(1, 3, 140, 196),)), path)
    else:
        path = folder / "model.pt"
        torch.jit.save(torch.jit.trace(module.eval(), torch.zeros(1, 3, 28, 28)), str(path))
    return str(path)


@pytest.mark.parametrize("exported", [False, True], ids=["TorchScript", "torch.export"])
@pytest.mark.parametrize("output", ["depth", "inverse_depth"])
def test_a_model_is_brought_to_scale_by_the_points(pictures, tmp_path, exported, output) -> None:
    seen = pictures[MIDDLE]
    path = saved(tmp_path, Guess(), exported)
    estimator = depth_estimator.load(DepthMapSettings(estimator="model", model_path=path, model_output=output))
    depth = estimator.estimate(painted(seen, seen.depth if output == "depth" else 1 / seen.depth), [])
    assert (depth > 0).all()
    assert np.percentile(textured_scene.errors(depth, seen.depth), 90) < 0.02
    # A model that says the opposite of what the points say gives nothing rather than something false.
    assert not estimator.estimate(painted(seen, 1 / seen.depth if output == "depth" else seen.depth), []).any()


def test_a_model_that_cannot_be_used_is_named(pictures, tmp_path) -> None:
    def load(path: str):
        return depth_estimator.load(DepthMapSettings(estimator="model", model_path=path))

    with pytest.raises(DepthError, match=r"depth_maps\.model_path: a TorchScript file"):
        load("")
    with pytest.raises(DepthError, match="No such file"):
        load(str(tmp_path / "none.pt"))
    for name in ("broken.pt", "broken.pt2"):
        (tmp_path / name).write_bytes(json.dumps({}).encode())
        with pytest.raises(DepthError, match=f"{name}: is no .* that can be read"):
            load(str(tmp_path / name))
    with pytest.raises(DepthError, match=r"gives a tensor of \(1, 3, 140, 196\); it must give one depth image"):
        load(saved(tmp_path, Wrong(), exported=False)).estimate(view_of(pictures[0]), [])
    fixed = DepthMapSettings(
        estimator="model", model_path=saved(tmp_path, Guess(), exported=True), model_size_multiple=32
    )
    with pytest.raises(DepthError, match=r"cannot take a float image of 1x3x128x192; set depth_maps\.image_side"):
        depth_estimator.load(fixed).estimate(view_of(pictures[0]), [])
