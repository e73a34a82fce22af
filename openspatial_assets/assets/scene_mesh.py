"""The stage `scene_mesh`: the surface of a scene, fused from the depth of its keyframes, or of all of few frames.

Tables in, tables out, and one file beside them. What does not belong here: fusion itself (`resources/fusion.py`), and
the Dagster definitions of the stage.
"""

import hashlib

import fsspec
import polars as pl

from openspatial_assets.engine.fusion.settings import MeshSettings
from resources.files import write_whole
from resources.fusion import fused_scene
from resources.mesh_files import mesh_bytes
from resources.tables import SCENE_MESH

RULE_VERSION = "1"
"""Changes when the meaning of `scene_mesh` changes, so that what was made before is out of date."""

DIGEST_DIGITS = 12
"""Of the file's hash in its name: a recomputation never overwrites what an older row names."""


def scene_mesh_of(frames: pl.DataFrame, settings: MeshSettings, folder: str, metric: bool) -> pl.DataFrame:
    """The one row of `scene_mesh`; none for a scene without depth, or whose frames agree on no surface.

    Args:
        frames: all rows of `frames`.
        folder: where the mesh is put: a path or fsspec URL.
        metric: whether world units are metres.

    Raises:
        ImageError: an image cannot be read; the message names the file.
        OSError: the mesh could not be written.
    """
    fused = _fused(frames.filter(pl.col("depth").is_not_null()).sort("frame_id"), settings)
    if fused.is_empty():
        return SCENE_MESH.empty()
    scene = fused_scene(fused.rows(named=True), settings, metric)
    if not len(scene.mesh.triangles):
        return SCENE_MESH.empty()
    data = mesh_bytes(scene.mesh)
    digest = hashlib.blake2b(data).hexdigest()
    filesystem, root = fsspec.core.url_to_fs(folder)
    name = f"mesh-{digest[:DIGEST_DIGITS]}.ply"
    write_whole(filesystem, f"{root.rstrip('/')}/{name}", data, "the mesh of the scene")
    row = {
        "mesh": f"{folder.rstrip('/')}/{name}",
        "vertices": len(scene.mesh.vertices),
        "triangles": len(scene.mesh.triangles),
        "voxel_m": scene.voxel,
        "frames": fused.height,
        "lowest": scene.mesh.vertices.min(axis=0).tolist(),
        "highest": scene.mesh.vertices.max(axis=0).tolist(),
        "digest": digest,
    }
    return pl.DataFrame([row], schema=SCENE_MESH.schema)


def _fused(with_depth: pl.DataFrame, settings: MeshSettings) -> pl.DataFrame:
    keyframes = with_depth.filter("keyframe")
    few = with_depth.height <= settings.all_frames_up_to
    return with_depth if few or keyframes.is_empty() else keyframes
