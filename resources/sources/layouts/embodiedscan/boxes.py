"""EmbodiedScan's boxes: nine numbers, with angles about axes that turn along.

What does not belong here: the table of boxes (`resources/sources/annotations.py`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resources.sources.annotations import Annotation

NUMBERS = 9


class BoxError(ValueError):
    """An object that cannot be read; the message names it."""


def rotations_from_zxy(angles: ArrayLike) -> NDArray[np.float64]:
    """Rotation matrices `(*, 3, 3)` of angles a, b, c `(*, 3)` in radians: `Rz(a) Rx(b) Ry(c)`.

    Each turn is about the box's own axis as the one before has left it. Many boxes have b = -pi/2, where only a - c
    matters: their second axis is the vertical one.
    """
    angles = np.asarray(angles, np.float64)
    (ca, cb, cc), (sa, sb, sc) = np.moveaxis(np.cos(angles), -1, 0), np.moveaxis(np.sin(angles), -1, 0)
    rows = (
        (ca * cc - sa * sb * sc, -sa * cb, ca * sc + sa * sb * cc),
        (sa * cc + ca * sb * sc, ca * cb, sa * sc - ca * sb * cc),
        (-cb * sc, sb, cb * cc),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def annotations(instances: Sequence[Mapping[str, Any]]) -> list[Annotation]:
    """The annotated objects of a scene, in the order of the file.

    Raises:
        BoxError: an object lacks its box, id or category.
    """
    return [_annotation(position, instance) for position, instance in enumerate(instances)]


def _annotation(position: int, instance: Mapping[str, Any]) -> Annotation:
    number, label, box = instance.get("bbox_id"), instance.get("label"), instance.get("bbox_3d")
    where = f"object {position} of its instances"
    if type(number) is not int:
        raise BoxError(f"{where} has no bbox_id that is a whole number")
    where = f"{where}, with bbox_id {number},"
    if label is None:
        raise BoxError(f"{where} has the category {instance.get('bbox_label_3d')}, which metainfo does not name")
    if not isinstance(box, list) or len(box) != NUMBERS or not all(isinstance(value, int | float) for value in box):
        raise BoxError(f"{where} ({label}) has no bbox_3d of {NUMBERS} numbers")
    name = "_".join(re.findall(r"\w+", label)) or "object"
    return Annotation(f"{name}_{number}", label, box[:3], rotations_from_zxy(box[6:]), box[3:6])
