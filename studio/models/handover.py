"""What a studio hands to the one that takes its place: another language is spoken from the start on."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from pathlib import Path

from engine.errors import ConvNetError
from engine.graph.network_file import loads
from studio.models.document import Document
from studio.models.recovery import SUFFIX, copy_of

_DIRTY, _RUN_FOLDER = "dirty", "run_folder"


def hand_over(document: Document, run_folder: str | None, folder: Path) -> Path:
    """Write down the open network with its unsaved changes, and the run that is watched; return the file.

    It is a recovery copy, so that nothing is lost where nobody takes over. Raises OSError.
    """
    content = copy_of(document) | {_DIRTY: document.dirty, _RUN_FOLDER: run_folder}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}{SUFFIX}"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def take_over(path: Path, document: Document) -> str | None:
    """Show what was handed over; return the folder of the run to watch. Does nothing where that is spoilt."""
    with suppress(OSError, ValueError, KeyError, TypeError, ConvNetError):
        content = json.loads(path.read_bytes())
        network = loads(content["network"], str(path))
        file = Path(content["path"]) if content["path"] else None
        if content[_DIRTY]:
            document.recover(network, file, str(content["name"]))
        elif file is not None:
            document.open(file)
        elif len(network.graph):
            document.new(network, str(content["name"]))
        return content[_RUN_FOLDER] and str(content[_RUN_FOLDER])
    return None
