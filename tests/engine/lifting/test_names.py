"""Labels that may name one object, and the name that it gets."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.lifting.names import FLOOR_STANDING, SYNONYMS, elected, kind_of, same_object, votes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wooden chair", "chair"), ("cup", "coffee mug"), ("kitchen cabinet", "cabinet"), ("blue couch", "sofa"),
        ("coffee table", "table"), ("red trash bin", "wastebasket"), ("cardboard box", "box"),
    ],
)  # fmt: skip
def test_one_object_may_have_two_names(one, other):
    assert same_object(one, other)
    assert same_object(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("chair", "table"), ("table lamp", "table"), ("bedside table", "table"), ("book", "bookshelf"),
        ("armchair", "chair"), ("storage box", "box"), ("cupboard", "cup"),
    ],
)  # fmt: skip
def test_a_part_of_a_name_does_not_make_one_kind(one, other):
    assert not same_object(one, other)


def test_no_name_stands_for_two_kinds():
    names = [name for row in SYNONYMS for name in row]
    assert len(names) == len(set(names))
    assert all(kind_of(name) == name for name in FLOOR_STANDING)


@given(st.lists(st.sampled_from(["cup", "mug", "chair", "wooden chair"]), min_size=1))
def test_an_object_is_called_by_a_name_of_the_kind_that_most_labels_name(labels):
    name = elected(labels, Counter(labels))
    assert name in labels
    kinds = Counter(kind_of(label) for label in labels)
    assert kinds[kind_of(name)] == max(kinds.values())
    assert sum(count for _, count in votes(labels)) == len(labels)


def test_objects_of_a_kind_share_the_scene_s_usual_name():
    assert elected(["mug"], Counter(cup=5, mug=2)) == "cup"
