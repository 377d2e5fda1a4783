"""The connection file: where an engine listens, and the keys to it. Only its owner may read it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import platformdirs

from engine import durable
from engine.errors import NoEngineError
from engine.protocol import processes
from engine.protocol.keys import KeyPair

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Connection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``connection.json`` holds."""

    format_version: Literal[1]
    engine_id: str  # 32 hexadecimal digits, new with each engine process
    run_id: str  # 32 hexadecimal digits, of the run folder
    run_folder: str  # path on the engine's machine
    host: str  # name of the engine's machine
    pid: int  # of the engine process
    pid_started: float  # s since 1970-01-01 UTC; tells it from a later process of the same number
    address: str  # "127.0.0.1"
    control_port: Port
    bulk_port: Port
    engine_key: str  # public, Z85
    client_key: str  # public, Z85
    client_secret: str  # Z85

    def __repr__(self) -> str:
        """Leave the secret out of logs."""
        return f"Connection({self.run_folder!r}, pid={self.pid}, control_port={self.control_port})"

    @property
    def client_keys(self) -> KeyPair:
        """The key pair of the engine's clients."""
        return KeyPair(self.client_key, self.client_secret)


def write(connection: Connection, path: Path) -> None:
    """Write the connection file and enter it in the list of running engines.

    Raises OSError, and then leaves no keys behind.
    """
    save(connection, path)
    entry = _entry(connection)
    try:
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        durable.write(entry, str(path).encode(), mode=0o600)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def save(connection: Connection, path: Path) -> None:
    """Write a connection file that its owner alone may read."""
    durable.write(path, msgspec.json.format(msgspec.json.encode(connection)), mode=0o600)


def remove(connection: Connection, path: Path) -> None:
    """Undo ``write``: the engine leaves."""
    _entry(connection).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def read(path: Path) -> Connection:
    """Read a connection file; raises NoEngineError if there is none that is sound."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Connection)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoEngineError(path=str(path)) from error


def running() -> list[Path]:
    """Return the connection files of the user's engines that run on this machine."""
    return sorted(path for path in _entered() if path is not None)


def is_alive(connection: Connection) -> bool:
    """Whether the engine process is there; True if that cannot be seen from this machine."""
    return not is_here(connection) or processes.is_alive(connection.pid, connection.pid_started)


def is_here(connection: Connection) -> bool:
    """Whether the engine is on this computer."""
    return connection.host == platform.node()


def _entered() -> Iterator[Path]:
    for entry in _list_folder().glob("*.engine"):
        with suppress(OSError):
            path = Path(entry.read_text(encoding="utf-8"))
            try:
                if is_alive(read(path)):
                    yield path
                    continue
            except NoEngineError:
                pass
            entry.unlink()  # of an engine that died without a word


def _entry(connection: Connection) -> Path:
    return _list_folder() / f"{connection.engine_id}.engine"


def _list_folder() -> Path:
    # Not the runtime folder: without a login session that lies in /tmp, where others may put things.
    return platformdirs.user_state_path("ConvNet Studio", appauthor=False) / "engines"
