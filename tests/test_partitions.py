"""Axes: each asset on exactly the choices that reach it, and every mapping between two axes."""

import dagster as dg
import pytest

from openspatial_assets.partitions import BOXES, LIFTED, MASKS, SCENE, SCENE_VARIANT, VARIANT, VISIBILITY, axis_of
from openspatial_assets.variants import VARIANTS, Variant
from resources.lake import Partition


def test_an_axis_has_a_key_for_each_combination_that_some_variant_needs():
    assert BOXES.values() == ["annotated", "lifted"]
    assert VISIBILITY.values() == ["annotated+depth", "annotated+none", "lifted+depth"]
    assert MASKS.values() == ["annotated+depth+grabcut", "annotated+none+depth", "lifted+depth+grabcut"]
    assert SCENE_VARIANT.values() == ["box_centric", "point_cloud_centric", "no_filter", "lifted"]


def test_what_only_lifting_needs_is_made_for_no_other_boxes():
    assert LIFTED.values() == ["lifted"]
    assert LIFTED.partitions(["a"], ["box_centric", "no_filter"]) == []
    assert BOXES.above(LIFTED, Partition.of(scene="a", boxes="annotated"), []) == []
    assert BOXES.above(LIFTED, Partition.of(scene="a", boxes="lifted"), []) == [Partition.of(scene="a", boxes="lifted")]


def test_variants_that_agree_so_far_are_made_of_the_same_partitions():
    above = {
        variant: SCENE_VARIANT.above(MASKS, Partition.of(scene="a", variant=variant), ["a", "b"])
        for variant in VARIANTS
    }
    shared = [Partition.of(scene="a", boxes_visibility_masks="annotated+depth+grabcut")]
    assert above["box_centric"] == above["point_cloud_centric"] == shared
    assert above["no_filter"] == [Partition.of(scene="a", boxes_visibility_masks="annotated+none+depth")]
    masks = shared[0]
    assert MASKS.above(VISIBILITY, masks, []) == [Partition.of(scene="a", boxes_visibility="annotated+depth")]
    assert MASKS.above(SCENE, masks, []) == [Partition.of(scene="a")]


def test_a_page_of_a_scene_is_made_of_all_its_variants():
    page = Partition.of(scene="a")
    assert SCENE.above(SCENE_VARIANT, page, ["a", "b"]) == [
        Partition.of(scene="a", variant=variant) for variant in VARIANTS
    ]
    assert SCENE.above(BOXES, page, ["a", "b"]) == [
        Partition.of(scene="a", boxes=boxes) for boxes in ("annotated", "lifted")
    ]
    assert SCENE.gathers(SCENE_VARIANT)
    assert not SCENE.gathers(SCENE)
    assert not SCENE_VARIANT.gathers(MASKS)


def test_a_dataset_is_made_of_all_scenes():
    dataset = Partition.of(variant="no_filter")
    assert VARIANT.above(SCENE_VARIANT, dataset, ["a", "b"]) == [
        Partition.of(scene="a", variant="no_filter"),
        Partition.of(scene="b", variant="no_filter"),
    ]
    assert VARIANT.above(SCENE, dataset, ["a", "b"]) == [Partition.of(scene="a"), Partition.of(scene="b")]


@pytest.mark.parametrize("axis", [SCENE, LIFTED, BOXES, VISIBILITY, MASKS, SCENE_VARIANT, VARIANT])
def test_dagsters_mapping_and_ours_agree(axis):
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("scene", ["a", "b"])
    for upstream in (SCENE, LIFTED, BOXES, VISIBILITY, MASKS, SCENE_VARIANT, VARIANT):
        reaches = upstream.scene or not axis.scene
        head = axis.choices[: len(upstream.choices)] == upstream.choices and (axis.named or not upstream.named)
        if not (reaches and (head or axis == SCENE)) or (not axis.scene and upstream.dimension and not upstream.named):
            continue
        for partition in axis.partitions(["a", "b"]):
            ours = {str(upstream.key(p)) for p in axis.above(upstream, partition, ["a", "b"])}
            definition = axis.definition()
            context = definition.subset_with_partition_keys([str(axis.key(partition))])
            with dg.partition_loading_context(dynamic_partitions_store=instance):
                theirs = axis.mapping(upstream).get_upstream_mapped_partitions_result_for_partitions(
                    context, definition, upstream.definition()
                )
                keys = set(map(str, theirs.partitions_subset.get_partition_keys()))
            assert keys == ours, (axis, upstream, partition)


def test_keys_and_partitions_are_each_others_inverse():
    for axis in (SCENE, LIFTED, BOXES, VISIBILITY, MASKS, SCENE_VARIANT, VARIANT):
        for partition in axis.partitions(["a", "b"]):
            assert axis.partition_of(str(axis.key(partition))) == partition


def test_a_wrong_choice_is_refused_with_what_is_allowed():
    with pytest.raises(ValueError, match="masks='sma' is not allowed; choose one of sam, grabcut, depth"):
        Variant("annotated", "depth", "sma", "box")
    with pytest.raises(ValueError, match="order"):
        axis_of("visibility")
