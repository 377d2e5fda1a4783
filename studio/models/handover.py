"""What a studio hands to the one that takes its place: another language is spoken from the start on."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from engine import durable
from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, dumps, loads
from studio.models.document import Document
from studio.models.kept_steps import read_steps, write_steps
from studio.models.recovery import SUFFIX, copy_of

_DIRTY, _RUN_FOLDER, _STEPS = "dirty", "run_folder", "steps"


def hand_over(document: Document, run_folder: str | None, folder: Path) -> Path:
    """Write down the open network with its steps of undo, and the run that is watched; return the file.

    It is a recovery copy, so that nothing is lost where nobody takes over. Raises OSError, and then leaves
    nothing behind.
    """
    content = copy_of(document) | {
        _DIRTY: document.dirty,
        _RUN_FOLDER: run_folder,
        _STEPS: write_steps(document),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}{SUFFIX}"
    durable.put(path, json.dumps(content).encode())
    return path


def take_over(path: Path, document: Document) -> tuple[bool, str | None]:
    """Show what was handed over; return whether all of it was taken, and the folder of the run to watch.

    Does nothing where the copy is spoilt. Where the network's file cannot be opened, the copy's is recovered.
    """
    try:
        content = json.loads(path.read_bytes())
        network, name = loads(content["network"], str(path)), str(content["name"])
        file = Path(content["path"]) if content["path"] else None
        steps = read_steps(content[_STEPS], content["network"])
        dirty, run_folder = content[_DIRTY], content[_RUN_FOLDER] and str(content[_RUN_FOLDER])
    except (OSError, ValueError, KeyError, TypeError, ConvNetError):
        return False, None
    if dirty:
        document.recover(network, file, name)
    elif file is not None:
        _open(file, network, name, document)
    elif len(network.graph):
        document.new(network, name)
    if steps is not None and dumps(document.network) == content["network"]:
        if document.dirty and not dirty:  # its file was lost
            steps.mark_dirty()
        document.take_steps(steps)
    return True, run_folder


def _open(file: Path, network: NetworkFile, name: str, document: Document) -> None:
    try:
        document.open(file)
    except (OSError, ConvNetError):  # it was moved, or is spoilt
        document.recover(network, file, name)
