"""Wakes a thread that waits on sockets."""

from __future__ import annotations

import socket
from contextlib import suppress


class Wake:
    """``set`` by any thread makes ``socket`` readable until the waiting thread calls ``clear``."""

    def __init__(self) -> None:
        self._sender, self.socket = socket.socketpair()
        self._sender.setblocking(False)
        self.socket.setblocking(False)

    def set(self) -> None:
        """Wake the thread; in vain once ``close`` was called."""
        with suppress(OSError):  # full: it will wake anyway
            self._sender.send(b"\0")

    def clear(self) -> None:
        """Forget all wakes so far."""
        with suppress(BlockingIOError):
            while self.socket.recv(4096):
                pass

    def close(self) -> None:
        """Close both ends."""
        self._sender.close()
        self.socket.close()
