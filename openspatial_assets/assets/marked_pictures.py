"""The pictures of a question with its marks drawn: from rows of tables to arrays.

What does not belong here: how marks look (`engine/rendering/marks.py`), and what is made of the pictures (`dataset.py`,
`previews.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.masks.regions import decoded
from openspatial_assets.engine.rendering.marks import DrawnMark, draw_marks

Row = Mapping[str, Any]

OBJECT_COLUMNS = ("frame_id", "object_id", "mask", "box_2d", "mark_point")
"""The columns of `object_frames` that drawing needs; readers may leave out the others."""

FRAME_COLUMNS = ("frame_id", "image", "width", "height")
"""The columns of `frames` that drawing needs."""


def frames_by_id(frames: pl.DataFrame) -> dict[str, Row]:
    """`frames` rows of one scene by frame_id."""
    return {row["frame_id"]: row for row in frames.iter_rows(named=True)}


def objects_by_id(object_frames: pl.DataFrame) -> dict[tuple[str, str], Row]:
    """`object_frames` rows of one scene by (frame_id, object_id)."""
    return {(row["frame_id"], row["object_id"]): row for row in object_frames.iter_rows(named=True)}


def marked_pictures(
    question: Row,
    frames: Mapping[str, Row],
    objects: Mapping[tuple[str, str], Row],
    read: Callable[[str], NDArray[np.uint8]],
) -> list[NDArray[np.uint8]]:
    """The pictures of `question` in the order shown, each `(h, w, 3)` RGB with its marks.

    Args:
        question: a row of a question table or of `dataset`.
        frames, objects: rows of its scene and variant, as `frames_by_id` and `objects_by_id` give them.
        read: path -> picture; callers that ask many questions about a frame pass one that remembers.

    Raises:
        ValueError: a frame or an object that the question names is not in the tables.
    """
    return [marked_picture(question, place, frames, objects, read) for place in range(len(question["frame_ids"]))]


def is_marked(question: Row, position: int) -> bool:
    """Whether anything is drawn in the picture at `position` of those that the question shows."""
    return any(mark["image"] == position for mark in question["marks"])


def marked_picture(
    question: Row,
    position: int,
    frames: Mapping[str, Row],
    objects: Mapping[tuple[str, str], Row],
    read: Callable[[str], NDArray[np.uint8]],
) -> NDArray[np.uint8]:
    """One of a question's pictures, as `marked_pictures` gives them."""
    frame_id = question["frame_ids"][position]
    if frame_id not in frames:
        raise ValueError(
            f"question {question['qa_id']}: frame {frame_id} is not in the table frames of scene "
            f"{question['scene_id']}; materialise the scene's questions again"
        )
    marks = [mark for mark in question["marks"] if mark["image"] == position]
    seen = {mark["object_id"]: objects.get((frame_id, mark["object_id"])) for mark in marks if mark["kind"] != "point"}
    if absent := [object_id for object_id, row in seen.items() if row is None]:
        raise ValueError(
            f"question {question['qa_id']}: object {absent[0]} is not in the table object_frames of scene "
            f"{question['scene_id']}, frame {frame_id}; materialise the scene's questions again"
        )
    frame = frames[frame_id]
    masked = {mark["object_id"] for mark in marks if mark["kind"] == "mask"}
    masks = {name: decoded(seen[name]["mask"], frame["height"], frame["width"]) for name in sorted(masked)}
    return draw_marks(read(frame["image"]), drawn_marks(marks, seen), masks)


def drawn_marks(marks: Iterable[Row], objects: Mapping[str, Row]) -> list[DrawnMark]:
    """Marks as the renderer takes them; boxes take their `box_2d` from the row of their object."""
    return [_drawn(mark, objects) for mark in marks]


def _drawn(mark: Row, objects: Mapping[str, Row]) -> DrawnMark:
    box_2d, point = None, None
    if mark["kind"] == "box":
        box_2d = tuple(objects[mark["object_id"]]["box_2d"])
    if mark["u"] is not None and mark["v"] is not None:
        point = (mark["u"], mark["v"])
    elif mark["kind"] == "mask" and mark["label"]:
        point = tuple(objects[mark["object_id"]]["mark_point"])
    return DrawnMark(mark["kind"], mark["color"], mark["object_id"], box_2d, point, mark["label"])
