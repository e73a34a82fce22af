"""Which folders are scenes: the registration of a scene, and the registry that keeps one small JSON file for each.

What does not belong here: reading a scene's files (one module a layout, beside this one) and Dagster's partition keys.
"""

import json
import math
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import fsspec

from resources.files import write_whole

MAX_SCENE_ID = 100
"""Characters of a scene id: it is part of folder names (255 bytes at most) and of partition keys."""

_SCENE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SourceError(ValueError):
    """A scene that cannot be read as it is; the message names scene, file, what is wrong and what to do.

    Args:
        path: the file that is missing or wrong, where it is one.
    """

    def __init__(self, message: str, path: str | os.PathLike = "") -> None:
        super().__init__(message)
        self.path = os.fspath(path)

    def __reduce__(self) -> tuple:
        """With the path: errors come back from workers."""
        return type(self), (str(self), self.path)


@dataclass(frozen=True)
class Registration:
    """A folder that was given as a scene.

    Attributes:
        scene_id: the partition key.
        source: the layout it is read as: a module of `resources/sources`.
        root: the scene's folder; it is made absolute.
        license: licence of the scene's images, as it shall stand in every exported row.
        metric: whether world units are metres; None leaves it to the source.
        depth_scale: stored depth value / depth_scale = metres; None leaves it to the source.
        options: further settings that only this source reads.

    Raises:
        SourceError: the scene id cannot be a partition key and a folder name, or a value has the wrong type.
    """

    scene_id: str
    source: str
    root: str
    license: str | None = None
    metric: bool | None = None
    depth_scale: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        validate_scene_id(self.scene_id)
        for name, kinds in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds) or value == "":
                raise SourceError(f"scene {self.scene_id}: {name}={value!r} is not understood")
        if self.depth_scale is not None and not (math.isfinite(self.depth_scale) and self.depth_scale > 0):
            raise SourceError(f"scene {self.scene_id}: depth_scale={self.depth_scale} must be a positive number")
        if "://" not in self.root:
            object.__setattr__(self, "root", os.path.abspath(os.path.expanduser(self.root)))

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Registration":
        """The registration of a JSON object; raises `SourceError` for fields that are missing or unknown."""
        names = [f.name for f in fields(cls)]
        if unknown := [name for name in record if name not in names]:
            raise SourceError(f"{unknown[0]!r} is no field of a registration; they are {', '.join(names)}")
        if missing := [name for name in ("scene_id", "source", "root") if name not in record]:
            raise SourceError(f"the field {missing[0]!r} is missing")
        return cls(**record)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        return asdict(self) | {"options": dict(self.options)}


_KINDS: dict[str, tuple[type, ...]] = {
    "source": (str,),
    "root": (str,),
    "license": (str, type(None)),
    "metric": (bool, type(None)),
    "depth_scale": (int, float, type(None)),
    "options": (Mapping,),
}


def validate_scene_id(scene_id: str) -> str:
    """`scene_id` itself, once it can stand in paths and partition keys.

    Letters, digits, `.`, `_` and `-` are allowed; the first is a letter or digit; no two dots stand together.

    Raises:
        SourceError: anything else; the message proposes an id.
    """
    text = str(scene_id)
    if isinstance(scene_id, str) and len(text) <= MAX_SCENE_ID and _SCENE_ID.fullmatch(text) and ".." not in text:
        return scene_id
    shown = repr(text if len(text) <= MAX_SCENE_ID else f"{text[:MAX_SCENE_ID]}...")
    raise SourceError(
        f"scene id {shown} cannot be used: at most {MAX_SCENE_ID} of the characters A-Z a-z 0-9 . _ - are allowed, the "
        f"first a letter or digit, and no two dots together; for example {valid_scene_id(text)!r}"
    )


def valid_scene_id(name: str, most: int = MAX_SCENE_ID, otherwise: str = "scene") -> str:
    """The scene id nearest to a name: accents are dropped, and what else cannot stand in an id becomes `_`.

    Args:
        most: characters of the id.
        otherwise: the id of a name of which nothing is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "_", plain))
    return re.sub(r"^[^A-Za-z0-9]+", "", cleaned)[:most].rstrip("_.-") or otherwise


def register(home: str | Path, registration: Registration) -> Literal["added", "changed", "unchanged"]:
    """Write `registration` to the registry of `home`, in one atomic step.

    The same registration again changes nothing. Another one under the same id replaces it: a scene's folder may move.
    """
    text = json.dumps(registration.to_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    filesystem, folder = _registry(home)
    path = f"{folder}/{registration.scene_id}.json"
    known = filesystem.cat_file(path) if filesystem.exists(path) else None
    if known == text.encode():
        return "unchanged"
    write_whole(filesystem, path, text.encode(), what=f"scene {registration.scene_id}: its registration")
    return "added" if known is None else "changed"


def read(home: str | Path, scene_id: str) -> Registration:
    """The registration of a scene.

    Raises:
        SourceError: the scene is not registered, or its file in the registry is broken.
    """
    filesystem, folder = _registry(home)
    path = f"{folder}/{validate_scene_id(scene_id)}.json"
    try:
        record = json.loads(filesystem.cat_file(path))
        if not isinstance(record, dict):
            raise SourceError("it is no JSON object")
        registration = Registration.from_json(record)
    except FileNotFoundError:
        known = ", ".join(registered(home)[:10]) or "none"
        raise SourceError(f"scene {scene_id} is not registered in {home} (registered: {known})") from None
    except ValueError as error:  # JSON, text encoding, or a field
        raise SourceError(f"{path}: broken registration ({error}); register the scene again") from error
    if registration.scene_id != scene_id:
        raise SourceError(f"{path}: holds the scene {registration.scene_id}; register the scene again")
    return registration


def registered(home: str | Path) -> list[str]:
    """The ids of all registered scenes, sorted."""
    filesystem, folder = _registry(home)
    stems = (name.rsplit("/", 1)[-1].removesuffix(".json") for name in filesystem.glob(f"{folder}/*.json"))
    return sorted(stem for stem in stems if _SCENE_ID.fullmatch(stem))


def _registry(home: str | Path) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system and folder of the registry; `home` is a folder or any fsspec URL."""
    filesystem, folder = fsspec.core.url_to_fs(str(home))
    return filesystem, f"{folder.rstrip('/')}/scenes"
