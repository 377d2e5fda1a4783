"""Replays a rank's programs over preallocated memory, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from numpy.typing import NDArray

from engine.errors import DeviceError, PlanError
from engine.parallel.communicators.communicator import Communicator
from engine.parallel.communicators.single import Single
from engine.plan.analysis.partition.communicate import SLICE
from engine.plan.types import Operation, Program, TrainingPlan
from engine.runtime.arrays import Arrays
from engine.runtime.communication import bind
from engine.runtime.device import Call, Contents, Span, Step, open_device
from engine.runtime.stopwatch import Stopwatch
from engine.words import Words
from kernels.registry import Launch, find


class Executor:
    """A plan bound to memory on one rank: every kernel has its arrays before the first step.

    ``arrays`` are the buffers that outlive a program, by name: inputs, labels, weights, velocities, counters,
    settings and metrics. The host reads and writes them between programs.
    """

    def __init__(
        self, plan: TrainingPlan, rank: int = 0, line: Communicator | None = None, *, device: str = ""
    ) -> None:
        """Bind the programs of ``rank``; ``line`` reaches the other ranks, where there are some.

        ``device`` is "cpu", or "cuda:N" for a plan that was compiled for GPUs.
        """
        self._plan = plan
        self.rank = rank
        self._line = line or Single()
        if len(plan.ranks) != self._line.size:
            raise PlanError(
                layer="split",
                expected=Words("{count} ranks, one for each of its devices", count=len(plan.ranks)),
                found=str(self._line.size),
                hint="Train with as many devices as the split has.",
            )
        self.device = open_device(device or plan.device, plan.arena_bytes[rank])
        self._line = self.device.line(self._line)
        self._views = {name: self._make_views(program) for name, program in plan.programs.items()}
        self._talking = {
            name: self.device.stopwatch(sum(map(_is_talk, program.of_rank(rank))))
            for name, program in plan.programs.items()
        }
        self._programs = {
            name: self.device.program(self._bind(program, self._views[name], self._talking[name]))
            for name, program in plan.programs.items()
        }
        self._persistent = {
            name: view
            for views in self._views.values()
            for name, view in views.items()
            if plan.buffers[name].persistent
        }
        self.arrays = Arrays(self.device, self._persistent, plan.copies)

    def run(self, program: str) -> None:
        """Run one program from its first operation to its last; on a GPU, have it run."""
        self._programs[program]()
        self._talking[program].lap()

    def communication_seconds(self, program: str) -> float:
        """Return s of a run in which ranks sent, received and waited for one another.

        It may have gone on beside computation. Those of the last run; on a GPU the mean of some runs lately,
        0 before that is known.
        """
        return self._talking[program].seconds

    def timed(self, program: str) -> list[Span]:
        """Run one program, on a GPU twice, and return when each of its steps ran.

        ``communication_seconds`` know nothing of that.
        """
        return self.device.timed(self._bind(self._plan.programs[program], self._views[program]))

    def look(
        self, names: Iterable[str], then: Callable[[Contents], None], *, clear: Collection[str] = ()
    ) -> None:
        """Call ``then`` with the arrays ``names`` as they are after the programs so far.

        It is called at once on the CPU, and on a GPU by ``device.arrive``. Those of ``clear`` begin anew.
        """
        self.device.look({name: self._persistent[name] for name in names}, then, clear)

    def calls(self, program: str, times: int = 1) -> Iterator[tuple[Operation, Call]]:
        """Yield each operation of a program with a call that runs it, several ``times`` in a row.

        Called in this order they do what ``run`` does. Out of it, as when one is timed alone, what they leave
        in memory that others use too is of no meaning.
        """
        whole = self._plan.programs[program]
        for operation in whole.of_rank(self.rank):
            alone = replace(whole, operations=(replace(operation, after=()),))
            yield operation, self.device.program(self._bind(alone, self._views[program]) * times)

    def content(self, program: str, buffer: str) -> NDArray[Any]:
        """Return what any buffer of a program holds. Unless it is persistent, others may write over it."""
        return self.device.read(self._views[program][buffer])

    def fill(self, program: str, buffer: str, values: NDArray[Any]) -> None:
        """Write to any buffer of a program, for the operations of it that are yet to be called."""
        self.device.write(self._views[program][buffer], values)

    def _make_views(self, program: Program) -> dict[str, Any]:
        return {
            name: self.device.array(self._plan.buffers[name], placement, self.rank)
            for name, placement in program.placements[self.rank].items()
        }

    def _bind(self, program: Program, views: dict[str, Any], talking: Stopwatch | None = None) -> list[Step]:
        """Return the steps of a program, whose communication ``talking`` times.

        Built kernels that follow one another are one step.
        """
        steps: list[Step] = []
        places: dict[str, int] = {}  # of the step that does an operation
        runs: dict[int, list[Launch]] = {}  # of built kernels, by the place of their step
        for operation in program.of_rank(self.rank):
            arrays = {
                port: views[name]
                for port, name in (operation.reads(self.rank) | operation.writes(self.rank)).items()
            }
            after = tuple(sorted({places[other] for other in operation.after if other in places}))
            if not operation.code:
                call = self._call(operation, arrays)
                if talking is not None and _is_talk(operation):
                    call = talking.timing(call)
                steps.append(Step(call, operation.name, operation.stream, after))
            elif after or len(steps) - 1 not in runs or steps[-1].stream != operation.stream:
                runs[len(steps)] = [self._launch(operation, arrays)]
                steps.append(Step(_nothing, operation.name, operation.stream, after))
            else:
                runs[len(steps) - 1].append(self._launch(operation, arrays))
            places[operation.name] = len(steps) - 1
        for place, (first, *rest) in runs.items():
            steps[place] = replace(steps[place], call=first.joined(rest))
        return steps

    def _call(self, operation: Operation, arrays: dict[str, Any]) -> Call:
        if _is_talk(operation) or operation.kind == SLICE:
            return bind(operation, self._plan.buffers, arrays, self._line)
        kernel = find(operation.kind, self._plan.device)
        return partial(kernel.function, **arrays, **operation.attributes)

    def _launch(self, operation: Operation, arrays: dict[str, NDArray[Any]]) -> Launch:
        kernel = find(operation.kind, self._plan.device)
        shapes = {port: array.shape for port, array in arrays.items()}
        built = kernel.build(shapes, operation.attributes, self._plan.dtype, operation.code)
        if built is None:
            raise DeviceError(
                device=self._plan.device,
                missing=Words(
                    "this version cannot build {operation} as the plan says", operation=operation.name
                ),
                hint="Compile the network again.",
            )
        return built.bind(operation.code, arrays)


def _is_talk(operation: Operation) -> bool:
    """Whether ranks send one another something."""
    return operation.communicator is not None


def _nothing() -> None:
    """Stand in for a run of kernels that is yet to be joined."""
