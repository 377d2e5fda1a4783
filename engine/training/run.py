"""Prepares a training from a network file and runs it in a run folder."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine import durable
from engine.checkpoint import CheckpointState
from engine.data.open import open_dataset
from engine.errors import PlanError
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.plan.table import format_plan
from engine.protocol.messages import Edited, RunState
from engine.runtime.devices import best_code, device_kind, replayed_code
from engine.store.run_folder import RunFolder
from engine.training.fit import check_data
from engine.training.observer import Command, Observer
from engine.training.plan_lock import PlanLock, differences, from_record, lock_of
from engine.training.trainer import Outcome, Trainer

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
) -> Outcome:
    """Train ``network`` on ``device`` in the run folder, from ``checkpoint`` on if there is one.

    ``edits`` of settings, of a training before, are made again. ``base`` is the folder that the network's
    data path is relative to. Raises what is wrong with network, data, device or checkpoint as ConvNetError,
    before anything is trained.
    """
    observer.state(RunState.COMPILING)
    kind = device_kind(device)
    layers = infer(network.graph)
    was = None if checkpoint is None else from_record(checkpoint.plan_lock)
    code = best_code(kind) if was is None else replayed_code(kind, was.code)
    plan = compile_network(
        network.graph,
        network.training.batch_size,
        device=kind,
        split=network.splits[0],
        code=code,
        training=network.training,
    )
    if not plan.slots:
        raise PlanError(
            layer="network",
            expected="a layer that learns",
            found="none",
            hint="Add a convolution or a fully connected layer, or thaw one.",
        )
    decoding = _Decoding(observer)
    try:
        dataset = open_dataset(network.data, base, decoding)
    except _StoppedError:
        return "stopped"
    if dataset.skipped:
        first = dataset.skipped[0]
        text = f"{len(dataset.skipped)} files of {dataset.name} were skipped; {first.name}: {first.reason}"
        observer.log("warning", text)
    size = check_data(layers, dataset, network.data.border)
    lock = lock_of(plan, code)
    if was is not None:
        _warn_of_changes(was, lock, observer)
    try:
        run.plan.write_text(format_plan(plan), encoding="utf-8")
        durable.write(run.lock, msgspec.json.format(msgspec.json.encode(lock)))
    except OSError as error:
        observer.log("error", f"The plan could not be kept in the run folder: {error.strerror or error}.")
    trainer = Trainer(
        plan=plan,
        device=device,
        layers=layers,
        dataset=dataset,
        size=size,
        training=network.training,
        data=network.data,
        run=run,
        network_sha256=network_sha256(network),
        observer=observer,
        lock=lock,
        edits=edits,
        commands=decoding.commands,
    )
    if checkpoint is not None:
        trainer.resume(checkpoint)
    return trainer.train()


def _warn_of_changes(was: PlanLock, lock: PlanLock, observer: Observer) -> None:
    changes = list(differences(was, lock))
    if changes:
        text = f"Going on within rounding, not bit for bit, since not all is as it was: {'; '.join(changes)}."
        observer.log("warning", text)


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
            self._observer.log("info", f"{done:,} pictures are decoded, which is done once.")


def network_sha256(network: NetworkFile) -> str:
    """Return the hash of what a training depends on: all of the file but the drawing."""
    content = network_file.dumps(dataclasses.replace(network, positions={}))
    return hashlib.sha256(content.encode()).hexdigest()
