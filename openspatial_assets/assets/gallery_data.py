"""What a scene's gallery knows, as plain values for its page: questions, marks as lines, boxes, cameras and counts.

Everything that is drawn is drawn by the page, so a picture is needed once however many questions show it. What does not
belong here: which questions are shown (`gallery_choice.py`), and the page (`gallery.py`).
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import FRAME_COLUMNS, OBJECT_COLUMNS, Row, frames_by_id, objects_by_id
from openspatial_assets.engine.masks.regions import decoded
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.rendering import marks as look
from openspatial_assets.engine.rendering import text
from openspatial_assets.engine.rendering.palette import PALETTE

WALK_POINTS = 300
"""Cameras of which the walk is drawn: more are no longer told apart on a map of some 500 pixels."""

CHECKED = ("question", "answer", "evidence")
"""The columns whose words a verification holds for."""

DECIMALS = 5
"""Of lengths that are only drawn: a hundredth of a millimetre."""

LOOK = {
    "fill": look.FILL_SHARE,
    "line": look.LINE_PX,
    "halo": look.HALO_PX,
    "dot": look.DOT_RADIUS_PX,
    "label": look.LABEL_PX,
    "stripe": look.STRIPE_PX,
    "small": look.SMALL_PX,
    "smallShare": look.SMALL_LINE_SHARE,
    "reference": text.REFERENCE_SIDE_PX,
    "minUnit": text.MIN_UNIT,
}
"""How marks look, in pixels of a 640 x 480 picture: the page draws them as the training pictures have them."""


def subtask_names(*tables: pl.DataFrame) -> list[str]:
    """The sub-tasks that tables name, in the order of the registry, unknown ones last."""
    named = {name for table in tables for name in table["subtask"].unique()}
    return [*(name for name in SUBTASKS if name in named), *sorted(named - set(SUBTASKS))]


def described(names: list[str]) -> list[dict[str, str]]:
    """What the page says of each sub-task."""
    found = []
    for name in names:
        task = SUBTASKS.get(name)
        found.append(
            {
                "id": name,
                "paper": task.paper_name if task else "",
                "capability": task.capability if task else "",
                "about": task.description if task else "",
            }
        )
    return found


def palette() -> dict[str, str]:
    """Colour name -> CSS colour."""
    return {name: "#{:02x}{:02x}{:02x}".format(*color) for name, color in PALETTE.items()}


def frame_rows(frames: pl.DataFrame) -> list[dict[str, Any]]:
    """The cameras of the pictures that are in the page, in their order there."""
    return [
        {
            "id": row["frame_id"],
            "w": row["width"],
            "h": row["height"],
            "k": _short(row["intrinsics"]),
            "pose": _short(row["world_from_camera"]),
        }
        for row in frames.iter_rows(named=True)
    ]


def walk(frames: pl.DataFrame) -> list[list[float]]:
    """World x, y of the cameras of a scene in the order of capture, thinned out evenly."""
    if frames.is_empty():
        return []
    poses = frames.sort("frame_id")["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    kept = np.unique(np.linspace(0, len(poses) - 1, min(len(poses), WALK_POINTS)).round().astype(int))
    return [_short(point) for point in poses[kept, :2, 3]]


def box_tables(scene_boxes: Mapping[str, pl.DataFrame]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The distinct tables of boxes as object id -> box, and variant -> which of them it has."""
    tables: list[dict[str, Any]] = []
    table_of = {}
    for variant, boxes in scene_boxes.items():
        table = {
            row["object_id"]: {"tag": row["tag"], **{name: _short(row[name]) for name in ("center", "extents", "rpy")}}
            for row in boxes.sort("object_id").iter_rows(named=True)
        }
        if table not in tables:
            tables.append(table)
        table_of[variant] = tables.index(table)
    return tables, table_of


