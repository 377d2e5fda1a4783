"""The thread that owns a client's sockets: sends requests, follows the journal, watches the engine."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import zmq

from engine.errors import NoEngineError, ProtocolError
from engine.protocol import connection as connections
from engine.protocol.client_sockets import ClientSockets
from engine.protocol.codec import encode, engine_frames
from engine.protocol.connection import Connection
from engine.protocol.inbox import Inbox, Link, LinkChanged
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    Attach,
    GetWeights,
    Goodbye,
    Heartbeat,
    Hello,
    Reply,
)
from engine.protocol.requests import Asked, PendingRequests
from engine.protocol.stream import Stream
from engine.protocol.wake import Wake
from engine.protocol.watch import Watch
from engine.version import program_version

_TICK = 0.1  # s
_ATTACH_EVERY = 1.5  # s of silence, and between two tries, after which the stream is asked for anew
_SEEK_EVERY = 1.0  # s between two looks for the engine that follows one that left


class ClientLoop(threading.Thread):
    """Runs until ``stop``. ``post``, ``follow``, ``wake`` and ``stop`` are for other threads."""

    def __init__(
        self, path: Path, connection: Connection, process: subprocess.Popen[bytes] | None, inbox: Inbox
    ) -> None:
        super().__init__(name="engine client", daemon=True)
        self.connection = connection  # of the engine that is, or was last, there
        self._path, self._inbox = path, inbox
        self._posted: deque[Asked] = deque()
        self._wanted: deque[int] = deque()  # sequence numbers after which to follow
        self._stopping = self._is_over = False
        self._wake = Wake()
        self._requests = PendingRequests()
        self._stream: Stream | None = None
        self._watch = Watch(connection, process, time.monotonic())
        self._told = LinkChanged(Link.CONNECTING)
        self._tried = self._sought = time.monotonic()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._sockets = ClientSockets(self._context, connection)

    def post(self, asked: Asked) -> None:
        """Send a request; one that comes after the thread's end fails at once."""
        self._posted.append(asked)
        self.wake()
        if self._is_over:
            self._fail_posted()

    def follow(self, after: int) -> None:
        """Receive heartbeats, and the journal after a sequence number."""
        self._wanted.append(after)
        self.wake()

    def wake(self) -> None:
        """Let the thread see what is new."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread; requests without an answer fail."""
        self._stopping = True
        self.wake()
        self.join()

    def run(self) -> None:
        """Serve the sockets."""
        try:
            while not self._stopping:
                self._sockets.wait(self._wake.socket, _TICK)
                self._wake.clear()
                self._turn(time.monotonic())
        finally:
            self._requests.fail(ProtocolError(message="The client was closed."))
            self._is_over = True  # what is posted from now on is failed by who posts it
            self._fail_posted()
            self._sockets.close()
            self._watch.close()
            self._context.term()
            self._wake.close()

    def _fail_posted(self) -> None:
        with suppress(IndexError):  # two threads may do this
            while True:
                self._posted.popleft().fail(ProtocolError(message="The client was closed."))

    def _turn(self, now: float) -> None:
        for frame in self._sockets.receive():
            self._take(frame, now)
        self._send_posted(now)
        self._requests.expire(now)
        if self._stream is not None:
            self._follow(self._stream, now)
        if self._stream is not None or self._requests:
            self._tell(self._watch.judge(now))
        if self._watch.is_over:
            self._seek_successor(now)

    def _take(self, frame: bytes, now: float) -> None:
        try:
            message = engine_frames.decode(frame)
        except ProtocolError:
            return  # of a newer engine, perhaps; the answer to Hello tells
        self._watch.hear(now)
        if isinstance(message, Reply):
            self._requests.resolve(message)
        elif isinstance(message, Goodbye):
            self._watch.part()
        elif self._stream is not None:
            if isinstance(message, Heartbeat):
                self._stream.beat = message.beat
                self._watch.expects_end = message.state.ended
                self._inbox.put(message)
            elif (new := self._stream.take(message)) is not None:
                self._inbox.put(new)

    def _send_posted(self, now: float) -> None:
        if self._stream is None and not self._requests:
            self._watch.listen(now)
        while self._posted:
            asked = self._posted.popleft()
            call = self._requests.add(asked, now)
            self._sockets.send(encode(call), bulk=isinstance(asked.request, GetWeights))
        while self._wanted:
            self._stream = Stream(self._wanted.popleft())
            self._inbox.begin(self._stream.received)
            self._attach(self._stream, now)

    def _follow(self, stream: Stream, now: float) -> None:
        """Give credit for what was taken, and ask anew for what was lost with a connection."""
        acknowledgement = stream.acknowledge(self._inbox.taken)
        if acknowledgement is not None:
            self._sockets.send(encode(acknowledgement))
        is_lost = stream.torn or self._watch.silence(now) > _ATTACH_EVERY
        if is_lost and now - self._tried > _ATTACH_EVERY and not self._watch.is_over:
            self._attach(stream, now)

    def _attach(self, stream: Stream, now: float) -> None:
        self._tried = now
        stream.begin_again()
        for request in (Hello(PROTOCOL_VERSION, program_version()), Attach(stream.received)):
            self._sockets.send(encode(self._requests.number(request)))

    def _tell(self, state: LinkChanged) -> None:
        if state != self._told:
            self._told = state
            self._inbox.put(state)
        if self._watch.is_over:
            self._requests.fail(state.problem or NoEngineError(path=str(self._path)))

    def _seek_successor(self, now: float) -> None:
        """Take up with the engine of a run that was resumed."""
        if now - self._sought < _SEEK_EVERY:
            return
        self._sought = now
        try:
            successor = connections.read(self._path)
        except NoEngineError:
            return
        if successor.engine_id == self.connection.engine_id or not connections.is_alive(successor):
            return
        self.connection = successor
        self._sockets.close()
        self._watch.close()
        self._sockets = ClientSockets(self._context, successor)
        self._watch = Watch(successor, None, now)
        if self._stream is not None:
            self._attach(self._stream, now)
