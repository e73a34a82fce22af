"""Hypersim: scenes in the form they are downloaded are read as the room they show; tilted lenses too."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.datasets.hypersim import SCENE, WINDOW, write_array, write_boxes, write_hypersim
from support.readings import assert_boxes, assert_frames, read
from support.truth_scene import furnished_room

from resources import sources
from resources.hdf5_files import Hdf5Error, read_dataset
from resources.images import read_color, read_depth
from resources.sources.layouts.hypersim.cameras import pinhole_of, read_camera, read_poses
from resources.sources.layouts.hypersim.files import files_of
from resources.sources.registration import Registration, SourceError
from resources.stored_images import read_stored, reference
from resources.stored_images.kinds.hypersim_color import tone_mapped

ROOM = furnished_room(160, 120, frames=4)
CAMERAS = {f"{number:04d}": camera for number, camera in enumerate(ROOM.cameras)}
TILT = Rotation.from_euler("xyz", [0.21, -0.13, 0.04])
SOURCE = sources.load("hypersim")

HALF_PRECISION_STEP_M = 4e-3
"""Between 4 m and 8 m; the room is 6 m long."""

CAMERA_TABLE = "metadata_camera_parameters.csv"
BOX = "_detail/mesh/metadata_semantic_instance_bounding_box_object_aligned_2d"


def discovered(root: Path, **options) -> Registration:
    (registration,) = SOURCE.discover(str(root))
    return replace(registration, options={**registration.options, **options})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("written")
    return root, write_hypersim(root, ROOM)


@pytest.fixture
def scene(written, tmp_path):
    """A dataset of one scene, to be spoilt: its registration and folder."""
    shutil.copytree(written[0], tmp_path, dirs_exist_ok=True)
    return discovered(tmp_path), tmp_path / SCENE


@pytest.mark.parametrize("tilt", [None, TILT], ids=["straight", "tilted"])
def test_a_scene_is_read_as_the_room_it_shows(tmp_path, tilt):
    labelled = write_hypersim(tmp_path, ROOM, tilt=tilt)
    registration = discovered(tmp_path)
    assert registration.scene_id == "ai_001_001-cam_00"
    assert SOURCE.findings(registration) == []
    scene = read(registration)
    assert not scene.dropped
    assert_frames(scene.frames, ROOM, CAMERAS, depth_step_m=HALF_PRECISION_STEP_M)
    assert_boxes(scene.boxes, labelled.boxes)
    assert scene.boxes["tag"].to_list()[-2:] == ["whiteboard", "object"]
    assert scene.boxes["label"].to_list()[-2:] == ["whiteboard", "otherprop"]
    assert scene.boxes["object_id"].to_list()[:3] == ["1", "3", "4"], "the ids are the rows, of which some are empty"
    assert (scene.metric, scene.gravity_aligned, scene.license) == (True, True, "CC BY-SA 3.0")


def test_depth_is_exact_where_distances_are_and_zero_where_nothing_is_hit(tmp_path):
    write_hypersim(tmp_path, ROOM, depth_type=np.float32)
    frames = read(discovered(tmp_path)).frames
    assert_frames(frames, ROOM, CAMERAS, depth_step_m=0)
    depth = read_depth(frames.row(0, named=True))
    assert depth.dtype == np.float32
    assert (depth[WINDOW] == 0).all()
    assert (depth > 0).mean() == 1 - 12 * 16 / depth.size


def test_pictures_are_exposed_for_what_was_rendered(scene):
    registration, _ = scene
    for entry, view in zip(SOURCE.frame_entries(registration), ROOM.views, strict=True):
        linear = (view.color / 255) ** 2.2
        rendered = np.ones(linear.shape[:2], bool)
        rendered[WINDOW] = False
        brightness = np.percentile((linear * [0.3, 0.59, 0.11]).sum(-1)[rendered], 90)
        expected = np.clip((linear / brightness) ** (1 / 2.2) * 0.8, 0, 1) * 255
        expected[WINDOW] = 255
        assert np.abs(read_color(entry.image) - expected).max() <= 1


def test_pictures_without_light_and_with_broken_light():
    light = np.full((4, 5, 3), 0.5, np.float16)
    rendered = np.ones((4, 5), bool)
    assert (tone_mapped(light, rendered) == round(0.8 * 255)).all()
    assert (tone_mapped(light, ~rendered) == round(0.5 ** (1 / 2.2) * 255)).all(), "nothing rendered: as it is"
    assert (tone_mapped(np.full_like(light, 5e-5), rendered) == 0).all(), "too dark for any exposure"
    light[0, 0], light[1, 1] = np.nan, np.inf
    shown = tone_mapped(light, rendered)
    assert (shown[0, 0] == 0).all()
    assert (shown[1, 1] == 255).all()
    assert (shown[2:] == round(0.8 * 255)).all()


def test_owners_previews_are_read_where_there_is_no_light_or_they_are_asked_for(tmp_path):
    write_hypersim(tmp_path, ROOM, preview=True)
    scene = read(discovered(tmp_path))
    assert_frames(scene.frames, ROOM, CAMERAS, depth_step_m=HALF_PRECISION_STEP_M)
    assert scene.frames["image"][0].endswith("scene_cam_00_final_preview/frame.0000.tonemap.jpg")
    with pytest.raises(SourceError, match=r"scene_cam_00_final_hdf5: holds no frame\.IIII\.color\.hdf5"):
        SOURCE.frame_entries(discovered(tmp_path, color="hdf5"))
    write_hypersim(tmp_path, ROOM)
    assert "hypersim_color" in SOURCE.frame_entries(discovered(tmp_path))[0].image
    assert ".jpg" in SOURCE.frame_entries(discovered(tmp_path, color="preview"))[0].image
    assert SOURCE.signature(discovered(tmp_path)) != SOURCE.signature(discovered(tmp_path, color="preview"))


def test_discovery_finds_each_camera_of_each_scene_and_no_other_folder(tmp_path):
    for name, camera in (("ai_010_002", "cam_01"), ("ai_010_002", "cam_00"), ("ai_002_001", "cam_00")):
        (tmp_path / name / "images" / f"scene_{camera}_final_hdf5").mkdir(parents=True)
    (tmp_path / "ai_010_003" / "images").mkdir(parents=True)
    (tmp_path / "ai_x" / "images" / "scene_cam_00_final_hdf5").mkdir(parents=True)
    found = list(SOURCE.discover(str(tmp_path)))
    assert [scene.scene_id for scene in found] == ["ai_002_001-cam_00", "ai_010_002-cam_00", "ai_010_002-cam_01"]
    assert [scene.options["camera"] for scene in found] == ["cam_00", "cam_00", "cam_01"]
    assert list(SOURCE.discover(str(tmp_path / "ai_010_002"))) == found[1:]
    assert not list(SOURCE.discover(str(tmp_path / "ai_x")))
    assert not list(SOURCE.discover(str(tmp_path / "nowhere")))


@pytest.mark.parametrize("place", ["option", "beside", "around"])
def test_files_of_the_owners_repository_are_found_in_a_clone(tmp_path, place):
    clone = tmp_path / ("ml-hypersim" if place == "beside" else "clone")
    root = clone / "evermotion_dataset" / "scenes" if place == "around" else tmp_path
    labelled = write_hypersim(root, ROOM, repository=clone)
    registration = discovered(root, **({"repository": str(clone)} if place == "option" else {}))
    assert SOURCE.findings(registration) == []
    assert_boxes(SOURCE.read_boxes(registration), labelled.boxes)
    assert len(SOURCE.frame_entries(registration)) == 4


def test_camera_parameters_may_be_anywhere_and_are_read_again_when_they_change(scene, tmp_path):
    registration, _ = scene
    elsewhere = tmp_path / "tables"
    elsewhere.mkdir()
    moved = (tmp_path / CAMERA_TABLE).rename(elsewhere / CAMERA_TABLE)
    with pytest.raises(SourceError, match=rf"{CAMERA_TABLE}: the file is missing.*github.com/apple/ml-hypersim"):
        SOURCE.prepare(registration)
    for given in (elsewhere, moved):
        told = replace(registration, options={"camera_parameters": str(given)})
        assert np.allclose(SOURCE.frame_entries(told)[0].intrinsics, ROOM.cameras[0].intrinsics)
    before = SOURCE.signature(told)
    moved.write_text(moved.read_text().replace(SCENE, "ai_009_009"))
    with pytest.raises(SourceError, match=r"has no scene ai_001_001; the scene's folder must be called as"):
        SOURCE.prepare(told)
    assert SOURCE.signature(told)["frames"] != before["frames"]


def test_a_sheared_camera_is_refused_with_its_reason_and_other_scenes_go_on(tmp_path):
    write_hypersim(tmp_path, ROOM, shear=0.01)
    write_hypersim(tmp_path, ROOM, name="ai_001_002")
    sheared, sound = SOURCE.discover(str(tmp_path))
    reason = r"scene ai_001_001-cam_00: .*the camera of ai_001_001 is no pinhole: its tilted lens shears the image"
    for step in (SOURCE.prepare, SOURCE.frame_entries):
        with pytest.raises(SourceError, match=reason):
            step(sheared)
    (finding,) = SOURCE.findings(sheared)
    assert finding.path == str(tmp_path / CAMERA_TABLE)
    assert "0.8 pixels off" in finding.problem
    assert SOURCE.findings(sound) == []
    assert len(read(sound).frames) == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "mirrored"),
        ([[-1, 0, 0], [0, 1, 0], [0, 0, -1]], "mirrored"),
        ([[1, 0, 0], [0, 0, 0], [0, 0, -1]], "do not span"),
        ([[1, 0, 1.2], [0, 1, 0], [0, 0, -1]], "outside of the 160x120 image"),
    ],
)
def test_what_is_no_camera_is_refused(row, reason):
    with pytest.raises(ValueError, match=reason):
        pinhole_of(np.array(row, float), 160, 120)


def test_frames_that_lack_a_file_or_pose_are_listed_with_it_and_others_go_on(scene):
    registration, folder = scene
    images = folder / "images"
    (images / "scene_cam_00_final_hdf5" / "frame.0000.color.hdf5").unlink()
    (images / "scene_cam_00_geometry_hdf5" / "frame.0001.render_entity_id.hdf5").unlink()
    (images / "scene_cam_00_geometry_hdf5" / "frame.0002.depth_meters.hdf5").unlink()
    problems = {entry.frame_id: entry.problem for entry in SOURCE.frame_entries(registration)}
    assert problems == {
        "0000": "images/scene_cam_00_final_hdf5/frame.0000.color.hdf5: the file is missing",
        "0001": "images/scene_cam_00_geometry_hdf5/frame.0001.render_entity_id.hdf5: the file is missing",
        "0002": "images/scene_cam_00_geometry_hdf5/frame.0002.depth_meters.hdf5: the file is missing",
        "0003": None,
    }
    assert {finding.problem for finding in SOURCE.findings(registration)} == set(problems.values()) - {None}
    for path in (images / "scene_cam_00_geometry_hdf5").glob("*.depth_meters.hdf5"):
        path.unlink()
    scene = read(registration)
    assert scene.frames["frame_id"].to_list() == ["0002", "0003"]
    assert scene.frames["depth"].to_list() == [None, None], "nobody has downloaded depth"
    assert SOURCE.box_origins(registration) == ("annotated",)
    assert any("without which nothing can be hidden" in finding.problem for finding in SOURCE.findings(registration))


def test_poses_belong_to_frames_by_number_and_broken_ones_are_named(scene):
    registration, folder = scene
    cameras = folder / "_detail" / "cam_00"
    positions = read_dataset(cameras / "camera_keyframe_positions.hdf5", (None, 3), "f")
    orientations = read_dataset(cameras / "camera_keyframe_orientations.hdf5", (None, 3, 3), "f")
    orientations[1] = np.nan
    orientations[2] *= -1
    write_array(cameras / "camera_keyframe_positions.hdf5", positions[[1, 0, 2]])
    write_array(cameras / "camera_keyframe_orientations.hdf5", orientations[[1, 0, 2]])
    write_array(cameras / "camera_keyframe_frame_indices.hdf5", np.array([1, 0, 2]))
    first, *others = SOURCE.frame_entries(registration)
    assert np.allclose(np.reshape(first.world_from_camera, (4, 4)), ROOM.cameras[0].world_from_camera)
    problems = [entry.problem for entry in others]
    assert problems[0].startswith("_detail/cam_00/camera_keyframe_orientations.hdf5: frame 0001: the pose holds NaN")
    assert "frame 0002: the pose is mirrored" in problems[1]
    assert problems[2] == "_detail/cam_00/camera_keyframe_positions.hdf5: has no pose for frame 0003"
    (cameras / "camera_keyframe_frame_indices.hdf5").unlink()
    write_array(cameras / "camera_keyframe_orientations.hdf5", orientations)
    with pytest.raises(SourceError, match=r"positions\.hdf5: .* contradict each other \(4 orientations, 3 positions"):
        SOURCE.frame_entries(registration)


MISSING = {
    "_detail/metadata_scene.csv": (SOURCE.frame_entries, SOURCE.read_boxes),
    "_detail/cam_00/camera_keyframe_orientations.hdf5": (SOURCE.frame_entries,),
    "_detail/cam_00/camera_keyframe_positions.hdf5": (SOURCE.frame_entries,),
    f"{BOX}_positions.hdf5": (SOURCE.read_boxes,),
    f"{BOX}_orientations.hdf5": (SOURCE.read_boxes,),
    "_detail/mesh/mesh_objects_si.hdf5": (SOURCE.read_boxes,),
    "_detail/mesh/mesh_objects_sii.hdf5": (SOURCE.read_boxes,),
    f"../{CAMERA_TABLE}": (SOURCE.prepare, SOURCE.frame_entries),
}


def test_every_missing_or_truncated_file_is_named_and_all_at_once(scene):
    registration, folder = scene
    for name, steps in MISSING.items():
        path = (folder / name).resolve()
        whole = path.read_bytes()
        for spoilt in (None, whole[: len(whole) // 3] if path.suffix == ".hdf5" else b"nothing\n"):
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
            for step in steps:
                with pytest.raises(SourceError) as told:
                    step(registration)
                assert str(told.value).startswith(f"scene ai_001_001-cam_00: {path}: "), told.value
                assert told.value.path == str(path)
            assert [finding.path for finding in SOURCE.findings(registration)] == [str(path)]
        path.write_bytes(whole)
    for name in MISSING:
        (folder / name).unlink()
    shutil.rmtree(folder / "images" / "scene_cam_00_final_hdf5")
    paths = {finding.path for finding in SOURCE.findings(registration)}
    named = {str((folder / name).resolve()) for name in MISSING}
    assert paths == named | {str(folder / "images" / "scene_cam_00_final_hdf5")}


def test_a_scene_without_boxes_has_none_and_contradictory_ones_are_named(scene):
    registration, folder = scene
    mesh = folder / "_detail" / "mesh"

    def told() -> str:
        with pytest.raises(SourceError) as error:
            SOURCE.read_boxes(registration)
        write_boxes(mesh, mesh, write_hypersim(folder.parent, ROOM))
        return str(error.value).removeprefix(f"scene ai_001_001-cam_00: {mesh}/")

    extents_file, axes_file = folder / f"{BOX}_extents.hdf5", folder / f"{BOX}_orientations.hdf5"
    extents = read_dataset(extents_file, (None, 3), "f")
    write_array(extents_file, extents[:-1])
    assert "has 10 rows, but" in told()
    extents[3, 1] = np.nan
    write_array(extents_file, extents)
    assert told().startswith(f"{extents_file.name}: instance 3 lacks numbers that the other files have")
    axes = read_dataset(axes_file, (None, 3, 3), "f")
    axes[4] *= 1.3
    write_array(axes_file, axes)
    assert "object '4': its axes are no rotation" in told()
    classes = read_dataset(mesh / "mesh_objects_si.hdf5", (None, 1), "i")
    instances = read_dataset(mesh / "mesh_objects_sii.hdf5", (None, 1), "i")
    write_array(mesh / "mesh_objects_si.hdf5", np.where(classes == 7, 57, classes))
    assert told().startswith("mesh_objects_si.hdf5: class 57 is none of NYU40")
    write_array(mesh / "mesh_objects_sii.hdf5", np.where(instances == 6, -1, instances))
    assert told().startswith("mesh_objects_sii.hdf5: gives no object to instance 6, which has a box")
    write_array(mesh / "mesh_objects_si.hdf5", np.where(instances == 1, -1, classes))
    boxes = SOURCE.read_boxes(registration)
    assert (boxes["label"][0], boxes["tag"][0]) == ("unlabeled", "object")
    for path in mesh.glob("metadata_*"):
        path.unlink()
    assert SOURCE.read_boxes(registration) is None
    assert SOURCE.box_origins(registration) == ("lifted",)
    assert len(SOURCE.findings(registration)) == 3


def test_broken_images_drop_their_frames_by_name(scene):
    registration, folder = scene
    images = folder / "images"
    light = images / "scene_cam_00_final_hdf5" / "frame.0000.color.hdf5"
    light.write_bytes(light.read_bytes()[:5000])
    write_array(images / "scene_cam_00_geometry_hdf5" / "frame.0001.depth_meters.hdf5", np.ones((60, 80), np.float16))
    entities = images / "scene_cam_00_geometry_hdf5" / "frame.0002.render_entity_id.hdf5"
    entities.write_bytes(b"no file of this kind")
    dropped = {drop["frame_id"]: drop["reason"] for drop in read(registration).dropped}
    assert dropped["0000"].startswith("images/scene_cam_00_final_hdf5/frame.0000.color.hdf5: is no HDF5 file, or is t")
    assert dropped["0001"].endswith("frame.0001.depth_meters.hdf5: the array has the shape 60x80, not 120x160")
    assert "frame.0002.render_entity_id.hdf5: is no HDF5 file" in dropped["0002"]
    assert len(dropped) == 3


def test_arrays_that_are_too_large_of_another_kind_or_elsewhere_are_not_read(tmp_path):
    other = tmp_path / "other.hdf5"
    write_array(other, np.ones((4, 3)))
    layout = h5py.VirtualLayout((4, 3), "f8")
    layout[:] = h5py.VirtualSource(str(other), "dataset", (4, 3))
    (tmp_path / "raw").write_bytes(bytes(96))
    makers = {
        "at most": lambda file: file.create_dataset("dataset", (10**9, 3), "f2", chunks=(1000, 3), compression="gzip"),
        "at most 24": lambda file: file.create_dataset(
            "dataset", (4, 3), "f2", chunks=(10**8, 3), maxshape=(None, 3), compression="gzip"
        ),
        "is a link to another place": lambda file: file.__setitem__("dataset", h5py.ExternalLink(other, "dataset")),
        "is a link": lambda file: file.__setitem__("dataset", h5py.SoftLink("/elsewhere")),
        "is made of other": lambda file: file.create_virtual_dataset("dataset", layout),
        "made of other files": lambda file: file.create_dataset(
            "dataset", (4, 3), "f8", external=[(str(tmp_path / "raw"), 0, 96)]
        ),
        "holds int64, not floating-point numbers": lambda file: file.create_dataset(
            "dataset", data=np.ones((4, 3), int)
        ),
        "has no array called 'dataset'": lambda file: file.create_dataset("data", data=np.ones((4, 3))),
        "is no array": lambda file: file.create_group("dataset"),
        "shape 4x4, not Nx3": lambda file: file.create_dataset("dataset", data=np.ones((4, 4))),
        "shape of a single value": lambda file: file.create_dataset("dataset", data=h5py.Empty("f8")),
    }
    for number, (reason, make) in enumerate(makers.items()):
        path = tmp_path / f"{number}.hdf5"
        with h5py.File(path, "w") as file:
            make(file)
        with pytest.raises(Hdf5Error, match=reason) as told:
            read_dataset(path, (None, 3), "f")
        assert str(told.value).startswith(f"{path}: ")


def test_options_are_checked(scene):
    registration, _ = scene
    for options, reason in (
        ({"colour": "hdf5"}, "option 'colour' is unknown"),
        ({"color": "jpeg"}, "one of auto, hdf5, preview"),
        ({"camera": "../cam_00"}, "must be a camera's name, such as cam_00"),
        ({"repository": 3}, "must be a text"),
    ):
        wrong = replace(registration, options=options)
        with pytest.raises(SourceError, match=reason):
            SOURCE.prepare(wrong)
        assert len(SOURCE.findings(wrong)) == 1


def test_a_signature_changes_with_the_files_that_it_is_of(scene):
    registration, folder = scene
    before = SOURCE.signature(registration)
    assert SOURCE.signature(registration) == before
    for name, changed in (
        ("images/scene_cam_00_geometry_hdf5/frame.0001.render_entity_id.hdf5", {"frames"}),
        ("_detail/cam_00/camera_keyframe_positions.hdf5", {"frames"}),
        ("_detail/mesh/mesh_objects_si.hdf5", {"boxes"}),
        ("_detail/metadata_scene.csv", {"frames", "boxes"}),
    ):
        path = folder / name
        path.write_bytes(path.read_bytes() + b" ")
        after = SOURCE.signature(registration)
        assert {part for part in after if after[part] != before[part]} == changed
        before = after


def test_a_thousand_frames_are_listed_without_opening_an_image(scene):
    registration, folder = scene
    cameras = folder / "_detail" / "cam_00"
    write_array(cameras / "camera_keyframe_positions.hdf5", np.zeros((1000, 3)))
    write_array(cameras / "camera_keyframe_orientations.hdf5", np.tile(np.eye(3), (1000, 1, 1)))
    write_array(cameras / "camera_keyframe_frame_indices.hdf5", np.arange(1000))
    images = folder / "images"
    for number in range(1000):
        (images / "scene_cam_00_final_hdf5" / f"frame.{number:04d}.color.hdf5").touch()
        for name in ("depth_meters", "render_entity_id"):
            (images / "scene_cam_00_geometry_hdf5" / f"frame.{number:04d}.{name}.hdf5").touch()
    entries = SOURCE.frame_entries(registration)
    assert len(entries) == 1000
    assert not any(entry.problem for entry in entries)
    assert sorted(entry.frame_id for entry in entries) == [entry.frame_id for entry in entries]


def real_matrices(table: Path) -> dict[str, np.ndarray]:
    """The ray matrix of each scene, read here by hand."""
    with table.open(newline="") as file:
        header, *rows = csv.reader(file)
    first = header.index("M_cam_from_uv_00")
    return {row[0]: np.array(row[first : first + 9], float).reshape(3, 3) for row in rows}


def rays_of(matrix: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rays `(*, 3)` of pixels in the axes of the pose files, as the owners cast them."""
    return np.stack([(u + 0.5) / 512 - 1, 1 - (v + 0.5) / 384, np.ones(u.shape)], -1) @ matrix.T


