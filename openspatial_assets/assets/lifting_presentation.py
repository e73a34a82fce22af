"""What the web UI shows of plain video, of lifting and of the mesh: numbers that plot over partitions, and one preview.

What belongs here: which numbers and which preview. What does not: drawing (`lifting_previews.py`,
`reconstruction_previews.py`), and the other stages (`presentation.py`).
"""

import dagster as dg
import polars as pl

from openspatial_assets.assets import lifting_previews, reconstruction_previews
from openspatial_assets.assets.presentation import Metadata, picture
from openspatial_assets.assets.recipe import Inputs
from openspatial_assets.assets.sources import frame_entries

MOST_LABELS = 12
"""Labels that are named in the metadata, the most frequent ones."""


def reconstructions(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    if made.is_empty():
        return {"keyframes": 0, "why_empty": "the source has poses of its own"}
    registered = made.filter("registered")
    reasons = {f"reason_{reason}": count for reason, count in made["reason"].value_counts(sort=True).iter_rows()}
    return {
        "keyframes": made.height,
        "registered": registered.height,
        "registered_share": registered.height / made.height,
        "reprojection_error_px": float(registered["reprojection_error"].mean() or 0.0),
        "gravity_aligned": bool(made["gravity_aligned"][0]),
        "metric": bool(made["metric"][0]),
        **reasons,
        **picture(reconstruction_previews.preview_reconstruction(made), "cameras and points, and keyframes"),
    }


def depth_maps(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    if made.is_empty():
        return {"maps": 0, "why_empty": "the source has depth of its own"}
    pictures = inputs.table("reconstructions")
    if pictures.is_empty():
        listed = {entry.frame_id: entry.image for entry in frame_entries(inputs.registration)}
        pictures = pl.DataFrame({"frame_id": list(listed), "image": list(listed.values())})
    shown = reconstruction_previews.preview_depth_maps(pictures, made)
    return {
        "maps": made.height,
        "median_coverage": float(made["coverage"].median() or 0.0),
        **({} if (off := made["disagreement"].median()) is None else {"median_disagreement": float(off)}),
        **picture(shown, "keyframes and their depth"),
    }


def scene_mesh(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    if made.is_empty():
        return {"triangles": 0, "why_empty": "no frame has depth that others agree with"}
    row = made.row(0, named=True)
    return {
        "triangles": row["triangles"],
        "vertices": row["vertices"],
        "voxel_m": row["voxel_m"],
        "fused_frames": row["frames"],
        "mesh": dg.MetadataValue.path(row["mesh"]),
        **picture(reconstruction_previews.preview_mesh(inputs.table("frames"), made), "the fused surface"),
    }


def recognitions(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    frames = made["frame_id"].n_unique()
    labels = made["label"].value_counts(sort=True).sort("count", "label", descending=[True, False]).head(MOST_LABELS)
    return {
        "frames_with_recognitions": frames,
        "recognitions_a_frame": made.height / frames if frames else 0.0,
        "labels": ", ".join(f"{label} {count}" for label, count in labels.iter_rows()) or "none",
        **picture(lifting_previews.preview_recognitions(inputs.table("frames"), made), "recognitions over frames"),
    }


def instance_masks(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    return {
        "empty_masks": made.filter(pl.col("area") == 0).height,
        **picture(lifting_previews.preview_instance_masks(inputs.table("frames"), made), "masks over frames"),
    }


def lifted_boxes(inputs: Inputs, made: pl.DataFrame) -> Metadata:
    flags = made["flags"].explode().drop_nulls().value_counts(sort=True)
    return {
        "objects": made.height,
        "tags": made["tag"].n_unique(),
        "median_views": float(made["num_views"].median() or 0.0),
        "median_confidence": float(made["confidence"].median() or 0.0),
        **{f"flag_{flag}": count for flag, count in flags.iter_rows()},
        **picture(lifting_previews.preview_lifted_boxes(inputs.table("frames"), made), "lifted boxes"),
    }
