"""From a registration to the tables `scenes` and `frames`.

A scene's frames may be read in one go (`frames_of`), or chunk by chunk in many processes: `frame_entries` lists them,
`frames_of_entries` reads any chunk, `finish_frames` joins the chunks. Both ways give the same tables.
What does not belong here: the layouts (`resources/sources`) and the boxes (`boxes.py`).
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import polars as pl

from openspatial_assets.engine.keyframes import KeyframeSettings
from resources import sources
from resources.sources.findings import Finding
from resources.sources.frame_files import Dropped, FrameEntry, read_entries, settle_frames
from resources.sources.registration import Registration, SourceError
from resources.sources.surface import SceneSurface
from resources.tables import SCENES

RULE_VERSION = "2"


@dataclass(frozen=True)
class Checked:
    """What was found before any run.

    Attributes:
        findings: every file that is missing or wrong.
        content: in words, what the scene has.
    """

    findings: list[Finding]
    content: str


def checked_scene(registration: Registration) -> Checked:
    """What is missing or wrong in a scene, and what it has, without decoding its images.

    Raises:
        SourceError: the layout is unknown.
    """
    source = sources.of(registration)
    findings = source.findings(registration)
    if source.is_plain_video:
        return Checked(findings, "a video, to be reconstructed")
    parts = []
    with suppress(SourceError):
        entries = source.frame_entries(registration)
        usable = [entry for entry in entries if not entry.problem]
        with_depth = sum(entry.depth is not None for entry in usable)
        lost = sum(entry.lost for entry in entries)
        parts.append(
            f"{len(usable)} frames" + ("" if with_depth else " without depth") + (f", {lost} lost" if lost else "")
        )
    with suppress(SourceError):
        if (surface := source.surface(registration)) is not None:
            parts.append(f"depth to be rendered from {os.path.basename(surface.path)}")
    with suppress(SourceError):
        boxes = source.read_boxes(registration)
        parts.append("no annotated boxes" if boxes is None else f"{boxes.height} boxes")
    return Checked(findings, ", ".join(parts) or "nothing can be read")


def prepare_scene(registration: Registration) -> None:
    """Make what must exist before the scene is read: a generated room. Most sources need nothing.

    Raises:
        SourceError: the layout is unknown, or the scene cannot be made.
    """
    sources.of(registration).prepare(registration)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """All frames of a scene in the order of capture, listed without reading their images.

    Raises:
        SourceError: the layout is unknown, or what all frames share is missing or broken.
    """
    prepare_scene(registration)
    return sources.of(registration).frame_entries(registration)


def frames_of_entries(registration: Registration, entries: Sequence[FrameEntry]) -> tuple[pl.DataFrame, Dropped]:
    """Rows of a chunk's sound frames, without keyframes yet, and the other frames with their reasons."""
    return read_entries(registration, entries)


def finish_frames(
    registration: Registration,
    chunks: Sequence[tuple[pl.DataFrame, Dropped]],
    settings: KeyframeSettings | None = None,
) -> tuple[pl.DataFrame, Dropped]:
    """The `frames` table and all dropped frames, from what `frames_of_entries` gave for each chunk, in any order.

    Raises:
        SourceError: no frame can be used, or the depth scale is unknown.
    """
    if not chunks:
        raise SourceError(f"scene {registration.scene_id}: no frame in {registration.root}")
    rows = pl.concat([rows for rows, _ in chunks])
    return settle_frames(registration, rows, [drop for _, dropped in chunks for drop in dropped], settings)


def frames_of(registration: Registration, settings: KeyframeSettings | None = None) -> tuple[pl.DataFrame, Dropped]:
    """The `frames` table and all dropped frames of a scene, in this process; raises as its three parts."""
    chunk = frames_of_entries(registration, frame_entries(registration))
    return finish_frames(registration, [chunk], settings)


def entries_of_video(
    registration: Registration, reconstructions: pl.DataFrame, depth_maps: pl.DataFrame
) -> list[FrameEntry]:
    """The keyframes of a plain video, made of the scene's two tables.

    Raises:
        SourceError: a length that the registration gives cannot be measured.
    """
    return sources.of(registration).entries_of(registration, reconstructions, depth_maps)


def surface_of(registration: Registration) -> SceneSurface | None:
    """The mesh that the scene's depth is to be rendered from; None where its source has depth, or none is wanted.

    Raises:
        SourceError: the registration asks for it, but there is no mesh.
    """
    return sources.of(registration).surface(registration)


def with_depth_maps(entries: Sequence[FrameEntry], depth_maps: pl.DataFrame) -> list[FrameEntry]:
    """The listed frames with the depth that was rendered for them."""
    rendered = {row["frame_id"]: row for row in depth_maps.iter_rows(named=True)}
    return [
        replace(
            entry,
            depth=rendered[entry.frame_id]["depth"],
            depth_scale=rendered[entry.frame_id]["depth_scale"],
            depth_intrinsics=tuple(rendered[entry.frame_id]["intrinsics"]),
        )
        if entry.frame_id in rendered
        else entry
        for entry in entries
    ]


def scene_of(
    registration: Registration,
    frames: pl.DataFrame | None = None,
    dropped: Dropped | None = None,
    reconstructions: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The `scenes` table of a scene: one row. Its frames are read, unless they are given.

    Args:
        reconstructions: of a plain video, whose scale and up direction they tell.

    The number of objects is null where the source has no boxes, and also where they are broken: what is wrong with them
    is an error of `scene_boxes`, not of the scene.
    """
    source = sources.of(registration)
    if frames is None:
        frames, dropped = frames_of(registration)
    try:
        boxes = source.read_boxes(registration)
    except SourceError:
        boxes = None
    if reconstructions is None:
        metric, gravity_aligned = source.is_metric(registration), source.is_gravity_aligned(registration)
    else:
        facts = source.scene_facts(registration, reconstructions)
        metric, gravity_aligned = facts.metric, facts.gravity_aligned
    row = {
        "scene_id": registration.scene_id,
        "source": registration.source,
        "license": source.license(registration),
        "metric": metric,
        "gravity_aligned": gravity_aligned,
        "num_frames": frames.height,
        "num_objects": None if boxes is None else boxes.height,
        "dropped_frames": dropped or [],
        "findings": [asdict(finding) for finding in source.findings(registration)],
        "root": registration.root,
    }
    return pl.DataFrame([row], schema=SCENES.schema)
