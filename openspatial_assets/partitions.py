"""The axes that assets are partitioned by: the scene, and the choices of a variant that reach the asset.

What belongs here: axes, their Dagster partitions definitions, the mappings between two axes, and the way from a
partition to the upstream partitions that it is made of. What does not: which asset lies on which axis (`assets`), and
which variants there are (`variants.py`).
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg

from openspatial_assets.variants import ALLOWED, CHOICES, JOINT, VARIANTS
from resources.lake import Partition

# Two mappings are in beta. What we need of them is pinned and tested (`tests/test_partitions.py`), so a warning for
# each asset would only hide others.
warnings.filterwarnings("ignore", ".*Multi(PartitionMapping|ToSingleDimensionPartitionMapping)", dg.BetaWarning)

SCENE_AXIS = "scene"
VARIANT_AXIS = "variant"
SCENE_PARTITIONS = dg.DynamicPartitionsDefinition(name=SCENE_AXIS)


@dataclass(frozen=True)
class Axis:
    """What an asset is partitioned by.

    Attributes:
        scene: whether each scene is a partition of its own.
        choices: the choices that reach the asset, in the order of `variants.CHOICES`.
        named: whether the second dimension's keys are the variants' names, not their joined choices.
        only: the values of the last choice that the axis has; empty for all. What only some values need is not made for
            the others.
    """

    scene: bool = True
    choices: tuple[str, ...] = ()
    named: bool = False
    only: tuple[str, ...] = ()

    @property
    def dimension(self) -> str:
        """Name of the second dimension: `variant`, or the choices joined, such as `boxes_visibility`; may be empty."""
        return VARIANT_AXIS if self.named else "_".join(self.choices)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the axis' dimensions, in the order in which folders of the lake nest."""
        return tuple(name for name in (SCENE_AXIS if self.scene else "", self.dimension) if name)

    def value(self, variant: str) -> str:
        """The second dimension's key for a variant's name; empty for an axis of scenes only."""
        return variant if self.named else VARIANTS[variant].key(self.choices)

    def values(self, variants: Iterable[str] = VARIANTS) -> list[str]:
        """The second dimension's keys that `variants` need, each once, in order; `[""]` for an axis of scenes only."""
        return list(dict.fromkeys(self.value(variant) for variant in variants if self.has(variant)))

    def has(self, variant: str) -> bool:
        """Whether a variant needs what lies on this axis."""
        return not self.only or getattr(VARIANTS[variant], self.choices[-1]) in self.only

    def choice(self, partition: Partition, choice: str) -> str:
        """The value of one choice in a partition of this axis."""
        key = partition.get(self.dimension)
        if self.named:
            return getattr(VARIANTS[key], choice)
        return key.split(JOINT)[self.choices.index(choice)]

    def partition(self, scene: str | None, value: str) -> Partition:
        """The partition of a scene (None on an axis without scenes) and a key of the second dimension."""
        values = ((SCENE_AXIS, scene) if self.scene else None, (self.dimension, value) if self.dimension else None)
        return Partition(tuple(pair for pair in values if pair))

    def partitions(self, scenes: Iterable[str], variants: Iterable[str] = VARIANTS) -> list[Partition]:
        """All partitions of these scenes and variants, each once, scene by scene."""
        values = self.values(list(variants))
        return [self.partition(scene, value) for scene in (scenes if self.scene else [None]) for value in values]

    def above(self, upstream: "Axis", partition: Partition, scenes: Sequence[str]) -> list[Partition]:
        """The partitions on the axis `upstream` that `partition` of this axis is made of.

        An axis without scenes is made of all `scenes`; one of scenes only, of all keys of the upstream's other one.
        """
        if self.scene and not self.dimension:
            return upstream.partitions([partition.get(SCENE_AXIS)])
        if not upstream.dimension:
            value = ""
        elif upstream.named or not self.named:
            value = JOINT.join(partition.get(self.dimension).split(JOINT)[: len(upstream.choices)])
            value = partition.get(self.dimension) if upstream.named else value
        else:
            value = upstream.value(partition.get(self.dimension))
        if upstream.only and value.split(JOINT)[-1] not in upstream.only:
            return []
        mine = [partition.get(SCENE_AXIS)] if self.scene else scenes
        return [upstream.partition(scene, value) for scene in (mine if upstream.scene else [None])]

    def gathers(self, upstream: "Axis") -> bool:
        """Whether a partition is made of several upstream ones: what one of those lacks does not hold it up."""
        return (upstream.scene and not self.scene) or bool(upstream.dimension and not self.dimension)

    def definition(self) -> dg.PartitionsDefinition:
        """Dagster's definition of this axis."""
        if not self.dimension:
            return SCENE_PARTITIONS
        static = dg.StaticPartitionsDefinition(self.values())
        if not self.scene:
            return static
        return dg.MultiPartitionsDefinition({SCENE_AXIS: SCENE_PARTITIONS, self.dimension: static})

    def key(self, partition: Partition) -> str:
        """Dagster's key of a partition."""
        if len(partition.values) == 1:
            return partition.values[0][1]
        return dg.MultiPartitionKey(dict(partition.values))

    def partition_of(self, key: str) -> Partition:
        """The partition of one of Dagster's keys."""
        if isinstance(key, dg.MultiPartitionKey):
            dimensions = key.keys_by_dimension
            return self.partition(dimensions[SCENE_AXIS], dimensions[self.dimension])
        if len(self.dimensions) == 1:
            return self.partition(key if self.scene else None, "" if self.scene else key)
        return self.partition_of(self.definition().get_partition_key_from_str(key))

    def mapping(self, upstream: "Axis") -> dg.PartitionMapping:
        """Dagster's mapping from this (downstream) axis to an upstream one."""
        if upstream == self:
            return dg.IdentityPartitionMapping()
        if not self.scene:
            return (
                dg.MultiToSingleDimensionPartitionMapping(VARIANT_AXIS) if upstream.named else dg.AllPartitionMapping()
            )
        if not upstream.dimension or not self.dimension:
            return dg.MultiToSingleDimensionPartitionMapping(SCENE_AXIS)
        down_by_up: dict[str, set[str]] = {}
        for variant in filter(lambda name: self.has(name) and upstream.has(name), VARIANTS):
            down_by_up.setdefault(upstream.value(variant), set()).add(self.value(variant))
        return dg.MultiPartitionMapping(
            {
                SCENE_AXIS: dg.DimensionPartitionMapping(SCENE_AXIS, dg.IdentityPartitionMapping()),
                upstream.dimension: dg.DimensionPartitionMapping(self.dimension, dg.StaticPartitionMapping(down_by_up)),
            }
        )


def axis_of(*choices: str, only: tuple[str, ...] = ()) -> Axis:
    """The axis of the scene and the first choices, which must be a head of `variants.CHOICES`."""
    if choices != CHOICES[: len(choices)]:
        raise ValueError(f"choices {choices} do not come in the order of {tuple(ALLOWED)}")
    return Axis(choices=choices, only=only)


SCENE = axis_of()
LIFTED = axis_of("boxes", only=("lifted",))
BOXES = axis_of("boxes")
VISIBILITY = axis_of("boxes", "visibility")
MASKS = axis_of("boxes", "visibility", "masks")
SCENE_VARIANT = Axis(choices=CHOICES, named=True)
VARIANT = Axis(scene=False, choices=CHOICES, named=True)
