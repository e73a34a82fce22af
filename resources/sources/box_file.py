"""`objects.json`: the annotated boxes of a scene, checked so that a wrong box never becomes a question.

    [{"id": "chair_1", "label": "chair", "obb": [cx, cy, cz, xl, yl, zl, roll, pitch, yaw]}, ...]

Centre and full extents in metres, angles in radians, `R = Rz(yaw) Ry(pitch) Rx(roll)` from the box's axes to the world.
What does not belong here: other annotation formats (the layout modules convert theirs).
"""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from resources.sources.annotations import RESERVED, normalized_tag
from resources.sources.registration import SourceError
from resources.tables import SCENE_BOXES

OBB = ("cx", "cy", "cz", "xl", "yl", "zl", "roll", "pitch", "yaw")
"""The nine numbers of a box, in the order of the file."""

SHOWN_FAULTS = 5


def read_box_file(path: Path, scene_id: str, metric: bool) -> pl.DataFrame:
    """The `scene_boxes` table of a box file, in the file's order.

    Raises:
        SourceError: the file is broken or empty, or any object in it is: one bad box fails them all, because questions
            about the others would be asked of a scene in which an object is missing. All faults are named, up to five.
    """
    objects = _load(path, scene_id)
    faults = [fault for position, item in enumerate(objects) for fault in _faults(item, position)]
    ids = Counter(str(item["id"]) for item in objects if isinstance(item, dict) and "id" in item)
    faults += [f"object {name!r}: the id occurs {count} times" for name, count in ids.items() if count > 1]
    if faults:
        more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise SourceError(f"scene {scene_id}: {path}: {'; '.join(faults[:SHOWN_FAULTS])}{more}", path)
    numbers = [[float(number) for number in item["obb"]] for item in objects]
    return pl.DataFrame(
        {
            "object_id": [str(item["id"]) for item in objects],
            "tag": [normalized_tag(item["label"]) for item in objects],
            "label": [item["label"] for item in objects],
            "center": [obb[0:3] for obb in numbers],
            "extents": [obb[3:6] for obb in numbers],
            "rpy": [obb[6:9] for obb in numbers],
            "origin": ["annotated"] * len(objects),
            "metric": [metric] * len(objects),
            "num_views": [None] * len(objects),
            "confidence": [None] * len(objects),
        },
        schema=SCENE_BOXES.schema,
    )


def _load(path: Path, scene_id: str) -> list:
    """The file's list of objects."""
    try:
        objects = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"scene {scene_id}: {path}: cannot be read ({error.strerror})", path) from error
    except ValueError as error:
        raise SourceError(f"scene {scene_id}: {path}: is no JSON file ({error})", path) from error
    if not isinstance(objects, list):
        raise SourceError(
            f"scene {scene_id}: {path}: must hold a list of objects, not a {type(objects).__name__}", path
        )
    if not objects:
        raise SourceError(f"scene {scene_id}: {path}: holds no object; add boxes, or remove the file", path)
    return objects


def _faults(item: Any, position: int) -> list[str]:
    """What is wrong with one object of the file."""
    if not isinstance(item, dict):
        return [f"entry {position}: is a {type(item).__name__}, not an object with id, label and obb"]
    name, label, obb = item.get("id"), item.get("label"), item.get("obb")
    where = f"object {str(name)!r}"
    faults = []
    if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
        where = f"entry {position}"
        faults.append(f"{where}: id must be a text or a whole number, but is {name!r}")
    elif any(mark in str(name) for mark in RESERVED):
        faults.append(f"{where}: id must not hold {' or '.join(RESERVED)}, which join ids in answers")
    if not isinstance(label, str) or not label.replace("_", " ").strip():
        faults.append(f"{where}: label must be a text, but is {label!r}")
    if not isinstance(obb, list) or len(obb) != len(OBB):
        have = f"{len(obb)} values" if isinstance(obb, list) else repr(obb)
        return [*faults, f"{where}: obb must hold {len(OBB)} numbers ({', '.join(OBB)}), but has {have}"]
    for field, value in zip(OBB, obb, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            faults.append(f"{where}: {field} must be a finite number, but is {value!r}")
        elif field in ("xl", "yl", "zl") and value <= 0:
            faults.append(f"{where}: the extent {field} must be positive, but is {value!r}")
    return faults
