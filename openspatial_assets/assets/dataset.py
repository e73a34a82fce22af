"""From the questions of all scenes to the mixture (`dataset`), and from there to training samples (`training_export`).

What does not belong here: how questions are balanced (`engine/dataset`), how marks look (`engine/rendering`), and the
files of the export (`resources/export.py`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

from openspatial_assets.assets.marked_pictures import (
    FRAME_COLUMNS,
    OBJECT_COLUMNS,
    Row,
    frames_by_id,
    is_marked,
    marked_picture,
    objects_by_id,
)
from openspatial_assets.engine.dataset.mixture import (
    ANSWER_BALANCE,
    even_weights,
    letter_of,
    stable_order,
    surplus_answers,
)
from openspatial_assets.engine.dataset.near_duplicates import fact_of, near_duplicates, words_of
from openspatial_assets.engine.dataset.settings import DatasetSettings, ExportSettings
from openspatial_assets.engine.dataset.splits import split_of_scenes
from openspatial_assets.engine.rendering.encoding import jpeg
from resources.images import read_color
from resources.tables import DATASET, REJECTIONS, TRAINING_EXPORT

RULE_VERSION = "1"
EXPORT_RULE_VERSION = "2"

SAMPLES_A_CHUNK = 128
"""Samples that are drawn at a time: some 15 MB of pictures, and enough of them to share decoded frames."""

REMEMBERED_PICTURES = 48
"""Decoded frames that one worker keeps: some 45 MB at 640 x 480. Questions about several views come back to them."""

_FACT_COLUMNS = (
    *("scene_id", "subtask", "object_ids", "answer", "answer_label", "answer_value", "answer_unit"),
    *("question", "options", "evidence", "frame_ids"),
)


class Mixture(NamedTuple):
    """`rows` fit the table `dataset`; `dropped` counts by (subtask, reason) what was left out, as `rejections` does."""

    rows: pl.DataFrame
    dropped: pl.DataFrame


def mixture_of(questions: pl.DataFrame, scenes: pl.DataFrame, settings: DatasetSettings) -> Mixture:
    """The mixture of a variant: its questions without near-duplicates, split, balanced and weighed.

    Args:
        questions: rows of the question tables of all scenes, in any order.
        scenes: rows of `scenes` (scene_id, license) of all scenes, with questions or without: the splits of two
            variants agree even where one has no question of a scene.

    Raises:
        ValueError: a question's scene is not in `scenes`.
    """
    if unknown := sorted(set(questions["scene_id"].unique()) - set(scenes["scene_id"])):
        raise ValueError(f"dataset: scene {unknown[0]} has questions, but is not in the table scenes; materialise it")
    splits = split_of_scenes(scenes["scene_id"], settings)
    homes = scenes.select("scene_id", "license", split=pl.col("scene_id").replace_strict(splits, default=None))
    rows = questions.sort("qa_id").join(homes.cast({"split": pl.String}), on="scene_id", how="left")

    order = stable_order(rows["qa_id"].to_list(), settings.seed)
    reasons = _near_duplicates(rows, order, settings.views_per_fact)
    kept = np.nonzero(reasons == "")[0]
    reasons[kept[_surplus(rows[kept], order[kept], settings.answer_share_tolerance)]] = ANSWER_BALANCE
    kept = reasons == ""

    dropped = rows.select("subtask", reason=pl.Series(reasons.astype(object), dtype=pl.String)).filter(~kept)
    dropped = dropped.group_by("subtask", "reason").agg(count=pl.len().cast(pl.Int64)).sort("subtask", "reason")
    rows = _weighed(rows.filter(kept), settings.max_weight).sort("split", "scene_id", "subtask", "qa_id")
    return Mixture(rows.select(DATASET.schema.names()), dropped.select(REJECTIONS.schema.names()))


def _near_duplicates(rows: pl.DataFrame, order: np.ndarray, views_per_fact: int) -> np.ndarray:
    facts, words = [], []
    for row in rows.select(_FACT_COLUMNS).iter_rows(named=True):
        facts.append(fact_of(row))
        words.append(words_of(row, facts[-1]))
    return near_duplicates(facts, words, order, views_per_fact).astype("U32")


def _surplus(rows: pl.DataFrame, order: np.ndarray, tolerance: float) -> np.ndarray:
    """Which rows to drop, `(n,)`: first within each sub-task of a split, then within the split as a whole."""
    answers = np.full(rows.height, -1, np.int64)
    possible = np.zeros(rows.height, np.int64)
    columns = ("qa_id", "form", "answer", "answer_label", "options")
    for index, (qa_id, form, answer, label, options) in enumerate(rows.select(columns).iter_rows()):
        if form == "judgement":
            if label not in ("yes", "no"):
                raise ValueError(f"dataset: judgement {qa_id} has answer_label {label!r}, but must have yes or no")
            answers[index], possible[index] = ("yes", "no").index(label), 2
        elif form == "multiple_choice" and (letter := letter_of(answer)):
            answers[index], possible[index] = ord(letter) - ord("A"), len(options)
    split, subtask = (_codes(rows[name]) for name in ("split", "subtask"))
    cell = split * (int(subtask.max(initial=0)) + 1) + subtask
    # One question more of either answer is no bias that could be learnt; without this slack a sub-task with a single
    # judgement would lose it.
    dropped = surplus_answers(answers, possible, cell, subtask, order, tolerance, slack=1)
    kept = np.nonzero(~dropped)[0]
    inputs = (values[kept] for values in (answers, possible, split, subtask, order))
    dropped[kept[surplus_answers(*inputs, tolerance)]] = True
    return dropped


def _weighed(rows: pl.DataFrame, max_weight: float) -> pl.DataFrame:
    """`rows` with `weight`, evened out within each split."""
    split, subtask, form = (_codes(rows[name]) for name in ("split", "subtask", "form"))
    weight = np.zeros(rows.height)
    for code in np.unique(split):
        here = split == code
        weight[here] = even_weights(subtask[here], form[here], max_weight)
    return rows.with_columns(weight=pl.Series(weight, dtype=pl.Float64))


def _codes(names: pl.Series) -> np.ndarray:
    return names.rank("dense").cast(pl.Int64).to_numpy() - 1


@dataclass(frozen=True)
class Chunk:
    """Some questions of one scene and split, and the rows that drawing them needs."""

    questions: pl.DataFrame
    frames: pl.DataFrame
    object_frames: pl.DataFrame


SceneTables = Callable[[str], tuple[pl.DataFrame | pl.LazyFrame, pl.DataFrame | pl.LazyFrame]]
"""scene_id -> its `frames` and, for the variant, its `object_frames`."""


def export_chunks(dataset: pl.DataFrame, tables_of: SceneTables) -> Iterator[Chunk]:
    """The mixture in pieces of at most `SAMPLES_A_CHUNK` questions, which can be drawn on any core in any order.

    Pieces come by split and scene, and within a scene by frame, so that each frame is decoded about once.

    Args:
        dataset: rows of `dataset`.
        tables_of: called once for each scene of a split.
    """
    in_order = dataset.sort("split", "scene_id", "frame_ids", "qa_id", maintain_order=True)
    for (_, scene_id), rows in in_order.group_by("split", "scene_id", maintain_order=True):
        frames, object_frames = tables_of(str(scene_id))
        frames = frames.lazy().select(FRAME_COLUMNS).collect()
        object_frames = object_frames.lazy().select(OBJECT_COLUMNS).collect()
        for start in range(0, rows.height, SAMPLES_A_CHUNK):
            questions = rows.slice(start, SAMPLES_A_CHUNK)
            shown = questions["frame_ids"].explode().unique()
            yield Chunk(
                questions,
                frames.filter(pl.col("frame_id").is_in(shown.implode())),
                object_frames.filter(pl.col("frame_id").is_in(shown.implode())),
            )


def drawn_samples(chunk: Chunk, settings: ExportSettings) -> pl.DataFrame:
    """The training samples of a chunk: rows of `training_export`, with the marks drawn into JPEGs.

    Raises:
        ImageError: an image cannot be read; the message names it.
        ValueError: a frame or object of a question is not in the tables.
    """
    frames, objects = frames_by_id(chunk.frames), objects_by_id(chunk.object_frames)
    # Questions come by frame; those that show several frames go back and forth between them.
    read = lru_cache(maxsize=REMEMBERED_PICTURES)(read_color)

    @lru_cache(maxsize=REMEMBERED_PICTURES)
    def plain(path: str) -> bytes:
        return jpeg(read(path), settings.jpeg_quality)

    def encoded(question: Row, position: int, frame_id: str) -> bytes:
        if frame_id in frames and not is_marked(question, position):
            return plain(frames[frame_id]["image"])
        return jpeg(marked_picture(question, position, frames, objects, read), settings.jpeg_quality)

    samples = []
    for question in chunk.questions.iter_rows(named=True):
        pictures = [encoded(question, *place) for place in enumerate(question["frame_ids"])]
        samples.append(_sample(question, pictures))
    return pl.DataFrame(samples, schema=TRAINING_EXPORT.schema)


def _sample(question: Row, pictures: list[bytes]) -> dict:
    name = file_name(question["qa_id"])
    paths = [f"images/{question['scene_id']}/{name}_{position}.jpg" for position in range(len(pictures))]
    return {
        "messages": [
            {"from": "human", "value": "<image>\n" * len(pictures) + question["question"]},
            {"from": "gpt", "value": question["answer"]},
        ],
        "QA_images": [{"bytes": data, "path": path} for data, path in zip(pictures, paths, strict=True)],
        "question_tags": [question["capability"]],
        "question_types": [question["form"]],
        **{name: question[name] for name in ("qa_id", "subtask", "scene_id", "split", "license")},
    }


def file_name(qa_id: str) -> str:
    """A question's id as a file name of its own: what a path or URL cannot hold becomes "=" and hexadecimal digits."""
    return re.sub(r"[^A-Za-z0-9._+-]", lambda match: "".join(f"={byte:02x}" for byte in match[0].encode()), qa_id)
