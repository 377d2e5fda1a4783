"""Finds and reads checkpoints. Nothing is believed before its hash was compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import format as layout
from engine.checkpoint.parts import join
from engine.errors import CheckpointError
from engine.words import Words


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
    manifest = read_manifest(path)
    tensors = join(path, manifest, (_read_file(path.parent, file) for file in manifest.files))
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
    manifest = read_manifest(path)
    for file in manifest.files:
        _read_file(path.parent, file)


def read_manifest(path: Path) -> layout.Manifest:
    """Read the manifest at ``path``; raises CheckpointError where it is not as it was written."""
    manifest = layout.parse_manifest(_read_bytes(path), path)
    if layout.manifest_path(path.parent, manifest.step) != path:
        raise layout.damaged(
            path, "the manifest of this step", Words("that of step {step}", step=manifest.step)
        )
    return manifest


def _read_file(folder: Path, file: layout.ArrayFile) -> bytes:
    path = folder / file.name
    content = _read_bytes(path)
    if len(content) != file.size:
        raise layout.damaged(path, Words("{count} bytes", count=file.size), str(len(content)))
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise layout.damaged(path, "the bytes as written", "changed ones")
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise layout.damaged(path, "a file that can be read", error.strerror or str(error)) from error