@pytest.fixture
def real(shared) -> Path:
    if not (shared / "hypersim" / "ai_037_002").is_dir():
        pytest.skip("the sample of Hypersim is not here")
    return shared / "hypersim"


def test_of_the_real_cameras_all_but_sheared_and_far_tilted_ones_are_pinholes(real):
    straight, centred, tilted, sheared, outside = 0, 0, 0, 0, 0
    u, v = np.meshgrid([0, 512, 1023], [0, 384, 767])
    for matrix in real_matrices(real / CAMERA_TABLE).values():
        try:
            (fx, fy, cx, cy), rig_from_camera = pinhole_of(matrix, 1024, 768)
        except ValueError as error:
            sheared += "shears" in str(error)
            outside += "outside of the 1024x768 image" in str(error)
            continue
        x, y, z = np.moveaxis(rays_of(matrix, u, v) @ rig_from_camera, -1, 0)
        assert np.abs(x / z * fx + cx - u).max() < 0.05
        assert np.abs(y / z * fy + cy - v).max() < 1e-6
        assert fx == pytest.approx(fy, rel=2e-4)
        if np.abs(matrix[[0, 1, 2, 2], [1, 0, 0, 1]]).max() < 1e-6:
            assert np.abs(rig_from_camera - np.diag([1, -1, -1])).max() < 1e-5
            straight += 1
            centred += abs(cx - 511.5) < 1e-3 and abs(cy - 383.5) < 1e-3
        else:
            tilted += 1
    assert (straight, centred) == (208, 197)
    assert (tilted, sheared, outside) == (240, 30, 4)


