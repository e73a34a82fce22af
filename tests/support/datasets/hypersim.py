"""A known room in the form of Hypersim: light instead of pictures, lengths of rays, and units that are not metres.

Nothing here is shared with the reader: light is what a camera's picture is undone to, and a tilted lens is a rotation
put between the axes of the pose files and the image.
"""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from support.truth_scene import TruthCamera, TruthScene, TruthView

SCENE = "ai_001_001"
METERS_PER_ASSET_UNIT = 0.0254

NEAREST_CLASS = {"office_chair": "chair", "Cabinet": "cabinet", "monitor": "television", "object": "otherprop"}
"""Labels of the room that are no class of NYU40, and the class that an annotator would choose."""

CLASS_IDS = {"table": 7, "chair": 5, "cabinet": 3, "television": 25, "box": 29, "whiteboard": 30, "otherprop": 40}

NONE = -1
"""No class, no instance, no entity."""

UNUSED_INSTANCES = (2, 5)
"""Ids of instances that nothing belongs to: their rows are NaN, and infinite."""

EXPOSURE = 37.5
"""Light of a pixel that is white in the picture."""

SKY = 5000.0
"""Light of the pixels whose rays hit nothing: far above any exposure."""

WINDOW = (slice(0, 12), slice(0, 16))
"""Rows and columns of these pixels."""

NEAR, FAR = 1.0, 1000.0


def write_hypersim(
    root: Path,
    scene: TruthScene,
    name: str = SCENE,
    camera: str = "cam_00",
    tilt: Rotation | None = None,
    shear: float = 0.0,
    depth_type: type = np.float16,
    preview: bool = False,
    repository: Path | None = None,
) -> TruthScene:
    """Write the room as a scene of the dataset under `root`; the same room as it can be read: with classes of NYU40.

    Args:
        scene: its cameras share one size and intrinsics; frames are numbered from 0.
        tilt: the axes of the image in those of the pose files.
        shear: by how much of the image's half width a pixel moves sideways from its middle to its upper edge.
        depth_type: the dataset stores half precision: steps of 2 mm from 2 m on.
        preview: write the owners' pictures, and no light.
        repository: where to write what is only in the owners' repository; None: among the scene's own files.
    """
    folder, tilt = root / name, tilt or Rotation.identity()
    labelled = replace(
        scene, boxes=tuple(replace(box, label=NEAREST_CLASS.get(box.label, box.label)) for box in scene.boxes)
    )
    detail = folder / "_detail"
    detail.mkdir(parents=True, exist_ok=True)
    (detail / "metadata_scene.csv").write_text(
        f"parameter_name,parameter_value\nmeters_per_asset_unit,{METERS_PER_ASSET_UNIT!r}\n"
    )
    (detail / "metadata_cameras.csv").write_text(f"camera_name\n{camera}\n")
    outside = root if repository is None else repository / "contrib" / "mikeroberts3000"
    _write_camera(outside / "metadata_camera_parameters.csv", name, scene.cameras[0], tilt, shear)
    _write_poses(detail / camera, scene, tilt)
    for number, view in enumerate(scene.views):
        _write_frame(folder / "images" / f"scene_{camera}", f"frame.{number:04d}", view, depth_type, preview)
    inside = folder if repository is None else repository / "evermotion_dataset" / "scenes" / name
    write_boxes(detail / "mesh", inside / "_detail" / "mesh", labelled)
    return labelled


