"""What an ablation may choose, and the named variants.

A variant is one value for each choice. To add a variant, add one entry to `VARIANTS`: the partition axes, the assets
and the plan follow from it. Partition definitions (Dagster) live in `partitions.py`, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

ALLOWED = {
    "boxes": ("annotated", "lifted"),
    "visibility": ("depth", "none"),
    "masks": ("sam", "grabcut", "depth"),
    "representation": ("box", "point_cloud"),
}
"""Choice -> allowed values, in the order in which the choices reach the graph."""

CHOICES = tuple(ALLOWED)
JOINT = "+"
"""Joins the values of several choices into one partition key, as in `annotated+depth`."""


@dataclass(frozen=True)
class Variant:
    """One value for each choice.

    Attributes:
        boxes: where 3D boxes come from: `annotated` (the source's own) or `lifted` (recognised in the images).
        visibility: `depth` tests every box against the depth image; `none` keeps every box that projects into the
            frame as fully visible, its mask the silhouette of the box.
        masks: what refines the depth mask: `sam`, `grabcut`, or `depth` (left as it is).
        representation: the box that questions measure: the object's `box`, or one fitted to the frame's `point_cloud`.

    Raises:
        ValueError: if a value is not allowed; the message lists what is.
    """

    boxes: str
    visibility: str
    masks: str
    representation: str

    def __post_init__(self) -> None:
        for choice, allowed in ALLOWED.items():
            value = getattr(self, choice)
            if value not in allowed:
                raise ValueError(f"variants.py: {choice}={value!r} is not allowed; choose one of {', '.join(allowed)}")

    def key(self, choices: Sequence[str]) -> str:
        """The partition key of this variant on the axis made of `choices`, such as `annotated+depth`."""
        return JOINT.join(getattr(self, choice) for choice in choices)


assert tuple(f.name for f in fields(Variant)) == CHOICES

VARIANTS: Mapping[str, Variant] = {
    "box_centric": Variant("annotated", "depth", "grabcut", "box"),
    "point_cloud_centric": Variant("annotated", "depth", "grabcut", "point_cloud"),
    "no_filter": Variant("annotated", "none", "depth", "box"),
    "lifted": Variant("lifted", "depth", "grabcut", "box"),
}
