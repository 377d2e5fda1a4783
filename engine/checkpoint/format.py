"""What a checkpoint is: safetensors files, and a manifest beside them that says what must be in them.

::

    checkpoints/step-000000001200-3f9c51d20b7e.safetensors   arrays; the name ends in their sha256
    checkpoints/step-000000001200.json                       the manifest

There is one file of arrays for each rank of the training that holds some. Which ranks had what does not
matter to who reads it: arrays are put together in canonical order.

The manifest is written last, so a checkpoint is there once its manifest is. It bears a hash of itself too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import CheckpointError

Tensors = Mapping[str, NDArray[Any]]
Count = Annotated[int, msgspec.Meta(ge=0)]

_MANIFEST_NAME = re.compile(r"step-(\d{12,})\.json")


@dataclass(frozen=True)
class CheckpointState:
    """A training between two steps. ``tensors`` are weights, velocities and whatever else is learnt."""

    step: int  # updates of the weights so far
    epoch: int  # passes over the training split that are finished
    cursor: int  # training examples seen in the epoch that is not finished
    seed: int
    network_sha256: str  # hexadecimal, of the network as run
    tensors: Tensors
    seconds: float = 0.0  # s of training so far
    preparation: Mapping[str, Any] | None = None  # how pictures are prepared; plain values for JSON
    first_loss: float | None = None  # median of the training's first losses; None: not known yet
    plan_lock: Mapping[str, Any] | None = None  # what the plan was compiled to; plain values for JSON
    best: Mapping[str, Any] | None = None  # the least validation error so far; plain values for JSON


class TensorEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One whole array."""

    name: str
    shape: tuple[Count, ...]
    dtype: str  # NumPy's name


class ArrayFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One safetensors file. ``begins`` tells where in the whole its arrays begin that are parts of one."""

    name: Annotated[str, msgspec.Meta(pattern=r"^step-\d+-[0-9a-f]+\.safetensors$")]
    size: Count  # bytes
    sha256: str  # hexadecimal
    begins: dict[str, tuple[Count, ...]] = {}


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a checkpoint holds; field meanings as in :class:`CheckpointState`."""

    format_version: Literal[1]
    step: Count
    epoch: Count
    cursor: Count
    seed: int
    seconds: float
    network_sha256: str
    files: tuple[ArrayFile, ...]
    tensors: tuple[TensorEntry, ...]
    preparation: dict[str, Any] | None = None
    first_loss: float | None = None
    plan_lock: dict[str, Any] | None = None
    best: dict[str, Any] | None = None


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manifest: Manifest
    manifest_sha256: str


def describe_tensors(tensors: Tensors) -> tuple[TensorEntry, ...]:
    """List the arrays in the order of their names."""
    return tuple(TensorEntry(name, tensors[name].shape, tensors[name].dtype.name) for name in sorted(tensors))


def contiguous(tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Arrays as safetensors needs them: its version 0.8.0 scrambles what is not in C order."""
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def manifest_path(folder: Path, step: int) -> Path:
    """Return where the manifest of a step belongs."""
    return folder / f"step-{step:012d}.json"


def manifest_steps(folder: Path) -> list[int]:
    """Return the steps that have a manifest, rising; whether the manifests are sound is not looked at."""
    if not folder.is_dir():
        return []
    matches = (_MANIFEST_NAME.fullmatch(entry.name) for entry in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def dump_manifest(manifest: Manifest) -> bytes:
    """Return the content of a manifest file."""
    sealed = _Sealed(manifest, _seal(manifest))
    return msgspec.json.format(msgspec.json.encode(sealed), indent=2) + b"\n"


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Read a manifest file's content; raises CheckpointError, naming ``path``, if it was changed."""
    try:
        sealed = msgspec.json.decode(content, type=_Sealed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(path, "a checkpoint manifest", str(error)) from error
    # The file's own form counts too, so that no changed byte goes unnoticed.
    if sealed.manifest_sha256 != _seal(sealed.manifest) or dump_manifest(sealed.manifest) != content:
        raise damaged(path, "the manifest as written", "a changed one")
    return sealed.manifest


def damaged(path: Path, expected: str, found: str) -> CheckpointError:
    """Return the error for a checkpoint that cannot be used."""
    return CheckpointError(path=str(path), expected=expected, found=found, hint="An older checkpoint may do.")


def _seal(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
