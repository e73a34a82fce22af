"""The dataset card of an export: what it holds, under which licences, and how to load it.

What does not belong here: writing the export's files (`export.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CARD = "README.md"
NO_LICENSE = "not stated"

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Limits of Hugging Face's size categories, samples."""


@dataclass
class Contents:
    """Counts of what an export holds, gathered sample by sample."""

    rows: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    scenes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    licenses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    licensed_rows: Counter[str] = field(default_factory=Counter)

    def count(self, row: Mapping[str, Any]) -> None:
        """Count one row of `training_export`."""
        license_name = row["license"] or NO_LICENSE
        self.rows[row["split"]] += 1
        self.cells[row["subtask"], row["question_types"][0], row["split"]] += 1
        self.scenes[row["split"]].add(row["scene_id"])
        self.licenses[license_name].add(row["scene_id"])
        self.licensed_rows[license_name] += 1


def card(title: str, contents: Contents, jsonl: bool) -> str:
    """The card as Markdown, with the header from which `datasets.load_dataset(<folder>)` finds the splits.

    Args:
        title: what the dataset is called; it is the name of its only configuration, too.
        jsonl: whether the export has JSONL files and a folder of images.
    """
    splits = sorted(contents.rows, key=lambda split: (split != "train", split))
    parts = [
        _header(title, splits, sum(contents.rows.values())),
        f"# {title}\n",
        _ABOUT,
        _contents_table(splits, contents),
    ]
    parts += [_licenses(contents), _loading(splits)]
    if jsonl and splits:
        parts.append(_JSONL)
    return "\n".join([*parts, _COLUMNS])


def _header(title: str, splits: list[str], total: int) -> str:
    names = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"]
    size = names[sum(total >= limit for limit in _SIZES)]
    lines = [
        "---",
        f"pretty_name: {title}",
        "license: other",
        "task_categories:",
        "- visual-question-answering",
        "language:",
        "- en",
    ]
    lines += ["size_categories:", f"- {size}"]
    if splits:
        lines += ["configs:", f"- config_name: {title}", "  data_files:"]
        lines += [line for s in splits for line in (f"  - split: {s}", f"    path: data/{s}-*.parquet")]
    return "\n".join([*lines, "---", ""])


_ABOUT = """Question-answer pairs on the spatial relations, sizes, distances and depths of objects in real and generated
rooms, computed from posed RGB-D frames and oriented 3D boxes. What a question points at is drawn into its image: a
coloured mask, a box, or a labelled point.

All questions of a scene are in one split. Samples are sorted by scene and frame: **shuffle them before training**.
"""


def _contents_table(splits: list[str], contents: Contents) -> str:
    lines = ["## Contents", "", _row("sub-task", "form", *splits), _rule(2, len(splits))]
    for subtask, form in sorted({cell[:2] for cell in contents.cells}):
        lines.append(_row(subtask, form, *(f"{contents.cells[subtask, form, split]:,}" for split in splits)))
    lines.append(_row("**all**", "", *(f"**{contents.rows[split]:,}**" for split in splits)))
    lines.append(_row("scenes", "", *(f"{len(contents.scenes[split]):,}" for split in splits)))
    return "\n".join([*lines, ""])


def _licenses(contents: Contents) -> str:
    lines = ["## Licences", "", "Each sample keeps the licence of its scene's images, in the column `license`.", ""]
    lines += [_row("licence", "scenes", "samples"), _rule(1, 2)]
    for name in sorted(contents.licenses):
        lines.append(_row(name, f"{len(contents.licenses[name]):,}", f"{contents.licensed_rows[name]:,}"))
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _rule(texts: int, numbers: int) -> str:
    return "|" + "---|" * texts + "---:|" * numbers


def _loading(splits: list[str]) -> str:
    if not splits:
        return "The export holds no sample.\n"
    return f"""## How to load

```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder")  # or load_dataset("parquet", data_files="data/{splits[0]}-*.parquet")
sample = dataset["{splits[0]}"][0]
sample["QA_images"][0]  # a PIL image, with the marks drawn
sample["messages"]  # [{{"from": "human", "value": "<image>\\n..."}}, {{"from": "gpt", "value": "..."}}]
```
"""


_JSONL = """The same samples stand in `<split>.jsonl`, one a line, as trainers in the manner of ShareGPT read them:
`conversations` holds the turns, with `<image>` for each of `images`, whose paths are relative to the JSONL file.
"""

_COLUMNS = """## Columns

| column | meaning |
|---|---|
| `messages` | the turns: `from` (human, gpt) and `value`; `<image>` stands for each image |
| `QA_images` | the marked images, in the order of `<image>` |
| `question_tags` | the capability that the question tests |
| `question_types` | its form: open_ended, multiple_choice or judgement |
| `qa_id` | the question, traceable to its boxes and frames in the tables that it was made from |
| `subtask` | one of the sub-tasks above |
| `scene_id` | the scene |
| `split` | train or val |
| `license` | the licence of the scene's images |
"""
