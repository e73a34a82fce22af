"""What the web UI shows of each materialised partition: numbers that plot over partitions, and one preview.

What belongs here: which numbers and which preview. What does not: drawing (`previews.py`, `question_previews.py`).
Each function takes the inputs of a partition and the rows that were made of them, and gives Dagster metadata.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from openspatial_assets.assets import previews, question_previews
from openspatial_assets.assets.recipe import Inputs, Written

Metadata = Mapping[str, Any]


def scenes(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    row = made.row(0, named=True)
    dropped = row["dropped_frames"]
    reasons = "\n".join(f"- {drop['frame_id']}: {drop['reason']}" for drop in dropped[:20])
    return {
        "frames": row["num_frames"],
        "frames_dropped": len(dropped),
        "objects": row["num_objects"] or 0,
        "source": row["source"],
        "license": row["license"] or "unknown",
        **_preview(reasons),
    }


def frames(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {
        "keyframes": int(made["keyframe"].sum()),
        "median_sharpness": float(made["sharpness"].median() or 0.0),
        "without_depth": int(made["depth"].is_null().sum()),
        **_picture(previews.preview_frames(made), "keyframes"),
    }


def scene_boxes(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    picture = previews.preview_boxes(inputs.table("frames"), made)
    return {"tags": made["tag"].n_unique(), **_picture(picture, "boxes from above and in a frame")}


def frame_visibility(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    reasons = {f"reason_{reason}": count for reason, count in made["reason"].value_counts(sort=True).iter_rows()}
    picture = previews.preview_visibility(inputs.table("frames"), inputs.table("scene_boxes"), made)
    return {
        "visible": int(made["visible"].sum()),
        "visible_share": float(made["visible"].mean() or 0.0),
        **reasons,
        **_picture(picture, "boxes in a frame, and why each was kept or dropped"),
    }


def refined_masks(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    picture = previews.preview_masks(inputs.table("frames"), inputs.table("scene_boxes"), made)
    return {
        "mean_iou_with_depth_mask": float(made["iou_with_depth_mask"].mean() or 0.0),
        "replaced_by_depth_mask": int(made["replaced"].sum()),
        **_picture(picture, "masks over frames"),
    }


def object_frames(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {
        "objects": made["object_id"].n_unique(),
        "referable_share": float(made["referable"].mean() or 0.0),
        "median_visible_fraction": float(made["visible_fraction"].median() or 0.0),
        **_picture(previews.preview_objects(inputs.table("frames"), made), "objects of a frame"),
    }


def questions(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    forms = {f"form_{form}": count for form, count in made["form"].value_counts().sort("form").iter_rows()}
    judgements = made.filter(pl.col("form") == "judgement")
    balance = {"yes_share": float((judgements["answer_label"] == "yes").mean())} if judgements.height else {}
    sheet = question_previews.preview_questions(made, inputs.table("frames"), inputs.table("object_frames"))
    return {**forms, **balance, **_preview(sheet)}


def rejections(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {"rejected": int(made["count"].sum()), **_preview(question_previews.preview_rejections(made))}


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


def _picture(picture: Any, alternative: str) -> dict[str, Any]:
    return _preview(previews.as_markdown(picture, alternative))


def _preview(markdown: str | None) -> dict[str, Any]:
    return {"preview": dg.MetadataValue.md(markdown)} if markdown else {}
