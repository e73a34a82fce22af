"""Answers that were recorded before, in Gemini's format: what tests and the demo use, and who has no key.

    {"<frame id>": [{"box_2d": [ymin, xmin, ymax, xmax], "label": "chair"}, ...], ...}       coordinates 0 to 1000

What does not belong here: where a scene has such a file (`resources/sources`), and recording one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import fsspec
import polars as pl

from openspatial_assets.engine.recognition.answers import Answer, AnswerError, read_answer
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources import sources
from resources.gemini import Usage
from resources.recognizer import RECORDED, FrameUnrecognised, RecognitionError
from resources.sources.registration import Registration

SHOWN_FRAMES = 3


class RecordedRecognizer:
    """Reads each frame's answer from a file."""

    name = RECORDED

    def __init__(self, path: str, scene_id: str, answers: Mapping[str, Any], settings: RecognitionSettings) -> None:
        self.path, self.scene_id, self.settings = path, scene_id, settings
        self.answers = {_same_for_any_padding(frame_id): answer for frame_id, answer in answers.items()}
        self.usage = Usage()

    def choose(self, frames: pl.DataFrame) -> pl.DataFrame:
        """The frames that the file names; a number may be padded in one and not in the other."""
        named = [_same_for_any_padding(frame_id) in self.answers for frame_id in frames["frame_id"]]
        if not any(named):
            there, here = (", ".join(list(ids)[:SHOWN_FRAMES]) or "none" for ids in (self.answers, frames["frame_id"]))
            raise RecognitionError(
                f"scene {self.scene_id}: {self.path} names no frame of the scene (it has answers to {there}; the "
                f"scene's frames are {here}); name its entries as the frames, or remove the file"
            )
        return frames.filter(pl.Series(named, dtype=pl.Boolean))

    def recognise(self, frame: Mapping[str, Any], known: Sequence[str]) -> Answer:
        content = self.answers[_same_for_any_padding(frame["frame_id"])]
        try:
            return read_answer(content, frame["width"], frame["height"], self.settings)
        except AnswerError as error:
            raise FrameUnrecognised(str(error)) from None


def load(
    registration: Registration, settings: RecognitionSettings, answers_folder: str, base_url: str | None = None
) -> RecordedRecognizer:
    """The recognizer of a scene's file of recorded answers.

    Raises:
        RecognitionError: there is no such file, or it is broken.
    """
    scene = f"scene {registration.scene_id}"
    path = sources.load(registration.source).recorded_recognitions(registration)
    if path is None:
        raise RecognitionError(
            f"{scene}: recognition.recognizer is recorded, but {registration.root} has no recorded recognitions; add "
            "recognitions.json, or set it to gemini"
        )
    try:
        filesystem, place = fsspec.core.url_to_fs(path)
        answers = json.loads(filesystem.cat_file(place).decode("utf-8-sig"))
    except OSError as error:
        raise RecognitionError(f"{scene}: {path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise RecognitionError(f"{scene}: {path}: is no JSON file ({error})") from error
    if not isinstance(answers, dict):
        raise RecognitionError(
            f"{scene}: {path}: must hold an object with an entry a frame, not a {type(answers).__name__}"
        )
    return RecordedRecognizer(path, registration.scene_id, answers, settings)


def _same_for_any_padding(frame_id: str) -> str:
    """A frame id without the zeros that pad its numbers: `frame-000012` and `frame-12` are one frame."""
    return re.sub(r"\d+", lambda number: number[0].lstrip("0") or "0", frame_id)
