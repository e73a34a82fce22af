"""Depth rendered from a mesh: the truth of a room computed ray by ray, and files that are no mesh."""

import numpy as np
import pytest
from plyfile import PlyData, PlyElement
from scipy.spatial.transform import Rotation
from support.truth_scene import furnished_room

from openspatial_assets.engine.geometry.cameras import Camera
from resources.mesh_depth import rendered_depth
from resources.sources.registration import SourceError
from resources.sources.surface import SceneSurface

ROOM = furnished_room(160, 120, frames=3)
FAR = np.array([431_200.0, 5_412_300.0, 30.0])
"""National coordinates: single precision has half a metre there."""


def written(path, vertices):
    _, triangles, _ = ROOM.mesh
    vertex = np.array([tuple(row) for row in vertices], dtype=[("x", "f8"), ("y", "f8"), ("z", "f8")])
    face = np.empty(len(triangles), dtype=[("vertex_indices", "i4", (3,))])
    face["vertex_indices"] = triangles
    PlyData([PlyElement.describe(vertex, "vertex"), PlyElement.describe(face, "face")]).write(str(path))
    return path


@pytest.mark.parametrize("shift", [np.zeros(3), FAR], ids=["at the origin", "far from it"])
def test_depth_is_that_of_the_room(tmp_path, shift):
    world_from_mesh = np.eye(4)
    world_from_mesh[:3, :3] = Rotation.from_euler("zyx", (0.7, 0.1, -0.2)).as_matrix()
    world_from_mesh[:3, 3] = 3.0, -2.0, 1.0
    path = written(tmp_path / "mesh.ply", ROOM.mesh[0] + shift)
    world_from_mesh[:3, 3] -= world_from_mesh[:3, :3] @ shift
    cameras = [
        Camera(truth.width, truth.height, np.array(truth.intrinsics), moved(world_from_mesh, truth, shift))
        for truth in ROOM.cameras
    ]
    for view, depth in zip(ROOM.views, rendered_depth(SceneSurface(str(path), world_from_mesh), cameras), strict=True):
        assert depth.dtype == np.float32
        # Where two surfaces meet in the picture a ray may pass on the other side of the edge.
        assert np.quantile(np.abs(depth - view.depth), 0.995) < 1e-4


def moved(world_from_mesh, truth, shift):
    mesh_from_room = np.eye(4)
    mesh_from_room[:3, 3] = shift
    return world_from_mesh @ mesh_from_room @ truth.world_from_camera


def test_nothing_is_seen_past_the_mesh(tmp_path):
    outside = np.eye(4)
    outside[:3, 3] = 0.0, 0.0, 50.0
    path = written(tmp_path / "mesh.ply", ROOM.mesh[0])
    (depth,) = rendered_depth(SceneSurface(str(path), np.eye(4)), [Camera(8, 6, np.array([9, 9, 4, 3.0]), outside)])
    assert not depth.any()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "no sound PLY"),
        (lambda data: b"no mesh at all", "no sound PLY"),
        (lambda data: data.replace(b"element face 108", b"element face 900000000"), "no sound PLY"),
        (lambda data: data.replace(b"element vertex 72", b"element vertex 9000000000"), "no sound PLY"),
        (lambda data: data[:-4] + b"\x00\x00\x00\x7f", "vertices that it does not have"),
        (
            lambda data: (
                data[: data.index(b"end_header\n") + 11] + b"\xff" * 8 + data[data.index(b"end_header\n") + 19 :]
            ),
            "not finite",
        ),
        (None, "missing"),
    ],
)
def test_a_broken_mesh_is_named(tmp_path, damage, reason):
    path = written(tmp_path / "mesh.ply", ROOM.mesh[0])
    data = path.read_bytes()
    path.unlink()
    if damage:
        assert damage(data) != data
        path.write_bytes(damage(data))
    with pytest.raises(SourceError, match=reason) as error:
        list(rendered_depth(SceneSurface(str(path), np.eye(4)), []))
    assert str(path) in str(error.value)
