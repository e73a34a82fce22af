"""The gallery of a scene: one page with its questions, their marked pictures, and what was measured for each answer.

The page is one file that loads nothing: pictures, data, style and script stand in it. Its static parts are the files of
`gallery_page/`. What does not belong here: which questions are shown (`gallery_choice.py`), what the page knows of them
(`gallery_data.py`), and where it lies.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets import gallery_data
from openspatial_assets.assets.gallery_choice import chosen_questions
from openspatial_assets.engine.rendering.encoding import jpeg
from openspatial_assets.engine.rendering.gallery_settings import GallerySettings
from resources.images import read_color

RULE_VERSION = "1"

SCRIPTS = (
    *("dom", "geometry", "names", "marks", "sketch", "map", "measured", "views", "charts"),
    *("layout", "digest", "state", "side", "question", "lists", "app"),
)
"""The page's scripts in the order in which they run; each uses only those before it when it is read."""

_MARKER = re.compile(r"\{\{(\w+)\}\}")

ROWS_SCHEMA = pl.Schema({"variant": pl.String, "subtask": pl.String, "questions": pl.Int64, "shown": pl.Int64})


class GalleryPage(NamedTuple):
    """A finished page.

    Attributes:
        html: the file.
        rows: the table `gallery`: how many questions each sub-task of each variant has, and how many are shown.
        digest: hash of the file.
    """

    html: bytes
    rows: pl.DataFrame
    digest: str


def page_version() -> str:
    """What a page depends on besides tables and settings: the rule version and the static parts."""
    parts = "\x1f".join([_part("index.html"), _style(), _script()])
    return f"{RULE_VERSION}, page {hashlib.blake2b(parts.encode(), digest_size=8).hexdigest()}"


def gallery_page(
    scene_id: str,
    frames: pl.DataFrame,
    scene_boxes: Mapping[str, pl.DataFrame],
    object_frames: Mapping[str, pl.DataFrame],
    questions: pl.DataFrame,
    rejections: Mapping[str, pl.DataFrame],
    verifications: pl.DataFrame | None,
    settings: GallerySettings,
    asked: pl.DataFrame | None = None,
) -> GalleryPage:
    """The page of one scene. The order of the input rows does not matter.

    Args:
        scene_boxes, object_frames, rejections: variant -> table. One that a variant lacks is left out of the page.
        questions: rows of all question tables, sub-tasks and variants.
        verifications: of all variants; None if none ran.
        asked: `variant` and `subtask` of all questions that there are, if `questions` holds only those to be shown.

    Raises:
        ImageError: a picture cannot be read.
    """
    frames = frames.sort("frame_id")
    shown = chosen_questions(questions, frames["frame_id"].to_list(), settings)
    rows = _counts(questions if asked is None else asked, shown, object_frames, rejections)
    used = frames.join(shown.select(frame_id=pl.col("frame_ids").explode()), on="frame_id", how="semi")
    outlines = gallery_data.Outlines(used, object_frames, shown)
    entries = gallery_data.question_rows(shown, used["frame_id"].to_list(), gallery_data.verdicts(shown, verifications))
    for entry, row in zip(entries, shown.iter_rows(named=True), strict=True):
        entry["marks"] = outlines.marks(row)
    tables, table_of = gallery_data.box_tables(scene_boxes)
    names = gallery_data.subtask_names(rows, *rejections.values())
    data = {
        "scene": scene_id,
        "metric": all(bool(boxes["metric"].all()) for boxes in scene_boxes.values()),
        "palette": gallery_data.palette(),
        "look": gallery_data.LOOK,
        "variants": sorted(set(rows["variant"])),
        "subtasks": gallery_data.described(names),
        "counts": rows.to_dicts(),
        "rejections": {
            variant: table.sort("count", "reason", descending=[True, False]).to_dicts()
            for variant, table in rejections.items()
        },
        "boxTables": tables,
        "boxTableOf": table_of,
        "frames": gallery_data.frame_rows(used),
        "walk": gallery_data.walk(frames),
        "outlines": outlines.found,
        "questions": entries,
    }
    pictures = [_picture(path, settings) for path in used["image"].to_list()]
    page = _page(scene_id, data, pictures).encode()
    return GalleryPage(page, rows, hashlib.blake2b(page, digest_size=16).hexdigest())


def _counts(
    questions: pl.DataFrame,
    shown: pl.DataFrame,
    object_frames: Mapping[str, pl.DataFrame],
    rejections: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The rows of the table `gallery`; a sub-task that asks nothing in a variant has a row that says so."""
    variants = sorted({*questions["variant"].unique(), *object_frames, *rejections})
    names = gallery_data.subtask_names(questions, *rejections.values())
    cells = pl.DataFrame(
        [(variant, name) for variant in variants for name in names],
        schema={name: ROWS_SCHEMA[name] for name in ("variant", "subtask")},
        orient="row",
    )
    for column, table in (("questions", questions), ("shown", shown)):
        counted = table.group_by("variant", "subtask").agg(pl.len().cast(pl.Int64).alias(column))
        cells = cells.join(counted, on=["variant", "subtask"], how="left", maintain_order="left")
    return cells.with_columns(pl.col("questions", "shown").fill_null(0)).select(list(ROWS_SCHEMA))


def _picture(path: str, settings: GallerySettings) -> str:
    """A picture as base64 of a JPEG, at most as wide as the settings say."""
    return base64.b64encode(jpeg(_narrowed(read_color(path), settings), settings.jpeg_quality)).decode("ascii")


def _narrowed(picture: NDArray[np.uint8], settings: GallerySettings) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if width <= settings.picture_width_px:
        return picture
    scale = settings.picture_width_px / width
    return cv2.resize(picture, (settings.picture_width_px, max(round(height * scale), 1)), interpolation=cv2.INTER_AREA)


def _page(scene_id: str, data: Mapping[str, Any], pictures: list[str]) -> str:
    """The page. Its policy lets run what this function puts in, by its hash, and nothing else."""
    style, script = _style(), _script()
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hash_source(style)}",
            f"script-src {_hash_source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = {
        "policy": policy,
        "title": html.escape(f"Questions of scene {scene_id}"),
        "style": style,
        "script": script,
        "data": _embedded(data),
        "pictures": _embedded(pictures),
    }
    return _MARKER.sub(lambda marker: parts[marker[1]], _part("index.html"))


def _embedded(value: Any) -> str:
    """JSON that may stand in an HTML `script` element: nothing in it can end the element or open a comment."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def _hash_source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"


def _style() -> str:
    return _part("style.css")


def _script() -> str:
    return '(() => {\n"use strict";\n' + "\n".join(_scripts()) + "\n})();\n"


def _scripts() -> Iterator[str]:
    for name in SCRIPTS:
        yield _part(f"{name}.js")


def _part(name: str) -> str:
    """A static part of the page, without the line ends of another system."""
    file = resources.files(__package__) / "gallery_page" / name
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")
