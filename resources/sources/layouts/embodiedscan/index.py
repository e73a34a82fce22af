"""EmbodiedScan's pickle files, taken apart once: a small JSON file for each scene, in a cache.

A file of thousands of scenes has a gibibyte, and many workers read scenes of it. So it is unpickled once, under a lock,
and what it says of each scene is kept as it stands there, as plain JSON; everything else reads that. A file that is
changed gets a new index, and the old one is removed.

    $OPENSPATIAL_CACHE, or the user's cache folder/embodiedscan/<file>-<its state>/scenes.json     names, and faults
                                                                               /<hash of name>.json   one scene

What does not belong here: what the values mean, and whether they are sound (`images.py`, `boxes.py`).
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from filelock import FileLock

from resources import safe_pickle
from resources.sources.registration import SourceError

FORM = 1
"""Of what the index holds; another form makes all indices anew."""

FOLDERS = ("", "embodiedscan", "embodiedscan-v2", "embodiedscan-v1")
"""Where the pickle files lie under the data root."""

PATTERN = "embodiedscan_infos_*.pkl"

SUMMARY = "scenes.json"
KEY_BYTES = 8

SCENE_MATRICES = ("axis_align_matrix", "cam2img", "depth_cam2img")
IMAGE_KEYS = ("img_path", "depth_path", "cam2global", "cam2img", "depth_cam2img", "visible_instance_ids")
INSTANCE_KEYS = ("bbox_3d", "bbox_label_3d", "bbox_id")

MAX_NUMBERS = 1 << 16
"""Numbers in one value; the longest lists are of visible objects. What is longer is left out as broken."""

MAX_ROWS = 4
"""Rows of a matrix that is written as lists."""

MAX_TEXT = 1024
"""Characters of a path or name."""

LARGEST = 1 << 62
"""No id is larger; a pickle can hold numbers of a million digits."""

_SAMPLE = re.compile(r"[\w./-]{1,200}", re.ASCII)


class BrokenFileError(SourceError):
    """A pickle file that cannot be read, whatever is in the cache."""


def pickle_files(root: Path) -> list[Path]:
    """The pickle files under a data root, sorted by folder and name; none if it is no data root of EmbodiedScan."""
    return [path for folder in FOLDERS for path in sorted((root / folder).glob(PATTERN)) if path.is_file()]


def samples(path: Path) -> list[str]:
    """The `sample_idx` of a file's scenes, in its order; raises as `index_of`."""
    return _read(index_of(path) / SUMMARY, path)["samples"]


def faults(path: Path) -> list[str]:
    """In words, what of a file could not be taken as a scene; raises as `index_of`."""
    return _read(index_of(path) / SUMMARY, path)["faults"]


def scene(path: Path, sample: str) -> dict[str, Any] | None:
    """What a file says of a scene; None if it has no such scene; raises as `index_of`.

    Keys and values are those of the file, as plain JSON; `None` stands for a value that is there, but of another kind
    than any it could be. An instance has in addition `label`, the name of its category (None: unknown).
    """
    found = index_of(path) / _name(sample)
    return _read(found, path) if found.exists() else None


def index_of(path: Path) -> Path:
    """The folder of a file's index, which is made if it is not there yet; others wait meanwhile.

    Raises:
        SourceError: the file is missing, or the cache cannot be written.
        BrokenFileError: the file is broken, or is not plain data.
    """
    try:
        source = Path(os.path.realpath(path))
        folder, state = _place(source), _state(source)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})", path) from error
    made = folder.with_name(f"{folder.name}-{state}")
    if (made / SUMMARY).exists():
        return made
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not (made / SUMMARY).exists():
                _make(path, folder, made)
                if _state(source) != state:
                    shutil.rmtree(made)
                    raise SourceError(f"{path}: was changed while it was read; try again once it is whole", path)
    except safe_pickle.PickleFileError as error:
        raise BrokenFileError(str(error), path) from None
    except OSError as error:
        raise SourceError(
            f"{path}: its index cannot be kept in {folder.parent} ({error.strerror}); set OPENSPATIAL_CACHE to a "
            "folder that can be written",
            path,
        ) from error
    return made


def cache_folder() -> Path:
    """`OPENSPATIAL_CACHE`, or what the system keeps for caches of this user."""
    return Path(os.environ.get("OPENSPATIAL_CACHE") or platformdirs.user_cache_dir("openspatial")).absolute()


