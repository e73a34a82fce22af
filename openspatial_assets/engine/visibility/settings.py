"""The settings of the visibility filter.

What does not belong here: how they are used (`ray_interval.py`, `occupancy.py`, `verdict.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class VisibilitySettings:
    """What counts as seeing an object.

    Attributes:
        occlusion_tolerance_m: a depth this much nearer than the box's entry, or farther than its exit, still is the
            object: boxes are annotated to a few centimetres.
        depth_noise_per_m: growth of that tolerance with depth, metres per metre (a depth sensor's error).
        support_margin_m, support_share: the lowest part of a box, left to the floor or table that it stands on: so many
            metres, but at most this share of the box's height (a magazine is only 2 cm thick).
        min_visible_fraction: fewer object pixels among object and occluded ones: `occluded`.
        min_points: fewer object pixels at full resolution: `too_small`, or `occluded` if something is in front.
        min_in_frame: less of the projected box inside the image: `truncated`.
        min_occupancy: fewer voxels hit than this share of a fully seen box's: `occluded`.
        min_speck_px: smaller connected parts are removed from a full-resolution depth mask.
    """

    occlusion_tolerance_m: float = 0.02
    depth_noise_per_m: float = 0.01
    support_margin_m: float = 0.01
    support_share: float = 0.05
    min_visible_fraction: float = 0.05
    min_points: int = 150
    min_in_frame: float = 0.0
    min_occupancy: float = 0.005
    min_speck_px: int = 20
    samples_per_side: int = 24
