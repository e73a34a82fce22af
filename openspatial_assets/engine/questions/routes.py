"""Walks from object to object: where they lead, what they keep clear of, and which ones a scene allows.

A walk begins at a camera and goes straight towards an object that this camera sees, stops short of it, turns, and goes
straight to the next one. Everything is seen from above, in world x and y. Lengths in metres are multiplied by the
scene's length unit where the scene has no scale. What does not live here: which views show a walk, and how it is asked
(`route_texts.py`), and how the floor is known (`scene_graph/ground.py`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.footprints import entry_shares, footprints, outline_points
from openspatial_assets.engine.questions.candidates import Sieve
from openspatial_assets.engine.questions.gates import keep_named
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.referring import NOT_ASKED_ABOUT
from openspatial_assets.engine.scene_graph.floor import Floor
from openspatial_assets.engine.scene_graph.scene import SceneGraph

STOP_SHORT_M = 0.4
"""A walk stops so far from an object: an arm's length, in which one has reached it."""

MIN_LEG_M = 0.8
"""One step is no walk."""

CLEARANCE_M = 0.25
"""From every leg to everything that stands in the way: half of a person's width."""

HEAD_M = 1.5
"""What hangs higher above the floor is in nobody's way."""

STEP_OVER_M = 0.1
"""What ends below is a rug or a mat, on which one walks."""

SIDE_TURN_DEG, SIDE_TURN_REACH_DEG = 90.0, 30.0
"""A turn to a side is one of 60 to 120 degrees."""

BACK_TURN_REACH_DEG = 25.0
"""To turn back is to turn by 155 degrees or more, either way."""

TURNS = ("left", "right", "back")
MAX_TURNS = 3
MAX_LEGS = MAX_TURNS + 1

GROUND_TAGS = frozenset(["floor", "floors", "ceiling", "ceilings"])
"""What is walked on, or hangs above."""

SHELL_TAGS = NOT_ASKED_ABOUT | {"room", "rooms"}
"""What may be the room itself: such a box is in the way, unless half of the cameras were inside its outline."""

INSIDE_SHARE = 0.5
"""Of the cameras: a box around so many of them is what the whole walk went on in."""

LEG_TOO_SHORT, LEAVES_FLOOR, TOO_CLOSE = "leg_too_short", "leg_leaves_known_floor", "leg_too_close_to_something"
TURN_UNCLEAR, START_NOT_FREE = "turn_unclear", "start_not_free"

FRAMES_AT_ONCE = 64
"""Frames whose walks are planned together: with 100 objects, arrays of some MB."""

TRIED_PER_TURN = 12
"""Of each frame and each way to turn, so many next legs are looked at in detail."""

KEPT_PER_TURN = 3
"""Of each frame and each way to turn, so many walks go on to a next object."""


