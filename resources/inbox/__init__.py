"""The inbox: a folder (or any fsspec URL) that videos are dropped into, and what is new in it.

What belongs here: one look at it, and what one look remembers for the next. What does not: how a file becomes a scene
(`desk.py`), and Dagster (`openspatial_assets/automation/inbox_sensor.py`).

A file is complete once two looks at it, some seconds apart, find the same size and time of change. It is known by the
hash of its content, which stands in its scene's registration: a copy, a new name or a lost memory make no second scene.
A JSON file of the video's name beside it may hold `license`, `scene_id`, `camera_height_m` and `known_length`.
"""

import json
from dataclasses import asdict, dataclass, field

import fsspec

from resources.inbox.desk import Desk, Refused, Taken
from resources.inbox.files import InboxFile, videos_in
from resources.inbox.settings import InboxSettings

__all__ = ["InboxSettings", "Look", "Memory", "folder_of", "look"]


@dataclass
class Memory:
    """What earlier looks found; `text` and `of_text` keep it from one look to the next.

    Attributes:
        waiting: path -> its stamp, and when it was first seen so (seconds since 1970).
        settled: path -> stamp of a file when it was dealt with: it is not read again until that changes.
        refused: path -> stamp and reason of a file that cannot be used until it changes.
    """

    waiting: dict[str, tuple[str, float]] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str | None) -> "Memory":
        """The memory of a text; an empty one for none, or one that is not understood."""
        try:
            kept = json.loads(text or "{}")
            return cls(
                {path: (str(stamp), float(since)) for path, (stamp, since) in kept.get("waiting", {}).items()},
                {path: str(stamp) for path, stamp in kept.get("settled", {}).items()},
                {path: (str(stamp), str(why)) for path, (stamp, why) in kept.get("refused", {}).items()},
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class Look:
    """What one look at the inbox found.

    Attributes:
        folder: where it looked.
        taken: the videos that were dealt with.
        notes: in words, a line for each file that was dealt with or cannot be.
        memory: for the next look.
    """

    folder: str
    taken: list[Taken]
    notes: list[str]
    memory: Memory


def look(home: str, settings: InboxSettings, memory: Memory, now: float) -> Look:
    """Register the new, complete videos in the inbox of `home`; broken files are named, and stop no other.

    Args:
        now: the time, seconds since 1970.

    Raises:
        OSError: the inbox itself cannot be listed.
    """
    folder = folder_of(home, settings)
    filesystem, root = fsspec.core.url_to_fs(folder)
    files = videos_in(filesystem, root, settings)
    after = Memory(
        settled={f.path: memory.settled[f.path] for f in files if f.path in memory.settled},
        refused={f.path: memory.refused[f.path] for f in files if memory.refused.get(f.path, ("",))[0] == f.stamp},
    )
    ready: list[InboxFile] = []
    for file in (f for f in files if after.settled.get(f.path) != f.stamp and f.path not in after.refused):
        stamp, since = memory.waiting.get(file.path, ("", now))
        since = since if stamp == file.stamp else now
        after.waiting[file.path] = (file.stamp, since)
        if stamp == file.stamp and now - since >= settings.stable_s and file.size:
            ready.append(file)
    notes = [f"{file.name}: {after.refused[file.path][1]}" for file in files if file.path in after.refused]
    taken: list[Taken] = []
    budget = settings.bytes_a_tick
    desk = Desk(home, filesystem, settings) if ready else None
    # The longest waiting first; one that cannot be read starts to wait anew, and so holds up no other.
    for file in sorted(ready, key=lambda f: (after.waiting[f.path][1], f.path)):
        if len(taken) >= settings.files_a_tick or budget <= 0:
            break
        try:
            found = desk.take(file, changed=file.path in memory.settled)
        except Refused as error:
            after.refused[file.path] = (file.stamp, str(error))
            notes.append(f"{file.name}: {error}")
        except FileNotFoundError:
            notes.append(f"{file.name}: it is gone again")
        except OSError as error:
            notes.append(f"{file.name}: cannot be read now ({error.strerror or error}), and is tried again")
            after.waiting[file.path] = (file.stamp, now)
            continue
        else:
            budget -= file.size
            notes.append(f"{file.name}: {found.done}")
            after.settled[file.path] = file.stamp
            taken.append(found)
        del after.waiting[file.path]
    return Look(folder, taken, notes, after)


def folder_of(home: str, settings: InboxSettings) -> str:
    """The inbox of a home."""
    return settings.folder or f"{home.rstrip('/')}/inbox"
