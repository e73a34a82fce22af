"""Points found again in another view: on ray-cast scenes, they are where they truly are; on a wall, to the margin."""

import numpy as np
import open3d as o3d
import pytest
from support.ray_cast_corner import BACKGROUND, OBJECTS, block, camera_at, ray_cast, scene_of

from openspatial_assets.engine.correspondence.matching import matched
from openspatial_assets.engine.correspondence.seen_view import EDGE_PX, SeenView
from openspatial_assets.engine.geometry.cameras import Camera

PLACES = (((1.9, -2.2, 1.7), 640, 480), ((-0.6, -2.6, 1.5), 800, 450), ((1.2, -1.5, 1.2), 400, 400))
"""Where three cameras stand, and the size of their images."""


def corner(*further):
    """The furniture of the ray-cast corner, `further` meshes and a floor; and three views of it."""
    meshes = []
    for make, position, yaw in OBJECTS.values():
        mesh = make()
        meshes.append(mesh.rotate(mesh.get_rotation_matrix_from_xyz((0, 0, yaw)), (0, 0, 0)).translate(position))
    world = scene_of(*meshes, *further, block((-3, -3, -0.1), (3, 3, 0)) + block((-3, 2.06, 0), (3, 2.2, 2.5)))
    return world, [view_of(world, camera_at(eye, (0.4, 0.8, 0.5), *size)) for eye, *size in PLACES]


def view_of(world, camera: Camera) -> SeenView:
    camera.intrinsics[:] += (0, 7, 11, -5)  # no camera is square and centred
    hits = ray_cast(world, camera)
    depth = np.where(np.isfinite(hits["t_hit"]), hits["t_hit"], 0).astype(np.float32)
    owner = np.where(hits["geometry_ids"] < len(OBJECTS), hits["geometry_ids"].astype(int), BACKGROUND)
    return SeenView.of(camera, depth, ((tag, owner == index) for index, tag in enumerate(OBJECTS)))


def true_points(world, camera: Camera, pixels) -> tuple[np.ndarray, np.ndarray]:
    """Where the rays through `pixels` hit the scene, and which mesh."""
    fx, fy, cx, cy = camera.intrinsics
    u, v = np.asarray(pixels, float).T
    rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones(len(u))], axis=1) @ camera.rotation.T
    both = np.concatenate([np.broadcast_to(camera.center, rays.shape), rays], axis=1).astype(np.float32)
    hits = world.cast_rays(o3d.core.Tensor(both))
    return camera.center + rays * hits["t_hit"].numpy()[:, None], hits["geometry_ids"].numpy()


def sampled(view: SeenView, other: SeenView, count: int):
    rng = np.random.default_rng(0)
    found = {tag: view.spots(tag, count, rng) for tag in sorted(view.regions)}
    names = np.repeat(list(found), [len(spots) for spots in found.values()])
    pixels = np.concatenate(list(found.values()))
    return names, pixels, matched(view, other, names, pixels, 1.0)


def test_what_is_found_again_is_the_same_point_of_the_same_object():
    world, views = corner()
    passed = 0
    for view in views:
        for other in views:
            names, pixels, found = sampled(view, other, 80)
            ok = found.reasons == "ok"
            passed += ok.sum() if view is not other else 0
            given, mesh = true_points(world, view.camera, pixels[ok])
            there, mesh_there = true_points(world, other.camera, found.pixels[ok])
            assert np.linalg.norm(given - there, axis=1).max() < 0.01
            assert (mesh == mesh_there).all()
            assert [list(OBJECTS)[index] for index in mesh] == names[ok].tolist()
            if view is other:
                assert found.pixels[ok] == pytest.approx(pixels[ok], abs=1e-6)
    assert passed > 500


