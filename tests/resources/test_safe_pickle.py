"""Pickles of data come out as they went in; pickles of anything else run nothing."""

import builtins
import copyreg
import os
import pickle
import re
import struct
import subprocess
from collections import OrderedDict
from operator import attrgetter

import numpy as np
import pytest

from resources import safe_pickle
from resources.safe_pickle import PickleFileError, load

PLAIN = {
    "matrix": np.eye(4),
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "strided": np.arange(24, dtype=np.uint16).reshape(4, 6)[::2, ::3],
    "big_endian": np.arange(5, dtype=">i4"),
    "flags": np.array([True, False]),
    "half": np.array([[1.5]], np.float16),
    "none": np.zeros((0, 3)),
    "single": np.array(2.5),
    "text": np.array(["chair", "bücherregal"]),
    "bytes": np.array([b"ab", b"c"]),
    "scalars": [np.float32(3.5), np.int64(-4), np.bool_(True), np.str_("é")],
    "ordered": OrderedDict(b=1, a=[b"", b"\x00\xff", "", None, 10**30, -2.5, True]),
    "sets": ({1, 2}, frozenset(["x"]), ()),
}


class Evil:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that whatever is run would make: each test ends with its absence."""
    path = tmp_path / "marker"
    monkeypatch.setenv("MARKER", str(path))
    yield path
    assert not path.exists(), "the pickle was run"


@pytest.fixture
def refused(tmp_path, marker):
    """A function that loads bytes and gives the message with which they are refused."""

    def load_bytes(data: bytes) -> str:
        path = tmp_path / "infos.pkl"
        path.write_bytes(data)
        with pytest.raises(PickleFileError) as raised:
            load(path)
        assert str(raised.value).startswith(f"{path}: ")
        return str(raised.value)

    return load_bytes


def assert_same(found, expected):
    if isinstance(expected, np.ndarray):
        assert isinstance(found, np.ndarray)
        assert np.array_equal(found, expected)
        assert found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    elif isinstance(expected, dict):
        assert type(found) is dict
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        assert type(found) is type(expected)
        assert found == expected


@pytest.mark.parametrize("protocol", range(6))
def test_data_comes_out_as_it_went_in(tmp_path, protocol):
    path = tmp_path / "infos.pkl"
    path.write_bytes(pickle.dumps(PLAIN, protocol))
    assert_same(load(path), PLAIN)
    assert type(np.asarray(load(path)["matrix"])) is np.ndarray


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_files_of_numpy_1_are_read(tmp_path, protocol):
    """It writes the same, but for the name of its core."""
    data = pickle.dumps([np.eye(4), np.float32(2)], protocol)
    old, new = b"numpy.core", b"numpy._core"
    for name in (b"multiarray", b"numeric"):
        whole = new + b"." + name
        assert len(whole) < 256
        data = data.replace(
            b"\x8c" + bytes([len(whole)]) + whole, b"\x8c" + bytes([len(whole) - 1]) + old + b"." + name
        )
        data = data.replace(b"c" + whole, b"c" + old + b"." + name)
    assert new not in data
    if protocol >= 4:  # the frame is shorter now
        size = struct.unpack_from("<Q", data, 3)[0]
        data = data[:3] + struct.pack("<Q", len(data) - 11) + data[11:]
        assert size > len(data) - 11
    (tmp_path / "old.pkl").write_bytes(data)
    assert_same(load(tmp_path / "old.pkl"), [np.eye(4), np.float32(2)])


COMMAND = "touch $MARKER"
CODE = "open(__import__('os').environ['MARKER'], 'w')"


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("evil", "named"),
    [
        (Evil(os.system, COMMAND), r"posix\.system"),
        (Evil(eval, CODE), r"builtin(s|__)\.eval"),
        (Evil(exec, CODE), r"builtin(s|__)\.exec"),
        (Evil(getattr, "", "format"), r"builtin(s|__)\.getattr"),
        (Evil(builtins.__import__, "os"), "__import__"),
        (Evil(subprocess.Popen, ("touch", "$MARKER")), r"(subprocess|commands)\.Popen"),
        (Evil(attrgetter("system"), "os"), r"operator\.attrgetter"),
        (Evil(np.load, "x.npy", None, True), r"numpy\.load"),
        (Evil(np.fromfile, "/etc/hostname"), "numpy"),
        (Evil(type, "X", (), {}), r"builtin(s|__)\.type"),
        (Evil(bytearray, 1 << 40), r"bytearray"),
        (np.array([Evil(os.system, COMMAND)], object), "posix|type 'O8'"),
        ({"metainfo": {}, "data_list": [{"images": [{"cam2global": Evil(os.system, COMMAND)}]}]}, "posix"),
        ({Evil(os.system, COMMAND): 1}, "posix"),
        (os.system, "posix"),
        (np.random.default_rng(0), "numpy"),
        (np.zeros(2, [("a", "f8"), ("b", "O")]), "records|type"),
        (np.array(["2024-01-01"], "M8[D]"), "type"),
    ],
    ids=lambda value: None,
)
def test_what_is_no_data_is_refused_and_not_run(refused, evil, named, protocol):
    message = refused(pickle.dumps(evil, protocol))
    assert re.search(named, message), message


@pytest.mark.parametrize("evil", [Evil(os.system, COMMAND), Evil(eval, CODE), Evil(exec, CODE)], ids=lambda value: None)
def test_these_would_run(marker, evil):
    """Without this, the tests above could pass with files that do nothing."""
    pickle.loads(pickle.dumps(evil))
    assert marker.exists()
    marker.unlink()


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch $MARKER'\ntR.",
        b"cnt\nsystem\n(S'touch $MARKER'\ntR.",
        b"(S'touch $MARKER'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch $MARKER'\no.",
        b"\x80\x04" + text("os") + text("system") + b"\x93" + text(COMMAND) + b"\x85R.",
        b"\x80\x04" + text("numpy") + text("ndarray.__init_subclass__") + b"\x93.",
        b"\x80\x04" + text("collections") + text("OrderedDict.fromkeys.__self__") + b"\x93.",
        b"\x80\x04" + text("builtins") + text("set.__class__") + b"\x93.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct.__globals__\n.",
        b"\x80\x04" + text("numpy\n") + text("ndarray") + b"\x93.",
    ],
)
def test_every_opcode_that_names_something_is_watched(refused, data):
    assert "neither plain data nor a NumPy array" in refused(data)


@pytest.mark.parametrize("data", [b"Pos.system\n.", b"\x80\x02" + b"X\x04\x00\x00\x00evilQ."])
def test_persistent_ids_are_refused(refused, data):
    assert "persistent id" in refused(data)


def test_the_extension_registry_is_no_way_around(refused, tmp_path):
    call = b"\x80\x02\x82\xf0X\x0d\x00\x00\x00touch $MARKER\x85R."
    assert "truncated or no pickle" in refused(call)
    copyreg.add_extension("posix", "system", 0xF0)
    try:
        assert pickle.loads(b"\x80\x02\x82\xf0.") is os.system, "now it is cached"
        assert "posix.system" in refused(call)
    finally:
        copyreg.remove_extension("posix", "system", 0xF0)


NDARRAY, DTYPE = b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"
RECONSTRUCT = b"cnumpy._core.multiarray\n_reconstruct\n"
SCALAR = b"cnumpy._core.multiarray\nscalar\n"
FLOAT = DTYPE + b"(S'f8'\nI00\nI01\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
EMPTY = RECONSTRUCT + b"(" + NDARRAY + b"(I0\ntS'b'\ntR"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (RECONSTRUCT + b"(N}S'_make'\ncbuiltins\nset\nstb.", "changes a function"),
        (NDARRAY + b"}S'__setstate__'\ncbuiltins\nset\nsb.", "changes a function"),
        (DTYPE + b"}S'__call__'\ncbuiltins\nset\nsb.", "changes a function"),
        (b"\x80\x02" + NDARRAY + b")\x81.", "truncated or no pickle"),  # NEWOBJ
        (NDARRAY + b"(I100000000000\ntR.", "makes an array directly"),
        (RECONSTRUCT + b"(cbuiltins\nset\n(I0\ntS'b'\ntR.", "class of its own"),
        (RECONSTRUCT + b"(tR.", "in a way that it is not written"),
        (DTYPE + b"(S'O8'\nI00\nI01\ntR.", "type 'O8'"),
        (DTYPE + b"(S'V16'\nI00\nI01\ntR.", "type 'V16'"),
        (DTYPE + b"(S'f8,O'\nI00\nI01\ntR.", "type"),
        (DTYPE + b"(S'S0'\ntR.", "type"),
        (DTYPE + b"(S'U999999999'\ntR.", "type"),
        (DTYPE + b"(S'f8'\ntR(I3\nS'|'\nN(S'a'\nt}S'a'\n(I0\nI0\ntsI8\nI8\nI27\ntb.", "records"),
        (DTYPE + b"(S'f8'\ntRI3\nb.", "records or of another"),
        (EMPTY + b"(I1\n(I9\nt" + FLOAT + b"I00\nC\x0812345678tb.", "do not agree"),
        (EMPTY + b"(I1\n(I-1\nt" + FLOAT + b"I00\nC\x00tb.", "do not agree"),
        (EMPTY + b"(I1\n(I99999999\nI0\nt" + FLOAT + b"I00\nC\x00tb.", "do not agree|absurd shape"),
        (EMPTY + b"(I1\n(I1\ntNI00\nC\x0812345678tb.", "do not agree"),
        (EMPTY + b"I1\nb.", "unknown form"),
        (SCALAR + b"(" + FLOAT + b"C\x041234tR.", "do not agree"),
        (SCALAR + b"(" + DTYPE + b"(S'O8'\nI00\nI01\ntRC\x0812345678tR.", "type 'O8'"),
        (b"cbuiltins\nbytes\n(I100000000000\ntR.", "in a way"),
        (b"cbuiltins\nset\n(I5\ntR.", "unknown form"),
        (b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.", "unknown form"),
        (b"\x80\x02r\xff\xff\xff\x0f.", "truncated or no pickle|memory"),
        (b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x0fN.", "truncated or no pickle|memory"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x0fN.", "truncated or no pickle|memory"),
        (b"", "truncated or no pickle"),
        (b"PK\x03\x04 this is a ZIP file", "no pickle"),
    ],
)
def test_arrays_and_functions_cannot_be_abused(refused, tmp_path, data, told):
    message = refused(data)
    assert re.search(told, message), message
    sound = tmp_path / "sound.pkl"
    sound.write_bytes(pickle.dumps(PLAIN, 2))
    assert_same(load(sound), PLAIN)


def test_a_truncated_file_is_named_wherever_it_ends(refused):
    data = pickle.dumps(PLAIN)
    for end in range(0, len(data), 37):
        assert "truncated" in refused(data[:end])


def test_missing_and_absurdly_large_files_are_named(tmp_path, monkeypatch):
    with pytest.raises(PickleFileError, match=r"gone\.pkl: the file is missing"):
        load(tmp_path / "gone.pkl")
    with pytest.raises(PickleFileError, match="cannot be read"):
        load(tmp_path)
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 100)
    path = tmp_path / "large.pkl"
    path.write_bytes(pickle.dumps(PLAIN))
    with pytest.raises(PickleFileError, match=r"large\.pkl: has .* MiB; at most"):
        load(path)
