"""Scene graphs of one frame, written down object by object: for the gates of rules and for names."""

import numpy as np

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.scene_graph.scene import Frames, Projections, SceneGraph, Sightings


def scene_of(
    centers,
    extents,
    tags=None,
    metric=True,
    visible=1.0,
    in_frame=1.0,
    columns=None,
    depths=None,
    rpy=None,
    has_depth=True,
    hidden=(),
) -> SceneGraph:
    """One frame whose camera stands at the origin and looks along world y; world x is its right.

    Args:
        depths: median depth of each object, with quartiles 1 cm around it; or `(n, 3)` quartiles.
        hidden: tags of further objects that project into the frame and are not seen.
    """
    centers, extents = np.atleast_2d(centers).astype(float), np.atleast_2d(extents).astype(float)
    count = len(centers)
    boxes = Boxes.from_rpy(centers, np.broadcast_to(extents, (count, 3)), np.zeros((count, 3)) if rpy is None else rpy)
    pose = np.eye(4)
    pose[:3, :3] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T
    local = centers @ pose[:3, :3]
    columns = columns or [(100 * index, 100 * index + 50) for index in range(count)]
    depths = local[:, 2] if depths is None else np.asarray(depths, float)
    quartiles = depths[:, None] + [-0.01, 0.0, 0.01] if depths.ndim == 1 else depths
    tags = [*(tags or [f"thing{index}" for index in range(count)]), *hidden]
    everything = len(tags)
    every_box = Boxes(*(np.concatenate([part, part[:1].repeat(len(hidden), 0)]) for part in vars(boxes).values()))
    return SceneGraph(
        scene_id="desk",
        metric=metric,
        frames=Frames(("f0",), np.array([[640, 480]]), np.array([[500.0, 500.0, 319.5, 239.5]]), pose[None]),
        object_ids=tuple(f"o{index}" for index in range(everything)),
        tags=tuple(tags),
        boxes=every_box,
        sightings=Sightings(
            frames=np.zeros(count, np.int64),
            objects=np.arange(count),
            boxes=boxes,
            camera_centers=local,
            camera_rpy=np.zeros((count, 3)),
            visible_fraction=np.broadcast_to(np.asarray(visible, float), count),
            in_frame=np.broadcast_to(np.asarray(in_frame, float), count),
            image_boxes=np.array([(low, 150, high, 250) for low, high in columns], float),
            mark_points=np.array([(100 * index + 50, 200) for index in range(count)], float),
            depth_quartiles=quartiles,
            has_depth=np.full(count, has_depth),
            referable=np.array([tags.count(tag) == 1 for tag in tags[:count]]),
        ),
        projections=Projections(np.zeros(everything, np.int64), np.arange(everything)),
    )
