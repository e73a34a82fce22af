"""Oriented boxes as the annotation tools of ScanNet++, ARKitScenes and 3RScan write them.

    {"centroid": [3 numbers], "axesLengths": [3 numbers], "normalizedAxes": [9 numbers]}

Lengths are full; the three axes stand one after the other, so they are the ROWS of a 3x3 matrix, in any order and of
either handedness. What does not belong here: where in a file the record is (the layouts).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.sources.annotations import Annotation

SHAPES = {"centroid": (3,), "axesLengths": (3,), "normalizedAxes": (3, 3)}


def annotation_of_record(object_id: str, label: str, record: Any, place: str) -> Annotation:
    """The annotation of a record.

    Args:
        place: what the file calls the record, for the message of an error.

    Raises:
        ValueError: the record is missing, or lacks a number.
    """
    if not isinstance(record, dict):
        raise ValueError(f"object {object_id!r}: has no {place}")
    values = {name: _numbers(object_id, record, name, shape, place) for name, shape in SHAPES.items()}
    return Annotation(
        object_id=object_id,
        label=label,
        center=values["centroid"],
        rotation=values["normalizedAxes"].T,
        extents=values["axesLengths"],
    )


def _numbers(object_id: str, record: dict, name: str, shape: tuple[int, ...], place: str) -> NDArray[np.float64]:
    try:
        return np.array(record[name], dtype=np.float64).reshape(shape)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"object {object_id!r}: {place}.{name} must be {int(np.prod(shape))} numbers") from None
