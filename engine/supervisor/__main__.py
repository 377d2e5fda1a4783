"""``python -m engine.supervisor``: reads what to run from standard input, answers there, and runs it."""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec

from engine.errors import ConvNetError
from engine.protocol.internal import ResumeRun, ServeRun, Started, StartRun
from engine.protocol.messages import Site
from engine.protocol.problems import describe
from engine.store.hold import Hold
from engine.store.run_folder import RunFolder, hold_engine, make_run_path
from engine.supervisor.engine import Engine
from engine.supervisor.launcher import worker_command

_LONGEST_START = 64 * 1024 * 1024  # bytes


def main() -> int:
    """Run an engine; returns the exit code."""
    with ExitStack() as undo:
        try:
            instructions = msgspec.json.decode(
                sys.stdin.buffer.readline(_LONGEST_START), type=StartRun | ResumeRun | ServeRun
            )
            folder, hold = _open(instructions, undo)
            trains = not isinstance(instructions, ServeRun)
            engine = Engine(folder, instructions.linger_seconds, trains=trains)
        except ConvNetError as error:
            _answer(describe(error))
            return 2
        undo.pop_all()
    _answer(Started(str(folder.connection), engine.last_sequence))
    _leave_starter(folder)
    _obey_signals(engine)
    if isinstance(instructions, ServeRun):
        engine.serve()
    else:
        begins = isinstance(instructions, StartRun) and instructions.fork is None
        if not engine.train(_site(instructions, folder), not begins) and _is_own(instructions):
            shutil.rmtree(folder.path, ignore_errors=True)
    hold.release()
    return 0


def _is_own(instructions: StartRun | ResumeRun) -> bool:
    """Whether this engine made the run folder, in a place that it chose."""
    return isinstance(instructions, StartRun) and instructions.run_folder is None


def _site(instructions: StartRun | ResumeRun, folder: RunFolder) -> Site:
    """Return where to train: as asked for, or as before."""
    was = folder.description
    split = was.split if instructions.split is None else instructions.split
    return Site(instructions.device or was.device, split, instructions.launcher or was.launcher)


def _open(instructions: StartRun | ResumeRun | ServeRun, undo: ExitStack) -> tuple[RunFolder, Hold]:
    """Return the run's folder, held; ``undo`` takes back what was made for it."""
    if not isinstance(instructions, StartRun):
        folder = RunFolder.open(Path(instructions.run_folder))
        if isinstance(instructions, ServeRun):
            return folder, hold_engine(folder.path)
        site = _site(instructions, folder)
        worker_command(site)  # before anything is held in vain
        hold = hold_engine(folder.path)
        return folder.move_to(site), hold
    if instructions.fork is None:
        return _create(instructions, Path(instructions.base), undo)
    from engine.training.fork import find_fork_point  # takes a while to import

    point = find_fork_point(instructions.fork, instructions.network)
    base = Path(instructions.base) if instructions.base else point.base
    folder, hold = _create(instructions, base, undo)
    point.keep_in(folder)
    return folder, hold


def _create(instructions: StartRun, base: Path, undo: ExitStack) -> tuple[RunFolder, Hold]:
    site = Site(instructions.device, instructions.split, instructions.launcher)
    worker_command(site)  # before a folder is made in vain
    if instructions.run_folder is None:
        path = make_run_path(instructions.name)
        undo.callback(shutil.rmtree, path, ignore_errors=True)
    else:
        path = Path(instructions.run_folder)
    return RunFolder.create(path, instructions.name, instructions.network, base, site, instructions.fork)


def _answer(message: msgspec.Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


def _leave_starter(folder: RunFolder) -> None:
    """Let go of the starter's pipes, so that neither waits for the other; complaints go to the log."""
    with open(os.devnull, "r+b") as nothing, folder.log.open("ab") as log:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    faulthandler.enable()


def _obey_signals(engine: Engine) -> None:
    """SIGTERM stops the run and leaves; what a closing terminal sends is for others."""

    def leave(_number: int, _frame: object) -> None:
        engine.leaving = True

    signal.signal(signal.SIGTERM, leave)
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
