"""Writes event files that TensorBoard reads.

A file is a row of records: length (uint64), masked CRC-32C of it, the data, masked CRC-32C of that, all
little endian (TensorFlow, ``lib/io/record_writer``). The data are protocol buffers of
``tensorflow/core/util/event.proto``: wall_time 1, step 2, file_version 3, summary 5, session_log 7.
"""

from __future__ import annotations

import os
import platform
import struct
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from engine.errors import FileWriteError
from engine.protocol.messages import Entry, HealthMeasured, Histogram, MetricRow, Rewound

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
_START = 1  # of session_log: events of later steps in the file are given up


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of data."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """Return a CRC as records hold it."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _checked(data: bytes) -> bytes:
    return struct.pack("<I", masked(crc32c(data)))


class EventFile:
    """The figures of one run as they come, in a new file of ``folder``. Raises FileWriteError."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        name = f"events.out.tfevents.{int(clock())}.{platform.node() or 'host'}.{os.getpid()}"
        self._path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        except OSError as error:
            raise FileWriteError(path=str(self._path), reason=error.strerror or str(error)) from error
        self._write(_text(3, "brain.Event:2"), 0)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def take(self, entry: Entry) -> None:
        """Write what an entry of the journal measures."""
        match entry:
            case MetricRow():
                self._write(_summary(_figures(entry)), entry.step)
            case HealthMeasured(step, layers):
                spreads = (
                    (f"{name}/{layer.layer}", spread)
                    for layer in layers
                    for name in ("weights", "gradients", "outputs")
                    if (spread := getattr(layer, name)) is not None
                )
                self._write(
                    _summary(_value(tag, _bytes(5, _histogram(spread))) for tag, spread in spreads), step
                )
            case Rewound(step):
                self._write(_bytes(7, _whole(1, _START)), step + 1)

    def _write(self, what: bytes, step: int) -> None:
        data = _real(1, self._clock()) + _whole(2, step) + what
        length = struct.pack("<Q", len(data))
        record = (
            length
            + struct.pack("<I", masked(crc32c(length)))
            + data
            + struct.pack("<I", masked(crc32c(data)))
        )
        try:
            self._file.write(record)
            self._file.flush()
        except OSError as error:
            raise FileWriteError(path=str(self._path), reason=error.strerror or str(error)) from error


def _figures(row: MetricRow) -> Iterable[bytes]:
    figures = {"loss": row.loss, "error": row.error, **row.further}
    for name, figure in figures.items():
        yield _value(f"{name}/{row.split}", _single(2, figure))
    if row.split == "train":
        yield _value("learning_rate", _single(2, row.learning_rate))


def _histogram(spread: Histogram) -> bytes:
    """A HistogramProto: min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7."""
    number = sum(spread.counts)
    width = (spread.high - spread.low) / len(spread.counts)
    limits = [spread.low + width * (at + 1) for at in range(len(spread.counts))]
    total = sum(count * (limit - width / 2) for count, limit in zip(spread.counts, limits, strict=True))
    squares = number * spread.deviation**2 + total**2 / max(number, 1)
    head = (spread.low, spread.high, float(number), total, squares)
    return b"".join(_real(field, value) for field, value in enumerate(head, 1)) + (
        _bytes(6, struct.pack(f"<{len(limits)}d", *limits))
        + _bytes(7, struct.pack(f"<{len(limits)}d", *spread.counts))
    )


def _summary(values: Iterable[bytes]) -> bytes:
    return _bytes(5, b"".join(_bytes(1, value) for value in values))


def _value(tag: str, content: bytes) -> bytes:
    return _text(1, tag) + content


# ---- Fields of protocol buffers: number and kind, then the value -------------------------------------------


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _whole(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _real(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _single(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
