"""Whether captions are rephrased by a language model, and how it is asked.

What does not live here: the key of the service, which stands in the environment only, and the check that a rephrased
caption has to pass (`caption_check.py`).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CaptionSettings:
    """How captions are rephrased.

    Attributes:
        captioner: `none` keeps the plain text; `gemini` asks Gemini, with the key in `GEMINI_API_KEY`.
        model: which of Gemini's models.
        timeout_s: seconds that one request may take.
        attempts: how often a request is sent before it is given up, if the service fails.
    """

    captioner: Literal["none", "gemini"] = "none"
    model: str = "gemini-2.5-flash"
    timeout_s: float = 60.0
    attempts: int = 5

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise ValueError("caption settings: model is empty; set the name of a Gemini model")
        if self.timeout_s <= 0:
            raise ValueError(f"caption settings: timeout_s={self.timeout_s} is not positive")
        if self.attempts < 1:
            raise ValueError(f"caption settings: attempts={self.attempts} is not 1 or more")
