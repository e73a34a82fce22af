"""Hypersim's boxes: one for each semantic instance, with the class that the objects of the mesh in it have.

What does not belong here: which axis of a box is up, and how tags are written (`sources/annotations.py`).
"""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.hdf5_files import Hdf5Error, Shape, read_dataset
from resources.sources.annotations import Annotation, boxes_table
from resources.sources.layouts.hypersim.files import PAGE, SceneFiles
from resources.sources.registration import Registration, SourceError

NYU40 = (
    *("wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf"),
    *("picture", "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat"),
    *("clothes", "ceiling", "books", "refrigerator", "television", "paper", "towel", "shower curtain", "box"),
    *("whiteboard", "person", "night stand", "toilet", "sink", "lamp", "bathtub", "bag"),
    *("otherstructure", "otherfurniture", "otherprop"),
)
"""The 40 classes of NYU Depth v2 (Gupta et al., CVPR 2013) in the order of their ids, which begin with 1; written as
there, with a space where the dataset has `floormat`, and without the misspelling of `refrigerator`."""

UNLABELED = "unlabeled"
"""An instance that has no class."""

DUMMY = 0
"""The row of no instance: ids begin with 1."""

SHOWN_INSTANCES = 5


def arrays(files: SceneFiles) -> dict[Path, tuple[Shape, str, str]]:
    """Shape and numbers of the arrays that are read here, and what they are."""
    positions, orientations, extents = files.boxes
    classes, instances = files.classes
    return {
        positions: ((None, 3), "f", "the centres of the boxes"),
        orientations: ((None, 3, 3), "f", "the axes of the boxes"),
        extents: ((None, 3), "f", "the lengths of the boxes"),
        classes: ((None, 1), "i", "the classes of the boxes; it is in the owners' code repository (option repository)"),
        instances: (
            (None, 1),
            "i",
            "the objects of each box; it is in the owners' code repository (option repository)",
        ),
    }


def read_boxes(registration: Registration, files: SceneFiles, meters_per_asset_unit: float) -> pl.DataFrame:
    """The `scene_boxes` table; rows of instances that nothing in the scene belongs to hold NaN or infinities.

    Raises:
        SourceError: a file is missing or broken, files contradict each other, or a box is broken.
    """
    positions, orientations, extents, classes, instances = (
        _read(registration, path, *how) for path, how in arrays(files).items()
    )
    _check_counts(registration, files.boxes, (positions, orientations, extents))
    _check_counts(registration, files.classes, (classes, instances))
    known = [np.isfinite(array.reshape(len(array), -1)) for array in (positions, orientations, extents)]
    present = np.any([finite.any(1) for finite in known], axis=0)
    present[: DUMMY + 1] = False
    for path, finite in zip(files.boxes, known, strict=True):
        if (broken := np.flatnonzero(present & ~finite.all(1))).size:
            raise _error(registration, path, f"{_listed(broken)} lacks numbers that the other files have")
    labels = _labels(registration, files, classes[:, 0], instances[:, 0])
    annotations = []
    for instance in np.flatnonzero(present).tolist():
        if instance not in labels:
            raise _error(registration, files.classes[1], f"gives no object to instance {instance}, which has a box")
        annotations.append(
            Annotation(
                object_id=str(instance),
                label=labels[instance],
                center=positions[instance] * meters_per_asset_unit,
                rotation=orientations[instance],
                extents=extents[instance] * meters_per_asset_unit,
            )
        )
    return boxes_table(registration.scene_id, files.boxes[0].parent, annotations, registration.metric is not False)


def _labels(
    registration: Registration, files: SceneFiles, classes: NDArray[np.integer], instances: NDArray[np.integer]
) -> dict[int, str]:
    """The name of each instance's class: that of most of its objects, and the first of several such."""
    unknown = (classes != -1) & ((classes < 1) | (classes > len(NYU40)))
    if unknown.any():
        wrong = classes[unknown][0]
        raise _error(registration, files.classes[0], f"class {wrong} is none of NYU40, which are 1 to {len(NYU40)}")
    labels = dict.fromkeys(np.unique(instances[instances > DUMMY]).tolist(), UNLABELED)
    named = (instances > DUMMY) & (classes > 0)
    pairs, counts = np.unique(np.stack([instances[named], classes[named]]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    for instance, class_id in pairs[:, order[::-1]].T.tolist():  # the best of each instance comes last
        labels[instance] = NYU40[class_id - 1]
    return labels


def _read(registration: Registration, path: Path, shape: Shape, numbers: str, what: str) -> NDArray:
    try:
        return read_dataset(path, shape, numbers)
    except Hdf5Error as error:
        message = f"scene {registration.scene_id}: {error}; it holds {what} ({PAGE})"
        raise SourceError(message, path) from None


def _check_counts(registration: Registration, paths: tuple[Path, ...], read: tuple[NDArray, ...]) -> None:
    for path, array in zip(paths, read, strict=True):
        if len(array) != len(read[0]):
            raise _error(registration, path, f"has {len(array)} rows, but {paths[0].name} has {len(read[0])}")


def _listed(instances: NDArray[np.integer]) -> str:
    more = f" and {len(instances) - SHOWN_INSTANCES} more" if len(instances) > SHOWN_INSTANCES else ""
    return f"instance {', '.join(map(str, instances[:SHOWN_INSTANCES].tolist()))}{more}"


def _error(registration: Registration, path: Path, problem: str) -> SourceError:
    return SourceError(f"scene {registration.scene_id}: {path}: {problem}; get the files again ({PAGE})", path)
