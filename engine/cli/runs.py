"""``convnet runs``: the runs of this user on this machine."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from engine.errors import ConvNetError
from engine.library.found import end_of, run_folders
from engine.protocol.client import Client
from engine.store.run_folder import RunFolder

_PATIENCE = 3.0  # s that an engine has to say how it is


def show_runs() -> None:
    """Print the running engines, then all other runs in the folder where runs are kept, newest first."""
    table = Table("state", "begun", "network", "run folder", box=None, pad_edge=False)
    for folder, path in run_folders().items():
        try:
            run = RunFolder.open(folder)
            state = _state_of_engine(path) if path is not None else _state_of_folder(run)
        except ConvNetError as error:
            table.add_row("damaged", "", "", f"{folder} ({type(error).__name__})")
            continue
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.description.created))
        table.add_row(state, begun, run.description.name, str(folder))
    if table.row_count:
        Console(soft_wrap=True).print(table)
    else:
        print("There are no runs yet.")


def _state_of_engine(path: Path) -> str:
    with Client(path) as client:
        try:
            return client.connect(_PATIENCE).state.value
        except ConvNetError:
            return "not responding"


def _state_of_folder(run: RunFolder) -> str:
    end = end_of(run)
    return "ended without a word" if end is None else end.value
