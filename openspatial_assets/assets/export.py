"""The stage `training_export`: from a variant's mixture to its files.

What belongs here: joining the stage's inputs with the export's writer. What does not: drawing (`dataset.py`) and the
files (`resources/export.py`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from openspatial_assets.assets.dataset import Chunk, export_chunks
from openspatial_assets.assets.question_previews import preview_export
from openspatial_assets.assets.recipe import Inputs, Written
from resources.export import write_export
from resources.lake import Lake
from resources.tables import TRAINING_EXPORT

SHOWN_SAMPLES = 4
"""Samples kept for the preview."""


def export_pieces(inputs: Inputs) -> Iterator[tuple[Chunk, Any]]:
    """The mixture's questions, a chunk at a time, each with the rows that drawing it needs."""
    frames, objects = inputs.by_scene("frames"), inputs.by_scene("object_frames")
    for chunk in export_chunks(inputs.table("dataset"), lambda scene: (frames[scene], objects[scene])):
        yield chunk, inputs.settings["export"]


def written_export(inputs: Inputs, samples: Iterator[pl.DataFrame]) -> dict[str, Written]:
    """Write the drawn samples as they come, and put the finished folder in place."""
    kept: list[pl.DataFrame] = []

    def watched() -> Iterator[pl.DataFrame]:
        for drawn in samples:
            if len(kept) < SHOWN_SAMPLES:
                kept.append(drawn.head(1))
            yield drawn

    folder = Lake(inputs.home).url(TRAINING_EXPORT, inputs.partition)
    settings = inputs.settings["export"]
    report = write_export(folder, watched(), settings, title=settings.dataset_name or inputs.variant)
    preview = preview_export(pl.concat(kept)) if kept else None
    shown = {
        "folder": dg.MetadataValue.path(report.folder),
        "shards": report.shards,
        "size_mb": report.size_bytes / 1e6,
        **{f"{split}_samples": rows for split, rows in report.rows.items()},
        **({"preview": dg.MetadataValue.md(preview)} if preview else {}),
    }
    return {"training_export": Written(report.digest, sum(report.rows.values()), shown)}
