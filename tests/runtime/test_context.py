"""A process begins to use a GPU once, also where a thread does so beside its start."""

from __future__ import annotations

import threading

import pytest

from engine.runtime import context


def test_a_thread_begins_and_others_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, begun = threading.Event(), threading.Event()

    def begin(index: int) -> int:
        begun.set()
        assert goes_on.wait(60)
        return 7

    monkeypatch.setattr(context, "_begin", begin)
    context.begin_beside(0)
    assert begun.wait(60)
    found: list[int] = []
    other = threading.Thread(target=lambda: found.append(context.context_bytes(0)))
    other.start()
    assert not found
    goes_on.set()
    other.join(10)
    assert found == [7]


def test_what_goes_wrong_is_told_to_who_uses_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Event()

    def begin(index: int) -> int:
        tried.set()
        raise ImportError("no CuPy")

    monkeypatch.setattr(context, "_begin", begin)
    context.begin_beside(0)
    assert tried.wait(60)
    with pytest.raises(ImportError, match="no CuPy"):
        context.context_bytes(0)
