"""Which folders are scans of ScanNet, and where the files of one scan are.

What does not belong here: what the files hold.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resources.sources.registration import Registration

SCENE = re.compile(r"scene\d{4}_\d{2}")
"""A scan's name: the place, and which visit to it."""

SCANS, HIDDEN, POSED = "scans", "scans_test", "posed_images"
"""The dataset's folders of scans; annotations of the second are not published. The third is made by converters."""


@dataclass(frozen=True)
class Scan:
    """The folders of one scan.

    Attributes:
        name: such as `scene0000_00`; the first part of its files' names.
        root: the folder that is registered.
        folder: with `<name>.sens` and the annotation; None where there are posed images only.
        posed: the folder of posed images, which need not exist.
    """

    name: str
    root: Path
    folder: Path | None
    posed: Path

    @classmethod
    def at(cls, root: Path) -> "Scan":
        """The scan at a folder of its own or of its posed images; the other is looked for beside it."""
        name, dataset = root.name, root.parent.parent
        if root.parent.name != POSED and not holds_posed_images(root):
            return cls(name, root, root, dataset / POSED / name)
        beside = (dataset / split / name for split in (SCANS, HIDDEN))
        folder = next((folder for folder in beside if _holds_scan(folder)), None)
        return cls(name, folder or root, folder, root)

    @property
    def is_hidden(self) -> bool:
        """Whether it is of the test split, of which no annotation is published."""
        return self.folder is not None and self.folder.parent.name == HIDDEN

    def file(self, ending: str) -> Path:
        """A file of the scan, by the end of its name; in the registered folder where the scan has none."""
        return (self.folder or self.root) / f"{self.name}{ending}"


def discover(root: str) -> Iterator[Registration]:
    """The scans of a dataset's folder, of one of its folders of scans, or the one scan whose folder it is; sorted.

    A scan has a folder by its own name with files that begin with that name, or with numbered images.
    """
    top = Path(os.path.abspath(os.path.expanduser(root)))
    folders = (
        [top] if SCENE.fullmatch(top.name) else _scene_folders([top, *(top / name for name in (SCANS, HIDDEN, POSED))])
    )
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.name not in found and (_holds_scan(folder) or holds_posed_images(folder)):
            found[folder.name] = Scan.at(folder).root
    for name in sorted(found):
        yield Registration(name, "scannet", str(found[name]))


def holds_posed_images(folder: Path) -> bool:
    """Whether numbered images stand in a folder itself."""
    return any(name.endswith(".jpg") and name[:-4].isdigit() for name in _names(folder))


def _holds_scan(folder: Path) -> bool:
    """Whether a folder has files that only a scan of ScanNet has; exported frames alone may be anyone's."""
    return any(name.startswith((f"{folder.name}.", f"{folder.name}_vh_clean")) for name in _names(folder))


def _scene_folders(holders: list[Path]) -> Iterator[Path]:
    for holder in holders:
        yield from (holder / name for name in _names(holder) if SCENE.fullmatch(name))


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
    except OSError:  # absent, no folder, or not ours to read
        return
