"""``python -m engine.preview``: reads what to look at from standard input, which is then its lifeline."""

from __future__ import annotations

import os
import sys
import threading
import time

import msgspec

from engine.errors import OutOfMemoryError
from engine.protocol.previews import DataDecoded, LookAtData, PreviewFrame, write_frame
from engine.protocol.problems import describe

_TELL_EVERY = 0.2  # s
_LEAVE = 5.0  # s that the end may take once the client has gone


class _GoneError(Exception):
    """Nobody waits for an answer any more."""


class _Decoding:
    """Tells the client how many pictures are decoded, and ends that once the client has gone."""

    def __init__(self) -> None:
        self.gone = threading.Event()
        self._told = 0.0

    def __call__(self, done: int) -> None:
        if self.gone.is_set():
            raise _GoneError
        if time.monotonic() - self._told > _TELL_EVERY:
            self._told = time.monotonic()
            write_frame(sys.stdout.buffer, DataDecoded(done))


def main() -> int:
    """Look at a data set; returns the exit code."""
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=LookAtData)
    decoding = _Decoding()
    threading.Thread(target=_leave_with_client, args=(decoding,), name="lifeline", daemon=True).start()
    try:
        write_frame(sys.stdout.buffer, _look(request, decoding))
    except (_GoneError, BrokenPipeError):
        return 1
    return 0


def _look(request: LookAtData, decoding: _Decoding) -> PreviewFrame:
    try:
        from engine.preview.look import look

        return look(request, decoding)
    except (_GoneError, BrokenPipeError):
        raise
    except MemoryError:
        return describe(OutOfMemoryError())
    except Exception as error:  # whatever it is, who asked is told
        return describe(error)


def _leave_with_client(decoding: _Decoding) -> None:
    """Wait for the end of standard input, then end decoding in order; or by force if that takes long."""
    while os.read(0, 4096):  # not through sys.stdin, whose lock would be held at the interpreter's end
        pass
    decoding.gone.set()
    time.sleep(_LEAVE)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
