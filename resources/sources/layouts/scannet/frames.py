"""The frames of a scan, in the world, from whichever of three forms is there.

Depth and colour images differ in size and intrinsics, but share their pose: the release has them aligned, and no
extrinsic matrix, such as `colorToDepthExtrinsics` of the text file, is to be applied (its authors in issue 92 of
github.com/ScanNet/ScanNet). Files that say otherwise are named by `checks.py`.

What does not belong here: the forms themselves (`exports.py`, `container.py`).
"""

from pathlib import Path

from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.scannet import exports
from resources.sources.layouts.scannet.alignment import world_from_scan
from resources.sources.layouts.scannet.container import contained_frames, opened
from resources.sources.layouts.scannet.frame_list import entries_of
from resources.sources.layouts.scannet.scans import Scan, holds_posed_images
from resources.sources.options import choice, whole_number
from resources.sources.registration import Registration, SourceError

AUTO, SENS, EXPORTED, POSED_IMAGES = "auto", "sens", "exported", "posed_images"
CHOICES = (AUTO, SENS, EXPORTED, POSED_IMAGES)
PREFERRED = (EXPORTED, POSED_IMAGES, SENS)
"""Who has exported frames has chosen them."""

EXPORTS = {EXPORTED: exports.OFFICIAL, POSED_IMAGES: exports.CONVERTED}

EVERY = {SENS: 10, EXPORTED: 10, POSED_IMAGES: 1}
"""Three frames a second of the recording's 30; posed images are a choice of frames already."""


def chosen(registration: Registration, scan: Scan) -> str:
    """The form that frames are read from: of those that are there, the first with depth, else the first.

    Raises:
        SourceError: the scan has no frames, or not in the form that the registration asks for.
    """
    asked = choice(registration, "frames", CHOICES, AUTO)
    present = [form for form in PREFERRED if asked in (AUTO, form) and _is_there(scan, form)]
    if not present:
        path = expected(scan, asked)
        others = f", nor exported frames (color/ and pose/), nor {scan.posed}" if asked == AUTO else ""
        raise SourceError(
            f"scene {registration.scene_id}: {path}: is missing{others}: there are no colour images and poses; "
            "download or export them",
            path,
        )
    return next((form for form in present if has_depth(scan, form)), present[0])


def has_depth(scan: Scan, form: str) -> bool:
    """Whether a form has depth images; mmdetection3d exports none."""
    return form == SENS or bool(exports.depth_images(folder_of(scan, form), EXPORTS[form]))


def expected(scan: Scan, form: str) -> Path:
    """The first file or folder that a form needs; of `auto`, the container, which is what one downloads."""
    if form in EXPORTS:
        return folder_of(scan, form) / EXPORTS[form].color
    return scan.file(".sens")


def folder_of(scan: Scan, form: str) -> Path:
    """Where the files of a form are."""
    return scan.posed if form == POSED_IMAGES else scan.folder or scan.root


def entries(registration: Registration, scan: Scan) -> list[FrameEntry]:
    """One frame in `every`, in the order of capture.

    Raises:
        SourceError: there are no frames, or what they share is missing or broken.
    """
    form = chosen(registration, scan)
    every = whole_number(registration, "every", EVERY[form])
    if form == SENS:
        sens, shared = opened(registration, scan.file(".sens"))
        frames = contained_frames(scan.file(".sens"), sens, every)
    else:
        shared = exports.shared_fields(registration, folder_of(scan, form), EXPORTS[form])
        frames = exports.exported_frames(folder_of(scan, form), EXPORTS[form], every)
    return entries_of(frames, shared, world_from_scan(registration, scan))


def files(registration: Registration, scan: Scan) -> list[Path]:
    """The files that `entries` reads or names; none where there are no frames."""
    try:
        form = chosen(registration, scan)
    except SourceError:
        return []
    if form == SENS:
        return [scan.file(".sens")]
    every = whole_number(registration, "every", EVERY[form])
    return exports.files(folder_of(scan, form), EXPORTS[form], every)


def _is_there(scan: Scan, form: str) -> bool:
    if form == SENS:
        return scan.file(".sens").exists()
    if form == POSED_IMAGES:
        return holds_posed_images(scan.posed)
    return all((folder_of(scan, form) / name).is_dir() for name in ("color", "pose"))
