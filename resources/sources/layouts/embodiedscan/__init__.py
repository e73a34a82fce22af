"""EmbodiedScan: oriented boxes for scenes of ScanNet, 3RScan, Matterport3D and ARKitScenes.

    [embodiedscan/ or embodiedscan-v2/]embodiedscan_infos_{train,val,test}.pkl    poses, intrinsics, boxes; no images
    scannet/posed_images/<scene>/<frame>.{jpg,png}                                as its converter exports them
    3rscan/<scan>/sequence/frame-<number>.{color.jpg,depth.pgm}                   or 3rscan/<scan>/sequence.zip
    matterport3d/<building>/...                                                   depth in quarters of a millimetre
    arkitscenes/{Training,Validation}/<capture>/<capture>_frames/...              images as the sensor lies

A registration's root is the folder that holds all of these; a scene is named by its `sample_idx`. Poses in the file
lead to the world of the dataset beneath, boxes stand in an aligned one with Z up: what is read is all in the aligned
world. Images of 3RScan and ARKitScenes are stored as the sensor lay, often sideways, and are turned upright on reading.

Options: `sample` (the `sample_idx`), `infos` (the pickle file, from the root); discovering sets both. What does not
belong here: unpickling (`resources/safe_pickle.py`), reading images.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from resources.sources import options
from resources.sources.annotations import boxes_table
from resources.sources.findings import Finding
from resources.sources.folders import root_of, stat_hash
from resources.sources.frame_files import FrameEntry
from resources.sources.layouts.embodiedscan import index
from resources.sources.layouts.embodiedscan.boxes import BoxError, annotations
from resources.sources.layouts.embodiedscan.datasets import (
    ANNOTATION_LICENSE,
    DATASETS,
    OWN_PAGE,
    Dataset,
    dataset_of,
)
from resources.sources.layouts.embodiedscan.frames import doubts, entries
from resources.sources.layouts.embodiedscan.images import Images, file_problems
from resources.sources.registration import MAX_SCENE_ID, Registration, SourceError, valid_scene_id
from resources.sources.upright import upright_as_first

LICENSE = ANNOTATION_LICENSE
PAGE = OWN_PAGE
OPTIONS = ("infos", "sample")

PATHS = {"img_path": "a colour image of the scene", "depth_path": "a depth image of the scene"}

HASH_BYTES = 16
MARK_DIGITS = 8
"""Hex digits that tell apart scenes of the same, or too long, a name."""

SHOWN = 5
"""Faults that one finding names."""


def discover(root: str) -> Iterator[Registration]:
    """The scenes of all pickle files under a data root, in the order of the files; a scene of two files is the first's.

    A file that is broken stops no other: it gives one registration, which says what is wrong when it is read.

    Raises:
        SourceError: the index of a file cannot be kept or is damaged.
    """
    top = Path(os.path.abspath(root))
    found: dict[str, str] = {}
    for path in index.pickle_files(top):
        infos = str(path.relative_to(top))
        try:
            for sample in index.samples(path):
                found.setdefault(sample, infos)
        except index.BrokenFileError:
            scene_id = valid_scene_id(f"broken-{path.stem}")
            yield Registration(scene_id, "embodiedscan", str(top), options={"infos": infos})
    taken: set[str] = set()
    for sample, infos in found.items():
        scene_id = _scene_id(sample, taken)
        taken.add(scene_id)
        yield Registration(scene_id, "embodiedscan", str(top), options={"infos": infos, "sample": sample})


def prepare(registration: Registration) -> None:
    """Make the index of the pickle file, if it is not there yet.

    Raises:
        SourceError: the file is missing or broken, or an option is wrong.
    """
    options.only(registration, OPTIONS)
    _scene(registration)


def frame_entries(registration: Registration) -> list[FrameEntry]:
    """The images of the scene in the order of their names, which is that of capture.

    Raises:
        SourceError: the pickle file or what it says of the whole scene is broken, or the images were not downloaded.
    """
    path, scene = _scene(registration)
    images = Images(root_of(registration), _dataset(registration))
    if not scene["images"]:
        raise _error(registration, path, f"lists no image of {scene['sample_idx']}; download the file again")
    if missing := images.missing_folder(images.files(scene["images"], ("img_path",))):
        raise _error(registration, *missing)
    try:
        listed = entries(scene, images)
    except ValueError as error:
        raise _error(registration, path, f"{scene['sample_idx']}: {error}") from None
    return upright_as_first(listed) if images.dataset.sideways else listed


def read_boxes(registration: Registration) -> pl.DataFrame | None:
    """The annotated boxes; None where the file has none for the scene (a hidden test split).

    Raises:
        SourceError: the file is missing or broken, or an object in it is.
    """
    path, scene = _scene(registration)
    if "instances" not in scene:
        return None
    try:
        found = annotations(scene["instances"])
    except BoxError as error:
        raise _error(registration, path, f"{scene['sample_idx']}: {error}") from None
    return boxes_table(registration.scene_id, path, found, registration.metric is not False)


def box_origins(registration: Registration) -> tuple[str, ...]:
    """Annotated, if the file has boxes of the scene; lifted, if it lists depth images. A broken file: both."""
    try:
        _, scene = _scene(registration)
    except SourceError:
        return ("annotated", "lifted")
    has = {"annotated": "instances" in scene, "lifted": any("depth_path" in image for image in scene["images"])}
    return tuple(origin for origin, there in has.items() if there) or ("annotated",)


def license_of(registration: Registration) -> str:
    """The licence of the images, which is that of the dataset beneath, and that of the annotations."""
    dataset = dataset_of(options.text(registration, "sample"))
    return f"{dataset.license}; {ANNOTATION_LICENSE}" if dataset else ANNOTATION_LICENSE


def signature(registration: Registration) -> dict[str, str]:
    """Hashes of what the pickle file says of this scene, and of names, sizes and times of change of its images.

    Another pickle file that says the same of the scene has the same hashes.
    """
    _, scene = _scene(registration)
    images = Images(root_of(registration), _dataset(registration))
    instances = scene.pop("instances", None)
    for image in scene["images"]:
        image.pop("visible_instance_ids", None)  # not read
    files = sorted({file.path for file in images.files(scene["images"], PATHS)})
    return {"frames": _hash([scene, stat_hash(images.folder, files)]), "boxes": _hash(instances)}


def findings(registration: Registration) -> list[Finding]:
    """Image files of the scene that are missing, and what in the pickle file contradicts itself without harm."""
    try:
        path, scene = _scene(registration)
        images = Images(root_of(registration), _dataset(registration))
    except SourceError:  # raised again where frames are listed
        return []
    where, page = f"{path}#{scene['sample_idx']}", images.dataset.page
    found = [Finding(f"{where}:{what}", problem, PAGE) for what, problem in doubts(scene).items()]
    if faults := index.faults(path):
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        found.append(Finding(f"{path}#data_list", "; ".join(faults[:SHOWN]) + more, PAGE))
    if missing := images.missing_folder(images.files(scene["images"], ("img_path",))):
        folder, problem = missing
        return [*found, Finding(str(folder), problem, page)]
    files = {file: purpose for key, purpose in PATHS.items() for file in images.files(scene["images"], (key,))}
    return found + [Finding(file, problem, page) for file, problem in file_problems(files).items()]


def _scene(registration: Registration) -> tuple[Path, dict[str, Any]]:
    """The pickle file, and what it says of the scene."""
    sample = options.text(registration, "sample")
    root = root_of(registration)
    name = options.text(registration, "infos")
    if name and not sample:
        _named(registration, index.samples, root / name)  # says what is wrong with the file, if it still is
    if not sample:
        raise SourceError(
            f"scene {registration.scene_id}: embodiedscan: the option sample is missing, such as "
            "scannet/scene0000_00; discover the folder instead"
        )
    files = [root / name] if name else index.pickle_files(root)
    if not files:
        raise SourceError(
            f"scene {registration.scene_id}: {root}: has no {index.PATTERN}; register the folder that holds "
            f"EmbodiedScan's files, which are had from {PAGE}",
            root,
        )
    for path in files:
        scene = _named(registration, index.scene, path, sample)
        if scene is not None:
            return path, scene
    raise _error(registration, files[0], f"has no scene {sample}; discover the folder again")


def _named(registration: Registration, read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` gives; its error names the scene."""
    try:
        return read(*arguments)
    except SourceError as error:
        raise SourceError(f"scene {registration.scene_id}: {error}", error.path) from error