def write_array(path: Path, array: NDArray, compressed: bool = False) -> None:
    """One array called `dataset`, in the place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("dataset", data=array, compression="gzip" if compressed else None)


def write_boxes(boxes: Path, classes: Path, scene: TruthScene) -> None:
    """Boxes by instance, the first row of which is of none, and the objects of the mesh that belong to each."""
    ids = [number for number in range(1, 99) if number not in UNUSED_INSTANCES][: len(scene.boxes)]
    rows = max(*ids, *UNUSED_INSTANCES) + 1
    positions, extents = np.full((rows, 3), np.inf), np.full((rows, 3), np.inf)
    orientations = np.full((rows, 3, 3), np.inf)
    for array in (positions, extents, orientations):
        array[UNUSED_INSTANCES[0]] = np.nan
    objects = [(NONE, NONE), (CLASS_IDS["box"], NONE)]
    for instance, box in zip(ids, scene.boxes, strict=True):
        positions[instance] = box.center / METERS_PER_ASSET_UNIT
        extents[instance] = box.extents / METERS_PER_ASSET_UNIT
        orientations[instance] = box.rotation
        # An instance has many objects, a few of which were never labelled or by a slip of the hand.
        objects += [(1, instance), *[(CLASS_IDS[box.label], instance)] * 2, *[(NONE, instance)] * 3]
    for what, array in (("positions", positions), ("orientations", orientations), ("extents", extents)):
        write_array(boxes / f"metadata_semantic_instance_bounding_box_object_aligned_2d_{what}.hdf5", array)
    for what, column in (("si", 0), ("sii", 1)):
        write_array(classes / f"mesh_objects_{what}.hdf5", np.array(objects, np.int64)[:, column : column + 1])


def _write_camera(path: Path, name: str, camera: TruthCamera, tilt: Rotation, shear: float) -> None:
    """Add the row of a scene to the table of all cameras: a few of its columns, of which most are empty."""
    (fx, fy, cx, cy), width, height = camera.intrinsics, camera.width, camera.height
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    image_from_uv = np.array(
        [
            [width / (2 * fx), shear * width / (2 * fx), (middle_x - cx) / fx],
            [0.0, height / (2 * fy), (cy - middle_y) / fy],
            [0.0, 0.0, -1.0],
        ]
    )
    ray_from_uv = tilt.as_matrix() @ image_from_uv
    projection = np.zeros((4, 4))
    projection[[0, 1, 3], :3] = np.linalg.inv(ray_from_uv)
    projection[2] = [0.0, 0.0, -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)]
    row = {
        "scene_name": name,
        "settings_output_img_height": float(height),
        "settings_output_img_width": float(width),
        "settings_units_info_meters_scale": METERS_PER_ASSET_UNIT,
        "use_camera_physical": not np.allclose(tilt.as_matrix(), np.eye(3)),
        "camera_physical_lens_file": "",
        "settings_camera_fov": 2 * np.arctan(width / (2 * fx)),
    }
    row |= {f"M_cam_from_uv_{i}{j}": ray_from_uv[i, j] for i in range(3) for j in range(3)}
    row |= {f"M_proj_{i}{j}": projection[i, j] for i in range(4) for j in range(4)}
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        table = csv.DictWriter(file, list(row), lineterminator="\n")
        if is_new:
            table.writeheader()
        table.writerow(row)


def _write_poses(folder: Path, scene: TruthScene, tilt: Rotation) -> None:
    """Axes of the camera, x right, y up, z back, as columns in the world; and where it is, in asset units."""
    world_from_opencv = Rotation.from_matrix([camera.world_from_camera[:3, :3] for camera in scene.cameras])
    world_from_rig = world_from_opencv * Rotation.from_euler("x", 180, degrees=True) * tilt.inv()
    positions = np.array([camera.world_from_camera[:3, 3] for camera in scene.cameras]) / METERS_PER_ASSET_UNIT
    write_array(folder / "camera_keyframe_orientations.hdf5", world_from_rig.as_matrix())
    write_array(folder / "camera_keyframe_positions.hdf5", positions)
    write_array(folder / "camera_keyframe_frame_indices.hdf5", np.arange(len(positions)))


def _write_frame(images: Path, frame: str, view: TruthView, depth_type: type, preview: bool) -> None:
    """Light or picture, distances, and entities, in folders whose names begin with `images`."""
    light = (view.color / 255.0) ** 2.2 * EXPOSURE
    distance, entities = view.distance.copy(), view.instance.astype(np.int32) + 2
    light[WINDOW], distance[WINDOW], entities[WINDOW] = SKY, np.nan, NONE

    def file(folder: str, suffix: str) -> Path:
        return images.parent / f"{images.name}_{folder}" / f"{frame}.{suffix}"

    if preview:
        path = file("final_preview", "tonemap.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), view.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    else:
        write_array(file("final_hdf5", "color.hdf5"), light.astype(np.float16), compressed=True)
    write_array(file("geometry_hdf5", "depth_meters.hdf5"), distance.astype(depth_type), compressed=True)
    write_array(file("geometry_hdf5", "render_entity_id.hdf5"), entities, compressed=True)
