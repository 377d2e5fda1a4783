"""The training process's line to its engine, on a thread of its own: a long step is not taken for death."""

from __future__ import annotations

import queue
import threading
import time

import zmq

from engine.errors import ProtocolError
from engine.protocol.codec import CLIENT_FRAME_LIMIT, FrameDecoder, encode
from engine.protocol.internal import Beat, Command, Ended, WorkerFrame, WorkerStart
from engine.protocol.keys import LOOPBACK, KeyPair, use_as_client
from engine.protocol.messages import Progress

_SEND_EVERY = 0.02  # s; messages gather meanwhile, so that neither side wakes for each
_BEAT_EVERY = 0.5  # s
_PROGRESS_EVERY = 0.1  # s
_MOST_WAITING = 10_000  # messages; training waits for an engine that is that far behind
_LAST_WORDS = 5.0  # s that the last messages may take

_commands: FrameDecoder[Command] = FrameDecoder(Command, CLIENT_FRAME_LIMIT)


class EngineLink(threading.Thread):
    """Sends messages in order, and beats. ``commands`` holds what the engine asks for."""

    def __init__(self, start: WorkerStart) -> None:
        super().__init__(name="engine link", daemon=True)
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._outgoing: queue.Queue[WorkerFrame] = queue.Queue(_MOST_WAITING)
        self._progress: Progress | None = None
        self._stopping = False
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.linger = int(_LAST_WORDS * 1000)
        self._socket.maxmsgsize = CLIENT_FRAME_LIMIT
        use_as_client(self._socket, KeyPair(start.worker_key, start.worker_secret), start.engine_key)
        self._socket.connect(f"tcp://{LOOPBACK}:{start.port}")

    def send(self, message: WorkerFrame) -> None:
        """Send a message; waits only if the engine is thousands of messages behind."""
        self._outgoing.put(message)

    def send_progress(self, progress: Progress) -> None:
        """Send how far the training is; only the newest is sent, ten times a second at most."""
        self._progress = progress

    def end(self, ended: Ended) -> None:
        """Send the newest progress and, last of all, ``ended``; end the thread."""
        progress = self._progress
        if progress is not None:
            self._outgoing.put(progress)
        self._outgoing.put(ended)
        self._stopping = True
        self.join()
        self._socket.close()
        self._context.term()

    def run(self) -> None:
        """Serve the socket until ``end``."""
        beat_at = progress_at = 0.0
        while not (self._stopping and self._outgoing.empty()):
            now = time.monotonic()
            if now >= beat_at:
                beat_at = now + _BEAT_EVERY
                self._socket.send(encode(Beat()))
            if now >= progress_at and self._progress is not None:
                progress_at = now + _PROGRESS_EVERY
                progress, self._progress = self._progress, None
                self._socket.send(encode(progress))
            while not self._outgoing.empty():
                self._socket.send(encode(self._outgoing.get()))
            self._receive()

    def _receive(self) -> None:
        """Wait for commands until it is time to send again."""
        send_at = time.monotonic() + _SEND_EVERY
        while self._socket.poll(max(int((send_at - time.monotonic()) * 1000), 0)):
            try:
                self.commands.put(_commands.decode(self._socket.recv()))
            except ProtocolError:
                continue
