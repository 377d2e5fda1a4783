"""The engine: a run, its training process and its clients, around one poll of the sockets."""

from __future__ import annotations

import os
import platform
import time
import uuid
from contextlib import ExitStack

import msgspec
import zmq

from engine.errors import RunFolderUnwritableError
from engine.log_lines import Line
from engine.protocol import connection as connections
from engine.protocol.codec import CLIENT_FRAME_LIMIT
from engine.protocol.connection import Connection
from engine.protocol.keys import LOOPBACK, KeyPair, new_key_pair
from engine.protocol.messages import Heartbeat, RankReading, Site
from engine.protocol.processes import start_time
from engine.protocol.server import Endpoint, Gate
from engine.protocol.wake import Wake
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder
from engine.supervisor.clients import Clients
from engine.supervisor.devices import DeviceSampler
from engine.supervisor.finished_run import FinishedRun
from engine.supervisor.journal_thread import Answered, JournalThread
from engine.supervisor.run import Run
from engine.supervisor.service import Service
from engine.supervisor.weights_thread import WeightsThread
from engine.supervisor.worker_process import WORKER_FRAME_LIMIT, WorkerProcess

_TICK = 0.05  # s
_BEAT_EVERY = 0.5  # s
_FAREWELL = 2.0  # s that clients have to take the rest of the journal
_REPORT_MALFORMED_EVERY = 60.0  # s


class Engine:
    """Opens the sockets and writes the connection file; ``train`` then trains and answers until the end.

    One that does not train shows a run that has ended, by ``serve``.

    Stays until the run has ended and no client was there for ``linger_seconds``, or until it is asked to
    leave by ``Shutdown`` or by setting ``leaving``.
    """

    def __init__(self, folder: RunFolder, linger_seconds: float, *, trains: bool = True) -> None:
        self.leaving = False
        self._folder, self._linger_seconds = folder, linger_seconds
        self._wake = Wake()
        journal = Journal(folder.journal)
        end = None if trains else journal.end()
        self._journal = JournalThread(journal, folder.log, self._wake)
        self.last_sequence = self._journal.committed  # of the journal before this engine
        self._devices = DeviceSampler()
        with ExitStack() as undo:
            self._open_sockets(undo)
            self._undo = undo.pop_all()
        self._clients = Clients(self._control, self._journal)
        self._training: Run | None = None
        self._run: Run | FinishedRun
        if end is None:
            self._run = self._training = Run(self._worker, self._journal, journal.edits())
        else:
            self._run = FinishedRun(end)
        self._service = Service(self._control, self._clients, self._run, folder, self._journal)
        self._weights = WeightsThread(self._bulk, folder.snapshots, folder.checkpoints)
        self._poller = zmq.Poller()
        for readable in (self._control.socket, self._worker.endpoint.socket, self._wake.socket):
            self._poller.register(readable, zmq.POLLIN)
        self._beat_at = self._attended_at = self._reported_at = time.monotonic()
        self._reported = 0

    def _open_sockets(self, undo: ExitStack) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        undo.callback(context.term)
        gate = Gate(context)
        undo.callback(gate.close)
        keys, client_keys = new_key_pair(), new_key_pair()
        gate.allow("client", client_keys.public)
        self._control = Endpoint(context, "client", keys, CLIENT_FRAME_LIMIT)
        undo.callback(self._control.close)
        self._bulk = Endpoint(context, "client", keys, CLIENT_FRAME_LIMIT)
        undo.callback(self._bulk.close)
        worker_end = Endpoint(context, "worker", keys, WORKER_FRAME_LIMIT)
        undo.callback(worker_end.close)
        self._worker = WorkerProcess(worker_end, gate, keys.public)
        connection = self._connection(keys, client_keys)
        try:
            connections.write(connection, self._folder.connection)
        except OSError as error:
            raise RunFolderUnwritableError(path=str(self._folder.path), reason=str(error)) from error
        undo.callback(connections.remove, connection, self._folder.connection)

    def _connection(self, keys: KeyPair, client_keys: KeyPair) -> Connection:
        return Connection(
            format_version=1,
            engine_id=uuid.uuid4().hex,
            run_id=self._folder.description.run_id,
            run_folder=str(self._folder.path),
            host=platform.node(),
            pid=os.getpid(),
            pid_started=start_time(os.getpid()),
            address=LOOPBACK,
            control_port=self._control.port,
            bulk_port=self._bulk.port,
            engine_key=keys.public,
            client_key=client_keys.public,
            client_secret=client_keys.secret,
        )

    def train(self, site: Site, resume: bool) -> bool:
        """Train and answer until it is time to leave; return False if it came to nothing."""
        assert self._training is not None
        self._undo.callback(self._worker.close)
        self._training.start(str(self._folder.path), site, resume)
        self.serve()
        return not self._training.came_to_nothing

    def serve(self) -> None:
        """Answer until it is time to leave."""
        with self._undo:
            for thread in (self._journal, self._weights, self._devices):
                thread.start()
                self._undo.callback(thread.stop)
            while not self._is_done():
                self._poller.poll(int(_TICK * 1000))
                self._turn(time.monotonic())
            self._clients.part()

    def _turn(self, now: float) -> None:
        self._wake.clear()
        self._service.turn()
        self._run.turn()
        while not self._journal.results.empty():
            result = self._journal.results.get()
            if isinstance(result, Answered):
                self._clients.send(result.peer, result.frame)
            else:
                self._clients.deliver(result)
        self._clients.stream()
        if now >= self._beat_at:
            self._beat_at = now + _BEAT_EVERY
            self._clients.beat(self._heartbeat())
        if now - self._reported_at > _REPORT_MALFORMED_EVERY:
            self._reported_at = now
            self._report_malformed()
        if self._is_leaving:
            self._run.shut_down()
        if not self._journal.is_alive():
            raise RuntimeError("the journal's thread has ended; its last words are in the log")

    @property
    def _is_leaving(self) -> bool:
        return self._service.leaving or self.leaving

    def _ranks(self) -> tuple[RankReading, ...]:
        """Return the run's ranks with their loads and memory as last read."""
        ranks = self._run.ranks
        self._devices.watched = tuple(rank.pid for rank in ranks if not rank.host)
        read = self._devices.processes
        return tuple(
            msgspec.structs.replace(rank, utilisation=read[rank.pid][0], memory=read[rank.pid][1])
            if rank.pid in read and not rank.host
            else rank
            for rank in ranks
        )

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            beat=0,
            state=self._run.state,
            responding=self._run.is_responding,
            progress=self._run.progress,
            last_sequence=self._journal.committed,
            devices=self._devices.readings,
            problem=self._journal.problem,
            slow=self._run.is_slow,
            ranks=self._ranks(),
        )

    def _report_malformed(self) -> None:
        total = self._control.malformed + self._bulk.malformed + self._worker.endpoint.malformed
        if total > self._reported:
            self._run.log("warning", Line.MALFORMED, count=total - self._reported)
            self._reported = total

    def _is_done(self) -> bool:
        now = time.monotonic()
        is_attended = self._clients.any_present() and not self._is_leaving
        if is_attended or not self._run.state.ended:
            self._attended_at = now
            return False
        waited = now - self._attended_at
        if self._is_leaving:
            # Those who are there learn how the run ended.
            return self._clients.all_served() or waited > _FAREWELL
        return waited > self._linger_seconds
