"""Injects every fault of tests/faults in full numbers, and prints one table of what came of it.

    .venv/bin/python tools/faults.py                all rows, under half an hour
    .venv/bin/python tools/faults.py --row 1 --row 41 --share 0.1

Each row runs in a process of its own. Ends with 1 where a bar is not met.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests" / "faults"
SECONDS = 900.0
"""That one row may take."""


def rows() -> dict[str, str]:
    """Return the modules with a fault by the number of their row, in order."""
    found = {}
    for path in sorted(TESTS.glob("test_*.py")):
        match = re.search(r'^ROW, FAULT, FULL = "(.*?)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        if match:
            name = match[1] if match[1] not in found else f"{match[1]} {path.stem}"
            found[name] = f"tests.faults.{path.stem}"
    return dict(sorted(found.items(), key=lambda row: int(row[0]) if row[0].isdecimal() else 1000))


def inject(module: str, share: float) -> None:
    """Inject one row's fault, and print what came of it as JSON: the child's part."""
    from tests.faults import shared

    # Engines train with the fake from here on; this process is to know the real trainer.
    os.environ["PYTHONPATH"] = str(ROOT / "tests" / "supervisor" / "fake_training")
    row = importlib.import_module(module)
    count = max(round(row.FULL * share), 2 if module.endswith("15_hangs") else 1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcome = row.body(count, Path(folder))
        finally:
            shared.end()
    print(msgspec.json.encode({**vars(outcome), "fault": row.FAULT, "holds": outcome.holds}).decode())


def run(module: str, share: float) -> dict[str, object]:
    """Run a row in a process of its own, with run folders and lists of engines of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(Path(folder, "state")),
            "CONVNET_RUNS": str(Path(folder, "runs")),
        }
        try:
            done = subprocess.run(
                [sys.executable, __file__, "--child", module, "--share", str(share)],
                capture_output=True,
                text=True,
                cwd=ROOT,
                env=environment,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"holds": False, "fault": module, "measured": f"not done in {SECONDS:g} s"}
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"holds": False, "fault": module, "measured": words[-1]}
    result: dict[str, object] = msgspec.json.decode(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """Return the program's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", help="only this row; may be repeated")
    parser.add_argument("--share", type=float, default=1.0, help="of the full numbers")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        sys.path.insert(0, str(ROOT))
        inject(arguments.child, arguments.share)
        return 0
    table = Table("row", "fault", "injected", "survived", "bar", "measured", "s", "holds", box=None)
    held = True
    begun = time.monotonic()
    for number, module in rows().items():
        if arguments.row and number not in arguments.row:
            continue
        row_begun = time.monotonic()
        result = run(module, arguments.share)
        held = held and bool(result["holds"])
        cells = [str(result.get(name, "")) for name in ("fault", "injected", "survived", "bar", "measured")]
        seconds = f"{time.monotonic() - row_begun:.0f}"
        table.add_row(number, *cells, seconds, "yes" if result["holds"] else "NO")
        print(number, *cells, f"{seconds} s", "" if result["holds"] else "NOT HELD", sep=" | ", flush=True)
    Console(width=200).print(table)
    print(f"{time.monotonic() - begun:.0f} s in all")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
