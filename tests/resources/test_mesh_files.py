"""A mesh comes back from its file as it was, other programs read the file, and faults are named."""

import numpy as np
import open3d as o3d
import pytest

from openspatial_assets.engine.fusion.mesh import TriangleMesh
from openspatial_assets.engine.geometry.cameras import Camera
from resources.mesh_files import MeshError, mesh_bytes, read_mesh
from resources.mesh_view import BACKGROUND, mesh_picture


@pytest.fixture
def mesh() -> TriangleMesh:
    """Two triangles that make a square, 600 km from the origin."""
    vertices = np.array([[0, 0, 2], [1, 0, 2], [1, 1, 2], [0, 1, 2]]) + np.array([600_000.0, 5_000_000.0, 0.125])
    colors = np.array([[200, 0, 0]] * 4, np.uint8)
    return TriangleMesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colors)


def test_a_mesh_comes_back_and_others_read_it(mesh, tmp_path):
    path = tmp_path / "mesh.ply"
    path.write_bytes(mesh_bytes(mesh))
    back = read_mesh(str(path))
    other = o3d.io.read_triangle_mesh(str(path))
    assert np.array_equal(np.rint(np.asarray(other.vertex_colors) * 255), mesh.colors)
    for vertices, triangles in ((back.vertices, back.triangles), (other.vertices, other.triangles)):
        assert np.array_equal(vertices, mesh.vertices)
        assert np.array_equal(triangles, mesh.triangles)
    assert np.array_equal(back.colors, mesh.colors)


def test_what_is_no_mesh_is_named(mesh, tmp_path):
    path = tmp_path / "mesh.ply"
    for data, reason in ((mesh_bytes(mesh)[:-1], "truncated"), (b"ply\nformat ascii 1.0\nend_header\n", "no mesh")):
        path.write_bytes(data)
        with pytest.raises(MeshError, match=f"mesh.ply.*{reason}"):
            read_mesh(str(path))


def test_a_picture_shows_the_free_side_only(mesh):
    """The square turns up: from above it is there with its colour, from below it is not."""
    down, up = np.eye(4), np.eye(4)
    down[:3, :3] = np.diag([1.0, -1.0, -1.0])
    for pose, height in ((down, 4), (up, -4)):
        pose[:3, 3] = mesh.vertices.mean(0) + np.array([0, 0, height])
    intrinsics = np.array([40.0, 40.0, 15.5, 11.5])
    seen, unseen = (mesh_picture(mesh, Camera(32, 24, intrinsics, pose)) for pose in (down, up))
    assert (unseen == BACKGROUND).all()
    covered = (seen != BACKGROUND).any(-1)
    assert covered.sum() == pytest.approx(10 * 10, abs=25)
    assert covered[12, 16]
    assert seen[12, 16, 0] > 190
    assert (seen[covered][:, 1:] == 0).all()
