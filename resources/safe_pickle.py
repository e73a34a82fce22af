"""Pickle files of plain data and NumPy arrays, read without running anything that stands in them.

A pickle is a program: it may name any function of any installed package and call it. Here it can name only the few
functions that make arrays and containers, and it gets none of these themselves, but stand-ins that check what they are
given. A file that names anything else is refused before anything is called.

What comes out: dict (also for an OrderedDict), list, tuple, set, frozenset, str, bytes, bytearray, numbers, None, and
NumPy arrays and scalars of booleans, whole and floating-point numbers and text. Arrays of objects and of records are
refused: their bytes are offsets and pointers. An array is a `PlainArray`, which `np.asarray` makes an `ndarray`; a
dtype that is a value of its own comes out as a `PlainType`. Protocols 0 to 5, of NumPy 1 and 2.

What is not defended: a file written to take all memory or to crash this process. It may unpack to some sixty times
its size, and an object's number in it (`LONG_BINPUT`) may ask for 64 GiB at once. What does not belong here: what the
data mean.
"""

import copyreg
import gc
import math
import os
import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

MAX_BYTES = 4 << 30
"""The largest annotation files of known datasets have about a gibibyte."""

MAX_DIMENSIONS = 32
"""What every release of NumPy can hold."""

MAX_EMPTY = 1 << 16
"""Elements that the other axes of an array without elements may span: no file pays for them, but lists of them would
fill the memory."""

MAX_TEXT = 1 << 20
"""Characters of one element of an array of text."""

SHOWN = 80
"""Characters of a name that an error shows: it is the file's own text."""

_TYPE = re.compile(r"b1|[iu][1248]|f[248]|[SU]([1-9]\d{0,6})")
_BYTE_ORDERS = ("<", ">", "|", "=")


class PickleFileError(ValueError):
    """A pickle file that cannot be used; the message names the file and what is wrong."""


class _RefusedError(Exception):
    """What the file asks for and does not get."""


def load(path: str | os.PathLike) -> Any:
    """The object in a pickle file.

    Raises:
        PickleFileError: the file is missing, larger than `MAX_BYTES`, truncated or broken, or names anything else than
            plain data and NumPy arrays; nothing of it has been called then.
    """
    path = os.fspath(path)
    try:
        with open(path, "rb") as file, _no_garbage_collection():
            if (size := os.fstat(file.fileno()).st_size) > MAX_BYTES:
                raise _RefusedError(f"has {size >> 20} MiB; at most {MAX_BYTES >> 20} are read")
            # A code of the extension registry is looked up in this cache before `find_class` is asked.
            copyreg.clear_extension_cache()
            return _Unpickler(file).load()
    except _RefusedError as error:
        raise PickleFileError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise PickleFileError(f"{path}: the file is missing") from None
    except OSError as error:
        raise PickleFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except MemoryError:
        raise PickleFileError(f"{path}: asks for more memory than there is; it is broken, or too large") from None
    except Exception as error:  # broken opcodes raise any kind; none of them comes from code that the file has named
        reason = " ".join(str(error).split())[:SHOWN] or type(error).__name__
        raise PickleFileError(f"{path}: is truncated or no pickle ({reason}); download it again") from None


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Millions of new containers would be searched for cycles again and again; it takes twice the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> "_StandIn":
        found = _STAND_INS.get((module, name))
        if found is None:
            raise _RefusedError(
                f"names {ascii(f'{module}.{name}')[1:-1][:SHOWN]}, which is neither plain data nor a NumPy array of "
                "numbers or text; nothing of the file was run. If it is a genuine file of the dataset, save it again "
                "with plain types"
            )
        return found

    def persistent_load(self, pid: Any) -> NoReturn:
        raise _RefusedError("refers to objects outside of the file (a persistent id); they are not looked up")


