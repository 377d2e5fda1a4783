"""A disk that loses its power: what was not fsynced may be there, in part or not at all."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Disk:
    """One folder as it is on the disk: ``names`` of files for sure, and changes of names that may be lost."""

    names: dict[str, int]  # name to inode
    synced: dict[int, bytes]  # content for sure, by inode
    written: dict[int, bytes]  # content as it was last seen
    pending: list[tuple[str, str, int]] = field(default_factory=list)  # ("set" or "remove", name, inode)

    def copy(self) -> Disk:
        """Return the same state again."""
        return Disk(dict(self.names), dict(self.synced), dict(self.written), list(self.pending))

    def lose_power(self, chance: random.Random, target: Path) -> None:
        """Write into ``target`` what may be left: any changes not fsynced, any part of such content."""
        names = dict(self.names)
        for kind, name, inode in self.pending:
            if chance.random() < 0.5:
                if kind == "set":
                    names[name] = inode
                else:
                    names.pop(name, None)
        for name, inode in names.items():
            content = self.synced.get(inode)
            if content is None:
                written = self.written.get(inode, b"")
                length = chance.randrange(len(written) + 1)
                content = chance.choice((written[:length], bytes(length), b""))
            (target / name).write_bytes(content)


@contextmanager
def recorded(folder: Path) -> Iterator[list[Disk]]:
    """Write down the state of ``folder`` after each call that changes it or makes it last."""
    disk = Disk({}, {}, {})
    for path in folder.iterdir():
        inode = path.stat().st_ino
        disk.names[path.name] = inode
        disk.synced[inode] = path.read_bytes()
    states = [disk.copy()]

    def note_contents() -> None:
        for path in folder.iterdir():
            disk.written[path.stat().st_ino] = path.read_bytes()

    def opened(result: int, path: Any, flags: int, *_: Any, **__: Any) -> None:
        if flags & os.O_CREAT and Path(path).parent == folder:
            disk.pending.append(("set", Path(path).name, os.fstat(result).st_ino))

    def fsynced(_: None, descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        if inode == folder.stat().st_ino:
            for kind, name, what in disk.pending:
                if kind == "set":
                    disk.names[name] = what
                else:
                    disk.names.pop(name, None)
            disk.pending.clear()
        else:
            disk.synced[inode] = disk.written[inode]

    def replaced(_: None, source: Any, target: Any, **__: Any) -> None:
        inode = Path(target).stat().st_ino
        disk.pending.append(("set", Path(target).name, inode))
        disk.pending.append(("remove", Path(source).name, inode))

    def unlinked(_: None, path: Any, **__: Any) -> None:
        disk.pending.append(("remove", Path(path).name, 0))

    def watch(original: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            result = original(*arguments, **named)
            note_contents()
            note(result, *arguments, **named)
            states.append(disk.copy())
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        notes = {"open": opened, "fsync": fsynced, "replace": replaced, "unlink": unlinked}
        for name, note in notes.items():
            patch.setattr(os, name, watch(getattr(os, name), note))
        yield states
