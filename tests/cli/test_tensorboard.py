"""Event files, read back by a reader that shares nothing with the writer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli.tensorboard import EventFile, crc32c
from engine.errors import FileWriteError
from engine.protocol.messages import HealthMeasured, Histogram, LayerHealth, MetricRow, Rewound


def slow_crc(data: bytes) -> int:
    """CRC-32C bit by bit, most significant bit first, on reflected bytes."""
    register = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            top = register >> 31 & 1 ^ (byte >> bit & 1)
            register = register << 1 & 0xFFFFFFFF ^ (0x1EDC6F41 if top else 0)
    return int(f"{register ^ 0xFFFFFFFF:032b}"[::-1], 2)


def test_the_crc_is_castagnolis() -> None:
    assert crc32c(b"123456789") == slow_crc(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0


def records(content: bytes) -> Iterator[bytes]:
    def check(data: bytes, told: bytes) -> None:
        crc = slow_crc(data)
        assert struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32) == told

    while content:
        (length,) = struct.unpack("<Q", content[:8])
        check(content[:8], content[8:12])
        data = content[12 : 12 + length]
        check(data, content[12 + length : 16 + length])
        yield data
        content = content[16 + length :]


def fields(data: bytes) -> dict[int, list[Any]]:
    """Decode a protocol buffer: the values of each field by its number."""
    found: dict[int, list[Any]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            value: Any = varint()
        elif kind == 2:
            length = varint()
            value = data[at : at + length]
            at += length
        else:
            size, code = (8, "<d") if kind == 1 else (4, "<f")
            (value,) = struct.unpack(code, data[at : at + size])
            at += size
        found.setdefault(number, []).append(value)
    return found


def read(folder: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return the step of each event with its values by tag; a session's start under "session"."""
    (path,) = folder.glob("events.out.tfevents.*")
    first, *rest = [fields(record) for record in records(path.read_bytes())]
    assert first[3] == [b"brain.Event:2"]
    events = []
    for event in rest:
        assert event[1] == [123.5]
        values: dict[str, Any] = {}
        for summary in event.get(5, []):
            for value in map(fields, fields(summary).get(1, [])):
                values[value[1][0].decode()] = value[2][0] if 2 in value else fields(value[5][0])
        if 7 in event:
            values["session"] = fields(event[7][0])[1][0]
        events.append((event[2][0], values))
    return events


def test_rows_are_scalars_by_split_and_a_roll_back_begins_a_session(tmp_path: Path) -> None:
    with EventFile(tmp_path / "board", clock=lambda: 123.5) as file:
        file.take(MetricRow(300, 1, 1, 1.0, "train", 0.5, 0.25, 0.125))
        file.take(MetricRow(300, 1, 1, 1.0, "test", 1.5, 0.75, 0.125, {"top-5 error": 0.5}))
        file.take(Rewound(200))
    assert read(tmp_path / "board") == [
        (300, {"loss/train": 0.5, "error/train": 0.25, "learning_rate": 0.125}),
        (300, {"loss/test": 1.5, "error/test": 0.75, "top-5 error/test": 0.5}),
        (201, {"session": 1}),
    ]


def test_the_health_of_layers_is_histograms(tmp_path: Path) -> None:
    layer = LayerHealth("conv1", weights=Histogram(-1.0, 1.0, 0.5, (1, 3)))
    with EventFile(tmp_path, clock=lambda: 123.5) as file:
        file.take(HealthMeasured(7, (layer,)))
    ((step, values),) = read(tmp_path)
    told = values["weights/conv1"]
    assert step == 7
    assert [told[number][0] for number in (1, 2, 3, 4)] == [-1.0, 1.0, 4.0, 1.0]
    assert struct.unpack("<2d", told[6][0]) == (0.0, 1.0)
    assert struct.unpack("<2d", told[7][0]) == (1.0, 3.0)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileWriteError):
        EventFile(tmp_path / "file" / "board")
