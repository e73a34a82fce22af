"""The four points of a view among which a point of another view is looked for, under their labels.

What does not live here: how points are matched and what else may stand beside a match (`engine/correspondence`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from openspatial_assets.engine.correspondence.distractors import DISTRACTORS
from openspatial_assets.engine.questions.candidates import PointMark
from openspatial_assets.engine.questions.gates import BOX_SHIFT_M, MIN_VISIBLE_FRACTION
from openspatial_assets.engine.scene_graph.scene import SceneGraph

DIGITS = "1234"
"""Labels of the points, where the options of a multiple choice have letters."""


@dataclass(frozen=True)
class CandidatePoints:
    """A point of View 1, and four of View 2 in the order of their labels.

    Attributes:
        labels: one letter or digit each.
        right: place of the match among the four.
        source: `(2,)` u, v of the point in View 1, pixels; `source_depth` is its camera z there, world units.
        point: `(3,)` the point in the world.
        pixels: `(4, 2)` u, v in View 2.
        depths: `(4,)` camera z in View 2, world units.
        objects: the object that each lies on, -1 for none; that of the match is the source's.
        offsets_px: `(4,)` from each to where the source truly is in View 2.
        gap_px, gap: least distance of any two of the four in the image, and in the world.
    """

    labels: str
    right: int
    source: NDArray[np.float64]
    source_depth: float
    point: NDArray[np.float64]
    pixels: NDArray[np.float64]
    depths: NDArray[np.float64]
    objects: tuple[int, ...]
    offsets_px: NDArray[np.float64]
    gap_px: float
    gap: float

    @classmethod
    def of(cls, scene: SceneGraph, match: int, labels: str, right: int, rng: np.random.Generator) -> "CandidatePoints":
        """The points of one of the scene's matches, the distractors in random order around the match at `right`."""
        found, first, second = scene.matches, int(scene.matches.first[match]), int(scene.matches.second[match])
        order = rng.permutation(np.arange(1, 1 + DISTRACTORS)).tolist()
        order.insert(right, 0)
        pixels = np.vstack([found.pixels[match, 1:], found.distractor_pixels[match, :DISTRACTORS]])[order]
        depths = np.append(found.depths[match, 1], found.distractor_depths[match, :DISTRACTORS])[order]
        things = np.append(found.objects[match], found.distractor_objects[match, :DISTRACTORS])[order]
        source, source_depth = found.pixels[match, 0], float(found.depths[match, 0])
        point = scene.frames.camera(first).back_project(source, source_depth)
        view = scene.frames.camera(second)
        true, _ = view.project(point)
        return cls(
            labels[: len(order)],
            right,
            source,
            source_depth,
            point,
            pixels,
            depths,
            tuple(things.tolist()),
            np.linalg.norm(pixels - true, axis=1),
            float(pdist(pixels).min()),
            float(pdist(view.back_project(pixels, depths)).min()),
        )

    @property
    def others_on_object(self) -> int:
        """How many of the other three lie on the object of the match."""
        return self.objects.count(self.objects[self.right]) - 1

    @property
    def marks(self) -> tuple[PointMark, ...]:
        """The points as they are drawn: the source without a label, then the four with theirs."""
        shown = zip(self.pixels.tolist(), self.labels, self.objects, strict=True)
        return (
            PointMark(0, *self.source.tolist(), None, self.objects[self.right]),
            *(PointMark(1, u, v, label, thing if thing >= 0 else None) for (u, v), label, thing in shown),
        )

    def evidence(self, depth_name: str) -> dict[str, object]:
        """Where all five lie, with their depths under `depth_name`."""
        u, v = self.source.tolist()
        shown = zip(self.labels, self.pixels.tolist(), self.depths.tolist(), strict=True)
        return {
            "source": {"u": u, "v": v, depth_name: self.source_depth},
            "candidates": {label: {"u": u, "v": v, depth_name: depth} for label, (u, v), depth in shown},
        }


def object_may_be_said(scene: SceneGraph, sighting: int, shown: CandidatePoints) -> bool:
    """Whether a question may say on which object (`sighting`, in View 1) the source lies.

    The object is seen well enough, its box alone holds the point, so that no mask has led astray, and two of the wrong
    points lie on it too, so that to know the object again is not to know the point.
    """
    boxes, reach = scene.boxes, BOX_SHIFT_M * scene.length_unit
    holds = (np.abs(boxes.local(shown.point[None])[:, 0]) <= boxes.extents / 2 + reach).all(axis=1)
    alone = np.flatnonzero(holds).tolist() == [shown.objects[shown.right]]
    seen_well = bool(scene.sightings.visible_fraction[sighting] >= MIN_VISIBLE_FRACTION)
    return alone and seen_well and shown.others_on_object >= 2
