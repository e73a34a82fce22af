"""Entry and exit of each pixel's ray, against Open3D's intersections with the box's mesh."""

import numpy as np
import open3d as o3d
import pytest

from openspatial_assets.engine.geometry.boxes import FACES, Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.visibility.face_planes import (
    LARGEST_INVERSE,
    FacePlanes,
    face_planes,
    inverse_interval,
    over_image,
)
from openspatial_assets.engine.visibility.frustum import Views
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from tests.support.ray_cast_corner import camera_at, scene_of

CAMERA = camera_at((0.2, -0.1, 0.5), (2.0, 1.0, 0.2), 128, 96)
COLUMNS, ROWS = np.arange(128, dtype=np.float32), np.arange(96, dtype=np.float32)


def planes_of(box: Boxes, camera: Camera = CAMERA) -> FacePlanes:
    one = Boxes(box.centers[None], box.extents[None], box.rotations[None])
    return face_planes(Views.of([camera]), one, np.array([0]), np.array([0]), VisibilitySettings())[0]


def all_hits(box: Boxes) -> list[np.ndarray]:
    """Depths of all intersections of each pixel's ray with the box, in no order."""
    triangles = np.concatenate([FACES[:, [0, 1, 2]], FACES[:, [0, 2, 3]]])
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(box.corners), o3d.utility.Vector3iVector(triangles.astype(np.int32))
    )
    scene, rays = scene_of(mesh), np.empty((96, 128, 6), np.float32)
    u, v = np.meshgrid(COLUMNS, ROWS)
    rays[..., :3] = CAMERA.center
    rays[..., 3:] = CAMERA.back_project(np.stack([u, v], -1), np.ones(u.shape)) - CAMERA.center
    found = {name: values.numpy() for name, values in scene.list_intersections(rays).items()}
    hits = [[] for _ in range(u.size)]
    for ray, t in zip(found["ray_ids"], found["t_hit"], strict=True):
        hits[ray].append(float(t))
    return [np.array(one) for one in hits]


@pytest.mark.parametrize(
    "center",
    [(2.0, 1.0, 0.3), (0.9, 0.2, 0.4), (0.35, 0.0, 0.5), (-1.0, -1.0, 0.5)],
    ids=["ahead", "through the image plane", "around the camera", "behind"],
)
def test_entry_and_exit_are_open3ds_hits(center):
    box = Boxes.from_rpy(center, [1.4, 0.7, 0.5], [0.2, -0.3, 0.6])
    entry, leave = (inverse.ravel() for inverse in inverse_interval(planes_of(box), COLUMNS, ROWS))
    wrong = 0
    for hits, nearest, farthest in zip(all_hits(box), entry, leave, strict=True):
        wrong += (len(hits) > 0) != (nearest >= farthest)  # a ray along an edge may go either way
        if len(hits) and nearest >= farthest:
            assert 1 / farthest == pytest.approx(hits.max(), rel=1e-3)
            assert nearest > 100 or 1 / nearest == pytest.approx(hits.min(), rel=1e-3)
    assert wrong <= 3


def test_boxes_together_give_what_they_give_alone():
    rng = np.random.default_rng(0)
    boxes = Boxes.from_rpy(rng.uniform(-1, 3, (8, 3)), rng.uniform(0.2, 1, (8, 3)), rng.uniform(-1, 1, (8, 3)))
    every = np.arange(8)
    together = face_planes(Views.of([CAMERA]), boxes, np.zeros(8, int), every, VisibilitySettings())
    entry, leave = inverse_interval(together, np.tile(COLUMNS, (8, 1)), np.tile(ROWS, (8, 1)))
    for index in every:
        alone = inverse_interval(planes_of(boxes[index]), COLUMNS, ROWS)
        assert np.array_equal(entry[index], alone[0])
        assert np.array_equal(leave[index], alone[1])


def test_support_is_the_bottom_moved_up_and_only_seen_from_above():
    standing = Boxes.from_rpy([2.0, 1.0, -0.5], [0.5, 0.5, 0.6], [0, 0, 0.4])
    depth = 1 / over_image(planes_of(standing).support, COLUMNS, ROWS)
    v, u = 60, 50
    bottom = CAMERA.back_project([u, v], depth[v, u])[2]
    assert bottom == pytest.approx(-0.5 - 0.3 + 0.01, abs=1e-4)
    hanging = Boxes.from_rpy([2.0, 1.0, 1.5], [0.5, 0.5, 0.6], [0, 0, 0.4])
    assert not planes_of(hanging).support.any()
    leaning = Boxes.from_rpy([2.0, 1.0, -0.5], [0.5, 0.5, 0.6], [0.8, 0.7, 0])
    assert not planes_of(leaning).support.any()


def test_a_camera_inside_has_no_entry_face():
    around = Boxes.from_rpy(CAMERA.center, [1, 1, 1], [0, 0, 0.3])
    assert (planes_of(around).entry[:, 2] == LARGEST_INVERSE).all()


@pytest.mark.parametrize("beside", [-1e-7, 0.0, 1e-7])
def test_a_camera_in_the_plane_of_a_face_sees_the_box(beside):
    camera = camera_at((0.0, 0.0, 0.5), (2.0, 0.0, 0.5), 128, 96)
    box = Boxes.from_rpy([2.0, 0.3 + beside, 0.5], [0.6, 0.6, 0.6], [0, 0, 0])
    entry, leave = inverse_interval(planes_of(box, camera), COLUMNS, ROWS)
    pixels, _ = camera.project(box.corners)
    # The face in whose plane the camera lies is the right edge of what it sees of the box.
    assert pixels[:, 0].max() == pytest.approx(63.5, abs=1e-3)
    assert 1 / entry[48, 40] == pytest.approx(1.7, abs=1e-4)
    assert (entry >= leave)[48, 30:64].all()
    assert not (entry >= leave)[48, 64:].any()
