"""Damaged network files and checkpoints are refused or taken, and never crash their reader."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import msgspec
import numpy as np

from engine.checkpoint import format as layout
from engine.checkpoint import reader
from engine.errors import ConvNetError
from engine.graph import network_file
from tests.faults.outcome import Outcome
from tests.faults.saving import prepare

ROW, FAULT, FULL = "fuzz", "network file and checkpoint reader", 10_000
EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"
TELLING = [
    b'"', b"{", b"}", b"[", b"]", b"null", b"1e999", b"-1", b"9" * 40, b"NaN", b"\\ud800", b"\xff", b"\x00",
    b"[" * 5_000, b'{"a":' * 2_000, b"../../", b"\xef\xbb\xbf", b"true",
]  # fmt: skip


def mutant(seeds: list[bytes], chance: random.Random) -> bytes:
    """Return one of ``seeds`` with a few bytes changed, put in, taken out or moved."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 5, 20))):
        place = chance.randrange(len(content) + 1)
        length = chance.choice((1, 1, 2, 8, 64, 500))
        match chance.randrange(5):
            case 0 if place < len(content):
                content[place] ^= 1 << chance.randrange(8)
            case 1:
                content[place:place] = chance.choice(TELLING)
            case 2:
                del content[place : place + length]
            case 3:
                other = chance.choice(seeds)
                start = chance.randrange(len(other) + 1)
                content[place : place + length] = other[start : start + length]
            case _:
                telling = chance.choice(TELLING)
                content[place : place + len(telling)] = telling
    return bytes(content)


def network_files(count: int, chance: random.Random) -> tuple[int, int]:
    """Read ``count`` mutants of the examples; return how many were taken, and how many were refused."""
    seeds = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.convnet"))]
    taken = refused = 0
    for _ in range(count):
        try:
            network = network_file.loads(mutant(seeds, chance), "mutant")
        except ConvNetError:
            refused += 1
        else:
            network_file.loads(network_file.dumps(network), "what was taken")
            taken += 1
    return taken, refused


def checkpoints(count: int, chance: random.Random, folder: Path) -> tuple[int, int]:
    """Read ``count`` mutants of a checkpoint's two files; a mutant of the arrays bears the right hash."""
    states = prepare(folder)
    manifest = sorted(folder.glob("*.json"))[-1]
    arrays = next(folder.glob(f"{manifest.stem}-*.safetensors"))
    originals = manifest.read_bytes(), arrays.read_bytes()
    parsed = layout.parse_manifest(originals[0], manifest)
    taken = refused = 0
    for _ in range(count):
        if chance.random() < 0.5:
            manifest.write_bytes(mutant([originals[0]], chance))
        else:
            content = mutant([originals[1]], chance)
            arrays.write_bytes(content)
            manifest.write_bytes(layout.dump_manifest(resealed(parsed, content)))
        try:
            state = reader.load(manifest)
        except ConvNetError:
            refused += 1
        else:
            assert all(np.isfinite(array).size == array.size for array in state.tensors.values())
            assert state.step == states[-2].step
            taken += 1
        manifest.write_bytes(originals[0])
        arrays.write_bytes(originals[1])
    return taken, refused


def resealed(manifest: layout.Manifest, content: bytes) -> layout.Manifest:
    """Return a manifest that vouches for ``content``, as one who can write the folder may make it."""
    digest = hashlib.sha256(content).hexdigest()
    file = msgspec.structs.replace(manifest.files[0], size=len(content), sha256=digest)
    return msgspec.structs.replace(manifest, files=(file,))


def body(count: int, folder: Path) -> Outcome:
    """Read ``count`` mutants of each kind; what is neither taken nor refused raises."""
    chance = random.Random(30)
    kinds = {"networks": network_files(count, chance), "checkpoints": checkpoints(count, chance, folder)}
    told = (f"{kind}: {taken} taken, {refused} refused" for kind, (taken, refused) in kinds.items())
    survived = sum(taken + refused for taken, refused in kinds.values())
    return Outcome(2 * count, survived, "0 crashes", "; ".join(told))


def test_damaged_files_are_refused_or_taken(tmp_path: Path) -> None:
    assert body(300, tmp_path).holds
