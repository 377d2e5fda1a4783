"""Makes one kernel of several, so that what they hand on stays in a core's cache.

Their phases that go by images become one: a group of images goes through all of them before the next begins.
Arrays that only they use are *hidden*: a thread's scratch memory holds them for one group at a time. What
each kernel does with an image does not change, so that results are bit for bit those of the kernels alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from kernels.arrays import Shape
from kernels.cpu.vector.generated import Arguments, Generated, Phase, image_groups
from kernels.cpu.vector.ir import Code
from kernels.cpu.vector.picture import elements


@dataclass(frozen=True)
class Part:
    """A kernel, and the names that its arrays have in the whole."""

    kernel: Generated
    names: Mapping[str, str]

    def name(self, number: int, name: str) -> str:
        """Return the name in the whole; workspaces and tables get names of their own."""
        return self.names.get(name, f"{name}{number}")


def compose(arrays: tuple[str, ...], parts: Sequence[Part], hidden: Mapping[str, Shape]) -> Generated | None:
    """Return the kernel that does all ``parts`` on ``arrays``, or None where their groups differ."""
    images = next(iter(hidden.values()))[0]
    groups, group_images = image_groups(images)
    by_images = [phase for part in parts for phase in part.kernel.phases if phase.images]
    if len(by_images) != len(parts) or any(phase.groups != groups for phase in by_images):
        return None
    sizes = [group_images * elements(shape) for shape in hidden.values()]
    sizes += [part.kernel.scratch for part in parts]
    starts = [0, *accumulate(-(-size // _LINE) * _LINE for size in sizes)]

    def emit(code: Code, arguments: Arguments) -> None:
        held = {
            name: code.at(
                arguments.scratch,
                code.plus(start, code.times(arguments.group, -group_images * elements(shape))),
            )
            for (name, shape), start in zip(hidden.items(), starts, strict=False)
        }
        for number, (part, phase, start) in enumerate(
            zip(parts, by_images, starts[len(hidden) :], strict=False)
        ):
            every = {**arguments.arrays, **held}
            own = _seen(part, number, phase, every)
            phase.emit(code, Arguments(own, arguments.group, code.at(arguments.scratch, start)))

    def named(select: str) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                part.name(number, name)
                for number, (part, phase) in enumerate(zip(parts, by_images, strict=True))
                for name in getattr(phase, select)
                if part.name(number, name) not in hidden
            )
        )

    together = Phase("together", groups, named("reads"), named("writes"), emit, images=images)
    after = [
        _renamed(part, number, phase)
        for number, part in enumerate(parts)
        for phase in part.kernel.phases
        if not phase.images
    ]
    return Generated(
        what="together " + "; ".join(f"{part.kernel.what} as {dict(part.names)}" for part in parts),
        arrays=arrays,
        phases=(together, *after),
        workspace={
            part.name(number, name): shape
            for number, part in enumerate(parts)
            for name, shape in part.kernel.workspace.items()
        },
        tables={
            part.name(number, name): table
            for number, part in enumerate(parts)
            for name, table in part.kernel.tables.items()
        },
        scratch=starts[-1],
    )


_LINE = 16
"""Elements of a cache line."""


def _renamed(part: Part, number: int, phase: Phase) -> Phase:
    def emit(code: Code, arguments: Arguments) -> None:
        own = _seen(part, number, phase, arguments.arrays)
        phase.emit(code, Arguments(own, arguments.group, arguments.scratch))

    return replace(
        phase,
        reads=tuple(part.name(number, name) for name in phase.reads),
        writes=tuple(part.name(number, name) for name in phase.writes),
        emit=emit,
    )


def _seen(part: Part, number: int, phase: Phase, arrays: Mapping[str, object]) -> dict[str, object]:
    """Return what a part's phase finds, by its own names."""
    names = {*phase.reads, *phase.writes, *part.kernel.tables}
    return {name: arrays[part.name(number, name)] for name in names}
