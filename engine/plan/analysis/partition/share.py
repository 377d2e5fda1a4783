"""Shares one program out over the ranks, and inserts the communication that this takes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from engine.errors import PlanError
from engine.plan.analysis.partition.buckets import Buckets
from engine.plan.analysis.partition.communicate import SLICE, agree, all_reduce, fill, kind_of
from engine.plan.analysis.partition.forms import Form, is_batch, transient
from engine.plan.analysis.partition.places import BatchOrder, Place, even
from engine.plan.analysis.partition.rules import UNIT_KEYED, Axes, Rule, rule_of
from engine.plan.types import BATCH, Buffer, Operation, Shares, Value

_COUNTERS = "counters"
"""The port, and the buffer, of the step's counters."""

_Key = tuple[str, int | None]
"""A buffer of the whole program, and the pass where each pass has one of its own."""


@dataclass(frozen=True)
class WholeProgram:
    """A program as one device would run it. ``gradients`` are buffers by what they are the gradient of."""

    buffers: Mapping[str, Buffer]
    operations: Sequence[Operation]
    gradients: Mapping[str, str]


@dataclass(frozen=True)
class Scheme:
    """All that a split says of a network: places of layers and weights, and how batches are taken."""

    layers: Mapping[str, Place]
    weights: Mapping[str, str]
    """The layer that each array of weights belongs to, by name."""
    in_passes: frozenset[str]
    batch: BatchOrder
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class _How:
    """How one operation is run: over which ranks, and which letter of its rule is shared out as what."""

    rule: Rule
    ranks: tuple[int, ...]
    letter: str | None
    batch: Form
    """The form of a batch that only its batch axis tells: its sharding is that of this axis alone."""

    def form(self, buffer: Buffer, axes: Axes) -> Form:
        """Return the form that the operation wants a buffer in, or makes it in."""
        sharding: list[Shares | None] = [None] * len(buffer.shape)
        axis = axes.axis(self.letter)
        if axis is not None:
            shared = self.letter == BATCH
            sharding[axis] = self.batch.sharding[0] if shared else even(buffer.shape[axis], self.ranks)
        if not is_batch(buffer):
            return Form(self.ranks, tuple(sharding))
        return Form(self.ranks, tuple(sharding), rows=self.batch.rows, pass_index=self.batch.pass_index)

    def result(self, buffer: Buffer, axes: Axes) -> Form:
        """Return the form that an output comes in: a term of a sum where it lacks the letter."""
        form = self.form(buffer, axes)
        return replace(form, partial=self.letter is not None and axes.axis(self.letter) is None)


