"""The training process's line to its engine, on a thread of its own: a long step is not taken for death."""

from __future__ import annotations

import os
import queue
import threading
import time
from contextlib import suppress

import zmq

from engine.errors import ProtocolError
from engine.protocol.codec import CLIENT_FRAME_LIMIT, FrameDecoder, encode
from engine.protocol.internal import (
    Beat,
    Command,
    Ended,
    EngineOrder,
    Settle,
    Settled,
    WorkerFrame,
    WorkerStart,
)
from engine.protocol.keys import LOOPBACK, KeyPair, use_as_client
from engine.protocol.messages import Edit, Progress, RollBack
from engine.protocol.wake import Wake

_SEND_EVERY = 0.02  # s; messages gather meanwhile, so that neither side wakes for each
_BEAT_EVERY = 0.5  # s
_PROGRESS_EVERY = 0.1  # s
_MOST_WAITING = 10_000  # messages; training waits for an engine that is that far behind
_SETTLE_PATIENCE = 10.0  # s that the engine is given to journal what it was sent
_LAST_WORDS = 5.0  # s that the last messages may take

_orders: FrameDecoder[EngineOrder] = FrameDecoder(EngineOrder, CLIENT_FRAME_LIMIT)


class EngineLink(threading.Thread):
    """Sends messages in order, and beats. ``commands`` holds what the engine asks for.

    It is the lifeline of all ranks but the first: they end with their connection.
    """

    def __init__(self, start: WorkerStart, rank: int = 0) -> None:
        super().__init__(name="engine link", daemon=True)
        self._rank = rank
        self.commands: queue.SimpleQueue[Command | RollBack | Edit] = queue.SimpleQueue()
        self._outgoing: queue.Queue[WorkerFrame] = queue.Queue(_MOST_WAITING)
        self._progress: Progress | None = None
        self._settles = 0  # that were asked for
        self._settled: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._hurry = Wake()
        self._stopping = False
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.linger = int(_LAST_WORDS * 1000)
        self._socket.maxmsgsize = CLIENT_FRAME_LIMIT
        use_as_client(self._socket, KeyPair(start.worker_key, start.worker_secret), start.engine_key)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED) if rank else None
        self._socket.connect(f"tcp://{LOOPBACK}:{start.port}")

    def send(self, message: WorkerFrame) -> None:
        """Send a message; waits only if the engine is thousands of messages behind."""
        self._outgoing.put(message)

    def settle(self) -> None:
        """Wait until the engine has journalled all that it was sent; not for long if it cannot."""
        self._settles += 1
        self.send(Settle(self._settles))
        self._hurry.set()
        deadline = time.monotonic() + _SETTLE_PATIENCE
        with suppress(queue.Empty):
            while self._settled.get(timeout=max(deadline - time.monotonic(), 0.0)) < self._settles:
                pass

    def send_progress(self, progress: Progress) -> None:
        """Send how far the training is; only the newest is sent, ten times a second at most."""
        self._progress = progress

    def end(self, ended: Ended | None) -> None:
        """Send the newest progress and, last of all, ``ended``; end the thread."""
        progress = self._progress
        if progress is not None:
            self._outgoing.put(progress)
        if ended is not None:
            self._outgoing.put(ended)
        self._stopping = True
        self.join()
        if self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close()
        self._socket.close()
        self._context.term()
        self._hurry.close()

    def run(self) -> None:
        """Serve the socket until ``end``."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._hurry.socket, zmq.POLLIN)
        if self._monitor is not None:
            poller.register(self._monitor, zmq.POLLIN)
        beat = encode(Beat(self._rank, os.getpid()))
        beat_at = progress_at = 0.0
        while not (self._stopping and self._outgoing.empty()):
            now = time.monotonic()
            if now >= beat_at:
                beat_at = now + _BEAT_EVERY
                self._socket.send(beat)
            if now >= progress_at and self._progress is not None:
                progress_at = now + _PROGRESS_EVERY
                progress, self._progress = self._progress, None
                self._socket.send(encode(progress))
            while not self._outgoing.empty():
                self._socket.send(encode(self._outgoing.get()))
            self._receive(poller)

    def _receive(self, poller: zmq.Poller) -> None:
        """Wait for orders until it is time to send again."""
        send_at = time.monotonic() + _SEND_EVERY
        while ready := dict(poller.poll(max(int((send_at - time.monotonic()) * 1000), 0))):
            if self._monitor in ready and not self._stopping:
                os._exit(3)  # the engine has gone, as in engine.worker.__main__
            if self._socket in ready:
                self._take(self._socket.recv())
            else:
                self._hurry.clear()
                return

    def _take(self, frame: bytes) -> None:
        try:
            order = _orders.decode(frame)
        except ProtocolError:
            return
        if isinstance(order, Settled):
            self._settled.put(order.number)
        else:
            self.commands.put(order)
