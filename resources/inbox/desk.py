"""The desk of the inbox: makes a complete video a scene, unless its content is one already.

What does not belong here: which files are complete (`look` of this package), and Dagster.
"""

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import fsspec

from resources.inbox.files import InboxFile, side_path, video_hash
from resources.inbox.settings import InboxSettings
from resources.sources.registration import (
    MAX_SCENE_ID,
    Registration,
    SourceError,
    read,
    register,
    registered,
    valid_scene_id,
    validate_scene_id,
)

SOURCE = "video"
"""The layout that videos are read as: a module of `resources/sources`."""
CONTENT_HASH = "content_hash"
"""The registration's option that holds the hash of the video's bytes."""
SIDE_OPTIONS = ("camera_height_m", "known_length")
"""What of a side file goes into the registration's options; the source checks the values."""
SIDE_FIELDS = {"license": str, "scene_id": str, "camera_height_m": (int, float), "known_length": dict}
HASH_SHOWN = 6
"""Digits of the hash that make a scene's id differ from another's of the same name."""


@dataclass(frozen=True)
class Taken:
    """A video that was dealt with.

    Attributes:
        scene: the scene that it is.
        done: in words, what was done.
        key: stands for the video's content and what lies beside it: a run for this key is a run for what is there now.
        news: whether there is something to compute: a new scene, or one whose files changed.
    """

    scene: str
    done: str
    key: str
    news: bool


class Refused(ValueError):
    """A file that cannot be used as it is."""


class Desk:
    """Takes videos to the registry, whose scenes are read once."""

    def __init__(self, home: str, filesystem: fsspec.AbstractFileSystem, settings: InboxSettings) -> None:
        self.home, self.filesystem, self.settings = home, filesystem, settings
        self.ids: dict[str, str] = {}
        self.by_root: dict[str, Registration] = {}
        self.by_hash: dict[str, Registration] = {}
        for scene in registered(home):
            self.ids[scene.lower()] = scene
            with contextlib.suppress(SourceError):  # A broken registration is for its scene's run to complain about.
                self._note(read(home, scene))

    def take(self, file: InboxFile, changed: bool) -> Taken:
        """Make a video a scene, unless it is one.

        Args:
            changed: whether it, or what lies beside it, has changed since it was dealt with.

        Raises:
            Refused: it cannot be used until somebody changes it.
            OSError: it cannot be read now, or has gone.
        """
        if file.size > self.settings.max_file_bytes:
            raise Refused(
                f"it has {file.size:,} bytes, more than inbox.max_file_bytes={self.settings.max_file_bytes:,}; "
                "raise that, or register it with the job add_scene"
            )
        side = _side_of(self.filesystem, file)
        content = video_hash(self.filesystem, file.path)
        if self.filesystem.size(file.path) != file.size:
            raise OSError(None, "it grew while it was read")
        key = f"{content}-{file.stamp}"
        here, same = self.by_root.get(file.url), self.by_hash.get(content)
        if same is not None and same.root != file.url:
            if _exists(same.root):
                return Taken(same.scene_id, f"has the content of scene {same.scene_id} ({same.root})", key, news=False)
            self._register(replace(same, root=file.url))
            return Taken(same.scene_id, f"is the file of scene {same.scene_id} under a new name", key, news=False)
        if here is not None and here.source != SOURCE:
            return Taken(here.scene_id, f"is scene {here.scene_id}, read as {here.source}", key, news=False)
        options = {CONTENT_HASH: content, **{name: side[name] for name in SIDE_OPTIONS if name in side}}
        license_ = side.get("license") or self.settings.license or None
        if here is not None:
            updated = replace(here, license=license_ or here.license, options={**here.options, **options})
            state = self._register(updated)
            news = changed or state == "changed"
            return Taken(here.scene_id, f"is scene {here.scene_id}" + (", changed" if news else ""), key, news)
        scene = self._new_id(file, side.get("scene_id"), content)
        self._register(Registration(scene, SOURCE, file.url, license_, options=options))
        return Taken(scene, f"is the new scene {scene}", key, news=True)

    def _new_id(self, file: InboxFile, wanted: str | None, content: str) -> str:
        """An id that no scene has: the wanted one, or one like the file's name."""
        if wanted is not None:
            try:
                validate_scene_id(wanted)
            except SourceError as error:
                raise Refused(f"{side_path(file.name)}: {error}") from error
            if known := self.ids.get(wanted.lower()):
                raise Refused(f"{side_path(file.name)}: there is a scene {known} already; choose another scene_id")
            return wanted
        stem = scene_id_of(PurePosixPath(file.name).stem)
        # The hash makes the id, so that two looks at the same time give the same file the same one.
        proposed = (stem, f"{stem}_{content[:HASH_SHOWN]}", content)
        return next(scene for scene in proposed if scene.lower() not in self.ids)

    def _register(self, registration: Registration) -> str:
        state = register(self.home, registration)
        self._note(registration)
        return state

    def _note(self, registration: Registration) -> None:
        self.ids[registration.scene_id.lower()] = registration.scene_id
        self.by_root[registration.root] = registration
        if content := registration.options.get(CONTENT_HASH):
            self.by_hash[content] = registration


def scene_id_of(name: str) -> str:
    """A valid scene id that resembles a file's name."""
    return valid_scene_id(name, most=MAX_SCENE_ID - HASH_SHOWN - 1, otherwise="video")


def _exists(url: str) -> bool:
    filesystem, path = fsspec.core.url_to_fs(url)
    return filesystem.exists(path)


def _side_of(filesystem: fsspec.AbstractFileSystem, file: InboxFile) -> dict[str, Any]:
    """What the JSON file beside a video says; nothing if there is none.

    Raises:
        Refused: it is no JSON object, or a field is unknown or has the wrong type.
    """
    path, name = side_path(file.path), side_path(file.name)
    try:
        said = json.loads(filesystem.cat_file(path))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Refused(f"{name} beside it is no JSON ({error}); mend or remove it") from error
    if not isinstance(said, dict):
        raise Refused(f"{name} beside it must hold a JSON object with fields of {', '.join(SIDE_FIELDS)}")
    for field_name, value in said.items():
        kind = SIDE_FIELDS.get(field_name)
        if kind is None:
            raise Refused(f"{name} beside it: {field_name!r} is unknown; the fields are {', '.join(SIDE_FIELDS)}")
        if not isinstance(value, kind) or isinstance(value, bool) or not value:
            raise Refused(f"{name} beside it: {field_name}={value!r} is not understood")
    return said
