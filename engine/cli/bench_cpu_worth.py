"""``convnet bench cpu --worth``: what a step takes without each fusion, and without Winograd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.cli.bench_side import Side
from engine.graph.network_file import load
from engine.plan.compile.fuse import FUSIONS
from engine.plan.compile.pipeline import compile_network
from engine.plan.compile.without import SETTING, WINOGRAD
from engine.plan.types import Program
from engine.runtime.devices import best_code

BAR = 1.1
"""How much longer a step of some network should take without each; what does not reach it has no place."""

_WARM_UP = 2


@dataclass(frozen=True)
class Worth:
    """How many times longer a step takes without something: by the clock, and of all processors."""

    by_clock: float
    by_processors: float


def worths(network: Path, batch_size: int, steps: int, threads: int) -> Iterator[tuple[str, Worth]]:
    """Yield what each is worth that the network's plan has, by the least of ``steps`` steps by turns."""
    for name in sorted(FUSIONS | {WINOGRAD}):
        if _programs(network, batch_size, name) != _programs(network, batch_size, ""):
            yield name, _measure(network, batch_size, name, steps, threads)


def _programs(network: Path, batch_size: int, without: str) -> Mapping[str, Program]:
    code = best_code("cpu")
    fusions = FUSIONS - {without}
    code = f"{code} direct" if without == WINOGRAD else code
    return compile_network(load(network).graph, batch_size, code=code, fusions=fusions).programs


def _measure(network: Path, batch_size: int, without: str, steps: int, threads: int) -> Worth:
    order = {"network": str(network), "batch_size": batch_size, "threads": threads, "side": "ours"}
    settings = {"CONVNET_THREADS": str(threads)}
    sides = [Side("engine.cli.bench_cpu_side", order, settings | {SETTING: name}) for name in ("", without)]
    times = [[side.ask("step") for side in sides] for _ in range(_WARM_UP + steps)][_WARM_UP:]
    for side in sides:
        side.close()
    (clock, processors), (clock_without, processors_without) = (
        [min(turn[side][which] for turn in times) for which in range(2)] for side in range(2)
    )
    return Worth(clock_without / clock, processors_without / processors)


def describe_worths(of_networks: Mapping[str, Mapping[str, Worth]]) -> str:
    """Return a row for each network with the times without each, as ratios, and what none proves."""
    names = sorted({name for worths in of_networks.values() for name in worths})
    lines = [f"{'step without':<24}" + "".join(f"{name:>18}" for name in names)]
    for network, worths in of_networks.items():
        cells = "".join(f"{_cell(worths.get(name)):>18}" for name in names)
        lines.append(f"{network:<24}{cells}")
    most = {
        name: max(worths[name].by_clock for worths in of_networks.values() if name in worths)
        for name in names
    }
    lines.append("times as long by the clock, and of processor time in brackets; – where it is not used")
    lines += [f"{name}: below {BAR} on all of these" for name in names if most[name] < BAR]
    return "\n".join(lines)


def _cell(worth: Worth | None) -> str:
    return "–" if worth is None else f"{worth.by_clock:.2f} ({worth.by_processors:.2f})"
