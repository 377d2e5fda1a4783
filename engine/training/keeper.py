"""Keeps and finds the checkpoints of a training, whose arrays may be shared out over ranks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from engine.checkpoint import (
    ArrayFile,
    CheckpointState,
    TensorEntry,
    commit,
    drop_after,
    find_latest,
    load,
    write_arrays,
)
from engine.checkpoint.format import describe_tensors, manifest_path
from engine.errors import CheckpointError
from engine.parallel.team import Team
from engine.plan.types import Buffer
from engine.protocol.messages import Problem
from engine.protocol.problems import describe, rebuild
from engine.runtime.device import Contents
from engine.runtime.distributed import Distributed

_Written = tuple[ArrayFile | None, Problem | None]
"""A file, or why there is none; neither where a rank holds nothing that others do not write."""


class CheckpointKeeper:
    """The checkpoints in a ``folder``. All ranks make each call, and raise the same CheckpointError."""

    def __init__(self, folder: Path, learned: Sequence[Buffer], arrays: Distributed, team: Team) -> None:
        """``learned`` are the buffers that a checkpoint holds."""
        self._folder = folder
        self._learned = learned
        self._arrays = arrays
        self._team = team

    def keep(self, state: CheckpointState, learned: Contents, *, keep: int, best: int | None = None) -> None:
        """Keep ``state`` with what this rank has ``learned``; rank 0 keeps the state's own tensors, too.

        Then all checkpoints but the newest ``keep`` and that of step ``best`` are removed. Each rank writes
        its part; rank 0 makes it a checkpoint once all are on the disk.
        """
        files = self._team.gather(self._write(state, learned), _Written)
        problem = self._team.share(self._commit(state, files, keep, best) if files else None, Problem | None)
        if problem is not None:
            raise rebuild(problem)

    def _write(self, state: CheckpointState, learned: Contents) -> _Written:
        names = [buffer.name for buffer in self._learned]
        parts = {name: self._arrays.part(name, learned.get(name)) for name in names}
        held = {name: part for name, part in parts.items() if part is not None}
        arrays: dict[str, NDArray[Any]] = {name: part.array for name, part in held.items()}
        if self._team.leads:
            arrays |= state.tensors
        begins = {
            buffer.name: held[buffer.name].begin
            for buffer in self._learned
            if buffer.name in held and held[buffer.name].array.shape != buffer.shape
        }
        try:
            return write_arrays(self._folder, state.step, arrays, begins) if arrays else None, None
        except CheckpointError as error:
            return None, describe(error)

    def _commit(
        self, state: CheckpointState, files: list[_Written], keep: int, best: int | None
    ) -> Problem | None:
        for _, problem in files:
            if problem is not None:
                return problem
        entries = [TensorEntry(buffer.name, buffer.shape, buffer.dtype) for buffer in self._learned]
        tensors = sorted([*entries, *describe_tensors(state.tensors)], key=lambda entry: entry.name)
        written = [file for file, _ in files if file is not None]
        try:
            commit(self._folder, state, written, tuple(tensors), keep=keep, best=best)
        except CheckpointError as error:
            return describe(error)
        return None

    def find(self, at_most: int) -> CheckpointState | None:
        """Return the newest sound checkpoint that is not after a step, None where there is none."""
        found = find_latest(self._folder, at_most) if self._team.leads else None
        return known_to_all(None if found is None else found.state, self._folder, self._team)

    def drop_after(self, step: int) -> None:
        """Remove the checkpoints of later steps."""
        if self._team.leads:
            drop_after(self._folder, step)


def known_to_all(state: CheckpointState | None, folder: Path, team: Team) -> CheckpointState | None:
    """Return on all ranks the checkpoint in ``folder`` that rank 0 has found; others may give anything."""
    step = team.share(None if state is None else state.step, int | None)
    return state if team.leads or step is None else load(manifest_path(folder, step))
