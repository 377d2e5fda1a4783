"""Figures of the designer on this machine: ``convnet-studio --bench``.

A bar is held against the time that the program computes, which other programs do not lengthen; what a person
would wait on this machine, as busy as it is, stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable

from studio.qt.bench.frames import LAYERS, frame_figures
from studio.qt.bench.newcomer import newcomer_figures
from studio.qt.bench.typing import keystroke_figure


def run_bench() -> int:
    """Print each figure against its bar; return 1 where one is not met."""
    parts: list[Callable[[], list[tuple[str, str, str, bool]]]] = [
        *(lambda count=count: frame_figures(count) for count in LAYERS),
        keystroke_figure,
        newcomer_figures,
    ]
    held = True
    print(f"{'figure':56} {'bar':>10}  measured")
    for part in parts:
        for name, bar, measured, holds in part():
            held = held and holds
            print(f"{name:56} {bar:>10}  {measured}{'' if holds else '  NOT MET'}", flush=True)
    return 0 if held else 1
