"""What all checkpoints of a training have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.checkpoint import CheckpointState
from engine.data.preparation import Preparation
from engine.errors import CheckpointError
from engine.training.best import Best
from engine.training.place import Place
from engine.training.plan_lock import PlanLock, to_record


@dataclass(frozen=True)
class Origin:
    """The network, seed, plan and preparation of pictures that a training was begun with."""

    folder: Path
    network_sha256: str
    seed: int
    lock: PlanLock
    preparation: Preparation

    def check(self, state: CheckpointState) -> None:
        """Raise CheckpointError for a checkpoint of another network."""
        if state.network_sha256 != self.network_sha256:
            raise CheckpointError(
                path=str(self.folder),
                expected="a checkpoint of the network in this run folder",
                found="one of another network",
                hint="Start a new run.",
            )

    def state(self, place: Place, best: Best, first_loss: float | None) -> CheckpointState:
        """Return what a checkpoint of a place holds, but for what was learned."""
        preparation, means = self.preparation.to_record()
        return CheckpointState(
            step=place.step,
            epoch=place.epoch,
            cursor=place.cursor,
            seed=self.seed,
            network_sha256=self.network_sha256,
            tensors=means,
            seconds=place.seconds,
            preparation=preparation,
            first_loss=first_loss,
            plan_lock=to_record(self.lock),
            best=None if best.step is None else msgspec.structs.asdict(best),
        )
