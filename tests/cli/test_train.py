"""``convnet train`` shows a run, stops it on Ctrl+C, goes on with it, and tells plainly what is wrong."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console

from engine import checkpoint
from engine.cli import follow
from engine.cli.__main__ import main
from engine.cli.follow import Follower
from engine.cli.interrupts import Interrupts
from engine.errors import RunFolderUnwritableError
from engine.protocol import connection as connections
from engine.protocol.client import Client
from engine.protocol.messages import Heartbeat, RunState
from engine.protocol.problems import describe
from tests.supervisor.engines import wait_for

EXAMPLE = Path(__file__).parents[2] / "resources" / "examples" / "digits.convnet"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network whose training does what its name says."""
    return Path(shutil.copy(EXAMPLE, tmp_path / "steps 300.convnet"))


def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


def convnet(*arguments: object, **environment: str) -> tuple[int, str, str]:
    """Run a command; return exit code, output and complaints."""
    process = start(*arguments, **environment)
    output, complaints = process.communicate(timeout=120)
    return process.returncode, output, complaints


def run_folder_in(output: str) -> Path:
    match = re.search(r"Run folder: (.*)", output)
    assert match, output
    return Path(match[1])


def test_a_training_runs_to_its_end_and_shows_its_figures(network: Path) -> None:
    """Settings given on the command line hold for this run."""
    code, output, complaints = convnet("train", network, "--epochs", 3, "--batch-size", 16, "--seed", 7)
    assert (code, complaints) == (0, "")
    assert re.search(r"^train +300 +0\.0033 +50\.00 %$", output, re.MULTILINE)
    folder = run_folder_in(output)
    assert folder.parent == Path(os.environ["CONVNET_RUNS"])
    assert folder.name.startswith("steps-300-")
    text = (folder / "network.convnet").read_text()
    for setting in ("epochs", "batch_size", "seed"):
        assert re.search(rf'"{setting}": (3|16|7)\b', text)
    assert not connections.running(), "an engine was left behind"


def test_ctrl_c_stops_with_a_checkpoint_and_says_how_to_go_on(network: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my run"
    network = network.rename(tmp_path / "steps 600.convnet")
    process = start("train", network, "--run-folder", folder)
    wait_for((folder / "checkpoints" / "step-000000000100.json").exists)
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (130, "")
    assert f"convnet train --resume '{folder}'" in output
    stopped = checkpoint.load_latest(folder / "checkpoints")
    assert stopped is not None
    assert 100 <= stopped.step < 600

    code, output, complaints = convnet("train", "--resume", folder)
    assert (code, complaints) == (0, "")
    assert re.search(r"^train +600 ", output, re.MULTILINE)


def test_a_second_ctrl_c_leaves_the_engine_to_stop_by_itself_and_says_how_to_go_on(
    network: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    process = start("train", network.rename(tmp_path / "hang.convnet"), "--run-folder", folder)
    assert process.stdout is not None
    wait_for((folder / "plan.txt").exists)
    process.send_signal(signal.SIGINT)
    while "Stopping." not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (130, "")
    assert f"convnet train --resume {folder}" in output
    (path,) = connections.running()
    os.kill(connections.read(path).pid, signal.SIGKILL)
    wait_for(lambda: not connections.running())


@pytest.mark.usefixtures("_signals_as_before")
def test_the_end_of_a_run_that_the_disk_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not in the journal is told to nobody, so the heartbeat's problem must end the wait."""
    monkeypatch.setattr(follow, "_DISK_PATIENCE", 0.0)
    problem = describe(RunFolderUnwritableError(path="run", reason="disk is full"))
    client = Mock()
    client.poll.side_effect = lambda _seconds: Heartbeat(0, RunState.STOPPED, True, None, 0, (), problem)
    follower = Follower(client, 0, 10, Console(quiet=True))
    with pytest.raises(RunFolderUnwritableError, match="disk is full"):
        follower.follow(Interrupts())


def test_a_run_whose_window_is_killed_goes_on(network: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start("train", network.rename(tmp_path / "steps 1000000.convnet"), "--run-folder", folder)
    wait_for((folder / "checkpoints" / "step-000000000100.json").exists)
    process.kill()
    process.communicate()
    (path,) = connections.running()
    with Client(path) as client:
        assert client.connect().state == "training"
    os.kill(connections.read(path).pid, signal.SIGTERM)
    wait_for(lambda: not connections.running())


def convnet_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process, which is quicker; return exit code, output and complaints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["convnet", *arguments])
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as end:
            main()
    output, complaints = capsys.readouterr()
    return int(end.value.code or 0), output, complaints


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that cannot be done; return what it complains of."""
    code, _, complaints = convnet_here(capsys, *arguments)
    assert code == 2
    assert "Traceback" not in complaints
    return complaints


@pytest.fixture
def _signals_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals_as_before")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "missing.convnet"], "missing.convnet"),
        (["train", "{network}", "--device", "cuda:0"], "cuda:0"),
        (["train", "{network}", "--device", "tpu"], "tpu"),
        (["train", "{network}", "--epochs", "0"], "epochs"),
        (["train", "{network}", "--run-folder", "{network}"], "cannot be written"),
        (["train", "{network}", "--run-folder", "{folder}"], "expected a new or an empty folder"),
        (["train", "{refused}"], "convnet: faces: expected a folder, found nothing. Look again.\n"),
        (["train", "--resume", "{folder}"], "expected a run folder"),
        (["train", "--resume", "{folder}", "--epochs", "3"], "--resume"),
        (["train"], "--resume"),
        (["train", "{network}", "--resume", "{folder}"], "Expected a network"),
        (["describe", "missing.convnet"], "missing.convnet"),
        (["train", "{broken}"], "line 1, column 1"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_2(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    broken = tmp_path / "broken.convnet"
    broken.write_text("not JSON")
    refused = shutil.copy(EXAMPLE, tmp_path / "refuse.convnet")
    places = {"network": network, "folder": tmp_path, "broken": broken, "refused": refused}
    assert told in refusal(capsys, *(argument.format(**places) for argument in arguments))


def test_all_problems_of_a_network_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "invalid.convnet"
    path.write_text(EXAMPLE.read_text().replace('"filters": 16', '"filters": -1').replace('"fc"', '"fcc"'))
    complaints = refusal(capsys, "train", str(path))
    assert "filters" in complaints
    assert "fcc" in complaints
