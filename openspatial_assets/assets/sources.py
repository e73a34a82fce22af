"""From a registration to the tables `scenes` and `frames`.

A scene's frames may be read in one go (`frames_of`), or chunk by chunk in many processes: `frame_entries` lists them,
`frames_of_entries` reads any chunk, `finish_frames` joins the chunks. Both ways give the same tables.
What does not belong here: the layouts (`resources/sources`) and the boxes (`boxes.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict

import polars as pl

from openspatial_assets.engine.keyframes import KeyframeSettings
from resources import sources
from resources.sources.frame_files import Dropped, FrameEntry, read_entries, settle_frames
from resources.sources.registration import Registration, SourceError
from resources.tables import SCENES

RULE_VERSION = "1"


def prepare_scene(registration: Registration) -> None:
    """Make what must exist before the scene is read: a generated room. Most sources need nothing.

    Raises:
        SourceError: the layout is unknown, or the scene cannot be made.
    """
    sources.load(registration.source).prepare(registration)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """All frames of a scene in the order of capture, listed without reading their images.

    Raises:
        SourceError: the layout is unknown, or what all frames share is missing or broken.
    """
    prepare_scene(registration)
    return sources.load(registration.source).frame_entries(registration)


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
    return sources.load(registration.source).entries_of(registration, reconstructions, depth_maps)


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
    source = sources.load(registration.source)
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
