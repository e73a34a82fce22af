"""Tables of objects: recognised, lifted, annotated, visible, and linked between views.

What does not belong here: scenes (`scenes.py`) and questions (`questions.py`).
"""

import polars as pl

from resources.schema import Column, Table
from resources.tables.types import Count, Distractor, Text, Texts, Vec2, Vec3, Vec4, frame_and_object

RECOGNITIONS = Table(
    "recognitions",
    "One row a (frame, object that a recognizer named in it): a label and a box in the image.",
    {
        "frame_id": Column(Text, "frame, unique in the scene"),
        "detection": Column(pl.Int64, "number of the recognition in its frame, from 0, in the recognizer's order"),
        "label": Column(Text, "what the recognizer calls it, in lower case"),
        "box_2d": Column(Vec4, "xmin, ymin, xmax, ymax, pixels (max exclusive), inside the image"),
        "recognizer": Column(Text, "the model that was asked, or recorded"),
    },
    ("frame_id", "detection"),
)

INSTANCE_MASKS = Table(
    "instance_masks",
    "One row a recognition: the pixels of the object in its box.",
    {
        "frame_id": RECOGNITIONS.columns["frame_id"],
        "detection": RECOGNITIONS.columns["detection"],
        "label": RECOGNITIONS.columns["label"],
        "mask": Column(pl.Binary, "COCO compressed RLE counts; size is the frame's height x width"),
        "area": Column(pl.Int64, "mask pixels; 0 where nothing could be told apart"),
        "box_2d": RECOGNITIONS.columns["box_2d"],
        "segmenter": Column(Text, "what made it: sam or regions"),
        "score": Column(pl.Float64, "the segmenter's own confidence, where it has one", required=False),
    },
    ("frame_id", "detection"),
)

LIFTED_BOXES = Table(
    "lifted_boxes",
    "One row an object that was found in several views: its oriented box, and what supports it.",
    {
        "object_id": Column(Text, "object, unique in the scene: its tag and a number"),
        "tag": Column(Text, "what most views call it, in lower case"),
        "center": Column(Vec3, "box centre, world, metres"),
        "extents": Column(Vec3, "full lengths along the box's own axes, metres"),
        "rpy": Column(Vec3, "roll, pitch, yaw in radians; R = Rz(yaw) Ry(pitch) Rx(roll)"),
        "metric": Column(pl.Boolean, "whether the box has real-world scale"),
        "num_views": Column(pl.Int64, "frames that support it"),
        "confidence": Column(pl.Float64, "0 to 1"),
        "frame_ids": Column(Texts, "the frames that support it, sorted"),
        "detections": Column(pl.List(pl.Int64), "its recognition's number in each of them"),
        "labels": Column(pl.List(Count), "what the views call it, most votes first"),
        "flags": Column(Texts, "completed, extended_to_floor, single_view, tilted; sorted"),
        "num_points": Column(pl.Int64, "points of its cleaned cloud"),
    },
    ("object_id",),
)

SCENE_BOXES = Table(
    "scene_boxes",
    "One row an object: its oriented box in the world.",
    {
        "object_id": Column(Text, "object, unique in the scene"),
        "tag": Column(Text, "what it is, in lower case, as a question names it; object where nobody has named it"),
        "label": Column(Text, "what the dataset calls it, as it is written there; null where lifted", required=False),
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
        **frame_and_object(),
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
        **frame_and_object(),
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
        **frame_and_object(),
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
