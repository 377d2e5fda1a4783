"""``python -m engine.worker``: reads what to train from standard input, which is then its lifeline."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback

import msgspec

from engine.errors import ConvNetError, OutOfMemoryError
from engine.protocol.internal import Ended, WorkerStart
from engine.protocol.problems import describe
from engine.worker.engine_link import EngineLink


def main() -> int:
    """Train; returns the exit code."""
    start = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorkerStart)
    threading.Thread(target=_die_with_engine, name="lifeline", daemon=True).start()
    # What ends this process is the engine's stop or its death, not a key in the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = EngineLink(start)
    link.start()
    ended = _run(start, link)
    link.end(ended)
    return 1 if ended.outcome == "failed" else 0


def _die_with_engine() -> None:
    """Wait for the end of standard input: the engine has gone, and nobody would hear of this training.

    Leaves at once. Everything in the run folder is written so that this does no harm at any moment, and the
    system lets go of the folder's lock.
    """
    # Not through sys.stdin, whose lock would be held at the interpreter's end.
    while os.read(0, 4096):
        pass
    os._exit(3)


def _run(start: WorkerStart, link: EngineLink) -> Ended:
    try:
        # The engine hears from this process before NumPy and all else is imported.
        from engine.worker.training import train_in_folder

        return train_in_folder(start, link)
    except ConvNetError as error:
        return Ended("failed", describe(error))
    except MemoryError:
        return Ended("failed", describe(OutOfMemoryError()))
    except Exception as error:
        traceback.print_exc()  # the engine puts it into the log
        return Ended("failed", describe(error))


if __name__ == "__main__":
    sys.exit(main())
