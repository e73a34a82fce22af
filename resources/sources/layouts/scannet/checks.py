"""What is missing or wrong in a scan's files, all of it: reading stops at the first.

What does not belong here: reading.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from resources.sources.findings import Finding
from resources.sources.folders import read_matrix
from resources.sources.layouts.scannet import alignment, exports, frames, objects
from resources.sources.layouts.scannet.mesh import MeshError, vertex_count
from resources.sources.layouts.scannet.scans import Scan
from resources.sources.layouts.scannet.sens import IDENTITY_TOLERANCE, SensError, read_sens
from resources.sources.registration import Registration, SourceError

PAGE = "http://www.scan-net.org"
"""The dataset's page, where its terms are signed."""

Fault = tuple[Path, str]
"""A file or folder, and what is wrong with it."""


def findings(registration: Registration) -> list[Finding]:
    """Every file of the scan that is missing, empty, truncated or contradictory, as far as headers tell."""
    scan = Scan.at(Path(registration.root))
    if not os.path.isdir(registration.root):
        return [Finding(registration.root, "is no folder on this machine; register where it is now", PAGE)]
    found = []
    for check in (_frames, _text, _labels):
        try:
            found += [Finding(str(path), problem, PAGE) for path, problem in check(registration, scan)]
        except SourceError as error:
            found.append(Finding.of_error(error, registration, PAGE))
    return found


def _frames(registration: Registration, scan: Scan) -> Iterator[Fault]:
    form = frames.chosen(registration, scan)
    if form == frames.SENS:
        yield from _container(scan.file(".sens"))
    else:
        yield from _export(frames.folder_of(scan, form), frames.EXPORTS[form])


def _container(path: Path) -> Iterator[Fault]:
    try:
        sens = read_sens(path)
    except SensError as error:
        yield path, str(error)
        return
    if sens.fault:
        yield path, f"{sens.fault}; {len(sens.offsets)} frames are whole"
    if not sens.one_place:
        yield path, _apart("its header has")


def _export(folder: Path, export: exports.Export) -> Iterator[Fault]:
    has_depth = bool(exports.depth_images(folder, export))
    yield from _missing(folder / export.color_intrinsics, "intrinsics of the colour images")
    if has_depth:
        yield from _missing(folder / export.depth_intrinsics, "intrinsics of the depth images")
    else:
        yield folder / export.depth, "there are no depth images; visibility cannot be told by depth: export them"
    for name in export.extrinsics:
        path = folder / name
        if not path.exists():
            continue
        try:
            matrix = read_matrix(path, ((4, 4),))
        except ValueError as error:
            yield path, str(error)
            continue
        if not np.allclose(matrix, np.eye(4), rtol=0, atol=IDENTITY_TOLERANCE):
            yield path, _apart("it holds")


def _text(registration: Registration, scan: Scan) -> Iterator[Fault]:
    if scan.folder is not None:
        yield from _missing(
            scan.file(alignment.INFO), "the axisAlignment, without which walls do not run along x and y"
        )
    alignment.world_from_scan(registration, scan)


def _labels(registration: Registration, scan: Scan) -> Iterator[Fault]:
    files = objects.label_files(scan)
    if files is None:
        return
    for (kind, purpose), path in zip(objects.PURPOSES.items(), files.all, strict=True):
        yield from _missing(path, purpose)
        if kind == "mesh" and path.exists():
            yield from _tried(path, vertex_count)


def _missing(path: Path, purpose: str) -> Iterator[Fault]:
    try:
        if not path.stat().st_size:
            yield path, f"the file is empty: {purpose}; download or export it again"
    except FileNotFoundError:
        yield path, f"the file is missing: {purpose}; download or export it"
    except OSError as error:
        yield path, f"cannot be read ({error.strerror}): {purpose}"


def _tried(path: Path, read: Callable[[Path], object]) -> Iterator[Fault]:
    try:
        read(path)
    except MeshError as error:
        yield path, str(error)


def _apart(place: str) -> str:
    return (
        f"{place} extrinsics other than the identity, though colour and depth of the release share their pose; both "
        "are read as if they did: use files as they were released"
    )
