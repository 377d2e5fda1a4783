"""The whole studio, drawn into memory, watching the engine of a connection file: a program for a test.

``python -m tests.studio.watching_studio CONNECTION FORBIDDEN`` leaves once it has shown all kinds of things,
and prints what it had then as JSON. FORBIDDEN is a folder that it must not be able to open.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QApplication

from engine.graph.network_file import dumps
from engine.protocol.messages import Weights
from studio.app import build
from studio.qt.application import Application


class Shown(msgspec.Struct, frozen=True):
    """What a studio showed of a run."""

    state: str
    name: str
    network: str  # content of the network file
    steps: list[int]  # of the training rows
    losses: list[float]
    snapshots: list[int]
    log: int  # lines
    devices: int
    filters: Weights
    epoch: str  # as the figures' bar has it


def main() -> None:
    """Watch, stop the run, print."""
    connection, forbidden = Path(sys.argv[1]), sys.argv[2]
    try:
        os.listdir(forbidden)
    except PermissionError:
        pass
    else:
        raise AssertionError("the fence does not hold")
    Application(offscreen=True)
    studio = build()
    view = studio.train_view.prepare()
    studio.window.show()
    studio.window.show_workspace("training")
    studio.run.attach(connection)
    run, filters = studio.run, view.filter_model

    def wait_for(holds: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, (what, run.state, run.cause)
            QApplication.processEvents()
            time.sleep(0.01)

    wait_for(
        lambda: run.record.network is not None and run.record.devices and len(run.record.snapshots) > 2,
        "a training",
    )
    wait_for(lambda: filters.shown is not None, "filters")
    wait_for(lambda: view.figures.texts()["Epoch"] != "–", "the epoch")  # drawn with the next frame
    epoch = view.figures.texts()["Epoch"]
    run.stop()
    wait_for(lambda: run.state.ended and run.is_caught_up, "the end")
    assert run.record.network is not None
    assert filters.shown is not None
    train = run.record.metrics["train"]
    shown = Shown(
        run.state.value,
        run.record.name,
        dumps(run.record.network),
        [int(step) for step in train.column("step")],
        [float(loss) for loss in train.column("loss")],
        run.record.snapshots,
        run.record.log.total,
        len(run.record.devices),
        filters.shown,
        epoch,
    )
    print(msgspec.json.encode(shown).decode())
    studio.leave()


if __name__ == "__main__":
    main()
