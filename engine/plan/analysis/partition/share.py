"""Shares one program out over the ranks, and inserts the communication that this takes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.plan.analysis.partition.buckets import Buckets
from engine.plan.analysis.partition.communicate import agree, all_reduce
from engine.plan.analysis.partition.forms import Form
from engine.plan.analysis.partition.how import How, how_to_run
from engine.plan.analysis.partition.passes import made_in_passes, order_operations
from engine.plan.analysis.partition.rules import AVERAGED, LINEAR
from engine.plan.analysis.partition.stock import Key, Stock
from engine.plan.analysis.partition.whole import COUNTERS, Scheme, WholeProgram, is_update
from engine.plan.types import Buffer, Operation


@dataclass(frozen=True)
class _Made:
    """Names of the buffers that an operation writes: all by port, and by what of the whole program they are.

    Those ``at_home`` are kept as they are made, those ``astray`` are made in another form, and of those
    ``averaged``, which are each rank's own, the mean is kept.
    """

    by_port: dict[str, str] = field(default_factory=dict)
    at_home: dict[Key, str] = field(default_factory=dict)
    astray: dict[Key, str] = field(default_factory=dict)
    averaged: dict[Key, str] = field(default_factory=dict)


class Sharer:
    """Walks through a program once. ``homes`` are the forms of buffers that other programs have fixed.

    ``offsets`` and ``notes`` are those of the plan.
    """

    def __init__(self, scheme: Scheme, program: WholeProgram, homes: Mapping[Key, Form]) -> None:
        self.stock = Stock(program.buffers, homes)
        self.offsets: dict[str, dict[int, int]] = {COUNTERS: dict.fromkeys(scheme.ranks, 0)}
        self.notes: dict[str, None] = {}
        self._scheme = scheme
        self._program = program
        self._order = order_operations(scheme, program)
        self._in_passes = made_in_passes(scheme, program)
        self._primals = {gradient: primal for primal, gradient in program.gradients.items()}
        self._buckets = Buckets()
        self._deferred: list[Operation] = []
        self._uniform = self._uniform_gradients()
        self._writes_left = Counter(name for op, _ in self._order for name in op.outputs.values())
        self._updated = {
            operation.inputs["gradient"]: operation.outputs["weights"]
            for operation in program.operations
            if is_update(operation) and "gradient" in operation.inputs
        }
        self._gradients = {weights: gradient for gradient, weights in self._updated.items()}

    def run(self) -> None:
        """Share the program out."""
        self._keep_what_the_host_fills()
        for operation, index in self._order:
            if is_update(operation):
                self._update(operation, index)
            else:
                self._share(operation, index)
            self._writes_left.subtract(operation.outputs.values())
            self._follow_up(operation)
        self._reduce(self._buckets.empty())
        for operation in self._deferred:
            self._emit_update(operation)

    def _share(self, operation: Operation, index: int | None) -> None:
        """Emit an operation, with its inputs in the form that it wants and its outputs brought home."""
        how = self._how(operation, index)
        if how.note:
            self.notes[how.note] = None
        name = operation.name if index is None else f"{operation.name}@{index}"
        inputs = self._take_inputs(operation, index, how)
        made = self._make_outputs(operation, index, how, name)
        written = {key: self.stock.is_written(key, index) for key in made.at_home | made.astray}
        attributes = dict(operation.attributes)
        if "accumulate" in attributes:
            attributes["accumulate"] = any(written[key] for key in made.at_home)
        shared = replace(
            operation,
            name=name,
            inputs=inputs,
            outputs=made.by_port,
            attributes=attributes,
            ranks=how.ranks,
            pass_index=index or 0,
        )
        units = self._program.buffers[next(iter(operation.inputs.values()))].shape[-1]
        self.stock.operations += how.for_each_rank(shared, units)
        for key, source in made.astray.items():
            self.stock.bring_home(key, operation.layer, source, accumulate=written[key])
        for key, source in made.averaged.items():
            self.stock.bring_home(key, operation.layer, source, mean=True)
        for key in written:
            self.stock.wrote(key, index)

    def _how(self, operation: Operation, index: int | None) -> How:
        """Return how an operation is run: a linear one all of whose inputs are terms of sums makes terms."""
        how = how_to_run(self._scheme, self._program, operation, index)
        if operation.kind in LINEAR:
            keys = (self._key(name, index) for name in operation.inputs.values())
            if all(self.stock.homes[key].partial for key in keys):
                return replace(how, terms=frozenset({*operation.inputs, *operation.outputs}))
        return how

    def _take_inputs(self, operation: Operation, index: int | None, how: How) -> dict[str, str]:
        """Return the buffers that an operation reads, by port, in the forms that it wants."""
        return {
            port: self._control(port, name, how)
            if self._program.of_control(name)
            else self._read(name, index, operation.layer, how.form(self._program.buffers[name], port))
            for port, name in operation.inputs.items()
        }

    def _make_outputs(self, operation: Operation, index: int | None, how: How, stem: str) -> _Made:
        """Return the buffers that an operation writes, of which those astray have ``stem`` in their names."""
        made = _Made()
        for port, name in operation.outputs.items():
            if self._program.of_control(name):
                made.by_port[port] = self._control(port, name, how)
                continue
            key = self._key(name, index)
            result = how.result(self._program.buffers[name], port)
            if port in how.terms & AVERAGED:
                found = made.averaged[key] = self._bring_forward(key, operation, port, result)
            elif self._home(key, result) == result:
                found = made.at_home[key] = self.stock.keep(key, result)
            else:
                found = made.astray[key] = self.stock.add(key, result, f"{stem}.{port}")
            made.by_port[port] = found
        return made

    def _bring_forward(self, key: Key, operation: Operation, port: str, own: Form) -> str:
        """Return each rank's own copy of what all have, for an operation that changes it."""
        self.stock.keep(key, replace(own, partial=False))
        return self.stock.copy_of_home(key, operation.layer, own, f"{operation.name}.{port}")

    def _read(self, name: str, index: int | None, layer: str, wanted: Form) -> str:
        key = self._key(name, index)
        if name in self._updated and not self.stock.has(key, wanted):
            self._reduce(self._buckets.empty())
        return self.stock.read(key, layer, wanted)

    def _key(self, name: str, index: int | None) -> Key:
        """Return the key of a buffer that an operation of pass ``index`` uses."""
        return (name, index) if name in self._in_passes else (name, None)

    def _home(self, key: Key, natural: Form) -> Form:
        """Return the form in which a buffer is kept that an operation makes in form ``natural``.

        A gradient is kept as that is which it is the gradient of. Gradients of weights remain terms of sums
        where all who make them make such terms.
        """
        name, index = key
        primal = self._primals.get(name)
        if primal is None or self._uniform.get(name, False):
            return self.stock.homes.setdefault(key, natural)
        return self.stock.homes.setdefault(key, self.stock.homes[primal, index])

    def _uniform_gradients(self) -> dict[str, bool]:
        """Return for each gradient of weights whether all operations make it in one form."""
        forms: dict[str, set[Form]] = defaultdict(set)
        for operation, index in self._order:
            for port, name in operation.outputs.items():
                buffer = self._program.buffers[name]
                if buffer.role == "weight gradient":
                    how = how_to_run(self._scheme, self._program, operation, index)
                    forms[name].add(how.result(buffer, port))
        return {name: len(made) == 1 for name, made in forms.items()}

    # What the host fills, and counters

    def _keep_what_the_host_fills(self) -> None:
        for name, buffer in self._program.buffers.items():
            if buffer.role in ("input", "labels"):
                place = self._scheme.layers[name.removesuffix(".output")]
                form = Form(place.ranks, (None,) * len(buffer.shape))
                if place.shares_examples:
                    shares, rows = self._scheme.examples(place.ranks)
                    form = replace(form, sharding=(shares, *form.sharding[1:]), rows=rows)
                self.stock.keep((name, None), form)
            elif buffer.role == "control":
                self.stock.keep((name, None), Form(self._scheme.ranks, (None,) * len(buffer.shape)))

    def _control(self, port: str, name: str, how: How) -> str:
        """Return what an operation reads of control: counters that tell where its rows lie, or ``name``."""
        places = how.first_rows()
        if port != COUNTERS or not any(places.values()):
            return name
        own = f"{COUNTERS}@" + "-".join(f"{rank}:{place}" for rank, place in places.items())
        self.offsets[own] = places
        form = replace(self.stock.homes[name, None], ranks=how.ranks)
        self.stock.buffers[own] = form.give(self._program.buffers[name], own)
        return own

    # Sums of gradients, and updates

    def _follow_up(self, operation: Operation) -> None:
        """Emit what had to wait for the last operation that writes a buffer."""
        for name in operation.outputs.values():
            if self._writes_left[name]:
                continue
            if name == COUNTERS and len(self._scheme.ranks) > 1:
                counters = [self.stock.buffers[own] for own in self.offsets]
                self.stock.operations.append(agree(counters, self._scheme.ranks))
            elif name in self._updated and self._needs_sum(name):
                self._reduce(self._buckets.add(self.stock.buffers[name]))

    def _needs_sum(self, gradient: str) -> bool:
        """Whether a gradient consists of terms of which each rank needs the sum."""
        homes = self.stock.homes
        made, weights = homes[gradient, None], homes[self._updated[gradient], None]
        return made.partial and weights.whole and made.ranks == weights.ranks

    def _reduce(self, buckets: Iterator[list[Buffer]]) -> None:
        for terms in buckets:
            sums = [
                self.stock.add_copy(
                    (term.name, None),
                    replace(self.stock.homes[term.name, None], partial=False),
                    f"{term.name}.sum",
                )
                for term in terms
            ]
            number = sum(operation.layer == "gradients" for operation in self.stock.operations)
            self.stock.operations.append(all_reduce(f"gradients.all_reduce{number}", terms, sums))

    def _update(self, operation: Operation, index: int | None) -> None:
        """Emit an update at once, or at the end where its weights' gradient waits for a sum over ranks.

        After that of a pass, the next pass's gradient begins anew.
        """
        gradient = self._gradients.get(operation.outputs["weights"])
        if index is not None:
            self._emit_update(replace(operation, name=f"{operation.name}@{index}", pass_index=index))
            if gradient is not None:
                self.stock.begin_anew(gradient)
        elif gradient is not None and self._needs_sum(gradient):
            self._deferred.append(operation)
        else:
            self._emit_update(operation)

    def _emit_update(self, operation: Operation) -> None:
        weights = self.stock.homes[operation.outputs["weights"], None]
        inputs = {
            port: name if self._program.of_control(name) else self._read(name, None, operation.layer, weights)
            for port, name in operation.inputs.items()
        }
        for name in operation.outputs.values():
            self.stock.keep((name, None), weights)
        self.stock.operations.append(replace(operation, inputs=inputs, ranks=weights.ranks))
