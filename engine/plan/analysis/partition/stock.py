"""Keeps the buffers of a program that is being shared out, in all the forms that they are wanted in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.plan.analysis.partition.communicate import SLICE, fill, kind_of
from engine.plan.analysis.partition.forms import Form, is_batch, transient
from engine.plan.types import Buffer, Operation

Key = tuple[str, int | None]
"""A buffer of the whole program, and the pass where each pass has one of its own."""


class Stock:
    """Buffers by name, and for each of the whole program its home: the form in which it is kept.

    What is wanted in another form is copied, by a communication that is appended to ``operations``; copies
    serve later readers until the buffer is written again.
    """

    def __init__(self, whole: Mapping[str, Buffer], homes: Mapping[Key, Form]) -> None:
        self.buffers: dict[str, Buffer] = {}
        self.operations: list[Operation] = []
        self.homes = dict(homes)
        self._whole = whole
        self._copies: dict[Key, dict[Form, str]] = defaultdict(dict)
        self._written: set[Key] = set()
        self._names: set[str] = set()

    def has(self, key: Key, form: Form) -> bool:
        """Whether a buffer is there in a form."""
        return form in self._copies.get(key, ())

    def keep(self, key: Key, form: Form) -> str:
        """Keep a buffer in a form, unless it has a home already; return its name."""
        name = _home_name(key)
        home = self.homes.setdefault(key, form)
        self.buffers[name] = home.give(self._whole[key[0]], name)
        self._copies[key].setdefault(home, name)
        return name

    def add(self, key: Key, form: Form, name: str) -> str:
        """Add a buffer in a form that is not its home, under a ``name`` of its own, and return that."""
        self.buffers[name] = form.give(transient(self._whole[key[0]]), name)
        return name

    def add_copy(self, key: Key, form: Form, name: str) -> Buffer:
        """Add a buffer as ``add`` does, for later readers too."""
        self._copies[key][form] = self.add(key, form, name)
        return self.buffers[name]

    def read(self, key: Key, layer: str, wanted: Form) -> str:
        """Return the name of a buffer in the form ``wanted``, copied if need be for ``layer``."""
        self.keep(key, wanted)
        if not self.has(key, wanted):
            self._copy(key, layer, wanted)
        return self._copies[key][wanted]

    def is_written(self, key: Key, index: int | None) -> bool:
        """Whether the rows of a buffer that pass ``index`` sees have been written."""
        name, _ = key
        if index is None or not is_batch(self._whole[name]):
            return any(other == name for other, _ in self._written)
        return (name, None) in self._written or (name, index) in self._written

    def wrote(self, key: Key, index: int | None) -> None:
        """Note that a buffer's home was written in pass ``index``; copies are of no use any more."""
        self._written.add((key[0], index))
        self._copies[key] = {self.homes[key]: _home_name(key)}

    def begin_anew(self, name: str) -> None:
        """Forget what was written to a buffer: the next to write to it does not add to that."""
        self._written = {key for key in self._written if key[0] != name}

    def bring_home(
        self, key: Key, layer: str, made: str, *, accumulate: bool = False, mean: bool = False
    ) -> None:
        """Fill a buffer's home, or add to it, from what was ``made`` in another form; maybe by a ``mean``."""
        home = self.keep(key, self.homes[key])
        self._fill(made, layer, self.buffers[made], self.buffers[home], accumulate=accumulate, mean=mean)

    def copy_of_home(self, key: Key, layer: str, form: Form, name: str) -> str:
        """Return a copy of a buffer's home in a form, under a ``name``, that no later reader is given."""
        home = self.keep(key, self.homes[key])
        self.add(key, form, name)
        self._fill(name, layer, self.buffers[home], self.buffers[name])
        return name

    def _copy(self, key: Key, layer: str, wanted: Form) -> None:
        buffer = wanted.give(transient(self._whole[key[0]]), "")
        home, *others = (self.buffers[name] for name in self._copies[key].values())
        same_rows = (made for made in others if made.rows == wanted.rows)
        source = next((made for made in (home, *same_rows) if kind_of(made, buffer) == SLICE), home)
        stem = key[0] if wanted.pass_index is None else f"{key[0]}@{wanted.pass_index}"
        name = _free(f"{stem}.{kind_of(source, buffer)}", self.buffers)
        self._fill(stem, layer, source, self.add_copy(key, wanted, name))

    def _fill(
        self,
        stem: str,
        layer: str,
        source: Buffer,
        target: Buffer,
        *,
        accumulate: bool = False,
        mean: bool = False,
    ) -> None:
        operation = fill(stem, layer, source, target, accumulate=accumulate, mean=mean)
        operation = replace(operation, name=_free(operation.name, self._names))
        self._names.add(operation.name)
        self.operations.append(operation)


def _home_name(key: Key) -> str:
    name, index = key
    return name if index is None else f"{name}@{index}"


def _free(name: str, taken: Collection[str]) -> str:
    """Return ``name``, with a number behind it where it is taken."""
    free, number = name, 2
    while free in taken:
        free = f"{name}{number}"
        number += 1
    return free
