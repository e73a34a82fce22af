"""Which masks of several views show one object.

Masks are joined view by view to the objects found so far, by the voxels that they have in common; then objects are
joined that were found in parts. A mask is compared only with objects whose bounds it meets, so the work grows with the
number of views, not with its square. What does not belong here: cleaning masks (`clouds.py`), which view sees what
(`coverage.py`), and which of the groups are real objects (`selection.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from openspatial_assets.engine.lifting.clouds import NOBODY, View
from openspatial_assets.engine.lifting.coverage import Coverage
from openspatial_assets.engine.lifting.names import kind_of, votes
from openspatial_assets.engine.lifting.settings import LiftingSettings

SAME_PART_SHARE = 0.5
"""A part of the scene is in a mask if the mask has more than this share of what the view sees of it."""


@dataclass(frozen=True, eq=False)
class Group:
    """Masks that show one object.

    Attributes:
        masks: (view, mask) of each, ascending.
        kinds: what each names.
        voxels: `(k,)` indices of the voxels that any of them has, ascending.
        low, high: `(3,)` bounds of the voxels' points, metres.
    """

    masks: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]
    voxels: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def kind(self) -> str:
        """What most of its masks name."""
        return votes(self.kinds)[0][0]

    @property
    def views(self) -> tuple[int, ...]:
        """The views that it has a mask of, ascending."""
        return tuple(sorted({view for view, _ in self.masks}))

    def joined(self, other: "Group") -> "Group":
        """Both as one."""
        entries = sorted(zip(self.masks + other.masks, self.kinds + other.kinds, strict=True))
        return Group(
            tuple(mask for mask, _ in entries),
            tuple(kind for _, kind in entries),
            np.union1d(self.voxels, other.voxels),
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )


def groups_of(views: Sequence[View], coverage: Coverage, settings: LiftingSettings, unit: float = 1.0) -> list[Group]:
    """The masks of all views, grouped by the object that they show; masks without a voxel are in no group."""
    groups: list[Group] = []
    margin = settings.voxel_m * unit
    for number, view in enumerate(views):
        groups = _with_view(groups, _masks_of(number, view, coverage), number, coverage, settings, margin)
    return merged(groups, views, coverage, settings, margin)


def merged(
    groups: Sequence[Group], views: Sequence[View], coverage: Coverage, settings: LiftingSettings, margin: float
) -> list[Group]:
    """Groups joined, those first that have most in common, until no two belong together."""
    groups = list(groups)
    waiting = {pair: _in_common(groups[pair[0]], groups[pair[1]]) for pair in _meeting(groups, margin)}
    gone: set[int] = set()
    while waiting:
        pair = min(waiting, key=lambda pair: (-waiting[pair], pair))
        share = waiting.pop(pair)
        if share < settings.min_containment:
            break
        one, other = (groups[index] for index in pair)
        if not may_merge(one, other, views, coverage, settings):
            continue
        gone |= set(pair)
        waiting = {both: share for both, share in waiting.items() if not gone & set(both)}
        both, number = one.joined(other), len(groups)
        groups.append(both)
        for index, third in enumerate(groups[:-1]):
            if index not in gone and _meet(both, third, margin):
                waiting[(index, number)] = _in_common(both, third)
    return [group for index, group in enumerate(groups) if index not in gone]


def may_merge(one: Group, other: Group, views: Sequence[View], coverage: Coverage, settings: LiftingSettings) -> bool:
    """Whether two groups that have voxels in common may be one object: by name, by exclusion, and by consensus."""
    if one.kind != other.kind or _apart_in_a_view(one, other, views):
        return False
    agreeing, asked = consensus(one.voxels, other.voxels, coverage, settings)
    return asked < settings.consensus_views or agreeing >= settings.min_consensus * asked


def consensus(
    one: NDArray[np.int64], other: NDArray[np.int64], coverage: Coverage, settings: LiftingSettings
) -> tuple[int, int]:
    """How many views have two sets of voxels in one mask, of how many that see both and have either in a mask.

    The rate of Yan et al., "MaskClustering", CVPR 2024, section 3.2; a view whose recognizer missed the object says
    nothing.
    """
    seen_one, mask_one = _mask_with(one, coverage, settings)
    seen_other, mask_other = _mask_with(other, coverage, settings)
    asked = seen_one & seen_other & ((mask_one != NOBODY) | (mask_other != NOBODY))
    return int(np.count_nonzero(asked & (mask_one == mask_other))), int(np.count_nonzero(asked))


def _mask_with(
    voxels: NDArray[np.int64], coverage: Coverage, settings: LiftingSettings
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Of each view, whether it could see the voxels, and the mask that has most of what it sees of them."""
    seen, owner = coverage.seen[:, voxels], coverage.owner[:, voxels]
    count = seen.sum(axis=1)
    most = np.full(len(seen), NOBODY)
    for view in np.flatnonzero(count):
        numbers = np.bincount(owner[view][owner[view] != NOBODY], minlength=1)
        if numbers.max() > SAME_PART_SHARE * count[view]:
            most[view] = numbers.argmax()
    return count >= settings.min_seen_share * len(voxels), most


