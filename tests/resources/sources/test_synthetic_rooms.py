"""The generated rooms against truth worked out by other means: SciPy's rotations, Open3D's pinhole rays, parity."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import open3d as o3d
import pytest
from scipy.spatial.transform import Rotation

from resources import sources
from resources.sources.layouts.synthetic_rooms.folder import MARKER, write_once
from resources.sources.layouts.synthetic_rooms.generate import RoomOptions, furnish, make_room
from resources.sources.layouts.synthetic_rooms.recordings import OTHER_WORDS
from resources.sources.layouts.synthetic_rooms.truth import load_truth
from resources.sources.registration import Registration, SourceError

SMALL = RoomOptions(seed=2, num_frames=4, width=320, height=240)
FULL_WALKS = [RoomOptions(seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A small room on disk, and its truth."""
    root = tmp_path_factory.mktemp("small") / "room"
    make_room(root, SMALL)
    return root, load_truth(root)


@pytest.fixture(scope="module")
def small_plan():
    return furnish(SMALL)


@pytest.fixture(scope="module", params=FULL_WALKS, ids=lambda options: f"seed_{options.seed}")
def plan(request):
    """A furnished room with its walk of 40 steps, not rendered."""
    return furnish(request.param)


def digest(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read_frame(root: Path, frame_id: str):
    depth = cv2.imread(str(root / f"depth/{frame_id}.png"), cv2.IMREAD_UNCHANGED)
    color = cv2.imread(str(root / f"color/{frame_id}.jpg"))
    return color, depth, np.loadtxt(root / f"pose/{frame_id}.txt"), np.loadtxt(root / "intrinsic/intrinsic_depth.txt")


def test_boxes_are_tight_around_all_vertices(room, small_plan):
    root, truth = room
    written = json.loads((root / "objects.json").read_text())
    for item, placed in zip(written, small_plan.arrangement.placed, strict=True):
        center, extents, rpy = np.split(np.array(item["obb"]), 3)
        vertices = np.concatenate([patch.vertices.reshape(-1, 3) for patch in placed.patches])
        local = Rotation.from_euler("xyz", rpy).inv().apply(vertices - center)
        np.testing.assert_allclose(local.max(0), extents / 2, atol=1e-9, err_msg=item["id"])
        np.testing.assert_allclose(local.min(0), -extents / 2, atol=1e-9, err_msg=item["id"])
    assert [item["id"] for item in written] == list(truth.object_ids)
    np.testing.assert_array_equal([item["obb"][3:6] for item in written], truth.boxes.extents)


def test_every_pixel_lies_in_the_box_of_its_instance(room):
    root, truth = room
    v, u = np.mgrid[: SMALL.height, : SMALL.width]
    for frame_id in truth.frame_ids:
        color, depth, pose, k = read_frame(root, frame_id)
        instance = truth.instance_map(frame_id)
        assert color.shape == (*depth.shape, 3) == (SMALL.height, SMALL.width, 3)
        assert (depth.dtype, instance.dtype) == (np.uint16, np.uint16)
        assert depth.min() > 0
        z = depth / 1000
        local = np.stack([(u - k[0, 2]) / k[0, 0] * z, (v - k[1, 2]) / k[1, 1] * z, z], -1)
        world = local @ pose[:3, :3].T + pose[:3, 3]
        for index in np.unique(instance[instance > 0]):
            inside = (world[instance == index] - truth.boxes.centers[index - 1]) @ truth.boxes.rotations[index - 1]
            beyond = np.abs(inside) - truth.boxes.extents[index - 1] / 2
            assert beyond.max() < 1e-3, truth.object_ids[index - 1]  # depth is rounded to millimetres


def test_depth_is_that_of_open3d_pinhole_rays(room, small_plan):
    """Open3D puts the centre of the first pixel at 0.5; shifted by that, its own rays must meet the same depth."""
    root, truth = room
    _, depth, pose, k = read_frame(root, truth.frame_ids[1])
    shifted = k[:3, :3].copy()
    shifted[:2, 2] += 0.5
    rays = o3d.t.geometry.RaycastingScene.create_rays_pinhole(
        shifted, np.linalg.inv(pose), SMALL.width, SMALL.height
    ).numpy()
    hits = small_plan.solids.caster.cast_rays(o3d.core.Tensor(rays))
    forward = rays[..., 3:] @ pose[:3, 2]
    z = hits["t_hit"].numpy() * forward
    apart = np.abs(z - depth / 1000) > 0.0015
    assert apart.mean() < 1e-3  # only pixels whose ray grazes an edge
    instance = small_plan.solids.instance[hits["primitive_ids"].numpy()]
    assert (instance != truth.instance_map(truth.frame_ids[1])).mean() < 1e-3


def test_counts_are_those_of_the_maps_and_of_rays_at_each_object_alone(room, small_plan):
    root, truth = room
    for k, frame_id in enumerate(truth.frame_ids):
        counts = np.bincount(truth.instance_map(frame_id).ravel(), minlength=len(truth.object_ids) + 1)[1:]
        np.testing.assert_array_equal(counts, truth.visible_pixels[k])
    assert (truth.unoccluded_pixels >= truth.visible_pixels).all()
    assert (truth.unoccluded_pixels > truth.visible_pixels).any()
    _, _, pose, k = read_frame(root, truth.frame_ids[2])
    v, u = np.mgrid[: SMALL.height, : SMALL.width]
    local = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1) @ pose[:3, :3].T
    rays = np.concatenate([np.broadcast_to(pose[:3, 3], local.shape), local], -1).astype(np.float32)
    for index in range(len(truth.object_ids)):
        vertices = small_plan.solids.vertices[small_plan.solids.instance == index + 1].reshape(-1, 3)
        alone = o3d.t.geometry.RaycastingScene()
        faces = np.arange(len(vertices), dtype=np.uint32).reshape(-1, 3)
        alone.add_triangles(o3d.core.Tensor(vertices), o3d.core.Tensor(faces))
        covered = np.isfinite(alone.cast_rays(o3d.core.Tensor(rays))["t_hit"].numpy()).sum()
        assert abs(covered - truth.unoccluded_pixels[2, index]) <= 2, truth.object_ids[index]


