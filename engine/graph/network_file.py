"""Reads and writes ``*.convnet``: JSON that holds a network, its training, its data and its splits.

docs/file-format.md describes the format. A version 1 file is read by every later version of the program.
"""

from __future__ import annotations

import json
from pathlib import Path

from engine import durable
from engine.errors import FileFormatError
from engine.graph.network import NetworkFile
from engine.graph.network_reader import NO_NETWORK_FILE, Reader
from engine.graph.network_writer import dump_layer, dump_network, network_sha256
from engine.words import Words

__all__ = [
    "LARGEST_FILE",
    "SUFFIX",
    "NetworkFile",
    "dump_layer",
    "dumps",
    "load",
    "loads",
    "network_sha256",
    "save",
]

SUFFIX = ".convnet"
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes; a network of thousands of layers takes less than one megabyte."""


def load(path: Path) -> NetworkFile:
    """Read a network file.

    Raises FileFormatError for what is no network file (NewerVersionError for one of a later version) and
    InvalidNetworkError with all unknown layers, unknown fields and wrong values. A network that cannot be
    trained yet is read: ``check_network`` finds what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise FileFormatError(
            path=path,
            where="file",
            expected="a network file that can be read",
            found=Words("none ({reason})", reason=error.strerror),
            hint="Correct the path, or allow reading it.",
        ) from error
    if len(content) > LARGEST_FILE:
        raise FileFormatError(
            path=path,
            where="file",
            expected=Words("at most {count} bytes", count=LARGEST_FILE),
            found="more",
            hint=NO_NETWORK_FILE,
        )
    return Reader(str(path)).read(content)


def loads(content: str | bytes, path: str = "network") -> NetworkFile:
    """Read a network file's content; ``path`` names it in errors. Raises as ``load`` does."""
    return Reader(path).read(content if isinstance(content, bytes) else content.encode())


def dumps(network: NetworkFile) -> str:
    """Return a network file's content: the same network always gives the same bytes."""
    return json.dumps(dump_network(network), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save(network: NetworkFile, path: Path) -> None:
    """Write a network file so that ``path`` holds either the old or the new content, whatever happens.

    A link stays, and what it leads to is written. Raises OSError where it cannot be written; the old file is
    then unharmed.
    """
    path = path.resolve()
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    durable.write(path, dumps(network).encode(), mode)
