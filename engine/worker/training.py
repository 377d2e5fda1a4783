"""From the run folder to a training."""

from __future__ import annotations

from pathlib import Path

from engine import checkpoint
from engine.checkpoint import CheckpointState
from engine.graph import network_file
from engine.protocol.internal import Ended, WorkerStart
from engine.protocol.problems import describe
from engine.store.run_folder import RunFolder, hold_worker
from engine.store.snapshots import SnapshotStore
from engine.training.run import train
from engine.worker.engine_link import EngineLink
from engine.worker.observer import EngineObserver


def train_in_folder(start: WorkerStart, link: EngineLink) -> Ended:
    """Train what the run folder holds until it is finished or stopped; raises ConvNetError.

    A run whose last checkpoint the disk did not take has ended with that as the cause.
    """
    observer = EngineObserver(link)
    run = RunFolder.open(Path(start.run_folder))
    hold = hold_worker(run.path)
    try:
        state = _take_up(run, observer) if start.resume else None
        outcome = train(
            network_file.load(run.network),
            Path(run.description.base),
            run,
            device=start.device,
            observer=observer,
            checkpoint=state,
            edits=start.edits,
        )
        return Ended(outcome, None if observer.refusal is None else describe(observer.refusal))
    finally:
        hold.release()


def _take_up(run: RunFolder, observer: EngineObserver) -> CheckpointState | None:
    """Return the newest sound checkpoint, and put out of the way what came after it."""
    found = checkpoint.find_latest(run.checkpoints)
    for error in found.damaged if found else ():
        observer.log("warning", f"A damaged checkpoint is not used. {error}")
    step = found.state.step if found else 0
    SnapshotStore(run.snapshots).drop_after(step)
    observer.rewound(step)
    observer.log("info", f"Training goes on from step {step}.")
    return found.state if found else None
