"""The threads that run generated kernels, and the sequences of phases that they run.

Groups are fixed when a kernel is generated, and what they make is summed in their order; so results are the
same for any number of threads. ``CONVNET_THREADS`` sets the number; without it, it is that of the processors.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from itertools import chain
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cpu.vector import drive
from kernels.cpu.vector.code_cache import linker
from kernels.cpu.vector.generated import BoundPhase, Extent, Launch
from kernels.cpu.vector.ir import ITEM

SETTING = "CONVNET_THREADS"
_ALIGNMENT = 64


def thread_count() -> int:
    """Return how many threads run kernels: the setting, or the number of processors of this process."""
    setting = os.environ.get(SETTING, "")
    if setting:
        if not setting.isdecimal() or int(setting) < 1:
            raise ValueError(f"{SETTING}: expected a number from 1 on, found {setting!r}")
        return int(setting)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class PhaseSequence:
    """Phases of several kernels, in an order in which threads run them without coming back to Python."""

    def __init__(self, launches: Sequence[Launch]) -> None:
        self._keep = launches
        self.scratch = max((launch.scratch for launch in launches), default=0)
        self.chains = chained([phase for launch in launches for phase in launch.phases])
        self.replays = 0
        self.table = np.zeros((len(self.chains), drive.ROW), np.int64)
        self._links: list[NDArray[np.int64]] = []
        for row, links in zip(self.table, self.chains, strict=True):
            addresses = np.array([(link.function(), link.arguments) for link in links], np.int64)
            self._links.append(addresses)
            row[drive.GROUPS] = links[0].phase.groups
            row[drive.LINKS] = len(links)
            row[drive.FIRST_LINK] = addresses.ctypes.data

    def begin(self) -> int:
        """Make all groups free to take; return the number of this replay."""
        self.replays += 1
        self.table[:, drive.DONE] = 0
        self.table[:, drive.TICKET] = self.replays << drive.REPLAY_SHIFT
        return self.replays

    def __call__(self) -> None:
        """Run all phases on the threads of this process."""
        pool().run(self)


def chained(phases: list[BoundPhase]) -> list[list[BoundPhase]]:
    """Return the phases in chains: a chain's phases follow one another group by group.

    A phase joins an earlier chain if both go by the same groups of images and share memory by whole arrays
    only: then no group writes what another group has still to read. It may overtake chains that touch
    nothing that it writes, and write nothing that it touches; so an early phase, which prepares weights, goes
    before the chain that it would break.
    """
    chains: list[list[BoundPhase]] = []
    for phase in phases:
        place = len(chains)
        while place and all(_independent(phase, other) for other in chains[place - 1]):
            place -= 1
        joined = next(
            (chain for chain in reversed(chains[max(0, place - 1) :]) if _joins(phase, chain)), None
        )
        if joined is not None:
            joined.append(phase)
        elif phase.phase.early and place < len(chains):
            chains.insert(len(chains) - 1, [phase])
        else:
            chains.append([phase])
    return chains


def _joins(phase: BoundPhase, chain: list[BoundPhase]) -> bool:
    return all(_by_groups(other, phase) for other in chain)


def _independent(a: BoundPhase, b: BoundPhase) -> bool:
    return not (_meet(a.writes, (*b.reads, *b.writes)) or _meet(a.reads, b.writes))


def _meet(some: tuple[Extent, ...], others: tuple[Extent, ...]) -> bool:
    return any(one.meets(other) for one in some for other in others)


def _by_groups(first: BoundPhase, second: BoundPhase) -> bool:
    same_groups = first.phase.images == second.phase.images > 0 and first.phase.groups == second.phase.groups
    pairs = chain(
        ((written, used) for written in second.writes for used in (*first.reads, *first.writes)),
        ((written, used) for written in first.writes for used in second.reads),
    )
    return same_groups and all(one == other or not one.meets(other) for one, other in pairs)


class Pool:
    """``threads`` threads, of which the caller is one."""

    def __init__(self, threads: int) -> None:
        self._drive = _native_drive()
        self._lock = Lock()
        self._scratch = [_aligned(0) for _ in range(threads)]
        self._jobs: list[SimpleQueue[tuple[PhaseSequence, int]]] = [SimpleQueue() for _ in range(threads - 1)]
        for index, jobs in enumerate(self._jobs):
            Thread(
                target=self._work, args=(index + 1, jobs), name=f"kernels-{index + 1}", daemon=True
            ).start()

    def run(self, sequence: PhaseSequence) -> None:
        """Run a sequence to its end."""
        with self._lock:
            if self._scratch[0].size < sequence.scratch:
                self._scratch = [_aligned(sequence.scratch) for _ in self._scratch]
            job = (sequence, sequence.begin())
            for jobs in self._jobs:
                jobs.put(job)
            self._take_part(0, *job)

    def _work(self, index: int, jobs: SimpleQueue[tuple[PhaseSequence, int]]) -> None:
        while True:
            self._take_part(index, *jobs.get())

    def _take_part(self, index: int, sequence: PhaseSequence, replay: int) -> None:
        table = sequence.table
        self._drive(table.ctypes.data, len(table), replay, self._scratch[index].ctypes.data)


@cache
def pool() -> Pool:
    """Return the threads of this process."""
    return Pool(thread_count())


def _native_drive() -> Any:
    address = linker("plain").load("drive", [drive.SYMBOL], lambda: drive.SOURCE)(drive.SYMBOL)
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)(address)


def _aligned(elements: int) -> NDArray[np.float32]:
    memory = np.zeros(elements * ITEM + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + elements * ITEM].view(np.float32)
