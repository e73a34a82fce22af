"""What the verifier knows of a scene: boxes, cameras, and what each frame shows of each object.

A world can be filled from tables, from nothing but a question's evidence, or by a test from a truth of its own.
What does not live here: what is asked (the modules of rules).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.verifier.pinhole import Camera
from openspatial_assets.verifier.planar import point_clearances
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.solids import Box

GLIMPSED = 0.1
"""An object of which less is seen may be called not visible."""

RECOGNISED = 0.3
"""Least visible fraction of every object in the image in which it is named."""


SHELL = frozenset(["", "ceiling", "ceilings", "floor", "floors", "object", "objects", "unknown", "wall", "walls"])
"""Tags that nothing is asked about."""

GROUND = frozenset(["ceiling", "ceilings", "floor", "floors"])
ROOMS = frozenset(["room", "rooms"])

MANY_PIXELS = 1000.0
"""An object whose rectangle in the image has so many visible pixels is seen there by any reckoning."""


@dataclass(frozen=True)
class Seen:
    """What a frame shows of an object: mask columns [first, end), quartiles of depth, visible and in-frame share."""

    columns: tuple[float, float] = (0.0, 0.0)
    depth: tuple[float, float, float] = (0.0, 0.0, 0.0)
    visible_fraction: float = 1.0
    in_frame: float = 1.0
    box: Box | None = None


@dataclass(frozen=True, eq=False)
class World:
    """A scene.

    Attributes:
        boxes: the scene's own; a frame may have others (`Seen.box`).
        tags: what each object is.
        cameras: of each frame.
        seen: (frame, object) -> what can be seen.
        glimpsed: (frame, object) -> visible fraction, of all that is not hidden.
        reaching: frame -> objects whose boxes project into it.
        sightings_known: whether `seen` has all that the scene's questions can be about, and nothing else.
        metric: whether lengths are metres.
        length_unit: what stands for a metre in a margin.
        not_in_the_way: objects that no walk has to go around.
    """

    boxes: Mapping[str, Box]
    tags: Mapping[str, str]
    cameras: Mapping[str, Camera]
    seen: Mapping[tuple[str, str], Seen]
    reaching: Mapping[str, Collection[str]] = field(default_factory=dict)
    glimpsed: Mapping[tuple[str, str], float] = field(default_factory=dict)
    sightings_known: bool = False
    metric: bool = True
    length_unit: float = 1.0
    not_in_the_way: Collection[str] = ()

    def box(self, frame: str, name: str) -> Box:
        sight = self.seen.get((frame, name))
        return sight.box if sight and sight.box else self.boxes[name]

    def depth(self, frame: str, name: str) -> tuple[float, float, float]:
        return self.seen[frame, name].depth

    def bearing_deg(self, frame: str, name: str) -> float:
        """Of an object's centre from the camera's view ahead; positive lies to the right."""
        x, _, z = self.cameras[frame].see(self.box(frame, name).center).tolist()
        return float(np.degrees(np.arctan2(x, z)))

    def fraction(self, frame: str, name: str) -> float:
        """Visible fraction; 0 of what cannot even be glimpsed."""
        sight = self.seen.get((frame, name))
        return self.glimpsed.get((frame, name), 0.0) if sight is None else sight.visible_fraction

    def glimpses(self, frame: str, name: str) -> bool:
        return (frame, name) in self.seen or self.glimpsed.get((frame, name), 0.0) >= GLIMPSED

    def named_box(self, question: Question, name: str) -> Box:
        """The box of an object as the question measures it: that of the shown frame whose box the evidence has."""
        entry = question.told["boxes"][name]
        told = np.array([*entry["center"], *entry["extents"]], float)
        boxes = dict.fromkeys(self.box(frame, name) for frame in question.frames if (frame, name) in self.seen)
        if len(boxes) < 2:
            return next(iter(boxes), None) or self.boxes[name]
        return min(boxes, key=lambda box: float(((np.concatenate([box.center, box.extents]) - told) ** 2).sum()))


def shows_clearly(world: World, frame: str, name: str) -> bool:
    """Whether an object can be recognised in a frame by any reckoning: on so many pixels that none could call it small.

    Of an object that reaches behind the camera, or hardly covers any pixel, this is not said.
    """
    if (frame, name) not in world.seen or world.fraction(frame, name) < RECOGNISED:
        return False
    camera = world.cameras[frame]
    x, y, z = camera.see(world.box(frame, name).corners).T
    if z.min() <= 0:
        return False
    fx, fy, cx, cy = camera.intrinsics
    across, down = np.clip(fx * x / z + cx, 0, camera.width), np.clip(fy * y / z + cy, 0, camera.height)
    return bool(np.ptp(across) * np.ptp(down) * world.fraction(frame, name) >= MANY_PIXELS)


def fitting(world: World, name: str, among: Collection[str]) -> list[str]:
    """Those objects of `among` that the tag of `name` fits: a coffee table is a table as well."""
    tag = _spaced(world.tags[name])
    return [other for other in among if _spaced(world.tags[other]).endswith(tag)]


@lru_cache(maxsize=4096)
def _spaced(tag: str) -> str:
    return f" {tidy(tag)}".lower()


@lru_cache(maxsize=4096)
def tidy(tag: str) -> str:
    """A tag on one line."""
    return " ".join("".join(" " if letter < " " or letter == "\x7f" else letter for letter in tag).split())


def reaching_any(world: World, frames: Collection[str]) -> list[str]:
    """All objects whose boxes project into one of `frames`."""
    return list(dict.fromkeys(name for frame in frames for name in world.reaching.get(frame, ())))


def world_of(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, frame_visibility: pl.DataFrame, object_frames: pl.DataFrame
) -> World:
    """The world as the tables tell it; the boxes of a frame are those of `object_frames`."""
    boxes = {row["object_id"]: Box.of(row) for row in scene_boxes.iter_rows(named=True)}
    metric = bool(scene_boxes["metric"].all())
    reaching: dict[str, list[str]] = {}
    glimpsed = {}
    for row in frame_visibility.filter(pl.col("in_frame") > 0).iter_rows(named=True):
        reaching.setdefault(row["frame_id"], []).append(row["object_id"])
        glimpsed[row["frame_id"], row["object_id"]] = row["visible_fraction"]
    own = {}
    for row in object_frames.select("frame_id", "object_id", "center", "extents", "rpy").iter_rows(named=True):
        box, whole = Box.of(row), boxes[row["object_id"]]
        own[row["frame_id"], row["object_id"]] = whole if box.same(whole, 1e-12) else box
    shown = object_frames.select(
        "frame_id", "object_id", "box_2d", "depth_quartiles", "visible_fraction", "in_frame"
    )  # fmt: skip
    return World(
        boxes=boxes,
        tags=dict(scene_boxes.select("object_id", "tag").iter_rows()),
        cameras={row["frame_id"]: Camera.of(row) for row in frames.iter_rows(named=True)},
        seen={
            (frame, name): Seen((box[0], box[2]), tuple(depth), fraction, in_frame, own[frame, name])
            for frame, name, box, depth, fraction, in_frame in shown.iter_rows()
        },
        glimpsed=glimpsed,
        sightings_known=True,
        reaching={frame: tuple(names) for frame, names in reaching.items()},
        metric=metric,
        length_unit=length_unit_of(boxes, metric),
        not_in_the_way=not_in_the_way(
            boxes,
            dict(scene_boxes.select("object_id", "tag").iter_rows()),
            np.array([row[3:8:4] for row in frames["world_from_camera"].to_list()]).reshape(-1, 2),
        ),
    )


def not_in_the_way(boxes: Mapping[str, Box], tags: Mapping[str, str], centers: NDArray[np.float64]) -> frozenset[str]:
    """Objects that no walk has to go around: floors and ceilings, and what stands around half of the cameras.

    The latter only of the shell or without a type: such a box is the room itself.

    Args:
        centers: `(f, 2)` world x, y of all cameras of the scene.
    """
    kinds = {name: tidy(tags[name]).lower() for name in boxes}
    shell = [name for name, kind in kinds.items() if kind in SHELL or kind in ROOMS]
    known = [name for name, kind in kinds.items() if kind in GROUND]
    if shell and len(centers):
        inside = [point_clearances(center, [boxes[name] for name in shell]) <= 0 for center in centers]
        known += [name for name, share in zip(shell, np.mean(inside, axis=0), strict=True) if share >= 0.5]
    return frozenset(known)


def length_unit_of(boxes: Mapping[str, Box], metric: bool) -> float:
    """What stands for a metre in margins: without a scale, the median diagonal of the scene's boxes."""
    if metric or not boxes:
        return 1.0
    return float(np.median([np.linalg.norm(box.extents) for box in boxes.values()]))


