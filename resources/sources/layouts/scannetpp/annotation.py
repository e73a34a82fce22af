"""The annotated boxes of a scene, `scans/segments_anno.json`.

What does not belong here: the table of boxes (`resources/sources/annotations.py`).
"""

import re
from pathlib import Path
from typing import Any

from resources.sources.annotations import Annotation
from resources.sources.folders import read_json
from resources.sources.obb_records import annotation_of_record
from resources.sources.registration import SourceError

NUMBERS = ("objectId", "id")
"""What an object is numbered by; the second where the first is missing or not unique."""


def read_annotations(path: Path, scene_id: str) -> list[Annotation]:
    """The objects of a scene: each group's `obb`, metres in the world of the mesh.

    Raises:
        SourceError: the file or an object in it is broken.
    """
    groups = read_json(path, scene_id).get("segGroups")
    if not isinstance(groups, list):
        raise SourceError(f"scene {scene_id}: {path}: has no list `segGroups` of objects; download it again", path)
    try:
        labels = [_label(group, place) for place, group in enumerate(groups)]
        names = _names(groups, labels)
        return [
            annotation_of_record(name, label, group.get("obb"), "obb")
            for name, label, group in zip(names, labels, groups, strict=True)
        ]
    except ValueError as error:
        raise SourceError(f"scene {scene_id}: {path}: {error}", path) from None


def _label(group: Any, place: int) -> str:
    if not isinstance(group, dict) or not isinstance(group.get("label"), str):
        raise ValueError(f"object number {place} in `segGroups` has no label")
    return group["label"]


def _names(groups: list[dict], labels: list[str]) -> list[str]:
    """Ids such as `office_chair_12`."""
    plain = [re.sub(r"[^0-9A-Za-z.-]+", "_", label).strip("_") for label in labels]
    named: list[str] = []
    for key in NUMBERS:
        named = [f"{label}_{group.get(key)}" for label, group in zip(plain, groups, strict=True)]
        if all(key in group for group in groups) and len(set(named)) == len(named):
            return named
    return named
