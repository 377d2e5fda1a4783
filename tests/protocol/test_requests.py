"""Answers reach who asked, and nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from engine.errors import EngineDiedError, NoAnswerError, RunEndedError
from engine.protocol.messages import Answer, Done, Pause, Reply, Snapshots, Stop
from engine.protocol.problems import describe
from engine.protocol.requests import Asked, PendingRequests


def ask(requests: PendingRequests, now: float = 0.0) -> tuple[int, Future[Answer]]:
    future: Future[Answer] = Future()
    return requests.add(Asked(Pause(), future, timeout=5.0), now).id, future


def test_answers_find_their_request_in_any_order() -> None:
    requests = PendingRequests()
    (first, one), (second, two) = ask(requests), ask(requests)
    requests.resolve(Reply(second, Snapshots(())))
    requests.resolve(Reply(first, Done()))
    requests.resolve(Reply(first, Done()))
    requests.resolve(Reply(999, Done()))
    assert (one.result(0), two.result(0)) == (Done(), Snapshots(()))


def test_numbers_rise() -> None:
    requests = PendingRequests()
    assert [requests.number(Stop()).id for _ in range(3)] == [1, 2, 3]
    assert ask(requests)[0] == 4


def test_a_problem_is_raised() -> None:
    requests = PendingRequests()
    number, future = ask(requests)
    requests.resolve(Reply(number, describe(RunEndedError(state="stopped"))))
    with pytest.raises(RunEndedError, match="stopped"):
        future.result(0)


def test_a_request_without_an_answer_fails_in_time() -> None:
    requests = PendingRequests()
    _, future = ask(requests, now=100.0)
    requests.expire(104.9)
    assert not future.done()
    requests.expire(105.1)
    with pytest.raises(NoAnswerError, match="5 s"):
        future.result(0)
    assert len(requests) == 0


def test_all_fail_when_the_engine_dies_but_those_that_were_cancelled() -> None:
    requests = PendingRequests()
    (_, one), (_, two) = ask(requests), ask(requests)
    two.cancel()
    requests.fail(EngineDiedError(pid=1, reason="x"))
    with pytest.raises(EngineDiedError):
        one.result(0)
    assert two.cancelled()