def test_what_a_screen_hides_is_not_found():
    screen = block((-0.2, -1.6, 0.0), (0.3, -1.55, 2.2))  # stands before the second camera
    world, views = corner(screen)
    _, pixels, found = sampled(views[0], views[1], 200)
    given, _ = true_points(world, views[0].camera, pixels)
    there, inside = views[1].camera.project(given)
    size = (views[1].camera.width - 6, views[1].camera.height - 6)
    seen = ((there > 5) & (there < size)).all(axis=1) & (inside > 0)
    reached, _ = true_points(world, views[1].camera, there[seen])
    hidden = np.linalg.norm(reached - given[seen], axis=1) > 0.05
    assert hidden.sum() > 100
    assert not (found.reasons[seen][hidden] == "ok").any()
    assert (found.reasons[seen][hidden] == "occluded").mean() > 0.8


SIZE, FOCAL = 200, 400.0


def wall(depth=2.0, left=0.0, mask=None, hole=None) -> SeenView:
    """A camera that looks along world y, `left` metres to the left of the origin, at a wall that is one object."""
    pose = np.array([[1.0, 0, 0, -left], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    camera = Camera(SIZE, SIZE, np.array([FOCAL, FOCAL, 99.5, 99.5]), pose)
    image = np.full((SIZE, SIZE), depth, np.float32)
    if hole is not None:
        image[hole[1], hole[0]] = 0
    whole = np.ones((SIZE, SIZE), np.bool_)
    if mask is not None:
        whole[:, :mask] = False
    return SeenView.of(camera, image, [("wall", whole)])


def reason(other: SeenView, pixel=(100, 100), depth=2.0, unit=1.0, name="wall") -> str:
    return str(matched(wall(depth), other, np.array([name]), np.array([pixel]), unit).reasons[0])


@pytest.mark.parametrize(
    ("other", "given", "expected"),
    [
        (wall(), {}, "ok"),
        # two metres away, 1 cm counts
        (wall(2.0098), {}, "ok"),
        (wall(2.0102), {}, "depth_disagrees"),
        (wall(1.9902), {}, "ok"),
        (wall(1.9898), {}, "occluded"),
        (wall(2.039), {"unit": 4.0}, "ok"),
        (wall(1.9), {"unit": 40.0}, "occluded"),
        # 30 cm away, 2 % do
        (wall(0.3059), {"depth": 0.3}, "ok"),
        (wall(0.3061), {"depth": 0.3}, "depth_disagrees"),
        (wall(0.2939), {"depth": 0.3}, "occluded"),
        # from 20 cm beside, 9 mm at half a metre are 3 pixels on the way back; from 11 cm, 1.6
        (wall(0.509, -0.21), {"depth": 0.5, "pixel": (190, 100)}, "round_trip_too_long"),
        (wall(0.509, -0.11), {"depth": 0.5, "pixel": (190, 100)}, "ok"),
        # the image ends half a pixel before the first pixel's centre
        (wall(left=-0.483), {}, "near_edge"),
        (wall(left=-0.482), {}, "ok"),
        (wall(left=-0.51), {}, "outside"),
        (wall(mask=96), {}, "ok"),
        (wall(mask=97), {}, "near_edge"),
        (wall(mask=101), {}, "other_object"),
        (wall(hole=(100, 100)), {}, "no_depth"),
        (wall(hole=(102, 100)), {}, "ok"),
    ],
)
def test_margins(other, given, expected):
    assert reason(other, **given) == expected


def test_a_point_behind_the_other_camera_is_outside():
    behind = wall()
    behind.camera.world_from_camera[1, 3] = 5.0
    assert reason(behind) == "outside"


def test_points_are_set_off_edges_of_masks_images_and_depth():
    view = wall()
    view.depth[:, 120:] = 3.0
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[:, 50:] = True
    view = SeenView.of(view.camera, view.depth, [("wall", mask), ("nothing", np.zeros_like(mask))])
    assert list(view.regions) == ["wall"]
    spots = view.spots("wall", 100_000, np.random.default_rng(0))
    u, v = spots.T
    assert len(np.unique(spots, axis=0)) == len(spots)
    assert (u.min(), u.max(), v.min(), v.max()) == (54, SIZE - 5, 4, SIZE - 5)
    assert not np.isin(u, [119, 120]).any()  # the step in depth
    free = view.spots_on_background(5000, np.random.default_rng(0))
    assert free[:, 0].max() < 50 - EDGE_PX
    assert free.min() >= EDGE_PX
