"""The rules about the cameras of several views: each gate just inside and just outside its margin, on poses worked out
by hand, and every answer against SciPy."""

from collections import Counter
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import brentq, least_squares, lsq_linear
from scipy.spatial.transform import Rotation
from support.view_scenes import ALONG_Y, looking, views_of

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED, Turn
from openspatial_assets.engine.questions.frame_sets import frames_around, objects_of_views
from openspatial_assets.engine.questions.settings import QuestionSettings

SETTINGS = QuestionSettings()


def found(name, scene, seed=0):
    return SUBTASKS[name].rule(scene, SETTINGS, np.random.default_rng(seed))


def gated(name, scene, seed=0):
    """How many candidates pass, and what stopped the others."""
    candidates = found(name, scene, seed)
    return len(candidates), dict(candidates.rejected)


def drafts(name, scene, seed=0, forms=(OPEN_ENDED,)):
    """Every candidate in each form that it offers, with true and false claims: (frames shown, form, draft)."""
    candidates, rng = found(name, scene, seed), np.random.default_rng(seed)
    for row, shown in enumerate(candidates.frames):
        for form in forms:
            if not candidates.offered.get(form, np.ones(len(candidates), np.bool_))[row]:
                continue
            for number in range(4):
                turn = Turn(form, number % 2 == 0, number // 2, 0, "m", rng)
                yield shown[shown >= 0].tolist(), form, candidates.draft(row, turn)


def away(*distances):
    """Cameras at these distances before a box of 20 cm at the origin, looking along world y."""
    poses = np.tile(ALONG_Y, (len(distances), 1, 1))
    poses[:, 1, 3] = -0.1 - np.array(distances)
    return poses


def one_thing(distances, visible=1.0, **further):
    seen = np.broadcast_to(np.asarray(visible, float).reshape(-1, 1), (len(distances), 1))
    return views_of([(0, 0, 0)], (0.2, 0.2, 0.2), seen, cameras=away(*distances), **further)


@pytest.mark.parametrize(
    ("distances", "change", "passed", "rejected"),
    [
        ((1.0, 1.31), {}, 1, {}),
        ((1.0, 1.29), {}, 0, {"distances_too_close": 1}),
        ((2.0, 2.51), {}, 1, {}),
        ((2.0, 2.49), {}, 0, {"distances_too_close": 1}),
        ((0.04, 1.0), {}, 1, {}),
        ((-0.05, 1.0), {}, 0, {"camera_inside_box": 1}),
        ((1.0, 2.0), {"visible": (1.0, 0.29)}, 0, {"not_visible_enough": 1}),
        ((1.0, 2.0), {"visible": (1.0, 0.3)}, 1, {}),
        ((1.0, 2.0), {"tags": ["wall"]}, 0, {"tag_not_asked_about": 2}),
        ((1.0, 2.0), {"pairs": []}, 0, {"no_view_pairs": 1}),
        # 0.3 of the median diagonal of 0.35
        ((0.3, 0.41), {"metric": False}, 1, {}),
        ((0.3, 0.4), {"metric": False}, 0, {"distances_too_close": 1}),
    ],
)
def test_one_view_is_clearly_the_closest(distances, change, passed, rejected):
    assert gated("distance_object_camera", one_thing(distances, **change)) == (passed, rejected)


def test_of_three_views_the_closest_or_the_farthest_may_be_clear():
    asked = {}
    for distances in ((1.0, 1.1, 2.0), (1.0, 2.0, 2.1), (1.0, 2.0, 4.0)):
        scene, said = one_thing(distances), Counter()
        for seed in range(30):
            made = drafts("distance_object_camera", scene, seed)
            said.update((draft.asks, shown[int(draft.label) - 1]) for shown, _, draft in made if len(shown) == 3)
        asked[distances] = set(said)
    assert asked[1.0, 1.1, 2.0] == {("farthest", 2)}
    assert asked[1.0, 2.0, 2.1] == {("closest", 0)}
    assert asked[1.0, 2.0, 4.0] == {("closest", 0), ("farthest", 2)}


def distance_to_box(point, box) -> float:
    """Of a point to a solid box: the nearest point is center + R x with |x| within half the extents."""
    rotation = Rotation.from_euler("xyz", box["rpy"]).as_matrix()
    half = np.array(box["extents"]) / 2
    nearest = lsq_linear(rotation, point - np.array(box["center"]), bounds=(-half, half), tol=1e-14)
    return float(np.sqrt(2 * nearest.cost))


def round_scene(seed=0, num_frames=14, num_objects=5, **further):
    """Cameras around the middle of a room, all of which see most objects."""
    rng = np.random.default_rng(seed)
    bearings = rng.uniform(0, 2 * np.pi, num_frames)
    eyes = np.column_stack([np.cos(bearings), np.sin(bearings), np.zeros(num_frames)]) * rng.uniform(
        1.2, 3, (num_frames, 1)
    )
    eyes[:, 2] = rng.uniform(1.0, 1.9, num_frames)
    targets = rng.normal((0, 0, 0.7), 0.3, (num_frames, 3))
    poses = [looking(eye, target) for eye, target in zip(eyes, targets, strict=True)]
    seen = np.where(rng.random((num_frames, num_objects)) < 0.7, rng.uniform(0.3, 1.0, (num_frames, num_objects)), 0.0)
    centers = rng.uniform((-0.6, -0.6, 0.0), (0.6, 0.6, 1.0), (num_objects, 3))
    rpy = rng.uniform(-0.3, 0.3, (num_objects, 3))
    return views_of(centers, rng.uniform(0.2, 0.6, (num_objects, 3)), seen, cameras=poses, rpy=rpy, **further)


@pytest.mark.parametrize("seed", range(3))
def test_closest_views_are_those_of_scipy(seed):
    scene, said = round_scene(seed, 8, tags=["mug", "mug", "lamp", "sofa", "bed"]), Counter()
    for shown, form, draft in drafts("distance_object_camera", scene, seed, (OPEN_ENDED, JUDGEMENT)):
        boxes = draft.further["boxes_by_view"]
        eyes = [scene.frames.world_from_camera[frame, :3, 3] for frame in shown]
        distances = [distance_to_box(eye, boxes[str(k)]) for k, eye in enumerate(eyes, start=1)]
        np.testing.assert_allclose([draft.measure[str(k)]["distance_m"] for k in range(1, len(shown) + 1)], distances)
        order = np.argsort(distances)
        right, other = (order[0], order[1]) if draft.asks == "closest" else (order[-1], order[-2])
        near, far = sorted((distances[right], distances[other]))
        assert far - near >= 0.3
        assert far / near >= 1.25
        assert draft.label == str(right + 1)
        assert draft.right == draft.words["claimed"] or not draft.holds
        assert scene.sightings.frames[draft.named[0]] == shown[0]
        if form == JUDGEMENT:
            assert draft.claim[0] == draft.asks
            assert draft.holds == (draft.claim[1] == draft.label)
            assert draft.words["claimed"] == f"View {draft.claim[1]}"
        said[len(shown), draft.asks, draft.words["extreme"]] += 1
    assert set(said) == {
        (2, "closest", "closer to"), (2, "farthest", "farther from"),
        (3, "closest", "closest to"), (3, "farthest", "farthest from"),
    }  # fmt: skip


def motion(degrees=(0, 0, 0), shift=(0, 0, 0), **further):
    """Two views: the second is turned by pitch, yaw, roll (one rotation vector) and shifted in the first one's axes."""
    second = np.eye(4)
    second[:3, :3], second[:3, 3] = Rotation.from_rotvec(degrees, degrees=True).as_matrix(), shift
    return views_of([(0, 3, 0)], (0.2, 0.2, 0.2), np.ones((2, 1)), cameras=[ALONG_Y, ALONG_Y @ second], **further)


def told(scene, seeds=10) -> set:
    """What can be said of the way from the first frame to the second."""
    opposite = {"left": "right", "up": "down", "forward": "backward"}
    opposite |= {there: here for here, there in opposite.items()}
    return {
        (draft.asks, draft.label if shown == [0, 1] else opposite[draft.label])
        for seed in range(seeds)
        for shown, _, draft in drafts("camera_motion", scene, seed)
    }


@pytest.mark.parametrize(
    ("degrees", "said"),
    [
        ((0, 15.1, 0), "right"),
        ((0, -15.1, 0), "left"),
        ((0, 14.9, 0), None),
        ((15.1, 0, 0), "up"),
        ((-40, 0, 0), "down"),
        ((7.9, 20, 0), "right"),
        ((8.1, 20, 0), None),
        ((20, 0, -7.9), "up"),
        ((20, 0, -8.1), None),
        ((0, 0, 90), None),
        ((0, 134.9, 0), "right"),
        ((0, -135.1, 0), None),
    ],
)
def test_a_camera_turns_about_one_axis(degrees, said):
    assert told(motion(degrees)) == ({("rotation", said)} if said else set())


@pytest.mark.parametrize(
    ("shift", "change", "said"),
    [
        ((0.31, 0, 0), {}, "right"),
        ((-0.31, 0, 0), {}, "left"),
        ((0.29, 0, 0), {}, None),
        ((0, 0.5, 0), {}, "down"),
        ((0, -0.5, 0), {}, "up"),
        ((0, 0, 2), {}, "forward"),
        ((0, 0.1, -2), {}, "backward"),
        ((0.3, 0, 0.46), {}, "forward"),
        ((0.3, 0, 0.44), {}, None),
        ((0.31, 0, 0), {"metric": False}, "right"),
        ((0.11, 0, 0), {"metric": False}, "right"),  # 0.3 of a diagonal of 0.35
        ((0.1, 0, 0), {"metric": False}, None),
    ],
)
def test_a_camera_moves_along_one_axis(shift, change, said):
    assert told(motion(shift=shift, **change)) == ({("translation", said)} if said else set())


def test_reasons_why_a_motion_is_not_asked_about():
    assert gated("camera_motion", motion((0, 14, 0)))[1] == {"motion_too_small": 2}
    assert gated("camera_motion", motion((0, 0, 40)))[1] == {"motion_too_small": 2}
    assert gated("camera_motion", motion((30, 30, 0)))[1] == {"motion_too_small": 1, "motion_along_several_axes": 1}
    assert gated("camera_motion", motion((0, 160, 0)))[1] == {"motion_too_small": 1, "turned_too_far": 1}
    assert gated("camera_motion", motion((0, 30, 0), pairs=[])) == (0, {"no_view_pairs": 1})


def test_a_pair_is_shown_in_an_order_in_which_the_motion_is_clear():
    """Forward by a metre, and turned by 45 degrees: seen from there, the way back goes as much aside as backward."""
    scene = motion((0, 45, 0), (0, 0, 1))
    for seed in range(20):
        shown = [(draft.asks, frames) for frames, _, draft in drafts("camera_motion", scene, seed)]
        assert ("translation", [0, 1]) in shown
        assert ("translation", [1, 0]) not in shown


@pytest.mark.parametrize("seed", range(3))
def test_motions_are_those_of_scipy_and_opposites_come_equally_often(seed):
    scene, labels, claims = round_scene(seed, 24), Counter(), Counter()
    poses = scene.frames.world_from_camera
    turned = ("right", "left"), ("up", "down")
    moved = ("right", "left"), ("down", "up"), ("forward", "backward")
    forms = (OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT)
    for shown, form, draft in drafts("camera_motion", scene, seed, forms):
        second = np.linalg.inv(poses[shown[0]]) @ poses[shown[1]]
        measure = draft.measure["2"]
        if draft.asks == "rotation":
            pitch, yaw, roll = Rotation.from_matrix(second[:3, :3]).as_rotvec(degrees=True)
            values, words = np.array([yaw, pitch, roll]), turned
            np.testing.assert_allclose([measure[f"{k}_deg"] for k in ("yaw", "pitch", "roll")], values, atol=1e-6)
            main = int(np.argmax(np.abs(values[:2])))
            assert 15 <= abs(values[main]) <= 135
            assert np.abs(np.delete(values, main)).max() <= 0.4 * abs(values[main])
        else:
            values, words = second[:3, 3], moved
            np.testing.assert_allclose([measure[f"{k}_m"] for k in "xyz"], values, atol=1e-9)
            main = int(np.argmax(np.abs(values)))
            assert abs(values[main]) >= 0.3
            assert abs(values[main]) >= 1.5 * np.abs(np.delete(values, main)).max()
        right = words[main][int(values[main] < 0)]
        others = {word for pair in words for word in pair} - {right}
        assert (draft.label, draft.right) == (right, right)
        assert set(draft.wrong) <= others
        assert len(set(draft.wrong)) == 3
        assert words[main][int(values[main] > 0)] in draft.wrong
        if form == JUDGEMENT:
            assert draft.claim[1:] == ("2", "1")
            assert draft.holds == (draft.claim[0] == right)
            assert draft.claim[0] in others | {right}
            claims[draft.asks, draft.claim[0], draft.holds] += 1
        elif form == OPEN_ENDED:
            labels[draft.asks, right] += 1
    assert labels["rotation", "left"] > 0
    assert labels["translation", "forward"] > 0
    for one, other in (("left", "right"), ("up", "down"), ("forward", "backward")):
        for asks in ("rotation", "translation"):
            most, fewest = max(pair := (labels[asks, one], labels[asks, other])), min(pair)
            assert most <= 1.25 * fewest + 4 * 2  # each candidate was drafted four times
    for asks, word in {key[:2] for key in claims}:
        either = claims[asks, word, True] + claims[asks, word, False]
        assert either < 60 or 0.35 < claims[asks, word, True] / either < 0.65


def circle(*bearings, radius=2.0, height=1.0, turned=0.0, **further):
    """Cameras around (1, 1) that look at a box there, the last one turned about the vertical by some degrees."""
    poses = []
    for bearing in np.radians(bearings):
        eye = np.array([1 + radius * np.cos(bearing), 1 + radius * np.sin(bearing), height])
        poses.append(looking(eye, (1, 1, 0.5)))
    poses[-1][:3, :3] = Rotation.from_euler("z", turned, degrees=True).as_matrix() @ poses[-1][:3, :3]
    return views_of([(1, 1, 0.5)], (0.2, 0.2, 0.2), np.ones((len(bearings), 1)), cameras=poses, **further)


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (circle(0, 90, 200), None),
        (circle(0, 25.1, 200), None),
        (circle(0, 24.9, 200), "bearings_too_close"),
        (circle(-12.4, 12.4, 200), "bearings_too_close"),
        (circle(170, 195.1, 30), None),
        (circle(170, 194.9, 30), "bearings_too_close"),
        (circle(0, 90, 200, radius=0.51), None),
        (circle(0, 90, 200, radius=0.49), "too_close_to_the_middle"),
        (circle(0, 90, 200, radius=0.49, metric=False), None),
        (circle(0, 90, 200, gravity_aligned=False), "up_is_unknown"),
        (circle(0, 90, 200, pairs=[]), "no_view_pairs"),
        (circle(0, 90, 200, tags=["floor"]), "no set"),
        (circle(0, 90, 200, pairs=[(0, 1)]), "no set"),
        (circle(0, 90), "no set"),
    ],
)
def test_cameras_stand_around_what_they_look_at(scene, reason):
    expected = (1, {}) if reason is None else (0, {} if reason == "no set" else {reason: 1})
    assert gated("camera_pose", scene) == expected


