"""A process that dies at any call of a save leaves the new checkpoint or the one before."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.faults.killing import context, kill_after
from tests.faults.outcome import Outcome
from tests.faults.saving import die_at, is_sound, prepare

ROW, FAULT, FULL = "2", "death at each system call of a save", 2
SYSTEM_CALLS = ("openat", "write", "fsync", "rename", "unlink")
SAVE = (
    "import sys; from pathlib import Path; from engine import checkpoint; "
    "from tests.checkpoint.states import make_state; print('begin', file=sys.stderr, flush=True); "
    "checkpoint.save(Path(sys.argv[1]), make_state(40))"
)


def body(count: int, folder: Path) -> Outcome:
    """Die at each of Python's calls; with a ``count`` of 2, at each system call as well, by strace."""
    injected = survived = 0
    for when in ("before", "after"):
        deaths, sound = die_at_each_call(when, folder / when)
        injected, survived = injected + deaths, survived + sound
    by_strace = "without strace"
    if count > 1 and shutil.which("strace"):
        before = injected
        for call in SYSTEM_CALLS:
            deaths, sound = die_at_each_system_call(call, folder / call)
            injected, survived = injected + deaths, survived + sound
        by_strace = f"{injected - before} of them by strace"
    return Outcome(injected, survived, "0 bad calls", f"{injected - survived} bad; {by_strace}")


def die_at_each_call(when: str, folder: Path) -> tuple[int, int]:
    begun, sound, call = context.RawValue("b"), 0, 0
    while True:
        call += 1
        path = folder / str(call)
        states = prepare(path)
        if kill_after(die_at, (call, when, str(path)), begun, 30.0) == 0:
            return call - 1, sound
        sound += is_sound(path, states)


def die_at_each_system_call(call: str, folder: Path) -> tuple[int, int]:
    """Count the calls before the save begins, then die at each of those that follow."""
    log = folder.with_suffix(".calls")
    states = prepare(folder / "dry")
    strace = ["strace", "-f", "-o", str(log)]
    save = [sys.executable, "-c", SAVE]
    trace = [*strace, "-e", f"trace={call},write", *save, folder / "dry"]
    subprocess.run(trace, check=True, stderr=subprocess.DEVNULL)
    lines = [line for line in log.read_text().splitlines() if re.match(rf"\d+ +({call}|write)\(", line)]
    begin = next(place for place, line in enumerate(lines) if '"begin' in line)
    first = sum(f" {call}(" in line for line in lines[:begin]) + (call == "write")
    last = sum(f" {call}(" in line for line in lines)
    sound = 0
    for number in range(first + 1, last + 1):
        path = folder / str(number)
        states = prepare(path)
        inject = f"inject={call}:signal=KILL:when={number}"
        subprocess.run([*strace, "-e", inject, *save, path], check=False, stderr=subprocess.DEVNULL)
        sound += is_sound(path, states)
    return last - first, sound


def test_a_death_at_any_call_leaves_a_sound_checkpoint(tmp_path: Path) -> None:
    outcome = body(1, tmp_path)
    assert outcome.holds
    assert outcome.injected >= 30
