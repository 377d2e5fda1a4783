"""Prepares a training from a network file and runs it in a run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from engine import durable
from engine.checkpoint import CheckpointState
from engine.data.dataset import Dataset
from engine.data.open import open_dataset
from engine.errors import PlanError
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.graph.presets import choose_split
from engine.log_lines import Line
from engine.parallel.devices import device_names
from engine.parallel.team import ALONE, Team
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.plan.table import format_plan
from engine.plan.types import TrainingPlan
from engine.protocol.messages import Edited, RunState
from engine.runtime.devices import begin_on, best_code, device_kind, free_bytes, replayed_code
from engine.runtime.room import check_room
from engine.store.run_folder import RunFolder
from engine.training.alike import compile_alike, precision_for_all
from engine.training.fit import check_data
from engine.training.keeper import known_to_all
from engine.training.observer import Command, Observer
from engine.training.plan_lock import PlanLock, differences, from_record, lock_of
from engine.training.trainer import Outcome, Trainer
from engine.words import listed

_SECONDS_BETWEEN_LINES = 10.0


def train(
    network: NetworkFile,
    base: Path,
    run: RunFolder,
    *,
    device: str,
    observer: Observer,
    checkpoint: CheckpointState | None = None,
    edits: Sequence[Edited] = (),
    split: str = "",
    team: Team = ALONE,
) -> Outcome:
    """Train ``network`` on ``device`` in the run folder, from ``checkpoint`` on if there is one.

    ``edits`` of settings, of a training before, are made again. ``base`` is the folder that the network's
    data path is relative to. On several devices each rank of the ``team`` trains its part, as the ``split``
    says; what rank 0 gives as checkpoint and edits holds for all, and it alone is given a real ``observer``.
    Raises what is wrong with network, data, device or checkpoint as ConvNetError, before anything is trained.
    """
    observer.state(RunState.COMPILING)
    devices = device_names(device)
    own = devices[team.line.rank]
    begin_on(own)
    layers = infer(network.graph)
    checkpoint = known_to_all(checkpoint, run.checkpoints, team)
    was = None if checkpoint is None else from_record(checkpoint.plan_lock)
    plan, code = _make_plan(network, devices, split, was, observer, team)
    decoding = _Decoding(observer)
    dataset = _open(network, base, decoding, team)
    if dataset is None:
        return "stopped"
    _warn_of_skipped(dataset, observer)
    size = check_data(network.graph, layers, dataset, network.data.border)
    lock = lock_of(plan, code, own)
    if was is not None:
        _warn_of_changes(was, lock, observer)
    if team.leads:
        _keep_plan(run, plan, lock, observer)
    trainer = Trainer(
        plan=plan,
        device=own,
        layers=layers,
        dataset=dataset,
        size=size,
        training=network.training,
        data=network.data,
        run=run,
        network_sha256=network_file.network_sha256(network),
        observer=observer,
        lock=lock,
        edits=team.share(tuple(edits), tuple[Edited, ...]),
        commands=decoding.commands,
        team=team,
    )
    if checkpoint is None:
        trainer.begin()
    else:
        trainer.resume(checkpoint)
    return trainer.train()


def _make_plan(  # noqa: PLR0917 - all that a plan depends on
    network: NetworkFile,
    devices: Sequence[str],
    split: str,
    was: PlanLock | None,
    observer: Observer,
    team: Team,
) -> tuple[TrainingPlan, str]:
    """Return the plan of a training, and the code that kernels are built for: as it ``was``, if it was.

    Raises DeviceError where a device has no room for it, PlanError where nothing learns.
    """
    own = devices[team.line.rank]
    kind = device_kind(own)
    # What rank 0 chooses all take, so that sums over ranks are of like numbers.
    code = team.share(best_code(kind) if was is None else replayed_code(kind, was.code), str)
    chosen = choose_split(network.graph, network.splits, split, len(devices))
    if len(devices) > 1:
        observer.log("info", Line.SPLIT, split=chosen.name, count=len(devices), devices=", ".join(devices))
    compile_for = partial(
        compile_network,
        network.graph,
        device=kind,
        split=chosen,
        code=code,
        training=network.training,
        precision=precision_for_all(own, network.training.precision, team),
    )
    free = free_bytes(own)
    if free is not None:
        # With plain kernels: none are tried out on what might have no room.
        check_room(own, network.training.batch_size, team.line.rank, free, partial(compile_for, code=""))
    is_same = was is not None and (was.device, was.code) == (kind, code)
    plan = compile_alike(
        compile_for, network.training.batch_size, was.choices if was and is_same else None, team
    )
    if not plan.slots:
        raise PlanError(
            layer="network",
            expected="a layer that learns",
            found="none",
            hint="Add a convolution or a fully connected layer, or thaw one.",
        )
    return plan, code


def _open(network: NetworkFile, base: Path, decoding: _Decoding, team: Team) -> Dataset | None:
    """Return the data; None, on all ranks, where a stop was asked for while it was being decoded."""
    dataset = None
    if team.leads:
        with suppress(_StoppedError):
            dataset = open_dataset(network.data, base, decoding)
    if team.share(dataset is None, bool):
        return None
    # After rank 0, which leaves on the disk what it has decoded.
    return dataset or open_dataset(network.data, base)


def _warn_of_skipped(dataset: Dataset, observer: Observer) -> None:
    if dataset.skipped:
        first = dataset.skipped[0]
        observer.log(
            "warning",
            Line.FILES_SKIPPED,
            count=len(dataset.skipped),
            data=dataset.name,
            first=first.name,
            reason=first.reason,
        )


def _keep_plan(run: RunFolder, plan: TrainingPlan, lock: PlanLock, observer: Observer) -> None:
    text = "\n".join(format_plan(plan, rank) for rank in plan.ranks)
    try:
        run.plan.write_text(text, encoding="utf-8")
        durable.write(run.lock, msgspec.json.format(msgspec.json.encode(lock)))
    except OSError as error:
        observer.log("error", Line.PLAN_NOT_KEPT, reason=error.strerror or str(error))


def _warn_of_changes(was: PlanLock, lock: PlanLock, observer: Observer) -> None:
    changes = list(differences(was, lock))
    if changes:
        observer.log("warning", Line.NOT_AS_IT_WAS, changes=listed(changes))


class _StoppedError(Exception):
    """A stop was asked for before there was anything to train."""


class _Decoding:
    """Logs now and then how many pictures are decoded, which may take hours.

    A stop is obeyed; other ``commands`` are kept for when there is something to train.
    """

    def __init__(self, observer: Observer) -> None:
        self.commands: list[Command] = []
        self._observer = observer
        self._told = time.monotonic()

    def __call__(self, done: int) -> None:
        self.commands += self._observer.commands(wait=False)
        if "stop" in self.commands:
            raise _StoppedError
        if time.monotonic() - self._told > _SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            self._observer.log("info", Line.DECODED, count=done)