def middle_of(poses):
    """The point nearest to all optical axes, by minimising the distances to them."""
    poses = np.asarray(poses)

    def offsets(point):
        return np.cross(point - poses[:, :3, 3], poses[:, :3, 2]).ravel()

    return least_squares(offsets, poses[:, :3, 3].mean(axis=0), xtol=1e-15, ftol=1e-15, gtol=1e-15).x


def farthest_off(poses, middle) -> float:
    """Largest angle in degrees between a direction of view and that to the middle."""
    inward = middle - poses[:, :3, 3]
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    return float(np.degrees(np.arccos((inward * poses[:, :3, 2]).sum(axis=1))).max())


def test_every_camera_looks_towards_the_middle():
    def off(turned):
        poses = circle(0, 60, 130, 250, turned=turned).frames.world_from_camera
        return farthest_off(poses, middle_of(poses)) - 45

    limit = brentq(off, 20, 80)
    assert 45 < limit < 80
    for turned, rejected in ((limit - 0.2, {}), (limit + 0.2, {"looks_elsewhere": 1})):
        scene = circle(0, 60, 130, 250, turned=turned)
        counts = [gated("camera_pose", scene, seed)[1] for seed in range(6)]
        assert max(entry.get("looks_elsewhere", 0) for entry in counts) >= len(rejected)
        whole = [draft for shown, _, draft in drafts("camera_pose", scene) if len(shown) == 4]
        assert bool(whole) == (not rejected)


