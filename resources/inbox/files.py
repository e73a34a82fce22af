"""The files of an inbox: which videos lie there, what tells that one has changed, and the hash of its content.

What does not belong here: what becomes of them (`desk.py`), and reading videos (`resources/sources/layouts/video.py`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from resources.inbox.settings import InboxSettings

CHANGE_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created", "ETag", "etag")
"""What file systems call the time of a file's last change, or what else changes with it."""
HASH_BYTES = 16
STAMP_BYTES = 8
BLOCK_BYTES = 1 << 22
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class InboxFile:
    """A video in the inbox.

    Attributes:
        name: its path below the inbox.
        path, url: for its file system, and as a registration names it.
        size: bytes.
        stamp: changes with it and with the JSON files of its name beside it.
    """

    name: str
    path: str
    url: str
    size: int
    stamp: str


def videos_in(filesystem: fsspec.AbstractFileSystem, root: str, settings: InboxSettings) -> list[InboxFile]:
    """The videos below a folder, in the order of their names; hidden ones are left out."""
    filesystem.invalidate_cache()
    listed = filesystem.find(root, detail=True)
    beside: dict[str, list[str]] = {}
    for path, info in sorted(listed.items()):
        if path.endswith(".json"):
            # `kitchen.json` and `kitchen.recognitions.json` both lie beside `kitchen.mp4`.
            folder, name = path.rsplit("/", 1)
            beside.setdefault(f"{folder}/{name.split('.')[0]}", []).append(_stamp(path, info))
    suffixes = tuple(suffix.lower() for suffix in settings.suffixes)
    files = []
    for path, info in sorted(listed.items()):
        name = path.removeprefix(root).lstrip("/")
        if name.lower().endswith(suffixes) and not any(part.startswith(".") for part in name.split("/")):
            folder, own = path.rsplit("/", 1)
            stamps = [_stamp(path, info), *beside.get(f"{folder}/{own.split('.')[0]}", [])]
            stamp = hashlib.blake2b("\n".join(stamps).encode(), digest_size=STAMP_BYTES).hexdigest()
            files.append(InboxFile(name, path, _url(filesystem, path), int(info.get("size") or 0), stamp))
    return files


def video_hash(filesystem: fsspec.AbstractFileSystem, path: str) -> str:
    """Hash of a file's bytes, read block by block."""
    found = hashlib.blake2b(digest_size=HASH_BYTES)
    with filesystem.open(path, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def side_path(path: str) -> str:
    """Where the JSON file beside a video lies."""
    return str(PurePosixPath(path).with_suffix(".json"))


def _stamp(path: str, info: Mapping[str, Any]) -> str:
    """Size and time of a file's last change, however its file system calls that."""
    times = [str(info[name]) for name in CHANGE_TIMES if info.get(name) is not None]
    return f"{path} {info.get('size')} {times[:1]}"


def _url(filesystem: fsspec.AbstractFileSystem, path: str) -> str:
    return path if isinstance(filesystem, LocalFileSystem) else filesystem.unstrip_protocol(path)
