"""Communication of ranks on the CPU goes on while they compute, in order, and is waited for where needed."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable

import pytest

from engine.parallel.communicators.single import Single
from engine.runtime.beside import Messenger, beside
from engine.runtime.cpu import Cpu
from engine.runtime.device import Step


class Diary:
    """Steps that write down their names, and the thread that they ran on."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.threads: dict[str, str] = {}

    def step(self, name: str, *after: int, then: Callable[[], object] = lambda: None) -> Step:
        def call() -> None:
            self.threads[name] = threading.current_thread().name
            then()
            self.names.append(name)

        stream = "communication" if name.startswith("send") else "compute"
        return Step(call, name, stream, after)  # type: ignore[arg-type]


def test_what_nobody_waits_for_yet_goes_on_beside_computation() -> None:
    """The kernel lets the sending end: it would wait for it forever if they took turns."""
    diary, may_end = Diary(), threading.Event()
    steps = [
        diary.step("send", then=lambda: may_end.wait(60.0)),
        diary.step("kernel", then=may_end.set),
        diary.step("reader", 0),
    ]
    beside(steps, Messenger())()
    assert set(diary.names[:2]) == {"kernel", "send"}
    assert diary.names[2] == "reader"
    assert diary.threads["send"] == "messenger"


def test_what_is_waited_for_at_once_is_done_at_once_after_what_was_sent_before() -> None:
    diary = Diary()
    steps = [
        diary.step("send 1", then=lambda: time.sleep(0.02)),
        diary.step("kernel"),
        diary.step("send 2"),
        diary.step("reader", 2),
    ]
    beside(steps, Messenger())()
    assert diary.names == ["kernel", "send 1", "send 2", "reader"]
    assert diary.threads["send 2"] == threading.current_thread().name


def test_a_program_ends_when_all_is_sent() -> None:
    diary = Diary()
    beside(
        [diary.step("send 1", then=lambda: time.sleep(0.02)), diary.step("kernel"), diary.step("send 2")],
        Messenger(),
    )()
    assert diary.names == ["kernel", "send 1", "send 2"]


def test_what_goes_wrong_in_sending_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise RuntimeError("lost")

    diary = Diary()
    with pytest.raises(RuntimeError, match="lost"):
        beside([diary.step("send", then=fail), diary.step("kernel"), diary.step("reader", 0)], Messenger())()
    assert diary.names == ["kernel"]


def test_what_goes_wrong_first_is_raised_and_nothing_is_sent_after_it() -> None:
    def fail() -> None:
        raise RuntimeError("lost")

    diary = Diary()
    steps = [
        diary.step("send 1", then=fail),
        diary.step("kernel 1"),
        diary.step("send 2"),
        diary.step("kernel 2"),
        diary.step("reader", 2),
    ]
    with pytest.raises(RuntimeError, match="lost"):
        beside(steps, Messenger())()
    assert diary.names == ["kernel 1", "kernel 2"]


def test_after_a_kernel_went_wrong_nothing_is_under_way() -> None:
    def fail() -> None:
        raise RuntimeError("no memory")

    diary = Diary()
    steps = [
        diary.step("send", then=lambda: time.sleep(0.02)),
        diary.step("kernel", then=fail),
        diary.step("reader", 0),
    ]
    with pytest.raises(RuntimeError, match="no memory"):
        beside(steps, Messenger())()
    assert diary.names == ["send"]


class OneThread(Single):
    """A line for the thread that made it alone."""

    for_any_thread = False


@pytest.mark.parametrize(("line", "sender"), [(Single(), "messenger"), (OneThread(), "MainThread")])
def test_a_line_that_is_for_one_thread_is_called_by_no_other(line: Single, sender: str) -> None:
    diary, cpu = Diary(), Cpu(64)
    cpu.line(line)
    cpu.program([diary.step("send"), diary.step("kernel"), diary.step("reader", 0)])()
    assert diary.threads["send"] == sender
    assert diary.names[2] == "reader"


def messengers() -> int:
    """Return how many threads send."""
    gc.collect()
    return sum(thread.name == "messenger" for thread in threading.enumerate())


def await_messengers(count: int) -> None:
    deadline = time.monotonic() + 60.0
    while messengers() > count and time.monotonic() < deadline:
        time.sleep(0.001)
    assert messengers() == count


@pytest.mark.parametrize("fails", [False, True])
def test_the_thread_ends_with_its_program(fails: bool) -> None:
    def fail() -> None:
        raise RuntimeError("lost")

    await_messengers(0)  # of tests before
    then = fail if fails else lambda: None
    run = beside([Diary().step("send", then=then), Diary().step("kernel")], Messenger())
    with pytest.raises(RuntimeError) if fails else contextlib.nullcontext():
        run()
    assert messengers() == 1
    del run
    await_messengers(0)
