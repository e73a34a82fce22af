"""The settings of mask refinement, and of what is measured under a mask.

What does not belong here: how they are used (`trimap.py`, `prompts.py`, `partial_clouds.py`, and the segmenters).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MaskSettings:
    """How far a refiner may go from the depth mask.

    Attributes:
        min_iou_with_depth_mask: a refined mask that overlaps the depth mask less is replaced by it.
        max_support_height_m: a surface around an object's foot that lies at most this much above the foot of its box
            is what it stands on: the box reaches into it, so up to that height colour decides.
        support_share: at most this share of a box's height is left to colour so.
        sensor_shadow_px: a pixel without depth this near to a surface behind the object is taken for that surface's:
            a depth sensor's shadow falls on what lies behind.
        max_fill_px: pixels without depth are left to colour no farther than this from the depth mask.
        uncertain_band_px: width of the bands that are left to colour: of the depth mask around pixels without depth,
            around it at the object's foot, and along the rim of a silhouette.
        grabcut_max_pixels: GrabCut works on a crop scaled down to at most so many pixels; its time grows with them.
        grabcut_iterations: rounds of colour modelling and cutting.
        sam_checkpoint_path: file of Segment Anything's weights (sam_vit_b, sam_vit_l or sam_vit_h).
        sam_model_type: vit_b, vit_l or vit_h; auto tells it from the weights.
        sam_positive_points: most points on the object, beside its box, in a prompt.
        sam_negative_points: most points on other objects in a prompt.
    """

    min_iou_with_depth_mask: float = 0.3
    max_support_height_m: float = 0.05
    support_share: float = 0.5
    sensor_shadow_px: int = 8
    max_fill_px: int = 64
    uncertain_band_px: int = 2
    grabcut_max_pixels: int = 10_000
    grabcut_iterations: int = 1
    sam_checkpoint_path: str = ""
    sam_model_type: str = "auto"
    sam_positive_points: int = 3
    sam_negative_points: int = 3


@dataclass(frozen=True)
class ObjectSettings:
    """What is measured of an object in a frame.

    Attributes:
        erosion_px: depth quartiles leave out this rim of a mask, where depth of object and background mix.
        cloud_trim_percent: share of a mask's pixels, in percent, left out of its cloud at the near and at the far end
            of their depths; the same share may lie beyond each face of a box fitted to the cloud.
        min_extent_m: least extent of a box fitted to a cloud.
    """

    erosion_px: int = 3
    cloud_trim_percent: float = 1.0
    min_extent_m: float = 0.01
