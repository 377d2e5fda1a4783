"""The manifest says exactly what was written."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.checkpoint import format as layout
from engine.errors import CheckpointError

MANIFEST = layout.Manifest(
    format_version=1,
    step=7,
    epoch=1,
    cursor=64,
    seed=3,
    seconds=1.25,
    network_sha256="ab" * 32,
    files=(layout.ArrayFile("step-000000000007-0123456789ab.safetensors", 100, "cd" * 32),),
    tensors=(layout.TensorEntry("conv1.weights", (16, 5, 5, 3), "float32"),),
)


def test_a_manifest_reads_back_equal() -> None:
    assert layout.parse_manifest(layout.dump_manifest(MANIFEST), Path("m.json")) == MANIFEST


def test_no_changed_character_of_a_manifest_goes_unnoticed() -> None:
    """Each byte is changed in turn: the manifest is refused, or says the very same (blanks may differ)."""
    content = layout.dump_manifest(MANIFEST)
    for place in range(len(content)):
        for change in (0x01, 0x20, 0x80):
            mutant = bytearray(content)
            mutant[place] ^= change
            with contextlib.suppress(CheckpointError):
                assert layout.parse_manifest(bytes(mutant), Path("m.json")) == MANIFEST


def test_a_file_outside_the_folder_is_refused() -> None:
    name = MANIFEST.files[0].name.encode()
    content = layout.dump_manifest(MANIFEST).replace(name, b"../../secret.safetensors")
    with pytest.raises(CheckpointError):
        layout.parse_manifest(content, Path("m.json"))
