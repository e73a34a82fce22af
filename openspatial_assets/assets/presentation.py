"""What the web UI shows of each materialised partition: numbers that plot over partitions, and one preview.

What belongs here: which numbers and which preview. What does not: drawing (`previews.py`, `question_previews.py`).
Each function takes the inputs of a partition and the rows that were made of them, and gives Dagster metadata.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from openspatial_assets.assets import captions as caption_assets
from openspatial_assets.assets import floor_previews, match_previews, previews, question_previews, views
from openspatial_assets.assets import quality as quality_assets
from openspatial_assets.assets.recipe import Inputs, Written

Metadata = Mapping[str, Any]
SHOWN_FAULTS = 20


def scenes(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    row = made.row(0, named=True)
    dropped = row["dropped_frames"]
    found = row["findings"] or []
    reasons = [f"- {drop['frame_id']}: {drop['reason']}" for drop in dropped[:SHOWN_FAULTS]]
    reasons += [f"- {one['path']}: {one['problem']} {one['page']}" for one in found[:SHOWN_FAULTS]]
    return {
        "frames": row["num_frames"],
        "frames_dropped": len(dropped),
        "files_missing_or_wrong": len(found),
        "objects": row["num_objects"] or 0,
        "source": row["source"],
        "license": row["license"] or "unknown",
        **_preview("\n".join(reasons)),
    }


def frames(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {
        "keyframes": int(made["keyframe"].sum()),
        "median_sharpness": float(made["sharpness"].median() or 0.0),
        "without_depth": int(made["depth"].is_null().sum()),
        **picture(previews.preview_frames(made), "keyframes"),
    }


def scene_boxes(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    shown = previews.preview_boxes(inputs.table("frames"), made)
    return {"tags": made["tag"].n_unique(), **picture(shown, "boxes from above and in a frame")}


def frame_visibility(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    reasons = {f"reason_{reason}": count for reason, count in made["reason"].value_counts(sort=True).iter_rows()}
    shown = previews.preview_visibility(inputs.table("frames"), inputs.table("scene_boxes"), made)
    return {
        "visible": int(made["visible"].sum()),
        "visible_share": float(made["visible"].mean() or 0.0),
        **reasons,
        **picture(shown, "boxes in a frame, and why each was kept or dropped"),
    }


def refined_masks(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    shown = previews.preview_masks(inputs.table("frames"), inputs.table("scene_boxes"), made)
    return {
        "mean_iou_with_depth_mask": float(made["iou_with_depth_mask"].mean() or 0.0),
        "replaced_by_depth_mask": int(made["replaced"].sum()),
        **picture(shown, "masks over frames"),
    }


def object_frames(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {
        "objects": made["object_id"].n_unique(),
        "referable_share": float(made["referable"].mean() or 0.0),
        "median_visible_fraction": float(made["visible_fraction"].median() or 0.0),
        **picture(previews.preview_objects(inputs.table("frames"), made), "objects of a frame"),
    }


def questions(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    forms = {f"form_{form}": count for form, count in made["form"].value_counts().sort("form").iter_rows()}
    numbers = quality_assets.quality_metadata(made, inputs.table("scene_boxes"))
    sheet = question_previews.preview_questions(made, inputs.table("frames"), inputs.table("object_frames"))
    return {**forms, **numbers, **_preview(sheet)}


def captions(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {**questions(inputs, made), **caption_assets.rephrasing_counts(made)}


def rejections(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {"rejected": int(made["count"].sum()), **_preview(question_previews.preview_rejections(made))}


def floor_cells(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    if made.is_empty():
        return {"cells": 0, "why_empty": "no scale, no up direction, or no floor in sight"}
    free = made.filter("walkable_ground")
    area = {"walkable_m2": free.height * float(made["cell_m"][0]) ** 2, "floor_z": float(made["floor_z"][0])}
    shown = floor_previews.preview_floor(inputs.table("frames"), None, made)
    return {**area, **picture(shown, "the floor from above")}


def view_pairs(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    shown = pl.concat([made["frame_a"], made["frame_b"]])
    return {
        "pairs": made.height,
        "frames_in_pairs": shown.n_unique(),
        "median_distance_m": float(made["distance_m"].median() or 0.0),
        "median_angle_deg": float(made["angle_deg"].median() or 0.0),
        **picture(
            views.preview_view_pairs(inputs.table("frames"), inputs.table("scene_boxes"), made),
            "pairs of views from above",
        ),
    }


def point_matches(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    reasons = {f"reason_{reason}": count for reason, count in made["reason"].value_counts(sort=True).iter_rows()}
    shown = match_previews.preview_point_matches(inputs.table("frames"), made)
    return {**reasons, **picture(shown, "matched points of two views")}


def verifications(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    wrong = made.filter(pl.col("problem").is_not_null())
    counts = made.group_by("subtask", maintain_order=True).agg(pl.len(), pl.col("problem").count().alias("wrong"))
    texts = [(subtask, f"{count:,}", f"{bad:,}") for subtask, count, bad in counts.iter_rows()]
    table = question_previews.markdown_table(("sub-task", "verified", "wrong"), texts, texts=1) if texts else ""
    named = wrong.select("subtask", "qa_id", "problem").head(20).rows()
    found = question_previews.markdown_table(("sub-task", "question", "problem"), named, texts=3) if named else ""
    return {"verified": made.height, "wrong": wrong.height, **_preview("\n\n".join(filter(None, (found, table))))}


def quality(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {"questions": int(made["questions"].sum()), **_preview(quality_assets.preview_quality(made))}


def gallery(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    shown = {"questions": int(made["questions"].sum()), "shown": int(made["shown"].sum())}
    if made.is_empty():
        return shown
    page = made["page"][0]
    link = page if "://" in page else Path(page).resolve().as_uri()
    rows = made.group_by("subtask", maintain_order=True).agg(pl.col("questions", "shown").sum()).rows()
    texts = [(subtask, f"{count:,}", f"{seen:,}") for subtask, count, seen in rows]
    return {
        **shown,
        "page": dg.MetadataValue.url(link),
        "file": dg.MetadataValue.path(page),
        **_preview(question_previews.markdown_table(("sub-task", "questions", "in the page"), texts, texts=1)),
    }


def dataset(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    asked = sum(inputs.table(name).height for name in inputs.upstream if name.startswith("qa/"))
    return {
        "scenes": made["scene_id"].n_unique(),
        "left_out": asked - made.height,
        "validation_questions": int((made["split"] == "val").sum()),
        **_preview(question_previews.preview_dataset(made)),
    }


def training_export(inputs: Inputs, made: Written) -> Metadata:
    return made.shown


def picture(shown: Any, alternative: str) -> dict[str, Any]:
    """A picture as the preview of a materialisation; nothing for None."""
    return _preview(previews.as_markdown(shown, alternative))


def _preview(markdown: str | None) -> dict[str, Any]:
    return {"preview": dg.MetadataValue.md(markdown)} if markdown else {}
