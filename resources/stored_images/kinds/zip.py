"""A member of a ZIP archive, read without unpacking the others.

Option: `member`, its name in the archive.
"""

import zipfile
from collections.abc import Mapping
from functools import lru_cache

from resources.stored_images.plain import MAX_ENCODED_BYTES, ImageError

OPEN_ARCHIVES = 8


def read(path: str, options: Mapping[str, str]) -> bytes:
    """The bytes of the member."""
    name = options["member"]
    try:
        archive = _opened(path)
        info = archive.getinfo(name)
        if info.file_size > MAX_ENCODED_BYTES:
            raise ImageError(f"{path}: {name} says that it unpacks to {info.file_size} bytes; that is no image")
        with archive.open(info) as file:
            data = file.read(info.file_size + 1)
    except KeyError:
        raise ImageError(f"{path}: the archive has no {name}") from None
    except FileNotFoundError:
        raise ImageError(f"{path}: the file is missing") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ImageError(f"{path}: {name} cannot be unpacked ({error})") from None
    if not data:
        raise ImageError(f"{path}: {name} is empty")
    return data


@lru_cache(maxsize=OPEN_ARCHIVES)
def _opened(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)
