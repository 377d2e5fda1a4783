"""``convnet serve``: an engine that shows a run that has ended, and trains nothing."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

from engine.cli.interrupts import Interrupts
from engine.protocol.internal import ServeRun
from engine.protocol.launch import launch

_LOOK_EVERY = 0.5  # s


def serve(run_folder: Path, linger: float) -> None:
    """Serve a run until Ctrl+C, or until nobody has looked for ``linger`` s; raises ConvNetError."""
    interrupts = Interrupts()
    engine = launch(ServeRun(str(run_folder.absolute()), linger))
    print(f"Connection file: {engine.connection}", flush=True)
    while engine.process.poll() is None:
        if interrupts.asked and not interrupts.obeyed:
            engine.process.terminate()
            interrupts.obeyed = True
        with suppress(subprocess.TimeoutExpired):
            engine.process.wait(_LOOK_EVERY)
