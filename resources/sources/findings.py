"""What is missing or wrong in a scene's files: what `doctor` prints and the checks show.

What does not belong here: where each layout keeps what (`layouts`).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from resources.sources.frame_files import FrameEntry
from resources.sources.registration import Registration, SourceError
from resources.stored_images import file_of


@dataclass(frozen=True)
class Finding:
    """One file that is missing or wrong.

    Attributes:
        path: the file or folder; the scene's folder where it is no single one.
        problem: what is wrong, and what to do.
        page: the dataset's page, where the file is to be had; empty for data of one's own.
    """

    path: str
    problem: str
    page: str = ""

    @classmethod
    def of_error(cls, error: SourceError, registration: Registration, page: str) -> "Finding":
        """The finding of what reading raised."""
        problem = str(error).removeprefix(f"scene {registration.scene_id}: ")
        return cls(error.path or registration.root, problem, page)


def missing_files(registration: Registration, entries: Sequence[FrameEntry], page: str) -> list[Finding]:
    """The files of listed frames that are not there or empty, each once, and other problems of frames that are known.

    A frame where the camera was not tracked lacks no file: it is no finding. A problem of several frames, such as a
    recording that breaks off, is one.
    """
    found = {}
    with_problem: dict[str, list[str]] = {}
    for entry in entries:
        if entry.problem:
            if not entry.lost:
                with_problem.setdefault(entry.problem, []).append(entry.frame_id)
            continue
        for path in filter(None, (entry.image, entry.depth)):
            file = file_of(path)
            if file not in found and "://" not in file and (problem := _problem(file)):
                found[file] = Finding(file, problem, page)
    for problem, frames in with_problem.items():
        path = f"{registration.root}#frame={frames[0]}"
        more = f" (and {len(frames) - 1} more frames)" if len(frames) > 1 else ""
        found[path] = Finding(path, problem + more, page)
    return list(found.values())


def _problem(file: str) -> str:
    try:
        size = os.stat(file).st_size
    except OSError as error:
        return "the file is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    return "" if size else "the file is empty"
