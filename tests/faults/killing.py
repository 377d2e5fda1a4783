"""Processes that are killed at random instants: forked from one that has everything imported already."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing import forkserver
from typing import Any

import pytest

PRELOAD = ["engine.training.run", "engine.checkpoint", "engine.store.journal", "tests.training.running"]

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(PRELOAD)


def _ensure_server() -> None:
    """Start the process that others are forked from, with the real trainer whatever PYTHONPATH says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        forkserver.ensure_running()


def kill_after(
    work: Callable[..., None], arguments: tuple[Any, ...], begun: Any, seconds: float
) -> int | None:
    """Let a process ``work`` and kill it ``seconds`` after it has set ``begun``, a RawValue, to 1.

    Returns its exit code if it ended by itself before, else None. There are no locks: the killed keep them.
    """
    _ensure_server()
    begun.value = 0
    process = context.Process(target=work, args=(*arguments, begun))
    process.start()
    while not begun.value and process.is_alive():
        time.sleep(0.002)
    deadline = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(min(0.002, max(deadline - time.monotonic(), 0.0)))
    was_alive = process.is_alive()
    process.kill()
    process.join()
    return None if was_alive or process.exitcode == -9 else process.exitcode