def test_recorded_recognitions_are_of_what_is_seen(room):
    """Most boxes lie on the pixels of the object that they name, whatever word they use for it."""
    root, truth = room
    recorded = json.loads((root / "recognitions.json").read_text())
    assert list(recorded) == list(truth.frame_ids)
    overlaps = []
    for frame_id, answer in recorded.items():
        instance = truth.instance_map(frame_id)
        for entry in answer:
            ymin, xmin, ymax, xmax = np.array(entry["box_2d"]) / 1000 * np.tile(instance.shape, 2)
            meant = [k for k, tag in enumerate(truth.tags) if entry["label"] in (tag, *OTHER_WORDS.get(tag, ()))]
            assert meant, entry["label"]
            v, u = np.mgrid[: instance.shape[0], : instance.shape[1]]
            inside = (u + 0.5 > xmin) & (u + 0.5 < xmax) & (v + 0.5 > ymin) & (v + 0.5 < ymax)
            boxes = [cv2.boundingRect((instance == k + 1).astype(np.uint8)) for k in meant]
            around = [(u >= x) & (u < x + w) & (v >= y) & (v < y + h) for x, y, w, h in boxes]
            overlaps.append(max((inside & box).sum() / (inside | box).sum() for box in around))
    assert len(overlaps) >= 20
    assert np.mean(np.array(overlaps) > 0.75) > 0.9


def test_pictures_are_well_exposed(room):
    root, truth = room
    gray = np.array([cv2.cvtColor(read_frame(root, name)[0], cv2.COLOR_BGR2GRAY) for name in truth.frame_ids])
    assert 70 < gray.mean() < 190
    assert gray.std() > 30
    assert ((gray < 4) | (gray > 252)).mean() < 0.1


def test_surfaces_face_outward(plan):
    """A ray from the free space that meets a surface from behind has come through a wall or a hole."""
    solids = plan.solids
    rng = np.random.default_rng(0)
    for pose in plan.walk.world_from_camera[::8]:
        way = rng.normal(size=(20_000, 3))
        rays = np.concatenate([np.broadcast_to(pose[:3, 3], way.shape), way], 1).astype(np.float32)
        hits = solids.caster.cast_rays(o3d.core.Tensor(rays))
        assert np.isfinite(hits["t_hit"].numpy()).all()
        facing = (hits["primitive_normals"].numpy() * way).sum(1)
        assert (facing > 0).mean() < 2e-3


