"""The annotation of a capture, `<id>_3dod_annotation.json`.

What does not belong here: frames (beside this module), and the table of boxes (`resources/sources/annotations.py`).
"""

from pathlib import Path
from typing import Any

from resources.sources.annotations import Annotation
from resources.sources.folders import read_json
from resources.sources.obb_records import annotation_of_record
from resources.sources.registration import SourceError

UID_CHARACTERS = 8
"""Of an object's uid, in its id; all of it where these are not enough to tell two objects of one label apart."""


def read_annotations(path: Path, scene_id: str) -> list[Annotation] | None:
    """The objects of a capture; None where nobody has annotated it. An empty list is a room without furniture.

    Taken are `segments.obbAligned`, metres in the world of the trajectory. Beside them stands `segments.obb`, of
    another frame and in centimetres.

    Raises:
        SourceError: the file or an object in it is broken.
    """
    content = read_json(path, scene_id)
    objects = content.get("data")
    if not objects and (not content or content.get("skipped") is True):
        return None
    if not isinstance(objects, list):
        raise SourceError(f"scene {scene_id}: {path}: has no list `data` of objects; download it again", path)
    try:
        labels = [_label(item, number) for number, item in enumerate(objects)]
        ids = _ids(objects, labels)
        return [_annotation(*numbered) for numbered in zip(ids, labels, objects, strict=True)]
    except ValueError as error:
        raise SourceError(f"scene {scene_id}: {path}: {error}", path) from None


def _label(item: Any, number: int) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("label"), str):
        raise ValueError(f"object number {number} in `data` has no label")
    return item["label"]


def _ids(objects: list[dict], labels: list[str]) -> list[str]:
    """Short ids such as `tv_monitor_3f2a90c1`, made of label and uid, where there is none objectId, else the place."""

    def ids(characters: int | None) -> list[str]:
        named = []
        for number, (item, label) in enumerate(zip(objects, labels, strict=True)):
            own = next((item[key] for key in ("uid", "objectId") if item.get(key) not in (None, "")), number)
            letters = "".join(letter for letter in str(own) if letter.isalnum())
            named.append(f"{'_'.join(label.split())}_{letters[:characters]}")
        return named

    short = ids(UID_CHARACTERS)
    return short if len(set(short)) == len(short) else ids(None)


def _annotation(object_id: str, label: str, item: dict) -> Annotation:
    segments = item.get("segments")
    record = segments.get("obbAligned") if isinstance(segments, dict) else None
    return annotation_of_record(object_id, label, record, "segments.obbAligned")
