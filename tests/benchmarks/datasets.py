"""How long it takes to list the 1,000 frames of a scene of each dataset layout, wall seconds, nothing read before."""

import importlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from support import datasets
from support.truth_scene import TruthCamera, TruthScene, TruthView, furnished_room

from resources import sources
from resources.sources.discovery import discovered
from resources.sources.discovery_settings import DatasetRoot

FRAMES = 1000
ALLOWED_S = 1.0
WIDTH, HEIGHT = 64, 48
"""Pixels: listing opens no image."""

PLACES = 10
"""Places that the camera stands at, again and again."""

WRITTEN_AS = {"scannetpp": {"dslr": ("undistorted",)}}
"""A fisheye lens does not fit pictures so small."""


class Remembered(TruthScene):
    """A room that draws each view once: its camera comes back to the same places."""

    def view(self, camera: TruthCamera) -> TruthView:
        key = camera.width, camera.height, camera.intrinsics, camera.world_from_camera.tobytes()
        if key not in _DRAWN:
            _DRAWN[key] = super().view(camera)
        return _DRAWN[key]


_DRAWN: dict[tuple, TruthView] = {}


def lines() -> Iterator[str]:
    """Lines to print."""
    yield f"\nlisting {FRAMES} frames of a scene"
    few = furnished_room(WIDTH, HEIGHT, frames=PLACES)
    room = Remembered(few.boxes, few.cameras * (FRAMES // PLACES))
    for module in sorted(Path(datasets.__path__[0]).glob("[a-z]*.py")):
        name = module.stem
        write = getattr(importlib.import_module(f"{datasets.__name__}.{name}"), f"write_{name}")
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), room, **WRITTEN_AS.get(name, {}))
            for scene in discovered(DatasetRoot(folder, name)):
                source = sources.of(scene)
                source.prepare(scene)
                started = time.perf_counter()
                entries = source.frame_entries(scene)
                seconds = time.perf_counter() - started
                if len(entries) >= FRAMES:
                    per_thousand = seconds * FRAMES / len(entries)
                    share = per_thousand / ALLOWED_S
                    yield f"  {name}, {scene.scene_id}: {per_thousand:.2f} s ({share:.2f} of what is allowed)"
