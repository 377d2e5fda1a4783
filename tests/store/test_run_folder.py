"""A run folder belongs to one engine, and says plainly why it cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine import durable
from engine.errors import RunFolderError, RunFolderInUseError, RunFolderUnwritableError
from engine.protocol.messages import Site
from engine.store import run_folder
from engine.store.run_folder import RunFolder, hold_engine, hold_worker, make_run_path


def create(path: Path) -> RunFolder:
    folder, hold = RunFolder.create(path, "digits", '{"layers": []}', Path("examples"), Site("cpu"))
    hold.release()
    return folder


def test_a_new_folder_is_opened_as_it_was_made(tmp_path: Path) -> None:
    made = create(tmp_path / "a" / "run")
    found = RunFolder.open(tmp_path / "a" / "run")
    assert found == made
    assert found.network.read_text() == '{"layers": []}'
    assert found.description.name == "digits"
    assert found.description.base == str(Path("examples").absolute())
    assert found.checkpoints.is_dir()
    assert found.snapshots.is_dir()


def test_two_runs_have_different_ids(tmp_path: Path) -> None:
    assert create(tmp_path / "a").description.run_id != create(tmp_path / "b").description.run_id


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunFolderError, match=r"thesis\.tex"):
        create(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_is_not_made_over_another(tmp_path: Path) -> None:
    create(tmp_path / "run")
    with pytest.raises(RunFolderError, match="empty"):
        create(tmp_path / "run")


def test_a_second_engine_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    create(tmp_path)
    program = (
        "import sys; from pathlib import Path; from engine.store.run_folder import hold_engine\n"
        "hold = hold_engine(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(RunFolderInUseError, match=f"process {other.pid}"):
        hold_engine(tmp_path)
    with pytest.raises(RunFolderInUseError, match=f"process {other.pid}"):
        create(tmp_path)
    other.kill()
    other.communicate()
    hold_engine(tmp_path).release()


def test_an_engine_waits_for_the_training_process_of_one_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tmp_path)
    monkeypatch.setattr(run_folder, "WORKER_PATIENCE", 0.2)
    worker = hold_worker(tmp_path)
    with pytest.raises(RunFolderInUseError, match=f"process {os.getpid()}"):
        hold_engine(tmp_path)
    worker.release()
    hold_engine(tmp_path).release()


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="expected a run folder"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"format_version": 2}'])
def test_a_damaged_description_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunFolderError, match=r"run\.json"):
        RunFolder.open(tmp_path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderUnwritableError, match="Not a directory"):
        create(tmp_path / "file" / "run")


def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object) -> None:
        if path.name == "run.json":
            raise OSError(28, "No space left on device")
        path.touch()

    monkeypatch.setattr(durable, "write", refuse)
    with pytest.raises(RunFolderUnwritableError, match="No space left"):
        create(tmp_path / "run")
    monkeypatch.undo()
    create(tmp_path / "run")


def test_new_folders_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVNET_RUNS", str(tmp_path / "runs"))
    first, second = make_run_path("my net/../x"), make_run_path("my net/../x")
    assert first.parent == second.parent == tmp_path / "runs"
    assert first.name.startswith("my-net-x-")
    assert (first.name[-3:], second.name[-3:]) == ("-01", "-02")


def test_a_training_process_waits_for_the_one_before(tmp_path: Path) -> None:
    """That was killed, perhaps, and is still at its last write."""
    before = hold_worker(tmp_path)
    leaving = threading.Timer(0.3, before.release)
    leaving.start()
    hold_worker(tmp_path).release()
    leaving.join()
