"""Files beside a partition's Parquet file: decoded keyframes, depth maps, meshes.

They are named by the hash of their bytes, so that a recomputation never overwrites what an older row names. What
belongs here: where they lie, and removing those that nobody names any more. What does not: their content.
"""

from collections.abc import Iterable

import polars as pl

from openspatial_assets.assets.recipe import Inputs
from resources.lake import Lake, PartitionFailed, PartitionMissing
from resources.schema import Table

FOLDER = "files"


def side_folder(inputs: Inputs, table: Table) -> str:
    """The folder of a partition's side files: a path on a local disk, else a URL."""
    return f"{Lake(inputs.home).url(table, inputs.partition)}/{FOLDER}"


def keep_named(inputs: Inputs, table: Table, made: pl.DataFrame) -> pl.DataFrame:
    """`made` itself, once files are removed that neither its rows nor those still in the lake name.

    The rows in the lake are replaced only after this, and a run may be killed in between: their files stay until then.
    """
    lake = Lake(inputs.home)
    filesystem, folder = lake.filesystem, f"{lake.folder(table, inputs.partition)}/{FOLDER}"
    try:
        before = lake.read(table, inputs.partition)
    except (PartitionMissing, PartitionFailed):
        before = table.empty()
    locations = [name for name, column in table.columns.items() if column.location]
    named = {_name(path) for rows in (before, made) for name in locations for path in rows[name].drop_nulls()}
    for path in _listing(filesystem, folder):
        if _name(path) not in named:
            filesystem.rm_file(path)
    return made


def _listing(filesystem, folder: str) -> Iterable[str]:
    return filesystem.ls(folder, detail=False) if filesystem.exists(folder) else ()


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