def _apart_in_a_view(one: Group, other: Group, views: Sequence[View]) -> bool:
    """Whether a view has a mask of either, and these do not overlap."""
    of_view: dict[int, list[int]] = {}
    for view, mask in one.masks:
        of_view.setdefault(view, []).append(mask)
    return any(
        mask != same and not views[view].overlapping[mask, same]
        for view, mask in other.masks
        for same in of_view.get(view, ())
    )


def _masks_of(number: int, view: View, coverage: Coverage) -> list[Group]:
    """Each mask of a view as a group of its own."""
    owner = coverage.owner[number]
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(len(view.labels) + 1))
    found = []
    for index, label in enumerate(view.labels):
        voxels = np.sort(order[edges[index] : edges[index + 1]])
        if len(voxels):
            points = coverage.points[voxels]
            low, high = points.min(axis=0), points.max(axis=0)
            found.append(Group(((number, index),), (kind_of(label),), voxels, low, high))
    return found


def _with_view(
    groups: list[Group], found: list[Group], number: int, coverage: Coverage, settings: LiftingSettings, margin: float
) -> list[Group]:
    """The groups with one view's masks joined to those that they fit best, one mask to a group."""
    if not found:
        return groups
    fits = np.zeros((len(groups), len(found)))
    for index, group in enumerate(groups):
        seen = None
        for column, mask in enumerate(found):
            if group.kind != mask.kind or not _meet(group, mask, margin):
                continue
            if seen is None:
                seen = int(np.count_nonzero(coverage.seen[number, group.voxels]))
            common = len(np.intersect1d(group.voxels, mask.voxels, assume_unique=True))
            # What the view does not see of the object, its mask cannot have.
            if common >= settings.min_containment * min(len(mask.voxels), seen):
                fits[index, column] = common / (len(mask.voxels) + seen - common)
    joined, left = list(groups), set(range(len(found)))
    for index, column in zip(*linear_sum_assignment(fits, maximize=True), strict=True):
        if fits[index, column] > 0:
            joined[index] = groups[index].joined(found[column])
            left.remove(column)
    return joined + [found[column] for column in sorted(left)]


def _meet(one: Group, other: Group, margin: float) -> bool:
    return bool((one.low <= other.high + margin).all() and (other.low <= one.high + margin).all())


def _meeting(groups: Sequence[Group], margin: float) -> Iterator[tuple[int, int]]:
    for second in range(len(groups)):
        for first in range(second):
            if _meet(groups[first], groups[second], margin):
                yield first, second


def _in_common(one: Group, other: Group) -> float:
    """Share of the smaller group's voxels that both have."""
    common = len(np.intersect1d(one.voxels, other.voxels, assume_unique=True))
    return common / min(len(one.voxels), len(other.voxels))
