"""Whole tables of questions judged, one finding a question: what an asset check runs on every materialised partition.

Only the scene's frames and boxes and each row's own evidence are used: every answer is computed again from its
evidence, and the evidence is held against the scene. What does not live here: the rules (`answers.py`).
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from openspatial_assets.verifier.answers import problems_of
from openspatial_assets.verifier.pinhole import Camera
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.solids import Box
from openspatial_assets.verifier.world import World, length_unit_of, not_in_the_way, sights_of_evidence

SCHEMA = pl.Schema({"qa_id": pl.String, "subtask": pl.String, "problem": pl.String, "checked": pl.String})

CLEARLY_IN_PX, CLEARLY_OUT_PX = -1.0, 1.0
"""A box reaches into an image for sure, or not at all, if it does so in one that is a pixel smaller, or larger."""

SAME = 1e-9
"""Of rounding in a camera, absolute and relative."""


def verified(
    questions: pl.DataFrame, frames: pl.DataFrame, scene_boxes: pl.DataFrame, whole_boxes: bool
) -> pl.DataFrame:
    """What is wrong with each question of a scene.

    Args:
        questions: rows of question tables, of one sub-task or several.
        frames, scene_boxes: of the scene.
        whole_boxes: whether the questions measure the scene's own boxes; else boxes of their own for each frame, of
            which only the ids are known to the scene.

    Returns:
        One row a question: `qa_id`, `subtask`, `problem` (null if it is right; several joined by "; "), and `checked`:
        MD5 of question, answer and evidence, joined by line ends.
    """
    scene, found = _Scene(frames, scene_boxes, whole_boxes), []
    for row in questions.iter_rows(named=True):
        try:
            wrong = "; ".join(dict.fromkeys(_problems(row, scene)))
        except Exception as error:  # whatever is wrong with a row must not hide what is wrong with others
            wrong = f"cannot be checked: {type(error).__name__}: {error}"
        found.append((row["qa_id"], row["subtask"], wrong or None, _digest(row)))
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _digest(row: Mapping[str, Any]) -> str:
    text = f"{row['question']}\n{row['answer']}\n{row['evidence']}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _problems(row: Mapping[str, Any], scene: "_Scene") -> list[str]:
    question = Question.of(row)
    if foreign := scene.foreign(question):
        return foreign
    return scene.differences(question) + problems_of(question, scene.world(question))


class _Scene:
    """A scene's frames and boxes, each read once."""

    def __init__(self, frames: pl.DataFrame, scene_boxes: pl.DataFrame, whole_boxes: bool) -> None:
        self._whole = whole_boxes
        names = ("frame_id", "width", "height", "intrinsics", "world_from_camera")
        self._frames = {row["frame_id"]: row for row in frames.select(names).iter_rows(named=True)}
        rows = scene_boxes.select("object_id", "center", "extents", "rpy", "tag").to_dicts()
        self._numbers = {row["object_id"]: (row["center"], row["extents"], row["rpy"]) for row in rows}
        self._boxes = {row["object_id"]: Box.of(row) for row in rows}
        self._tags = {row["object_id"]: row["tag"] for row in rows}
        self._corners = np.array([box.corners for box in self._boxes.values()]).reshape(-1, 8, 3)
        self._axes = np.array([box.axes for box in self._boxes.values()]).reshape(-1, 3, 3)
        self._metric = bool(scene_boxes["metric"].all())
        self._unit = length_unit_of(self._boxes, self._metric)
        centers = np.array([row["world_from_camera"][3:8:4] for row in self._frames.values()]).reshape(-1, 2)
        self._not_in_the_way = not_in_the_way(self._boxes, self._tags, centers)
        self._cameras: dict[str, Camera] = {}
        self._reaching: dict[tuple[str, float], frozenset[str]] = {}
        self._other_boxes: dict[tuple, Box] = {}

    def camera(self, frame: str) -> Camera:
        if frame not in self._cameras:
            self._cameras[frame] = Camera.of(self._frames[frame])
        return self._cameras[frame]

    def reaching(self, frame: str, grown_px: float) -> frozenset[str]:
        """The objects whose boxes reach into a frame that is `grown_px` larger on every side."""
        key = frame, grown_px
        if key not in self._reaching:
            reached = self.camera(frame).reached_by(self._corners, self._axes, (grown_px, grown_px))
            self._reaching[key] = frozenset(np.array(list(self._boxes), object)[reached].tolist())
        return self._reaching[key]

    def box(self, name: str, entry: Mapping[str, Any]) -> Box:
        """The box of the evidence; the scene's own, if it has the same numbers."""
        numbers = entry["center"], entry["extents"], entry["rpy"]
        if numbers == self._numbers.get(name):
            return self._boxes[name]
        key = tuple(map(tuple, numbers))
        if key not in self._other_boxes:
            self._other_boxes[key] = Box.of(entry)
        return self._other_boxes[key]

    def foreign(self, question: Question) -> list[str]:
        """Frames and objects that the scene does not have; with them nothing else can be judged."""
        told = question.told
        frames = {*question.frames, *told.get("cameras", {})} - self._frames.keys()
        names = {*question.names, *told["boxes"], *told.get("route", {}).get("boxes", {})}
        names |= {name for shown in told.get("visible", {}).values() for name in shown}
        found = [f"frame {frame} is not of this scene" for frame in sorted(frames)]
        found += [f"object {name} is not of this scene" for name in sorted(names - self._boxes.keys())]
        if missing := set(question.names) - told["boxes"].keys():
            found.append(f"no box in the evidence of {sorted(missing)}")
        return found

    def differences(self, question: Question) -> list[str]:
        """Where the evidence differs from the scene."""
        told, found = question.told, []
        if question.row["metric"] != self._metric:
            found.append(f"metric is {question.row['metric']}, but the boxes say {self._metric}")
        if not math.isclose(told.get("length_unit", 1.0), self._unit, rel_tol=SAME):
            found.append(f"length_unit is {told.get('length_unit')}, not {self._unit}")
        if len(question.frames) > 1 and set(told.get("cameras", {})) != set(question.frames):
            found.append("the cameras of the evidence are not those of the views")
        found += [f"camera {frame} differs from the scene's" for frame, entry in told.get("cameras", {}).items()
                  if not self._is_camera(frame, entry)]  # fmt: skip
        if self._whole:
            boxes = [*told["boxes"].items(), *told.get("route", {}).get("boxes", {}).items()]
            boxes += [(question.names[0], entry) for entry in told.get("boxes_by_view", {}).values()]
            moved = [name for name, entry in boxes if not self.box(name, entry).same(self._boxes[name])]
            found += [f"the box of {name} differs from the scene's" for name in dict.fromkeys(moved)]
        return found + self._unseen(question)

    def _is_camera(self, frame: str, entry: Mapping[str, Any]) -> bool:
        own = self._frames[frame]
        if any(entry[side] != own[side] for side in ("width", "height")):
            return False
        return all(
            entry[name] == own[name] or np.allclose(entry[name], own[name], rtol=SAME, atol=SAME)
            for name in ("intrinsics", "world_from_camera")
        )

    def _unseen(self, question: Question) -> list[str]:
        """Objects that the evidence says to be seen where their boxes do not even project."""
        frames = question.frames
        if len(frames) == 1:
            claims = [(1, name) for name in question.involved]
        else:
            claims = [(int(view), name) for view, names in question.told["visible"].items() for name in names]
        return [
            f"{name} does not project into View {view}"
            for view, name in claims
            if name not in self.reaching(frames[view - 1], CLEARLY_OUT_PX)
        ]

    def world(self, question: Question) -> World:
        """The scene, with the boxes and what is seen of them as the question's evidence tells it."""
        told = question.told
        by_view = {view: self.box(question.names[0], entry) for view, entry in told.get("boxes_by_view", {}).items()}
        seen, glimpsed = sights_of_evidence(question, by_view)
        return World(
            boxes=self._boxes | {name: self.box(name, entry) for name, entry in told["boxes"].items()},
            tags=self._tags,
            cameras={frame: self.camera(frame) for frame in question.frames},
            seen=seen,
            glimpsed=glimpsed,
            reaching={frame: self.reaching(frame, CLEARLY_IN_PX) for frame in question.frames},
            metric=self._metric,
            length_unit=self._unit,
            not_in_the_way=self._not_in_the_way,
        )
