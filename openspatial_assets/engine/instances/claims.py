"""How strongly each box, and the background, claims each region of a frame, before regions pull at one another.

Three things speak for a box: that the region lies in it, that the surface which the region is part of lies in it as a
whole (what continues beyond a box is not its object), and that it is the smallest such box (of boxes nested in one
another, the inner one claims first). Weights and powers were tuned together, on generated rooms and one real kitchen;
masks change little where one of them changes by a fifth.
What does not belong here: how claims spread from region to region (`walk.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from openspatial_assets.engine.instances.superpixels import RegionGraph
from openspatial_assets.engine.instances.working import WorkingImage

REFERENCE_SHARE = 0.19
"""Claims are measured at a square box of this share of the frame's longer side: a chair across a room."""

LEAST_BOX = 16
"""Boxes count as at least so many samples."""

BOX_CLAIM = 0.85
"""Claim of a box on each of its samples, over the reference side, if it is as large as the reference."""

BOX_SLOPE = 0.6
"""A box of k times the area claims each sample by this power of 1 / k; with 1/2, the claim of a whole box would grow as
its outline does, through which the background pulls."""

BOX_MARGIN = 0.02
"""Boxes are taken to reach this share of their sides farther; recognisers are no more exact."""

LEAST_MARGIN = 1.0
"""Samples by which a box is enlarged at least."""

RIM_SHARE = 0.2
"""Towards an edge of its box a claim falls to 0, over this share of the box's side: there is most often background."""

OPEN_BORDER_PX = 3
"""At an edge this near to the frame's border it does not, because the object continues behind the border."""

INSIDE_BACKGROUND = 0.3
"""Claim of the background on a sample in a box, as a share of that of the strongest box."""

OUTSIDE_BACKGROUND = 0.55
"""Claim of the background on a sample outside of all boxes, over the reference side."""

HOLE_SHARE = 0.6
"""Share of that which is left where there is no depth, and so nothing that continues from the box."""

SURFACE_CONTRASTS = (0.4, 0.8, 1.4)
"""Regions joined below these contrasts are surfaces that vote as one: flat patches, smooth bodies, whole objects."""

SURFACE_VOTE, PLANE_VOTE = 0.15, 0.25
"""Claim of the vote of a surface, and of that of a large plane, on each sample, over the reference side."""

INSIDE_POWER = 2.0
"""A box's vote for a surface is this power of the share of it that lies inside."""

SIZE_POWER = 0.5
"""Of two boxes that hold a surface, the smaller has the stronger vote, by this power of the ratio of their areas."""

OUTSIDE_POWER, OUTSIDE_VOTE = 1.4, 1.1
"""The background's vote is this power of the share of the surface outside of all boxes, times the weight."""

MOSTLY_OUTSIDE = 0.5
"""A region with less of it in any one box is claimed by none, but its surface may still be."""


@dataclass(frozen=True)
class Claims:
    """What boxes and background claim.

    Attributes:
        strength: `(n, boxes + 1)` claim on each region, the background's last; 0 and above.
        inside: `(n, boxes)` share of each region's samples in each box, margin included.
    """

    strength: NDArray[np.float64]
    inside: NDArray[np.float64]


def reference_side(frame: WorkingImage) -> float:
    """Samples of the side of the box at which claims are measured."""
    return REFERENCE_SHARE * max(frame.size)


def claims_on(
    frame: WorkingImage, graph: RegionGraph, planes: Sequence[NDArray[np.float64]], boxes: NDArray[np.float64]
) -> Claims:
    """The claims of boxes `(k, 4)` (xmin, ymin, xmax, ymax in pixels of the frame) and of the background.

    Args:
        planes: for each large plane `(n,)` how well each region lies on it, 0 to 1.
    """
    side = reference_side(frame)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0) / frame.stride
    relative = np.maximum(sides.prod(axis=1), LEAST_BOX) / side**2
    known = frame.has_depth if frame.has_depth.any() else np.ones(frame.size, dtype=bool)
    strength, inside, covered = _of_boxes(frame, graph, boxes, BOX_CLAIM / side * relative**-BOX_SLOPE)
    outside = covered < MOSTLY_OUTSIDE
    strength[outside] = 0.0
    strength[:, -1] += outside * OUTSIDE_BACKGROUND / side * graph.total(np.where(known, 1.0, HOLE_SHARE))
    surfaces = [graph.joined(limit) for limit in SURFACE_CONTRASTS]
    members = [_members(count, surface) for count, surface in surfaces] + [member[None] for member in planes]
    weights = [SURFACE_VOTE] * len(surfaces) + [PLANE_VOTE] * len(planes)
    shares, samples = np.column_stack([inside, covered]), graph.total(known)
    for member, weight in zip(members, weights, strict=True):
        strength += weight / side * graph.sizes[:, None] * (member.T @ _votes(member, shares, samples, relative))
    return Claims(strength, inside)


