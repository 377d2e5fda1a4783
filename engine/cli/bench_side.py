"""The two ends of a pipe to a process that measures one side, so that memory and settings are its own.

It reads a JSON line of what to measure, then answers each line of words on its standard input by a JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from engine.errors import DeviceError

GENEROUS_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "500000000",
}
"""Settings of glibc with which PyTorch is quickest: it allocates all tensors anew in each step."""


class Side:
    """A process that runs ``module``, was told its ``order``, and has ``settings`` in its environment."""

    def __init__(self, module: str, order: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
        )
        self._tell(json.dumps(order))

    def ask(self, words: str) -> Any:
        """Return the answer to words; raises ValueError where the process has ended instead."""
        assert self._process.stdout is not None
        self._tell(words)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended by itself
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ValueError("the process has ended") from None


def read_order() -> dict[str, Any]:
    """Return what to measure."""
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    return order


def answer(words: Mapping[str, Callable[..., Any]]) -> None:
    """Answer each line by what its first word calls, with the others as arguments, until there are no more.

    What libraries print meanwhile goes to the standard error.
    """
    output, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        word, *arguments = line.split()
        print(json.dumps(words[word](*arguments)), file=output, flush=True)


def require_torch() -> None:
    """Raise DeviceError where PyTorch, which is to be measured against, is not installed."""
    if find_spec("torch") is None:
        raise DeviceError(
            device="PyTorch",
            missing="it is not installed, and is what to measure against",
            hint="Install it (pip install torch), or measure with --peer none.",
        )
