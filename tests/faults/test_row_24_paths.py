"""What a request names is a name and never a path: nothing outside the run folder is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import numpy as safetensors

from engine.checkpoint import ArrayReader
from engine.errors import ConvNetError
from engine.protocol.client import Client
from engine.protocol.messages import GetWeights
from engine.store.snapshots import SnapshotStore
from engine.supervisor.weights_thread import read_weights
from tests.faults import shared
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "24", "paths in requests", 1
NAMES = [
    up * depth + name
    for up in ("../", "..\\", "%252e%252e%252f", "/", "//", "\\\\?\\", "file://", "\0")
    for depth in (1, 3, 8)
    for name in ("etc/passwd", "secret.safetensors", "secret")
]


def body(count: int, folder: Path) -> Outcome:
    """Ask for weights under ``NAMES``, over the wire and in this process; try a snapshot that is a link."""
    secret = folder / "secret.safetensors"
    secret.write_bytes(safetensors.save({"conv1.weights": np.ones(3, np.float32)}))
    store = SnapshotStore(folder / "snapshots")
    store.write(1, {"conv1.weights": np.zeros(3, np.float32)})
    (folder / "snapshots" / "step-000000000002.safetensors").symlink_to(secret)
    refused = 0
    attacks = [GetWeights(name, "weights", 1) for name in NAMES]
    attacks += [GetWeights("conv1", name, 1) for name in NAMES] + [GetWeights("conv1", "weights", 2)]
    for attack in attacks:
        try:
            read_weights(store, ArrayReader(folder / "checkpoints"), attack)
        except ConvNetError:
            refused += 1
    with Client(shared.engine().connection) as client:
        client.connect()
        for pending in [client.submit(GetWeights(name, "weights")) for name in NAMES]:
            refused += isinstance(pending.exception(10.0), ConvNetError)
    injected = len(attacks) + len(NAMES)
    return Outcome(injected, refused, "0 escapes", f"{injected - refused} escapes")


def test_no_name_leads_out_of_the_run_folder(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
