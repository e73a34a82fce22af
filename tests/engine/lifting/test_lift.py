"""Solid boxes, ray-cast from several sides, come back from their masks as the same boxes, each once."""

from dataclasses import replace

import numpy as np
import pytest

from openspatial_assets.engine.geometry.boxes import Boxes
from openspatial_assets.engine.geometry.overlap import oriented_iou
from openspatial_assets.engine.lifting.clouds import view_of
from openspatial_assets.engine.lifting.lift import lifted_objects, scene_unit
from openspatial_assets.engine.lifting.settings import LiftingSettings
from tests.support.box_views import rendered, ring

SETTINGS = LiftingSettings()

CHAIRS = Boxes.from_rpy(
    [[-0.5, 0.0, 0.4], [0.5, 0.0, 0.4], [0.0, 0.9, 0.3]],
    [[0.45, 0.5, 0.8], [0.45, 0.5, 0.8], [0.6, 0.4, 0.6]],
    [[0.0, 0.0, 0.3], [0.0, 0.0, -0.4], [0.0, 0.0, 0.0]],
)
LABELS = ("chair", "chair", "box")
AROUND = ring((0.0, 0.3), 2.5, 1.4, 10)


def views_of(boxes, labels, cameras=AROUND, unit=1.0, scale=1.0, change=lambda number, masks, labels: (masks, labels)):
    views = []
    for number, camera in enumerate(cameras):
        depth, shown = rendered(camera, boxes)
        masks, named = change(number, [shown == index for index in range(len(labels))], list(labels))
        pose = camera.world_from_camera.copy()
        pose[:3, 3] *= scale
        camera = replace(camera, world_from_camera=pose)
        views.append(view_of(camera, depth * np.float32(scale), masks, named, SETTINGS, unit))
    return views


def boxes_of(objects) -> Boxes:
    return Boxes.from_rpy(
        *(np.array([getattr(one, name) for one in objects]).reshape(-1, 3) for name in ("center", "extents", "rpy"))
    )


def overlaps(objects, boxes) -> np.ndarray:
    """Largest IoU of each true box with any lifted one."""
    return oriented_iou(boxes_of(objects)[:, None], boxes[None, :]).max(axis=0)


@pytest.fixture(scope="module")
def lifted():
    return lifted_objects(views_of(CHAIRS, LABELS), SETTINGS)


def test_each_object_is_found_once_where_it_stands(lifted):
    assert sorted(one.tag for one in lifted) == ["box", "chair", "chair"]
    assert overlaps(lifted, CHAIRS).min() > 0.85
    assert all(one.confidence > 0.7 and len(one.masks) > 5 and not one.flags for one in lifted)


def test_the_order_of_masks_and_views_changes_nothing_but_numbers(lifted):
    def reversed_masks(number, masks, labels):
        return masks[::-1], labels[::-1]

    again = lifted_objects(views_of(CHAIRS, LABELS, cameras=AROUND[::-1], change=reversed_masks), SETTINGS)
    assert overlaps(again, boxes_of(lifted)).min() > 0.95
    same = lifted_objects(views_of(CHAIRS, LABELS), SETTINGS)
    np.testing.assert_array_equal(boxes_of(same).corners, boxes_of(lifted).corners)


def test_a_scene_without_scale_gives_the_same_boxes_in_its_own_unit(lifted):
    scale = 0.3
    small = lifted_objects(views_of(CHAIRS, LABELS, unit=scale, scale=scale), SETTINGS, unit=scale)
    boxes = boxes_of(small)
    enlarged = Boxes(boxes.centers / scale, boxes.extents / scale, boxes.rotations)
    assert oriented_iou(enlarged[:, None], boxes_of(lifted)[None, :]).max(axis=0).min() > 0.97
    assert scene_unit([0.6, 0.0, 0.6]) == pytest.approx(0.3)
    assert scene_unit([]) == 1.0


