"""From a scene's frames to the table `recognitions`: what a recognizer names in each of them, and where.

What does not belong here: who is asked, and how (`resources/recognizer`), how an answer is read (`engine/recognition`),
and the pixels of an object (`instance_masks.py`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from openspatial_assets.engine.recognition.answers import Answer
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources.gemini import Usage
from resources.recognizer import FrameUnrecognised, RecognitionError, Recognizer, load
from resources.sources.registration import Registration
from resources.tables import RECOGNITIONS

RULE_VERSION = "1"

HOPELESS_AFTER = 3
"""Frames without a usable answer, and none with one before, after which the others are not even asked about."""

TOKENS_A_PRICE = 1_000_000
"""Prices are told for so many tokens."""


@dataclass(frozen=True)
class Recognised:
    """A scene's recognitions, and what they took.

    Attributes:
        rows: the `recognitions` table.
        recognizer: the model that was asked, or `recorded`.
        frames: frames that were looked at.
        usage: what was asked.
        cost_usd: of the answers that the service gave this time; None where the prices are not set.
        unanswered: frame id -> why it has no usable answer.
        dropped: reason -> entries of answers that were dropped.
    """

    rows: pl.DataFrame
    recognizer: str
    frames: int
    usage: Usage
    cost_usd: float | None = None
    unanswered: Mapping[str, str] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int | float | str]:
        """What to show of it, under names that stay the same; the cost only where it is known."""
        counts: dict[str, int | float | str] = {
            "recognizer": self.recognizer,
            "frames_looked_at": self.frames,
            "frames_without_answer": len(self.unanswered),
            "asked": self.usage.asked,
            "remembered": self.usage.remembered,
            "sent_again": self.usage.sent_again,
            "prompt_tokens": self.usage.prompt_tokens,
            "answer_tokens": self.usage.answer_tokens,
            "entries_dropped": sum(self.dropped.values()),
        }
        return counts if self.cost_usd is None else counts | {"cost_usd": self.cost_usd}


def recognitions_of(
    registration: Registration,
    frames: pl.DataFrame,
    settings: RecognitionSettings,
    answers_folder: str,
    base_url: str | None = None,
) -> Recognised:
    """The `recognitions` of a scene, sorted by frame and detection.

    Frames are taken in their order, and each is offered the labels found before it: the same object then is called the
    same. A frame without a usable answer has no rows, and its reason is told.

    Args:
        frames: all of the scene.
        answers_folder: where a model's answers are kept, a path or a URL: the same question is never sent twice.
        base_url: of another service that speaks Gemini's language.

    Raises:
        RecognitionError: the recognizer cannot be used, the service is down, or no frame has a usable answer.
        ImageError: an image cannot be read.
    """
    recognizer = load(registration, settings, answers_folder, base_url)
    return recognised_by(recognizer, registration.scene_id, frames, settings)


def recognised_by(
    recognizer: Recognizer, scene_id: str, frames: pl.DataFrame, settings: RecognitionSettings
) -> Recognised:
    """The same, by a given recognizer."""
    chosen = recognizer.choose(frames.sort("frame_id"))
    labels: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    answers: dict[str, Answer] = {}
    unanswered: dict[str, str] = {}
    for frame in chosen.iter_rows(named=True):
        known = [label for label, _ in labels.most_common(settings.max_vocabulary)]
        try:
            answer = recognizer.recognise(frame, known)
        except FrameUnrecognised as error:
            unanswered[frame["frame_id"]] = str(error)
            if not answers and len(unanswered) >= min(HOPELESS_AFTER, chosen.height):
                raise RecognitionError(_hopeless(scene_id, recognizer, unanswered, chosen.height)) from error
            continue
        answers[frame["frame_id"]] = answer
        dropped.update(answer.dropped)
        labels.update(detection.label for detection in answer.detections)
    return Recognised(
        rows=_rows(answers, recognizer.name),
        recognizer=recognizer.name,
        frames=chosen.height,
        usage=recognizer.usage,
        cost_usd=_cost(recognizer.usage, settings),
        unanswered=unanswered,
        dropped=dict(dropped),
    )


def _rows(answers: Mapping[str, Answer], recognizer: str) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "frame_id": frame_id,
                "detection": number,
                "label": detection.label,
                "box_2d": list(detection.box),
                "recognizer": recognizer,
            }
            for frame_id, answer in answers.items()
            for number, detection in enumerate(answer.detections)
        ],
        schema=RECOGNITIONS.schema,
    )


def _cost(usage: Usage, settings: RecognitionSettings) -> float | None:
    """US dollars of what the service answered; None unless a price is set."""
    if settings.input_price == settings.output_price == 0.0:
        return None
    spent = usage.prompt_tokens * settings.input_price + usage.answer_tokens * settings.output_price
    return spent / TOKENS_A_PRICE


def _hopeless(scene_id: str, recognizer: Recognizer, unanswered: Mapping[str, str], frames: int) -> str:
    """What to say when there is no use in going on."""
    frame_id, reason = next(iter(unanswered.items()))
    return (
        f"scene {scene_id}: {recognizer.name} has no usable answer to the first {len(unanswered)} of {frames} frames, "
        f"so the others were not looked at; frame {frame_id}: {reason}"
    )