def test_cameras_that_look_the_same_way_have_no_middle():
    poses = np.tile(ALONG_Y, (3, 1, 1))
    poses[:, 0, 3] = (0, 1, 2)
    scene = views_of([(1, 3, 0)], (0.2, 0.2, 0.2), np.ones((3, 1)), cameras=poses)
    assert gated("camera_pose", scene) == (0, {"axes_nearly_parallel": 1})


def test_clockwise_is_as_a_clock_seen_from_above():
    """Cameras in the east, the north and the west: from east, a clock's hand goes over south to west, then to north."""
    scene, compass = circle(0, 90, 180, height=1.3), "ENW"
    said = {
        (draft.asks, "".join(compass[shown[int(view) - 1]] for view in draft.label.split(">")))
        for seed in range(20)
        for shown, _, draft in drafts("camera_pose", scene, seed)
    }
    assert said == {("clockwise", order) for order in ("EWN", "WNE", "NEW")} | {
        ("counterclockwise", order) for order in ("ENW", "NWE", "WEN")
    }


@pytest.mark.parametrize("seed", range(3))
def test_orders_around_are_those_of_scipy(seed):
    scene, sizes, labels = round_scene(seed, 9), Counter(), Counter()
    middle = cache(lambda *shown: middle_of(scene.frames.world_from_camera[list(shown)]))
    forms = (OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT)
    for shown, form, draft in drafts("camera_pose", scene, seed, forms):
        poses = scene.frames.world_from_camera[shown]
        center = middle(*shown)
        np.testing.assert_allclose(draft.further["center"], center, atol=1e-5)
        x, y = (poses[:, :2, 3] - center[:2]).T
        bearing = np.degrees(np.arctan2(y, x))
        np.testing.assert_allclose(
            [draft.measure[str(k)]["bearing_deg"] for k in range(1, len(x) + 1)], bearing, atol=1e-3
        )
        assert min(abs((a - b + 180) % 360 - 180) for a, b in combinations(bearing, 2)) >= 25 - 1e-3
        assert farthest_off(poses, center) <= 45 + 1e-3
        clockwise = np.argsort((bearing[0] - bearing) % 360)
        order = clockwise if draft.asks == "clockwise" else np.concatenate([clockwise[:1], clockwise[:0:-1]])
        label = ">".join(str(view + 1) for view in order)
        assert draft.label == label
        assert draft.right == ", ".join(f"View {view + 1}" for view in order)
        options = {draft.right, *draft.wrong}
        assert all(option.startswith("View 1, ") and len(set(option.split(", "))) == len(shown) for option in options)
        if form == JUDGEMENT:
            assert draft.claim[::2] == (draft.asks, "views")
            assert draft.holds == (draft.claim[1] == label)
        if form == MULTIPLE_CHOICE:
            assert len(options) == len(shown) == 4
        sizes[len(shown)] += 1
        labels[label] += 1
    assert sizes[3] > 20
    assert sizes[4] > 20
    assert {"1>2>3", "1>3>2", "1>2>3>4", "1>4>3>2"} <= set(labels)


