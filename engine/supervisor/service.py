"""Answers what clients ask on the control socket."""

from __future__ import annotations

from engine.errors import ConvNetError, ProtocolError, VersionMismatchError
from engine.protocol.codec import client_frames, encode
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    Acknowledge,
    Answer,
    Attach,
    Call,
    CheckpointNow,
    Done,
    Edit,
    GetCurve,
    GetLog,
    GetNetwork,
    GetOverview,
    GetSnapshots,
    GetWeights,
    Hello,
    Kill,
    Log,
    Network,
    Pause,
    Reply,
    Request,
    Resume,
    RollBack,
    Shutdown,
    Snapshots,
    Stop,
    TestNow,
    Welcome,
)
from engine.protocol.problems import describe
from engine.protocol.server import Endpoint
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder
from engine.store.snapshots import SnapshotStore
from engine.supervisor.clients import Client, Clients
from engine.supervisor.finished_run import FinishedRun
from engine.supervisor.journal_thread import JournalThread, Question
from engine.supervisor.run import Run
from engine.training.live_settings import check_edit
from engine.version import program_version

LookUp = GetNetwork | GetOverview | GetCurve | GetSnapshots | GetLog
"""Requests whose answer lies in the run folder."""


class Service:
    """``leaving`` is set once a client has asked for the engine's end."""

    def __init__(
        self,
        endpoint: Endpoint,
        clients: Clients,
        run: Run | FinishedRun,
        folder: RunFolder,
        journal: JournalThread,
    ) -> None:
        self.leaving = False
        self._endpoint, self._clients, self._run = endpoint, clients, run
        self._folder, self._journal = folder, journal

    def turn(self) -> None:
        """Answer all that has come in."""
        for peer, frame in self._endpoint.receive():
            try:
                message = client_frames.decode(frame)
            except ProtocolError:
                self._endpoint.malformed += 1
                continue
            client = self._clients.hear(peer)
            if isinstance(message, Acknowledge):
                self._clients.acknowledge(client, message)
            elif message.id > client.last_call:  # else it was sent twice, and is done once
                client.last_call = message.id
                self._serve(peer, client, message)

    def _serve(self, peer: bytes, client: Client, call: Call) -> None:
        try:
            answer = self._answer(peer, client, call.id, call.request)
        except ConvNetError as error:
            answer = describe(error)
        if answer is not None:
            self._clients.send(peer, encode(Reply(call.id, answer)))

    def _answer(self, peer: bytes, client: Client, call_id: int, request: Request) -> Answer | None:
        """Return the answer; None if it comes later, from the journal's thread."""
        if not client.greeted and not isinstance(request, Hello):
            raise ProtocolError(message="The first request must be Hello.")
        match request:
            case Hello():
                client.greeted = True
                return self._welcome(request)
            case Attach():
                self._clients.attach(client, request)
            case Edit():
                check_edit(request)
                self._run.obey(request)
            case Pause() | Resume() | Stop() | CheckpointNow() | TestNow() | RollBack() | Kill():
                self._run.obey(request)
            case Shutdown():
                self.leaving = True
            case GetWeights():
                raise ProtocolError(message="GetWeights belongs on the bulk socket.")
            case GetNetwork() | GetOverview() | GetCurve() | GetSnapshots() | GetLog():
                self._journal.ask(Question(peer, call_id, lambda journal: self._look_up(journal, request)))
                return None
        return Done()

    def _welcome(self, request: Hello) -> Welcome:
        if request.protocol_version != PROTOCOL_VERSION:
            raise VersionMismatchError(engine=PROTOCOL_VERSION, client=request.protocol_version)
        description = self._folder.description
        return Welcome(
            PROTOCOL_VERSION,
            program_version(),
            description.run_id,
            str(self._folder.path),
            description.name,
            self._run.state,
        )

    def _look_up(self, journal: Journal, request: LookUp) -> Answer:
        """Answer from the disk; on the journal's thread."""
        match request:
            case GetNetwork():
                plan = self._folder.plan
                return Network(
                    self._folder.network.read_text(encoding="utf-8"),
                    plan.read_text(encoding="utf-8") if plan.exists() else None,
                )
            case GetOverview(most):
                return journal.overview(most)
            case GetCurve(split, first, last, most):
                return journal.curve(split, most, first, last)
            case GetSnapshots():
                return Snapshots(tuple(SnapshotStore(self._folder.snapshots).steps()))
            case GetLog():
                return Log(tuple(journal.log(request.after, request.limit)))