def _make(path: Path, folder: Path, made: Path) -> None:
    """Write the index of a file in one step, and remove what is left of earlier ones."""
    content = safe_pickle.load(path)
    for old in os.listdir(folder.parent):
        if old.startswith(f"{folder.name}-"):
            shutil.rmtree(folder.with_name(old), ignore_errors=True)
    temporary = folder.with_name(f"{folder.name}-{uuid.uuid4().hex}.tmp")
    try:
        temporary.mkdir()
        _write(content, path, temporary)
        temporary.rename(made)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(content: Any, path: Path, folder: Path) -> None:
    data_list = content.get("data_list") if isinstance(content, dict) else None
    if not isinstance(data_list, list | tuple):
        raise BrokenFileError(f"{path}: has no data_list; it is no file of EmbodiedScan", path)
    metainfo = content.get("metainfo")
    names = _categories(metainfo.get("categories") if isinstance(metainfo, dict) else None, data_list)
    found: dict[str, None] = {}
    wrong = []
    for number, entry in enumerate(data_list):
        sample = entry.get("sample_idx") if isinstance(entry, dict) else None
        if not isinstance(sample, str) or not _SAMPLE.fullmatch(sample):
            wrong.append(f"entry {number} of data_list has no sample_idx such as scannet/scene0000_00")
        elif sample in found:
            wrong.append(f"entry {number} of data_list is {sample} once more; the first is taken")
        else:
            found[str(sample)] = None
            (folder / _name(sample)).write_text(json.dumps(_scene(entry, names)))
    (folder / SUMMARY).write_text(json.dumps({"file": str(path), "samples": list(found), "faults": wrong}))


def _scene(entry: Mapping, names: Mapping[int, str]) -> dict[str, Any]:
    kept = {"sample_idx": str(entry["sample_idx"])}
    kept |= {key: _plain(entry[key]) for key in SCENE_MATRICES if entry.get(key) is not None}
    kept["images"] = [_item(image, IMAGE_KEYS) for image in _items(entry.get("images"))]
    if entry.get("instances") is not None:
        kept["instances"] = [_item(instance, INSTANCE_KEYS) for instance in _items(entry["instances"])]
        for instance in kept["instances"]:
            category = instance.get("bbox_label_3d")
            instance["label"] = names.get(category) if type(category) is int else None
    return kept


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else ()


def _item(value: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {key: _plain(value[key]) for key in keys if value.get(key) is not None}


def _plain(value: Any, depth: int = 2) -> Any:
    """Text, a number, or nested lists of numbers; None for anything else.

    Few rows and levels: lists that hold one list again and again take no room in a pickle, but fill the memory here.
    """
    if isinstance(value, str):
        return str(value) if len(value) <= MAX_TEXT else None
    if isinstance(value, np.ndarray | np.generic):
        found = np.asarray(value)
        return found.tolist() if found.dtype.kind in "biuf" and found.size <= MAX_NUMBERS else None
    if isinstance(value, int | float):
        return value if isinstance(value, float) or abs(value) <= LARGEST else None
    if not isinstance(value, list | tuple) or len(value) > MAX_NUMBERS or not depth:
        return None
    if len(value) > MAX_ROWS and any(isinstance(item, list | tuple | np.ndarray) for item in value):
        return None
    return [_plain(item, depth - 1) for item in value]


def _categories(categories: Any, data_list: Sequence) -> dict[int, str]:
    """Id -> name of the categories: of `{name: id}`, of `[{"name", "id"}]`, or of names in the order of their ids.

    A bare list does not say whether its first id is 0 or 1. In the published files it is 1; where an object has the id
    0, it is 0.
    """
    if isinstance(categories, dict):
        pairs = [(number, name) for name, number in categories.items()]
    elif isinstance(categories, list | tuple) and all(isinstance(item, dict) for item in categories):
        pairs = [(item.get("id"), item.get("name", item.get("category"))) for item in categories]
    elif isinstance(categories, list | tuple):
        pairs = enumerate(categories, start=0 if _has_category_zero(data_list) else 1)
    else:
        pairs = []
    sound = [(_plain(number), name) for number, name in pairs if isinstance(name, str) and name.isprintable()]
    return {number: str(name)[:MAX_TEXT] for number, name in sound if type(number) is int}


def _has_category_zero(data_list: Sequence) -> bool:
    return any(
        isinstance(instance, dict) and _plain(instance.get("bbox_label_3d")) == 0
        for entry in data_list
        if isinstance(entry, dict)
        for instance in _items(entry.get("instances"))
    )


def _place(source: Path) -> Path:
    """Where indices of a file lie, before the part that tells its state."""
    return cache_folder() / "embodiedscan" / f"{source.stem}-{_hash(str(source))}"


def _state(source: Path) -> str:
    stat = source.stat()
    return _hash(f"{FORM} {stat.st_size} {stat.st_mtime_ns}")


def _name(sample: str) -> str:
    return f"{_hash(sample)}.json"


def _hash(text: str) -> str:
    return hashlib.blake2b(os.fsencode(text), digest_size=KEY_BYTES).hexdigest()


def _read(found: Path, path: Path) -> Any:
    try:
        return json.loads(found.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{path}: its index is damaged ({found}: {error}); remove {found.parent} and try again", path
        ) from error
