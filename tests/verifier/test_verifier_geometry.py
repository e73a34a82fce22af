"""The verifier's own geometry: against other methods, and against numbers worked out by hand."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation
from shapely import LineString, MultiPoint, Point
from support.hand_made import BOXES, box, camera

from openspatial_assets.verifier.pinhole import Camera, shift, turn_deg
from openspatial_assets.verifier.planar import (
    apart_deg,
    bearing_deg,
    leg_clearances,
    point_clearances,
    shadow_distance,
    stop_before,
)
from openspatial_assets.verifier.solids import Box, closest_distance


def random_box(rng: np.random.Generator, spread: float, tilt: float) -> Box:
    rpy = rng.uniform(-3.0, 3.0, 3) * [tilt, tilt, 1.0]
    extents = np.exp(rng.uniform(-4.0, 1.0, 3))
    return Box.of({"center": rng.normal(size=3) * spread, "extents": extents, "rpy": rpy})


def random_pairs(count: int, seed: int) -> list[tuple[Box, Box]]:
    rng = np.random.default_rng(seed)
    spreads, tilts = (0.3, 1.0, 4.0), (0.0, 1.0)
    return [
        (random_box(rng, spreads[i % 3], tilts[i % 2]), random_box(rng, spreads[i % 3], tilts[i // 2 % 2]))
        for i in range(count)
    ]


def test_closest_distance_is_that_of_bounded_least_squares():
    for a, b in random_pairs(200, 0):
        half = np.concatenate([a.extents, b.extents]) / 2
        system = np.hstack([a.axes, -b.axes])
        found = lsq_linear(system, b.center - a.center, bounds=(-half, half), method="bvls", tol=1e-14)
        assert closest_distance(a, b) == pytest.approx(np.sqrt(2 * found.cost), abs=1e-7)
        assert closest_distance(b, a) == pytest.approx(closest_distance(a, b), abs=1e-9)


def test_closest_distance_by_hand():
    chair, lamp, sofa = (Box.of(box(name)) for name in ("chair_1", "lamp_1", "sofa_1"))
    assert closest_distance(chair, lamp) == pytest.approx(np.hypot(2.5, 2.0))
    assert closest_distance(chair, sofa) == pytest.approx(np.hypot(4.2, 2.7))
    assert closest_distance(Box.of(box("mug_1")), Box.of(box("cabinet_1"))) == pytest.approx(0.0, abs=1e-9)


def test_shadows_and_stops_are_those_of_polygons():
    rng, stops = np.random.default_rng(1), 0
    for a, b in random_pairs(150, 1):
        polygon, other = (MultiPoint(one.corners[:, :2]).convex_hull for one in (a, b))
        start, end = rng.normal(size=(2, 2)) * 2
        assert shadow_distance(a, b) == pytest.approx(polygon.distance(other), abs=1e-9)
        leg = leg_clearances([start, end], [a, b])[0]
        assert leg == pytest.approx([LineString([start, end]).distance(one) for one in (polygon, other)], abs=1e-9)
        assert point_clearances(start, [a])[0] == pytest.approx(Point(start).distance(polygon), abs=1e-9)
        stop = stop_before(start, a, 0.4)
        if stop is None:
            assert Point(start).distance(polygon) <= 0.4
            continue
        stops += 1
        assert Point(stop).distance(polygon) == pytest.approx(0.4, abs=1e-9)
        assert LineString([start, stop]).distance(Point(a.center[:2])) > 0
    assert stops > 100


def test_bearings_go_clockwise_from_north():
    here = np.zeros(2)
    for end, degrees in (((0, 1), 0), ((1, 0), 90), ((0, -1), 180), ((-1, 0), 270)):
        assert bearing_deg(here, np.array(end, float)) == pytest.approx(degrees)
    assert apart_deg(10.0, 350.0) == pytest.approx(20.0)
    assert apart_deg(350.0, 10.0) == pytest.approx(-20.0)


def test_turns_and_shifts_of_cameras():
    north, northeast, ahead = (Camera.of(camera(name)) for name in ("north", "northeast", "ahead"))
    assert turn_deg(north, northeast) == pytest.approx([0.0, 45.0, 0.0])
    assert turn_deg(northeast, north) == pytest.approx([0.0, -45.0, 0.0])
    assert shift(north, ahead) == pytest.approx([0.0, 0.0, 1.0])
    up = north.world_from_camera.copy()
    up[:3, :3] = up[:3, :3] @ Rotation.from_rotvec([np.radians(20.0), 0.0, 0.0]).as_matrix()
    raised = Camera(north.width, north.height, north.intrinsics, up)
    assert turn_deg(north, raised) == pytest.approx([20.0, 0.0, 0.0])
    assert raised.axes[2, 2] > 0, "a camera that turned up looks above the horizon"


def test_projecting_and_back():
    north = Camera.of(camera("north"))
    u, v, depth = north.project(np.array([0.1, 2.7, 0.9]))
    assert (u, v, depth) == pytest.approx((319.5 + 50 / 2.7, 239.5 + 300 / 2.7, 2.7))
    assert north.back_project(u, v, depth) == pytest.approx([0.1, 2.7, 0.9])
    assert north.distance_to(Box.of(box("chair_1"))) == pytest.approx(np.hypot(2.7, 0.5))


@pytest.mark.parametrize(
    ("view", "reaching"),
    [
        ("north", {"chair_1", "cabinet_1", "mug_1"}),
        ("east", {"lamp_1", "sofa_1"}),
        ("northeast", {"lamp_1", "plant_1", "cabinet_1", "mug_1"}),
    ],
)
def test_which_boxes_reach_into_an_image(view, reaching):
    boxes = {name: Box.of(box(name)) for name in BOXES}
    assert {name for name, one in boxes.items() if Camera.of(camera(view)).reached_by_one(one)} == reaching


def test_a_grown_image_is_reached_by_what_lies_beside_it():
    # The plant has a corner at (2.8, 2.5): at u = 319.5 + 500 * 2.8 / 2.5 = 879.5, 240 px right of the last column.
    north, plant = Camera.of(camera("north")), Box.of(box("plant_1"))
    assert not north.reached_by_one(plant, (239.9, 0.0))
    assert north.reached_by_one(plant, (240.1, 0.0))


def test_what_surrounds_the_camera_or_lies_behind_it():
    north = Camera.of(camera("north"))
    around = Box.of({"center": [0, 0, 1.5], "extents": [4, 4, 4], "rpy": [0, 0, 0]})
    behind = Box.of({"center": [0, -2, 1.5], "extents": [1, 1, 1], "rpy": [0, 0, 0.3]})
    beside = Box.of({"center": [3, 0, 1.5], "extents": [1, 40, 1], "rpy": [0, 0, 0]})  # a wall to the right
    assert north.reached_by_one(around)
    assert not north.reached_by_one(behind)
    assert north.reached_by_one(beside)
    assert north.distance_to(around) == 0


def test_what_reaches_is_what_has_a_point_in_the_image():
    rng = np.random.default_rng(3)
    one = Camera.of(camera("north"))
    for _ in range(150):
        thing = random_box(rng, 2.5, 1.0)
        points = (rng.uniform(-0.5, 0.5, (4000, 3)) * thing.extents) @ thing.axes.T + thing.center
        x, y, z = one.see(points).T
        inside = (z > 0.05) & one_shows(one, x, y, z)
        if inside.any():
            assert one.reached_by_one(thing)
        if not one.reached_by_one(thing):
            assert not inside.any()


def one_shows(one: Camera, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = 500 * x / z + 319.5, 500 * y / z + 239.5
    return (u > -0.5) & (u < one.width - 0.5) & (v > -0.5) & (v < one.height - 0.5)
