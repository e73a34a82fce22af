"""Poses of a video's keyframes by structure from motion (COLMAP, through `pycolmap`), with what was triangulated.

Features (SIFT) on every keyframe; pairs that may see the same, found by few coarse features; these matched in full and
verified; the global mapper (Pan et al., "Global structure-from-motion revisited", ECCV 2024), or, where that registers
too little, the incremental one (Schoenberger and Frahm, "Structure-from-motion revisited", CVPR 2016). All keyframes
share one camera with one radial distortion, which is taken out of the stored images.

The same images give the same result for any number of threads: images are numbered before features are found, every
random choice is seeded, and the mapper, whose sums depend on the order of threads, runs in one.

What does not belong here: decoding (`video.py`), up and scale (`engine/reconstruction/upright.py`), and the table
(`assets/reconstruction.py`).
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.reconstruction.pairs import (
    agreeing_links,
    coarsest,
    largest_group,
    pairs_to_match,
    shared_points,
)
from openspatial_assets.engine.reconstruction.settings import ReconstructionSettings

SEED = 0
CAMERA_MODEL = "SIMPLE_RADIAL"
"""f, cx, cy, k1: what phones and web cameras need, and few enough to be found from a short video."""

HALF_PIXEL = 0.5
"""COLMAP's pixel centres lie at halves, those of the project's cameras at whole numbers."""

STRAIGHT_ENOUGH_PX = 0.3
"""If distortion moves no pixel by more than this, images stay as they are: resampling would only blur them."""

OK = "ok"
ADVICE = (
    "move the camera sideways through the scene, slowly and in good light, so that neighbouring pictures show much of "
    "the same; turning on the spot gives no depth"
)


class ReconstructionError(ValueError):
    """A video that cannot be read or reconstructed; the message names the scene and the file, and says what to do."""


@dataclass(frozen=True)
class Lens:
    """The one camera of a video, in the project's pixel convention.

    Attributes:
        width, height: pixels.
        focal: pixels, the same for both axes.
        center: cx, cy.
        radial: k1 of `x_distorted = x (1 + k1 r^2)`, on the image plane at distance 1.
    """

    width: int
    height: int
    focal: float
    center: tuple[float, float]
    radial: float

    @property
    def matrix(self) -> NDArray[np.float64]:
        """`(3, 3)` of the distorted image."""
        return np.array([[self.focal, 0, self.center[0]], [0, self.focal, self.center[1]], [0, 0, 1.0]])

    @property
    def distortion(self) -> NDArray[np.float64]:
        """OpenCV's k1, k2, p1, p2."""
        return np.array([self.radial, 0.0, 0.0, 0.0])

    @property
    def is_straight(self) -> bool:
        """Whether distortion moves no pixel enough to matter."""
        corner = np.hypot(
            max(self.center[0], self.width - self.center[0]), max(self.center[1], self.height - self.center[1])
        )
        return bool(abs(self.radial) * (corner / self.focal) ** 2 * corner <= STRAIGHT_ENOUGH_PX)

    def pinhole(self) -> NDArray[np.float64]:
        """`(4,)` fx, fy, cx, cy of the undistorted image, in which every pixel has a value."""
        if self.is_straight:
            return np.array([self.focal, self.focal, *self.center])
        size = (self.width, self.height)
        matrix, _ = cv2.getOptimalNewCameraMatrix(self.matrix, self.distortion, size, 0.0)
        return matrix[[0, 1, 0, 1], [0, 1, 2, 2]]

    def undistorted(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The image `(h, w, 3)` as a pinhole camera with `pinhole()` sees it."""
        if self.is_straight:
            return image
        fx, fy, cx, cy = self.pinhole()
        target = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])
        maps = cv2.initUndistortRectifyMap(
            self.matrix, self.distortion, None, target, (self.width, self.height), cv2.CV_32FC1
        )
        return cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class Model:
    """What structure from motion found, in a world of its own: any scale, any direction.

    Attributes:
        lens: of all frames.
        reasons: for each frame, `ok` if it is registered, else why it is not.
        world_from_camera: `(f, 4, 4)`; NaN where not registered.
        points: `(p, 3)` world.
        seen: `(f, p)` whether a frame sees a point; none where it is not registered.
        reprojection_errors: `(f,)` mean over a frame's points, pixels; NaN where not registered.
    """

    lens: Lens
    reasons: list[str]
    world_from_camera: NDArray[np.float64]
    points: NDArray[np.float64]
    seen: NDArray[np.bool_]
    reprojection_errors: NDArray[np.float64]

    @property
    def registered(self) -> NDArray[np.bool_]:
        """`(f,)`"""
        return np.array([reason == OK for reason in self.reasons])


def model_of(images: Sequence[bytes], settings: ReconstructionSettings, threads: int, scene: str) -> Model:
    """The largest connected model of a video's keyframes.

    Args:
        images: encoded JPEG images of one size, in the order of capture.
        threads: for features and matches.
        scene: how messages begin, such as `scene kitchen: kitchen.mp4`.

    Raises:
        ReconstructionError: too few of the keyframes can be registered.
    """
    import pycolmap

    pycolmap.logging.minloglevel = 3  # what goes wrong is told by the results, in the user's words
    with tempfile.TemporaryDirectory(prefix="reconstruction_") as folder:
        names = [f"{index:06d}.jpg" for index in range(len(images))]
        (Path(folder) / "images").mkdir()
        for name, data in zip(names, images, strict=True):
            (Path(folder) / "images" / name).write_bytes(data)
        try:
            verified = _match(Path(folder), names, settings, threads)
            model = _mapped(Path(folder), names, settings, "global") if verified else None
            if verified and _share(model) < settings.min_registered_share:
                other = _mapped(Path(folder), names, settings, "incremental")
                model = max(model, other, key=_share)
        except (RuntimeError, ValueError) as error:
            raise ReconstructionError(f"{scene}: COLMAP failed: {str(error).strip().splitlines()[-1]}") from error
    if model is None or _share(model) < settings.min_registered_share:
        count = 0 if model is None else int(model.registered.sum())
        raise ReconstructionError(
            f"{scene}: only {count} of {len(images)} keyframes can be registered with one another "
            f"(reconstruction.min_registered_share={settings.min_registered_share:g}); {ADVICE}"
        )
    return model


def _share(model: Model | None) -> float:
    return 0.0 if model is None else float(model.registered.mean())


def _match(folder: Path, names: list[str], settings: ReconstructionSettings, threads: int) -> int:
    """Fill the database with features and verified matches; how many pairs were verified."""
    import pycolmap

    database = folder / "database.db"
    pycolmap.set_random_seed(SEED)
    reader = pycolmap.ImageReaderOptions(camera_model=CAMERA_MODEL)
    pycolmap.Database.open(database).close()
    # Imported in order first: the extractor's threads would number the images as they finish.
    pycolmap.import_images(database, folder / "images", pycolmap.CameraMode.SINGLE, names, reader)
    extraction = pycolmap.FeatureExtractionOptions()
    extraction.num_threads, extraction.use_gpu = threads, False
    extraction.max_image_size = settings.feature_image_side
    extraction.sift.max_num_features = settings.max_features
    pycolmap.extract_features(
        database, folder / "images", names, pycolmap.CameraMode.SINGLE, reader, extraction, pycolmap.Device.cpu
    )
    with pycolmap.Database.open(database) as opened:
        ids = [opened.read_image_with_name(name).image_id for name in names]
        coarse = [_coarse_features(opened, image_id, settings.candidate_features) for image_id in ids]
    pairs = pairs_to_match(coarse, settings.candidate_matches, settings.partners)
    listing = folder / "pairs.txt"
    listing.write_text("".join(f"{names[a]} {names[b]}\n" for a, b in pairs))
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads, matching.use_gpu = threads, False
    verification = pycolmap.TwoViewGeometryOptions(compute_relative_pose=True)
    verification.ransac.random_seed = SEED
    pairing = pycolmap.ImportedPairingOptions(match_list_path=listing)
    pycolmap.match_image_pairs(database, matching, pairing, verification, pycolmap.Device.cpu)
    with pycolmap.Database.open(database) as opened:
        return opened.num_verified_image_pairs()


def _coarse_features(database: Any, image_id: int, count: int) -> NDArray[np.float32]:
    import pycolmap

    keypoints = database.read_keypoints(image_id)
    if not isinstance(keypoints, np.ndarray):
        keypoints = pycolmap.keypoints_to_matrix(keypoints)
    descriptors = np.asarray(database.read_descriptors(image_id).data)
    if not len(descriptors):
        return np.zeros((0, 128), dtype=np.float32)
    # x, y, and either scale and orientation or the 2x2 matrix of an affine shape
    affine = keypoints.shape[1] == 6
    scales = (
        np.sqrt(np.abs(keypoints[:, 2] * keypoints[:, 5] - keypoints[:, 3] * keypoints[:, 4]))
        if affine
        else keypoints[:, 2]
    )
    return coarsest(scales.astype(np.float64), descriptors, count)


def _mapped(folder: Path, names: list[str], settings: ReconstructionSettings, mapper: str) -> Model | None:
    """The largest group of frames that one mapper ties together; None if it makes no model."""
    import pycolmap

    output = folder / mapper
    output.mkdir()
    places = folder / "database.db", folder / "images", output
    if mapper == "global":
        options = pycolmap.GlobalPipelineOptions(num_threads=1, random_seed=SEED)
        found = pycolmap.global_mapping(*places, options)
    else:
        options = pycolmap.IncrementalPipelineOptions(num_threads=1, random_seed=SEED, extract_colors=False)
        found = pycolmap.incremental_mapping(*places, options)
    rotations = _two_view_rotations(places[0], names)
    models = [_read(reconstruction, names, rotations, settings) for _, reconstruction in sorted(found.items())]
    return max(models, key=_share, default=None)


def _two_view_rotations(database: Path, names: list[str]) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Of each verified pair of frames, the rotation `(3, 3)` of camera axes, second from first."""
    import pycolmap

    with pycolmap.Database.open(database) as opened:
        frame_of = {opened.read_image_with_name(name).image_id: frame for frame, name in enumerate(names)}
        pairs, geometries = opened.read_two_view_geometries()
    rotations = {}
    for pair, geometry in zip(pairs, geometries, strict=True):
        if geometry.cam2_from_cam1 is not None:
            first, second = (frame_of[image] for image in pycolmap.pair_id_to_image_pair(pair))
            rotations[first, second] = geometry.cam2_from_cam1.rotation.matrix()
    return rotations


def _read(
    reconstruction: Any,
    names: list[str],
    two_view_rotations: dict[tuple[int, int], NDArray[np.float64]],
    settings: ReconstructionSettings,
) -> Model:
    """A reconstruction as arrays, without the frames that hang on the rest by too few points."""
    camera = next(iter(reconstruction.cameras.values()))
    focal, cx, cy, radial = camera.params
    lens = Lens(camera.width, camera.height, float(focal), (cx - HALF_PIXEL, cy - HALF_PIXEL), float(radial))
    index_of_point = {point_id: index for index, point_id in enumerate(sorted(reconstruction.points3D))}
    points = np.array([reconstruction.points3D[point_id].xyz for point_id in index_of_point]).reshape(-1, 3)
    frames, in_order = len(names), {name: index for index, name in enumerate(names)}
    poses, errors = np.full((frames, 4, 4), np.nan), np.full(frames, np.nan)
    seen = np.zeros((frames, len(points)), dtype=bool)
    for image in reconstruction.images.values():
        if not image.has_pose:
            continue
        frame = in_order[image.name]
        observed = [point for point in image.points2D if point.has_point3D()]
        which = np.array([index_of_point[point.point3D_id] for point in observed], dtype=np.int64)
        camera_from_world = image.cam_from_world()
        poses[frame] = np.vstack([camera_from_world.inverse().matrix(), [0.0, 0.0, 0.0, 1.0]])
        if len(which):
            seen[frame, which] = True
            local = points[which] @ camera_from_world.rotation.matrix().T + camera_from_world.translation
            projected = camera.img_from_cam(local)
            errors[frame] = np.linalg.norm(projected - np.array([point.xy for point in observed]), axis=1).mean()
    shared = shared_points(seen)
    mapped = ~np.isnan(poses[:, 0, 0])
    links = agreeing_links(shared, poses[:, :3, :3], two_view_rotations)
    tied = largest_group(links, settings.min_shared_points) & mapped
    reasons = [
        OK if is_tied else _reason(is_mapped, int(count), settings)
        for is_tied, is_mapped, count in zip(tied, mapped, shared.diagonal(), strict=True)
    ]
    poses[~tied], errors[~tied], seen[~tied] = np.nan, np.nan, False
    used = seen.sum(axis=0) >= 2
    return Model(lens, reasons, poses, points[used], seen[:, used], errors)


def _reason(mapped: bool, shared: int, settings: ReconstructionSettings) -> str:
    if not mapped:
        return "its picture matches too little of the other keyframes"
    if shared < settings.min_shared_points:
        return f"only {shared} of its points are seen by two other keyframes"
    return "it hangs together with the kept model by too few points, or by matches that contradict it"