def test_the_majority_names_an_object_and_synonyms_are_one_kind():
    calls = ["wooden chair", "chair", "chair", "armchair"]

    def renamed(number, masks, labels):
        return masks, [calls[number % 4] if label == "chair" else label for label in labels]

    lifted = lifted_objects(views_of(CHAIRS, LABELS, change=renamed), SETTINGS)
    chairs = [one for one in lifted if one.tag == "chair"]
    assert len(chairs) == 2
    assert all(one.labels[0][0] == "chair" for one in chairs)
    assert dict(chairs[0].labels)["wooden chair"] >= 2


def test_a_leaking_mask_a_false_find_and_a_missed_object_do_no_harm(lifted):
    def noisy(number, masks, labels):
        if number == 2:  # both chairs in one mask
            masks = [masks[0] | masks[1], np.zeros_like(masks[1]), masks[2]]
        if number == 5:  # a piece of floor that nobody else calls a lamp
            false = np.zeros_like(masks[0])
            false[200:230, 100:160] = True
            masks, labels = [*masks, false & ~masks[0] & ~masks[1] & ~masks[2]], [*labels, "lamp"]
        return (masks[:2], labels[:2]) if number == 7 else (masks, labels)

    found = lifted_objects(views_of(CHAIRS, LABELS, change=noisy), SETTINGS)
    assert sorted(one.tag for one in found) == ["box", "chair", "chair"]
    assert overlaps(found, CHAIRS).min() > 0.75


def test_what_others_could_have_seen_but_one_view_alone_names_is_dropped_and_else_flagged():
    alone = [AROUND[0]]
    flagged = lifted_objects(views_of(CHAIRS[2:], ("box",), cameras=alone), SETTINGS)
    assert [one.flags for one in flagged] == [("single_view",)]

    def only_once(number, masks, labels):
        return (masks, labels) if number == 0 else ([], [])

    assert not lifted_objects(views_of(CHAIRS[2:], ("box",), change=only_once), SETTINGS)


def test_a_hidden_foot_is_added_to_what_stands_on_floors_and_to_nothing_else():
    high = Boxes.from_rpy([[0.0, 0.0, 0.65]], [[0.5, 0.5, 0.5]], [[0.0, 0.0, 0.0]])
    wall = Boxes.from_rpy([[0.0, -0.8, 0.3]], [[3.0, 0.1, 0.6]], [[0.0, 0.0, 0.0]])
    both = Boxes(*(np.concatenate([getattr(a, n) for a in (high, wall)]) for n in ("centers", "extents", "rotations")))
    front = ring((0.0, 0.0), 2.0, 1.0, 5, start_deg=-110, arc_deg=50)

    def first_only(number, masks, labels):
        return masks[:1], labels[:1]

    for label, foot, flags in (("cabinet", 0.0, ("extended_to_floor",)), ("picture", 0.4, ())):
        (one,) = lifted_objects(views_of(both, (label, "wall"), cameras=front, change=first_only), SETTINGS)
        assert one.center[2] - one.extents[2] / 2 == pytest.approx(foot, abs=0.06)
        assert one.flags == flags
    # Low cameras look through the space under a hanging cabinet.
    low = ring((0.0, 0.0), 2.0, 0.5, 8)
    (hanging,) = lifted_objects(views_of(high, ("cabinet",), cameras=low), SETTINGS)
    assert hanging.flags == ()
    assert hanging.center[2] - hanging.extents[2] / 2 == pytest.approx(0.4, abs=0.05)


def test_a_leaning_board_gets_a_tilted_box_and_an_upright_one_does_not():
    boards = Boxes.from_rpy(
        [[-0.6, 0.0, 0.6], [0.6, 0.0, 0.6]], [[0.5, 0.06, 0.7]] * 2, [[0.5, 0.0, 0.2], [0.0, 0.0, 0.2]]
    )
    lifted = lifted_objects(views_of(boards, ("board", "board")), SETTINGS)
    assert overlaps(lifted, boards).min() > 0.7
    assert {one.flags for one in lifted if one.center[0] < 0} == {("tilted",)}
    assert {one.flags for one in lifted if one.center[0] > 0} == {()}


def test_a_scene_without_masks_has_no_objects():
    assert lifted_objects([], SETTINGS) == []
    assert lifted_objects(views_of(CHAIRS, ()), SETTINGS) == []
