"""What the oracle knows of a scene: boxes, cameras, and what each frame shows of each object.

It can be filled from tables, from the truth kept beside a generated scene, or from nothing but a question's evidence.
The oracle shares no code with the engine: rotations are SciPy's, distances are solved as bounded least squares.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation


@dataclass(frozen=True)
class Box:
    """An oriented box in the world: centre and full extents in metres, rotation from box to world."""

    center: np.ndarray
    extents: np.ndarray
    rotation: Rotation

    @classmethod
    def of(cls, row: Mapping) -> "Box":
        # lower-case axes: extrinsic rotations, so roll acts first: Rz(yaw) Ry(pitch) Rx(roll)
        return cls(np.array(row["center"]), np.array(row["extents"]), Rotation.from_euler("xyz", row["rpy"]))

    @property
    def corners(self) -> np.ndarray:
        signs = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3)).reshape(3, -1).T
        return self.rotation.apply(signs * self.extents) + self.center

    @property
    def span(self) -> tuple[float, float, float]:
        """World z of bottom, centre, top."""
        z = self.corners[:, 2]
        return float(z.min()), float(self.center[2]), float(z.max())

    @property
    def height(self) -> float:
        return self.span[2] - self.span[0]

    @property
    def sides(self) -> tuple[float, float]:
        """Longer and shorter horizontal extent: of the axes other than the most vertical one."""
        vertical = int(np.argmax(np.abs(self.rotation.as_matrix()[2])))
        sides = sorted(np.delete(self.extents, vertical))
        return float(sides[1]), float(sides[0])

    @property
    def volume(self) -> float:
        return float(np.prod(self.extents))


def closest_distance(a: Box, b: Box) -> float:
    """Between two solid boxes: the points a + A x and b + B y nearest to each other, |x|, |y| within half extents."""
    matrix = np.hstack([a.rotation.as_matrix(), -b.rotation.as_matrix()])
    half = np.concatenate([a.extents, b.extents]) / 2
    found = lsq_linear(matrix, b.center - a.center, bounds=(-half, half), method="bvls", tol=1e-14)
    return float(np.sqrt(2 * found.cost))


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: size in pixels, fx fy cx cy, and the transform to the world from x right, y down, z ahead."""

    width: int
    height: int
    intrinsics: np.ndarray
    world_from_camera: np.ndarray

    @classmethod
    def of(cls, row: Mapping) -> "Camera":
        pose = np.array(row["world_from_camera"]).reshape(4, 4)
        return cls(row["width"], row["height"], np.array(row["intrinsics"]), pose)

    def see(self, point: np.ndarray) -> np.ndarray:
        """A world point in camera axes."""
        return (np.linalg.inv(self.world_from_camera) @ np.append(point, 1.0))[:3]

    def box_9(self, box: Box) -> np.ndarray:
        """x y z, xl yl zl, roll pitch yaw of a box in camera axes."""
        turned = Rotation.from_matrix(self.world_from_camera[:3, :3]).inv() * box.rotation
        return np.concatenate([self.see(box.center), box.extents, turned.as_euler("xyz")])

    @property
    def horizontal_fov_deg(self) -> float:
        """Between the outer edges of the first and the last column."""
        fx, _, cx, _ = self.intrinsics
        return float(np.degrees(np.arctan((self.width - 0.5 - cx) / fx) - np.arctan((-0.5 - cx) / fx)))


@dataclass(frozen=True)
class Seen:
    """What a frame shows of an object: mask columns [first, end), quartiles of depth, visible and in-frame share."""

    columns: tuple[float, float]
    depth: tuple[float, float, float]
    visible_fraction: float = 1.0
    in_frame: float = 1.0
    box: Box | None = None


@dataclass(frozen=True)
class World:
    """A scene; `reaching`: frame -> objects whose boxes project into it; `length_unit`: what stands for a metre."""

    boxes: Mapping[str, Box]
    tags: Mapping[str, str]
    cameras: Mapping[str, Camera]
    seen: Mapping[tuple[str, str], Seen]
    reaching: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metric: bool = True
    length_unit: float = 1.0

    def box(self, frame: str, name: str) -> Box:
        sight = self.seen.get((frame, name))
        return sight.box if sight and sight.box else self.boxes[name]

    def depth(self, frame: str, name: str) -> tuple[float, float, float]:
        return self.seen[frame, name].depth

    def bearing_deg(self, frame: str, name: str) -> float:
        x, _, z = self.cameras[frame].see(self.box(frame, name).center)
        return float(np.degrees(np.arctan2(x, z)))


