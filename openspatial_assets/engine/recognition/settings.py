"""Who names the objects of a frame, how it is asked, and what counts of its answers.

What does not live here: the key of the service, which stands in the environment only, and how answers are read
(`answers.py`).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RecognitionSettings:
    """How objects are recognised.

    Attributes:
        recognizer: `recorded` reads the answers that lie beside the scene; `gemini` asks Gemini, with the key in
            `GEMINI_API_KEY`; `auto` reads recorded answers if the scene has some, and else asks Gemini.
        model: which of Gemini's models.
        timeout_s: seconds that one request may take.
        attempts: how often a request is sent before it is given up, if the service fails.
        thinking_tokens: tokens that the model may think for: boxes gain nothing from it, and it is paid for. -1 leaves
            it to the model; those that cannot do without need that.
        max_image_side_px: a longer image is scaled down before it is sent; boxes are given in shares of the image.
        max_objects: most objects that are asked for, and taken, of one frame.
        max_vocabulary: most labels of earlier frames that are offered; 0 offers none.
        min_side_px: a box of less width or height is dropped: there is nothing in it to segment.
        duplicate_iou: of two boxes of the same kind that overlap at least so much, the second is dropped.
        input_price, output_price: US dollars per million tokens sent and answered (0: unknown, so no cost is told).
    """

    recognizer: Literal["auto", "recorded", "gemini"] = "auto"
    model: str = "gemini-2.5-flash"
    timeout_s: float = 60.0
    attempts: int = 5
    thinking_tokens: int = 0
    max_image_side_px: int = 1024
    max_objects: int = 40
    max_vocabulary: int = 60
    min_side_px: float = 3.0
    duplicate_iou: float = 0.75
    input_price: float = 0.0
    output_price: float = 0.0

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise ValueError("recognition settings: model is empty; set the name of a Gemini model")
        least = {
            "timeout_s": 0.001, "attempts": 1, "thinking_tokens": -1, "max_image_side_px": 64, "max_objects": 1,
            "max_vocabulary": 0, "min_side_px": 0.0, "input_price": 0.0, "output_price": 0.0,
        }  # fmt: skip
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise ValueError(f"recognition settings: {name}={getattr(self, name)} is not {lowest} or more")
        if not 0.0 < self.duplicate_iou <= 1.0:
            raise ValueError(f"recognition settings: duplicate_iou={self.duplicate_iou} is not above 0 and at most 1")
