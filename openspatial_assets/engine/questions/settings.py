"""How many questions are made, and how much they vary.

What does not live here: the margins inside which nothing is asked. They are part of a rule's meaning, so they stand as
constants beside the rule, and a change of one is a new rule version.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class QuestionSettings:
    """Budgets and variety of the questions of one scene.

    Attributes:
        seed: of all random choices.
        max_per_frame: questions of one sub-task from one frame.
        max_repeats_per_fact: how often the same fact (same objects, same measure) is asked again from another frame.
        max_pairs_per_frame: pairs of objects looked at in one frame; the rest is counted as `over_budget`.
        draws_per_frame: random sets of three to five objects looked at in one frame.
        draws_per_pair: random sets of objects looked at in one pair of views.
        marked_share: share of the objects that could go by their bare name, but are marked all the same.
    """

    seed: int = 0
    max_per_frame: int = 4
    max_repeats_per_fact: int = 1
    max_pairs_per_frame: int = 300
    draws_per_frame: int = 24
    draws_per_pair: int = 16
    marked_share: float = 0.3

    def __post_init__(self) -> None:
        counts = ("max_per_frame", "max_repeats_per_fact", "max_pairs_per_frame", "draws_per_frame", "draws_per_pair")
        for name in counts:
            if getattr(self, name) < 0:
                raise ValueError(f"question settings: {name}={getattr(self, name)} is negative; set 0 or more")
        if not 0 <= self.marked_share <= 1:
            raise ValueError(f"question settings: marked_share={self.marked_share} is not a share from 0 to 1")
