"""The photographs of a scene: undistorted ones if they are there, else those of the fisheye lens.

Fisheye images are undistorted on reading.

`transform_matrix` of the files for nerfstudio is in another world than mesh, boxes and iPhone: x and y are swapped and
z is negated; and its camera looks along -z, with y up (`world_from_photograph`).

The pinhole camera of fisheye images, and what a principal point means, are those of the owners' own undistortion with
OpenCV, for which a pixel's centre is at integer coordinates (COLMAP, which found the numbers, has it half a pixel
further): so fisheye images and those that the owners' script has undistorted have one camera.

What does not belong here: undistorting (`stored_images/kinds/fisheye.py`). Masks of what was made unrecognisable in the
images (`resized_anon_masks`) are not read.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.poses import is_lost, nearest_rigid, pose_problem
from resources.sources.folders import read_json, root_of
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.scannetpp.files import absent, common_size
from resources.sources.options import whole_number
from resources.sources.registration import Registration, SourceError
from resources.stored_images import reference
from resources.stored_images.kinds import fisheye
from resources.stored_images.plain import MAX_PIXELS

EVERY = 1
"""Photographs were taken one by one."""

WORLD_FROM_NERFSTUDIO = np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])
OPENGL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])

FISHEYE_MODEL = "OPENCV_FISHEYE"
PINHOLE_MODELS = ("PINHOLE", "OPENCV")
"""The second only where its distortion is 0."""

INTRINSICS = ("fl_x", "fl_y", "cx", "cy")
FISHEYE_DISTORTION = ("k1", "k2", "k3", "k4")
DISTORTION = (*FISHEYE_DISTORTION, "p1", "p2")

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Form:
    """One of the forms that the photographs have: the folder of images, and the file of cameras."""

    images: str
    transforms: str


UNDISTORTED = Form("dslr/resized_undistorted_images", "dslr/nerfstudio/transforms_undistorted.json")
DOWNLOADED = Form("dslr/resized_images", "dslr/nerfstudio/transforms.json")
FORMS = (UNDISTORTED, DOWNLOADED)


@dataclass(frozen=True)
class PhotoCamera:
    """The camera of all photographs.

    Attributes:
        width, height: pixels.
        intrinsics: fx, fy, cx, cy of the images that are read.
        lens: fx, fy, cx, cy, k1, k2, k3, k4 of the fisheye images that are stored; None if they are as they are read.
    """

    width: int
    height: int
    intrinsics: tuple[float, ...]
    lens: tuple[float, ...] | None

    def image(self, path: Path) -> str:
        """The path, or the reference by which it is undistorted."""
        if self.lens is None:
            return str(path)
        size = {"width": self.width, "height": self.height}
        numbers = {"lens": fisheye.option(self.lens), "pinhole": fisheye.option(self.intrinsics)}
        return reference(str(path), "fisheye", **size, **numbers)


@dataclass(frozen=True)
class Photograph:
    """One that is listed.

    Attributes:
        name: of the image, below the folder of images.
        transform_matrix: `(4, 4)` as in the file.
        has_matrix: whether the file has one.
    """

    name: str
    transform_matrix: NDArray[np.float64]
    has_matrix: bool

    @property
    def stem(self) -> str:
        """The frame id."""
        return PurePosixPath(self.name).stem


def entries(registration: Registration) -> list[FrameEntry]:
    """The photographs, those of the test list too, by name.

    Raises:
        SourceError: the images or their cameras are missing as a whole, or the cameras are broken.
    """
    root = root_of(registration)
    form = form_of(root)
    folder, path = root / form.images, root / form.transforms
    content = read_json(path, registration.scene_id)

    def broken(problem: str) -> SourceError:
        return SourceError(f"scene {registration.scene_id}: {path}: {problem}; download it again", path)

    if not folder.is_dir():
        raise SourceError(f"scene {registration.scene_id}: {folder}: the folder is missing; download it", folder)
    camera = _camera(content, broken)
    listed = [_photograph(item, broken) for key in ("frames", "test_frames") for item in _list(content, key, broken)]
    listed = sorted(listed, key=lambda photograph: photograph.name)[:: whole_number(registration, "every", EVERY)]
    there = [folder / photograph.name for photograph in listed if (folder / photograph.name).is_file()]
    if (size := common_size(there)) not in (None, (camera.width, camera.height)):
        raise SourceError(
            f"scene {registration.scene_id}: {there[0]}: images are {size[0]}x{size[1]} pixels, but {form.transforms} "
            f"is for {camera.width}x{camera.height}; download both again",
            there[0],
        )
    poses = world_from_photograph([photograph.transform_matrix for photograph in listed])
    times, present = Counter(photograph.stem for photograph in listed), set(there)
    found = {}
    for photograph, pose in zip(listed, poses, strict=True):
        problem = pose_problem(pose) if photograph.has_matrix else "its transform_matrix is not 4x4 numbers"
        if times[photograph.stem] > 1:
            problem = f"is listed {times[photograph.stem]} times; keep one"
        if problem:
            problem = f"{form.transforms}: {photograph.name}: {problem}"
        elif folder / photograph.name not in present:
            problem = f"{form.images}/{photograph.name}: the file is missing"
        if problem:
            lost = photograph.has_matrix and is_lost(pose)
            found[photograph.stem] = FrameEntry(photograph.stem, problem=problem, lost=lost)
            continue
        found[photograph.stem] = FrameEntry(
            frame_id=photograph.stem,
            image=camera.image(folder / photograph.name),
            intrinsics=camera.intrinsics,
            world_from_camera=tuple(nearest_rigid(pose).ravel().tolist()),
        )
    return list(found.values())


def world_from_photograph(transform_matrix: ArrayLike) -> NDArray[np.float64]:
    """Poses `(n, 4, 4)` in the mesh's world, of OpenCV cameras, of matrices as the files have them."""
    matrices = np.asarray(transform_matrix, np.float64).reshape(-1, 4, 4)
    # A lost pose is not finite; what becomes of it is named for what it is.
    with np.errstate(invalid="ignore"):
        return WORLD_FROM_NERFSTUDIO @ matrices @ OPENGL_FROM_OPENCV


