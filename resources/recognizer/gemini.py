"""Gemini as a recognizer: each keyframe is shown to it, with the words that were found before it in the scene.

What belongs here: the prompt, the picture that is sent, and what a failure of the service means for a scene. What does
not: the client with its retries and its memory (`resources/gemini.py`), and reading an answer (`engine/recognition`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.engine.recognition.answers import Answer, AnswerError, read_answer
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources.gemini import Gemini, GeminiError, Picture, Usage
from resources.images import ImageError, decode_color, read_bytes
from resources.recognizer import FrameUnrecognised, RecognitionError
from resources.sources.registration import Registration

SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "box_2d": {"type": "array", "items": {"type": "integer"}},
            "label": {"type": "string"},
        },
        "required": ["box_2d", "label"],
    },
}
"""No limits on lengths and numbers: the service refuses schemas with many of them, and `read_answer` holds them."""

INSTRUCTIONS = """\
Detect the objects in this photograph of an indoor scene. Answer with a list that has one entry for each object: \
box_2d, its bounding box as [ymin, xmin, ymax, xmax], normalized to 0-1000, tight around what is visible of it, and \
label, what it is.

Rules:
- Furniture, appliances, and things that stand or lie about or hang on a wall. No wall, floor, ceiling, window, door, \
person, shadow or reflection, and no part of an object that is in the list itself.
- One entry for each object, never one for a group: three chairs are three entries. No object twice.
- A label is a common noun in the singular, one to three words, in lower case, such as "office chair". No numbers, \
places or sizes.
- At most {most} objects; the larger ones first. Leave out what you cannot make out.
"""

VOCABULARY = """\
In other photographs of the same scene these were found: {known}. Where you see one of them, call it the same. Do not \
list what this photograph does not show.
"""

SECOND_TRY = 2
"""An answer that breaks off, or runs in a circle, is mostly one that was too long: the second question asks for as many
times fewer objects."""

TOKENS_AN_OBJECT = 80
"""More than an entry takes (about 40): an answer of more tokens for each object has lost its way."""

JPEG_QUALITY = 90


class GeminiRecognizer:
    """Asks Gemini."""

    def __init__(self, gemini: Gemini, scene_id: str, settings: RecognitionSettings) -> None:
        self.gemini, self.scene_id, self.settings = gemini, scene_id, settings
        self.name = gemini.model

    @property
    def usage(self) -> Usage:
        return self.gemini.usage

    def choose(self, frames: pl.DataFrame) -> pl.DataFrame:
        """The keyframes: what lies between them shows the same again, and costs as much."""
        keyframes = frames.filter(pl.col("keyframe"))
        if keyframes.is_empty():
            raise RecognitionError(f"scene {self.scene_id}: has no keyframe that {self.name} could be shown")
        return keyframes

    def recognise(self, frame: Mapping[str, Any], known: Sequence[str]) -> Answer:
        picture = sent_picture(frame, self.settings.max_image_side_px)
        most = self.settings.max_objects
        reason = ""
        for objects in (most, -(-most // SECOND_TRY)):
            try:
                content = self.gemini.ask(prompt_of(objects, known), SCHEMA, [picture])
                return read_answer(content, frame["width"], frame["height"], self.settings)
            except AnswerError as error:
                reason = str(error)
            except GeminiError as error:
                if error.is_final or error.is_outage:
                    raise RecognitionError(_advice(self.scene_id, frame["frame_id"], error)) from error
                reason = str(error)
                if not error.is_no_json:
                    break
        raise FrameUnrecognised(reason)


def load(
    registration: Registration, settings: RecognitionSettings, answers_folder: str, base_url: str | None = None
) -> GeminiRecognizer:
    """The recognizer of the model that the settings name."""
    thinking = None if settings.thinking_tokens < 0 else settings.thinking_tokens
    gemini = Gemini(
        settings.model,
        answers_folder,
        timeout_s=settings.timeout_s,
        attempts=settings.attempts,
        base_url=base_url,
        thinking_tokens=thinking,
        max_answer_tokens=None if thinking is None else thinking + TOKENS_AN_OBJECT * settings.max_objects,
    )
    return GeminiRecognizer(gemini, registration.scene_id, settings)


def prompt_of(most: int, known: Sequence[str]) -> str:
    """What Gemini is asked.

    Args:
        most: objects that it may name.
        known: labels that were found in earlier frames.
    """
    text = INSTRUCTIONS.format(most=most)
    return f"{text}\n{VOCABULARY.format(known=', '.join(known))}" if known else text


def sent_picture(frame: Mapping[str, Any], max_side_px: int) -> Picture:
    """A frame's image as it is sent: a JPEG without metadata (an orientation would turn the boxes), of bounded size.

    It is known by the bytes of the frame's file and by `max_side_px`, not by the JPEG, which may change with the
    encoder.

    Raises:
        ImageError: the image cannot be read, or has another size than its frame says.
    """
    path = frame["image"]
    stored = read_bytes(path)
    image = decode_color(stored, path)
    if image.shape[:2] != (frame["height"], frame["width"]):
        raise ImageError(
            f"{path}: is {image.shape[1]}x{image.shape[0]} pixels, but frame {frame['frame_id']} is "
            f"{frame['width']}x{frame['height']}"
        )
    done, data = cv2.imencode(".jpg", scaled(image, max_side_px)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ImageError(f"{path}: cannot be encoded as JPEG")
    return Picture(data.tobytes(), "image/jpeg", f"{hashlib.sha256(stored).hexdigest()} at most {max_side_px}")


def scaled(image: NDArray[np.uint8], max_side_px: int) -> NDArray[np.uint8]:
    """The image `(h, w, 3)`, smaller where its longer side has more than `max_side_px` pixels."""
    height, width = image.shape[:2]
    share = max_side_px / max(height, width)
    if share >= 1.0:
        return image
    size = max(round(width * share), 1), max(round(height * share), 1)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _advice(scene_id: str, frame_id: str, error: GeminiError) -> str:
    if error.is_outage:
        advice = "answers so far are kept; run it again later"
    else:
        advice = "see the section [recognition] of the settings, or give the scene recorded recognitions"
    return f"scene {scene_id}, frame {frame_id}: {error}; {advice}"
