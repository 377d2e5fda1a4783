"""Writes checkpoints, and removes old ones once the new one was read back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import numpy as safetensors

from engine import durable
from engine.checkpoint import format as layout
from engine.checkpoint import reader
from engine.errors import CheckpointError


def save(folder: Path, state: layout.CheckpointState, keep: int = 3, best: int | None = None) -> Path:
    """Keep ``state``, then remove all checkpoints but the newest ``keep``; returns the manifest's path.

    The one of step ``best`` is kept as well.

    A checkpoint of a later step is of a course of training that was given up, and is removed as well.
    Raises CheckpointError if the disk refuses; the checkpoints that were there are then unharmed.
    """
    file = write_arrays(folder, state.step, state.tensors)
    return commit(folder, state, [file], layout.describe_tensors(state.tensors), keep=keep, best=best)


def write_arrays(
    folder: Path, step: int, arrays: layout.Tensors, begins: Mapping[str, tuple[int, ...]] | None = None
) -> layout.ArrayFile:
    """Write one file of a checkpoint that is not there before its ``commit``; raises CheckpointError.

    ``begins`` tells where in the whole those arrays begin that are a part of one.
    """
    content = safetensors.save(layout.contiguous(arrays))
    digest = hashlib.sha256(content).hexdigest()
    # The hash in the name keeps an earlier checkpoint of this step whole until it is replaced.
    name = f"step-{step:012d}-{digest[:12]}.safetensors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        durable.write(folder / name, content)
    except OSError as error:
        raise _refused(folder, error) from error
    return layout.ArrayFile(name, len(content), digest, dict(begins or {}))


def commit(
    folder: Path,
    state: layout.CheckpointState,
    files: Sequence[layout.ArrayFile],
    tensors: tuple[layout.TensorEntry, ...],
    *,
    keep: int,
    best: int | None = None,
) -> Path:
    """Make a checkpoint of ``files`` that were written, as ``save`` does; ``tensors`` are the whole arrays.

    All of ``state`` is kept but its own tensors.
    """
    manifest = layout.Manifest(
        format_version=1,
        step=state.step,
        epoch=state.epoch,
        cursor=state.cursor,
        seed=state.seed,
        seconds=state.seconds,
        network_sha256=state.network_sha256,
        files=tuple(files),
        tensors=tensors,
        preparation=None if state.preparation is None else dict(state.preparation),
        first_loss=state.first_loss,
        plan_lock=None if state.plan_lock is None else dict(state.plan_lock),
        best=None if state.best is None else dict(state.best),
    )
    path = layout.manifest_path(folder, state.step)
    try:
        durable.write(path, layout.dump_manifest(manifest))
        reader.verify(path)
        _prune(folder, state.step, keep, best)
    except OSError as error:
        raise _refused(folder, error) from error
    return path


def drop_after(folder: Path, step: int) -> None:
    """Remove the checkpoints of later steps, whose course was given up. Raises CheckpointError."""
    try:
        for later in layout.manifest_steps(folder):
            if later > step:
                layout.manifest_path(folder, later).unlink()
        durable.fsync_folder(folder)
    except OSError as error:
        raise _refused(folder, error) from error


def _refused(folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        path=str(folder),
        expected="a disk that takes the checkpoint",
        found=error.strerror or str(error),
        hint="The checkpoints before it are kept. Free some space, or check the disk.",
    )


def _prune(folder: Path, step: int, keep: int, best: int | None) -> None:
    steps = layout.manifest_steps(folder)
    newest = [other for other in steps if other <= step][-keep:]
    kept = [other for other in steps if other in newest or other == best]
    for other in steps:
        if other not in kept:
            layout.manifest_path(folder, other).unlink()
    durable.fsync_folder(folder)
    # Arrays go after their manifest, so that no manifest ever lacks its arrays; this takes up, too, what a
    # death at any moment left behind.
    manifests = b"".join(layout.manifest_path(folder, other).read_bytes() for other in kept)
    for file in [*folder.glob("step-*.safetensors"), *folder.glob(".step-*.part")]:
        if file.name.encode() not in manifests:
            file.unlink()
