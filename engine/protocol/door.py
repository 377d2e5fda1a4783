"""Finds out whether somebody listens at the far end of a port that is led elsewhere, as ssh does.

What leads a port lets everybody in, and shuts the connection once it finds nobody at the other end. So a
connection that is let in and then shut tells of an engine that is gone; one that stays open, though nothing
comes, of one that hangs or of a line that is lost; and a refusal, only of the port not being led at all.
"""

from __future__ import annotations

import socket

_TIMES = 2
"""How often in a row a connection must be shut: once may also be the end of what led it."""


class Door:
    """Connections to a port, one after the other, over which nothing is sent. Never waits."""

    def __init__(self, address: str, port: int) -> None:
        self._place = (address, port)
        self._socket: socket.socket | None = None
        self._shut = 0

    def is_shut(self) -> bool:
        """Look, and return whether nobody is at the other end; to be called now and then."""
        if self._socket is None:
            self._socket = socket.socket()
            self._socket.setblocking(False)
            self._socket.connect_ex(self._place)
            return False
        try:
            content = self._socket.recv(1)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            content = b""
        except OSError:  # refused, or not to be reached
            self.close()
            return False
        shut = self._shut + 1 if not content else 0
        self.close()
        self._shut = shut
        return shut >= _TIMES

    def close(self) -> None:
        """Look no more, or from the beginning."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._shut = None, 0
