"""What a rank can tell of its failure is the run's cause, whichever rank it is; nobody is left behind."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.errors import ConvNetError, DataNotFoundError, DeviceError, UnexpectedError
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.protocol.client import Client
from engine.protocol.internal import ResumeRun, StartRun
from engine.protocol.launch import launch
from engine.protocol.messages import RunState, StateChanged
from engine.protocol.problems import rebuild
from engine.store.run_folder import RunFolder
from tests.faults.ranks import needs_mpi, ranks_of
from tests.supervisor.engines import LINGER, ending, entries_until, has_ended, running


def test_a_resume_by_a_launcher_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "run", "steps 1"):
        pass
    with pytest.raises(DeviceError):
        launch(ResumeRun(str(tmp_path / "run"), "cpu:2", LINGER, launcher="no-such-launcher"))


@needs_mpi
@pytest.mark.parametrize(("launcher", "words"), [("false", "exit code 1"), ("ls -Z", "invalid option")])
def test_a_launcher_that_gives_up_at_once_is_not_tried_again(
    tmp_path: Path, launcher: str, words: str
) -> None:
    text = network_file.dumps(NetworkFile())
    start = StartRun(text, "x", str(tmp_path), str(tmp_path / "run"), "cpu:2", LINGER, launcher=launcher)
    with ending(launch(start)) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended)
        states = [entry for entry in entries if isinstance(entry, StateChanged)]
        assert RunState.RESTARTING not in [entry.state for entry in states]
        assert states[-1].cause is not None
        error = rebuild(states[-1].cause)
        assert isinstance(error, DeviceError)
        assert words in str(error)


@needs_mpi
def test_a_run_that_goes_on_elsewhere_is_described_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with running(folder, "steps 1"):
        pass
    resume = ResumeRun(str(folder), "cpu:2", LINGER, split="hybrid-b")
    with ending(launch(resume)) as engine, Client(engine.connection) as client:
        client.connect()
        description = RunFolder.open(folder).description
    assert (description.device, description.split) == ("cpu:2", "hybrid-b")


@needs_mpi
@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("refuse", DataNotFoundError),
        ("refuse 0", DataNotFoundError),
        ("refuse 1", DataNotFoundError),
        ("bug 2", UnexpectedError),
    ],
)
def test_a_failure_of_any_rank_is_the_cause(tmp_path: Path, what: str, error: type[ConvNetError]) -> None:
    text = network_file.dumps(NetworkFile())
    start = StartRun(text, what, str(tmp_path), str(tmp_path / "run"), "cpu:3", LINGER)
    with ending(launch(start)) as engine, Client(engine.connection) as client:
        client.connect()
        client.attach()
        entries = entries_until(client, has_ended, 60.0)
        (end,) = (entry for entry in entries if isinstance(entry, StateChanged) and entry.state.ended)
        assert end.state is RunState.FAILED
        assert end.cause is not None
        assert type(rebuild(end.cause)) is error
        _, left = psutil.wait_procs(ranks_of(engine), 5.0)
        assert not left
