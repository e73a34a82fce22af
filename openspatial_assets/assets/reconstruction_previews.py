"""What is made of a scene's images for the web UI: a video's poses and depth, and the fused surface.

Every function takes tables of one scene and returns a picture `(h, w, 3)` RGB, or None where there is nothing to show.
What does not belong here: how things are drawn (`engine/rendering`, `resources/mesh_view.py`).
"""

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.marked_pictures import Row
from openspatial_assets.assets.preview_parts import PLOT_PX, Picture, frame_name, spread
from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.rendering.clouds import cloud_tiles, colored_depth, within_most
from openspatial_assets.engine.rendering.overlays import contact_sheet, legend
from openspatial_assets.engine.rendering.plots import scene_from_above
from resources.images import camera_of, decode_depth, metres, read_bytes, read_color
from resources.mesh_files import read_mesh
from resources.mesh_view import mesh_picture

STRIP_FRAMES = 8
STRIP_COLUMNS = 4
STRIP_TILE_PX = 152
SPARSE_CELLS = 130
"""Along the longer side: triangulated points are few, and must be seen each."""

DEPTH_FRAMES = 4
DEPTH_TILE_PX = 300
DEPTH_ENDS = (0.02, 0.98)
"""Shares of a scene's depth at which the colours end."""

OVERVIEW_PX = (880, 660)
"""Width and height of the picture of the mesh from above."""

DISTANCE_SHARE = 1.4
"""Of the surface's diagonal: so far away the camera is from its middle. Nearer, perspective distorts it."""

SHOWN = (0.005, 0.995)
"""Quantiles of the surface that the picture holds: strays must not make the rest small."""

FILLED_SHARE = 0.94
"""Of the picture, by what it holds."""

ELEVATION_DEG = 50.0
"""How far above the horizon the mesh is seen from: steep enough to see the floor, flat enough to see the walls."""

VIEW_PX = 430
"""Width of a frame and of the mesh from the same place."""

