"""Files beside a table: kept while any row names them, removed when none does, also after a killed run."""

import fsspec
import polars as pl
import pytest

from openspatial_assets.assets.recipe import Inputs
from openspatial_assets.assets.side_files import keep_named, side_folder
from resources.files import write_whole
from resources.lake import Lake, Partition
from resources.tables import SCENE_MESH


def mesh_row(path: str, digest: str) -> pl.DataFrame:
    row = {"mesh": path, "vertices": 3, "triangles": 1, "voxel_m": 0.01, "frames": 1, "digest": digest}
    return pl.DataFrame([{**row, "lowest": [0.0] * 3, "highest": [1.0] * 3}], schema=SCENE_MESH.schema)


@pytest.mark.parametrize("home", ["local", "memory://side-files"])
def test_a_file_goes_only_when_neither_the_new_rows_nor_those_in_the_lake_name_it(home, tmp_path):
    home = str(tmp_path) if home == "local" else home
    partition = Partition.of(scene="a")
    inputs = Inputs(partition, {}, "", {}, None, home)
    lake, folder = Lake(home), side_folder(inputs, SCENE_MESH)
    filesystem, place = fsspec.core.url_to_fs(folder)
    for name in ("old", "older", "new"):
        write_whole(filesystem, f"{place}/{name}.ply", name.encode(), "a mesh")
    lake.write(SCENE_MESH, partition, mesh_row(f"{folder}/old.ply", "old"), "f", {})

    made = keep_named(inputs, SCENE_MESH, mesh_row(f"{folder}/new.ply", "new"))
    assert sorted(path.rsplit("/", 1)[-1] for path in filesystem.ls(place, detail=False)) == ["new.ply", "old.ply"]
    lake.write(SCENE_MESH, partition, made, "f", {})
    keep_named(inputs, SCENE_MESH, made)
    assert [path.rsplit("/", 1)[-1] for path in filesystem.ls(place, detail=False)] == ["new.ply"]


def test_a_scene_without_files_needs_no_folder(tmp_path):
    inputs = Inputs(Partition.of(scene="a"), {}, "", {}, None, str(tmp_path))
    assert keep_named(inputs, SCENE_MESH, SCENE_MESH.empty()).is_empty()