class Sharer:
    """Walks through a program once. ``homes`` are the forms in which buffers are made.

    What was made in another form, or is wanted in one, is communicated; copies are kept for later readers.
    Without ``passes``, layers that train in passes run in one.
    """

    def __init__(
        self, scheme: Scheme, program: WholeProgram, homes: Mapping[_Key, Form], *, passes: bool
    ) -> None:
        self.scheme = scheme
        self.program = program
        self.homes = dict(homes)
        self.buffers: dict[str, Buffer] = {}
        self.operations: list[Operation] = []
        self.offsets: dict[str, dict[int, int]] = {}
        self.notes: dict[str, None] = {}
        self._passes = passes and len(scheme.batch.passes) > 1
        self._copies: dict[_Key, dict[Form, str]] = defaultdict(dict)
        self._written: set[_Key] = set()
        self._buckets = Buckets()
        self._deferred: list[Operation] = []
        self._primals = {gradient: primal for primal, gradient in program.gradients.items()}
        self._in_passes = self._made_in_passes()
        self._updated = {
            operation.inputs["gradient"]: operation.outputs["weights"]
            for operation in program.operations
            if _is_update(operation) and "gradient" in operation.inputs
        }
        self._order = self._ordered()
        self._uniform = self._uniform_gradients()
        self._writes_left = Counter(
            name for operation, _ in self._order for name in operation.outputs.values()
        )

    def run(self) -> None:
        """Share the program out."""
        self._keep_persistent()
        counting = sum(_counts(operation) for operation, _ in self._order)
        for operation, index in self._order:
            if _is_update(operation):
                self._update(operation)
            else:
                self._share(operation, index)
            if _counts(operation):
                counting -= 1
                if not counting:
                    self._agree()
        self._reduce(self._buckets.empty())
        for operation in self._deferred:
            self._emit_update(operation)

    # The order of operations

    def _ordered(self) -> list[tuple[Operation, int | None]]:
        """Return the operations with the pass that each belongs to, None where it sees the whole batch.

        What takes a batch in passes goes forward and back in each pass before the next; what needs the
        gradients of all passes comes after them, and so do updates of what learns in passes.
        """
        if not self._passes:
            return [(operation, None) for operation in self.program.operations]
        before: list[Operation] = []
        inside: list[Operation] = []
        updates: list[Operation] = []
        after: list[Operation] = []
        written: set[str] = set()
        for operation in self.program.operations:
            made = {name for name in operation.outputs.values() if not self._of_control(name)}
            if self._runs_in_passes(operation):
                (updates if _is_update(operation) else inside).append(operation)
                written |= made
            elif written.intersection((*operation.inputs.values(), *made)):
                after.append(operation)
                written |= made
            else:
                before.append(operation)
        by_pass = product(range(len(self.scheme.batch.passes)), inside)
        return [
            *((operation, None) for operation in before),
            *((operation, index) for index, operation in by_pass),
            *((operation, None) for operation in (*updates, *after)),
        ]

    def _runs_in_passes(self, operation: Operation) -> bool:
        layer = operation.layer
        if _is_update(operation):
            layer = self.scheme.weights[operation.outputs["weights"]]
        return self._passes and layer in self.scheme.in_passes

    def _made_in_passes(self) -> frozenset[str]:
        """Return the buffers that have another content in each pass."""
        makers: dict[str, Operation] = {}
        for operation in self.program.operations:
            for name in operation.outputs.values():
                makers.setdefault(name, operation)
        made = {name for name, operation in makers.items() if self._runs_in_passes(operation)}
        batches = (name for name in self.program.buffers if is_batch(self.program.buffers[name]))
        return frozenset(name for name in batches if self._primals.get(name, name) in made)

    # One operation

    def _share(self, operation: Operation, index: int | None) -> None:
        how = self._how(operation, index)
        inputs = {
            port: self._counters(how) if self._of_control(name) and port == _COUNTERS else name
            for port, name in operation.inputs.items()
        }
        for port, name in operation.inputs.items():
            if not self._of_control(name):
                wanted = how.form(self.program.buffers[name], how.rule.axes(port))
                inputs[port] = self._read(operation.layer, name, index, wanted)
        outputs = {}
        results = []
        for port, name in operation.outputs.items():
            buffer = self.program.buffers[name]
            if buffer.role == "workspace":
                continue
            if self._of_control(name):
                outputs[port] = self._counters(how) if port == _COUNTERS else name
                continue
            result = how.result(buffer, how.rule.axes(port))
            key = self._key(name, index)
            home = self._home(key, result)
            direct = home == result
            outputs[port] = self._make(
                *((key, home) if direct else (key, result)),
                "" if direct else f"{self._name(operation, index)}.{port}",
            )
            results.append((key, direct, outputs[port]))
        written = any(self._is_written(key, index) for key, _, _ in results)
        attributes = dict(operation.attributes)
        if "accumulate" in attributes:
            attributes["accumulate"] = written and all(direct for _, direct, _ in results)
        self._emit(operation, how, index, inputs=inputs, outputs=outputs, attributes=attributes)
        for key, direct, made in results:
            if not direct:
                self._bring_home(operation, key, made, accumulate=self._is_written(key, index))
            self._written.add((key[0], index))
            self._copies[key] = {self.homes[key]: self._home_name(key)}
            self._count_down(key)

    def _how(self, operation: Operation, index: int | None) -> _How:
        place = self.scheme.layers[operation.layer]
        rule = rule_of(operation)
        letter = self._letter(operation, rule, place) if len(place.ranks) > 1 else None
        rows = self.scheme.batch.passes[index] if index is not None else ()
        if index is not None and not self._by_row(operation, rule):
            raise PlanError(
                layer=operation.layer,
                expected="a layer that takes each example by itself, since the batch comes in passes",
                found=operation.kind,
                hint="Take scheme a for this split.",
            )
        shares = None
        if letter == BATCH:
            shares, rows = self._batch_shares(place.ranks)
        return _How(rule, place.ranks, letter, Form(place.ranks, (shares,), rows=rows, pass_index=index))

    def _batch_shares(self, ranks: tuple[int, ...]) -> tuple[Shares, tuple[tuple[int, int], ...]]:
        batch = self.scheme.batch
        if ranks == self.scheme.ranks:
            return batch.shares, batch.rows
        return even(batch.shares.offsets[-1], ranks), ()

    def _letter(self, operation: Operation, rule: Rule, place: Place) -> str | None:
        """Return the letter of a rule that is shared out, or None where each rank does all."""
        if place.placement == "data":
            neighbours = (
                _COUNTERS not in {*operation.inputs, *operation.outputs}
                or not (self._batch_shares(place.ranks)[1])
            )
            return BATCH if neighbours and self._by_row(operation, rule) else None
        if place.placement == "replicated" or rule.own is None:
            return None
        for port, name in (*operation.inputs.items(), *operation.outputs.items()):
            axis = rule.axes(port).axis(rule.own)
            if axis is not None and self.program.buffers[name].shape[axis] < len(place.ranks):
                self.notes[f"{operation.layer}: too few outputs to share out; each device makes all"] = None
                return None
        return rule.own

    def _by_row(self, operation: Operation, rule: Rule) -> bool:
        """Whether what comes out of an example does not depend on the others of the batch."""
        ports = (*operation.inputs.items(), *operation.outputs.items())
        return all(
            rule.axes(port).first == BATCH for port, name in ports if is_batch(self.program.buffers[name])
        )

    def _emit(
        self,
        operation: Operation,
        how: _How,
        index: int | None,
        *,
        inputs: Mapping[str, str],
        outputs: Mapping[str, str],
        attributes: dict[str, Value],
    ) -> None:
        shared = replace(
            operation,
            name=self._name(operation, index),
            inputs=inputs,
            outputs=outputs,
            attributes=attributes,
            ranks=how.ranks,
            pass_index=index or 0,
        )
        if operation.kind not in UNIT_KEYED or how.letter in (None, BATCH):
            self.operations.append(shared)
            return
        # Each rank's units have places of their own among all, which masks are keyed by.
        shape = self.program.buffers[operation.inputs["x"]].shape
        shares = even(shape[-1], how.ranks)
        for number, rank in enumerate(how.ranks):
            channels = (shares.offsets[number], shape[-1])
            self.operations.append(
                replace(
                    shared,
                    name=f"{shared.name} rank {rank}",
                    ranks=(rank,),
                    attributes=attributes | {"channels": channels},
                )
            )

    def _name(self, operation: Operation, index: int | None) -> str:
        return operation.name if index is None else f"{operation.name}@{index}"

    # Buffers and their forms

    def _keep_persistent(self) -> None:
        """Take over buffers that the host fills or reads in the form that they have for sure."""
        for name, buffer in self.program.buffers.items():
            if buffer.role in ("input", "labels"):
                layer = name.removesuffix(".output")
                place = self.scheme.layers[layer]
                form = Form(place.ranks, (None,) * len(buffer.shape))
                if place.shares_examples:
                    shares, rows = self._batch_shares(place.ranks)
                    form = replace(form, sharding=(shares, *form.sharding[1:]), rows=rows)
                self._make((name, None), self.homes.setdefault((name, None), form))
            elif buffer.role == "control":
                whole = Form(self.scheme.ranks, (None,) * len(buffer.shape))
                self.buffers[name] = whole.give(buffer, name)
                if name == _COUNTERS:
                    self.offsets[name] = dict.fromkeys(self.scheme.ranks, 0)

    def _of_control(self, name: str) -> bool:
        return self.program.buffers[name].role == "control"

    def _key(self, name: str, index: int | None) -> _Key:
        """Return the key of a buffer that an operation of pass ``index`` uses."""
        return (name, index) if name in self._in_passes else (name, None)

    def _home(self, key: _Key, natural: Form) -> Form:
        """Return the form in which a buffer is kept that an operation makes in form ``natural``.

        A gradient is kept as that is which it is the gradient of. Gradients of weights remain terms of sums
        where all who make them make such terms.
        """
        name, _ = key
        if key not in self.homes:
            primal = self._primals.get(name)
            if primal is None or (self._is_of_weights(name) and self._uniform[name]):
                self.homes[key] = natural
            else:
                self.homes[key] = self.homes[primal, key[1]]
        return self.homes[key]

    def _is_of_weights(self, gradient: str) -> bool:
        return self.program.buffers[gradient].role == "weight gradient"

    def _uniform_gradients(self) -> dict[str, bool]:
        """Return for each gradient of weights whether all operations make it in one form."""
        forms: dict[str, set[Form]] = defaultdict(set)
        for operation, index in self._order:
            for port, name in operation.outputs.items():
                if self._is_of_weights(name):
                    how = self._how(operation, index)
                    forms[name].add(how.result(self.program.buffers[name], how.rule.axes(port)))
        return {name: len(made) == 1 for name, made in forms.items()}

    def _make(self, key: _Key, form: Form, name: str = "") -> str:
        """Add a buffer in a form, its home where it is not given another ``name``; return its name."""
        home = name or self._home_name(key)
        buffer = self.program.buffers[key[0]]
        self.buffers[home] = form.give(transient(buffer) if name else buffer, home)
        if not name:
            self._copies[key].setdefault(form, home)
        return home

    def _home_name(self, key: _Key) -> str:
        name, index = key
        return name if index is None else f"{name}@{index}"

    def _is_written(self, key: _Key, index: int | None) -> bool:
        """Whether the rows of a buffer that pass ``index`` sees have been written."""
        name = key[0]
        if index is None or not is_batch(self.program.buffers[name]):
            return any(other == name for other, _ in self._written)
        return (name, None) in self._written or (name, index) in self._written

    def _read(self, layer: str, name: str, index: int | None, wanted: Form) -> str:
        """Return the name of a buffer in the form ``wanted``, communicated if need be."""
        key = self._key(name, index)
        if key not in self.homes:
            self._make(key, self.homes.setdefault(key, wanted))
        elif key not in self._copies:
            self._make(key, self.homes[key])
        if name in self._updated and wanted not in self._copies[key]:
            self._reduce(self._buckets.empty())
        copies = self._copies[key]
        if wanted not in copies:
            copies[wanted] = self._copy(layer, key, wanted)
        return copies[wanted]

    def _copy(self, layer: str, key: _Key, wanted: Form) -> str:
        buffer = wanted.give(transient(self.program.buffers[key[0]]), "copy")
        home, *others = (self.buffers[name] for name in self._copies[key].values())
        same_rows = (made for made in others if made.rows == wanted.rows)
        source = next((made for made in (home, *same_rows) if kind_of(made, buffer) == SLICE), home)
        stem = key[0] if wanted.pass_index is None else f"{key[0]}@{wanted.pass_index}"
        target = replace(buffer, name=self._free(f"{stem}.{kind_of(source, buffer)}"))
        self.buffers[target.name] = target
        self._communicate(target.name.removesuffix(f".{kind_of(source, buffer)}"), layer, source, target)
        return target.name

    def _free(self, name: str) -> str:
        number = 2
        free = name
        while free in self.buffers:
            free = f"{name}{number}"
            number += 1
        return free

    def _communicate(
        self, stem: str, layer: str, source: Buffer, target: Buffer, *, accumulate: bool = False
    ) -> None:
        operation = fill(stem, layer, source, target, accumulate=accumulate)
        taken = {other.name for other in self.operations}
        number = 2
        name = operation.name
        while name in taken:
            name = f"{operation.name}{number}"
            number += 1
        self.operations.append(replace(operation, name=name))

    def _bring_home(self, operation: Operation, key: _Key, made: str, *, accumulate: bool) -> None:
        home = self._make(key, self.homes[key])
        self._communicate(
            made, operation.layer, self.buffers[made], self.buffers[home], accumulate=accumulate
        )

    # Counters

    def _counters(self, how: _How) -> str:
        """Return the counters that tell the operation where its rows lie in the global batch."""
        first = how.batch.rows[0][0] if how.batch.rows else 0
        shares = how.batch.sharding[0]
        places = {
            rank: first if shares is None else shares.offsets[number] for number, rank in enumerate(how.ranks)
        }
        if not any(places.values()):
            return _COUNTERS
        name = f"{_COUNTERS}@" + "-".join(f"{rank}:{place}" for rank, place in places.items())
        like = self.program.buffers[_COUNTERS]
        self.buffers[name] = Form(how.ranks, (None,) * len(like.shape)).give(like, name)
        self.offsets[name] = places
        return name

    def _agree(self) -> None:
        if len(self.scheme.ranks) > 1:
            self.operations.append(agree([self.buffers[name] for name in self.offsets], self.scheme.ranks))

    # Gradients of weights, and updates

    def _count_down(self, key: _Key) -> None:
        name, _ = key
        self._writes_left[name] -= 1
        if not self._writes_left[name] and name in self._updated and self._needs_sum(name):
            self._reduce(self._buckets.add(self.buffers[name]))

    def _needs_sum(self, gradient: str) -> bool:
        """Whether a gradient consists of terms of which each rank needs the sum."""
        made, weights = self.homes[gradient, None], self.homes[self._updated[gradient], None]
        return made.partial and weights.whole and made.ranks == weights.ranks

    def _reduce(self, buckets: Iterator[list[Buffer]]) -> None:
        for terms in buckets:
            sums = []
            for term in terms:
                key = (term.name, None)
                form = replace(self.homes[key], partial=False)
                name = f"{term.name}.sum"
                sums.append(form.give(self.program.buffers[term.name], name))
                self.buffers[name] = sums[-1]
                self._copies[key][form] = name
            number = sum(operation.layer == "gradients" for operation in self.operations)
            self.operations.append(all_reduce(f"gradients.all_reduce{number}", terms, sums))

    def _update(self, operation: Operation) -> None:
        """Emit an update at once, or at the end where it waits for a sum over ranks."""
        gradient = operation.inputs.get("gradient")
        if gradient is not None and self._needs_sum(gradient):
            self._deferred.append(operation)
        else:
            self._emit_update(operation)

    def _emit_update(self, operation: Operation) -> None:
        weights = self.homes[operation.outputs["weights"], None]
        inputs = {
            port: name if self._of_control(name) else self._read(operation.layer, name, None, weights)
            for port, name in operation.inputs.items()
        }
        for name in operation.outputs.values():
            self._make((name, None), self.homes.setdefault((name, None), weights))
        self.operations.append(replace(operation, inputs=inputs, ranks=weights.ranks))


def _is_update(operation: Operation) -> bool:
    return operation.kind.endswith(".update")


def _counts(operation: Operation) -> bool:
    return _COUNTERS in operation.outputs