@pytest.mark.parametrize("seed", range(4))
def test_sets_of_frames_see_what_they_are_about_and_come_once(seed):
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in combinations(range(14), 2) if rng.random() < 0.3]
    scene = round_scene(seed, pairs=pairs)
    linked = {frozenset(pair) for pair in pairs}
    fraction = np.zeros((14, 5))
    fraction[scene.sightings.frames, scene.sightings.objects] = scene.sightings.visible_fraction
    frames, objects, left_out = objects_of_views(scene, 2, rng)
    sets = [tuple(row[row >= 0].tolist()) for row in frames]
    assert len({(frozenset(shown), thing) for shown, thing in zip(sets, objects.tolist(), strict=True)}) == len(sets)
    for shown, thing in zip(sets, objects, strict=True):
        assert (fraction[list(shown), thing] >= 0.3).all()
        assert sum(frozenset(pair) in linked for pair in combinations(shown, 2)) >= len(shown) - 1
    assert {len(shown) for shown in sets} == {2, 3}
    shared = sum(int(((fraction[a] >= 0.3) & (fraction[b] >= 0.3)).sum()) for a, b in pairs)
    assert left_out > 0
    assert len(sets) + left_out <= shared
    around = [frozenset(row[row >= 0].tolist()) for row in frames_around(scene, 8, rng)]
    assert len(set(around)) == len(around)
    for shown in around:
        assert len(shown) in (3, 4)
        assert ((fraction[list(shown)] >= 0.3).all(axis=0)).any()
