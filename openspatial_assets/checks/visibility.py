"""Checks of `frame_visibility` and `refined_masks`."""

from openspatial_assets.checks.rule import Rule

RULES = (
    Rule(
        "frame_visibility",
        "every_object_is_seen",
        "Every box that projects into some frame is kept in at least one.",
        "select scene, boxes_visibility, object_id, count(*) as frames, mode(reason) as most_often "
        "from frame_visibility group by all having not bool_or(visible)",
        is_error=False,
    ),
    Rule(
        "refined_masks",
        "masks_agree_with_depth",
        "Refined masks stray from the depth masks no more than a refiner's touch-up does (mean IoU of at least 0.7).",
        "select scene, boxes_visibility_masks, avg(iou_with_depth_mask) as mean_iou, avg(replaced::int) as replaced "
        "from refined_masks group by all having mean_iou < 0.7",
        is_error=False,
    ),
)