SIDE_FROM_WORLD = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""World axes turned so that what is seen from above is the world seen along +Y, with up upwards."""

PAPER = 250
"""Grey level around pictures: that of the plots."""

NO_BOXES = Boxes(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3, 3)))


def preview_reconstruction(reconstructions: pl.DataFrame) -> Picture | None:
    """The cameras and the triangulated points from above and from the side, and keyframes with what became of them."""
    if reconstructions.is_empty():
        return None
    rows = reconstructions.sort("frame_id")
    chosen = [rows.row(index, named=True) for index in spread(rows.height, STRIP_FRAMES)]
    captions = [row["frame_id"] + ("" if row["registered"] else f": {row['reason']}") for row in chosen]
    sheet = contact_sheet([read_color(row["image"]) for row in chosen], captions, STRIP_COLUMNS, STRIP_TILE_PX)
    registered = rows.filter("registered")
    picture = _beside_views(registered, sheet) if registered.height else sheet
    errors = registered["reprojection_error"].drop_nulls()
    scale = "metres" if rows["metric"].all() else "no scale"
    up = "up is known" if rows["gravity_aligned"].all() else "up is not known"
    parts = [f"{registered.height} of {rows.height} keyframes registered", scale, up]
    if len(errors):
        parts.append(f"reprojection error {errors.median():.2f} px")
    return legend(picture, [], " · ".join(parts))


def preview_depth_maps(pictures: pl.DataFrame, depth_maps: pl.DataFrame) -> Picture | None:
    """Keyframes, spread over the walk, beside their depth: near is red, far is blue, black where there is none."""
    rows = depth_maps.join(pictures.select("frame_id", "image"), on="frame_id").sort("frame_id")
    if rows.is_empty():
        return None
    chosen = [rows.row(index, named=True) for index in spread(rows.height, DEPTH_FRAMES)]
    depths = [metres(decode_depth(read_bytes(row["depth"]), row["depth"]), row["depth_scale"]) for row in chosen]
    known = np.concatenate([depth[depth > 0] for depth in depths])
    nearest, farthest = np.quantile(known, DEPTH_ENDS).tolist() if len(known) else (1.0, 2.0)
    shown, captions = [], []
    for row, depth in zip(chosen, depths, strict=True):
        color = read_color(row["image"])
        size = DEPTH_TILE_PX, round(DEPTH_TILE_PX * color.shape[0] / color.shape[1])
        shown += [color, cv2.resize(colored_depth(depth, nearest, farthest), size, interpolation=cv2.INTER_NEAREST)]
        off = "" if row["disagreement"] is None else f", neighbours differ by {row['disagreement']:.1%}"
        captions += [frame_name(row), f"{row['coverage']:.0%} of pixels{off}"]
    sheet = contact_sheet(shown, captions, 4, DEPTH_TILE_PX)
    text = f"{rows.height} depth maps by {rows['estimator'][0]} · {rows['coverage'].mean():.0%} of pixels have depth"
    return legend(sheet, [], f"{text} · red {nearest:.2f}, blue {farthest:.2f} world units")


def preview_mesh(frames: pl.DataFrame, scene_mesh: pl.DataFrame) -> Picture | None:
    """The fused surface from above, without what faces away (ceiling, near walls), beside a frame and its own view."""
    if frames.is_empty() or scene_mesh.is_empty():
        return None
    mesh, row = read_mesh(scene_mesh["mesh"][0]), scene_mesh.row(0, named=True)
    frames = frames.sort("frame_id")
    poses = frames["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    overview = mesh_picture(mesh, _overview_camera(mesh.vertices, poses[:, :3, 3]))
    frame = frames.row(frames.height // 2, named=True)
    color = read_color(frame["image"])
    height = round(VIEW_PX * color.shape[0] / color.shape[1])
    views = [cv2.resize(color, (VIEW_PX, height), interpolation=cv2.INTER_AREA),
             mesh_picture(mesh, _resized(camera_of(frame), VIEW_PX, height))]  # fmt: skip
    picture = _on_paper([overview, _on_paper(views, axis=0)], axis=1)
    text = f"{row['triangles']:,} triangles from {row['frames']} frames · voxels of {row['voxel_m']:.3g}"
    return legend(picture, [], f"{text} · right: {frame_name(frame)}, and the surface from there")


def _beside_views(registered: pl.DataFrame, sheet: Picture) -> Picture:
    """The cameras and points from above; to the right of it from the side, and below that `sheet`."""
    parts = [_sparse_points(row) for row in registered.iter_rows(named=True)]
    points, colors = (np.concatenate(side) for side in zip(*parts, strict=True))
    near = within_most(points)
    points, colors = points[near], colors[near]
    poses = registered["world_from_camera"].to_numpy().reshape(-1, 4, 4)
    unit = "m" if registered["metric"].all() else "units"
    views = []
    for turn in (np.eye(4), SIDE_FROM_WORLD):
        ground = cloud_tiles(points @ turn[:3, :3].T, colors, SPARSE_CELLS) if len(points) else None
        views.append(scene_from_above(NO_BOXES, [], [], turn @ poses, PLOT_PX, unit, ground))
    right = _on_paper([views[1], sheet], axis=0)
    return _on_paper([views[0], right], axis=1)


def _on_paper(pictures: list[Picture], axis: int) -> Picture:
    """Pictures one below the other (axis 0) or side by side (axis 1), the smaller ones in the middle of their room."""
    across = 1 - axis
    room = max(picture.shape[across] for picture in pictures)
    padded = []
    for picture in pictures:
        spare = room - picture.shape[across]
        widths = [(3, 3), (3, 3), (0, 0)]
        widths[across] = (spare // 2, spare - spare // 2)
        padded.append(np.pad(picture, widths, constant_values=PAPER))
    return np.concatenate(padded, axis=axis)


def _sparse_points(row: Row) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """The triangulated points `(n, 3)` of a keyframe, and their colours `(n, 3)` in it."""
    points = np.array([[point[axis] for axis in "xyz"] for point in row["points"]]).reshape(-1, 3)
    pixels, depth = camera_of(row).project(points)
    u, v = np.rint(pixels).astype(np.int64).T
    seen = (depth > 0) & (u >= 0) & (v >= 0) & (u < row["width"]) & (v < row["height"])
    return points[seen], read_color(row["image"])[v[seen], u[seen]]


def _overview_camera(vertices: NDArray[np.float64], eyes: NDArray[np.float64]) -> Camera:
    """A camera above the side from which the scene was seen, whose picture nearly all of the surface fills.

    Args:
        vertices: `(v, 3)` of the mesh.
        eyes: `(n, 3)` optical centres of the frames.
    """
    low, high = np.quantile(vertices, SHOWN, axis=0)
    away = (eyes.mean(axis=0) - vertices.mean(axis=0))[:2]
    azimuth, elevation = np.arctan2(away[1], away[0]), np.radians(ELEVATION_DEG)
    back = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(-back, right), -back], axis=-1)
    pose[:3, 3] = (low + high) / 2 + back * DISTANCE_SHARE * np.linalg.norm(high - low)
    size = np.array(OVERVIEW_PX)
    # In units of the focal length, from which the focal length and the middle of the picture follow.
    flat = Camera(*OVERVIEW_PX, np.array([1.0, 1.0, 0.0, 0.0]), pose).project(vertices)[0]
    first, last = np.quantile(flat, SHOWN, axis=0)
    focal = float((size / np.maximum(last - first, 1e-9)).min()) * FILLED_SHARE
    middle = (size - 1) / 2 - focal * (first + last) / 2
    return Camera(*OVERVIEW_PX, np.array([focal, focal, *middle]), pose)


def _resized(camera: Camera, width: int, height: int) -> Camera:
    """The camera of a picture made `width` x `height`; pixel centres are whole numbers at either size."""
    scale = np.array([width / camera.width, height / camera.height])
    intrinsics = np.concatenate([camera.intrinsics[:2] * scale, (camera.intrinsics[2:] + 0.5) * scale - 0.5])
    return Camera(width, height, intrinsics, camera.world_from_camera)
