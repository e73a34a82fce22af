"""What the forms of a scan's frames have in common: numbered frames, thinned, as the entries of a scene.

What does not belong here: where a form keeps its images (`exports.py`, `container.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.sources.frame_files import FrameEntry

FRAME_DIGITS = 6
"""The longest recordings have some 10,000 frames."""


@dataclass(frozen=True)
class NumberedFrame:
    """One frame of a recording.

    Attributes:
        number: its place in the recording, or the number in its files' names.
        images: `image` and `depth`, as in `FrameEntry`.
        scan_from_camera: `(4, 4)` as stored; it may be lost.
        pose_place: where the pose is stored, for the message about a lost one.
        problem: why the frame cannot be used; the others are then empty.
    """

    number: int
    images: Mapping[str, str | None] = field(default_factory=dict)
    scan_from_camera: ArrayLike | None = None
    pose_place: str = ""
    problem: str | None = None


def spaced(numbers: Iterable[int], every: int) -> list[int]:
    """Frame numbers, in order, of which no two are closer than `every`: the first, and each next that is far enough.

    Of frames that were exported one in 25, `every=10` takes all and not one in ten of them.
    """
    taken: list[int] = []
    for number in sorted(numbers):
        if not taken or number - taken[-1] >= every:
            taken.append(number)
    return taken


def entries_of(
    frames: Sequence[NumberedFrame], shared: Mapping[str, Any], world_from_scan: NDArray[np.float64]
) -> list[FrameEntry]:
    """The entries of frames, in the same order, their poses in the world.

    Args:
        shared: fields of `FrameEntry` that all frames share.
    """
    names = [f"{frame.number:0{FRAME_DIGITS}d}" for frame in frames]
    problems = [frame.problem or _pose_problem(frame) for frame in frames]
    stored = [frame.scan_from_camera for frame, problem in zip(frames, problems, strict=True) if not problem]
    poses = iter((world_from_scan @ nearest_rigid(np.reshape(stored, (-1, 4, 4)))).reshape(-1, 16).tolist())
    return [
        FrameEntry(name, problem=problem, lost=frame.problem is None and is_lost(frame.scan_from_camera))
        if problem
        else FrameEntry(name, **frame.images, **shared, world_from_camera=tuple(next(poses)))
        for name, frame, problem in zip(names, frames, problems, strict=True)
    ]


def _pose_problem(frame: NumberedFrame) -> str | None:
    problem = pose_problem(frame.scan_from_camera)
    return problem and f"{frame.pose_place}: {problem}"
