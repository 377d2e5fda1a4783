"""The runs on this machine, each as a card."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engine.errors import ConvNetError
from engine.library.found import run_folders
from engine.protocol.library import RunCard
from engine.store.glance import glance
from engine.store.run_folder import RunFolder
from engine.store.user_notes import read_notes


def list_runs() -> list[RunCard]:
    """Return the runs where runs are kept, and those that go on elsewhere, newest first.

    What cannot be read is left out: there is nothing to be done with it here.
    """
    cards = []
    for folder, connection in run_folders().items():
        with suppress(ConvNetError):
            cards.append(read_card(folder, connection))
    return sorted(cards, key=lambda card: card.created, reverse=True)


def read_card(folder: Path, connection: Path | None) -> RunCard:
    """Return the card of the run in a folder; raises RunFolderError."""
    run = RunFolder.open(folder)
    notes = read_notes(folder)
    with glance(run.journal) as journal:
        said = journal.last_state()
        train, test = journal.newest("train"), journal.newest("test")
        validation_error = journal.least_error("validation")
    is_over = said is not None and said.state.ended
    return RunCard(
        run_folder=str(folder),
        name=run.description.name,
        title=notes.title,
        tags=notes.tags,
        in_trash=notes.in_trash,
        created=run.description.created,
        base=run.description.base,
        device=run.description.device,
        fork=run.description.fork,
        connection=None if connection is None else str(connection),
        state=said.state if said is not None and (is_over or connection is not None) else None,
        cause=None if said is None else said.cause,
        step=0 if train is None else train.step,
        seconds=0.0 if train is None else train.seconds,
        loss=None if train is None else train.loss,
        validation_error=validation_error,
        test_error=None if test is None else test.error,
    )
