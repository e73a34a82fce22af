"""Settings of the stage `gallery`.

What does not belong here: what the settings do (`assets/gallery.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GallerySettings:
    """How much of a scene its gallery shows, and how finely.

    Attributes:
        questions_per_subtask: most questions shown of a sub-task in one variant, evenly spread over forms and frames.
        max_frames: most pictures in the page; 400 pictures of 640 pixels make some 30 MB.
        picture_width_px: pictures wider than this are made smaller; marks are lines and stay sharp.
        jpeg_quality: of the pictures, 1 to 100.

    Raises:
        ValueError: a setting is out of its range.
    """

    questions_per_subtask: int = 60
    max_frames: int = 400
    picture_width_px: int = 640
    jpeg_quality: int = 75

    def __post_init__(self) -> None:
        for name, good, wanted in (
            ("questions_per_subtask", self.questions_per_subtask >= 0, "0 or more"),
            ("max_frames", self.max_frames >= 0, "0 or more"),
            ("picture_width_px", self.picture_width_px >= 16, "at least 16"),
            ("jpeg_quality", 1 <= self.jpeg_quality <= 100, "from 1 to 100"),
        ):
            if not good:
                raise ValueError(f"setting gallery.{name} is {getattr(self, name)}, but must be {wanted}")
