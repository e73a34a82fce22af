"""Who names the objects of a frame: Gemini, or answers that were recorded before. One module each, found by name.

What belongs here: the narrow interface that both share, and which of them a scene gets. What does not: reading an
answer (`engine/recognition`), and the table (`assets/recognitions.py`).
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

import polars as pl

from openspatial_assets.engine.recognition.answers import Answer
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources import sources
from resources.gemini import Usage, has_key
from resources.sources.registration import Registration

RECORDED, GEMINI = "recorded", "gemini"


class RecognitionError(ValueError):
    """A scene whose objects cannot be recognised; the message names scene, file or setting, and says what to do."""


class FrameUnrecognised(Exception):
    """One frame that has no usable answer; the message says why. The others go on."""


class Recognizer(Protocol):
    """Names the objects of one frame at a time.

    Attributes:
        name: what the table says of who named them: the model, or `recorded`.
        usage: what was asked so far.
    """

    name: str
    usage: Usage

    def choose(self, frames: pl.DataFrame) -> pl.DataFrame:
        """Those rows of `frames` that it can say something of, in their order.

        Raises:
            RecognitionError: there is none.
        """
        ...

    def recognise(self, frame: Mapping[str, Any], known: Sequence[str]) -> Answer:
        """The objects of a frame.

        Args:
            frame: a row of `frames`.
            known: labels that were found in earlier frames of the scene, most frequent first.

        Raises:
            FrameUnrecognised: it has no usable answer.
            RecognitionError: no frame of the scene will have one.
        """
        ...


def load(
    registration: Registration, settings: RecognitionSettings, answers_folder: str, base_url: str | None = None
) -> Recognizer:
    """The recognizer that a scene gets.

    Args:
        answers_folder: where Gemini's answers are kept, a path or a URL.
        base_url: of another service that speaks Gemini's language.

    Raises:
        RecognitionError: it cannot be used for this scene as things are set.
    """
    name = _chosen(registration, settings)
    return import_module(f"{__name__}.{name}").load(registration, settings, answers_folder, base_url)


def can_recognise(registration: Registration, settings: RecognitionSettings | None = None) -> bool:
    """Whether the scene's objects can be recognised: there are recorded answers, or a key to ask Gemini with.

    Args:
        settings: None for the defaults.

    Raises:
        SourceError: the scene's layout is unknown, or its folder is missing.
    """
    if _chosen(registration, settings or RecognitionSettings()) == GEMINI:
        return has_key()
    return sources.load(registration.source).recorded_recognitions(registration) is not None


def _chosen(registration: Registration, settings: RecognitionSettings) -> str:
    if settings.recognizer != "auto":
        return settings.recognizer
    recorded = sources.load(registration.source).recorded_recognitions(registration)
    return GEMINI if recorded is None else RECORDED
