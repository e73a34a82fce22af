"""The images of a scene: where its listed files lie on this machine, and how they are referred to.

What the pickle lists is believed only as far as it leads to plain file names of the scene's own dataset. What does not
belong here: poses and intrinsics (`__init__.py`), decoding (`stored_images`).
"""

import contextlib
import os
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.sources.layouts.embodiedscan.datasets import Dataset
from resources.sources.layouts.embodiedscan.index import FOLDERS
from resources.stored_images import reference

PACKED = "sequence"
"""The folder of a 3RScan scan that is downloaded as a ZIP archive."""

MAX_MEMBERS = 1 << 20
"""Members of an archive that are listed; a scan has some thousands."""

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
"""Names of files and folders. Nothing that leads upwards, is hidden, or would be read as a URL or a reference."""


class ListedPathError(ValueError):
    """A path in the pickle that is none of an image of the scene."""


@dataclass(frozen=True)
class ImageFile:
    """A listed image.

    Attributes:
        path: the file, or the archive that holds it.
        member: its name in the archive; None outside of one.
    """

    path: Path
    member: str | None = None

    @property
    def reference(self) -> str:
        """As the tables refer to it."""
        options = {} if self.member is None else {"member": self.member}
        if self.name.endswith(".pgm"):
            return reference(str(self.path), "pgm", **options)
        return str(self.path) if self.member is None else reference(str(self.path), "zip", **options)

    @property
    def name(self) -> str:
        """The file's own name."""
        return (self.member or self.path.name).rpartition("/")[2]


class Images:
    """The image files of one scene."""

    def __init__(self, root: Path, dataset: Dataset) -> None:
        """
        Args:
            root: the data root, with the dataset's folder or a link to it.
        """
        places = [root / folder / dataset.folder for folder in FOLDERS]
        self.dataset = dataset
        self.folder = next((place for place in places if place.is_dir()), places[0])
        self._archives: dict[str, Path | None] = {}

    def file(self, listed: Any) -> ImageFile:
        """The file of a listed path, such as `3rscan/<scan>/sequence/frame-000000.color.jpg`; it need not exist.

        Raises:
            ListedPathError: it is no path of the dataset.
        """
        parts = listed.split("/") if isinstance(listed, str) else []
        if len(parts) < 3 or not all(_PART.fullmatch(part) for part in parts):
            raise ListedPathError(f"{ascii(listed)[:200]} is no path of an image")
        if parts[0] != self.dataset.folder:
            raise ListedPathError(f"{listed} is no image of {self.dataset.title}, which the scene is of")
        if parts[2] == PACKED and (archive := self._archive(parts[1])):
            return ImageFile(archive, "/".join(parts[3:]))
        return ImageFile(self.folder.joinpath(*parts[1:]))

    def files(self, listed: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> list[ImageFile]:
        """The files under these keys of the listed images, without those whose paths are wrong: their frames say so."""
        found = []
        for image in listed:
            for key in keys:
                with contextlib.suppress(ListedPathError):
                    found.append(self.file(image.get(key)))
        return found

    def missing_folder(self, files: Sequence[ImageFile]) -> tuple[Path, str] | None:
        """The first folder that all images of the scene lack, and what to do; None if some may be there."""
        if not self.folder.is_dir():
            return self.folder, (
                f"there is no such folder; the scene's images are of {self.dataset.title}: download it from "
                f"{self.dataset.page} and put it, or a link to it, there; {self.dataset.advice}"
            )
        parents = {file.path if file.member is not None else file.path.parent for file in files}
        if not parents or any(parent.exists() for parent in parents):
            return None
        shared = Path(os.path.commonpath(parents))
        while not shared.parent.exists():
            shared = shared.parent
        return shared, (
            f"is missing; it holds the scene's images of {self.dataset.title}: {self.dataset.advice} "
            f"({self.dataset.page})"
        )

    def _archive(self, scan: str) -> Path | None:
        """The archive of a scan's images, if they are not unpacked."""
        if scan not in self._archives:
            folder = self.folder / scan
            archive = folder / f"{PACKED}.zip"
            packed = not (folder / PACKED).is_dir() and archive.is_file()
            self._archives[scan] = archive if packed else None
        return self._archives[scan]


def file_problems(files: Mapping[ImageFile, str]) -> dict[str, str]:
    """File, or `archive#member` -> problem, of image files that are missing or empty.

    Args:
        files: each with what it is for.
    """
    members: dict[Path, dict[str, int]] = {}
    problems = {}
    for file, purpose in files.items():
        if file.member is None:
            if problem := _missing(file.path):
                problems[str(file.path)] = f"{problem}; it is {purpose}"
            continue
        if file.path not in members:
            members[file.path], broken = _members(file.path)
            if broken:
                problems[str(file.path)] = broken
        if str(file.path) not in problems and not members[file.path].get(file.member):
            what = "is empty in" if file.member in members[file.path] else "is missing in"
            problems[f"{file.path}#{file.member}"] = f"{file.member} {what} the archive; it is {purpose}"
    return problems


def _missing(path: Path) -> str | None:
    try:
        return None if path.stat().st_size else "the file is empty"
    except FileNotFoundError:
        return "the file is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _members(path: Path) -> tuple[dict[str, int], str | None]:
    """Name -> size of what an archive holds, and why it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {info.filename: info.file_size for info in archive.infolist()[:MAX_MEMBERS]}, None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        return {}, f"is no readable archive ({error}); download it again"
