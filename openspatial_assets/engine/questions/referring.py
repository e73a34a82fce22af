"""How a question names an object so that exactly one fits: by its bare tag, or by a mark and its colour.

What does not live here: drawing the marks (`engine/rendering`), and articles and number (`grammar.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Draft
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
class Mention:
    """How a question calls an object.

    Attributes:
        text: such as "the chair (red box)".
        introduced: as it is brought in, such as "a chair (point A)".
        plural: whether it takes "are".
    """

    text: str
    introduced: str
    plural: bool


@dataclass(frozen=True)
class Marked:
    """One mark to draw: what a row of `marks` holds, without the image."""

    sighting: int
    kind: str
    color: str
    label: str | None


def asked_about(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(s,)` whether a sighting's tag names something that questions may be about."""
    by_tag = np.array([tidy(tag).lower() not in NOT_ASKED_ABOUT for tag in scene.tags], np.bool_)
    return by_tag[scene.sightings.objects]


@dataclass(frozen=True)
class Kinds:
    """The different tags of a scene, and how many things in each frame a tag could mean.

    Attributes:
        names: the tags, sorted.
        of_object: `(o,)` index of each object's tag in `names`.
        fitting: `(f, len(names))` how many of the boxes that project into a frame the tag fits. A "coffee table" is a
            "table" as well.
    """

    names: tuple[str, ...]
    of_object: NDArray[np.int64]
    fitting: NDArray[np.int64]


def kinds_of(scene: SceneGraph) -> Kinds:
    """The tags of a scene, in lower case and on one line, and what they fit in each frame."""
    tags = [tidy(tag).lower() for tag in scene.tags]
    names = sorted(set(tags))
    of_object = np.array([names.index(tag) for tag in tags], np.int64)
    fits = [[other == name or other.endswith(f" {name}") for name in names] for other in names]
    present = np.zeros((len(scene.frames.ids), len(names)), np.int64)
    np.add.at(present, (scene.projections.frames, of_object[scene.projections.objects]), 1)
    return Kinds(tuple(names), of_object, present @ np.array(fits, np.int64).reshape(len(names), len(names)))


def goes_by_tag(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(s,)` whether the bare tag fits one object only among all whose boxes project into the frame."""
    kinds, seen = kinds_of(scene), scene.sightings
    return seen.referable & (kinds.fitting[seen.frames, kinds.of_object[seen.objects]] <= 1)


def mentions(
    scene: SceneGraph,
    draft: Draft,
    involved: tuple[int, ...],
    bare: NDArray[np.bool_],
    marked_share: float,
    rng: np.random.Generator,
) -> tuple[dict[int, Mention], list[Marked]]:
    """How each object of a question is called, and what has to be drawn for it.

    Args:
        involved: the sightings that the question names, in its options too, in order.
        bare: `(s,)` from `goes_by_tag`.
        marked_share: share of the objects that are marked although they could go by their tag.
    """
    if draft.collective:
        return {}, []
    tags = [scene.tags[scene.sightings.objects[sighting]] for sighting in involved]
    colors = iter([COLORS[index] for index in rng.permutation(len(COLORS)).tolist()])
    if draft.point_labels:
        called = {
            sighting: at_point(tag, label, draft.by_point_only)
            for sighting, tag, label in zip(involved, tags, draft.point_labels, strict=True)
        }
        marks = [
            Marked(sighting, "point", next(colors), label)
            for sighting, label in zip(involved, draft.point_labels, strict=True)
        ]
        return called, marks
    lots = rng.random(len(involved)).tolist()
    marked = [one for one, lot in zip(involved, lots, strict=True) if not bare[one] or lot < marked_share]
    kind = AREA_MARKS[int(rng.integers(len(AREA_MARKS)))]
    if kind == "box" and _boxes_overlap(scene.sightings.image_boxes[marked]):
        kind = "mask"
    marks = [Marked(one, kind, next(colors), None) for one in marked]
    suffixes = {mark.sighting: f" ({mark.color} {kind})" for mark in marks}
    called = {}
    for one, tag in zip(involved, tags, strict=True):
        suffix = suffixes.get(one, "")
        called[one] = Mention(definite(tag) + suffix, with_article(tag) + suffix, is_plural(tag))
    return called, marks


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