class _StandIn:
    """What the file gets instead of a function or class: it can be called, and nothing else."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._make(*arguments)
        except TypeError as error:
            raise _RefusedError(f"calls a function in a way that it is not written by pickle ({error})") from None

    def __setstate__(self, state: Any) -> NoReturn:
        raise _RefusedError("changes a function")  # BUILD would otherwise set attributes, for all later files too


class PlainType:
    """A dtype of plain elements. NumPy's own would take flags and fields out of the file unchecked.

    Attributes:
        dtype: NumPy's.
    """

    __slots__ = ("dtype",)

    def __init__(self, name: Any, align: Any = False, copy: Any = True) -> None:
        found = _TYPE.fullmatch(name) if isinstance(name, str) else None
        if found is None or int(found[1] or 0) > MAX_TEXT:
            raise _RefusedError(f"holds an array of type {ascii(name)[:SHOWN]}; only numbers and text are read")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        plain = isinstance(state, tuple) and len(state) >= 5 and state[1] in _BYTE_ORDERS
        if not plain or any(part is not None for part in state[2:5]):
            raise _RefusedError("holds an array of records or of another unknown type; only numbers and text are read")
        self.dtype = self.dtype.newbyteorder(state[1])


class PlainArray(np.ndarray):
    """An array that takes its state from a file only if shape, type and bytes agree."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise _RefusedError("holds an array in an unknown form")
        _, shape, kind, in_columns, data = state
        _check(shape, kind, data)
        super().__setstate__((1, shape, kind.dtype, bool(in_columns), bytes(data)))


def _check(shape: Any, kind: Any, data: Any) -> None:
    """Refuse an array whose bytes are not those of its shape and type."""
    sound = (
        isinstance(shape, tuple)
        and len(shape) <= MAX_DIMENSIONS
        and all(type(length) is int and length >= 0 for length in shape)
        and isinstance(kind, PlainType)
        and isinstance(data, bytes | bytearray)
    )
    if not sound or math.prod(shape) * kind.dtype.itemsize != len(data):
        raise _RefusedError("holds an array whose shape, type and bytes do not agree")
    if 0 in shape and math.prod(length or 1 for length in shape) > MAX_EMPTY:
        raise _RefusedError("holds an array without elements of absurd shape")


def _array_to_be_filled(kind: Any, shape: Any, code: Any) -> PlainArray:
    if kind is not _NDARRAY:
        raise _RefusedError("holds an array of a class of its own")
    return np.ndarray.__new__(PlainArray, (0,), np.int8)


def _array_of_bytes(data: Any, kind: Any, shape: Any, order: Any = "C") -> PlainArray:
    _check(shape, kind, data)
    if order not in ("C", "F"):
        raise _RefusedError("holds an array in an unknown order")
    return np.frombuffer(bytes(data), kind.dtype).reshape(shape, order=order).view(PlainArray)


def _scalar(kind: Any, data: Any) -> np.generic:
    _check((), kind, data)
    return np.frombuffer(bytes(data), kind.dtype)[0]


def _ndarray(*arguments: Any) -> NoReturn:
    raise _RefusedError("makes an array directly")


def _encoded(text: str, encoding: str = "latin1") -> bytes:
    """How protocols up to 2 write bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _RefusedError("holds bytes in an unknown form")
    return text.encode("latin-1")


def _items_of(container: type) -> Callable[..., Any]:
    def make(items: Any = ()) -> Any:
        if not isinstance(items, list | tuple):
            raise _RefusedError(f"holds a {container.__name__} in an unknown form")
        return container(items)

    return make


def _no_bytes() -> bytes:
    return b""


_NDARRAY = _StandIn(_ndarray)
_MULTIARRAY = {"_reconstruct": _StandIn(_array_to_be_filled), "scalar": _StandIn(_scalar)}
_BUILTINS = {
    "set": _StandIn(_items_of(set)),
    "frozenset": _StandIn(_items_of(frozenset)),
    "bytes": _StandIn(_no_bytes),
}
_STAND_INS: dict[tuple[str, str], _StandIn] = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _StandIn(PlainType),
    ("collections", "OrderedDict"): _StandIn(_items_of(dict)),
    ("_codecs", "encode"): _StandIn(_encoded),
    **{(f"numpy.{core}.multiarray", name): make for core in ("core", "_core") for name, make in _MULTIARRAY.items()},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _StandIn(_array_of_bytes) for core in ("core", "_core")},
    **{(module, name): make for module in ("builtins", "__builtin__") for name, make in _BUILTINS.items()},
}
