"""From a dataset's annotated boxes to the table `scene_boxes`: tags, handedness, and which axis is up.

What does not belong here: where a dataset keeps its boxes and how it writes them (the layouts).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.rotations import rotation_error, rpy_from_matrix
from resources.sources.registration import SourceError
from resources.tables import SCENE_BOXES

UNTYPED = "object"
"""The tag of what nobody has named: no question speaks of it by its tag."""

UNTYPED_LABELS = frozenset(
    [
        "object",
        "objects",
        "unknown",
        "unlabeled",
        "unannotated",
        "unclassified",
        "void",
        "misc",
        "remove",
        "otherprop",
        "otherstructure",
        "otherfurniture",
    ]
)
"""In lower case: words that datasets write where nobody has named a thing, or only as the rest of a class."""

RESERVED = (">", "|")
"""Evidence and answers write pairs of ids as `a|b` and orders as `a>b`."""

MIN_EXTENT_M = 1e-3
"""Sheets (a poster, a carpet) are annotated with a thickness of 0; a box has one."""

AXES_TOLERANCE = 1e-2
"""Axes are printed with few digits; what is further from unit length and right angles is no rotation."""

SHOWN_FAULTS = 5


@dataclass(frozen=True)
class Annotation:
    """One annotated object.

    Attributes:
        object_id: unique in the scene.
        label: the dataset's own tag, as it writes it.
        center: `(3,)` metres, world.
        rotation: `(3, 3)` columns are the box's axes in the world; a left-handed set is made right-handed.
        extents: `(3,)` full lengths along these axes, metres; 0 for a sheet.
    """

    object_id: str
    label: str
    center: ArrayLike
    rotation: ArrayLike
    extents: ArrayLike


def normalized_tag(label: str) -> str:
    """A label as a question names it: lower case, underscores as spaces, single spaces, such as `coffee table`.

    What nobody has named, such as `unknown`, is `object`.
    """
    tag = " ".join(label.replace("_", " ").lower().split())
    return UNTYPED if not tag or tag in UNTYPED_LABELS else tag


def boxes_table(
    scene_id: str, path: str | PathLike, annotations: Sequence[Annotation], metric: bool = True
) -> pl.DataFrame:
    """The `scene_boxes` table, in the order of the annotations.

    Args:
        path: the file they are from, for the message of an error.

    Raises:
        SourceError: any of them is broken: one bad box fails them all, because questions about the others would be
            asked of a scene in which an object is missing. All faults are named, up to five.
    """
    faults = [fault for item in annotations for fault in _faults(item)]
    ids = Counter(item.object_id for item in annotations)
    faults += [f"object {name!r}: the id occurs {count} times" for name, count in ids.items() if count > 1]
    if faults:
        more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise SourceError(f"scene {scene_id}: {path}: {'; '.join(faults[:SHOWN_FAULTS])}{more}", path)
    upright = [upright_axes(item.rotation, item.extents) for item in annotations]
    return pl.DataFrame(
        {
            "object_id": [item.object_id for item in annotations],
            "tag": [normalized_tag(item.label) for item in annotations],
            "label": [item.label for item in annotations],
            "center": [np.asarray(item.center, np.float64).tolist() for item in annotations],
            "extents": [extents.tolist() for _, extents in upright],
            "rpy": [rpy_from_matrix(rotation).tolist() for rotation, _ in upright],
            "origin": ["annotated"] * len(annotations),
            "metric": [metric] * len(annotations),
            "num_views": [None] * len(annotations),
            "confidence": [None] * len(annotations),
        },
        schema=SCENE_BOXES.schema,
    )


def upright_axes(rotation: ArrayLike, extents: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same box with axes named so that the third is the one nearest to up: rotation `(3, 3)`, extents `(3,)`.

    The axes are swapped cyclically, and turned over where the third points down. A left-handed set is made right-handed
    by turning the third axis over first: the box is the same set of points. An upright box stays as it is.
    """
    axes = _orthonormal(np.array(rotation, np.float64))
    if np.linalg.det(axes) < 0:
        axes[:, 2] *= -1.0
    vertical = int(np.abs(axes[2]).argmax())
    order = [(vertical + 1) % 3, (vertical + 2) % 3, vertical]
    axes, lengths = axes[:, order], np.asarray(extents, np.float64)[order]
    if axes[2, 2] < 0:
        axes = axes * (1.0, -1.0, -1.0)  # half a turn about the first axis
    return axes, np.maximum(lengths, MIN_EXTENT_M)


def _orthonormal(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest orthonormal axes, of either handedness."""
    u, _, v_transposed = np.linalg.svd(axes)
    return u @ v_transposed


def _faults(item: Annotation) -> list[str]:
    where = f"object {item.object_id!r}"
    faults = []
    if not item.object_id.strip() or any(mark in item.object_id for mark in RESERVED):
        faults.append(f"{where}: the id must not be empty or hold {' or '.join(RESERVED)}, which join ids in answers")
    shapes = {"center": (3,), "rotation": (3, 3), "extents": (3,)}
    for name, shape in shapes.items():
        value = np.asarray(getattr(item, name), np.float64)
        if value.shape != shape or not np.isfinite(value).all():
            return [*faults, f"{where}: its {name} must be {'x'.join(map(str, shape))} finite numbers"]
    if (np.asarray(item.extents) < 0).any():
        faults.append(f"{where}: an extent is negative")
    axes = np.array(item.rotation, np.float64)
    if float(rotation_error(axes * np.sign(np.linalg.det(axes) or 1.0))) > AXES_TOLERANCE:
        faults.append(f"{where}: its axes are no rotation (off unit length and right angles)")
    return faults
