"""The run folder, which is the truth about a run.

::

    run.json          what the run is: id, name, device, folder that data paths are seen from
    network.convnet   the network as run
    plan.txt          the compiled plan as a table
    plan.lock         what the plan was compiled to, and on what (see engine.training.plan_lock)
    run.sqlite        the journal: metrics, states, log (see engine.store.journal)
    log.txt           the log once more, to be read by people
    checkpoints/      see engine.checkpoint.format
    snapshots/        weights to be looked at, see engine.store.snapshots
    connection.json   how clients reach the engine, while there is one; secret
    engine.lock, worker.lock, engine.holder, worker.holder   who works in the folder
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from engine import durable
from engine.errors import RunFolderError, RunFolderUnwritableError
from engine.protocol.messages import Fork, Site
from engine.store.hold import Hold
from engine.version import program_version
from engine.words import Words

RUNS_VARIABLE = "CONVNET_RUNS"
"""Environment variable that names the folder in which new run folders are made."""

WORKER_PATIENCE = 6.0
"""s to wait for a training process that is to leave: that of an engine that died does so within 5 s."""


class RunDescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``run.json`` holds."""

    format_version: Literal[1]
    run_id: str  # 32 hexadecimal digits
    name: str  # of the network, as it shall be shown
    created: float  # s since 1970-01-01 UTC
    base: str  # folder that the network's relative data paths are seen from
    device: str  # where it trains, or did last: "cpu", "cuda:0"; several: "cpu:4", "cuda:0,cuda:1"
    program_version: str
    fork: Fork | None = None  # the checkpoint of another run that it began with
    split: str = ""  # how several devices share the network out
    launcher: str = ""  # command that starts a process for each device; "": mpiexec


@dataclass(frozen=True)
class RunFolder:
    """Paths within a run folder, and its description."""

    path: Path
    description: RunDescription

    @property
    def network(self) -> Path:
        """The network as run."""
        return self.path / "network.convnet"

    @property
    def plan(self) -> Path:
        """The compiled plan as a table."""
        return self.path / "plan.txt"

    @property
    def lock(self) -> Path:
        """What the plan was compiled to, and on what."""
        return self.path / "plan.lock"

    @property
    def journal(self) -> Path:
        """Metrics, states and log, in SQLite."""
        return self.path / "run.sqlite"

    @property
    def log(self) -> Path:
        """The log as text."""
        return self.path / "log.txt"

    @property
    def connection(self) -> Path:
        """How clients reach the engine."""
        return self.path / "connection.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def snapshots(self) -> Path:
        """Folder of the weights to be looked at."""
        return self.path / "snapshots"

    @classmethod
    def create(  # noqa: PLR0917 - what a run is
        cls, path: Path, name: str, network: str, base: Path, site: Site, fork: Fork | None = None
    ) -> tuple[RunFolder, Hold]:
        """Make the folder ``path``, or use it if it is empty; return it, held as the engine.

        ``network`` is the text of the network as run. Raises RunFolderError if there is something in the
        folder, RunFolderInUseError, RunFolderUnwritableError.
        """
        description = RunDescription(
            1,
            uuid.uuid4().hex,
            name,
            time.time(),
            str(base.absolute()),
            site.device,
            program_version(),
            fork,
            site.split,
            site.launcher,
        )
        folder = cls(path.absolute(), description)
        with _unwritable_if_refused(folder.path), ExitStack() as undo:
            folder.path.mkdir(parents=True, exist_ok=True)
            # Before a lock is left in someone else's folder; an engine's lock is there before its content.
            found = folder._content()
            if found and not (folder.path / "engine.lock").exists():
                raise folder._not_empty(found)
            hold = hold_engine(folder.path)
            undo.callback(hold.release)
            if found := folder._content():
                raise folder._not_empty(found)
            folder.checkpoints.mkdir()
            undo.callback(folder.checkpoints.rmdir)
            folder.snapshots.mkdir()
            undo.callback(folder.snapshots.rmdir)
            durable.write(folder.network, network.encode())
            undo.callback(folder.network.unlink)
            durable.write(folder.path / "run.json", msgspec.json.format(msgspec.json.encode(description)))
            undo.pop_all()
        return folder, hold

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return the run folder at ``path``; raises RunFolderError if there is none."""
        file = path.absolute() / "run.json"
        try:
            description = msgspec.json.decode(file.read_bytes(), type=RunDescription)
        except OSError as error:
            raise RunFolderError(
                path=str(path),
                expected="a run folder",
                found=Words("no {file} that can be read", file=file.name),
                hint="Name the folder that the run told when it started.",
            ) from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise RunFolderError(
                path=str(file),
                expected="the description of a run",
                found=str(error),
                hint="The file is damaged, or of a newer version of ConvNet Studio.",
            ) from error
        return cls(path.absolute(), description)

    def move_to(self, site: Site) -> RunFolder:
        """Note that the run goes on at ``site``, and return its folder; call it while holding that.

        Raises RunFolderUnwritableError.
        """
        moved = msgspec.structs.replace(
            self.description, device=site.device, split=site.split, launcher=site.launcher
        )
        if moved == self.description:
            return self
        with _unwritable_if_refused(self.path):
            durable.write(self.path / "run.json", msgspec.json.format(msgspec.json.encode(moved)))
        return RunFolder(self.path, moved)

    def _content(self) -> list[str]:
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if entry.suffix not in (".lock", ".holder") and not entry.name.startswith(".")
        )

    def _not_empty(self, found: list[str]) -> RunFolderError:
        return RunFolderError(
            path=str(self.path),
            expected="a new or an empty folder",
            found=", ".join(found[:3]),
            hint="Choose another folder, or resume the run that is in it.",
        )


def hold_engine(path: Path) -> Hold:
    """Hold the folder as its one engine; raises RunFolderInUseError, RunFolderUnwritableError.

    The training process of an engine that died before is given the time that it needs to leave.
    """
    with _unwritable_if_refused(path), ExitStack() as undo:
        hold = Hold(path, "engine")
        undo.callback(hold.release)
        Hold(path, "worker", WORKER_PATIENCE).release()
        undo.pop_all()
    return hold


def hold_worker(path: Path) -> Hold:
    """Hold the folder as its one training process; raises RunFolderInUseError.

    The one before, which may have been ended amid a write to a slow disk, is given time to leave, too.
    """
    return Hold(path, "worker", WORKER_PATIENCE)


def runs_folder() -> Path:
    """Return the folder where runs are kept, which may not be there yet."""
    return Path(
        os.environ.get(RUNS_VARIABLE) or platformdirs.user_data_path("ConvNet Studio", False) / "runs"
    )


def make_run_path(name: str) -> Path:
    """Make an empty folder ``<name>-<date>-<nn>`` where runs are kept; raises RunFolderUnwritableError."""
    runs = runs_folder()
    stem = f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name).strip('-') or 'run'}-{time.strftime('%Y-%m-%d')}"
    number = 1
    with _unwritable_if_refused(runs):
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            path = runs / f"{stem}-{number:02d}"
            with suppress(FileExistsError):
                path.mkdir()
                return path
            number += 1


@contextmanager
def _unwritable_if_refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunFolderUnwritableError(path=str(path), reason=error.strerror or str(error)) from error
