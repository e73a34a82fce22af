"""ScanNet, v2 and the files of 2017 (Dai et al., "ScanNet: Richly-annotated 3D Reconstructions", CVPR 2017).

    scans/<scene>/                                  scans_test/<scene>/ for the hidden test split
        <scene>.sens                                colour, depth and poses of all frames, at 30 frames a second
        color/ depth/ pose/ intrinsic/              the same, as the official exporter writes it
        <scene>.txt                                 "key = value" lines, of which `axisAlignment` is read
        <scene>_vh_clean_2.ply                      mesh
        <scene>_vh_clean_2.0.010000.segs.json       segment of each vertex
        <scene>.aggregation.json                    segments and label of each object
    posed_images/<scene>/                           frames as converters (mmdetection3d, EmbodiedScan) write them

Options:

- `frames`: `sens`, `exported`, `posed_images`, or `auto` (default): exported frames, else posed images, else the
  `.sens` file; one without depth only where none has it.
- `every`: frames taken, one in so many. 10 of the 30 a second; all of `posed_images`, which are a choice already.
- `axis_align_file`: a JSON table {scene: 16 numbers} for scenes whose text file has no `axisAlignment` (all of 2017);
  relative paths start at the scene's folder.
- `box_fit`: `oriented` (default) is the upright box of least floor area: an axis-aligned one around a table that stands
  at 45 degrees is 40 % too wide, and answers about its size are wrong. `axis_aligned` gives the boxes that others
  publish: least and greatest coordinates in the aligned scene.

What does not belong here: fitting boxes (`instance_boxes.py`) and reading images (`resources/stored_images`).
"""

import polars as pl

from resources.sources.folders import root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.scannet import alignment, checks, frames, objects
from resources.sources.layouts.scannet.scans import Scan, discover
from resources.sources.options import choice, only
from resources.sources.registration import Registration, SourceError

__all__ = ["box_origins", "discover", "findings", "frame_entries", "prepare", "read_boxes", "signature"]

LICENSE = "ScanNet Terms of Use (non-commercial research)"
"""What its images may be used for."""

PAGE = checks.PAGE
"""Where its files are to be had."""

OPTIONS = ("frames", "every", "axis_align_file", "box_fit")
"""What a registration may set."""

findings = checks.findings


def prepare(registration: Registration) -> None:
    """Check the options; nothing has to be made.

    Raises:
        SourceError: an option is unknown or has a value that it cannot have.
    """
    only(registration, OPTIONS)
    choice(registration, "frames", frames.CHOICES, frames.CHOICES[0])
    choice(registration, "box_fit", objects.FITS, objects.FITS[0])


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """One frame in `every`, in the order of capture, in the aligned world; no image is read.

    Ids are the frame numbers of the recording (of `posed_images`: of the file), padded. Frames with a lost pose, and
    those behind the end of a truncated file, are listed with their problem.

    Raises:
        SourceError: there are no frames, or what they share is missing or broken.
    """
    return frames.entries(registration, Scan.at(root_of(registration)))


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The boxes of the annotated objects, in the aligned world; None for a scan without annotation.

    Raises:
        SourceError: a file of the annotation is missing, broken, or contradicts another.
    """
    return objects.read_boxes(registration, Scan.at(root_of(registration)))


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Where boxes may come from: the annotation, if there is any; and what is recognised, if there is depth to lift it.

    A scan without either is taken as one whose annotation is missing.
    """
    scan = Scan.at(root_of(registration))
    try:
        lifted = frames.has_depth(scan, frames.chosen(registration, scan))
    except SourceError:
        lifted = False
    found = {"annotated": objects.label_files(scan) is not None, "lifted": lifted}
    return tuple(origin for origin, there in found.items() if there) or ("annotated",)


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of names, sizes and modification times of the files that make the frames, and of those that make boxes."""
    root = root_of(registration)
    scan = Scan.at(root)
    shared = alignment.files(registration, scan)
    return {
        "frames": stat_hash(root, [*frames.files(registration, scan), *shared]),
        "boxes": stat_hash(root, [*objects.candidates(scan), *shared]),
    }
