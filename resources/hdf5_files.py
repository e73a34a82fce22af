"""Reading an array from an HDF5 file that may be missing, truncated, or made by somebody else.

A file can claim any shape in a few bytes, and can send its reader to other files; both are refused before an element is
read. What does not belong here: what the arrays mean (the layouts and kinds of images that read them).
"""

import math
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from resources.stored_images.plain import MAX_PIXELS

MAX_ELEMENTS = 3 * MAX_PIXELS
"""The three channels of the largest image that is read: 240 million; no other array of a scene is larger."""

MAX_ELEMENT_BYTES = 8

NUMBERS = {"f": "floating-point numbers", "i": "whole numbers"}
KINDS = {"f": "f", "i": "iu"}
"""What NumPy calls the types of `NUMBERS`."""

Shape = tuple[int | None, ...]
"""Lengths of the axes; None for any."""


class Hdf5Error(ValueError):
    """An HDF5 file that cannot be used; the message names the file and what is wrong."""


def read_dataset(path: str | Path, shape: Shape, numbers: str, name: str = "dataset") -> NDArray:
    """The array called `name` at the top of the file, of the type it is stored in.

    Args:
        numbers: `f` or `i`, a key of `NUMBERS`.

    Raises:
        Hdf5Error: the file is missing, truncated or no HDF5 file; it has no such array, or one of another shape or
            type; or the array is not in the file itself.
    """
    try:
        with h5py.File(path, "r") as file:
            dataset = _own(file, name)
            _check(dataset, shape, numbers)
            return np.asarray(dataset[()])
    except Hdf5Error as error:
        raise Hdf5Error(f"{path}: {error}") from None
    except FileNotFoundError:
        raise Hdf5Error(f"{path}: the file is missing") from None
    except PermissionError as error:
        raise Hdf5Error(f"{path}: cannot be read ({error.strerror})") from None
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # what libhdf5 makes of broken bytes
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Hdf5Error(f"{path}: is no HDF5 file, or is truncated or broken ({reason}); get it again") from None


def _own(file: h5py.File, name: str) -> h5py.Dataset:
    """The array, which must lie in this very file: no link leads to it, and none of its parts is elsewhere."""
    link = file.get(name, getlink=True)
    if link is None:
        raise Hdf5Error(f"has no array called {name!r}")
    if not isinstance(link, h5py.HardLink):
        raise Hdf5Error(f"{name!r} is a link to another place; such files are not read")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise Hdf5Error(f"{name!r} is no array")
    if dataset.external or dataset.is_virtual:
        raise Hdf5Error(f"{name!r} is made of other files; such files are not read")
    return dataset


def _check(dataset: h5py.Dataset, shape: Shape, numbers: str) -> None:
    """Raise `Hdf5Error` unless the array has this shape, holds such numbers, and can be held in memory."""
    found = dataset.shape
    if found is None or len(found) != len(shape) or any(a not in (None, b) for a, b in zip(shape, found, strict=True)):
        raise Hdf5Error(f"the array has the shape {_shape(found or ())}, not {_shape(shape)}")
    if dataset.dtype.kind not in KINDS[numbers] or dataset.dtype.itemsize > MAX_ELEMENT_BYTES:
        raise Hdf5Error(f"the array holds {dataset.dtype}, not {NUMBERS[numbers]}")
    # A chunk is unpacked as a whole, and may be larger than the array that it is of.
    if max(math.prod(found), math.prod(dataset.chunks or ())) > MAX_ELEMENTS:
        raise Hdf5Error(f"the array claims {_shape(found)} elements; at most {MAX_ELEMENTS} are read")


def _shape(shape: Shape) -> str:
    return "x".join("N" if length is None else str(length) for length in shape) or "of a single value"
