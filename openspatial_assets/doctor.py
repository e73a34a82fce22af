"""The doctor: whether machine, settings and scenes are ready, before any run.

What belongs here: what is looked at, and what is said. What does not: what a layout needs (`resources/sources`), and
the command's arguments (`cli.py`).
"""

import ctypes
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from openspatial_assets.assets.runner import worker_pool
from openspatial_assets.assets.sources import Checked, checked_scene
from resources import sources
from resources.compute import TaskError
from resources.sources.discovery import discovered
from resources.sources.discovery_settings import DatasetRoot
from resources.sources.registration import Registration, SourceError, read, registered
from resources.store import Workplace

LIBRARIES = ("libusb-1.0.so.0", "libGL.so.1", "libgomp.so.1", "libX11.so.6")
SHOWN_FILES = 20
"""Files of one scene that are named; the others are counted, unless all are asked for."""

Say = Callable[[str], None]


def examine_machine(workplace: Workplace, say: Say) -> int:
    """Say what the machine has; how many things are wrong.

    Raises:
        SettingError: the settings are wrong.
    """
    wrong = 0
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            wrong += 1
            say(f"system library {library}: missing (Open3D needs it)")
    free = shutil.disk_usage(Path(workplace.path).anchor if "://" not in workplace.path else "/").free
    say(f"home {workplace.path}: {free / 2**30:.1f} GiB free")
    say(f"settings: {', '.join(workplace.settings())} read")
    return wrong


def examine_registered(workplace: Workplace, say: Say, show_all: bool = False) -> int:
    """Say of each registered scene whether it is ready, or what is wrong; how many are not ready."""
    wrong, scenes = 0, []
    for scene_id in registered(workplace.path):
        try:
            scenes.append(read(workplace.path, scene_id))
        except SourceError as error:
            wrong += 1
            say(f"scene {scene_id}: {error}")
    return wrong + examine(scenes, workplace, say, show_all)


def examine_root(place: DatasetRoot, workplace: Workplace, say: Say, show_all: bool = False) -> int:
    """The same of each scene under a folder, registered or not; an empty folder is wrong.

    Raises:
        SourceError: there is no such folder or layout.
    """
    scenes = discovered(place)
    if not scenes:
        layouts = place.source or ", ".join(sources.available())
        say(
            f"{place.root}: no scene found (layout {layouts}; pattern {place.pattern}); how a layout's folders look "
            "stands at the top of its module in resources/sources/layouts"
        )
        return 1
    return examine(scenes, workplace, say, show_all)


def examine(scenes: Sequence[Registration], workplace: Workplace, say: Say, show_all: bool = False) -> int:
    """The same of these scenes, on all cores; a last line counts."""
    wrong = 0
    tasks = ((scene, (scene,)) for scene in scenes)
    for scene, result in worker_pool(workplace.processes).run(checked_scene, tasks):
        lines = _unreadable(scene, result) if isinstance(result, TaskError) else _lines(scene, result, show_all)
        wrong += bool(isinstance(result, TaskError) or result.findings)
        for line in lines:
            say(line)
    if scenes:
        say(f"{len(scenes) - wrong} of {len(scenes)} scenes are ready")
    return wrong


def _unreadable(scene: Registration, error: TaskError) -> list[str]:
    return [f"scene {scene.scene_id} ({scene.source}): cannot be examined: {error}"]


def _lines(scene: Registration, checked: Checked, show_all: bool) -> list[str]:
    name = f"scene {scene.scene_id} ({scene.source})"
    if not checked.findings:
        return [f"{name}: ready ({checked.content})"]
    shown = checked.findings if show_all else checked.findings[:SHOWN_FILES]
    lines = [f"{name}: {len(checked.findings)} missing or wrong ({checked.content})"]
    for finding in shown:
        where = f"; see {finding.page}" if finding.page else ""
        problem = finding.problem.removeprefix(f"{finding.path}: ")
        lines.append(f"  {finding.path}: {problem}{where}")
    if more := len(checked.findings) - len(shown):
        lines.append(f"  and {more} more; --all names them")
    return lines
