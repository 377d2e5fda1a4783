"""Injects every fault of tests/faults in full numbers, and prints one table of what came of it.

    .venv/bin/python tools/faults.py                all rows, under half an hour
    .venv/bin/python tools/faults.py --row 1 --row 41 --share 0.1
    .venv/bin/python tools/faults.py --write docs/reliability.md

Each row runs in a process of its own: some at a time, then those whose module says ALONE one by one. None of
them, nor what they have started, outlives this program, even where that is killed. With --write, the lines of
the rows that ran are renewed in a document's table. Ends with 1 where a bar is not met.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests" / "faults"
AT_A_TIME = 3
"""Rows that share the machine: of two processors, as many rows wait for time to pass."""

SECONDS = 900.0
"""That one row may take."""

_COLUMNS = ("row", "fault", "injected", "survived", "bar", "measured")
_HEADER = f"| {' | '.join(_COLUMNS)} |"
_DECLARED = re.compile(r'^ROW, FAULT, FULL = "(.*?)", "(.*?)", ', re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A module with a fault: the ``number`` of its row, and whether it is to have the machine ``alone``."""

    number: str
    fault: str
    module: str
    alone: bool

    @property
    def place(self) -> int:
        """Where it comes in a table."""
        return int(self.number) if self.number.isdecimal() else 1000


@dataclass(frozen=True)
class Result:
    """What came of a row: its ``cells`` of a table, from "injected" on."""

    cells: tuple[str, ...]
    seconds: float
    holds: bool


def rows() -> list[Row]:
    """Return all rows in order."""
    found = []
    for path in sorted(TESTS.glob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if match := _DECLARED.search(text):
            alone = re.search(r"^ALONE = True$", text, re.MULTILINE) is not None
            found.append(Row(match[1], match[2], f"tests.faults.{path.stem}", alone))
    return sorted(found, key=lambda row: row.place)


def inject(module: str, share: float) -> None:
    """Inject one row's fault, and print what came of it as JSON: the child's part."""
    from tests.faults import shared

    threading.Thread(target=end_with_parent, daemon=True).start()
    # Engines train with the fake from here on; this process is to know the real trainer.
    os.environ["PYTHONPATH"] = str(ROOT / "tests" / "supervisor" / "fake_training")
    row = importlib.import_module(module)
    count = max(round(row.FULL * share), 2 if module.endswith("15_hangs") else 1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome = row.body(count, Path(folder))
        finally:
            shared.end()
    cells = [str(getattr(outcome, name)) for name in _COLUMNS[2:]]
    print(msgspec.json.encode((cells, outcome.holds)).decode())


def end_with_parent() -> None:
    """Wait for the parent's end; then become a process that ends all that this row has started."""
    sys.stdin.read()
    os.execv(sys.executable, [sys.executable, __file__, "--end", tempfile.gettempdir()])


def run(row: Row, share: float) -> Result:
    """Run a row in a process of its own, with run folders and lists of engines of its own."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, lifeline() as line:
        environment = {
            **os.environ,
            "TMPDIR": folder,
            "XDG_STATE_HOME": str(Path(folder, "state")),
            "CONVNET_RUNS": str(Path(folder, "runs")),
        }
        try:
            done = subprocess.run(
                [sys.executable, __file__, "--child", row.module, "--share", str(share)],
                stdin=line,
                capture_output=True,
                text=True,
                cwd=ROOT,
                env=environment,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(("", "", "", f"not done in {SECONDS:g} s"), SECONDS, holds=False)
        finally:
            end_all(folder)
    seconds = time.monotonic() - begun
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Result(("", "", "", words[-1]), seconds, holds=False)
    cells, holds = msgspec.json.decode(done.stdout.splitlines()[-1], type=tuple[tuple[str, ...], bool])
    return Result(cells, seconds, holds)


@contextmanager
def lifeline() -> Iterator[int]:
    """Yield what a child can read: it ends with this process, however that ends."""
    reader, writer = os.pipe()
    try:
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def end_all(folder: str) -> None:
    """End what a row has left behind: all other processes that keep their files in its folder."""
    while found := [process for process in psutil.process_iter() if is_in(process, folder)]:
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1.0)


def is_in(process: psutil.Process, folder: str) -> bool:
    """Whether another process keeps its files in ``folder``."""
    try:
        return process.pid != os.getpid() and process.environ().get("TMPDIR") == folder
    except psutil.Error:
        return False


def run_all(wanted: list[Row], share: float) -> dict[Row, Result]:
    """Run rows, and say what came of each once it has ended."""
    results: dict[Row, Result] = {}
    for alone in (False, True):
        with ThreadPoolExecutor(1 if alone else AT_A_TIME) as pool:
            jobs = {pool.submit(run, row, share): row for row in wanted if row.alone == alone}
            for job in as_completed(jobs):
                row, result = jobs[job], job.result()
                results[row] = result
                told = "" if result.holds else "NOT HELD"
                cells = (row.number, row.fault, *result.cells, f"{result.seconds:.0f} s", told)
                print(*cells, sep=" | ", flush=True)
    return results


def write(document: Path, results: dict[Row, Result]) -> None:
    """Renew the lines of ``results`` in the table of a document; other rows keep theirs, if they have one."""
    before, rest = document.read_text(encoding="utf-8").split(f"{_HEADER}\n", 1)
    rule, *rest_lines = rest.splitlines(keepends=True)
    length = next(place for place, line in enumerate(rest_lines) if not line.startswith("|"))
    kept = {tuple(line.split(" | ")[:2]): line for line in rest_lines[:length]}
    lines = []
    for row in rows():
        if row in results:
            lines.append(f"| {' | '.join((row.number, row.fault, *results[row].cells))} |\n")
        elif line := kept.get((f"| {row.number}", row.fault)):
            lines.append(line)
    document.write_text(
        "".join((before, _HEADER, "\n", rule, *lines, *rest_lines[length:])), encoding="utf-8"
    )


def main() -> int:
    """Return the program's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", help="only this row; may be repeated")
    parser.add_argument("--share", type=float, default=1.0, help="of the full numbers")
    parser.add_argument("--write", type=Path, metavar="FILE", help="renew the table in this document")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--end", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.end:
        end_all(arguments.end)
        shutil.rmtree(arguments.end, ignore_errors=True)
        return 0
    if arguments.child:
        sys.path.insert(0, str(ROOT))
        inject(arguments.child, arguments.share)
        return 0
    if arguments.write and arguments.share != 1.0:
        parser.error("--write is for the full numbers, and so not for a --share of them.")
    begun = time.monotonic()
    wanted = [row for row in rows() if not arguments.row or row.number in arguments.row]
    results = run_all(wanted, arguments.share)
    table = Table(*_COLUMNS, "s", "holds", box=None)
    for row in wanted:
        cells, seconds, holds = results[row].cells, f"{results[row].seconds:.0f}", results[row].holds
        table.add_row(row.number, row.fault, *cells, seconds, "yes" if holds else "NO")
    Console(width=200).print(table)
    print(f"{time.monotonic() - begun:.0f} s in all")
    if arguments.write:
        write(arguments.write, results)
    return 0 if all(result.holds for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
