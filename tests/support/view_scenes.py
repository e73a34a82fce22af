"""Scene graphs of several views, written down object by object: for the rules that show two images and more."""

from itertools import combinations

import numpy as np

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.scene_graph.scene import Frames, Projections, SceneGraph, Sightings
from openspatial_assets.engine.scene_graph.views import PointMatches, ViewPairs

SIGHTED = 0.2
"""Visible fraction from which an object is a sighting, as far as these scenes go."""

ALONG_Y = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""`world_from_camera` at the origin, looking along world y; world x is its right."""

WIDTH, HEIGHT = 640, 480


def views_of(
    centers,
    extents,
    seen,
    tags=None,
    metric=True,
    gravity_aligned=True,
    rpy=None,
    cameras=None,
    effective=None,
    pairs=None,
    image_boxes=None,
    **further,
) -> SceneGraph:
    """A scene of as many frames as `seen` has rows.

    Args:
        centers, extents: of the objects, metres, world; one triple of `extents` counts for all.
        seen: `(f, o)` visible fraction of each object in each frame; 0 where its box does not reach into the image.
            From `SIGHTED` on, the object has a sighting.
        cameras: `(f, 4, 4)` world from camera; else all stand at the origin and look along world y.
        effective: (frame, object) -> centre and extents that this frame's sighting has for a box of its own.
        pairs: of frames that may be shown together; else all.
        image_boxes: (frame, object) -> xmin, ymin, xmax, ymax of the mask; else objects stand side by side.
        further: of the scene graph, such as `matches` or `floor`.
    """
    seen = np.atleast_2d(np.asarray(seen, float))
    num_frames, count = seen.shape
    centers = np.asarray(centers, float).reshape(count, 3)
    extents = np.broadcast_to(np.asarray(extents, float), (count, 3))
    boxes = Boxes.from_rpy(centers, extents, np.zeros((count, 3)) if rpy is None else rpy)
    poses = np.broadcast_to(ALONG_Y, (num_frames, 4, 4)) if cameras is None else np.asarray(cameras, float)
    frames, objects = np.nonzero(seen >= SIGHTED)
    own = boxes[objects]
    for (frame, thing), (center, size) in (effective or {}).items():
        place = int(np.flatnonzero((frames == frame) & (objects == thing))[0])
        own.centers[place], own.extents[place] = center, size
    tags = list(tags or [f"thing{index}" for index in range(count)])
    local = np.einsum("sji,sj->si", poses[frames, :3, :3], own.centers - poses[frames, :3, 3])
    outlines = [
        (image_boxes or {}).get((frame, thing), (60 * thing, 150, 60 * thing + 40, 250))
        for frame, thing in zip(frames.tolist(), objects.tolist(), strict=True)
    ]
    reaching, reached = np.nonzero(seen > 0)
    pairs = list(combinations(range(num_frames), 2)) if pairs is None else pairs
    first, second = np.array(pairs, np.int64).reshape(-1, 2).T
    return SceneGraph(
        scene_id="views",
        metric=metric,
        frames=Frames(
            tuple(f"f{index}" for index in range(num_frames)),
            np.full((num_frames, 2), (WIDTH, HEIGHT)),
            np.full((num_frames, 4), (500.0, 500.0, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)),
            poses,
        ),
        object_ids=tuple(f"o{index}" for index in range(count)),
        tags=tuple(tags),
        boxes=boxes,
        sightings=Sightings(
            frames=frames,
            objects=objects,
            boxes=own,
            camera_centers=local,
            camera_rpy=np.zeros((len(frames), 3)),
            visible_fraction=seen[frames, objects],
            in_frame=np.ones(len(frames)),
            image_boxes=np.array(outlines, float).reshape(-1, 4),
            mark_points=np.array([((a + c) / 2, (b + d) / 2) for a, b, c, d in outlines], float).reshape(-1, 2),
            depth_quartiles=local[:, 2:] + [-0.01, 0.0, 0.01],
            has_depth=np.ones(len(frames), np.bool_),
            referable=np.array([tags.count(tags[thing]) == 1 for thing in objects.tolist()], np.bool_),
        ),
        projections=Projections(reaching, reached, seen[reaching, reached]),
        gravity_aligned=gravity_aligned,
        views=ViewPairs(
            first,
            second,
            np.linalg.norm(poses[first, :3, 3] - poses[second, :3, 3], axis=1),
            _angles(poses[first, :3, :3], poses[second, :3, :3]),
        ),
        **{"matches": PointMatches.none()} | further,
    )


def _angles(first, second):
    trace = np.einsum("vij,vij->v", first, second)
    return np.arccos(np.clip((trace - 1) / 2, -1.0, 1.0))


def looking(eye, target) -> np.ndarray:
    """`(4, 4)` world from camera, upright at `eye`, with `target` in the middle of the image."""
    eye, target = np.asarray(eye, float), np.asarray(target, float)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye
    return pose