def _dataset(registration: Registration) -> Dataset:
    sample = options.text(registration, "sample")
    dataset = dataset_of(sample)
    if dataset is None:
        raise SourceError(
            f"scene {registration.scene_id}: embodiedscan: {sample} is of an unknown dataset; known are "
            f"{', '.join(DATASETS)}",
            registration.root,
        )
    return dataset


def _scene_id(sample: str, taken: set[str]) -> str:
    """`embodiedscan-<dataset>-<scene>`; the split of ARKitScenes is left out where that is unique."""
    parts = [part for part in sample.split("/") if part]
    short = [part for part in parts if part not in ("Training", "Validation")]
    for words in (short, parts):
        scene_id = valid_scene_id("-".join(["embodiedscan", *words]), most=10 * MAX_SCENE_ID)
        if scene_id not in taken and len(scene_id) <= MAX_SCENE_ID:
            return scene_id
    mark = _hash(sample)[:MARK_DIGITS]
    return f"{scene_id[: MAX_SCENE_ID - len(mark) - 1]}-{mark}"


def _hash(content: Any) -> str:
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=HASH_BYTES).hexdigest()


def _error(registration: Registration, path: Path, told: str) -> SourceError:
    return SourceError(f"scene {registration.scene_id}: {path}: {told}", path)
