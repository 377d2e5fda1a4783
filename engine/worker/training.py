"""From the run folder to a training."""

from __future__ import annotations

from pathlib import Path

from engine import checkpoint
from engine.checkpoint import CheckpointState
from engine.errors import DeviceError
from engine.graph import network_file
from engine.log_lines import Line
from engine.parallel.devices import device_names
from engine.parallel.team import ALONE, Team
from engine.protocol.internal import Ended, WorkerStart
from engine.protocol.messages import Site
from engine.protocol.problems import describe
from engine.store.run_folder import RunFolder, hold_worker
from engine.store.snapshots import SnapshotStore
from engine.training.observer import Observer, Silent
from engine.training.run import train
from engine.training.trainer import Outcome
from engine.words import Words
from engine.worker.engine_link import EngineLink
from engine.worker.observer import EngineObserver


def train_in_folder(start: WorkerStart, link: EngineLink | None, team: Team | None) -> Ended:
    """Train what the run folder holds until it is finished or stopped; raises ConvNetError.

    A run whose last checkpoint the disk did not take has ended with that as the cause.
    """
    if team is not None:
        _check_joined(start.site, team)
    run = RunFolder.open(Path(start.run_folder))
    if team is not None and not team.leads:
        return Ended(_train(run, start, Silent(), team))
    assert link is not None
    observer = EngineObserver(link)
    hold = hold_worker(run.path)
    try:
        state = _take_up(run, observer) if start.resume else None
        outcome = _train(run, start, observer, team, state)
        return Ended(outcome, None if observer.refusal is None else describe(observer.refusal))
    finally:
        hold.release()


def _check_joined(site: Site, team: Team) -> None:
    """Raise DeviceError where a launcher's processes are not joined by MPI, but each is alone."""
    count = len(device_names(site.device))
    if team.line.size != count:
        raise DeviceError(
            device=site.launcher or "mpiexec",
            missing=Words(
                "it started processes that MPI does not join: expected {expected} ranks, found {found}",
                expected=count,
                found=team.line.size,
            ),
            hint='It must suit the MPI that mpi4py uses: --mpi "srun --mpi=pmi2" for MPICH under SLURM.',
        )


def _train(
    run: RunFolder,
    start: WorkerStart,
    observer: Observer,
    team: Team | None,
    state: CheckpointState | None = None,
) -> Outcome:
    return train(
        network_file.load(run.network),
        Path(run.description.base),
        run,
        device=start.site.device,
        observer=observer,
        checkpoint=state,
        edits=start.edits,
        split=start.site.split,
        team=team or ALONE,
    )


def _take_up(run: RunFolder, observer: EngineObserver) -> CheckpointState | None:
    """Return the newest sound checkpoint, and put out of the way what came after it."""
    found = checkpoint.find_latest(run.checkpoints)
    for error in found.damaged if found else ():
        observer.log("warning", Line.CHECKPOINT_DAMAGED, error)
    step = found.state.step if found else 0
    SnapshotStore(run.snapshots).drop_after(step)
    observer.rewound(step)
    observer.log("info", Line.GOES_ON, step=step)
    return found.state if found else None