def test_rooms_are_furnished(plan):
    tags = Counter(placed.piece.tag for placed in plan.arrangement.placed)
    assert 14 <= tags.total() <= 30
    assert len(tags) >= 12
    assert max(tags.values()) >= 3
    low = [placed.box.corners.min(0) for placed in plan.arrangement.placed]
    high = [placed.box.corners.max(0) for placed in plan.arrangement.placed]
    half = np.array([plan.room.width, plan.room.depth]) / 2
    assert (np.min(low, 0)[:2] > -half).all()
    assert (np.max(high, 0)[:2] < half).all()
    assert np.min(low, 0)[2] > -0.003
    assert np.max(high, 0)[2] < plan.room.height
    yaws = {round(float(placed.box.rpy[2]) % (np.pi / 2), 3) for placed in plan.arrangement.placed}
    assert len(yaws) > len(tags) / 2


def test_a_set_of_rooms_has_many_kinds_of_objects_and_some_lean():
    placed = [placed for seed in range(4) for placed in furnish(RoomOptions(seed, 4)).arrangement.placed]
    assert len({item.piece.tag for item in placed}) >= 25
    assert sum(np.abs(item.box.rpy[:2]).max() > 0.1 for item in placed) >= 4


def test_objects_do_not_run_through_each_other(plan):
    """Vertices of one object inside a closed part of another, by the parity of what a ray crosses."""
    placed = plan.arrangement.placed
    clouds = [np.concatenate([p.vertices.reshape(-1, 3) for p in item.patches]).astype(np.float32) for item in placed]
    for a, item in enumerate(placed):
        scene = o3d.t.geometry.RaycastingScene()
        for part in item.piece.parts:
            mesh = o3d.t.geometry.TriangleMesh.from_legacy(_mesh(part, item.world_from_object))
            scene.add_triangles(mesh)
        low, high = item.box.corners.min(0), item.box.corners.max(0)
        others = np.concatenate([cloud for b, cloud in enumerate(clouds) if b != a])
        near = others[((others > low) & (others < high)).all(1)]
        if len(near) == 0:
            continue
        direction = np.broadcast_to(np.float32([0.123, 0.231, 0.965]), near.shape)
        found = scene.list_intersections(o3d.core.Tensor(np.concatenate([near, direction], 1)))
        crossed = np.zeros((len(near), len(item.piece.parts)), int)
        np.add.at(crossed, (found["ray_ids"].numpy().astype(int), found["geometry_ids"].numpy().astype(int)), 1)
        inside = near[(crossed % 2 == 1).any(1)]
        if len(inside):
            depth = scene.compute_distance(o3d.core.Tensor(inside)).numpy().max()
            assert depth < 0.005, f"{item.object_id} is entered by {depth * 1000:.1f} mm"


def _mesh(part, world_from_object) -> o3d.geometry.TriangleMesh:
    mesh = o3d.geometry.TriangleMesh()
    for patch in part:
        n, m = patch.vertices.shape[:2]
        vertices = patch.vertices.reshape(-1, 3) @ world_from_object[:3, :3].T + world_from_object[:3, 3]
        corner = (np.arange(n - 1)[:, None] * m + np.arange(m - 1)).ravel()
        faces = np.concatenate([corner[:, None] + (0, 1, m), corner[:, None] + (m + 1, m, 1)])
        mesh += o3d.geometry.TriangleMesh(
            o3d.utility.Vector3dVector(vertices), o3d.utility.Vector3iVector(faces.astype(np.int32))
        )
    return mesh


def test_the_walk_keeps_clear_and_sees_everything(plan):
    poses = plan.walk.world_from_camera
    np.testing.assert_allclose(
        poses[:, :3, :3] @ poses[:, :3, :3].swapaxes(1, 2), np.tile(np.eye(3), (40, 1, 1)), atol=1e-12
    )
    assert (np.linalg.det(poses[:, :3, :3]) > 0).all()
    height = poses[:, 2, 3]
    assert height.min() >= 1.2
    assert height.max() <= 1.7
    assert np.ptp(height) > 0.2
    distance = plan.solids.caster.compute_distance(o3d.core.Tensor(poses[:, :3, 3].astype(np.float32))).numpy()
    assert distance.min() > 0.15
    assert np.linalg.norm(np.diff(poses[:, :2, 3], axis=0), axis=1).max() < 0.8
    seen = plan.walk.seen_well
    assert seen.sum(0).min() >= 3, "an object is seen in too few frames"
    assert np.median(seen.sum(1)) >= 6, "frames show too little"


