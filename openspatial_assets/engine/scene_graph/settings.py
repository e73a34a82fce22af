"""Settings of what links the frames of a scene.

What does not live here: how they are used (`view_graph.py`), and the margins of questions (beside their rules).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewSettings:
    """Which two frames may be shown together.

    Attributes:
        min_angle_deg: two frames differ if they are turned against each other by this, or
        min_distance_m: if their optical centres are this far apart. In a scene without scale, as many times the median
            diagonal of its objects.
        min_visible_fraction: an object counts as seen in a frame from here on.
        min_shared_objects: that both frames of a pair see.
        max_pairs_per_frame: pairs that one frame takes part in, so that their number grows with that of the frames,
            not with its square.
        sharpness_ratio: a frame below this share of the scene's median sharpness is blurred, and in no pair.

    Raises:
        ValueError: a setting is out of its range.
    """

    min_angle_deg: float = 15.0
    min_distance_m: float = 0.3
    min_visible_fraction: float = 0.3
    min_shared_objects: int = 1
    max_pairs_per_frame: int = 8
    sharpness_ratio: float = 0.5

    def __post_init__(self) -> None:
        for name, good, wanted in (
            ("min_angle_deg", 0 < self.min_angle_deg <= 180, "above 0, and at most 180"),
            ("min_distance_m", self.min_distance_m > 0, "above 0"),
            ("min_visible_fraction", 0 <= self.min_visible_fraction <= 1, "from 0 to 1"),
            ("min_shared_objects", self.min_shared_objects >= 1, "at least 1"),
            ("max_pairs_per_frame", self.max_pairs_per_frame >= 0, "0 or more"),
            ("sharpness_ratio", 0 <= self.sharpness_ratio <= 1, "from 0 to 1"),
        ):
            if not good:
                raise ValueError(f"setting views.{name} is {getattr(self, name)}, but must be {wanted}")
