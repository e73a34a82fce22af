"""The datasets that scenes come from: which folders are scenes, and reading them.

A layout of files is a module of `layouts`; `source.py` says what each has. What does not belong here: the layouts
themselves, and Dagster.
"""

import importlib
import pkgutil

from resources.sources import layouts
from resources.sources.registration import Registration, SourceError
from resources.sources.source import SceneReading, Source

__all__ = ["SceneReading", "Source", "available", "is_plain_video", "load", "of"]


def available() -> list[str]:
    """The names of all layouts, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(layouts.__path__) if module.name[0] != "_")


def load(name: str) -> Source:
    """The layout called `name`.

    Raises:
        SourceError: there is none; the message lists what there is.
    """
    if name not in available():
        raise SourceError(f"source {name!r} is unknown; choose one of {', '.join(available())}")
    return Source(importlib.import_module(f"{layouts.__name__}.{name}"))


def of(registration: Registration) -> Source:
    """The layout that a registration names; raises as `load`."""
    return load(registration.source)


def is_plain_video(registration: Registration) -> bool:
    """Whether the scene's poses and depth must be reconstructed; raises as `load`."""
    return of(registration).is_plain_video