def form_of(root: Path) -> Form:
    """The undistorted images if they are whole; else, of the two forms, the one of which more is there."""
    missing = {form: len(absent([root / form.images, root / form.transforms])) for form in FORMS}
    if missing[UNDISTORTED] == 0:
        return UNDISTORTED
    return min(reversed(FORMS), key=missing.__getitem__)


def needed(root: Path) -> dict[Path, str]:
    """The files that must be there, and what they are for."""
    form = form_of(root)
    return {root / form.images: "the photographs", root / form.transforms: "cameras and poses"}


def signed(root: Path) -> list[Path]:
    """The files whose change changes the frames."""
    form = form_of(root)
    images = root / form.images
    names = sorted(images.rglob("*")) if images.is_dir() else []
    return [root / form.transforms, *(path for path in names if path.suffix.lower() in IMAGE_SUFFIXES)]


def _camera(content: dict, broken: Callable[[str], SourceError]) -> PhotoCamera:
    model = content.get("camera_model", PINHOLE_MODELS[0])
    try:
        width, height = int(content["w"]), int(content["h"])
        intrinsics = tuple(float(content[name]) for name in INTRINSICS)
        distortion = {name: float(content.get(name, 0.0)) for name in DISTORTION}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise broken(f"its {', '.join(('w', 'h', *INTRINSICS))} or its distortion are no numbers") from None
    if not (width > 0 and height > 0 and width * height <= MAX_PIXELS and min(intrinsics) > 0):
        raise broken(f"images of {width}x{height} pixels, or intrinsics that are not positive, are of no camera")
    if not np.isfinite([*intrinsics, *distortion.values()]).all():
        raise broken("its camera is not finite")
    if model == FISHEYE_MODEL:
        lens = (*intrinsics, *(distortion[name] for name in FISHEYE_DISTORTION))
        pinhole = fisheye.pinhole_inside(width, height, lens)
        if not (min(pinhole) > 0 and pinhole[2] < width and pinhole[3] < height):  # what failed may be NaN
            raise broken("no pinhole camera sees what a lens of this distortion sees")
        return PhotoCamera(width, height, pinhole, lens)
    if model not in PINHOLE_MODELS or any(distortion.values()):
        raise broken(f"camera_model {model!r} with this distortion is not known; {FISHEYE_MODEL} is, and a pinhole")
    return PhotoCamera(width, height, intrinsics, None)


def _list(content: dict, key: str, broken: Callable[[str], SourceError]) -> Sequence[Any]:
    listed = content.get(key, [])
    if not isinstance(listed, list):
        raise broken(f"`{key}` is no list")
    return listed


def _photograph(item: Any, broken: Callable[[str], SourceError]) -> Photograph:
    """A frame as it is listed; its name leads nowhere but into the folder of images."""
    name = item.get("file_path") if isinstance(item, dict) else None
    if not isinstance(name, str) or not PurePosixPath(name).stem or name[0] == "/" or ".." in PurePosixPath(name).parts:
        raise broken("a frame has no file_path in the folder of images")
    try:
        return Photograph(name, np.array(item["transform_matrix"], np.float64).reshape(4, 4), True)
    except (KeyError, TypeError, ValueError):
        return Photograph(name, np.full((4, 4), np.nan), False)
