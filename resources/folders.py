"""Replacing a whole folder at once, on a local disk.

What does not belong here: files (`lake.py` replaces those), and what the folders hold.
"""

import ctypes
import ctypes.util
import os
import shutil
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""Of Linux' `renameat2(2)`: exchange two names in one step."""


def put_in_place(new: Path, target: Path) -> None:
    """Make folder `new` be `target`, and remove what was there. Both lie in the same folder.

    Linux exchanges the two names in one step. Elsewhere there are two renames, and a process killed between them leaves
    the old folder under its `retired` name, from which `recover` brings it back.
    """
    recover(target)
    if not target.exists():
        new.rename(target)
    elif _exchange(new, target):
        shutil.rmtree(new)
    else:
        old = retired(target)
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old)


def recover(target: Path) -> None:
    """Bring back what a killed `put_in_place` had moved aside; remove it where the new folder is already in place."""
    old = retired(target)
    if old.exists():
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)


def retired(target: Path) -> Path:
    """Where the old folder lies between the two renames."""
    return target.parent / f".{target.name}.old"


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step; False where the system or the file system cannot."""
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    renameat2 = getattr(library, "renameat2", None)
    if renameat2 is None:
        return False
    return renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0