def verdicts(questions: pl.DataFrame, verifications: pl.DataFrame | None) -> dict[str, str | None]:
    """qa_id -> what the verification found, None for right. Left out: what it never saw, or saw in other words."""
    if verifications is None:
        return {}
    about = verifications.join(questions.select("qa_id"), on="qa_id", how="semi")
    found = {row["qa_id"]: row for row in about.iter_rows(named=True)}
    return {
        row["qa_id"]: found[row["qa_id"]]["problem"]
        for row in questions.select("qa_id", *CHECKED).iter_rows(named=True)
        if row["qa_id"] in found and found[row["qa_id"]]["checked"] == _looked_at(row)
    }


def _looked_at(row: Row) -> str:
    """The hash by which a verification says what it looked at: as the column `checked` describes it."""
    return hashlib.md5("\n".join(row[name] for name in CHECKED).encode(), usedforsecurity=False).hexdigest()


def question_rows(
    questions: pl.DataFrame, frame_ids: list[str], problems: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """The shown questions; their marks are filled in by `Outlines`.

    Args:
        frame_ids: of the pictures in the page, in their order there.
        problems: what `verdicts` gives.
    """
    place = {frame_id: index for index, frame_id in enumerate(frame_ids)}
    return [
        {
            **{name: row[name] for name in ("variant", "subtask", "form", "question", "answer", "options", "evidence")},
            "id": row["qa_id"],
            "value": row["answer_value"],
            "unit": row["answer_unit"],
            "label": row["answer_label"],
            "frames": [place.get(frame_id, -1) for frame_id in row["frame_ids"]],
            "frameIds": row["frame_ids"],
            "objects": row["object_ids"],
            "version": row["rule_version"],
            "verified": (problems[row["qa_id"]] is None) if row["qa_id"] in problems else None,
            "problem": problems.get(row["qa_id"]),
        }
        for row in questions.iter_rows(named=True)
    ]


class Outlines:
    """The marks of questions as lines. A mask that several questions or variants share is kept once.

    Attributes:
        found: contours of each mask: lists of x, y, x, y ... in pixels of the frame.
    """

    def __init__(self, frames: pl.DataFrame, object_frames: Mapping[str, pl.DataFrame], shown: pl.DataFrame) -> None:
        wanted = shown["frame_ids"].explode().unique()
        self._frames = frames_by_id(frames.select(FRAME_COLUMNS))
        self._objects = {
            variant: objects_by_id(table.filter(pl.col("frame_id").is_in(wanted.implode())).select(OBJECT_COLUMNS))
            for variant, table in object_frames.items()
        }
        self._place: dict[tuple[str, bytes], int] = {}
        self.found: list[list[list[int]]] = []

    def marks(self, question: Row) -> list[dict[str, Any]]:
        """The marks of a row of questions. `box` or `mask` is missing where the tables do not have the object."""
        objects = self._objects.get(question["variant"], {})
        return [self._mark(mark, question["frame_ids"], objects) for mark in question["marks"]]

    def _mark(self, mark: Row, frame_ids: list[str], objects: Mapping[tuple[str, str], Row]) -> dict[str, Any]:
        kept = {name: mark[name] for name in ("image", "kind", "color", "label")} | {"object": mark["object_id"]}
        frame_id = frame_ids[mark["image"]]
        seen = objects.get((frame_id, mark["object_id"]))
        if mark["u"] is not None and mark["v"] is not None:
            kept["point"] = [mark["u"], mark["v"]]
        elif seen is not None:
            kept["point"] = list(seen["mark_point"])
        if seen is not None and mark["kind"] == "box":
            kept["box"] = list(seen["box_2d"])
        if seen is not None and mark["kind"] == "mask":
            kept["mask"] = self._outline(frame_id, seen["mask"])
        return kept

    def _outline(self, frame_id: str, mask: bytes) -> int:
        """Place in `found` of a mask given as run lengths."""
        key = (frame_id, mask)
        if key not in self._place:
            frame = self._frames[frame_id]
            self._place[key] = len(self.found)
            self.found.append(outline(decoded(mask, frame["height"], frame["width"])))
        return self._place[key]


def outline(mask: NDArray[np.bool_]) -> list[list[int]]:
    """The contours of a mask `(h, w)` as training pictures draw them: lists of x, y, x, y ... in pixels."""
    return [contour.reshape(-1).tolist() for contour in look.contours_of(mask, text.unit_px(mask))]


def _short(values: Any) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
