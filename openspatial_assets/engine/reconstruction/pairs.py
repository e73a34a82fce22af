"""Which pairs of keyframes are worth matching in full, which hang together, and which help to find the other's depth.

What does not belong here: finding features and matching them (`resources/reconstructor.py`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

MATCH_RATIO = 0.8
"""A match counts if the second best descriptor is farther, in angle, by this (Lowe, IJCV 60(2), 2004)."""

NEXT_IN_TIME = 2
"""Each frame is matched with as many that follow it, whatever they look like: what moves slowly has them in common."""

AGREEING_DEG = 15.0
"""Rotations of two pictures that see little depth are off by some degrees; those of bent models were by 20 to 150."""

BEST_ANGLE_DEG = 8.0
"""Angle between two frames' rays to a point at which the point's depth is found best, before pictures differ too much.
Yao et al., "MVSNet", ECCV 2018, take 5 degrees for objects on a table."""

NEAR_SPREAD_DEG, FAR_SPREAD_DEG = 4.0, 10.0
"""How fast a pair's worth falls off below and above that angle."""


def coarsest(scales: NDArray[np.float64], descriptors: NDArray, count: int) -> NDArray[np.float32]:
    """Unit descriptors `(<= count, d)` of the features of the largest `scales` `(n,)`; the first of equal ones.

    Coarse features are few, and seen again most often: Wu, "Towards linear-time incremental structure from motion",
    3DV 2013 ("preemptive matching").
    """
    chosen = np.asarray(descriptors)[np.argsort(-scales, kind="stable")[:count]].astype(np.float32)
    return chosen / np.maximum(np.linalg.norm(chosen, axis=1, keepdims=True), np.float32(1e-6))


def match_count(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    """How many of the unit descriptors `a` `(n, d)` and `b` `(m, d)` are each other's best match, and clearly so."""
    if len(a) < 2 or len(b) < 2:
        return 0
    cosine = a @ b.T
    best = cosine.argmax(axis=1)
    mutual = cosine.argmax(axis=0)[best] == np.arange(len(a))
    second, first = np.clip(np.partition(cosine, -2, axis=1)[:, -2:], -1.0, 1.0).T
    return int((mutual & (np.arccos(first) < MATCH_RATIO * np.arccos(second))).sum())


def pairs_to_match(
    descriptors: Sequence[NDArray[np.float32]], least_matches: int, partners: int
) -> list[tuple[int, int]]:
    """Pairs of frames `(earlier, later)`, sorted: those next to each other in time, and each frame's best partners.

    Args:
        descriptors: of each frame, in the order of capture, as `coarsest` gives them.
        least_matches: a pair with fewer is left out, unless its frames are next to each other.
        partners: each frame proposes at most so many.
    """
    frames = len(descriptors)
    counts = np.zeros((frames, frames), dtype=np.int64)
    for earlier in range(frames):
        for later in range(earlier + 1, frames):
            counts[earlier, later] = counts[later, earlier] = match_count(descriptors[earlier], descriptors[later])
    pairs = {(i, i + step) for step in range(1, NEXT_IN_TIME + 1) for i in range(frames - step)}
    for frame in range(frames):
        best = np.argsort(-counts[frame], kind="stable")[:partners]
        pairs |= {(min(frame, int(i)), max(frame, int(i))) for i in best if counts[frame, i] >= least_matches}
    return sorted(pairs)


def shared_points(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`(f, f)` how many points two frames share that a third one sees too; on the diagonal, how many a frame has.

    Only such a point ties the scale of one pair of frames to that of another: a frame that hangs on the rest by points
    which only one other sees may float at any scale.

    Args:
        seen: `(f, p)` whether a frame sees a point.
    """
    several = seen[:, seen.sum(axis=0) >= 3].astype(np.float32)
    return np.rint(several @ several.T).astype(np.int64)


def agreeing_links(
    shared: NDArray[np.int64],
    rotations: NDArray[np.float64],
    second_from_first: Mapping[tuple[int, int], NDArray[np.float64]],
) -> NDArray[np.int64]:
    """`shared` with 0 for all pairs of frames but those whose two pictures alone say the same rotation as the model.

    Where one thing stands in two places (doors, posters), wrong matches bend a model, which then fits them in part:
    its points there look sound, but its cameras are turned otherwise than each pair of pictures says.

    Args:
        rotations: `(f, 3, 3)` world from camera, in the model; NaN where a frame has none.
        second_from_first: for pairs of frames, the `(3, 3)` rotation of camera axes that the two pictures alone give.
    """
    agreed = np.diag(shared.diagonal())
    for (first, second), alone in second_from_first.items():
        in_model = rotations[second].T @ rotations[first]
        cosine = (np.sum(in_model * alone) - 1.0) / 2.0
        if cosine >= np.cos(np.radians(AGREEING_DEG)):  # false for NaN
            agreed[first, second] = agreed[second, first] = shared[first, second]
    return agreed


def largest_group(shared: NDArray[np.int64], least: int) -> NDArray[np.bool_]:
    """`(f,)` the largest group of frames in which each can be reached from each by steps of `least` shared points.

    Of groups of one size, the one with the earliest frame. Without any step the group is empty.
    """
    linked = (shared >= least) & ~np.eye(len(shared), dtype=bool)
    group = np.full(len(shared), -1)
    for start in range(len(shared)):
        if group[start] >= 0:
            continue
        frontier = np.zeros(len(shared), dtype=bool)
        frontier[start] = True
        while frontier.any():
            group[frontier] = start
            frontier = linked[frontier].any(axis=0) & (group < 0)
    sizes = np.bincount(group, minlength=len(shared))
    largest = int(np.argmax(sizes)) if len(sizes) else 0
    return (group == largest) & (len(sizes) > 0 and sizes[largest] > 1)


def view_worth(
    centers: NDArray[np.float64], points: NDArray[np.float64], seen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """`(f, f)` how much each frame helps to find the depth of another: the sum over the points that both see.

    A point counts fully where the two rays meet at `BEST_ANGLE_DEG`. After Yao et al., "MVSNet", ECCV 2018.

    Args:
        centers: `(f, 3)` optical centres, world.
        points: `(p, 3)` world.
        seen: `(f, p)` whether a frame sees a point.
    """
    worth = np.zeros((len(centers), len(centers)))
    for a in range(len(centers)):
        for b in range(a + 1, len(centers)):
            both = points[seen[a] & seen[b]]
            if len(both):
                ray_a, ray_b = both - centers[a], both - centers[b]
                lengths = np.linalg.norm(ray_a, axis=1) * np.linalg.norm(ray_b, axis=1)
                cosine = np.einsum("ij,ij->i", ray_a, ray_b) / np.maximum(lengths, 1e-12)
                off = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) - BEST_ANGLE_DEG
                spread = np.where(off < 0, NEAR_SPREAD_DEG, FAR_SPREAD_DEG)
                worth[a, b] = worth[b, a] = np.exp(-0.5 * (off / spread) ** 2).sum()
    return worth
