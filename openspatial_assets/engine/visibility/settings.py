"""The settings of the visibility filter.

What does not belong here: how they are used (`ray_interval.py`, `counting.py`, `verdict.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class VisibilitySettings:
    """What counts as seeing an object.

    Attributes:
        occlusion_tolerance_m: depth this much nearer than a box's entry still is the object, and half as much behind
            its exit: boxes are annotated to some centimetres.
        depth_noise_per_m: growth of that tolerance with depth, metres per metre: the error of a depth sensor.
        support_margin_m: height of the lowest part of a box, which is left to the floor or table that it stands on.
        support_share: at most this share of a box's height is left so: a magazine is only 2 cm thick.
        min_visible_fraction: an object with fewer of its pixels visible is `occluded`. Share of object and occluded.
        min_points: an object on fewer pixels is not visible; pixels at full resolution. Counts run some percent short
            of an object's true pixels, because boxes give their edges away: this stands for 150.
        min_in_frame: an object with less of its projected box inside the image is `truncated`. Zero asks for no share,
            only for pixels: what a rule needs to see whole it tests itself.
        min_occupancy: an object that hits a smaller share of the voxels of a fully seen box is `occluded`. Low, because
            a chair fills little of its box, and the share counts what lies outside of the image too.
        min_speck_px: connected parts of a depth mask with fewer pixels are removed.
        samples_per_side: a box is sampled at this many columns and rows of its window, at most, to be counted.
    """

    occlusion_tolerance_m: float = 0.02
    depth_noise_per_m: float = 0.01
    support_margin_m: float = 0.01
    support_share: float = 0.03
    min_visible_fraction: float = 0.05
    min_points: int = 140
    min_in_frame: float = 0.0
    min_occupancy: float = 0.002
    min_speck_px: int = 20
    samples_per_side: int = 20