def world_of(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, frame_visibility: pl.DataFrame, object_frames: pl.DataFrame
) -> World:
    """The world as the tables tell it; the boxes of a frame are those of `object_frames`."""
    boxes = {row["object_id"]: Box.of(row) for row in scene_boxes.iter_rows(named=True)}
    metric = all(scene_boxes["metric"])
    reaching: dict[str, list[str]] = {}
    for row in frame_visibility.filter(pl.col("in_frame") > 0).iter_rows(named=True):
        reaching.setdefault(row["frame_id"], []).append(row["object_id"])
    diagonals = [float(np.linalg.norm(box.extents)) for box in boxes.values()]
    return World(
        boxes=boxes,
        tags=dict(scene_boxes.select("object_id", "tag").iter_rows()),
        cameras={row["frame_id"]: Camera.of(row) for row in frames.iter_rows(named=True)},
        seen={
            (row["frame_id"], row["object_id"]): Seen(
                columns=(row["box_2d"][0], row["box_2d"][2]),
                depth=tuple(row["depth_quartiles"]),
                visible_fraction=row["visible_fraction"],
                in_frame=row["in_frame"],
                box=Box.of(row),
            )
            for row in object_frames.drop("mask").iter_rows(named=True)
        },
        reaching={frame: tuple(names) for frame, names in reaching.items()},
        metric=metric,
        length_unit=1.0 if metric else float(np.median(diagonals)),
    )


def world_of_evidence(row: Mapping) -> World:
    """The world as far as one question's evidence tells it."""
    told = json.loads(row["evidence"])
    (frame,) = row["frame_ids"]
    seen = {}
    for name, measure in told["measure"].items():
        unit = "m" if row["metric"] else "units"
        depth = tuple(measure.get(f"depth{part}_{unit}") for part in ("_q1", "", "_q3"))
        seen[frame, name] = Seen(tuple(measure.get("columns_px", (0.0, 0.0))), depth)
    cameras = {name: Camera.of(entry) for name, entry in told.get("cameras", {}).items()}
    boxes = {name: Box.of(entry) for name, entry in told["boxes"].items()}
    return World(boxes, {}, cameras, seen, {}, row["metric"], told.get("length_unit", 1.0))


def jittered(world: World, rng: np.random.Generator, shift: float = 0.01, turn_deg: float = 0.5) -> World:
    """The world with every box moved by `shift` metres and turned by `turn_deg` about random axes.

    Masks stay; the depth of an object follows its box along the camera's axis.
    """

    def moved(box: Box) -> tuple[Box, np.ndarray]:
        step, axis = rng.normal(size=(2, 3))
        step *= shift * world.length_unit / np.linalg.norm(step)
        turn = Rotation.from_rotvec(np.radians(turn_deg) * axis / np.linalg.norm(axis))
        return replace(box, center=box.center + step, rotation=turn * box.rotation), step

    boxes = {name: moved(box) for name, box in world.boxes.items()}
    seen = {}
    for (frame, name), sight in world.seen.items():
        box, step = moved(sight.box) if sight.box and not _same(sight.box, world.boxes[name]) else boxes[name]
        along = step @ world.cameras[frame].world_from_camera[:3, 2] if frame in world.cameras else 0.0
        seen[frame, name] = replace(sight, box=box, depth=tuple(value + along for value in sight.depth))
    return replace(world, boxes={name: box for name, (box, _) in boxes.items()}, seen=seen)


def _same(a: Box, b: Box) -> bool:
    return np.array_equal(a.center, b.center) and np.array_equal(a.extents, b.extents)


def names_of_kind(world: World, frame: str, tag: str) -> Iterable[str]:
    return (name for name in world.reaching[frame] if world.tags[name] == tag)
