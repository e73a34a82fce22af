"""How the stages of plain video, recognition and lifting hand on their inputs, and put together what comes back.

What belongs here: handing on. What does not: the declarations of the stages (`stages/`) and their work.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from openspatial_assets.assets import depth_maps, rendered_depth
from openspatial_assets.assets import sources as source_assets
from openspatial_assets.assets.recipe import FRAMES_A_PIECE, Inputs, Told, frame_pieces
from openspatial_assets.assets.side_files import keep_named, side_folder
from resources import sources, tables

RENDERED_A_PIECE = 24
"""Frames that one worker renders at a time: each piece loads the mesh."""

VIEWS_A_PIECE = 4
"""Frames whose depth one worker estimates at a time: each takes a second or more."""


def reconstructing(inputs: Inputs) -> list[tuple]:
    """The one piece of a video; none for a source that knows its poses."""
    if not sources.is_plain_video(inputs.registration):
        return []
    threads = len(os.sched_getaffinity(0))
    folder = side_folder(inputs, tables.RECONSTRUCTIONS)
    return [(inputs.registration, inputs.settings["reconstruction"], folder, threads)]


def reconstructed(inputs: Inputs, results: Iterator[pl.DataFrame]) -> dict[str, pl.DataFrame]:
    made = next(results, tables.RECONSTRUCTIONS.empty())
    return {"reconstructions": keep_named(inputs, tables.RECONSTRUCTIONS, made)}


def estimating(inputs: Inputs) -> Iterator[tuple]:
    """The pieces of a scene whose depth is estimated (plain video) or rendered from its mesh; none for others."""
    settings = inputs.settings["depth_maps"]
    rows = inputs.table("reconstructions")
    registered = rows.filter("registered")
    for start in range(0, registered.height, VIEWS_A_PIECE):
        yield depth_maps.raw_depth_of_frames, registered.slice(start, VIEWS_A_PIECE), rows, settings
    if surface := source_assets.surface_of(inputs.registration):
        entries = source_assets.frame_entries(inputs.registration)
        for start in range(0, len(entries), RENDERED_A_PIECE):
            yield (
                rendered_depth.rendered_depth_of_frames, surface, entries[start : start + RENDERED_A_PIECE], settings
            )  # fmt: skip


def estimated(work: Callable[..., list], *piece: Any) -> list:
    """One piece, by the function that it names."""
    return work(*piece)


def depth_tables(inputs: Inputs, results: Iterator[Any]) -> dict[str, pl.DataFrame]:
    rows, settings = inputs.table("reconstructions"), inputs.settings["depth_maps"]
    folder = side_folder(inputs, tables.DEPTH_MAPS)
    depths = (one for chunk in results for one in chunk)
    if not rows.is_empty():
        made = depth_maps.depth_maps_of(rows, depths, settings, folder)
    else:
        made = rendered_depth.rendered_depth_maps_of(depths, folder)
    return {"depth_maps": keep_named(inputs, tables.DEPTH_MAPS, made)}


def entry_pieces(inputs: Inputs) -> list[tuple]:
    registration = inputs.registration
    if sources.is_plain_video(registration):
        tables_of_video = inputs.table("reconstructions"), inputs.table("depth_maps")
        entries = source_assets.entries_of_video(registration, *tables_of_video)
    else:
        entries = source_assets.with_depth_maps(source_assets.frame_entries(registration), inputs.table("depth_maps"))
    starts = range(0, len(entries), FRAMES_A_PIECE)
    return [(registration, entries[start : start + FRAMES_A_PIECE]) for start in starts]


def scene_tables(inputs: Inputs, chunks: Iterator[Any]) -> dict[str, pl.DataFrame]:
    registration = inputs.registration
    frames, dropped = source_assets.finish_frames(registration, list(chunks), inputs.settings["frames"])
    rows = inputs.table("reconstructions") if sources.is_plain_video(registration) else None
    return {"scenes": source_assets.scene_of(registration, frames, dropped, rows), "frames": frames}


def fusing(inputs: Inputs) -> list[tuple]:
    folder, metric = side_folder(inputs, tables.SCENE_MESH), bool(inputs.table("scenes")["metric"][0])
    return [(inputs.table("frames"), inputs.settings["mesh"], folder, metric)]


def fused(inputs: Inputs, results: Iterator[pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {"scene_mesh": keep_named(inputs, tables.SCENE_MESH, next(results))}


def recognising(inputs: Inputs) -> list[tuple]:
    answers = f"{inputs.home.rstrip('/')}/answers/recognitions"
    return [(inputs.registration, inputs.table("frames"), inputs.settings["recognition"], answers)]


def recognised(inputs: Inputs, results: Iterator[Any]) -> dict[str, Told]:
    found = next(results)
    return {"recognitions": Told(found.rows, found.counts())}


def segmenting(inputs: Inputs) -> Iterator[tuple]:
    settings = inputs.settings["instances"], inputs.settings["masks"]
    return frame_pieces(inputs.table("frames"), inputs.table("recognitions"), *settings)


def lifting(inputs: Inputs) -> list[tuple]:
    scene = inputs.table("scenes").row(0, named=True)
    settings, facts = inputs.settings["lifting"], (scene["metric"], scene["gravity_aligned"])
    return [(inputs.table("frames"), inputs.table("instance_masks"), settings, *facts)]
