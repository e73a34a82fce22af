"""Tables of questions: asked, rejected, verified, mixed, looked at, exported.

What does not belong here: scenes (`scenes.py`) and objects (`objects.py`).
"""

import polars as pl

from openspatial_assets.engine.questions import SUBTASKS
from resources.schema import Column, Table
from resources.tables.types import Count, Guess, Mark, Picture, Text, Texts, Turn

_QUESTION = {
    "qa_id": Column(Text, "question, unique over all scenes and variants"),
    "scene_id": Column(Text, "scene"),
    "variant": Column(Text, "variant"),
    "capability": Column(Text, "one of the paper's five capabilities"),
    "subtask": Column(Text, "one of the sub-tasks of TASKS.md"),
    "form": Column(Text, "open_ended, multiple_choice or judgement"),
    "question": Column(Text, "what the model is asked"),
    "answer": Column(Text, "what it should say"),
    "options": Column(Texts, "the four options of a multiple choice, in order", required=False),
    "answer_value": Column(pl.Float64, "the measured number, unrounded, in answer_unit", required=False),
    "answer_unit": Column(Text, "m, cm or deg", required=False),
    "answer_label": Column(Text, "the answer in canonical form", required=False),
    "frame_ids": Column(Texts, "the images, in the order shown"),
    "object_ids": Column(Texts, "the objects, in the order in which the question names them"),
    "marks": Column(pl.List(Mark), "what to draw: image = index in frame_ids, kind = box, mask or point"),
    "evidence": Column(Text, "JSON: asks, measure, margin, claim, boxes and camera values"),
    "metric": Column(pl.Boolean, "whether the scene has real-world scale"),
    "rule_version": Column(Text, "version of the sub-task's rule"),
}


def question_table(subtask: str) -> Table:
    """The table `qa/<subtask>`."""
    task = SUBTASKS[subtask]
    description = f"One row a question. {task.paper_name}: {task.description}"
    return Table(f"qa/{subtask}", description, _QUESTION, ("qa_id",))


REJECTIONS = Table(
    "rejections",
    "One row a (sub-task, reason): how many candidate questions were not asked, and why.",
    {
        "subtask": Column(Text, "sub-task"),
        "reason": Column(Text, "the gate that was not passed"),
        "count": Column(pl.Int64, "candidates"),
    },
    ("subtask", "reason"),
)

VERIFICATIONS = Table(
    "verifications",
    "One row a question: what an independent second computation says of its answer, margins and words.",
    {
        "qa_id": Column(Text, "question"),
        "subtask": Column(Text, "sub-task"),
        "problem": Column(Text, "what is wrong with it; null: it is right", required=False),
        "checked": Column(Text, "MD5 of question, answer and evidence, joined by line ends: what was looked at"),
    },
    ("qa_id",),
)

DATASET = Table(
    "dataset",
    "One row a question of a variant's mixture.",
    {
        **_QUESTION,
        "split": Column(Text, "train or val; all questions of a scene are in one split"),
        "weight": Column(pl.Float64, "sampling weight that evens out the sub-tasks"),
        "license": Column(Text, "licence of the scene's images", required=False),
    },
    ("qa_id",),
)

GALLERY = Table(
    "gallery",
    "One row a variant and sub-task of a scene: how many of its questions the scene's page shows, and where that lies.",
    {
        "variant": Column(Text, "variant"),
        "subtask": Column(Text, "sub-task"),
        "questions": Column(pl.Int64, "questions that there are"),
        "shown": Column(pl.Int64, "questions that the page shows"),
        "page": Column(Text, "the page: one HTML file that needs no other", location=True),
        "digest": Column(Text, "hash of the page"),
    },
    ("variant", "subtask"),
)

QUALITY = Table(
    "question_quality",
    "One row a sub-task: how many questions a variant has of it, how even they are, and how well they are guessed.",
    {
        "subtask": Column(Text, "sub-task"),
        "capability": Column(Text, "one of the paper's five capabilities"),
        "questions": Column(pl.Int64, "questions"),
        "scenes": Column(pl.Int64, "scenes that they are about"),
        "frames": Column(pl.Int64, "images that they show"),
        "objects": Column(pl.Int64, "objects that they name"),
        "tags": Column(pl.Int64, "different tags of these objects"),
        "marked_share": Column(pl.Float64, "share of the questions with marks; null: no questions", required=False),
        "forms": Column(pl.List(Count), "questions by form"),
        "choices": Column(pl.Int64, "multiple choices"),
        "letters": Column(pl.List(Count), "multiple choices by the letter of the right option"),
        "letters_p_value": Column(pl.Float64, "chi-square test of even letters; null: no choices", required=False),
        "judgements": Column(pl.Int64, "judgements"),
        "yes_share": Column(pl.Float64, "share of them with the answer yes; null: none", required=False),
        "yes_no_p_value": Column(pl.Float64, "chi-square test of as many yes as no; null: none", required=False),
        "labels": Column(pl.List(Count), "answers out of a closed set (sides, directions, views), turns one by one"),
        "labels_p_value": Column(pl.Float64, "chi-square test of even labels; null: too few", required=False),
        "lengths": Column(pl.Int64, "answers that are lengths"),
        "length_min_m": Column(pl.Float64, "shortest of them, metres", required=False),
        "length_median_m": Column(pl.Float64, "median of them, metres", required=False),
        "length_max_m": Column(pl.Float64, "longest of them, metres", required=False),
        "near_duplicates": Column(pl.Int64, "questions whose fact another one states already"),
        "same_words": Column(pl.Int64, "those among them that say it in the same words"),
        "guesses": Column(pl.List(Guess), "how well answers are told from words alone, without and with_names"),
        "rejected": Column(pl.Int64, "candidates that were not asked"),
        "rejections": Column(pl.List(Count), "candidates that were not asked, by reason"),
    },
    ("subtask",),
)

TRAINING_EXPORT = Table(
    "training_export",
    "One row a training sample, in the column names of the public OpenSpatial-3M dataset.",
    {
        "messages": Column(pl.List(Turn), "turns: from (human, gpt) and value; <image> stands for each image"),
        "QA_images": Column(pl.List(Picture), "the marked images: bytes (JPEG) and path"),
        "question_tags": Column(Texts, "capability of each question"),
        "question_types": Column(Texts, "form of each question"),
        "qa_id": Column(Text, "question"),
        "subtask": Column(Text, "sub-task"),
        "scene_id": Column(Text, "scene"),
        "split": Column(Text, "train or val"),
        "license": Column(Text, "licence of the scene's images", required=False),
    },
    ("qa_id",),
    sharded=True,
)
