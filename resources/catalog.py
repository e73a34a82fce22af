"""The DuckDB catalogue: one view a table over the Parquet lake, and `questions` over all sub-tasks.

What belongs here: making `<home>/catalog.duckdb`. It holds views only, the same whatever the lake holds, so it is
written once (a temporary file, then a rename), and runs never fight over it. DuckDB writes to local disks only: of a
lake elsewhere, each connection makes the views for itself, in memory. What does not belong here: rows (`lake.py`).
"""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Sequence

import duckdb

from resources.lake import Lake
from resources.schema import Table
from resources.tables import TABLES

FILE = "catalog.duckdb"
QUESTIONS = "questions"


def statements(lake: Lake, tables: Sequence[Table]) -> list[str]:
    """The SQL of all views: a view a table (`qa/left_right` is `qa_left_right`), then `questions`."""
    made = []
    questions = []
    for table in tables:
        view = view_name(table)
        files = lake.files(table).replace("'", "''")
        made.append(
            f"create or replace view \"{view}\" as select * from read_parquet('{files}', "
            "hive_partitioning = true, hive_types_autocast = false)"
        )
        if table.name.startswith("qa/"):
            questions.append(view)
    if questions:
        union = " union all by name ".join(f'select * from "{view}"' for view in questions)
        made.append(f"create or replace view {QUESTIONS} as {union}")
    return made


def view_name(table: Table) -> str:
    """The view of a table; a slash would need quotes in every query."""
    return table.name.replace("/", "_")


def refresh(lake: Lake, tables: Sequence[tuple[Table, Sequence[str]]]) -> str | None:
    """Make the catalogue if it is missing or was made for other tables; its path, or None for a lake elsewhere.

    `tables` are all tables, each with the axes that it is partitioned by.
    """
    for table, axes in tables:
        lake.seed(table, axes)
    if not lake.is_local:
        return None
    home = os.path.dirname(lake.root)
    path = f"{home}/{FILE}"
    made = statements(lake, [table for table, _ in tables])
    version = hashlib.blake2b("\n".join(made).encode(), digest_size=16).hexdigest()
    if _version(path) == version:
        return path
    temporary = f"{home}/.{FILE}.{uuid.uuid4().hex}.tmp"
    try:
        with duckdb.connect(temporary) as connection:
            for statement in made:
                connection.execute(statement)
            connection.execute(f"create view catalog_version as select '{version}' as version")
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    return path


def connect(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the catalogue; any number of readers may be open at once.

    Raises:
        FileNotFoundError: nothing was materialised yet.
    """
    if not lake.is_local:
        connection = duckdb.connect()
        connection.register_filesystem(lake.filesystem)
        for statement in statements(lake, list(TABLES.values())):
            connection.execute(statement)
        return connection
    path = f"{os.path.dirname(lake.root)}/{FILE}"
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} does not exist; materialise a scene first (`make demo`)")
    return duckdb.connect(path, read_only=True)


def _version(path: str) -> str | None:
    if not os.path.exists(path):
        return None
    with contextlib.suppress(duckdb.Error), duckdb.connect(path, read_only=True) as connection:
        return connection.execute("select version from catalog_version").fetchone()[0]
    return None
