"""How many points are matched between two views.

What does not live here: when two pixels show the same point. That is part of the meaning of a match, so those margins
stand as constants beside the test (`matching.py`, `distractors.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MatchSettings:
    """Budgets of the points that are matched between two views.

    Attributes:
        seed: of all random choices.
        points_per_object: points that are sampled on each object that two views share, in each direction.
        decoys_per_object: points of a view, on each object, among which distractors are looked for.
        decoys_on_background: points of a view off all objects, for where objects have too few.
    """

    seed: int = 0
    points_per_object: int = 2
    decoys_per_object: int = 16
    decoys_on_background: int = 24

    def __post_init__(self) -> None:
        for name in ("points_per_object", "decoys_per_object", "decoys_on_background"):
            if getattr(self, name) < 0:
                raise ValueError(f"match settings: {name}={getattr(self, name)} is negative; set 0 or more")
