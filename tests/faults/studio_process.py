"""The whole studio in a process of its own, drawn into memory: it watches the one engine that runs.

``python -m tests.faults.studio_process`` prints a line when it attaches, and ``Caught`` as JSON once it has
caught up. It prints ``Caught`` again for each line of its standard input, and leaves at its end.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

ROOT = Path(__file__).parents[2]


class Caught(msgspec.Struct, frozen=True):
    """What a studio shows, for a training that gives a row each step."""

    seconds: float  # s from looking for the engine to showing all that it had then
    rows: int
    whole: bool  # steps 1, 2, 3, ... without a gap or a duplicate


class StudioProcess:
    """A studio, seen from outside."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.studio_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def await_attaching(self) -> None:
        """Wait until it looks for the engine."""
        assert self._output.readline() == b"attaching\n"

    def catch_up(self) -> Caught:
        """Wait until it shows all."""
        return msgspec.json.decode(self._output.readline(), type=Caught)

    def ask(self) -> Caught:
        """Ask what it shows now."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return self.catch_up()

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def kill(self) -> None:
        """End it as the system would."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def watching() -> Iterator[StudioProcess]:
    """Start a studio; end it."""
    studio = StudioProcess()
    try:
        yield studio
    finally:
        studio.kill()


def main() -> None:
    """Be the studio."""
    from engine.curves import ROWS
    from studio.app import build
    from studio.qt.application import Application

    application = Application(offscreen=True)
    studio = build()
    studio.window.show()
    studio.window.show_workspace("training")
    print("attaching", flush=True)
    begun = time.monotonic()
    (engine,) = studio.engines.running()
    studio.run.attach(engine.connection)

    def show() -> None:
        table = studio.run.record.metrics["train"]
        rows = np.cumsum(table.column(ROWS))  # of a long run, several rows are joined to a point
        is_whole = bool(np.array_equal(table.column("step"), rows))
        caught = Caught(time.monotonic() - begun, int(rows[-1]) if len(rows) else 0, is_whole)
        print(msgspec.json.encode(caught).decode(), flush=True)

    def look() -> None:
        if studio.run.is_caught_up:
            show()
            threading.Thread(target=listen, daemon=True).start()
        else:
            application.later(10, look)

    def listen() -> None:
        for _ in sys.stdin:
            show()
        application.quit()

    application.later(0, look)
    application.run()


if __name__ == "__main__":
    main()
