"""The balance and quality report: from a variant's questions to `question_quality`, and how the web UI shows it.

What does not belong here: how the numbers are computed (`engine/dataset`), and what a lead is warned of
(`checks/quality.py`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from openspatial_assets.assets.question_previews import markdown_table
from openspatial_assets.engine.dataset.blind_guesses import guesses_of
from openspatial_assets.engine.dataset.quality import (
    Tags,
    balance_of,
    counted,
    coverage_of,
    labels_of,
    lengths_of,
    repetition_of,
)
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED
from openspatial_assets.engine.rendering.bars import stacked_bars
from openspatial_assets.engine.rendering.encoding import inline_picture, jpeg_within
from openspatial_assets.engine.rendering.palette import PALETTE
from resources.tables import QUALITY

RULE_VERSION = "1"

FORM_COLORS = {OPEN_ENDED: PALETTE["blue"], MULTIPLE_CHOICE: PALETTE["orange"], JUDGEMENT: PALETTE["green"]}

_COLUMNS = (
    *("qa_id", "scene_id", "subtask", "form", "question", "answer", "options", "answer_value", "answer_unit"),
    *("answer_label", "frame_ids", "object_ids", "marks", "evidence"),
)

_HEADER = (
    *("sub-task", "questions", "scenes", "objects", "tags", "marked", "kept of candidates", "near-duplicates"),
    *("letters p", "yes", "labels p", "length (m)", "yes/no guessed", "option guessed", "label guessed"),
)


def quality_of_variant(
    questions: pl.DataFrame, rejections: pl.DataFrame, objects: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The table `question_quality` of a variant, a row for each sub-task there is.

    Args:
        questions: rows of all question tables of all scenes.
        rejections: rows of `rejections` of all scenes.
        objects: `scene_id`, `object_id` and `tag` of all objects. Without them, no tags are counted, and names stay
            among the words that answers are guessed from.
    """
    tags = _tags(objects)
    parts = questions.select(_COLUMNS).partition_by("subtask", as_dict=True)
    stopped = rejections.group_by("subtask", "reason").agg(pl.col("count").sum())
    reasons: dict[str, dict[str, int]] = {}
    for subtask, reason, count in stopped.iter_rows():
        reasons.setdefault(subtask, {})[reason] = count
    rows = [
        {
            "subtask": name,
            "capability": task.capability,
            **_measured(parts.get((name,), questions.clear()), tags),
            "rejected": sum(reasons.get(name, {}).values()),
            "rejections": counted(reasons.get(name, {})),
        }
        for name, task in SUBTASKS.items()
    ]
    return pl.DataFrame([{name: row[name] for name in QUALITY.columns} for row in rows], schema=QUALITY.schema)


def objects_of(scene_boxes: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """The `objects` of `quality_of_variant`, from each scene's boxes."""
    named = [boxes.select(pl.lit(scene).alias("scene_id"), "object_id", "tag") for scene, boxes in scene_boxes.items()]
    return pl.concat(named).collect()


def quality_metadata(questions: pl.DataFrame, objects: pl.DataFrame | None = None) -> dict[str, float | int]:
    """Numbers about the questions of one sub-task in one scene that plot over partitions; those that exist.

    Args:
        objects: `object_id` and `tag` of the scene's objects.
    """
    rows = _rows(questions)
    if objects is not None:
        scene = rows[0]["scene_id"] if rows else ""
        objects = objects.select("object_id", "tag").unique().with_columns(scene_id=pl.lit(scene))
    found = {
        **coverage_of(rows, _tags(objects)),
        **balance_of(rows),
        **labels_of(rows),
        **repetition_of(rows),
    }
    names = (
        *("questions", "letters_p_value", "yes_share", "yes_no_p_value", "labels_p_value", "objects", "tags"),
        *("near_duplicates", "marked_share"),
    )
    unknown = {"tags"} if objects is None else set()
    return {name: found[name] for name in names if found[name] is not None and name not in unknown}


def preview_quality(quality: pl.DataFrame) -> str | None:
    """A bar chart of how many questions there are of each sub-task and form, and a table of what stands out."""
    asked = quality.filter(pl.col("questions") > 0)
    if asked.is_empty():
        return None
    rows = list(asked.iter_rows(named=True))
    counts = [[_count(row["forms"], form) for form in FORM_COLORS] for row in rows]
    legend = [(form.replace("_", " "), color) for form, color in FORM_COLORS.items()]
    chart = stacked_bars([row["subtask"] for row in rows], counts, legend)
    table = markdown_table(_HEADER, [_line(row) for row in rows], texts=1)
    missing = quality.filter(pl.col("questions") == 0)["subtask"].to_list()
    notes = [
        "p: how likely shares so uneven are by chance. Guessed: the share of answers that are told from words alone, "
        "without any image: names of objects taken out / names left in (by chance). What only names give away is "
        "common knowledge, such as that a mug is smaller than a sofa.",
        *([f"No questions: {', '.join(missing)}."] if missing else []),
    ]
    return "\n\n".join([inline_picture(jpeg_within(chart), "questions by sub-task and form"), table, *notes])


def _measured(questions: pl.DataFrame, tags: Tags) -> dict[str, Any]:
    rows = _rows(questions)
    guesses = [
        {"name": name, **asdict(found), "sigmas": found.sigmas}
        for name, found in guesses_of(rows, tags).items()
        if found is not None
    ]
    return {
        **coverage_of(rows, tags),
        **balance_of(rows),
        **labels_of(rows),
        **lengths_of(rows),
        **repetition_of(rows),
        "guesses": guesses,
    }


def _rows(questions: pl.DataFrame) -> list[dict[str, Any]]:
    """The questions in an order of their own, each with what is needed of its evidence."""
    rows = questions.select(_COLUMNS).sort("qa_id").iter_rows(named=True)
    return [{**row, "told": _told(json.loads(row["evidence"]))} for row in rows]


def _told(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, the options, and the ids of the boxes: evidence parsed whole takes ten times as much memory."""
    found = {name: evidence[name] for name in ("asks", "options") if name in evidence}
    return {**found, "boxes": frozenset(evidence.get("boxes", ()))}


def _tags(objects: pl.DataFrame | None) -> Tags:
    if objects is None:
        return {}
    found = objects.select("scene_id", "object_id", "tag").iter_rows()
    return {(scene, name): tag for scene, name, tag in found}


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A row of the preview's table; empty where a sub-task has nothing of the kind."""
    guesses = {guess["name"]: guess for guess in row["guesses"]}
    median = row["length_median_m"]
    lengths = f"{row['length_min_m']:.2f} / {median:.2f} / {row['length_max_m']:.2f}" if median is not None else ""
    return (
        row["subtask"],
        *(f"{row[name]:,}" for name in ("questions", "scenes", "objects", "tags")),
        f"{row['marked_share']:.0%}",
        f"{row['questions'] / (row['questions'] + row['rejected']):.0%}",
        f"{row['near_duplicates'] / row['questions']:.0%}",
        _number(row["letters_p_value"], ".2f"),
        _number(row["yes_share"], ".1%"),
        _number(row["labels_p_value"], ".2f"),
        lengths,
        *(_guess(guesses.get(name), guesses.get(f"{name}_with_names")) for name in ("judgement", "choice", "label")),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _guess(without: Mapping[str, Any] | None, with_names: Mapping[str, Any] | None) -> str:
    if without is None:
        return ""
    shares = " / ".join(f"{guess['right']:.0%}" for guess in (without, with_names) if guess is not None)
    return f"{shares} ({without['chance']:.0%})"


def _count(counts: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(entry["count"] for entry in counts if entry["name"] == name)
