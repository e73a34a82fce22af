"""How a stage's tables are made from its inputs, and how they are shown: what each assets module declares.

What belongs here: the declaration (`Recipe`) and what it is given (`Inputs`). What does not: running recipes
(`runner.py`) and what makes a partition out of date (`staleness.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from openspatial_assets.partitions import SCENE_AXIS
from openspatial_assets.staleness import Stage
from resources.lake import Partition
from resources.schema import Table
from resources.sources.registration import Registration

FRAMES_A_PIECE = 12
"""Frames that one worker takes at a time: enough to outweigh the hand-over, few enough to keep all cores busy."""


@dataclass(frozen=True)
class Inputs:
    """What a recipe makes one partition from.

    Attributes:
        partition: the partition to be made.
        choices: the choices that its axis holds, such as `{"boxes": "annotated"}`.
        variant: the variant's name, on axes that are named by it; else empty.
        settings: section -> frozen dataclass, for the sections that the stage reads.
        registration: the scene's registration, for stages that read the source; else None.
        home: the project's home folder or URL.
        upstream: input table -> its partitions, lazily.
        wanted: the stage's tables that are out of date: a pass may leave out the others.
    """

    partition: Partition
    choices: Mapping[str, str]
    variant: str
    settings: Mapping[str, Any]
    registration: Registration | None
    home: str
    upstream: Mapping[str, Sequence[tuple[Partition, pl.LazyFrame]]] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()

    @property
    def scene(self) -> str:
        """The scene of the partition; empty for a partition over all scenes."""
        return self.partition.get(SCENE_AXIS) or ""

    def table(self, name: str) -> pl.DataFrame:
        """An input table; that of all scenes one below the other, in the order of their registration.

        Raises:
            ValueError: no scene has it.
        """
        if not self.upstream[name]:
            raise ValueError(f"no scene has {name} for {self.partition}: materialise one, or see why it failed")
        return pl.concat([frame for _, frame in self.upstream[name]]).collect()

    def by_scene(self, name: str) -> dict[str, pl.LazyFrame]:
        """An input table for each scene, lazily."""
        return {partition.get(SCENE_AXIS) or "": frame for partition, frame in self.upstream[name]}


@dataclass(frozen=True)
class Written:
    """A sharded partition that `join` has put in place itself: the hash of its content, its rows, and what to show."""

    content: str
    rows: int
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """A table's rows, and what only their making can tell: numbers to show of this materialisation."""

    rows: pl.DataFrame
    shown: Mapping[str, Any]


@dataclass(frozen=True)
class Presentation:
    """How a table's asset looks in the web UI.

    Attributes:
        group: the group of the asset graph.
        kinds: technologies shown as badges.
        report: metadata of one materialised partition: numbers that plot over partitions, and a preview.
    """

    group: str
    report: Callable[[Inputs, Any], Mapping[str, Any]]
    kinds: tuple[str, ...] = ("polars",)


@dataclass(frozen=True)
class Recipe:
    """How the tables of one stage are made.

    Attributes:
        stage: what is read and written.
        pieces: the arguments of the independent pieces of a partition's work.
        work: does one piece, in a worker process: a module-level function of picklable arguments.
        join: puts the pieces' results together as they come, in order: table name -> rows.
        shown: table name -> how it looks in the web UI.
        pool: Dagster's concurrency pool that its steps take a slot of; None for none.
    """

    stage: Stage
    pieces: Callable[[Inputs], Iterable[tuple]]
    work: Callable[..., Any]
    join: Callable[[Inputs, Iterator[Any]], Mapping[str, pl.DataFrame | Told | Written]]
    shown: Mapping[str, Presentation]
    pool: str | None = None


def frame_pieces(frames: pl.DataFrame, *shared: Any) -> Iterator[tuple]:
    """Arguments `(chunk of frames, *shared)` for work that looks at each frame alone.

    Of a shared table that has a `frame_id`, a piece gets the rows of its own frames.
    """
    for start in range(0, frames.height, FRAMES_A_PIECE):
        chunk = frames.slice(start, FRAMES_A_PIECE)
        yield chunk, *(_of_frames(value, chunk) for value in shared)


def _of_frames(value: Any, frames: pl.DataFrame) -> Any:
    if not isinstance(value, pl.DataFrame) or "frame_id" not in value.columns:
        return value
    return value.join(frames.select("frame_id"), on="frame_id", how="semi", maintain_order="left")


def stacked(table: Table) -> Callable[[Inputs, Iterator[pl.DataFrame]], dict[str, pl.DataFrame]]:
    """A `join` that puts the pieces' rows one below the other."""
    return lambda inputs, results: {table.name: pl.concat([table.empty(), *results])}
