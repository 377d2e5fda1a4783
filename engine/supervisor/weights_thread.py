"""The thread of the bulk socket: reads and sends weights, so that a large picture delays nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import zmq

from engine.checkpoint import ArrayReader
from engine.errors import NotKeptError, ProtocolError
from engine.protocol.codec import client_frames, encode
from engine.protocol.messages import Answer, Call, GetWeights, Reply, Weights
from engine.protocol.problems import describe
from engine.protocol.server import Endpoint
from engine.protocol.wake import Wake
from engine.store.snapshots import SnapshotStore
from engine.words import Words

LARGEST_WEIGHTS = 64 * 1024 * 1024
"""Bytes; filters to be looked at are far smaller."""


class WeightsThread(threading.Thread):
    """Answers ``GetWeights`` until ``stop``."""

    def __init__(self, endpoint: Endpoint, snapshots: Path, checkpoints: Path) -> None:
        super().__init__(name="weights", daemon=True)
        self._endpoint = endpoint
        self._snapshots = SnapshotStore(snapshots)
        self._checkpoints = ArrayReader(checkpoints)
        self._wake = Wake()
        self._stopping = False

    def stop(self) -> None:
        """End the thread; the socket is then anybody's again."""
        self._stopping = True
        self._wake.set()
        self.join()
        self._wake.close()

    def run(self) -> None:
        """Answer requests."""
        poller = zmq.Poller()
        poller.register(self._endpoint.socket, zmq.POLLIN)
        poller.register(self._wake.socket, zmq.POLLIN)
        while not self._stopping:
            poller.poll()
            for peer, frame in self._endpoint.receive():
                self._serve(peer, frame)

    def _serve(self, peer: bytes, frame: bytes) -> None:
        try:
            call = client_frames.decode(frame)
            if not isinstance(call, Call):
                raise ProtocolError(message="The bulk socket takes no acknowledgements.")
        except ProtocolError:
            self._endpoint.malformed += 1
            return
        self._endpoint.send(peer, encode(Reply(call.id, self._answer(call))))

    def _answer(self, call: Call) -> Answer:
        try:
            if not isinstance(call.request, GetWeights):
                raise ProtocolError(message="The bulk socket takes GetWeights alone.")
            return read_weights(self._snapshots, self._checkpoints, call.request)
        except Exception as error:  # whatever it is, the client is told and the thread lives
            return describe(error)


def read_weights(snapshots: SnapshotStore, checkpoints: ArrayReader, request: GetWeights) -> Weights:
    """Read one weight array of one snapshot; raises NotKeptError, or ProtocolError if it is too large.

    What a snapshot leaves out since it is large is taken from the newest checkpoint that is not after it.
    """
    layer, weight, step = request.layer, request.weight, request.step
    if step is None:
        step = max(snapshots.steps(), default=None)
    name = f"{layer}.{weight}"
    try:
        if step is None:
            raise KeyError
        array = snapshots.read(step, name)
    except KeyError:
        found = checkpoints.read(name, step)
        if found is None:
            raise NotKeptError(layer=layer, weight=weight, step="latest" if step is None else step) from None
        step, array = found
    if array.nbytes > LARGEST_WEIGHTS:
        raise ProtocolError(
            message=Words(
                "{layer}: {weight} take {count} bytes; {most} is the most.",
                layer=layer,
                weight=weight,
                count=array.nbytes,
                most=LARGEST_WEIGHTS,
            )
        )
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return Weights(
        layer=layer,
        weight=weight,
        step=step,
        shape=array.shape,
        dtype="float64" if array.dtype == np.float64 else "float32",
        data=little.tobytes(),
    )