def in_the_way(
    scene: SceneGraph, floor: Floor, boxes: Boxes, objects: NDArray[np.int64], outlines: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """`(n,)` whether one cannot walk where a box stands.

    Args:
        boxes: `(n,)` boxes of the scene's `objects` `(n,)`; `outlines`, what they cover on the floor.
    """
    heights = boxes.corners[..., 2] - floor.height
    solid = (heights.min(axis=1) < HEAD_M * scene.length_unit) & (heights.max(axis=1) > STEP_OVER_M * scene.length_unit)
    tags = [tidy(scene.tags[one]).lower() for one in objects.tolist()]
    ground = np.array([tag in GROUND_TAGS for tag in tags], np.bool_)
    shell = np.flatnonzero([tag in SHELL_TAGS for tag in tags])
    cameras = shapely.points(scene.frames.world_from_camera[:, :2, 3])
    around = np.zeros(len(tags), np.bool_)
    if len(cameras):
        around[shell] = shapely.intersects(outlines[shell][:, None], cameras).mean(axis=1) >= INSIDE_SHARE
    return solid & ~ground & ~around


class Terrain:
    """The floor of a scene and what stands on it."""

    def __init__(self, scene: SceneGraph, floor: Floor) -> None:
        self.floor, self.unit = floor, scene.length_unit
        outlines = footprints(scene.boxes)
        every = np.arange(len(outlines))
        self.obstacles = np.flatnonzero(in_the_way(scene, floor, scene.boxes, every, outlines))
        self._tree = shapely.STRtree(outlines[self.obstacles])

    def clear_along(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`(n,)` whether the straight way from `starts` to `ends` `(n, 2)` keeps clear of all obstacles."""
        return self._clear(_ways(starts, ends))

    def clear_at(self, places: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`(n,)` whether one can stand at `places` `(n, 2)`: a way of no length is within no distance of anything."""
        return self._clear(shapely.points(places))

    def _clear(self, where: NDArray[np.object_]) -> NDArray[np.bool_]:
        hit = self._tree.query(where, predicate="dwithin", distance=CLEARANCE_M * self.unit)[0]
        return np.bincount(hit, minlength=len(where)) == 0

    def clearances(self, walks: "Walks") -> NDArray[np.float64]:
        """`(w,)` from each walk to the nearest obstacle, metres; infinite if there is none."""
        found = np.full(len(walks), np.inf)
        starts, ends, walk = walks.every_leg
        if len(self.obstacles) and len(walk):
            (leg, _), near = self._tree.query_nearest(_ways(starts, ends), all_matches=False, return_distance=True)
            np.minimum.at(found, walk[leg], near)
        return found

    def obstacles_within(self, starts: NDArray[np.float64], ends: NDArray[np.float64], distance: float) -> list[int]:
        """Objects that stand within `distance` of any of the ways, in order."""
        near = self._tree.query(_ways(starts, ends), predicate="dwithin", distance=distance)[1]
        return self.obstacles[np.unique(near)].tolist()


@dataclass(frozen=True)
class Targets:
    """Things that one can walk to.

    Attributes:
        boxes: `(t,)` world.
    """

    boxes: Boxes

    @cached_property
    def outlines(self) -> NDArray[np.float64]:
        """`(t, k, 2)` what they cover on the floor."""
        return outline_points(footprints(self.boxes))

    def stops(self, starts: NDArray[np.float64], which: NDArray[np.int64], short: float) -> NDArray[np.float64]:
        """`(n, 2)` where the ways from `starts` `(n, 2)` to the centres of `which` `(n,)` end: `short` of them."""
        centers = self.boxes.centers[which, :2]
        return starts + entry_shares(starts, centers, self.outlines[which], short)[:, None] * (centers - starts)


@dataclass(frozen=True)
class Walks:
    """Walks with as many legs as each has objects.

    Attributes:
        frames: `(w,)` whose cameras they begin at.
        objects: `(w, MAX_LEGS)` in the order of the walk, padded with -1.
        points: `(w, MAX_LEGS + 1, 2)` where it begins, and where each leg ends; NaN where there is none.
    """

    frames: NDArray[np.int64]
    objects: NDArray[np.int64]
    points: NDArray[np.float64]

    @classmethod
    def of(cls, sieve: Sieve) -> "Walks":
        """The walks in the columns `frame`, `objects` and `points`."""
        return cls(sieve["frame"], sieve["objects"], sieve["points"])

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def legs(self) -> NDArray[np.int64]:
        """`(w,)` how many legs each walk has."""
        return (self.objects >= 0).sum(axis=1)

    @property
    def every_leg(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Start and end `(n, 2)` of the legs of all walks, and the walk `(n,)` of each."""
        walk, leg = np.nonzero(self.objects >= 0)
        return self.points[walk, leg], self.points[walk, leg + 1], walk

    @property
    def lengths(self) -> NDArray[np.float64]:
        """`(w, MAX_LEGS)` of the legs; NaN where there is none."""
        return np.linalg.norm(np.diff(self.points, axis=1), axis=-1)

    @property
    def turns_deg(self) -> NDArray[np.float64]:
        """`(w, MAX_TURNS)` between a leg and the next, positive to the left, -180 to 180; NaN where there is none."""
        ways = np.diff(self.points, axis=1)
        before, after = ways[:, :-1], ways[:, 1:]
        cross = before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]
        return np.degrees(np.arctan2(cross, (before * after).sum(-1)))


def sides_of(turns_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index in `TURNS` of each turn `(*,)`; -1 for one that is none of them, or NaN."""
    size = np.abs(turns_deg)
    aside = np.abs(size - SIDE_TURN_DEG) <= SIDE_TURN_REACH_DEG
    back = size >= 180.0 - BACK_TURN_REACH_DEG
    return np.select([aside & (turns_deg > 0), aside, back], [0, 1, 2], -1)


def turn_offsets_deg(turns_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each turn is from a quarter turn, or from a half turn if it leads back."""
    size = np.abs(turns_deg)
    return np.where(sides_of(turns_deg) == TURNS.index("back"), 180.0 - size, np.abs(size - SIDE_TURN_DEG))


def walked(scene: SceneGraph, terrain: Terrain, frames: NDArray[np.int64], named: NDArray[np.int64]) -> Walks:
    """The walks from the cameras of `frames` `(w,)` to the effective boxes of sightings `named` `(w, MAX_LEGS)`."""
    which, place = np.unique(np.maximum(named, 0), return_inverse=True)
    place, targets = place.reshape(named.shape), Targets(scene.sightings.boxes[which])
    points = np.full((len(frames), MAX_LEGS + 1, 2), np.nan)
    points[:, 0] = scene.frames.world_from_camera[frames, :2, 3]
    for leg in range(MAX_LEGS):
        going = np.flatnonzero(named[:, leg] >= 0)
        short = STOP_SHORT_M * terrain.unit
        points[going, leg + 1] = targets.stops(points[going, leg], place[going, leg], short)
    return Walks(frames, np.where(named >= 0, scene.sightings.objects[named], -1), points)


def goal_clearances(scene: SceneGraph, terrain: Terrain, named: NDArray[np.int64], walks: Walks) -> NDArray[np.float64]:
    """`(w, MAX_LEGS)` from each walk to the effective box of each of its goals; infinite for what is in nobody's way.

    They are obstacles as well as the scene's own boxes, and reach farther where a frame's box was fitted too wide.
    """
    which, place = np.unique(np.maximum(named, 0), return_inverse=True)
    place, boxes = place.reshape(named.shape), scene.sightings.boxes[which]
    outlines = footprints(boxes)
    outlines[~in_the_way(scene, terrain.floor, boxes, scene.sightings.objects[which], outlines)] = None
    nearest = np.full(named.shape, np.inf)
    starts, ends, walk = walks.every_leg
    ways = _ways(starts, ends)
    for goal in range(MAX_LEGS):
        here = named[walk, goal] >= 0
        away = shapely.distance(ways[here], outlines[place[walk[here], goal]])
        np.fmin.at(nearest[:, goal], walk[here], away)  # of None, the distance is NaN
    return nearest


def keep_walkable(sieve: Sieve, scene: SceneGraph, terrain: Terrain) -> None:
    """Keep rows whose walk from `frame` to the sightings `named` passes every gate.

    The columns get the walk as `objects` and `points`, and in `clearance` `(c, MAX_LEGS)` that to its goals.
    """
    walks = walked(scene, terrain, sieve["frame"], sieve["named"])
    sieve["objects"], sieve["points"] = walks.objects, walks.points
    real = walks.objects >= 0
    sieve.keep(LEG_TOO_SHORT, ((walks.lengths >= MIN_LEG_M * terrain.unit) | ~real).all(axis=1))
    clear = sides_of(Walks.of(sieve).turns_deg) >= 0
    sieve.keep(TURN_UNCLEAR, (clear | (sieve["objects"][:, 1:] < 0)).all(axis=1))
    for reason, gate in ((TOO_CLOSE, terrain.clear_along), (LEAVES_FLOOR, terrain.floor.free_along)):
        starts, ends, row = Walks.of(sieve).every_leg
        bad = row[~gate(starts, ends)]
        sieve.keep(reason, np.bincount(bad, minlength=len(sieve)) == 0)
    sieve["clearance"] = goal_clearances(scene, terrain, sieve["named"], Walks.of(sieve))
    sieve.keep(TOO_CLOSE, (sieve["clearance"] >= CLEARANCE_M * terrain.unit).all(axis=1))


def planned(scene: SceneGraph, terrain: Terrain, first_legs: int, rng: np.random.Generator) -> tuple[Walks, dict]:
    """Walks of one to three turns that a scene allows, ordered by their number of turns; and what was rejected.

    A walk grows object by object. At each step a frame keeps as many walks for each way to turn, where it can, so that
    the answers are even; so what is looked at is bounded by the number of frames, times that of objects.

    Args:
        first_legs: random first legs looked at for each frame.
    """
    seen = scene.sightings
    sieve = Sieve(sighting=np.arange(len(seen)))
    keep_named(sieve, scene, "sighting")
    targets = Targets(scene.boxes)
    # An object that is never seen well enough is nowhere to go to.
    goals = np.unique(seen.objects[sieve["sighting"]])
    sieve["frame"] = seen.frames[sieve["sighting"]]
    sieve["objects"] = _padded(seen.objects[sieve["sighting"]][:, None], MAX_LEGS, -1)
    starts = scene.frames.world_from_camera[:, :2, 3]
    free = terrain.floor.free_along(starts, starts) & terrain.clear_at(starts)
    sieve.keep(START_NOT_FREE, free[sieve["frame"]])
    sieve["points"] = _padded(starts[sieve["frame"]][:, None], MAX_LEGS + 1, np.nan)
    _keep_legs(sieve, terrain, targets, 0, lambda rows: rows.sample(rows["frame"], first_legs, rng))
    found, rejected = [], dict(sieve.rejected)
    for block in np.split(np.arange(len(sieve)), np.searchsorted(sieve["frame"], _block_starts(scene))):
        columns = {name: sieve[name][block] for name in ("frame", "objects", "points")}
        for leg in range(1, MAX_LEGS):
            grown = _onwards(Sieve(**columns), goals, leg)
            _keep_legs(grown, terrain, targets, leg, lambda rows: _sample_by_turn(rows, TRIED_PER_TURN, rng))
            _sample_by_turn(grown, KEPT_PER_TURN, rng)
            for reason, count in grown.rejected.items():
                rejected[reason] = rejected.get(reason, 0) + count
            columns = {name: grown[name] for name in columns}
            found.append(columns)
    every = {name: np.concatenate([part[name] for part in found]) for name in ("frame", "objects", "points")}
    order = np.argsort((every["objects"] >= 0).sum(axis=1), kind="stable")
    return Walks(every["frame"][order], every["objects"][order], every["points"][order]), rejected


def _keep_legs(sieve: Sieve, terrain: Terrain, targets: Targets, leg: int, sample) -> None:
    """Put the end of a leg into `points`, and keep the rows whose leg passes all gates.

    Args:
        sample: thins out the rows between the gates that cost nothing and those that look at the ground.
    """
    if leg:  # which way it leads does not depend on where it ends
        sieve["points"][:, leg + 1] = targets.boxes.centers[sieve["objects"][:, leg], :2]
        sieve["side"] = sides_of(Walks.of(sieve).turns_deg[:, leg - 1])
        sieve.keep(TURN_UNCLEAR, sieve["side"] >= 0)
    starts = sieve["points"][:, leg]
    ends = targets.stops(starts, sieve["objects"][:, leg], STOP_SHORT_M * terrain.unit)
    sieve["points"][:, leg + 1] = ends
    sieve.keep(LEG_TOO_SHORT, np.linalg.norm(ends - starts, axis=-1) >= MIN_LEG_M * terrain.unit)
    sample(sieve)
    for reason, gate in ((TOO_CLOSE, terrain.clear_along), (LEAVES_FLOOR, terrain.floor.free_along)):
        sieve.keep(reason, gate(sieve["points"][:, leg], sieve["points"][:, leg + 1]))


def _sample_by_turn(sieve: Sieve, most: int, rng: np.random.Generator) -> None:
    sieve.sample(sieve["frame"] * len(TURNS) + sieve["side"], most, rng)


def _onwards(walks: Sieve, goals: NDArray[np.int64], leg: int) -> Sieve:
    """Each walk with each goal that it has not been to, as the object of its leg number `leg`."""
    row, goal = np.repeat(np.arange(len(walks)), len(goals)), np.tile(goals, len(walks))
    new = (walks["objects"][row] != goal[:, None]).all(axis=1)
    row, goal = row[new], goal[new]
    objects = walks["objects"][row]
    objects[:, leg] = goal
    return Sieve(frame=walks["frame"][row], objects=objects, points=walks["points"][row])


def _block_starts(scene: SceneGraph) -> NDArray[np.int64]:
    return np.arange(FRAMES_AT_ONCE, len(scene.frames.ids), FRAMES_AT_ONCE)


def _padded(columns: NDArray, width: int, filler: float) -> NDArray:
    missing = [(0, 0), (0, width - columns.shape[1]), *[(0, 0)] * (columns.ndim - 2)]
    return np.pad(columns, missing, constant_values=filler)


def _ways(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.object_]:
    return shapely.linestrings(np.stack([starts, ends], axis=1))
