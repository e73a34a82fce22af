"""Counted pixels against Open3D's instance maps, and against an occluder of known size."""

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.visibility.counting import SeenBoxes, count_pixels, silhouette_counts
from openspatial_assets.engine.visibility.depth_image import DepthImage
from openspatial_assets.engine.visibility.ray_interval import depth_masks, silhouette_mask
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from openspatial_assets.engine.visibility.verdict import reasons, visible_fraction
from tests.support.ray_cast_corner import block, camera_at, ray_cast, scene_of

SETTINGS = VisibilitySettings()
BOX = Boxes.from_rpy([[0.0, 2.0, 0.5]], [[0.8, 0.6, 1.0]], [[0.0, 0.0, 0.0]])
CAMERA = camera_at((0.0, -1.0, 0.5), (0.0, 2.0, 0.5), 320, 240)
SOLID = block((-0.4, 1.7, 0.0), (0.4, 2.3, 1.0))


def counts_of(*meshes, boxes=BOX, camera=CAMERA, settings=SETTINGS):
    seen = SeenBoxes.in_frames([camera], boxes, settings)
    depth = ray_cast(scene_of(*meshes), camera)["t_hit"] if meshes else np.full((240, 320), np.inf)
    depth = np.where(np.isfinite(depth), depth, 0).astype(np.float32)
    return count_pixels(seen, 0, DepthImage(depth), settings)


def test_a_solid_box_is_all_seen_and_half_hidden_is_half_seen():
    alone = counts_of(SOLID)
    hidden = counts_of(SOLID, block((-2.0, 0.0, -1.0), (0.0, 0.1, 3.0)))
    assert visible_fraction(alone) == 1
    assert alone.occupancy == pytest.approx(1, abs=0.05)
    assert alone.object == pytest.approx(silhouette_mask(CAMERA, BOX).sum(), rel=0.05)
    assert visible_fraction(hidden) == pytest.approx(0.5, abs=0.03)
    assert hidden.occupancy == pytest.approx(0.5, abs=0.1)


def test_an_absent_object_is_seen_through_and_no_depth_is_unknown():
    wall = counts_of(block((-3, 4, -3), (3, 4.1, 3)))
    nothing = counts_of()
    assert (wall.object, wall.occluded) == (0, 0)
    assert wall.known == wall.silhouette
    assert nothing.known == 0
    assert nothing.silhouette > 0


def test_depth_within_the_tolerance_is_the_object_and_beyond_it_is_not():
    front, settings = 2.7, VisibilitySettings(occlusion_tolerance_m=0.05, depth_noise_per_m=0.0)
    for near, inside in ((0.04, True), (0.06, False)):
        sheet = block((-2, -1.0 + front - near, -2), (2, 3, 2))
        counts = counts_of(sheet, settings=settings)
        assert (counts.object > 0, counts.occluded == 0) == (inside, inside)


def test_counts_of_a_furnished_corner_are_its_pixels(corner):
    for number, view in enumerate(corner.views):
        seen = SeenBoxes.in_frames([view.camera for view in corner.views], corner.boxes, SETTINGS)
        counts = count_pixels(seen, number, DepthImage(view.depth), SETTINGS)
        places = seen.projection.box[seen.of_frame(number)]
        pixels = np.array([(view.instance == index).sum() for index in places])
        truth = view.truly_visible()[places]
        assert counts.object[truth] == pytest.approx(pixels[truth], rel=0.15)
        reason = reasons(counts, seen.projection.in_frame[seen.of_frame(number)], SETTINGS)
        assert np.array_equal(reason == "ok", truth), dict(zip(np.array(corner.tags)[places], reason, strict=True))
        assert reason[places == corner.index("hidden bin")] == "occluded"


def test_counts_agree_with_the_masks(corner):
    view = corner.views[0]
    seen = SeenBoxes.in_frames([view.camera], corner.boxes, SETTINGS)
    counts = count_pixels(seen, 0, DepthImage(view.depth), SETTINGS)
    masks = depth_masks(view.camera, view.depth, corner.boxes, SETTINGS)[seen.projection.box]
    large = counts.object > 150
    assert counts.object[large] == pytest.approx(masks.sum((1, 2))[large], rel=0.1)


def test_stored_values_become_metres_only_where_they_are_looked_at(corner):
    view = corner.views[0]
    seen = SeenBoxes.in_frames([view.camera], corner.boxes, SETTINGS)
    stored = np.rint(view.depth * 1000).astype(np.uint16)
    millimetres = DepthImage(stored, lambda values: values.astype(np.float32) / 1000)
    converted = DepthImage(stored.astype(np.float32) / 1000)
    first, second = (count_pixels(seen, 0, depth, SETTINGS) for depth in (millimetres, converted))
    assert np.array_equal(first.object, second.object)
    assert np.array_equal(first.occupancy, second.occupancy)


def test_without_depth_a_silhouette_is_all_object_or_all_unknown():
    seen = SeenBoxes.in_frames([CAMERA], BOX, SETTINGS)
    kept, unknown = (silhouette_counts(seen, 0, visible=visible) for visible in (True, False))
    assert kept.object == pytest.approx(silhouette_mask(CAMERA, BOX).sum(), rel=0.02)
    assert (visible_fraction(kept), kept.occupancy) == (1, 1)
    assert (unknown.known, unknown.object) == (0, 0)


def test_a_frame_without_boxes_has_no_counts():
    behind = Boxes.from_rpy([[0.0, -9.0, 0.5]], [[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]])
    assert len(counts_of(SOLID, boxes=behind).object) == 0
