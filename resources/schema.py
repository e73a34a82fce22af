"""What a table's schema is: its columns, their types and meanings, and the check of every frame that is written.

What does not belong here: the tables themselves (`tables`), and where they lie (`store.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Column:
    """One column: its Polars type, what it means (with its unit), and whether it may be null.

    `location` marks a column that says where bytes lie, not what they are: it is no part of the content hash, so that a
    scene whose folder was moved is not computed again.
    """

    dtype: pl.DataType | type[pl.DataType]
    description: str
    required: bool = True
    location: bool = False


class SchemaError(ValueError):
    """A table that does not fit its schema; the message names table, column and partition."""


@dataclass(frozen=True)
class Table:
    """A table's columns, in order, and the columns whose values together are unique within a partition.

    A `sharded` table is too large for one file a partition: its partition is a folder with `data/*.parquet`.
    """

    name: str
    description: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    sharded: bool = False

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def checked(self, frame: pl.DataFrame, partition: str) -> pl.DataFrame:
        """`frame` with its columns in the table's order, once it fits.

        Raises:
            SchemaError: a column is missing, unknown, of another type, null or not finite where it must not be, or the
                key is not unique. Nothing is cast silently.
        """
        where = f"table {self.name}, partition {partition}"
        if missing := [name for name in self.columns if name not in frame.columns]:
            raise SchemaError(f"{where}: column {missing[0]!r} is missing")
        if extra := [name for name in frame.columns if name not in self.columns]:
            raise SchemaError(f"{where}: column {extra[0]!r} is not in the schema")
        for name, column in self.columns.items():
            series = frame.get_column(name)
            if series.dtype != column.dtype:
                raise SchemaError(f"{where}: column {name!r} has type {series.dtype}, not {column.dtype}")
            if column.required and series.null_count():
                raise SchemaError(f"{where}: column {name!r} has {series.null_count()} nulls, but is required")
            if bad := _not_finite(series):
                raise SchemaError(f"{where}: column {name!r} has {bad} values that are NaN or infinite")
        if self.key and frame.select(pl.struct(self.key).is_duplicated().any()).item():
            twice = frame.filter(pl.struct(self.key).is_duplicated()).select(self.key).row(0)
            raise SchemaError(
                f"{where}: column {'+'.join(self.key)!r} has the same value twice: {', '.join(map(str, twice))}"
            )
        return frame.select(list(self.columns))


def _not_finite(series: pl.Series) -> int:
    """How many numbers in a float or float-array column are NaN or infinite."""
    if isinstance(series.dtype, pl.Array) and series.dtype.inner == pl.Float64:
        series = series.drop_nulls().explode()
    if series.dtype != pl.Float64:
        return 0
    return int((~series.drop_nulls().is_finite()).sum())
