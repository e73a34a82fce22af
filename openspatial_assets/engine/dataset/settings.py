"""Settings of the stages `dataset` and `training_export`.

What does not belong here: what the settings do (`mixture.py`, `splits.py`, `near_duplicates.py`).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetSettings:
    """How a variant's questions become a mixture.

    Attributes:
        val_fraction: share of the scenes that validate, 0 to 1.
        hold_out_one: whether, of two or more scenes, one validates though the draw sends all to train.
        location_pattern: regular expression; scenes whose ids match it and agree in its first group show one place and
            share a split. The default joins ScanNet's rescans (`scene0000_00`, `scene0000_01`); empty joins none.
        views_per_fact: in how many frames the same thing may be asked of the same objects with the same answer.
        answer_share_tolerance: by how much the share of an answer (yes or no; the letters) may exceed an even share.
        max_weight: largest sampling weight, where 1 is the mean; more would only teach a rare sub-task by heart.
        seed: of the splits and of which near-duplicate stays.

    Raises:
        ValueError: a setting is out of its range.
    """

    val_fraction: float = 0.1
    hold_out_one: bool = True
    location_pattern: str = r"^(.*scene\d{4})_\d{2}$"
    views_per_fact: int = 1
    answer_share_tolerance: float = 0.05
    max_weight: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, good, wanted in (
            ("val_fraction", 0 <= self.val_fraction <= 1, "from 0 to 1"),
            ("views_per_fact", self.views_per_fact >= 1, "at least 1"),
            ("answer_share_tolerance", 0 <= self.answer_share_tolerance <= 1, "from 0 to 1"),
            ("max_weight", self.max_weight >= 1, "at least 1"),
        ):
            if not good:
                raise ValueError(f"setting dataset.{name} is {getattr(self, name)}, but must be {wanted}")


@dataclass(frozen=True)
class ExportSettings:
    """How training samples are written.

    Attributes:
        jpeg_quality: of the marked images, 1 to 100.
        max_shard_mb: a Parquet shard is closed once it holds so much.
        jsonl: whether the ShareGPT-style JSONL and its folder of images are written beside the Parquet.
        dataset_name: what the dataset is called, in its card and by `datasets.load_dataset(<folder>, <name>)`: letters,
            digits, `-`, `_` and `.`; empty for the variant's name.

    Raises:
        ValueError: a setting is out of its range.
    """

    jpeg_quality: int = 92
    max_shard_mb: int = 256
    jsonl: bool = True
    dataset_name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"setting export.jpeg_quality is {self.jpeg_quality}, but must be from 1 to 100")
        if self.max_shard_mb < 1:
            raise ValueError(f"setting export.max_shard_mb is {self.max_shard_mb}, but must be at least 1")
        if not re.fullmatch(r"[A-Za-z0-9._-]*", self.dataset_name):
            raise ValueError(
                f"setting export.dataset_name is {self.dataset_name!r}, but may hold letters, digits, '-', '_', '.'"
            )
