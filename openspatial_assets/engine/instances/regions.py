"""The pixels of recognised objects, from their boxes, depth and colour, without learned weights.

The frame is cut into small regions that keep to edges (`superpixels.py`). Boxes and background claim regions
(`claims.py`), claims spread along surfaces (`walk.py`), and each region goes to the strongest claimant. So a pixel is
of one object at most: a mug's are not the table's, and the table's within a chair's box are not the chair's. A floor
seen between the legs of a chair goes with the rest of the floor, which continues beyond the box. Where depth cannot
tell (a magazine on a table, a picture on a wall, a frame without depth), colour does.

Limits: parts thinner than 4 samples (8 pixels of a frame of 640) are lost or fattened. What lies wholly inside a box
and has no box of its own goes to that box's object: clutter on a table, a chair before a cabinet, the floor in a corner
of a box that reaches to the frame's border. Of two recognitions of one object, or of an object and its part, the
smaller box takes what both cover. A false find takes a piece of what it lies on. What is as flat and of the same colour
as what it lies on is lost, and shadows and print may pass for an edge.
What does not belong here: reading files (`assets/instance_masks.py`), and Segment Anything (`resources/segmenter`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.instances.claims import claims_on, reference_side
from openspatial_assets.engine.instances.contrast import contrasts
from openspatial_assets.engine.instances.planes import planes_of
from openspatial_assets.engine.instances.rims import sharpened
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.instances.superpixels import regions_of
from openspatial_assets.engine.instances.walk import spread
from openspatial_assets.engine.instances.working import working_image
from openspatial_assets.engine.masks.regions import without_fragments

LEAST_INSIDE = 0.3
"""A region with less of it in a box is not of its object, however strongly its neighbours are."""

OVERREACH = 0.05
"""A mask reaches at most this share of the box's sides beyond the box."""

OVERREACH_PX = 3.0
"""Pixels that it may reach in any case."""

MIN_FRAGMENT_SHARE = 0.01
"""Parts smaller than this share of a mask are strays."""


@dataclass(frozen=True)
class BoxView:
    """The recognised boxes of one frame, and what is known of it beside the image.

    Attributes:
        boxes: `(k, 4)` xmin, ymin, xmax, ymax in pixels, inside the image.
        intrinsics: `(4,)` fx, fy, cx, cy in pixels.
        depth: `(h, w)` along the optical axis, 0 = none; None for a frame without depth.
    """

    boxes: NDArray[np.float64]
    intrinsics: NDArray[np.float64]
    depth: NDArray[np.float32] | None


def masks_in_boxes(image: NDArray[np.uint8], view: BoxView, settings: InstanceSettings) -> NDArray[np.bool_]:
    """`(k, h, w)` pixels of the object of each box; they do not overlap, and may be empty.

    Args:
        image: `(h, w, 3)` RGB.
    """
    boxes = np.asarray(view.boxes, dtype=np.float64).reshape(-1, 4)
    if not len(boxes):
        return np.zeros((0, *image.shape[:2]), dtype=bool)
    frame = working_image(image, view.depth, view.intrinsics, settings.working_side_px)
    graph = regions_of(frame, contrasts(frame), settings.regions)
    planes = planes_of(frame, graph)
    claims = claims_on(frame, graph, planes, boxes)
    shares = spread(graph, planes, claims.strength, reference_side(frame))
    shares[:, :-1] *= claims.inside > LEAST_INSIDE
    owner = sharpened(frame.to_frame(shares.argmax(axis=1)[graph.labels]), image, view.depth, frame)
    masks = np.zeros((len(boxes), *owner.shape), dtype=bool)
    for index, box in enumerate(boxes):
        window = _window(box, owner.shape)
        masks[index][window] = without_fragments(owner[window] == index, MIN_FRAGMENT_SHARE)
    return masks


def _window(box: NDArray[np.float64], shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a box, enlarged by what a mask may reach beyond it."""
    margin = np.maximum(OVERREACH * (box[2:] - box[:2]), OVERREACH_PX)
    low, high = np.floor(box[:2] - margin).astype(int), np.ceil(box[2:] + margin).astype(int)
    columns, rows = (slice(max(start, 0), max(stop, 0)) for start, stop in zip(low, high, strict=True))
    return rows, columns
