"""Finds and reads checkpoints. Nothing is believed before its hash was compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors import numpy as safetensors

from engine.checkpoint import format as layout
from engine.errors import CheckpointError


@dataclass(frozen=True)
class Found:
    """The newest sound checkpoint, and the ``damaged`` ones that are newer."""

    path: Path  # of the manifest
    state: layout.CheckpointState
    damaged: tuple[CheckpointError, ...]


def find_latest(folder: Path, at_most: int | None = None) -> Found | None:
    """Return the newest checkpoint that is sound, or None if there is none at all.

    With ``at_most``, those of later steps are not looked at. Raises CheckpointError, of the newest, if there
    are some but all are damaged.
    """
    errors: list[CheckpointError] = []
    for step in reversed(layout.manifest_steps(folder)):
        if at_most is not None and step > at_most:
            continue
        path = layout.manifest_path(folder, step)
        try:
            return Found(path, load(path), tuple(errors))
        except CheckpointError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return None


def load_latest(folder: Path) -> layout.CheckpointState | None:
    """Return the state of :func:`find_latest`."""
    found = find_latest(folder)
    return None if found is None else found.state


def load(path: Path) -> layout.CheckpointState:
    """Read the checkpoint whose manifest is at ``path``. Its arrays may be read-only.

    Raises CheckpointError naming the file that is not as it was written.
    """
    manifest, content = _read(path)
    try:
        tensors = safetensors.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise layout.damaged(path, "a safetensors file", str(error)) from error
    if layout.describe_tensors(tensors) != manifest.tensors:
        raise layout.damaged(path, "the arrays that the manifest lists", "others")
    return layout.CheckpointState(
        step=manifest.step,
        epoch=manifest.epoch,
        cursor=manifest.cursor,
        seed=manifest.seed,
        network_sha256=manifest.network_sha256,
        tensors=tensors,
        seconds=manifest.seconds,
        preparation=manifest.preparation,
        first_loss=manifest.first_loss,
        plan_lock=manifest.plan_lock,
        best=manifest.best,
    )


def verify(path: Path) -> None:
    """Read the checkpoint back and compare its hashes; raises CheckpointError."""
    _read(path)


def _read(path: Path) -> tuple[layout.Manifest, bytes]:
    try:
        manifest = layout.parse_manifest(path.read_bytes(), path)
        if layout.manifest_path(path.parent, manifest.step) != path:
            raise layout.damaged(path, "the manifest of this step", f"that of step {manifest.step}")
        file = path.parent / manifest.file
        content = file.read_bytes()
    except OSError as error:
        raise layout.damaged(path, "a file that can be read", error.strerror or str(error)) from error
    if len(content) != manifest.size:
        raise layout.damaged(file, f"{manifest.size} bytes", str(len(content)))
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise layout.damaged(file, "the bytes as written", "changed ones")
    return manifest, content
