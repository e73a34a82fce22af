"""Dataset layouts, one module (or package) each, found by name; and what reading a scene gives.

A layout module has these functions, each of one `Registration`:

- `prepare(registration) -> None`: make what must exist before reading (most layouts: nothing).
- `frame_entries(registration) -> list[FrameEntry]`: list the frames, cheaply (`frame_files.py` then reads their files).
- `read_frames(registration) -> (FRAMES table, dropped)` and `read_boxes(registration) -> SCENE_BOXES table or None`.
- `box_origins(registration) -> tuple`: where the scene's boxes may come from, values of the choice `boxes`.
- `recorded_recognitions(registration) -> str | None`: a file of recorded recognitions, as a path or fsspec URL.
- `is_metric(registration) -> bool` and `is_gravity_aligned(registration) -> bool`.
- `read_scene(registration) -> SceneReading`: all of it.
- `signature(registration) -> {"frames": ..., "boxes": ..., "recognitions": ...}`: hashes that change when files that
  are read change.

A layout of plain video has, in place of `frame_entries`, `entries_of(registration, reconstructions, depth_maps)` and
`scene_facts(registration, reconstructions)`: its frames are made of those two tables.

To add a layout, add its module here; no list is edited. What does not belong here: the layouts themselves.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType

import polars as pl

from resources.sources.registration import Registration, SourceError

HELPERS = ("box_file", "frame_files", "registration")
"""Modules of this package that are no layouts."""


@dataclass(frozen=True)
class SceneReading:
    """What a source gives of one scene.

    Attributes:
        frames: the `frames` table, usable frames only.
        boxes: the `scene_boxes` table; None where the source has no annotated boxes.
        dropped: frames that cannot be used, as `{"frame_id": ..., "reason": ...}`.
        metric: whether world units are metres.
        gravity_aligned: whether world Z is up.
        license: licence of the scene's images, if known.
    """

    frames: pl.DataFrame
    boxes: pl.DataFrame | None
    dropped: list[dict[str, str]]
    metric: bool
    gravity_aligned: bool
    license: str | None


def available() -> list[str]:
    """The names of all layouts, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in HELPERS and m.name[0] != "_")


def load(name: str) -> ModuleType:
    """The layout module called `name`.

    Raises:
        SourceError: there is none; the message lists what there is.
    """
    if name not in available():
        raise SourceError(f"source {name!r} is unknown; choose one of {', '.join(available())}")
    return importlib.import_module(f"{__name__}.{name}")


def is_plain_video(registration: Registration) -> bool:
    """Whether the scene's poses and depth must be reconstructed.

    Raises:
        SourceError: the layout is unknown.
    """
    return hasattr(load(registration.source), "entries_of")