def test_the_same_bytes_whatever_the_threads_and_the_hash_seed(room, tmp_path):
    root, _ = room
    script = (
        "from pathlib import Path\n"
        "from resources.sources.layouts.synthetic_rooms.generate import RoomOptions, make_room\n"
        f"make_room(Path({str(tmp_path / 'again')!r}), {SMALL!r})\n"
    )
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "123"}
    command = ["taskset", "-c", "0"] if sys.platform == "linux" else []
    repository = Path(__file__).parents[3]
    subprocess.run([*command, sys.executable, "-c", script], env={**os.environ, **threads}, cwd=repository, check=True)
    assert digest(tmp_path / "again") == digest(root)


def test_a_killed_run_leaves_nothing_that_is_taken_for_whole(tmp_path):
    root, recipe = tmp_path / "room", {"version": "1"}

    def killed(partial: Path) -> None:
        (partial / "color").mkdir()
        (partial / "color/000000.jpg").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        write_once(root, recipe, killed)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert not root.exists()

    def fails(partial: Path) -> None:
        (partial / "color").mkdir()
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_once(root, recipe, fails)
    assert list(tmp_path.iterdir()) == []
    write_once(root, recipe, lambda partial: (partial / "new").write_text("whole"))
    assert sorted(path.name for path in root.iterdir()) == ["new", MARKER]
    assert list(tmp_path.iterdir()) == [root]


def test_rooms_are_made_once_and_anew_when_the_recipe_changes(tmp_path):
    root, made = tmp_path / "room", []

    def fill(partial: Path) -> None:
        made.append(time.monotonic())
        (partial / f"file_{len(made)}").touch()

    write_once(root, {"seed": 1}, fill)
    write_once(root, {"seed": 1}, fill)
    assert len(made) == 1
    write_once(root, {"seed": 2}, fill)
    assert sorted(path.name for path in root.iterdir()) == ["file_2", MARKER]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/holiday.jpg").touch()
    with pytest.raises(SourceError, match="photos exists and is no generated room"):
        write_once(tmp_path / "photos", {"seed": 1}, fill)
    assert (tmp_path / "photos/holiday.jpg").exists()


def test_as_a_source(room, tmp_path):
    root, truth = room
    source = sources.load("synthetic_rooms")
    made = Registration("room_2", "synthetic_rooms", str(root), options={"seed": 2, "num_frames": SMALL.num_frames})
    reading = source.read_scene(made)
    assert reading.frames["frame_id"].to_list() == list(truth.frame_ids)
    assert reading.boxes["object_id"].to_list() == list(truth.object_ids)
    assert reading.boxes["tag"].to_list() == list(truth.tags)
    assert (reading.metric, reading.gravity_aligned, reading.dropped) == (True, True, [])
    assert reading.license == "Apache-2.0"
    assert len(source.frame_entries(made)) == SMALL.num_frames
    assert source.recorded_recognitions(made) == str(root / "recognitions.json")
    before = source.signature(made)
    (root / "truth" / "note").touch()
    assert source.signature(made) == before, "the truth is nothing that the pipeline reads"
    (root / "truth" / "note").unlink()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "option seed is missing"),
        ({"seed": -1}, "seed=-1 must be a whole number"),
        ({"seed": "1"}, "seed='1' must be a whole number"),
        ({"seed": 1, "num_frames": 0}, "num_frames=0 must be a whole number from 1"),
        ({"seed": 1, "frames": 10}, "option 'frames' is unknown"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, message):
    with pytest.raises(SourceError, match=f"scene room_x: .*{message}"):
        sources.load("synthetic_rooms").prepare(
            Registration("room_x", "synthetic_rooms", str(tmp_path / "x"), options=options)
        )
    assert list(tmp_path.iterdir()) == []
