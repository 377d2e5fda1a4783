"""``convnet serve`` without a run: what a studio on another computer starts here, through ssh.

Answers requests on standard input, one after the other, until that ends. Engines that it starts live on.
"""

from __future__ import annotations

import getpass
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ComputerError, ConvNetError, ProtocolError, RunFolderError, VersionMismatchError
from engine.library.found import end_of, run_folders, running_engines
from engine.protocol import connection as connections
from engine.protocol import pipe, processes
from engine.protocol.computer import (
    GREETING,
    Begin,
    Chunk,
    Computer,
    ComputerAnswer,
    ComputerRequest,
    DataSet,
    EndByForce,
    FindRuns,
    FoundRun,
    FoundRuns,
    Greet,
    Held,
    Offer,
    Reach,
    Reached,
    requests,
)
from engine.protocol.internal import ResumeRun, ServeRun, StartRun
from engine.protocol.launch import launch
from engine.protocol.messages import PROTOCOL_VERSION, Done
from engine.store.received import ReceivedFile, data_folder
from engine.store.run_folder import RunFolder
from engine.supervisor.devices import read_devices
from engine.version import program_version
from engine.words import encodable

_MOST_RUNS = 200
_MOST_DATASETS = 1000
_LEAVE = 5.0  # s


def serve() -> None:
    """Serve the studio at the other end of standard input and output, until that leaves."""
    if sys.stdin.isatty():
        raise ComputerError(
            computer=platform.node(),
            reason="this is for a studio on another computer, which starts it through ssh.",
            hint="There, choose Run > Computers and enter this computer as user@host.",
        )
    sys.stdout.buffer.write(GREETING)
    sys.stdout.flush()
    pipe.serve(requests, ComputerService().answer)


class ComputerService:
    """Answers one studio."""

    def __init__(self) -> None:
        self._greeted = False
        self._file: ReceivedFile | None = None

    def answer(self, request: ComputerRequest) -> ComputerAnswer:
        """Do what is asked; raises ConvNetError."""
        if not self._greeted and not isinstance(request, Greet):
            raise ProtocolError(message="The first request must be Greet.")
        match request:
            case Greet():
                return self._greet(request)
            case FindRuns():
                return FoundRuns(tuple(_listed_runs())[:_MOST_RUNS])
            case Begin():
                return _begin(request)
            case Reach():
                return _reach(request)
            case EndByForce():
                return _end_by_force(request)
            case Offer() | Chunk():
                return self._receive(request)

    def _greet(self, request: Greet) -> Computer:
        if request.protocol_version != PROTOCOL_VERSION:
            raise VersionMismatchError(engine=PROTOCOL_VERSION, client=request.protocol_version)
        self._greeted = True
        return Computer(
            PROTOCOL_VERSION,
            program_version(),
            platform.node(),
            getpass.getuser(),
            read_devices(),
            str(data_folder()),
            tuple(_datasets())[:_MOST_DATASETS],
        )

    def _receive(self, request: Offer | Chunk) -> Held:
        if isinstance(request, Offer):
            self._file = None  # of another, if this one is refused, no more may come
            self._file = ReceivedFile(request.name, request.suffix, request.size, request.sha256)
        elif self._file is None:
            raise ProtocolError(message="No file was offered.")
        else:
            self._file.add(request.offset, request.data)
        return Held(self._file.offset, self._file.path if self._file.is_whole else None)


def _begin(request: Begin) -> Reached:
    """Start a run; one that begins with another's checkpoint sees its data from where that one did."""
    base = ""
    if request.fork is None:
        data_folder().mkdir(parents=True, exist_ok=True)
        base = str(data_folder())
    elif Path(request.fork.run_folder) not in run_folders():
        raise _unknown(request.fork.run_folder)
    return _launch(
        StartRun(
            request.network,
            request.name,
            base,
            None,
            request.device,
            request.linger_seconds,
            request.fork,
            request.split,
            request.launcher,
        )
    )


def _end_by_force(request: EndByForce) -> Done:
    for _, connection in running_engines():
        if connection.run_id == request.run_id:
            processes.kill(connection.pid, connection.pid_started)
    return Done()


def _datasets() -> Iterator[DataSet]:
    """Yield the data sets in this user's folder of them. Those built in are everywhere."""
    folder = data_folder()
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        # A link may lead nowhere, and a name that is no text cannot be asked for.
        if not path.name.startswith(".") and path.exists() and path.name == encodable(path.name):
            yield DataSet(path.name, None if path.is_dir() else path.stat().st_size)


def _listed_runs() -> Iterator[FoundRun]:
    for folder, connection in run_folders().items():
        try:
            run = RunFolder.open(folder)
            end = end_of(run)
        except ConvNetError:
            continue  # damaged: ``convnet runs`` tells of it
        description = run.description
        name = description.name[:200] or "run"
        yield FoundRun(description.run_id, name, description.created, connection is not None, end)


def _reach(request: Reach) -> Reached:
    """Return the engine of a run: the one that is there, or a new one.

    One that was dismissed, so that its run can be gone on with, is given time to leave.
    """
    deadline = time.monotonic() + (_LEAVE if request.resume else 0.0)
    while found := [connection for _, connection in running_engines() if connection.run_id == request.run_id]:
        if time.monotonic() >= deadline:
            return Reached(found[0])
        time.sleep(0.1)
    for folder in run_folders():
        try:
            if RunFolder.open(folder).description.run_id != request.run_id:
                continue
        except RunFolderError:
            continue
        if request.resume:
            return _launch(ResumeRun(str(folder), None, request.linger_seconds))
        return _launch(ServeRun(str(folder), request.linger_seconds))
    raise _unknown(request.run_id)


def _unknown(run: str) -> RunFolderError:
    hint = "It may have been removed."
    return RunFolderError(path=run, expected="a run of this user", found="none", hint=hint)


def _launch(instructions: StartRun | ResumeRun | ServeRun) -> Reached:
    return Reached(connections.read(launch(instructions).connection))
