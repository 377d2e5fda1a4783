"""Of two engines for one run folder, the second refuses and names the first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.errors import RunFolderInUseError
from engine.protocol.internal import ResumeRun
from engine.protocol.launch import LaunchedEngine, launch
from tests.faults.outcome import Outcome
from tests.supervisor.engines import LINGER, ending, start

ROW, FAULT, FULL = "37", "two engines, one run folder", 50


def attempt(folder: Path) -> LaunchedEngine | RunFolderInUseError:
    """Start an engine, or return its refusal."""
    try:
        return start(folder, "steps 1000000")
    except RunFolderInUseError as error:
        return error


def body(count: int, folder: Path) -> Outcome:
    """Start both at once ``count`` times, and then a third that would resume."""
    survived = writers = 0
    with ThreadPoolExecutor(2) as pool:
        for number in range(count):
            path = folder / str(number)
            results = list(pool.map(attempt, [path, path]))
            engines = [result for result in results if isinstance(result, LaunchedEngine)]
            writers = max(writers, len(engines))
            refusals = [str(result) for result in results if isinstance(result, RunFolderInUseError)]
            if not engines:
                continue
            with ending(engines[0]) as engine:
                try:
                    launch(ResumeRun(str(path), None, LINGER)).process.kill()
                except RunFolderInUseError as error:
                    refusals.append(str(error))
                holder = f"process {engine.process.pid}"
                survived += len(engines) == 1 and sum(holder in text for text in refusals) == 2
    return Outcome(count, survived, "0 double writers; the holder is named", f"{writers} engine a folder")


def test_a_second_engine_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    assert body(1, tmp_path).holds
