"""Stages of a scene as it was captured: poses and depth of plain video, frames, the floor, the mesh.

What does not belong here: the functions that make the tables (the modules of `assets`) and how a stage is run
(`runner.py`).
"""

import polars as pl

from openspatial_assets.assets import (
    capture_pieces,
    depth_maps,
    floor,
    presentation,
    reconstruction,
    scene_mesh,
    sources,
)
from openspatial_assets.assets import lifting_presentation as shown
from openspatial_assets.assets.recipe import Presentation, Recipe, frame_pieces
from openspatial_assets.partitions import SCENE
from openspatial_assets.staleness import Output, Stage
from resources import tables

RECONSTRUCTION = Recipe(
    Stage(
        "reconstruction",
        SCENE,
        (Output(tables.RECONSTRUCTIONS, reconstruction.RULE_VERSION),),
        settings=("reconstruction",),
        source_files=("capture", "frames"),
    ),
    pieces=capture_pieces.reconstructing,
    work=reconstruction.reconstruction_of,
    join=capture_pieces.reconstructed,
    shown={"reconstructions": Presentation("sources", shown.reconstructions, ("colmap", "opencv"))},
)

DEPTH_MAPS = Recipe(
    Stage(
        "depth_maps",
        SCENE,
        (Output(tables.DEPTH_MAPS, depth_maps.RULE_VERSION),),
        inputs=("reconstructions",),
        settings=("depth_maps",),
        file_settings=("depth_maps.model_path",),
        source_files=("capture", "frames", "surface"),
    ),
    pieces=capture_pieces.estimating,
    work=capture_pieces.estimated,
    join=capture_pieces.depth_tables,
    shown={"depth_maps": Presentation("sources", shown.depth_maps, ("torch", "opencv"))},
    pool="gpu",
)

SOURCES = Recipe(
    Stage(
        "sources",
        SCENE,
        (Output(tables.SCENES, sources.RULE_VERSION), Output(tables.FRAMES, sources.RULE_VERSION)),
        inputs=("reconstructions", "depth_maps"),
        settings=("frames",),
        source_files=("registration", "frames", "boxes"),
    ),
    pieces=capture_pieces.entry_pieces,
    work=sources.frames_of_entries,
    join=capture_pieces.scene_tables,
    shown={
        "scenes": Presentation("sources", presentation.scenes),
        "frames": Presentation("sources", presentation.frames, ("opencv", "polars")),
    },
)

SCENE_MESH = Recipe(
    Stage(
        "scene_mesh",
        SCENE,
        (Output(tables.SCENE_MESH, scene_mesh.RULE_VERSION),),
        inputs=("scenes", "frames"),
        settings=("mesh",),
    ),
    pieces=capture_pieces.fusing,
    work=scene_mesh.scene_mesh_of,
    join=capture_pieces.fused,
    shown={"scene_mesh": Presentation("geometry", shown.scene_mesh, ("open3d",))},
)

FLOOR = Recipe(
    Stage(
        "floor",
        SCENE,
        (Output(tables.FLOOR_CELLS, floor.RULE_VERSION),),
        inputs=("scenes", "frames"),
        settings=("floor",),
    ),
    pieces=lambda inputs: (
        frame_pieces(inputs.table("frames"), inputs.settings["floor"])
        if inputs.table("scenes").select(pl.col("gravity_aligned") & pl.col("metric")).item()
        else ()  # what is in a person's way is a matter of metres, and of what is up
    ),
    work=floor.voxels_of_frames,
    join=lambda inputs, results: {
        "floor_cells": floor.floor_cells_of(results, inputs.table("frames"), inputs.settings["floor"])
    },
    shown={"floor_cells": Presentation("geometry", presentation.floor_cells, ("numpy", "polars"))},
)
