"""How a question names an object so that exactly one fits: by its bare tag, or by a mark and its colour.

What does not live here: drawing the marks (`engine/rendering`), and articles and number (`grammar.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Draft, Mention
from openspatial_assets.engine.questions.grammar import definite, is_plural, tidy, with_article
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.scene_graph.scene import SceneGraph

NOT_ASKED_ABOUT = frozenset(
    ["", "ceiling", "ceilings", "floor", "floors", "object", "objects", "unknown", "wall", "walls"]
)
"""Tags of the room's shell, and tags that say nothing."""

COLORS = tuple(PALETTE)
AREA_MARKS = ("box", "mask")

MAX_OVERLAP = 0.3
"""Share of the smaller of two marked boxes in the image; where more is covered, masks are drawn instead of boxes."""


@dataclass(frozen=True)
class Marked:
    """One mark to draw: what a row of `marks` holds.

    Attributes:
        image: place of the image among those shown, from 0.
        object: index of the scene's object; None for a point that lies on none.
        kind, color: one of `box`, `mask`, `point`; a name of the palette.
        u, v: pixel of a point, or where a mask's label would be set.
        label: what is written beside it.
    """

    image: int
    object: int | None
    kind: str
    color: str
    u: float
    v: float
    label: str | None = None


def asked_about(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(s,)` whether a sighting's tag names something that questions may be about."""
    by_tag = np.array([tidy(tag).lower() not in NOT_ASKED_ABOUT for tag in scene.tags], np.bool_)
    return by_tag[scene.sightings.objects]


@dataclass(frozen=True)
class Kinds:
    """The different tags of a scene, and which things a tag could mean.

    Attributes:
        names: the tags, sorted.
        of_object: `(o,)` index of each object's tag in `names`.
        fits: `(o, len(names))` whether the tag fits the object. A "coffee table" is a "table" as well.
        fitting: `(f, len(names))` how many of the boxes that project into a frame the tag fits.
    """

    names: tuple[str, ...]
    of_object: NDArray[np.int64]
    fits: NDArray[np.bool_]
    fitting: NDArray[np.int64]


def kinds_of(scene: SceneGraph) -> Kinds:
    """The tags of a scene, in lower case and on one line, and what they fit in each frame."""
    tags = [tidy(tag).lower() for tag in scene.tags]
    names = sorted(set(tags))
    of_object = np.array([names.index(tag) for tag in tags], np.int64)
    fits = np.array([[other == name or other.endswith(f" {name}") for name in names] for other in names], np.bool_)
    fits = fits.reshape(len(names), len(names))[of_object]
    return Kinds(tuple(names), of_object, fits, scene.present.astype(np.int64) @ fits.astype(np.int64))


class Naming:
    """Whether objects of a scene may go by their bare tags."""

    def __init__(self, scene: SceneGraph) -> None:
        self._scene, self._kinds = scene, kinds_of(scene)
        seen, kinds = scene.sightings, self._kinds
        self._in_own_frame = seen.referable & (kinds.fitting[seen.frames, kinds.of_object[seen.objects]] <= 1)
        self._in_scene = kinds.fits.sum(axis=0) <= 1

    def is_bare(self, sighting: int, frames: Sequence[int], unique_in_scene: bool = False) -> bool:
        """Whether the sighting's tag fits one object only among all whose boxes project into any of `frames`.

        Args:
            unique_in_scene: among all of the scene, rather.
        """
        thing = self._scene.sightings.objects[sighting]
        name = self._kinds.of_object[thing]
        if unique_in_scene:
            return bool(self._in_scene[name])
        if len(frames) == 1:
            return bool(self._in_own_frame[sighting])
        shown = self._scene.present[list(frames)].any(axis=0)
        return int(np.count_nonzero(shown & self._kinds.fits[:, name])) <= 1


def mentions(
    scene: SceneGraph,
    draft: Draft,
    frames: tuple[int, ...],
    involved: tuple[int, ...],
    naming: Naming,
    marked_share: float,
    rng: np.random.Generator,
) -> tuple[dict[int, Mention], list[Marked]]:
    """How each object of a question is called, and what has to be drawn for it.

    Args:
        frames: those that the question shows, in order.
        involved: the sightings that the question names, in its options too, in order.
        marked_share: share of the objects that are marked although they could go by their tag.
    """
    if draft.collective:
        return {}, []
    tags = [scene.tags[scene.sightings.objects[sighting]] for sighting in involved]
    colors = iter([COLORS[index] for index in rng.permutation(len(COLORS)).tolist()])
    if draft.point_labels:
        labelled = list(zip(involved, tags, draft.point_labels, strict=True))
        called = {sighting: at_point(tag, label, draft.by_point_only) for sighting, tag, label in labelled}
        return called, [_mark(scene, 0, one, "point", next(colors), label) for one, _, label in labelled]
    lots = rng.random(len(involved)).tolist()
    bare = [naming.is_bare(one, frames, draft.unique_in_scene) for one in involved]
    marked = [one for one, is_bare, lot in zip(involved, bare, lots, strict=True) if not is_bare or lot < marked_share]
    kind = AREA_MARKS[int(rng.integers(len(AREA_MARKS)))]
    drawn = {one: _drawn_in(scene, one, frames, draft.marked_in_every_view) for one in marked}
    boxy = any(tidy(tag).lower().endswith(AREA_MARKS) for tag in tags)  # "the box (red box)" reads badly
    if kind == "box" and (boxy or _mixed_up(scene, drawn, len(frames))):
        kind = "mask"
    color_of = {one: next(colors) for one in marked}
    marks = [
        _mark(scene, image, sighting, kind, color_of[one])
        for one in marked
        for image, sighting in sorted(drawn[one].items())
    ]
    called = {}
    for one, tag in zip(involved, tags, strict=True):
        suffix = f" ({color_of[one]} {kind})" if one in color_of else ""
        called[one] = Mention(definite(tag) + suffix, with_article(tag) + suffix, is_plural(tag))
    points = [Marked(p.view, p.object, "point", next(colors), p.u, p.v, p.label) for p in draft.points]
    return called, marks + points


def _drawn_in(scene: SceneGraph, sighting: int, frames: tuple[int, ...], everywhere: bool) -> dict[int, int]:
    """Where a marked object is drawn: place among the shown `frames` -> its sighting there."""
    seen = scene.sightings
    if not everywhere:
        return {frames.index(int(seen.frames[sighting])): sighting}
    there = scene.sighting_of[list(frames), seen.objects[sighting]].tolist()
    return {image: one for image, one in enumerate(there) if one >= 0}


def _mark(scene: SceneGraph, image: int, sighting: int, kind: str, color: str, label: str | None = None) -> Marked:
    u, v = scene.sightings.mark_points[sighting].tolist()
    return Marked(image, int(scene.sightings.objects[sighting]), kind, color, u, v, label)


def _mixed_up(scene: SceneGraph, drawn: Mapping[int, Mapping[int, int]], num_images: int) -> bool:
    """Whether in any image two of the marked boxes cover so much of each other that a person could mix them up."""
    by_image = [[places[image] for places in drawn.values() if image in places] for image in range(num_images)]
    return any(_boxes_overlap(scene.sightings.image_boxes[there]) for there in by_image if len(there) > 1)


def _boxes_overlap(boxes: NDArray[np.float64]) -> bool:
    """Whether two of the boxes `(n, 4)` in the image cover so much of each other that a person could mix them up."""
    for index, (left, top, right, bottom) in enumerate(boxes.tolist()):
        for other in boxes[index + 1 :].tolist():
            across = min(right, other[2]) - max(left, other[0])
            down = min(bottom, other[3]) - max(top, other[1])
            smaller = min((right - left) * (bottom - top), (other[2] - other[0]) * (other[3] - other[1]))
            if across > 0 and down > 0 and across * down > MAX_OVERLAP * smaller:
                return True
    return False


def at_point(tag: str, label: str, by_point_only: bool) -> Mention:
    """How an object under a labelled point is called."""
    if by_point_only:
        return Mention(f"the object at point {label}", f"an object at point {label}", False)
    point = f" (point {label})"
    return Mention(definite(tag) + point, with_article(tag) + point, is_plural(tag))
