"""Tables of a scene as it was captured: scenes, frames, what is made of plain video, the floor, the mesh.

What does not belong here: objects (`objects.py`) and questions (`questions.py`).
"""

import polars as pl

from resources.schema import Column, Table
from resources.tables.types import Drop, Fault, Mat4, Point3, Text, Texts, Vec2, Vec3, Vec4

SCENES = Table(
    "scenes",
    "One row a scene: where it comes from, its licence, and whether its world has real scale and an up direction.",
    {
        "scene_id": Column(Text, "scene, the partition key"),
        "source": Column(Text, "the layout it was read from (a module of resources/sources)"),
        "license": Column(Text, "licence of the scene's images; travels to every exported row", required=False),
        "metric": Column(pl.Boolean, "whether world units are metres"),
        "gravity_aligned": Column(pl.Boolean, "whether world Z is up"),
        "num_frames": Column(pl.Int64, "frames that can be used"),
        "num_objects": Column(pl.Int64, "annotated boxes; null where the source has none", required=False),
        "dropped_frames": Column(pl.List(Drop), "frames that cannot be used, each with its reason"),
        "findings": Column(
            pl.List(Fault),
            "files of the scene that are missing or wrong, and the dataset's page that has them",
            required=False,
            location=True,
        ),
        "root": Column(Text, "the folder that was registered", location=True),
    },
    ("scene_id",),
)

FRAMES = Table(
    "frames",
    "One row a usable frame: image, depth, intrinsics, pose.",
    {
        "frame_id": Column(Text, "frame, unique in the scene; sorts in the order of capture"),
        "image": Column(Text, "colour image, absolute path or fsspec URL", location=True),
        "depth": Column(Text, "depth image, absolute path or fsspec URL; null for none", required=False, location=True),
        "depth_scale": Column(pl.Float64, "stored depth value / depth_scale = metres"),
        "width": Column(pl.Int64, "colour image width, pixels"),
        "height": Column(pl.Int64, "colour image height, pixels"),
        "intrinsics": Column(Vec4, "fx, fy, cx, cy of the colour image, pixels"),
        "depth_intrinsics": Column(
            Vec4, "fx, fy, cx, cy of the depth image; null: as the colour image", required=False
        ),
        "world_from_camera": Column(Mat4, "pose, row order; OpenCV camera axes, world Z up, metres"),
        "timestamp": Column(pl.Float64, "seconds", required=False),
        "sharpness": Column(pl.Float64, "variance of the grey image's Laplacian; larger is sharper", required=False),
        "keyframe": Column(pl.Boolean, "whether it stands for its neighbours (sharp, and different in pose)"),
        "signature": Column(Text, "hash of the bytes of the colour and depth files"),
    },
    ("frame_id",),
)

RECONSTRUCTIONS = Table(
    "reconstructions",
    "One row a keyframe of a video: its image and, where it was registered, its pose. Empty where a source has poses.",
    {
        "frame_id": Column(Text, "frame: its number in the video, padded; sorts in the order of capture"),
        "image": Column(Text, "the decoded keyframe, absolute path or fsspec URL", location=True),
        "width": Column(pl.Int64, "image width, pixels"),
        "height": Column(pl.Int64, "image height, pixels"),
        "timestamp": Column(pl.Float64, "seconds from the start of the video"),
        "sharpness": Column(pl.Float64, "variance of the grey image's Laplacian; larger is sharper"),
        "registered": Column(pl.Boolean, "whether the frame is part of the one model that was kept"),
        "reason": Column(Text, "ok, or why the frame was not registered"),
        "intrinsics": Column(Vec4, "fx, fy, cx, cy, pixels; null where not registered", required=False),
        "world_from_camera": Column(Mat4, "pose, row order; OpenCV camera axes; null likewise", required=False),
        "reprojection_error": Column(pl.Float64, "mean over its points, pixels; null likewise", required=False),
        "points": Column(pl.List(Point3), "triangulated points that the frame sees, a sample, world"),
        "depth_range": Column(Vec2, "camera z of nearly all of its points; null likewise", required=False),
        "neighbors": Column(Texts, "registered frames that see the same points from elsewhere, best first"),
        "gravity_aligned": Column(pl.Boolean, "whether world Z is up; the same in all rows"),
        "metric": Column(pl.Boolean, "whether world units are metres; the same in all rows"),
        "signature": Column(Text, "hash of the bytes of the image"),
    },
    ("frame_id",),
)

DEPTH_MAPS = Table(
    "depth_maps",
    "One row a frame without depth of its own: the depth estimated for it (video) or rendered from a scanned mesh.",
    {
        "frame_id": Column(Text, "frame"),
        "depth": Column(Text, "depth image (uint16, 0 = none), absolute path or fsspec URL", location=True),
        "depth_scale": Column(pl.Float64, "stored depth value / depth_scale = world units"),
        "width": Column(pl.Int64, "depth image width, pixels"),
        "height": Column(pl.Int64, "depth image height, pixels"),
        "intrinsics": Column(Vec4, "fx, fy, cx, cy of the depth image, pixels"),
        "estimator": Column(Text, "what it comes from: plane_sweep or model (estimated), or mesh (rendered)"),
        "coverage": Column(pl.Float64, "share of pixels that have depth, 0 to 1"),
        "disagreement": Column(
            pl.Float64, "median difference from neighbours' depth, as a share of it; null: none", required=False
        ),
        "signature": Column(Text, "hash of the bytes of the depth image"),
    },
    ("frame_id",),
)

SCENE_MESH = Table(
    "scene_mesh",
    "One row a scene: the surface fused from the depth of its keyframes. Empty for a scene without depth.",
    {
        "mesh": Column(Text, "triangles with colours (binary PLY), absolute path or fsspec URL", location=True),
        "vertices": Column(pl.Int64, "vertices"),
        "triangles": Column(pl.Int64, "triangles"),
        "voxel_m": Column(pl.Float64, "side of a voxel, world units"),
        "frames": Column(pl.Int64, "frames that were fused"),
        "lowest": Column(Vec3, "smallest world x, y, z of the vertices"),
        "highest": Column(Vec3, "largest world x, y, z of the vertices"),
        "digest": Column(Text, "hash of the file"),
    },
    ("digest",),
)

FLOOR_CELLS = Table(
    "floor_cells",
    "One row a cell of the floor's grid that depth images or the camera's walk tell something of.",
    {
        "x": Column(pl.Float64, "world x of the cell's centre, metres"),
        "y": Column(pl.Float64, "world y of the cell's centre, metres"),
        "floor_z": Column(pl.Float64, "world z of the floor, the same for all cells, metres"),
        "cell_m": Column(pl.Float64, "side of a cell, the same for all cells, metres"),
        "floor_points": Column(pl.Int64, "depth pixels on the floor"),
        "obstacle_points": Column(pl.Int64, "depth pixels above the floor, up to the height of a person's shoulders"),
        "passed": Column(pl.Boolean, "whether a camera was carried over it"),
        "walkable_ground": Column(pl.Boolean, "whether nothing that was seen hinders from standing there"),
    },
    ("x", "y"),
)