def _of_boxes(
    frame: WorkingImage, graph: RegionGraph, boxes: NDArray[np.float64], per_sample: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Claims `(n, boxes + 1)` of boxes on what lies in them, `per_sample` `(boxes,)`, and of the background there.

    Returns:
        the claims; `(n, boxes)` share of each region in each box; `(n,)` the greatest of a region's shares.
    """
    strength, inside = np.zeros((len(graph), len(boxes) + 1)), np.zeros((len(graph), len(boxes)))
    strongest = np.zeros(frame.size)
    for index, (box, claim) in enumerate(zip(boxes, per_sample, strict=True)):
        weight = _rim(box, frame)
        reached = weight > 0
        strength[:, index] = claim * graph.total(weight)
        inside[:, index] = graph.total(reached) / graph.sizes
        np.maximum(strongest, claim * reached, out=strongest)
    strength[:, -1] = INSIDE_BACKGROUND * graph.total(strongest)
    return strength, inside, inside.max(axis=1, initial=0.0)


def _rim(box: NDArray[np.float64], frame: WorkingImage) -> NDArray[np.float64]:
    """`(h, w)` 0 outside of a box and its margin, rising to 1 inside, but at once where the frame's border cuts it."""
    profiles = []
    for low, high, length, count in ((box[1], box[3], *_axis(frame, 0)), (box[0], box[2], *_axis(frame, 1))):
        margin = max(BOX_MARGIN * (high - low), LEAST_MARGIN * frame.stride)
        ramp = RIM_SHARE * (high - low) + margin
        place = (np.arange(count) + 0.5) * frame.stride
        profile = ((place > low - margin) & (place < high + margin)).astype(np.float64)
        if low > OPEN_BORDER_PX:
            profile *= np.clip((place - low + margin) / ramp, 0.0, 1.0)
        if high < length - OPEN_BORDER_PX:
            profile *= np.clip((high + margin - place) / ramp, 0.0, 1.0)
        profiles.append(profile)
    return profiles[0][:, None] * profiles[1][None, :]


def _axis(frame: WorkingImage, axis: int) -> tuple[int, int]:
    return frame.shape[axis], frame.size[axis]


def _members(count: int, surface: NDArray[np.int32]) -> sparse.csr_matrix:
    """`(count, n)` 1 where region n is part of a surface."""
    return sparse.csr_matrix((np.ones(len(surface)), (surface, np.arange(len(surface)))), (count, len(surface)))


def _votes(
    members: NDArray[np.float64] | sparse.csr_matrix,
    shares: NDArray[np.float64],
    samples: NDArray[np.float64],
    relative: NDArray[np.float64],
) -> NDArray[np.float64]:
    """`(s, boxes + 1)` the vote of each surface, which adds up to 1, or to 0 for a surface without samples.

    Args:
        members: `(s, n)` how much each region is part of each surface, 0 to 1.
        shares: `(n, boxes + 1)` share of each region in each box, and in any.
        samples: `(n,)` samples of each region that count.
        relative: `(boxes,)` area of each box, over that of the reference.
    """
    total = members @ samples
    held = (members @ (shares * samples[:, None])) / np.maximum(total, 1.0)[:, None]
    vote = np.empty_like(held)
    vote[:, :-1] = held[:, :-1] ** INSIDE_POWER * relative**-SIZE_POWER
    vote[:, -1] = OUTSIDE_VOTE * np.maximum(1 - held[:, -1], 0.0) ** OUTSIDE_POWER
    vote *= (total > 0)[:, None]
    return vote / np.maximum(vote.sum(axis=1, keepdims=True), np.finfo(float).tiny)
