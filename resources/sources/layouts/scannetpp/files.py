"""Where the files of a scene are, which of its two cameras a registration means, and where its depth is from.

What does not belong here: what the files hold.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image

from resources.sources.options import choice
from resources.sources.registration import Registration, valid_scene_id

PAGE = "https://scannetpp.mlsg.cit.tum.de/scannetpp/"

DSLR, IPHONE = "dslr", "iphone"
DEVICES = (DSLR, IPHONE)

MARKS = {
    DSLR: ("nerfstudio", "resized_images", "resized_undistorted_images"),
    IPHONE: ("pose_intrinsic_imu.json", "rgb.mkv", "rgb.mp4", "rgb", "depth.bin"),
}
"""A scene has a device if its folder holds any of these: one that lacks the others is found, and they are named."""

MESH = "scans/mesh_aligned_0.05.ply"
"""The laser scan's surface, in the world of the boxes and of the iPhone's `aligned_pose`."""

ANNOTATION = "scans/segments_anno.json"

OF_MESH, OF_SENSOR, NO_DEPTH = "mesh", "sensor", "none"
DEPTHS = {DSLR: (OF_MESH, NO_DEPTH), IPHONE: (OF_SENSOR, OF_MESH, NO_DEPTH)}
"""The values of the option `depth`, the default first."""

SPLITS_READ_BYTES = 1 << 20
"""A list of scenes has some ten kilobytes."""


def discover(root: str) -> Iterator[Registration]:
    """One registration for each camera of the scenes in a folder or its `data/`, or of the scene whose folder it is."""
    top = os.path.abspath(os.path.expanduser(root))
    scenes: dict[str, str] = {}
    for path in (top, *_subfolders(os.path.join(top, "data")), *_subfolders(top)):
        if devices_of(path):
            scenes.setdefault(os.path.basename(path), path)
    for name, path in sorted(scenes.items()):
        for device in devices_of(path):
            yield Registration(f"{valid_scene_id(name)}-{device}", "scannetpp", path, options={"device": device})


def devices_of(path: str) -> list[str]:
    """The cameras of which a scene's folder has anything."""
    return [name for name in DEVICES if any(os.path.exists(os.path.join(path, name, mark)) for mark in MARKS[name])]


def device_of(registration: Registration) -> str:
    """The camera that the registration names; else the first that is there.

    Raises:
        SourceError: it names none of the two.
    """
    return choice(registration, "device", DEVICES, next(iter(devices_of(registration.root)), DSLR))


def depth_of(registration: Registration) -> str:
    """Where depth is from: `mesh`, `sensor` or `none`.

    Raises:
        SourceError: the option has another value, or one that this camera does not have.
    """
    allowed = DEPTHS[device_of(registration)]
    return choice(registration, "depth", allowed, allowed[0])


def is_hidden(root: Path) -> bool:
    """Whether the dataset's lists of scenes, `splits/*test*.txt` beside `data/`, name the scene: its annotation is not
    published."""
    for path in sorted((root.parent.parent / "splits").glob("*test*.txt")):
        with suppress(OSError), path.open("rb") as file:
            if root.name in file.read(SPLITS_READ_BYTES).decode("utf-8", "replace").split():
                return True
    return False


def common_size(images: Sequence[Path]) -> tuple[int, int] | None:
    """Width and height, pixels, of most of three images: the first, the middle and the last; only headers are read."""
    chosen = {0, len(images) // 2, len(images) - 1} if images else ()
    sizes = Counter(size for index in sorted(chosen) if (size := _size(images[index])))
    return sizes.most_common(1)[0][0] if sizes else None


def absent(paths: Iterable[Path]) -> list[Path]:
    """Those that do not exist, and files without content."""
    return [path for path in paths if not os.path.exists(path) or (path.is_file() and not path.stat().st_size)]


def _size(path: Path) -> tuple[int, int] | None:
    """None for a missing or broken image, which reading names."""
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def _subfolders(folder: str) -> list[str]:
    try:
        return sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    except OSError:
        return []
