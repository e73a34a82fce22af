"""Exact overlap against published values, half-space intersection, sampling, and the laws of volume."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection
from scipy.spatial.transform import Rotation

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.overlap import intersection_volumes, oriented_iou

seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0.0, 1.0)


def random_boxes(seed: int, number: int, smallest: float = 0.05) -> Boxes:
    rng = np.random.default_rng(seed)
    return Boxes.from_rpy(
        rng.uniform(-0.6, 0.6, (number, 3)),
        np.exp(rng.uniform(np.log(smallest), np.log(1.5), (number, 3))),
        rng.uniform(-np.pi, np.pi, (number, 3)),
    )


def rigid(seed: int) -> np.ndarray:
    transform = np.eye(4)
    transform[:3, :3] = Rotation.random(random_state=seed % 2**32).as_matrix()
    transform[:3, 3] = np.random.default_rng(seed).uniform(-3, 3, 3)
    return transform


def one(center=(0.0, 0.0, 0.0), extents=(1.0, 1.0, 1.0), rotation=None) -> Boxes:
    rotation = np.eye(3) if rotation is None else rotation
    return Boxes(np.array(center, float), np.array(extents, float), rotation)


def box_of_corners(corners) -> Boxes:
    """The box with these corners, in the order of PyTorch3D: 1, 3 and 4 are the neighbours of corner 0."""
    corners = np.array(corners)
    sides = corners[[1, 3, 4]] - corners[0]
    lengths = np.linalg.norm(sides, axis=1)
    axes = sides / lengths[:, None]
    return Boxes(corners.mean(0), lengths, axes.T)


def by_half_spaces(a: Boxes, b: Boxes) -> float:
    """The common volume as the hull of an intersection of twelve half-spaces around an inner point."""
    normals = np.vstack([a.rotations.T, -a.rotations.T, b.rotations.T, -b.rotations.T])
    reach = np.r_[np.tile(a.extents / 2, 2), np.tile(b.extents / 2, 2)]
    bounds = reach + (normals * np.repeat([a.centers, b.centers], 6, axis=0)).sum(1)
    deepest = linprog([0, 0, 0, -1], A_ub=np.c_[normals, np.ones(12)], b_ub=bounds, bounds=[(None, None)] * 4)
    if deepest.status or deepest.x[3] <= 1e-9:
        return 0.0
    found = HalfspaceIntersection(np.c_[normals, -bounds], deepest.x[:3])
    return ConvexHull(found.intersections).volume


@pytest.fixture(scope="module")
def reference(shared) -> dict:
    return json.loads((shared / "box_reference" / "iou_reference.json").read_text())


def test_agrees_with_published_values(reference):
    case = reference["pytorch3d_case7"]
    a, b = box_of_corners(case["box1"]), box_of_corners(case["box2"])
    assert intersection_volumes(a, b) == pytest.approx(case["vol_inter"], rel=1e-4)
    assert (a.volumes, b.volumes) == (pytest.approx(case["vol1"], rel=1e-4), pytest.approx(case["vol2"], rel=1e-4))

    case = reference["objectron_5x5"]
    a, b = (stacked([by_hull(corners) for corners in case[name]]) for name in ("boxes1", "boxes2"))
    assert np.allclose(intersection_volumes(a[:, None], b[None, :]), case["vols"], atol=1e-5)
    assert np.allclose(oriented_iou(a[:, None], b[None, :]), case["ious"], atol=1e-5)

    case = reference["mmdet3d_lidar"]
    a, b = (from_bottom(np.array(case[name])) for name in ("boxes1", "boxes2"))
    assert np.allclose(oriented_iou(a[:, None], b[None, :]), case["iou"], atol=2e-4)
    common = intersection_volumes(a[:, None], b[None, :])
    assert np.allclose(common / a.volumes[:, None], case["iof"], atol=2e-4)


def by_hull(corners) -> Boxes:
    """The box with these eight corners in any order: the axes are the shortest three steps at right angles."""
    corners = np.array(corners)
    steps = corners[1:] - corners[0]
    for first in range(7):
        for second in range(first + 1, 7):
            for third in range(second + 1, 7):
                sides = steps[[first, second, third]]
                right = np.abs(sides @ sides.T - np.diag((sides**2).sum(1))).max() < 1e-4
                if right and np.allclose(corners[0] + sides.sum(0) / 2, corners.mean(0), atol=1e-4):
                    lengths = np.linalg.norm(sides, axis=1)
                    return Boxes(corners.mean(0), lengths, (sides / lengths[:, None]).T)
    raise AssertionError("no box has these corners")


def from_bottom(rows: np.ndarray) -> Boxes:
    centers, extents = rows[:, :3] + rows[:, 3:6] * (0, 0, 0.5), rows[:, 3:6]
    return Boxes.from_rpy(centers, extents, rows[:, 6:7] * (0, 0, 1))


def stacked(boxes: list[Boxes]) -> Boxes:
    return Boxes(*(np.stack([getattr(box, name) for box in boxes]) for name in ("centers", "extents", "rotations")))


@settings(max_examples=60, deadline=None)
@given(shares, shares, shares, seeds)
def test_shifted_cubes_turned_together(dx, dy, dz, seed):
    """Faces that coincide, wholly or in part, and differ by rounding once both are turned."""
    a, b = one(), one((dx, dy, dz))
    expected = (1 - dx) * (1 - dy) * (1 - dz)
    assert intersection_volumes(a, b) == pytest.approx(expected, abs=1e-8)
    moved = rigid(seed)
    assert intersection_volumes(a.transformed(moved), b.transformed(moved)) == pytest.approx(expected, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_agrees_with_half_spaces_and_keeps_the_laws(seed):
    a, b = random_boxes(seed, 1)[0], random_boxes(seed + 1, 1)[0]
    common = intersection_volumes(a, b)
    assert common == pytest.approx(by_half_spaces(a, b), rel=1e-6, abs=1e-9)
    assert common <= min(a.volumes, b.volumes)
    assert intersection_volumes(b, a) == pytest.approx(common, rel=1e-7, abs=1e-12)
    moved = rigid(seed)
    assert oriented_iou(a.transformed(moved), b.transformed(moved)) == pytest.approx(oriented_iou(a, b), abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(1e-5, 1e-2))
def test_a_box_with_itself_and_its_part(seed, thickness):
    """The same body in other axes, and a thin slice of a body, however thin."""
    box = random_boxes(seed, 1)[0]
    turned = Boxes(box.centers, box.extents[[1, 2, 0]], box.rotations[:, [1, 2, 0]])
    assert oriented_iou(box, turned) == pytest.approx(1.0, abs=1e-8)
    part = Boxes(box.centers, box.extents * (1, 1, thickness), box.rotations)
    assert oriented_iou(box, part) == pytest.approx(thickness, rel=1e-7)
    grown = Boxes(
        box.centers, box.extents * (1 + thickness), box.rotations @ Rotation.from_rotvec([1e-9, 0, 0]).as_matrix()
    )
    assert oriented_iou(box, grown) == pytest.approx((1 + thickness) ** -3, rel=1e-6)


@pytest.mark.parametrize("tilt", [0.0, 1e-17, 1e-15, 1e-12, 1e-10, 1e-8, 1e-6])
def test_nearly_parallel_faces(tilt):
    upright, tilted = one(), one((0.3, 0.2, 0.0), rotation=Rotation.from_rotvec([0.7 * tilt, tilt, 0]).as_matrix())
    assert intersection_volumes(upright, tilted) == pytest.approx(0.7 * 0.8, abs=3 * tilt + 1e-8)


def test_what_only_touches_or_has_no_volume_shares_none():
    cube = one()
    assert oriented_iou(cube, one((1.0, 0, 0))) == pytest.approx(0, abs=1e-9)
    assert oriented_iou(cube, one((1.0, 1.0, 1.0))) == pytest.approx(0, abs=1e-12)
    assert oriented_iou(cube, one((3.0, 0, 0))) == 0
    assert oriented_iou(cube, one(extents=(1, 1, 0))) == 0
    assert oriented_iou(one(extents=(0, 0, 0)), one(extents=(0, 0, 0))) == 0
    assert oriented_iou(random_boxes(0, 5)[:, None], random_boxes(1, 0)[None, :]).shape == (5, 0)


def test_agrees_with_sampling():
    a, b = random_boxes(5, 40, smallest=0.4), random_boxes(6, 40, smallest=0.4)
    local = np.random.default_rng(0).uniform(-0.5, 0.5, (60_000, 3))
    for first, second in zip(*((box[i] for i in range(40)) for box in (a, b)), strict=True):
        inside = (
            np.abs(second.local(local * first.extents @ first.rotations.T + first.centers)) <= second.extents / 2
        ).all(-1)
        sampled = inside.mean() * first.volumes
        assert intersection_volumes(first, second) == pytest.approx(sampled, abs=0.012 * first.volumes)
