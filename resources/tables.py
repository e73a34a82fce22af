"""The schemas of all tables: the one place from which checks on write, column documentation and empty tables come.

What does not belong here: where tables lie (`store.py`), and how their values are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from openspatial_assets.engine.questions import SUBTASKS

Vec2, Vec3, Vec4, Mat4 = (pl.Array(pl.Float64, n) for n in (2, 3, 4, 16))
Text = pl.String
Texts = pl.List(pl.String)
Mark = pl.Struct(
    {"image": pl.Int64, "object_id": Text, "kind": Text, "color": Text, "u": pl.Float64, "v": pl.Float64, "label": Text}
)
Turn = pl.Struct({"from": Text, "value": Text})
Picture = pl.Struct({"bytes": pl.Binary, "path": Text})
Drop = pl.Struct({"frame_id": Text, "reason": Text})


@dataclass(frozen=True)
class Column:
    """One column: its Polars type, what it means (with its unit), and whether it may be null.

    `location` marks a column that says where bytes lie, not what they are: it is no part of the content hash, so that a
    scene whose folder was moved is not computed again.
    """

    dtype: pl.DataType | type[pl.DataType]
    description: str
    required: bool = True
    location: bool = False


class SchemaError(ValueError):
    """A table that does not fit its schema; the message names table, column and partition."""


@dataclass(frozen=True)
class Table:
    """A table's columns, in order, and the columns whose values together are unique within a partition.

    A `sharded` table is too large for one file a partition: its partition is a folder with `data/*.parquet`.
    """

    name: str
    description: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    sharded: bool = False

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def checked(self, frame: pl.DataFrame, partition: str) -> pl.DataFrame:
        """`frame` with its columns in the table's order, once it fits.

        Raises:
            SchemaError: a column is missing, unknown, of another type, null or not finite where it must not be, or the
                key is not unique. Nothing is cast silently.
        """
        where = f"table {self.name}, partition {partition}"
        if missing := [name for name in self.columns if name not in frame.columns]:
            raise SchemaError(f"{where}: column {missing[0]!r} is missing")
        if extra := [name for name in frame.columns if name not in self.columns]:
            raise SchemaError(f"{where}: column {extra[0]!r} is not in the schema")
        for name, column in self.columns.items():
            series = frame.get_column(name)
            if series.dtype != column.dtype:
                raise SchemaError(f"{where}: column {name!r} has type {series.dtype}, not {column.dtype}")
            if column.required and series.null_count():
                raise SchemaError(f"{where}: column {name!r} has {series.null_count()} nulls, but is required")
            if bad := _not_finite(series):
                raise SchemaError(f"{where}: column {name!r} has {bad} values that are NaN or infinite")
        if self.key and frame.select(pl.struct(self.key).is_duplicated().any()).item():
            twice = frame.filter(pl.struct(self.key).is_duplicated()).select(self.key).row(0)
            raise SchemaError(
                f"{where}: column {'+'.join(self.key)!r} has the same value twice: {', '.join(map(str, twice))}"
            )
        return frame.select(list(self.columns))


def _not_finite(series: pl.Series) -> int:
    """How many numbers in a float or float-array column are NaN or infinite."""
    if isinstance(series.dtype, pl.Array) and series.dtype.inner == pl.Float64:
        series = series.drop_nulls().explode()
    if series.dtype != pl.Float64:
        return 0
    return int((~series.drop_nulls().is_finite()).sum())


def _pair() -> dict[str, Column]:
    return {
        "frame_id": Column(Text, "frame, unique in the scene"),
        "object_id": Column(Text, "object, unique in the scene"),
    }


SCENES = Table(
    "scenes",
    "One row a scene: where it comes from, its licence, and whether its world has real scale and an up direction.",
    {
        "scene_id": Column(Text, "scene, the partition key"),
        "source": Column(Text, "the layout it was read from (a module of resources/sources)"),
        "license": Column(Text, "licence of the scene's images; travels to every exported row", required=False),
        "metric": Column(pl.Boolean, "whether world units are metres"),
        "gravity_aligned": Column(pl.Boolean, "whether world Z is up"),
        "num_frames": Column(pl.Int64, "frames that can be used"),
        "num_objects": Column(pl.Int64, "annotated boxes; null where the source has none", required=False),
        "dropped_frames": Column(pl.List(Drop), "frames that cannot be used, each with its reason"),
        "root": Column(Text, "the folder that was registered", location=True),
    },
    ("scene_id",),
)

FRAMES = Table(
    "frames",
    "One row a usable frame: image, depth, intrinsics, pose.",
    {
        "frame_id": Column(Text, "frame, unique in the scene; sorts in the order of capture"),
        "image": Column(Text, "colour image, absolute path or fsspec URL", location=True),
        "depth": Column(Text, "depth image, absolute path or fsspec URL; null for none", required=False, location=True),
        "depth_scale": Column(pl.Float64, "stored depth value / depth_scale = metres"),
        "width": Column(pl.Int64, "colour image width, pixels"),
        "height": Column(pl.Int64, "colour image height, pixels"),
        "intrinsics": Column(Vec4, "fx, fy, cx, cy of the colour image, pixels"),
        "depth_intrinsics": Column(
            Vec4, "fx, fy, cx, cy of the depth image; null: as the colour image", required=False
        ),
        "world_from_camera": Column(Mat4, "pose, row order; OpenCV camera axes, world Z up, metres"),
        "timestamp": Column(pl.Float64, "seconds", required=False),
        "sharpness": Column(pl.Float64, "variance of the grey image's Laplacian; larger is sharper", required=False),
        "keyframe": Column(pl.Boolean, "whether it stands for its neighbours (sharp, and different in pose)"),
        "signature": Column(Text, "hash of the bytes of the colour and depth files"),
    },
    ("frame_id",),
)

SCENE_BOXES = Table(
    "scene_boxes",
    "One row an object: its oriented box in the world.",
    {
        "object_id": Column(Text, "object, unique in the scene"),
        "tag": Column(Text, "what it is, in lower case, as a question names it"),
        "center": Column(Vec3, "box centre, world, metres"),
        "extents": Column(Vec3, "full lengths along the box's own axes, metres"),
        "rpy": Column(Vec3, "roll, pitch, yaw in radians; R = Rz(yaw) Ry(pitch) Rx(roll)"),
        "origin": Column(Text, "annotated or lifted"),
        "metric": Column(pl.Boolean, "whether the box has real-world scale"),
        "num_views": Column(pl.Int64, "frames that support a lifted box", required=False),
        "confidence": Column(pl.Float64, "0 to 1, of a lifted box", required=False),
    },
    ("object_id",),
)

_VISIBILITY = {
    "in_frame": Column(pl.Float64, "share of the projected box's area that lies inside the image, 0 to 1"),
    "visible_fraction": Column(pl.Float64, "object pixels / (object + occluded pixels) of the silhouette, 0 to 1"),
    "occupancy": Column(pl.Float64, "share of the box's voxels hit by its pixels, against a fully seen box, 0 to 1"),
    "num_points": Column(pl.Int64, "pixels whose depth lies inside the box's ray interval (full resolution)"),
    "distance": Column(pl.Float64, "camera centre to box centre, metres"),
}

FRAME_VISIBILITY = Table(
    "frame_visibility",
    "One row a (frame, object) whose box projects into the frame: how much of it is seen, and why it was kept.",
    {
        **_pair(),
        "box_2d": Column(Vec4, "xmin, ymin, xmax, ymax of the projected box clipped to the image, pixels"),
        **_VISIBILITY,
        "visible": Column(pl.Boolean, "whether the object is kept in this frame"),
        "reason": Column(Text, "ok, outside, occluded, truncated, too_small or no_depth"),
    },
    ("frame_id", "object_id"),
)

REFINED_MASKS = Table(
    "refined_masks",
    "One row a visible (frame, object): its mask after refinement.",
    {
        **_pair(),
        "mask": Column(pl.Binary, "COCO compressed RLE counts; size is the frame's height x width"),
        "area": Column(pl.Int64, "mask pixels"),
        "box_2d": Column(Vec4, "xmin, ymin, xmax, ymax of the mask (max exclusive), pixels"),
        "iou_with_depth_mask": Column(pl.Float64, "IoU of the refiner's mask with the depth mask, before replacement"),
        "refiner": Column(Text, "what was asked to refine: sam, grabcut or depth"),
        "replaced": Column(pl.Boolean, "whether the depth mask was put in place of a mask that strayed from it"),
        "score": Column(pl.Float64, "the refiner's own confidence, where it has one", required=False),
    },
    ("frame_id", "object_id"),
)

OBJECT_FRAMES = Table(
    "object_frames",
    "One row a visible (frame, object): all that a question may ask of it in that frame, for one variant.",
    {
        **_pair(),
        "tag": Column(Text, "what it is"),
        "mask": REFINED_MASKS.columns["mask"],
        "area": REFINED_MASKS.columns["area"],
        "box_2d": REFINED_MASKS.columns["box_2d"],
        "mark_point": Column(Vec2, "u, v of the mask pixel farthest from the mask's edge: where a point mark is set"),
        "iou_with_depth_mask": REFINED_MASKS.columns["iou_with_depth_mask"],
        **_VISIBILITY,
        "center": Column(Vec3, "centre of the effective box (the variant's representation), world, metres"),
        "extents": Column(Vec3, "extents of the effective box, metres"),
        "rpy": Column(Vec3, "roll, pitch, yaw of the effective box, radians"),
        "camera_center": Column(Vec3, "centre of the effective box in camera axes, metres"),
        "camera_rpy": Column(Vec3, "roll, pitch, yaw of the effective box in camera axes, radians"),
        "depth_quartiles": Column(Vec3, "25, 50, 75 % of camera z over the eroded mask, metres"),
        "cloud_center": Column(Vec3, "mean of the visible points, world, metres"),
        "cloud_min": Column(Vec3, "smallest world x, y, z of the visible points, metres"),
        "cloud_max": Column(Vec3, "largest world x, y, z of the visible points, metres"),
        "cloud_points": Column(pl.Int64, "visible points"),
        "referable": Column(pl.Boolean, "whether its tag is unique among all boxes that project into the frame"),
        "metric": Column(pl.Boolean, "whether its box has real-world scale"),
    },
    ("frame_id", "object_id"),
)

_QUESTION = {
    "qa_id": Column(Text, "question, unique over all scenes and variants"),
    "scene_id": Column(Text, "scene"),
    "variant": Column(Text, "variant"),
    "capability": Column(Text, "one of the paper's five capabilities"),
    "subtask": Column(Text, "one of the sub-tasks of TASKS.md"),
    "form": Column(Text, "open_ended, multiple_choice or judgement"),
    "question": Column(Text, "what the model is asked"),
    "answer": Column(Text, "what it should say"),
    "options": Column(Texts, "the four options of a multiple choice, in order", required=False),
    "answer_value": Column(pl.Float64, "the measured number, unrounded, in answer_unit", required=False),
    "answer_unit": Column(Text, "m, cm or deg", required=False),
    "answer_label": Column(Text, "the answer in canonical form", required=False),
    "frame_ids": Column(Texts, "the images, in the order shown"),
    "object_ids": Column(Texts, "the objects, in the order in which the question names them"),
    "marks": Column(pl.List(Mark), "what to draw: image = index in frame_ids, kind = box, mask or point"),
    "evidence": Column(Text, "JSON: asks, measure, margin, claim, boxes and camera values"),
    "metric": Column(pl.Boolean, "whether the scene has real-world scale"),
    "rule_version": Column(Text, "version of the sub-task's rule"),
}


def question_table(subtask: str) -> Table:
    """The table `qa/<subtask>`."""
    task = SUBTASKS[subtask]
    description = f"One row a question. {task.paper_name}: {task.description}"
    return Table(f"qa/{subtask}", description, _QUESTION, ("qa_id",))


REJECTIONS = Table(
    "rejections",
    "One row a (sub-task, reason): how many candidate questions were not asked, and why.",
    {
        "subtask": Column(Text, "sub-task"),
        "reason": Column(Text, "the gate that was not passed"),
        "count": Column(pl.Int64, "candidates"),
    },
    ("subtask", "reason"),
)

DATASET = Table(
    "dataset",
    "One row a question of a variant's mixture.",
    {
        **_QUESTION,
        "split": Column(Text, "train or val; all questions of a scene are in one split"),
        "weight": Column(pl.Float64, "sampling weight that evens out the sub-tasks"),
        "license": Column(Text, "licence of the scene's images", required=False),
    },
    ("qa_id",),
)

TRAINING_EXPORT = Table(
    "training_export",
    "One row a training sample, in the column names of the public OpenSpatial-3M dataset.",
    {
        "messages": Column(pl.List(Turn), "turns: from (human, gpt) and value; <image> stands for each image"),
        "QA_images": Column(pl.List(Picture), "the marked images: bytes (JPEG) and path"),
        "question_tags": Column(Texts, "capability of each question"),
        "question_types": Column(Texts, "form of each question"),
        "qa_id": Column(Text, "question"),
        "subtask": Column(Text, "sub-task"),
        "scene_id": Column(Text, "scene"),
        "split": Column(Text, "train or val"),
        "license": Column(Text, "licence of the scene's images", required=False),
    },
    ("qa_id",),
    sharded=True,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SCENES, FRAMES, SCENE_BOXES, FRAME_VISIBILITY, REFINED_MASKS, OBJECT_FRAMES,
        *map(question_table, SUBTASKS), REJECTIONS, DATASET, TRAINING_EXPORT,
    )
}  # fmt: skip
