"""The fused surface against the triangles that a room was rendered from, and the laws of its making."""

from dataclasses import replace

import cv2
import numpy as np
import open3d as o3d
import polars as pl
import pytest

from openspatial_assets.assets.scene_mesh import scene_mesh_of
from openspatial_assets.assets.sources import frames_of
from openspatial_assets.engine.fusion.settings import MeshSettings
from resources.images import ImageError, camera_of, read_depth
from resources.mesh_files import read_mesh
from resources.sources.layouts.synthetic_rooms.generate import furnish
from resources.sources.layouts.synthetic_rooms.options import RoomOptions
from resources.tables import SCENE_MESH

COARSE = MeshSettings(voxel_m=0.04)


@pytest.fixture(scope="module")
def frames(rooms) -> pl.DataFrame:
    return frames_of(rooms[0])[0]


@pytest.fixture(scope="module")
def fused(frames, tmp_path_factory) -> pl.DataFrame:
    return scene_mesh_of(frames, MeshSettings(), str(tmp_path_factory.mktemp("mesh")), True)


def caster_of(mesh) -> o3d.t.geometry.RaycastingScene:
    caster = o3d.t.geometry.RaycastingScene()
    caster.add_triangles(
        o3d.core.Tensor(mesh.vertices.astype(np.float32)), o3d.core.Tensor(mesh.triangles.astype(np.uint32))
    )
    return caster


def test_the_surface_lies_where_the_room_has_one(rooms, frames, fused):
    """Nearly all of it within half a voxel, and what two frames saw is there."""
    voxel, mesh = MeshSettings().voxel_m, read_mesh(fused["mesh"][0])
    truth = furnish(RoomOptions(**rooms[0].options)).solids.caster
    errors = truth.compute_distance(o3d.core.Tensor(mesh.vertices.astype(np.float32))).numpy()
    assert np.median(errors) <= 0.25 * voxel
    assert np.quantile(errors, 0.98) <= voxel

    missing = []
    caster = caster_of(mesh)
    for row in frames.iter_rows(named=True):
        depth = read_depth(row)[8::16, 8::16]
        v, u = np.mgrid[8 : row["height"] : 16, 8 : row["width"] : 16]
        near = (depth > 0) & (depth < 4.5)
        points = camera_of(row).back_project(np.stack([u, v], -1)[near], depth[near])
        missing.append(caster.compute_distance(o3d.core.Tensor(points.astype(np.float32))).numpy() > 2 * voxel)
    assert np.concatenate(missing).mean() <= 0.2  # seen once only, or at an edge


def test_its_row(frames, fused):
    row, mesh = SCENE_MESH.checked(fused, "room").row(0, named=True), read_mesh(fused["mesh"][0])
    assert (row["vertices"], row["triangles"]) == (len(mesh.vertices), len(mesh.triangles))
    assert row["frames"] == frames.height
    assert np.allclose([row["lowest"], row["highest"]], [mesh.vertices.min(0), mesh.vertices.max(0)])
    assert row["mesh"].endswith(f"mesh-{row['digest'][:12]}.ply")


def test_same_bytes_again_and_few_voxels_where_memory_is_short(frames, tmp_path):
    first, again = (scene_mesh_of(frames, COARSE, str(tmp_path), True) for _ in range(2))
    assert first.equals(again)
    short = scene_mesh_of(
        frames.sample(fraction=1, shuffle=True, seed=0), replace(COARSE, max_memory_gb=0.01), str(tmp_path), True
    )
    assert short["voxel_m"][0] > 1.2 * COARSE.voxel_m
    assert 0 < short["vertices"][0] < first["vertices"][0]
    assert len(list(tmp_path.iterdir())) == 2


def moved(frames: pl.DataFrame, scale: float, shift: tuple[float, float, float]) -> pl.DataFrame:
    """The same frames in a world `scale` times as large, and elsewhere."""
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4).copy()
    poses[:, :3, 3] = poses[:, :3, 3] * scale + shift
    return frames.with_columns(
        pl.Series("world_from_camera", poses.reshape(-1, 16), dtype=pl.Array(pl.Float64, 16)),
        pl.col("depth_scale") / scale,
    )


def test_a_world_without_scale_and_one_far_away(frames, tmp_path):
    """Without scale, a world ten times as large gives a mesh ten times as large; national coordinates lose nothing."""
    few = frames.head(4)
    one, ten = (scene_mesh_of(moved(few, k, (0, 0, 0)), COARSE, str(tmp_path), False) for k in (1.0, 10.0))
    assert ten["voxel_m"][0] == pytest.approx(10 * one["voxel_m"][0])
    assert ten["vertices"][0] == pytest.approx(one["vertices"][0], rel=0.01)
    assert np.allclose(ten["highest"].to_numpy(), 10 * one["highest"].to_numpy(), atol=0.1)
    shift = (600_000.0, 5_000_000.0, 300.0)
    near, far = (scene_mesh_of(moved(few, 1.0, by), COARSE, str(tmp_path), True) for by in ((0, 0, 0), shift))
    assert far["vertices"][0] == pytest.approx(near["vertices"][0], rel=0.01)
    assert np.allclose(far["lowest"].to_numpy() - shift, near["lowest"].to_numpy(), atol=0.01)


def test_scenes_without_a_surface_and_with_a_fault(frames, tmp_path):
    blind = frames.with_columns(pl.lit(None, pl.String).alias("depth"))
    for nothing in (frames.clear(), blind):
        made = scene_mesh_of(nothing, COARSE, str(tmp_path), True)
        assert made.is_empty()
        assert made.schema == SCENE_MESH.schema
    assert scene_mesh_of(frames.head(3), replace(COARSE, max_depth_m=0.01), str(tmp_path), True).is_empty()
    sparse, depth = tmp_path / "sparse.png", np.zeros((480, 640), np.uint16)
    depth[1::4] = 65_000
    depth[2, 2] = 2_000
    cv2.imwrite(str(sparse), depth)
    far = frames.head(3).with_columns(depth=pl.lit(str(sparse)))
    assert scene_mesh_of(far, COARSE, str(tmp_path), True).is_empty()
    sparse.unlink()
    with pytest.raises(ImageError, match=r"gone\.png"):
        scene_mesh_of(frames.head(3).with_columns(depth=pl.lit("/gone.png")), COARSE, str(tmp_path), True)
    assert not list(tmp_path.iterdir())


def test_the_mesh_goes_where_a_url_says_and_keyframes_stand_for_many(frames):
    folder = "memory://meshes/room"
    many = replace(COARSE, all_frames_up_to=frames.height - 1)
    made = scene_mesh_of(frames.with_columns(keyframe=pl.int_range(pl.len()) < 3), many, folder, True)
    assert made["frames"].to_list() == [3]
    assert made["mesh"][0].startswith(folder)
    assert len(read_mesh(made["mesh"][0]).vertices) == made["vertices"][0]
