"""Pickles of values and arrays are read; nothing is executed, and nothing grows beyond the file."""

import os
import pickle
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.pickles import loads
from engine.errors import DataError

PLAIN = {"a": [1, -2, 2**40, 2.5, None, True, False], "b": ("x", ("y",)), "ü": {"k": b"\x00\xff"}, 7: "seven"}
ARRAYS = [
    np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(4, dtype=">i4"),
    np.array(3.5),
    np.zeros((0, 5), np.float32),
    np.array([True, False]),
]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_plain_values_come_back_as_they_were(protocol: int) -> None:
    assert loads(pickle.dumps(PLAIN, protocol), "file") == PLAIN


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_back_as_they_were(array: np.ndarray, protocol: int) -> None:
    found = loads(pickle.dumps({"data": array}, protocol), "file")["data"]
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


def test_numbers_of_numpy_come_back_as_numbers() -> None:
    assert loads(pickle.dumps([np.int64(5), np.float32(0.5)]), "file") == [5, 0.5]


def test_a_batch_as_python_2_wrote_it_is_read() -> None:
    """Written by cPickle: short strings of bytes, an array's content as a string."""
    content = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85"
        b"U\x01b\x87Rq\x05(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff"
        b"\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x06\x00\x01\x02\xfd\xfe\xfftbU\x06labelsq\x08]q\x09(K\x06K\x09eu."
    )
    batch = loads(content, "file")
    assert batch[b"data"].tolist() == [[0, 1, 2], [253, 254, 255]]
    assert batch[b"labels"] == [6, 9]


class _Call:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_nothing_is_called(tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "canary"
    calls = [
        (os.system, f"touch {canary}"),
        (exec, f"open({str(canary)!r}, 'w')"),
        (open, str(canary), "w"),
        (subprocess.call, ["touch", str(canary)]),
        (np.save, str(canary), 1),
        (getattr, "", "join"),
        (np.ndarray, (1 << 40,)),
        (bytearray, 1 << 40),
    ]
    for function, *arguments in calls:
        with pytest.raises(DataError, match="Nothing in it was executed"):
            loads(pickle.dumps({"data": _Call(function, *arguments)}, protocol), "file")
    assert not list(tmp_path.iterdir())


HUGE = struct.pack("<I", 0x7FFFFFFF)
DTYPE = b"cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85R"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\nNNN\x87R"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"\x80\x02",
        b"(.",
        b"\x80\x02T" + HUGE + b"a.",
        b"\x80\x02B" + HUGE + b"a.",
        b"\x80\x02\x8b" + HUGE + b"a.",
        b"\x80\x02h\x07.",
        b"\x80\x02)}(0u.",
        b"]]s.",
        b"}((K\x01\x85ts.",
        b"cbuiltins\neval\n.",
        b"c__builtin__ eval\n\n.",
        b"P1\n.",
        b"\x82\x01.",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x8a\xff" + b"\x7f" * 255 + b".",
        RECONSTRUCT + b".",
        RECONSTRUCT + b"(K\x01J\xff\xff\xff\xff\x85" + DTYPE + b"\x89C\x01atb.",
        RECONSTRUCT + b"(K\x01" + b"J\xff\xff\xff\x7f" * 3 + b"\x87" + DTYPE + b"\x89C\x01atb.",
        RECONSTRUCT + b"(K\x01K\x02\x85" + DTYPE + b"\x89C\x01atb.",
        RECONSTRUCT + b"(K\x01K\x01\x85" + DTYPE.replace(b"u1", b"O8") + b"\x89C\x01atb.",
        RECONSTRUCT + b"(K\x01K\x01\x85N\x89C\x01atb.",
    ],
)
def test_what_does_not_fit_together_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="file: expected a pickle of numbers"):
        loads(content, "file")


def test_shared_lists_are_not_copied() -> None:
    """Sixty lists, each of ten times the one before, would be 10⁶⁰ items if anything unrolled them."""
    content = b"\x80\x02]q\x00"
    for place in range(60):
        content += b"(" + (b"h" + bytes([place])) * 10 + b"lq" + bytes([place + 1])
    assert len(loads(content + b".", "file")) == 10


def test_a_place_far_off_in_the_memo_takes_no_memory() -> None:
    assert loads(b"\x80\x02Nr" + struct.pack("<I", 0xFFFFFFF0) + b".", "file") is None
