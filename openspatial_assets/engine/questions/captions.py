"""What a caption is about: the views that are shown together, and the objects in them that can be told without doubt.

An object is told if every thing that its tag could mean in the shown views can be seen there, so that counts are right
and "the lamp" means one lamp. What does not live here: what is said about the objects (`caption_statements.py`), and
how (`caption_text.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import OVER_BUDGET, REPEATED
from openspatial_assets.engine.questions.gates import CLEARLY_VISIBLE_FRACTION
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.referring import kinds_of
from openspatial_assets.engine.questions.spatial_measurement import MIN_IN_FRAME
from openspatial_assets.engine.questions.view_sets import nameable
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_VIEWS, MAX_VIEWS = 3, 8
MIN_OBJECTS = 5

MIN_KINDS, MAX_KINDS = 7, 12
"""Different tags in one caption, where there are so many: with more, 300 words are a mere list."""

MAX_OBJECTS = 24
"""Objects in one caption: all pairs of them are measured."""

MAX_TAG_CHARACTERS, MAX_TAG_WORDS = 40, 5
"""Of a tag that a text of 300 words can repeat; longer ones are descriptions, not names."""

MIN_TURN_RAD = float(np.radians(15.0))
MIN_STEP_M = 0.3
"""Two shown views differ by one of these at least: the same picture twice tells nothing."""

MAX_OVERLAP = 0.7
"""Share of common objects (intersection by union) up to which two captions of a scene are not the same one."""

MAX_STARTS = 48
"""Frames of a scene from which a set of views is grown; more sets would tell of the same objects."""

LUCK = 3.0
"""Objects by which a frame may show fewer than another one and be chosen all the same: sets of views should vary."""

MAX_POOL = 48
"""Frames looked at when a set of views is grown."""

TOO_FEW_VIEWS, TOO_FEW_OBJECTS = "too_few_views", "too_few_objects"


@dataclass(frozen=True)
class Kind:
    """The objects of one tag that a caption tells of.

    Attributes:
        name: the tag, on one line.
        members: their places in the caption's list of objects.
    """

    name: str
    members: tuple[int, ...]


@dataclass(frozen=True)
class Shown:
    """What one caption is about.

    Attributes:
        frames: the shown frames, in the order of capture.
        sightings: `(n,)` of each object the one that shows it best.
        kinds: the objects by tag, the largest first.
    """

    frames: tuple[int, ...]
    sightings: NDArray[np.int64]
    kinds: tuple[Kind, ...]


def shown_together(scene: SceneGraph, rng: np.random.Generator) -> tuple[list[Shown], dict[str, int]]:
    """Sets of views that each tell of other objects, and why others were left: reason -> count."""
    rejected: dict[str, int] = {}

    def reject(reason: str, count: int = 1) -> None:
        if count > 0:
            rejected[reason] = rejected.get(reason, 0) + count

    finder, found, told_before = _Finder(scene), [], []
    starts = rng.permutation(len(scene.frames.ids))
    reject(OVER_BUDGET, len(starts) - MAX_STARTS)
    for start in starts[:MAX_STARTS].tolist():
        frames = finder.grown(start, int(rng.integers(MIN_VIEWS, MAX_VIEWS + 1)), rng)
        if len(frames) < MIN_VIEWS:
            reject(TOO_FEW_VIEWS)
            continue
        shown = finder.shown(sorted(frames), rng)
        objects = set(scene.sightings.objects[shown.sightings].tolist())
        if len(objects) < MIN_OBJECTS:
            reject(TOO_FEW_OBJECTS)
        elif any(len(objects & other) > MAX_OVERLAP * len(objects | other) for other in told_before):
            reject(REPEATED)
        else:
            told_before.append(objects)
            found.append(shown)
    return found, rejected


class _Finder:
    """Looks for frames of a scene that together show many objects without doubt."""

    def __init__(self, scene: SceneGraph) -> None:
        self.scene, self.kinds = scene, kinds_of(scene)
        self.present, self.seen = scene.present, nameable(scene) & _short(scene.tags)
        self.same = self.kinds.of_object[:, None] == np.arange(len(self.kinds.names))
        self.foreign = self.kinds.fits & ~self.same

    def told(self, present: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """`(*, o)` the objects that can be told of.

        Args:
            present: `(*, o)` whether a box reaches into one of the views.
            seen: `(*, o)` whether an object can be named in one of them.
        """
        hidden = (present & ~seen).astype(np.float32)
        doubtful = hidden @ self.kinds.fits.astype(np.float32) + present @ self.foreign.astype(np.float32)
        return seen & (doubtful == 0)[..., self.kinds.of_object]

    def grown(self, start: int, most: int, rng: np.random.Generator) -> list[int]:
        """Frames beginning with `start`, each of which shares an object with those before it and adds most objects."""
        others = rng.permutation(len(self.scene.frames.ids))[:MAX_POOL]
        pool = others[others != start]
        chosen, present, seen = [start], self.present[start], self.seen[start]
        while len(chosen) < most and len(pool):
            last = chosen[-1]
            pool = pool[self._differs(pool, last)]
            linked = pool[(self.seen[pool] & seen).any(axis=1)]
            if not len(linked):
                break
            told = self.told(self.present[linked] | present, self.seen[linked] | seen).sum(axis=1)
            best = int((told + rng.random(len(linked)) * LUCK).argmax())
            if len(chosen) >= MIN_VIEWS and told[best] < self.told(present, seen).sum():
                break
            chosen.append(int(linked[best]))
            present, seen = present | self.present[chosen[-1]], seen | self.seen[chosen[-1]]
        return chosen

    def _differs(self, frames: NDArray[np.int64], other: int) -> NDArray[np.bool_]:
        """`(m,)` whether the frames were taken from elsewhere, or look elsewhere."""
        poses = self.scene.frames.world_from_camera
        step = np.linalg.norm(poses[frames, :3, 3] - poses[other, :3, 3], axis=-1)
        turn = np.einsum("mij,ij->m", poses[frames, :3, :3], poses[other, :3, :3])
        angle = np.arccos(np.clip((turn - 1) / 2, -1.0, 1.0))
        return (step >= MIN_STEP_M * self.scene.length_unit) | (angle >= MIN_TURN_RAD)

    def shown(self, frames: Sequence[int], rng: np.random.Generator) -> Shown:
        """The objects that are told of in these frames, and how each is seen best."""
        objects = np.flatnonzero(self.told(self.present[frames].any(axis=0), self.seen[frames].any(axis=0)))
        sightings = self._best_sightings(frames, objects)
        volumes = self.scene.sightings.boxes.volumes[sightings]
        names, kind_of = np.unique(self.kinds.of_object[objects], return_inverse=True)
        largest = np.zeros(len(names))
        np.maximum.at(largest, kind_of, volumes)
        members, kinds = [], []
        for index in _chosen_kinds(largest, np.bincount(kind_of, minlength=len(names)), rng):
            group = np.flatnonzero(kind_of == index).tolist()
            tag = tidy(self.scene.tags[objects[group[0]]])
            kinds.append(Kind(tag, tuple(range(len(members), len(members) + len(group)))))
            members += group
        return Shown(tuple(frames), sightings[members], tuple(kinds))

    def _best_sightings(self, frames: Sequence[int], objects: NDArray[np.int64]) -> NDArray[np.int64]:
        """`(n,)` the sighting of each object that shows it whole, or else the most of it."""
        seen = self.scene.sightings
        places = np.where(self.seen[np.ix_(frames, objects)], self.scene.sighting_of[np.ix_(frames, objects)], -1)
        visible = np.append(seen.visible_fraction, -2.0)[places]
        inside = np.append(seen.in_frame, 1.0)[places]
        whole = (visible >= CLEARLY_VISIBLE_FRACTION) & (inside >= MIN_IN_FRAME)
        return places[(visible * inside + whole).argmax(axis=0), np.arange(len(objects))]


def _short(tags: Sequence[str]) -> NDArray[np.bool_]:
    """`(o,)` whether a text can repeat an object's tag."""
    tidied = [tidy(tag) for tag in tags]
    return np.array([len(tag) <= MAX_TAG_CHARACTERS and len(tag.split()) <= MAX_TAG_WORDS for tag in tidied], np.bool_)


def _chosen_kinds(volumes: NDArray[np.float64], counts: NDArray[np.int64], rng: np.random.Generator) -> list[int]:
    """Which kinds a caption tells of, the largest first: the larger half of them, and a random choice of others."""
    by_volume, most = np.argsort(-volumes, kind="stable"), int(rng.integers(MIN_KINDS, MAX_KINDS + 1))
    large, small = by_volume[: most // 2], by_volume[most // 2 :]
    kept, objects = [], 0
    for index in [*large.tolist(), *small[rng.permutation(len(small))].tolist()]:
        if len(kept) < most and objects + counts[index] <= MAX_OBJECTS:
            kept.append(index)
            objects += int(counts[index])
    return sorted(kept, key=lambda index: -volumes[index])
