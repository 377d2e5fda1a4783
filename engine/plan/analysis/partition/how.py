"""How each operation is run: over which ranks, and what of its arrays is shared out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.errors import PlanError
from engine.plan.analysis.partition.forms import Form, is_batch
from engine.plan.analysis.partition.places import Place, even
from engine.plan.analysis.partition.rules import (
    AVERAGED,
    OF_EACH_DEVICE,
    OWN,
    UNIT_KEYED,
    Axes,
    Rule,
    rule_of,
)
from engine.plan.analysis.partition.whole import COUNTERS, Scheme, WholeProgram
from engine.plan.types import BATCH, Buffer, Operation, Shares
from engine.words import Words


@dataclass(frozen=True)
class How:
    """How one operation is run: over which ``ranks``, and which ``letter`` of its rule is shared out.

    ``batch`` is the form of a batch, of which only the batch axis is told. ``note`` says why a letter is not
    shared out that should be. At ports of ``terms`` it takes and makes terms of a sum, or what is each rank's
    own.
    """

    rule: Rule
    ranks: tuple[int, ...]
    letter: str | None
    batch: Form
    note: str = ""
    terms: frozenset[str] = frozenset()

    def form(self, buffer: Buffer, port: str) -> Form:
        """Return the form that the operation wants a buffer in at a port."""
        sharding: list[Shares | None] = [None] * len(buffer.shape)
        axis = self._axes(port).axis(self.letter)
        if axis is not None:
            of_batch = self.letter == BATCH
            sharding[axis] = self.batch.sharding[0] if of_batch else even(buffer.shape[axis], self.ranks)
        if not is_batch(buffer):
            return Form(self.ranks, tuple(sharding), partial=port in self.terms)
        return replace(self.batch, sharding=tuple(sharding))

    def result(self, buffer: Buffer, port: str) -> Form:
        """Return the form that an output comes in: a term of a sum where it lacks the letter."""
        lacks = self.letter is not None and self._axes(port).axis(self.letter) is None
        return replace(self.form(buffer, port), partial=lacks or port in self.terms)

    def first_rows(self) -> dict[int, int]:
        """Return where in the global batch the first row lies that each rank sees."""
        first = self.batch.rows[0][0] if self.batch.rows else 0
        shares = self.batch.sharding[0]
        return {
            rank: first if shares is None else shares.offsets[number]
            for number, rank in enumerate(self.ranks)
        }

    def for_each_rank(self, operation: Operation, units: int) -> Iterator[Operation]:
        """Yield the operation as its ranks run it: one for all, or one for each rank.

        The latter where ``units`` are shared out and the kernel needs to know which of them it has.
        """
        if operation.kind not in UNIT_KEYED or self.letter in (None, BATCH):
            yield operation
            return
        for rank, first in zip(self.ranks, even(units, self.ranks).offsets, strict=False):
            yield replace(
                operation,
                name=f"{operation.name} rank {rank}",
                ranks=(rank,),
                attributes={**operation.attributes, "channels": (first, units)},
            )

    def _axes(self, port: str) -> Axes:
        return self.rule.axes(port)


def how_to_run(scheme: Scheme, program: WholeProgram, operation: Operation, index: int | None) -> How:
    """Return how an operation is run in pass ``index``, None where it sees the whole batch.

    Raises PlanError for one in a pass that needs the whole batch.
    """
    place = scheme.layers[operation.layer]
    own = operation.layer in scheme.own_statistics and place.shares_examples
    rule = rule_of(operation, of_each_device=own)
    by_row = _by_row(program, operation, rule)
    if index is not None and not by_row:
        raise PlanError(
            layer=operation.layer,
            expected="a layer that takes each example by itself, since the batch comes in passes",
            found=operation.kind,
            hint="Take scheme a for this split.",
        )
    everything = Form(
        place.ranks, (None,), rows=() if index is None else scheme.batch.passes[index], pass_index=index
    )
    whole = How(rule, place.ranks, None, everything)
    if place.shares_examples and _sees_examples(program, operation):
        shares, rows = scheme.examples(place.ranks)
        # Counters tell of one run of rows; where a rank's are scattered, all ranks take all rows.
        scattered = bool(rows) and COUNTERS in {*operation.inputs, *operation.outputs}
        by_example = replace(whole, letter=BATCH, batch=replace(everything, sharding=(shares,), rows=rows))
        if own and operation.kind in OF_EACH_DEVICE:
            if scattered:
                raise _statistics_error(operation)
            return replace(by_example, terms=OWN | AVERAGED)
        return by_example if by_row and not scattered else whole
    if place.shares_examples or place.placement != "model" or len(place.ranks) == 1 or rule.own is None:
        return whole
    if _is_too_small(program, operation, rule, place):
        note = Words("{layer}: too few outputs to share out; each device makes all", layer=operation.layer)
        return replace(whole, note=note)
    return replace(whole, letter=rule.own)


def _statistics_error(operation: Operation) -> PlanError:
    return PlanError(
        layer=operation.layer,
        expected="each device's examples to be neighbours in the batch, since statistics are over them alone",
        found="scheme c",
        hint="Take scheme a or b, or statistics over the whole batch.",
    )


def _by_row(program: WholeProgram, operation: Operation, rule: Rule) -> bool:
    """Whether what comes out of an example does not depend on the others of the batch."""
    ports = (*operation.inputs.items(), *operation.outputs.items())
    return all(rule.axes(port).first == BATCH for port, name in ports if is_batch(program.buffers[name]))


def _sees_examples(program: WholeProgram, operation: Operation) -> bool:
    """Whether it works on a batch at all, rather than on weights alone."""
    return any(is_batch(program.buffers[name]) for name in operation.inputs.values())


def _is_too_small(program: WholeProgram, operation: Operation, rule: Rule, place: Place) -> bool:
    """Whether there is not a map or unit for every rank."""
    ports = (*operation.inputs.items(), *operation.outputs.items())
    return any(
        program.buffers[name].shape[axis] < len(place.ranks)
        for port, name in ports
        if (axis := rule.axes(port).axis(rule.own)) is not None
    )