def test_real_distances_make_the_floor_flat(real, tmp_path):
    """Frame 0 of ai_037_002, whose lens is tilted. The table of cameras has the scene's unit, 1 cm, which its own
    missing file would repeat: the owners write both from the same setting of the renderer."""
    scene = tmp_path / "ai_037_002"
    shutil.copytree(real / "ai_037_002", scene)
    shutil.copy(real / CAMERA_TABLE, tmp_path)
    (scene / "_detail" / "metadata_scene.csv").write_text(
        "parameter_name,parameter_value\nmeters_per_asset_unit,0.01\n"
    )
    registration = Registration("ai_037_002-cam_00", "hypersim", str(scene))
    files = files_of(registration)
    camera = read_camera(registration, files)
    pose = read_poses(registration, files, camera)[0]
    fx, fy, cx, cy = camera.intrinsics
    path = str(files.depth_file("0000"))
    depth = read_stored(reference(path, "hypersim_depth", width=1024, height=768, fx=fx, fy=fy, cx=cx, cy=cy))
    u, v = np.meshgrid(np.arange(1024), np.arange(768))
    rays = rays_of(real_matrices(real / CAMERA_TABLE)["ai_037_002"], u, v)
    points = np.stack([(u - cx) / fx * depth, (v - cy) / fy * depth, depth], -1) @ pose[:3, :3].T + pose[:3, 3]

    distance = read_dataset(path, (768, 1024), "f").astype(float)
    orientation = read_dataset(files.orientations, (None, 3, 3), "f")[0]
    position = read_dataset(files.positions, (None, 3), "f")[0] * 0.01
    directions = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    cast = (directions * distance[..., None]) @ orientation.T + position
    assert np.abs(points - cast).max() < 1e-5

    on_floor = np.abs(points[..., 2]) < 0.02
    assert on_floor.mean() == pytest.approx(0.195, abs=0.005)
    assert abs(np.median(points[..., 2][on_floor])) < 1e-3
    flat = np.stack([(u - cx) / fx * distance, (v - cy) / fy * distance, distance], -1) @ pose[:3, :3].T + pose[:3, 3]
    assert (np.abs(flat[..., 2]) < 0.02).mean() < 0.1, "distances taken as depth have no floor"
