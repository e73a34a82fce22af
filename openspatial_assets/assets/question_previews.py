"""Previews of questions, of the mixture and of the export, as Markdown for the web UI.

Every function returns Markdown, or None where there is nothing to show; pictures stand inside it. What does not belong
here: the previews of the stages before the questions (`previews.py`).
"""

import re
from collections.abc import Sequence

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import Row, frames_by_id, marked_pictures, objects_by_id
from openspatial_assets.engine.rendering.encoding import inline_picture, jpeg_within
from openspatial_assets.engine.rendering.overlays import contact_sheet
from resources.images import read_color

Picture = NDArray[np.uint8]

GRID_COLUMNS = 2
GRID_TILE_PX = 460

_SPECIAL = re.compile(r"([\\`*<>|])")


def preview_questions(
    questions: pl.DataFrame, frames: pl.DataFrame, object_frames: pl.DataFrame, count: int = 4
) -> str | None:
    """Sample questions of one scene: a grid of their marked pictures, and their texts under the same numbers.

    The samples show every form in turn, spread over the scene's frames.
    """
    if questions.is_empty():
        return None
    rows = _samples(questions, count)
    shown = pl.Series([frame_id for row in rows for frame_id in row["frame_ids"]], dtype=pl.String).unique()
    known = frames_by_id(frames)
    objects = objects_by_id(object_frames.filter(pl.col("frame_id").is_in(shown.implode())))
    pictures = [_joined(marked_pictures(row, known, objects, read_color)) for row in rows]
    texts = [
        _text(number, f"{row['form']} · {', '.join(row['frame_ids'])}", row["question"], row["answer"])
        for number, row in enumerate(rows, start=1)
    ]
    return _sheet(pictures, texts)


def preview_export(samples: pl.DataFrame, count: int = 4) -> str | None:
    """Sample rows of `training_export`: their pictures as exported, and their turns under the same numbers."""
    if samples.is_empty():
        return None
    rows = _samples(samples.with_columns(form=pl.col("question_types").list.first()), count)
    pictures = []
    for row in rows:
        encoded = [np.frombuffer(picture["bytes"], np.uint8) for picture in row["QA_images"]]
        pictures.append(_joined([cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) for data in encoded]))
    texts = [
        _text(
            number, f"{row['subtask']} · {row['form']} · {row['split']}", *(turn["value"] for turn in row["messages"])
        )
        for number, row in enumerate(rows, start=1)
    ]
    return _sheet(pictures, texts)


def preview_dataset(dataset: pl.DataFrame) -> str | None:
    """Questions of the mixture by sub-task, form and split, and the share of samples that weighted sampling draws."""
    if dataset.is_empty():
        return None
    splits = [split for split in ("train", "val") if split in dataset["split"].unique()]
    total = dataset["weight"].sum()
    cells = dataset.group_by("subtask", "form").agg(
        *((pl.col("split") == split).sum().alias(split) for split in splits), share=pl.col("weight").sum() / total
    )
    rows = [
        (row["subtask"], row["form"], *(f"{row[split]:,}" for split in splits), f"{row['share']:.1%}")
        for row in cells.sort("subtask", "form").iter_rows(named=True)
    ]
    scenes = [f"{dataset.filter(pl.col('split') == split)['scene_id'].n_unique():,}" for split in splits]
    rows.append(("questions", "", *(f"{(dataset['split'] == split).sum():,}" for split in splits), ""))
    rows.append(("scenes", "", *scenes, ""))
    return markdown_table(("sub-task", "form", *splits, "share when weighted"), rows, texts=2)


def preview_rejections(rejections: pl.DataFrame) -> str | None:
    """How many candidates were not asked: sub-task, reason, count, most frequent first within a sub-task."""
    if rejections.is_empty():
        return None
    ordered = rejections.sort("subtask", "count", "reason", descending=[False, True, False])
    rows = [(subtask, reason, f"{count:,}") for subtask, reason, count in ordered.iter_rows()]
    rows.append(("all", "", f"{rejections['count'].sum():,}"))
    return markdown_table(("sub-task", "reason", "candidates"), rows, texts=2)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """A Markdown table whose first `texts` columns are words, the others numbers."""
    rule = "|" + "---|" * texts + "---:|" * (len(header) - texts)
    lines = (f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows)
    return "\n".join([f"| {' | '.join(header)} |", rule, *lines])


def _samples(rows: pl.DataFrame, count: int) -> list[Row]:
    """At most `count` rows: the forms in turn, each form's rows evenly spread."""
    by_form = [rows.filter(pl.col("form") == form).sort("qa_id") for form in sorted(rows["form"].unique())]
    if "frame_ids" in rows.columns:
        by_form = [part.sort("frame_ids", "qa_id") for part in by_form]
    quotas = [0] * len(by_form)
    for turn in range(count * len(by_form)):
        form = turn % len(by_form)
        if sum(quotas) < min(count, rows.height) and quotas[form] < by_form[form].height:
            quotas[form] += 1
    chosen = []
    for part, quota in zip(by_form, quotas, strict=True):
        # The middle of each of `quota` equal parts: neither only the first frame nor always the last.
        chosen += [part.row(int((index + 0.5) * part.height / quota), named=True) for index in range(quota)]
    return chosen


def _joined(pictures: Sequence[Picture]) -> Picture:
    """The views of one question side by side, at the height of the first."""
    height = pictures[0].shape[0]
    fitted = [
        cv2.resize(p, (round(p.shape[1] * height / p.shape[0]), height), interpolation=cv2.INTER_AREA)
        for p in pictures[1:]
    ]
    return np.hstack([pictures[0], *fitted])


def _sheet(pictures: Sequence[Picture], texts: Sequence[str]) -> str:
    numbers = [str(number) for number in range(1, len(pictures) + 1)]
    sheet = contact_sheet(pictures, numbers, GRID_COLUMNS, GRID_TILE_PX)
    return "\n\n".join([inline_picture(jpeg_within(sheet), "marked pictures of the questions below"), *texts])


def _text(number: int, heading: str, question: str, answer: str) -> str:
    """One question and its answer; two spaces at a line's end keep the line breaks of a multiple choice."""
    lines = [f"**{number}** · {_escaped(heading)}", *_escaped(question).splitlines(), f"**Answer:** {_escaped(answer)}"]
    return "  \n".join(lines)


def _escaped(text: str) -> str:
    """Text as Markdown shows it unchanged."""
    return _SPECIAL.sub(r"\\\1", text)
