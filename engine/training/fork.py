"""Begins a run at a checkpoint of another one, perhaps with other settings or other layers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import CheckpointState, load, save
from engine.checkpoint.format import manifest_path
from engine.errors import FieldError
from engine.graph import network_file
from engine.protocol.messages import Fork
from engine.store.run_folder import RunFolder
from engine.words import Words


@dataclass(frozen=True)
class ForkPoint:
    """What a fork begins with: the ``state`` as one of the new network, and the other run's ``base``."""

    state: CheckpointState
    base: Path

    def keep_in(self, run: RunFolder) -> None:
        """Make it the first checkpoint of a new run."""
        save(run.checkpoints, self.state)


def find_fork_point(fork: Fork, network: str) -> ForkPoint:
    """Return where a run of the ``network``, the text of a file, would begin.

    The trainer takes over what has the same name and shape. Raises RunFolderError, CheckpointError, and
    FieldError where nothing would be left to train.
    """
    other = RunFolder.open(Path(fork.run_folder))
    new = network_file.loads(network)
    state = load(manifest_path(other.checkpoints, fork.step))
    if state.epoch >= new.training.epochs:
        expected = Words(
            "more than {epochs}, which are done at step {step}", epochs=state.epoch, step=fork.step
        )
        raise FieldError(layer="training", field="epochs", expected=expected, found=str(new.training.epochs))
    return ForkPoint(
        dataclasses.replace(
            state, network_sha256=network_file.network_sha256(new), plan_lock=None, best=None
        ),
        Path(other.description.base),
    )
