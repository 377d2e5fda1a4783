"""Shares a network out over ranks, as a split says, and inserts the communication that this takes.

The network is lowered and differentiated once, as if for one device. Each operation is then shared out by the
placement of its layer and by its rule, which tells whose axes belong together. Where a buffer is made in one
form and used in another, it is communicated.

Sources: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"; Xu et al. 2021,
"GSPMD: general and scalable parallelization for ML computation graphs" (a rule for each operation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import PlanError
from engine.graph.split import Split
from engine.plan.analysis.infer import InferredLayer
from engine.plan.analysis.partition.communicate import communicator
from engine.plan.analysis.partition.forms import Form
from engine.plan.analysis.partition.places import layers_in_passes, order_batch, own_statistics, place_layers
from engine.plan.analysis.partition.share import Sharer
from engine.plan.analysis.partition.synchronise import synchronise
from engine.plan.analysis.partition.whole import Scheme, WholeProgram
from engine.plan.types import Buffer, Communicator, Operation
from engine.words import Words

__all__ = ["Partition", "SharedProgram", "WholeProgram"]


@dataclass(frozen=True)
class SharedProgram:
    """A program that is shared out. ``offsets`` are those of :class:`engine.plan.types.TrainingPlan`."""

    ranks: tuple[int, ...]
    buffers: Mapping[str, Buffer]
    operations: tuple[Operation, ...]
    communicators: tuple[Communicator, ...]
    offsets: Mapping[str, Mapping[int, int]]
    notes: tuple[str, ...]

    def apart_from(self, others: Mapping[str, Buffer], name: str) -> SharedProgram:
        """Return the program with ``name`` added to buffers that another program has in another form.

        Raises PlanError where that is a buffer that outlives a program.
        """
        names = {}
        for buffer in self.buffers.values():
            clashes = others.get(buffer.name, buffer) != buffer
            if clashes and buffer.persistent:
                raise PlanError(
                    layer=buffer.name,
                    expected="one form in all programs",
                    found=Words("another in {name}", name=name),
                    hint="This is a fault of the program; please report it.",
                )
            names[buffer.name] = f"{buffer.name} {name}" if clashes else buffer.name
        return replace(
            self,
            buffers={names[b.name]: replace(b, name=names[b.name]) for b in self.buffers.values()},
            operations=tuple(
                replace(
                    operation,
                    inputs={port: names[buffer] for port, buffer in operation.inputs.items()},
                    outputs={port: names[buffer] for port, buffer in operation.outputs.items()},
                )
                for operation in self.operations
            ),
        )


class Partition:
    """A network's split for batches of a size. ``ranks`` are all ranks, one for each logical device.

    Raises PlanError for a split that does not fit the network or the batch.
    """

    def __init__(self, layers: Mapping[str, InferredLayer], split: Split, batch_size: int) -> None:
        places = place_layers(layers, split)
        in_passes = layers_in_passes(layers, places, split)
        self.ranks = tuple(range(len(split.devices)))
        self._scheme = Scheme(
            layers=places,
            weights={weight: name for name, layer in layers.items() for weight in layer.named_weights},
            in_passes=in_passes,
            batch=order_batch(batch_size, split, split.scheme if in_passes else "a"),
            ranks=self.ranks,
            updates_each_pass=split.updates == "pass",
            own_statistics=own_statistics(layers),
        )
        self._homes: dict[tuple[str, int | None], Form] = {}

    def share_out(self, program: WholeProgram, *, passes: bool) -> SharedProgram:
        """Share a program out; buffers that outlive it have the same form in all programs.

        Without ``passes``, layers that train in passes take the whole batch in one.
        """
        scheme = self._scheme if passes else replace(self._scheme, in_passes=frozenset())
        sharer = Sharer(scheme, program, self._homes)
        sharer.run()
        stock = sharer.stock
        self._homes |= {
            (name, index): form
            for (name, index), form in stock.homes.items()
            if name in program.buffers and program.buffers[name].persistent
        }
        groups = {operation.communicator: operation.ranks for operation in stock.operations}
        return SharedProgram(
            ranks=self.ranks,
            buffers=stock.buffers,
            operations=synchronise(stock.operations, self.ranks),
            communicators=tuple(communicator(ranks) for name, ranks in groups.items() if name is not None),
            offsets=sharer.offsets,
            notes=tuple(sharer.notes),
        )
