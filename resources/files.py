"""Putting one file in its place, wholly or not at all, on a local disk or an object store.

What does not belong here: whole folders (`folders.py`), and what the files hold.
"""

import contextlib
import os
import uuid

import fsspec
from fsspec.implementations.local import LocalFileSystem


def write_whole(filesystem: fsspec.AbstractFileSystem, path: str, data: bytes, what: str) -> None:
    """Put `data` at `path`: by a rename, or by an upload, which object stores make atomic.

    Args:
        what: what the file is, for the error's text.

    Raises:
        OSError: the disk is full or not writable; what was at `path` is still there.
    """
    if not isinstance(filesystem, LocalFileSystem):
        filesystem.pipe_file(path, data)
        return
    folder, name = os.path.split(path)
    temporary = f"{folder}/.{name}.{uuid.uuid4().hex}.tmp"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, f"{what} could not be written: {error.strerror}", path) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
