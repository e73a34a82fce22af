"""Finding the scenes of a dataset under a folder, and registering those that are new.

What does not belong here: which folders are scenes (each layout's `discover`), and Dagster's partitions (`automation`).
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from resources import sources
from resources.sources.discovery_settings import DatasetRoot
from resources.sources.registration import Registration, SourceError, read, register, registered

FALLBACK = "rgbd_folder"
"""The plainest layout: it is left out where another one knows the folder."""


@dataclass
class Registered:
    """What became of the scenes that were found.

    Attributes:
        added, changed, unchanged: ids of scenes.
        refused: in words, scenes that cannot be registered, and why.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def discovered(place: DatasetRoot) -> list[Registration]:
    """The scenes under a folder, sorted by layout and place, without reading them.

    Raises:
        SourceError: there is no such folder or layout, or a scene's id cannot be made.
    """
    root = os.path.abspath(os.path.expanduser(place.root))
    if not os.path.isdir(root):
        raise SourceError(f"{place.root} is no folder on this machine; name the folder that the dataset lies in", root)
    names = [place.source] if place.source else sources.available()
    found = [scene for name in names for scene in sources.load(name).discover(root)]
    known = {scene.root for scene in found if scene.source != FALLBACK}
    own = [scene for scene in found if scene.source != FALLBACK or scene.root not in known]
    patterns = place.pattern.split() or ["*"]
    return [
        replace(
            scene,
            scene_id=place.prefix + scene.scene_id,
            license=place.license or None,
            options={**scene.options, **place.options},
        )
        for scene in own
        if any(fnmatchcase(scene.scene_id, pattern) for pattern in patterns)
    ]


def register_found(home: str, found: Iterable[Registration], most: int | None = None) -> Registered:
    """Register what was found; the same folder again changes nothing.

    A scene that was registered before keeps what only a person can have said of it: a licence, its scale, options that
    were not found. A scene of the same id but another folder is left as it is, and named.

    Args:
        most: new scenes to register; the rest is left for the next time.
    """
    result, known = Registered(), set(registered(home))
    for scene in found:
        if scene.scene_id not in known:
            if most is not None and len(result.added) >= most:
                continue
            register(home, scene)
            known.add(scene.scene_id)
            result.added.append(scene.scene_id)
            continue
        try:
            before = read(home, scene.scene_id)
        except SourceError as error:
            result.refused.append(str(error))
            continue
        if (before.source, before.root) != (scene.source, scene.root):
            result.refused.append(
                f"scene {scene.scene_id}: {scene.root} is not registered, because {before.root} ({before.source}) has "
                "this name; give the folder a prefix"
            )
            continue
        merged = replace(before, license=scene.license or before.license, options={**before.options, **scene.options})
        state = register(home, merged)
        (result.changed if state == "changed" else result.unchanged).append(scene.scene_id)
    return result


def layout_of_folder(folder: str, source: str = "", scene_id: str = "") -> Registration | None:
    """The one scene that a folder holds, whichever layout it has; None if no layout knows it.

    Args:
        source: the layout, if it is known.
        scene_id: which of several scenes of the folder is meant.

    Raises:
        SourceError: the folder holds several scenes, and `scene_id` is none of them.
    """
    if not os.path.isdir(folder):
        return None
    found = discovered(DatasetRoot(folder, source))
    chosen = [scene for scene in found if scene.scene_id == scene_id] or found
    if len(chosen) > 1:
        names = ", ".join(scene.scene_id for scene in chosen[:5]) + (", ..." if len(chosen) > 5 else "")
        raise SourceError(
            f"{folder} holds {len(chosen)} scenes ({names}); give the id of one, or take them all with make discover "
            f"ROOT={folder}"
        )
    return chosen[0] if chosen else None
