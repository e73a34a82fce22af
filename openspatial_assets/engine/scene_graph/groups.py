"""Which sightings of a frame are looked at together: pairs, and sets of three to five.

What does not live here: whether a pair or a set may be asked about (`engine/questions`).
"""

import numpy as np
from numpy.typing import NDArray

LARGEST_SET = 5
"""Objects in the largest set that a question compares."""


def pairs_in_frames(
    frames: NDArray[np.int64], most_per_frame: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """All unordered pairs of entries of the same frame.

    Args:
        frames: `(s,)` frame of each sighting, ascending.
        most_per_frame: a frame with more pairs gives a random choice of this many.

    Returns:
        `(c,)` first and second sighting of each pair (first < second, ordered by frame), and how many pairs were left.
    """
    starts, counts = _runs(frames)
    first, second, left_out = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    triangles: dict[int, tuple[NDArray, NDArray]] = {}
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        if count not in triangles:
            triangles[count] = np.triu_indices(count, 1)
        upper, lower = triangles[count]
        if len(upper) > most_per_frame:
            chosen = np.sort(rng.permutation(len(upper))[:most_per_frame])
            left_out += len(upper) - most_per_frame
            upper, lower = upper[chosen], lower[chosen]
        first.append(start + upper)
        second.append(start + lower)
    return np.concatenate(first), np.concatenate(second), left_out


def sets_in_frames(
    frames: NDArray[np.int64], smallest: int, draws_per_frame: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], int]:
    """Random sets of `smallest` to `LARGEST_SET` sightings of the same frame, no set twice.

    Args:
        frames: `(s,)` frame of each sighting, ascending.

    Returns:
        `(c, LARGEST_SET)` positions in `frames`, ascending in each row, padded at the end with -1, ordered by frame;
        and how many frames have too few sightings for a set.
    """
    starts, counts = _runs(frames)
    sizes = smallest + np.arange(draws_per_frame) % (LARGEST_SET - smallest + 1)
    found, too_few = [np.empty((0, LARGEST_SET), np.int64)], 0
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        if count < smallest:
            too_few += 1
            continue
        drawn = rng.random((draws_per_frame, max(count, LARGEST_SET)))
        drawn[:, count:] = 2.0  # places that no sighting fills come last
        members = drawn.argsort(axis=1)[:, :LARGEST_SET]
        members[np.arange(LARGEST_SET) >= np.minimum(sizes, count)[:, None]] = count
        members = np.unique(np.sort(members, axis=1), axis=0)
        found.append(np.where(members < count, start + members, -1))
    return np.concatenate(found), too_few


def _runs(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and length of each run of equal entries."""
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    return starts, np.diff(starts, append=len(values))
