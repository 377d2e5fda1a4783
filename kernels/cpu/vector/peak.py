"""How many products a second the register tile makes at most: on operands that stay in the nearest cache."""

from __future__ import annotations

import time

import numpy as np

from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import Code
from kernels.cpu.vector.target import target_of
from kernels.cpu.vector.threads import PhaseSequence
from kernels.cpu.vector.tile import Operands, Tile, multiply, tile_rows

_DEPTH = 64
_GROUPS = 64
_ROUNDS = 200
_REPEATS = 20


def peak(code: str) -> float:
    """Return floating-point operations a second of all threads, two a product: the best of several runs."""
    target = target_of(code)
    columns = target.most_vectors * target.lanes
    rows = tile_rows(target, columns)

    def emit(code: Code, arguments: Arguments) -> None:
        a, b, c = (
            code.at(arguments.scratch, start) for start in (0, rows * _DEPTH, (rows + columns) * _DEPTH)
        )
        tile = Tile(
            rows=rows,
            columns=columns,
            depth=_DEPTH,
            a_step=1,
            a_row=_DEPTH,
            b_step=columns,
            c_row=columns,
            padded=True,
        )
        code.loop(_ROUNDS, lambda _: multiply(code, tile, Operands(a, b, c)))

    kernel = Generated(
        what="peak",
        arrays=("unused",),
        phases=(Phase("tiles", _GROUPS, (), (), emit),),
        scratch=(rows + columns) * _DEPTH + rows * columns,
    )
    run = PhaseSequence([kernel.bind(code, {"unused": np.zeros(1, np.float32)})])
    return 2 * rows * columns * _DEPTH * _ROUNDS * _GROUPS / min(_timed(run) for _ in range(_REPEATS))


def _timed(run: PhaseSequence) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
