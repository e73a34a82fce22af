"""Regions of a frame: they cut it up without rest, keep to its edges, and know their borders; and its large planes."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openspatial_assets.engine.instances.contrast import contrasts
from openspatial_assets.engine.instances.planes import planes_of
from openspatial_assets.engine.instances.rims import sharpened
from openspatial_assets.engine.instances.superpixels import regions_of
from openspatial_assets.engine.instances.working import WorkingImage, working_image
from tests.support import desk


def frame_of(view: desk.View, depth: bool = True) -> WorkingImage:
    return working_image(view.image, view.depth if depth else None, view.camera.intrinsics, desk.WIDTH)


def noise(seed: int, height: int, width: int) -> WorkingImage:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    depth = np.where(rng.random((height, width)) < 0.2, 0.0, rng.uniform(0.5, 5.0, (height, width)))
    return working_image(image, depth.astype(np.float32), (30.0, 30.0, width / 2, height / 2), max(height, width))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(3, 24), st.integers(3, 24), st.integers(1, 60))
def test_regions_are_connected_and_cover_the_frame(seed: int, height: int, width: int, count: int) -> None:
    frame = noise(seed, height, width)
    graph = regions_of(frame, contrasts(frame), count)
    assert len(graph) == min(count, height * width)
    np.testing.assert_array_equal(np.bincount(graph.flat), graph.sizes)
    for region in range(len(graph)):
        assert cv2.connectedComponents((graph.labels == region).astype(np.uint8), connectivity=4)[0] == 2
    assert (graph.first != graph.second).all()
    borders = np.count_nonzero(np.diff(graph.labels, axis=0)) + np.count_nonzero(np.diff(graph.labels, axis=1))
    assert graph.length.sum() == borders


def test_regions_keep_to_the_edges_of_objects() -> None:
    view = desk.look()
    frame = frame_of(view)
    graph = regions_of(frame, contrasts(frame), 1000)
    owner = view.instance + 1
    counts = np.zeros((len(graph), owner.max() + 1))
    np.add.at(counts, (graph.flat, owner.ravel()), 1)
    assert counts.max(axis=1).sum() > 0.98 * owner.size


def test_a_frame_of_one_colour_without_depth_is_one_surface() -> None:
    frame = working_image(np.full((30, 40, 3), 90, np.uint8), None, (40.0, 40.0, 20.0, 15.0), 40)
    graph = regions_of(frame, contrasts(frame), 20)
    assert graph.joined(0.1)[0] == 1


def test_contrast_is_at_edges_of_depth_and_not_on_slanted_planes() -> None:
    view = desk.look()
    along, _ = contrasts(frame_of(view))
    edge = np.diff(view.instance, axis=1) != 0
    inside = cv2.dilate(edge.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    inside &= (view.instance == -1)[:, 1:] & (view.instance == -1)[:, :-1]
    assert np.median(along.depth[edge]) > 1.0
    assert np.quantile(along.depth[inside], 0.99) < 0.2


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_the_floor_is_one_plane_behind_all_that_stands_on_it(scale: float) -> None:
    view = desk.look()
    frame = working_image(view.image, view.depth * scale, view.camera.intrinsics, desk.WIDTH)
    graph = regions_of(frame, contrasts(frame), 1000)
    planes = planes_of(frame, graph)
    floor = graph.total(view.instance == -1) / graph.sizes
    member = max(planes, key=lambda one: (one * floor * graph.sizes).sum())
    assert (member * floor * graph.sizes).sum() > 0.8 * (floor * graph.sizes).sum()
    assert (member * (1 - floor) * graph.sizes).sum() < 0.1 * (floor * graph.sizes).sum()


def test_a_frame_without_depth_has_no_planes() -> None:
    frame = frame_of(desk.look(), depth=False)
    assert planes_of(frame, regions_of(frame, contrasts(frame), 200)) == []


@pytest.mark.parametrize("told_by", ["depth", "colour", "depth of which half is missing"])
def test_rims_are_found_at_the_resolution_of_the_frame(told_by: str) -> None:
    true = np.arange(60)[None, :].repeat(40, axis=0) >= 31
    image = np.where(true[..., None] & (told_by == "colour"), (200, 40, 40), (60, 90, 60)).astype(np.uint8)
    depth = np.where(true, 3.0, 2.0).astype(np.float32) if told_by != "colour" else np.full(true.shape, 2.0, np.float32)
    if told_by == "depth of which half is missing":
        depth[true] = 0.0
    frame = working_image(image, depth, (50.0, 50.0, 30.0, 20.0), 30)
    assert frame.stride == 2
    rough = np.arange(60)[None, :].repeat(40, axis=0) >= 33
    np.testing.assert_array_equal(sharpened(rough.astype(np.int64), image, depth, frame), true)
