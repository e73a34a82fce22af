"""From the views of a scene to its objects: the steps of lifting in their order.

What does not belong here: the steps themselves (the modules beside this one), and tables.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes, box_distance
from openspatial_assets.engine.geometry.overlap import intersection_volumes
from openspatial_assets.engine.lifting.association import groups_of
from openspatial_assets.engine.lifting.boxes import FittedBox, fitted_box, grown_box
from openspatial_assets.engine.lifting.clouds import View
from openspatial_assets.engine.lifting.completion import completed
from openspatial_assets.engine.lifting.coverage import coverage_of
from openspatial_assets.engine.lifting.floor import floor_of_views, foot_is_hidden, without_floor
from openspatial_assets.engine.lifting.names import FLOOR_STANDING, elected, votes
from openspatial_assets.engine.lifting.objects import Candidate, candidates, cloud_of, thinned
from openspatial_assets.engine.lifting.settings import LiftingSettings

TYPICAL_DEPTH_M = 2.0
"""Indoors, half of what a camera sees is nearer than about this."""

FOOT_BANDS = 1.2
"""An object that begins no higher than so many bands of the floor stands on it: the band took its foot."""

SINGLE_VIEW, EXTENDED, TILTED, COMPLETED = "single_view", "extended_to_floor", "tilted", "completed"
"""Flags of objects: named in one view only; its hidden foot added; its box is tilted; its hidden sides added."""


@dataclass(frozen=True)
class LiftedObject:
    """An object found in several views.

    Attributes:
        tag: what it is called.
        center, extents, rpy: `(3,)` each, of its box, world, metres and radians.
        masks: (view, mask) that support it, one a view, ascending.
        labels: what they call it, and how many do, most votes first.
        confidence: 0 to 1: the share of the views that could see it that name it, less where these are few.
        flags: sorted.
        num_points: of its cleaned cloud.
    """

    tag: str
    center: NDArray[np.float64]
    extents: NDArray[np.float64]
    rpy: NDArray[np.float64]
    masks: tuple[tuple[int, int], ...]
    labels: tuple[tuple[str, int], ...]
    confidence: float
    flags: tuple[str, ...]
    num_points: int


def scene_unit(median_depths: Sequence[float]) -> float:
    """Length that stands for a metre in a scene without scale, from the median depth of each of its frames.

    A frame without depth has a median of 0, and does not count; without any frame the unit is 1.
    """
    known = [depth for depth in median_depths if depth > 0]
    return float(np.median(known)) / TYPICAL_DEPTH_M if known else 1.0


def lifted_objects(
    views: Sequence[View], settings: LiftingSettings, unit: float = 1.0, gravity_aligned: bool = True
) -> list[LiftedObject]:
    """The objects of a scene, those with most views first.

    Args:
        unit: length that stands for a metre.
        gravity_aligned: whether world z points up; else there is no floor, and boxes may tilt freely.
    """
    floor = floor_of_views(views, unit) if gravity_aligned else None
    if floor is not None:
        views = [without_floor(view, floor, settings, unit) for view in views]
    coverage = coverage_of(views, settings, unit)
    found = candidates(groups_of(views, coverage, settings, unit), coverage, settings, unit)
    clouds = [cloud_of(one, views, coverage, settings.voxel_m * unit) for one in found]
    stands = np.array([gravity_aligned and one.group.kind in FLOOR_STANDING for one in found], bool)
    fine = settings.thinning_m * unit
    fitted, flags = [], []
    for cloud, upright in zip(clouds, stands, strict=True):
        box = fitted_box(thinned(cloud, fine), settings, unit, may_tilt=not upright)
        box = grown_box(box, fine)  # a thinned point stands for its voxel, half of which lies beyond it
        down, extended = (box, False) if floor is None else _on_floor(box, bool(upright), floor, views, settings, unit)
        fitted.append(down)
        flags.append({name for name, said in ((TILTED, box.tilted), (EXTENDED, extended)) if said})
    boxes = _boxes(fitted)
    for index in _complete(boxes, found, np.flatnonzero(stands), views, settings, unit):
        flags[index].add(COMPLETED)
    everywhere = Counter(label for view in views for label in view.labels)
    return [
        _object(found[index], boxes[index], flags[index], len(clouds[index]), views, everywhere)
        for index in _distinct(boxes, found, settings, unit)
    ]


def _on_floor(
    box: FittedBox, upright: bool, floor: float, views: Sequence[View], settings: LiftingSettings, unit: float
) -> tuple[FittedBox, bool]:
    """The box, down to the floor if it stands on it; and whether that adds what nobody saw.

    Args:
        upright: whether such things stand on floors.
    """
    gap = box.center[2] - box.extents[2] / 2 - floor
    stands = not box.tilted and 0.0 < gap <= FOOT_BANDS * settings.floor_band_m * unit
    hidden = not stands and upright and foot_is_hidden(_boxes([box])[0], floor, views, settings, unit)
    if not stands and not hidden:
        return box, False
    high = box.center[2] + box.extents[2] / 2
    center, extents = box.center.copy(), box.extents.copy()
    center[2], extents[2] = (high + floor) / 2, high - floor
    return replace(box, center=center, extents=extents), hidden


def _complete(
    boxes: Boxes,
    found: Sequence[Candidate],
    furniture: NDArray[np.intp],
    views: Sequence[View],
    settings: LiftingSettings,
    unit: float,
) -> NDArray[np.intp]:
    """Completes, in place, the boxes of furniture that was seen in part, and returns which ones were.

    Furniture of a room is of one make; books and cups are not.
    """
    kinds = [found[index].group.kind for index in furniture]
    supporting = [found[index].group.views for index in furniture]
    grown, is_grown = completed(boxes[furniture], kinds, supporting, views, settings, unit)
    boxes.centers[furniture], boxes.extents[furniture] = grown.centers, grown.extents
    return furniture[is_grown]


def _boxes(fitted: Sequence[FittedBox]) -> Boxes:
    return Boxes.from_rpy(
        *(np.array([getattr(box, name) for box in fitted]).reshape(-1, 3) for name in ("center", "extents", "rpy"))
    )


def _distinct(boxes: Boxes, found: Sequence[Candidate], settings: LiftingSettings, unit: float) -> list[int]:
    """Indices of the objects that are no double or piece of one before them.

    A double is of the same kind, and mostly in the other's box; what one view alone names is also a piece of an object
    of the same kind that it lies beside.
    """
    kept: list[int] = []
    for index, one in enumerate(found):
        same = [other for other in kept if found[other].group.kind == one.group.kind]
        if same:
            others = boxes[same]
            inside = intersection_volumes(boxes[[index]][:, None], others[None, :])
            if inside.max() > settings.max_shared * boxes.volumes[index]:
                continue
            here = Boxes(
                *(
                    np.broadcast_to(part[index], part[same].shape)
                    for part in (boxes.centers, boxes.extents, boxes.rotations)
                )
            )
            if len(one.group.views) == 1 and box_distance(here, others).min() <= settings.piece_gap_m * unit:
                continue
        kept.append(index)
    return kept


def _object(
    candidate: Candidate,
    box: Boxes,
    flags: set[str],
    num_points: int,
    views: Sequence[View],
    everywhere: Counter[str],
) -> LiftedObject:
    group = candidate.group
    masks: dict[int, int] = {}
    for number, mask in group.masks:
        masks.setdefault(number, mask)
    labels = [views[number].labels[mask] for number, mask in group.masks]
    single = {SINGLE_VIEW} if len(masks) == 1 else set()
    return LiftedObject(
        tag=elected(labels, everywhere),
        center=box.centers,
        extents=box.extents,
        rpy=box.rpy,
        masks=tuple(sorted(masks.items())),
        labels=tuple(votes(labels)),
        confidence=candidate.support * (1.0 - 1.0 / (1 + len(masks))),
        flags=tuple(sorted(flags | single)),
        num_points=num_points,
    )
