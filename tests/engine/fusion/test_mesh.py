"""Meshes whose vertices and triangles come in any order, specks, and depth at edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from openspatial_assets.engine.fusion.depth import median_depth, without_edges
from openspatial_assets.engine.fusion.mesh import TriangleMesh, in_order, triangle_areas, without_specks
from openspatial_assets.engine.fusion.settings import MeshSettings

seeds = st.integers(0, 2**32 - 1)


def ball(seed: int, points: int = 12) -> TriangleMesh:
    """A closed convex surface whose triangles turn outwards, and one vertex that none of them uses."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(size=(points, 3))
    vertices /= np.linalg.norm(vertices, axis=1)[:, None]
    hull = ConvexHull(vertices)
    a, b, c = vertices[hull.simplices].transpose(1, 0, 2)
    outward = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(1) > 0
    triangles = np.where(outward[:, None], hull.simplices, hull.simplices[:, [0, 2, 1]])
    colors = rng.integers(0, 256, (points + 1, 3)).astype(np.uint8)
    return TriangleMesh(np.vstack([vertices, [9.0, 9.0, 9.0]]), triangles.astype(np.int32), colors)


def volume(mesh: TriangleMesh) -> float:
    """Signed: positive where triangles turn outwards."""
    a, b, c = mesh.vertices[mesh.triangles].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_order_is_of_the_surface_and_not_of_how_it_was_made(seed):
    mesh, rng = ball(seed), np.random.default_rng(seed)
    order = rng.permutation(len(mesh.vertices))
    rank = np.argsort(order)
    triangles = rng.permutation(rank[mesh.triangles])
    turned = np.array([np.roll(triangle, rng.integers(3)) for triangle in triangles], np.int32)
    shuffled = TriangleMesh(mesh.vertices[order], turned, mesh.colors[order])
    expected, found = in_order(mesh), in_order(shuffled)
    for name in ("vertices", "triangles", "colors"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert volume(found) == pytest.approx(volume(mesh))
    assert len(found.vertices) == len(mesh.vertices) - 1


def test_specks_go_by_their_area():
    large, small = ball(0), ball(1)
    both = TriangleMesh(
        np.vstack([large.vertices, small.vertices * 0.1 + 5]),
        np.vstack([large.triangles, small.triangles + len(large.vertices)]),
        np.vstack([large.colors, small.colors]),
    )
    areas = [triangle_areas(part).sum() for part in (large, small)]
    assert triangle_areas(both).sum() == pytest.approx(areas[0] + 0.01 * areas[1])
    assert np.array_equal(without_specks(both, 0.011 * areas[1]).triangles, large.triangles)
    assert len(without_specks(both, 0.009 * areas[1]).triangles) == len(both.triangles)
    nothing = without_specks(both, 2 * areas[0])
    assert len(in_order(nothing).vertices) == len(in_order(nothing).triangles) == 0
    assert without_specks(nothing, 1.0) is nothing


def test_depth_at_edges_is_left_out():
    depth = np.full((9, 9), 2.0, np.float32)
    depth[:, 5:] = 2.5
    depth[0, 0] = 0
    kept = without_edges(depth, 0.05)
    assert (kept[:, 4:6] == 0).all()
    assert np.array_equal(kept[:, :4], depth[:, :4])  # none is no neighbour, and the border is no edge
    assert np.array_equal(kept[:, 6:], depth[:, 6:])
    assert np.array_equal(without_edges(depth, 0.3), depth)
    assert median_depth([depth, np.zeros((2, 2), np.float32)]) == 2.0
    assert median_depth([]) == 0.0


def test_settings_say_what_is_wrong():
    with pytest.raises(ValueError, match=r"mesh\.voxel_m is 0.*above 0"):
        MeshSettings(voxel_m=0)
