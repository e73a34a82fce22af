"""The settings that rules read, in one file that a person edits: `<home>/settings.toml`.

What belongs here: the sections, loading, and the errors of a wrong setting. What does not: the settings themselves,
which stand as dataclasses with their defaults in the engine's rooms, and the choices of a variant.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import fsspec
from pydantic import TypeAdapter, ValidationError

from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.dataset.settings import DatasetSettings, ExportSettings
from openspatial_assets.engine.fusion.settings import MeshSettings
from openspatial_assets.engine.instances.settings import InstanceSettings
from openspatial_assets.engine.keyframes import KeyframeSettings
from openspatial_assets.engine.lifting.settings import LiftingSettings
from openspatial_assets.engine.masks.settings import MaskSettings, ObjectSettings
from openspatial_assets.engine.questions.caption_settings import CaptionSettings
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from openspatial_assets.engine.reconstruction.settings import ReconstructionSettings
from openspatial_assets.engine.rendering.gallery_settings import GallerySettings
from openspatial_assets.engine.scene_graph.floor import FloorSettings
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.visibility.settings import VisibilitySettings
from resources.inbox.settings import InboxSettings
from resources.sources.discovery_settings import DiscoverySettings

FILE = "settings.toml"

SECTIONS: dict[str, type] = {
    "inbox": InboxSettings,
    "discovery": DiscoverySettings,
    "reconstruction": ReconstructionSettings,
    "depth_maps": DepthMapSettings,
    "frames": KeyframeSettings,
    "mesh": MeshSettings,
    "floor": FloorSettings,
    "recognition": RecognitionSettings,
    "instances": InstanceSettings,
    "lifting": LiftingSettings,
    "visibility": VisibilitySettings,
    "masks": MaskSettings,
    "objects": ObjectSettings,
    "views": ViewSettings,
    "matches": MatchSettings,
    "questions": QuestionSettings,
    "captions": CaptionSettings,
    "dataset": DatasetSettings,
    "export": ExportSettings,
    "gallery": GallerySettings,
}


class SettingError(ValueError):
    """A setting that is unknown or has a wrong value; the message names it and what is allowed."""


def load(home: str, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All sections: the defaults, then `<home>/settings.toml`, then `overrides` such as `{"questions.seed": 7}`.

    Raises:
        SettingError: an unknown section or setting, a wrong type, or a file that is no TOML.
    """
    filesystem, root = fsspec.core.url_to_fs(home)
    path = f"{root.rstrip('/')}/{FILE}"
    written: dict[str, Any] = {}
    if filesystem.exists(path):
        try:
            written = tomllib.loads(filesystem.cat_file(path).decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingError(f"{path} is no TOML file: {error}") from error
    for name, value in (overrides or {}).items():
        section, _, setting = name.partition(".")
        written.setdefault(section, {})[setting] = value
    if unknown := [section for section in written if section not in SECTIONS]:
        raise SettingError(f"{path}: section {unknown[0]!r} is unknown; they are {', '.join(SECTIONS)}")
    return {section: _section(path, section, kind, written.get(section, {})) for section, kind in SECTIONS.items()}


def _section(path: str, section: str, kind: type, written: Mapping[str, Any]) -> Any:
    names = [field.name for field in fields(kind)]
    if unknown := [name for name in written if name not in names]:
        raise SettingError(f"{path}: setting {section}.{unknown[0]} is unknown; they are {', '.join(names)}")
    try:
        return TypeAdapter(kind).validate_python({**asdict(kind()), **written})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, (section, *first["loc"])))
        raise SettingError(f"{path}: setting {name}={first['input']!r}: {first['msg']}") from error