def world_of_evidence(row: Mapping) -> World:
    """The world as far as one question's evidence tells it."""
    question = Question.of(row)
    told = question.told
    cameras = {name: Camera.of(entry) for name, entry in told.get("cameras", {}).items()}
    boxes = {name: Box.of(entry) for name, entry in told.get("boxes", {}).items()}
    by_view = {view: Box.of(entry) for view, entry in told.get("boxes_by_view", {}).items()}
    seen, glimpsed = sights_of_evidence(question, by_view)
    return World(
        boxes, {}, cameras, seen, glimpsed=glimpsed, metric=row["metric"], length_unit=told.get("length_unit", 1.0)
    )


def sights_of_evidence(
    question: Question, by_view: Mapping[str, Box]
) -> tuple[dict[tuple[str, str], Seen], dict[tuple[str, str], float]]:
    """`seen` and `glimpsed` of a world, as far as a question's evidence tells them.

    Of a single image the evidence keeps the least visible fraction of all named objects, which is taken for each.

    Args:
        by_view: view number -> the box of the only object in that view, where they differ.
    """
    told, frames = question.told, question.frames
    if len(frames) > 1:
        shown = {
            (frames[int(view) - 1], name): float(fraction)
            for view, fractions in told["visible"].items()
            for name, fraction in fractions.items()
        }
        own = {frames[int(view) - 1]: box for view, box in by_view.items()}
        seen = {key: Seen(visible_fraction=share, box=own.get(key[0])) for key, share in shown.items() if share > 0}
        return seen, shown
    found = told["margin"]["found"]
    least, in_frame, unit = found.get("visible_fraction", 0.0), found.get("in_frame", 1.0), question.unit
    seen = {}
    for name in question.involved:
        measure = told["measure"].get(name, {})
        depth = tuple(measure.get(f"depth{part}_{unit}", 0.0) for part in ("_q1", "", "_q3"))
        seen[frames[0], name] = Seen(tuple(measure.get("columns_px", (0.0, 0.0))), depth, least, in_frame)
    return seen, {}
