"""While the disk does not keep up, the training process waits, and is not taken for one that hangs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.store.edits import Edits
from engine.supervisor.journal_thread import MOST_WAITING
from engine.supervisor.run import Run


def test_a_training_process_is_left_unheard_while_too_much_waits_for_the_disk() -> None:
    diary: list[str] = []
    worker: Any = SimpleNamespace(
        receive=lambda: diary.append("received") or (),
        leave_unheard=lambda: diary.append("left unheard"),
        end_hung=lambda: diary.append("looked for one that hangs"),
        is_over=lambda: False,
        is_responding=True,
        output=SimpleNamespace(empty=lambda: True),
    )
    journal: Any = SimpleNamespace(backlog=MOST_WAITING, append=lambda entry: None)
    run = Run(worker, journal, Edits())
    run.turn()
    assert diary == ["left unheard", "looked for one that hangs"]
    journal.backlog -= 1
    run.turn()
    assert diary[2:] == ["received", "looked for one that hangs"]
