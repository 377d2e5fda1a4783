"""``convnet bench start``: how long programs take to be there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from rich.console import Console
from rich.table import Table

_BARS = {
    "convnet --help": (("-m", "engine.cli.__main__", "--help"), 0.5),
    "convnet-studio, window on screen": (("-m", "studio", "--leave-when-shown"), 2.5),
}
"""Arguments of the interpreter, and most s from the start of the process to its end, by name."""


def start(times: int) -> bool:
    """Start each program ``times`` times, after once to warm up; return whether all bars are reached.

    Without a screen the window is drawn into memory.
    """
    environment = dict(os.environ)
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    table = Table("program", box=None)
    for heading in ("quickest", "median", "bar"):
        table.add_column(heading, justify="right")
    reached = []
    for name, (arguments, bar) in _BARS.items():
        seconds = [_seconds(arguments, environment) for _ in range(times + 1)][1:]
        table.add_row(name, f"{min(seconds):.2f} s", f"{median(seconds):.2f} s", f"{bar} s")
        reached.append(min(seconds) <= bar)
    Console().print(table)
    return all(reached)


def _seconds(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin
