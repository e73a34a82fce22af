"""The annotated objects of a scan: groups of the mesh's segments, and the boxes around their vertices.

The release has no boxes. What does not belong here: fitting them (`instance_boxes.py`), and normalising labels
(`annotations.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.sources.annotations import Annotation, boxes_table
from resources.sources.folders import read_json
from resources.sources.instance_boxes import FITS, NO_INSTANCE, instance_boxes
from resources.sources.layouts.scannet.alignment import world_from_scan
from resources.sources.layouts.scannet.mesh import MeshError, read_vertices
from resources.sources.layouts.scannet.scans import SCENE, Scan
from resources.sources.options import choice
from resources.sources.registration import Registration, SourceError

SHOWN_SEGMENTS = 5


@dataclass(frozen=True)
class LabelFiles:
    """The files that together say where the objects are."""

    mesh: Path
    segments: Path
    aggregation: Path

    @property
    def all(self) -> tuple[Path, Path, Path]:
        """Mesh, segments, aggregation."""
        return self.mesh, self.segments, self.aggregation

    @property
    def missing(self) -> list[Path]:
        """Those that are not there."""
        return [path for path in self.all if not path.exists()]


PURPOSES = {
    "mesh": "the mesh that objects are marked on",
    "segments": "the segment of each vertex of the mesh",
    "aggregation": "the segments and the label of each object",
}
"""What each of the label files is for."""


def label_files(scan: Scan) -> LabelFiles | None:
    """The files of the annotation, some of which may be missing; None for a scan that has none.

    The usual ones are of the decimated mesh; those of the full one (`_vh_clean`) serve where more of them are there. A
    mesh of the hidden split annotates nothing, nor does a full one by itself.
    """
    if scan.folder is None:
        return None
    usual, full = _both(scan)
    annotating = [*usual.all[1:], *full.all[1:], *(() if scan.is_hidden else (usual.mesh,))]
    if not any(path.exists() for path in annotating):
        return None
    return full if len(full.missing) < len(usual.missing) else usual


def candidates(scan: Scan) -> list[Path]:
    """All files that the boxes may come from."""
    return [path for files in _both(scan) for path in files.all]


def read_boxes(registration: Registration, scan: Scan) -> pl.DataFrame | None:
    """The boxes of the annotated objects in the world; None for a scan without annotation.

    An object has the vertices that no later group claims, as in the boxes that others publish; one that is left with
    none is not listed. Of groups that repeat another (all of scene0217_00 are written twice) the first counts.

    Raises:
        SourceError: a file is missing or broken, or they contradict each other.
    """
    fit = choice(registration, "box_fit", FITS, FITS[0])
    files = label_files(scan)
    if files is None:
        return None
    for kind, path in zip(PURPOSES, files.all, strict=True):
        if not path.exists():
            raise _error(registration, path, f"the file is missing ({PURPOSES[kind]}); download it")
    try:
        vertices = read_vertices(files.mesh)
    except MeshError as error:
        raise _error(registration, files.mesh, str(error)) from None
    segments = _segments(registration, scan, files, len(vertices))
    groups = _groups(registration, scan, files)
    world = world_from_scan(registration, scan)
    instances = _instances(registration, files, segments, groups)
    boxes = instance_boxes(vertices @ world[:3, :3].T + world[:3, 3], instances, fit)
    annotations = [
        Annotation(group.object_id, group.label, box.center, box.rotation, box.extents)
        for number, group in enumerate(groups)
        if (box := boxes.get(number))
    ]
    return boxes_table(registration.scene_id, files.aggregation, annotations, registration.metric is not False)


@dataclass(frozen=True)
class _Group:
    """One object: its segments, sorted."""

    object_id: str
    label: str
    segments: tuple[int, ...]


def _both(scan: Scan) -> tuple[LabelFiles, LabelFiles]:
    return (
        LabelFiles(
            *map(scan.file, ("_vh_clean_2.ply", "_vh_clean_2.0.010000.segs.json", ".aggregation.json")),
        ),
        LabelFiles(*map(scan.file, ("_vh_clean.ply", "_vh_clean.segs.json", "_vh_clean.aggregation.json"))),
    )


def _segments(registration: Registration, scan: Scan, files: LabelFiles, vertices: int) -> NDArray[np.int64]:
    """The segment of each vertex `(n,)`."""
    content = read_json(files.segments, registration.scene_id)
    _check_scene(registration, scan, files.segments, content)
    try:
        segments = np.asarray(content.get("segIndices"))
    except (OverflowError, ValueError):  # nested lists of several lengths
        segments = np.empty(())
    if segments.ndim != 1 or (segments.size and segments.dtype.kind not in "iu"):
        raise _error(registration, files.segments, "segIndices must be a list of whole numbers; download it again")
    if len(segments) != vertices:
        raise _error(
            registration,
            files.segments,
            f"has {len(segments)} segIndices, but {files.mesh.name} has {vertices} vertices; download both again",
        )
    return segments.astype(np.int64)


def _groups(registration: Registration, scan: Scan, files: LabelFiles) -> list[_Group]:
    content = read_json(files.aggregation, registration.scene_id)
    _check_scene(registration, scan, files.aggregation, content)
    listed = content.get("segGroups")
    if not isinstance(listed, list):
        raise _error(registration, files.aggregation, "has no list segGroups; download it again")
    groups: dict[tuple[str, tuple[int, ...]], _Group] = {}
    for place, item in enumerate(listed):
        try:
            group = _group(item)
        except ValueError as error:
            raise _error(registration, files.aggregation, f"segGroups[{place}]: {error}; download it again") from None
        groups.setdefault((group.label, group.segments), group)
    return list(groups.values())


def _group(item: object) -> _Group:
    if not isinstance(item, dict):
        raise ValueError("must be an object")
    number, label, segments = (item.get(key) for key in ("objectId", "label", "segments"))
    if type(number) is not int or not isinstance(label, str):
        raise ValueError("must have objectId, a whole number, and label, a text")
    if not isinstance(segments, list) or not all(type(segment) is int for segment in segments):
        raise ValueError(f"object {number} ({label}): segments must be a list of whole numbers")
    name = re.sub(r"\W+", "_", label).strip("_") or "object"
    return _Group(f"{name}_{number}", label, tuple(sorted(set(segments))))


def _instances(
    registration: Registration, files: LabelFiles, segments: NDArray[np.int64], groups: Sequence[_Group]
) -> NDArray[np.intp]:
    """The number of each vertex's group `(n,)`."""
    present, segment_of = np.unique(segments, return_inverse=True)
    place_of = {segment: place for place, segment in enumerate(present.tolist())}
    owner = np.full(len(present), NO_INSTANCE)
    for number, group in enumerate(groups):
        if strange := [segment for segment in group.segments if segment not in place_of]:
            more = ", ..." if len(strange) > SHOWN_SEGMENTS else ""
            raise _error(
                registration,
                files.aggregation,
                f"object {group.object_id!r} has segments that {files.segments.name} has not "
                f"({', '.join(map(str, strange[:SHOWN_SEGMENTS]))}{more}); download both again",
            )
        owner[[place_of[segment] for segment in group.segments]] = number
    return owner[segment_of]


def _check_scene(registration: Registration, scan: Scan, path: Path, content: dict) -> None:
    """Raise `SourceError` for a file of another scan; in v2 the id has a prefix, `scannet.scene0000_00`."""
    named = SCENE.search(str(content.get("sceneId", "")))
    if named and SCENE.fullmatch(scan.name) and named[0] != scan.name:
        raise _error(registration, path, f"is of another scan ({named[0]}); download that of {scan.name}")


def _error(registration: Registration, path: Path, reason: str) -> SourceError:
    return SourceError(f"scene {registration.scene_id}: {path}: {reason}", path)
