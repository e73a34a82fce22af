"""The schemas of all tables: the one place from which checks on write, column documentation and empty tables come.

What does not belong here: what a schema is (`schema.py`), where tables lie (`store.py`), and how values are made.
"""

import polars as pl

from openspatial_assets.engine.questions import SUBTASKS
from resources.schema import Column, Table

Vec2, Vec3, Vec4, Mat4 = (pl.Array(pl.Float64, n) for n in (2, 3, 4, 16))
Text = pl.String
Texts = pl.List(pl.String)
Mark = pl.Struct(
    {"image": pl.Int64, "object_id": Text, "kind": Text, "color": Text, "u": pl.Float64, "v": pl.Float64, "label": Text}
)
Turn = pl.Struct({"from": Text, "value": Text})
Picture = pl.Struct({"bytes": pl.Binary, "path": Text})
Drop = pl.Struct({"frame_id": Text, "reason": Text})
Count = pl.Struct({"name": Text, "count": pl.Int64})
Guess = pl.Struct(
    {"name": Text, "questions": pl.Int64, "right": pl.Float64, "chance": pl.Float64, "sigmas": pl.Float64}
)
Distractor = pl.Struct({"object_id": Text, "u": pl.Float64, "v": pl.Float64, "depth": pl.Float64})


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

FLOOR_CELLS = Table(
    "floor_cells",
    "One row a cell of the floor's grid that depth images or the camera's walk tell something of.",
    {
        "x": Column(pl.Float64, "world x of the cell's centre, metres"),
        "y": Column(pl.Float64, "world y of the cell's centre, metres"),
        "floor_z": Column(pl.Float64, "world z of the floor, the same for all cells, metres"),
        "cell_m": Column(pl.Float64, "side of a cell, the same for all cells, metres"),
        "floor_points": Column(pl.Int64, "depth pixels on the floor"),
        "obstacle_points": Column(pl.Int64, "depth pixels above the floor, up to the height of a person's shoulders"),
        "passed": Column(pl.Boolean, "whether a camera was carried over it"),
        "walkable_ground": Column(pl.Boolean, "whether nothing that was seen hinders from standing there"),
    },
    ("x", "y"),
)

_FRAME_PAIR = {
    "frame_a": Column(Text, "first frame"),
    "frame_b": Column(Text, "second frame"),
}

VIEW_PAIRS = Table(
    "view_pairs",
    "One row a pair of frames that share objects and differ in pose: what questions about several views show together.",
    {
        **_FRAME_PAIR,
        "distance_m": Column(pl.Float64, "between the optical centres, metres"),
        "angle_deg": Column(pl.Float64, "between the two orientations, degrees"),
        "shared_objects": Column(Texts, "objects that are clearly visible in both, sorted"),
        "overlap": Column(pl.Float64, "shared objects as a share of the fewer objects of the two, 0 to 1"),
    },
    ("frame_a", "frame_b"),
)

POINT_MATCHES = Table(
    "point_matches",
    "One row a sampled pixel of frame_a: the pixel of frame_b that shows the same point, or why there is none.",
    {
        **_FRAME_PAIR,
        "object_id": Column(Text, "object that the point lies on"),
        "u_a": Column(pl.Float64, "column in frame_a, pixels"),
        "v_a": Column(pl.Float64, "row in frame_a, pixels"),
        "depth_a": Column(pl.Float64, "measured camera z in frame_a, metres"),
        "u_b": Column(pl.Float64, "column in frame_b, pixels", required=False),
        "v_b": Column(pl.Float64, "row in frame_b, pixels", required=False),
        "depth_b": Column(pl.Float64, "measured camera z in frame_b, metres", required=False),
        "round_trip_px": Column(pl.Float64, "from the pixel to where its match, projected back, falls", required=False),
        "depth_error": Column(pl.Float64, "of the depth expected in frame_b, as a share of it", required=False),
        "distractors": Column(pl.List(Distractor), "points of frame_b that are clearly other points"),
        "reason": Column(Text, "ok, or why the point has no match"),
    },
    ("frame_a", "frame_b", "u_a", "v_a"),
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

VERIFICATIONS = Table(
    "verifications",
    "One row a question: what an independent second computation says of its answer, margins and words.",
    {
        "qa_id": Column(Text, "question"),
        "subtask": Column(Text, "sub-task"),
        "problem": Column(Text, "what is wrong with it; null: it is right", required=False),
        "checked": Column(Text, "MD5 of question, answer and evidence, joined by line ends: what was looked at"),
    },
    ("qa_id",),
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

GALLERY = Table(
    "gallery",
    "One row a variant and sub-task of a scene: how many of its questions the scene's page shows, and where that lies.",
    {
        "variant": Column(Text, "variant"),
        "subtask": Column(Text, "sub-task"),
        "questions": Column(pl.Int64, "questions that there are"),
        "shown": Column(pl.Int64, "questions that the page shows"),
        "page": Column(Text, "the page: one HTML file that needs no other", location=True),
        "digest": Column(Text, "hash of the page"),
    },
    ("variant", "subtask"),
)

QUALITY = Table(
    "question_quality",
    "One row a sub-task: how many questions a variant has of it, how even they are, and how well they are guessed.",
    {
        "subtask": Column(Text, "sub-task"),
        "capability": Column(Text, "one of the paper's five capabilities"),
        "questions": Column(pl.Int64, "questions"),
        "scenes": Column(pl.Int64, "scenes that they are about"),
        "frames": Column(pl.Int64, "images that they show"),
        "objects": Column(pl.Int64, "objects that they name"),
        "tags": Column(pl.Int64, "different tags of these objects"),
        "marked_share": Column(pl.Float64, "share of the questions with marks; null: no questions", required=False),
        "forms": Column(pl.List(Count), "questions by form"),
        "choices": Column(pl.Int64, "multiple choices"),
        "letters": Column(pl.List(Count), "multiple choices by the letter of the right option"),
        "letters_p_value": Column(pl.Float64, "chi-square test of even letters; null: no choices", required=False),
        "judgements": Column(pl.Int64, "judgements"),
        "yes_share": Column(pl.Float64, "share of them with the answer yes; null: none", required=False),
        "yes_no_p_value": Column(pl.Float64, "chi-square test of as many yes as no; null: none", required=False),
        "labels": Column(pl.List(Count), "answers out of a closed set (sides, directions, views), turns one by one"),
        "labels_p_value": Column(pl.Float64, "chi-square test of even labels; null: too few", required=False),
        "lengths": Column(pl.Int64, "answers that are lengths"),
        "length_min_m": Column(pl.Float64, "shortest of them, metres", required=False),
        "length_median_m": Column(pl.Float64, "median of them, metres", required=False),
        "length_max_m": Column(pl.Float64, "longest of them, metres", required=False),
        "near_duplicates": Column(pl.Int64, "questions whose fact another one states already"),
        "same_words": Column(pl.Int64, "those among them that say it in the same words"),
        "guesses": Column(pl.List(Guess), "how well answers are told from words alone, without and with_names"),
        "rejected": Column(pl.Int64, "candidates that were not asked"),
        "rejections": Column(pl.List(Count), "candidates that were not asked, by reason"),
    },
    ("subtask",),
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
        SCENES, FRAMES, FLOOR_CELLS, SCENE_BOXES, FRAME_VISIBILITY, REFINED_MASKS, OBJECT_FRAMES, VIEW_PAIRS,
        POINT_MATCHES, *map(question_table, SUBTASKS), REJECTIONS, VERIFICATIONS, DATASET, QUALITY,
        TRAINING_EXPORT, GALLERY,
    )
}  # fmt: skip
