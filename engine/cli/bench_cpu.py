"""``convnet bench cpu``: a training step on generated kernels, whole and by layer, beside PyTorch's."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

import typer

from engine.cli.bench_cpu_scaling import BATCHES, describe_scaling, scaling, threads_in_words
from engine.cli.bench_side import GENEROUS_MALLOC, Side, require_torch

_WARM_UP = 3
_REST = 0.05
"""s before each step: threads of the other side that wait awake for more work have gone to sleep then."""

_PART_TURNS = 4
"""How often the sides are asked by turns for the times of their layers; the least count."""

Layers = Mapping[str, Sequence[float]]
"""s forward and backward of each layer."""


def bench_cpu(
    networks: Annotated[list[Path], typer.Argument(help="*.convnet files.", show_default=False)],
    *,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples of a step.")] = 128,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each side, in turns.")] = 30,
    threads: Annotated[int, typer.Option(min=0, help="Threads of each side; 0 takes all processors.")] = 0,
    peer: Annotated[Literal["none", "torch"], typer.Option(help="What to measure against.")] = "none",
    by_size: Annotated[
        bool, typer.Option("--scaling", help="Batches of 1 to 1,024 examples on one thread and on all.")
    ] = False,
    by_worth: Annotated[
        bool, typer.Option("--worth", help="A step without each fusion, and without Winograd, by turns.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="A file for the plot of --scaling, as SVG.", show_default=False)
    ] = None,
    output: Annotated[Path | None, typer.Option(help="A file for the figures, as JSON.")] = None,
) -> None:
    """Time training steps on this machine's processors, by turns with PyTorch, whole and by layer."""
    from engine.data.decoders import processors

    count = threads or processors()
    if peer == "torch":
        require_torch()
    if by_size:
        results = _by_size(networks, sorted({1, count}), steps, plot)
    elif by_worth:
        results = _by_worth(networks, batch_size, steps, count)
    else:
        results = {}
        for network in networks:
            results[network.stem] = measure(network, batch_size, steps=steps, threads=count, peer=peer)
            print(describe(network.stem, results[network.stem]))
    if output is not None:
        output.write_text(json.dumps(results, indent=2), encoding="utf-8")


def _by_size(networks: list[Path], threads: list[int], steps: int, plot: Path | None) -> dict[str, Any]:
    """Print and return the times of all batch sizes; draw those of the last network."""
    from engine.cli.bench_cpu_plot import draw_scaling

    results = {}
    for network in networks:
        times = results[network.stem] = scaling(network, BATCHES, threads, steps)
        print(describe_scaling(network.stem, times))
        if plot is not None:
            plot.write_text(draw_scaling(network.stem, times), encoding="utf-8")
    return results


def _by_worth(networks: list[Path], batch_size: int, steps: int, threads: int) -> dict[str, Any]:
    """Print and return what each fusion, and Winograd, is worth."""
    from engine.cli.bench_cpu_worth import describe_worths, worths

    results = {
        f"{network.stem}, batch {batch_size}": dict(worths(network, batch_size, steps, threads))
        for network in networks
    }
    print(describe_worths(results))
    return {name: {of: vars(worth) for of, worth in row.items()} for name, row in results.items()}


def measure(network: Path, batch_size: int, *, steps: int, threads: int, peer: str) -> dict[str, Any]:
    """Return all figures of a network: s, bytes, and ratios of the peer's to ours."""
    names = ["ours", *([peer] if peer != "none" else [])]
    order = {"network": str(network), "batch_size": batch_size, "threads": threads}
    settings = {"CONVNET_THREADS": str(threads)}
    sides = {
        name: Side(
            "engine.cli.bench_cpu_side",
            order | {"side": name},
            settings | (GENEROUS_MALLOC if name == "torch" else {}),
        )
        for name in names
    }
    times: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(_WARM_UP + steps):
        for name, side in sides.items():
            time.sleep(_REST)
            seconds, of_processors = side.ask("step")
            if turn >= _WARM_UP:
                times[name].append(seconds)
                processor[name].append(of_processors)
    memory = {name: side.ask("memory") for name, side in sides.items()}
    parts = [{name: side.ask("parts") for name, side in sides.items()} for _ in range(_PART_TURNS)]
    result: dict[str, Any] = {"batch_size": batch_size, "threads": threads, "steps": steps}
    for name, side in sides.items():
        result[name] = {
            "least": min(times[name]),
            "median": median(times[name]),
            "processor": min(processor[name]),
            "memory": memory[name],
            "layers": _least([turn[name] for turn in parts]),
            "facts": side.ask("facts"),
        }
        side.close()
    if peer != "none":
        pairs = [theirs / ours for ours, theirs in zip(times["ours"], times[peer], strict=True)]
        result["ratio"] = {
            "of least": min(times[peer]) / min(times["ours"]),
            "median of turns": median(pairs),
            "worst turn": min(pairs),
            "of processors": min(processor[peer]) / min(processor["ours"]),
        }
    return result


def _least(turns: Sequence[Layers]) -> Layers:
    """Return the least times of each layer's passes."""
    return {
        layer: [min(times) for times in zip(*(turn[layer] for turn in turns), strict=True)]
        for layer in turns[0]
    }


def describe(name: str, result: Mapping[str, Any]) -> str:
    """Return the figures of a network as lines of text."""
    ours = result["ours"]
    facts = ours["facts"]
    theirs = result.get("torch")
    adds: dict[str, int] = facts["multiply_adds"]
    on = threads_in_words(result["threads"])
    lines = [
        f"{name}, batch {result['batch_size']}, {on}, {facts['code'] or 'NumPy'}",
        _step("ours", ours, result["batch_size"]),
        f"  compiled in {facts['compiling']:.2f} s; a register tile makes {facts['peak'] / 1e9:.0f} GFLOP/s",
    ]
    if theirs:
        ratio = result["ratio"]
        lines.append(_step(f"PyTorch {theirs['facts']['version']}", theirs, result["batch_size"]))
        lines.append(
            f"  ratio {ratio['of least']:.2f} of the least, {ratio['median of turns']:.2f} median of turns, "
            f"{ratio['worst turn']:.2f} the worst turn; {ratio['of processors']:.2f} of processor time"
        )
    lines.append("  layer       forward ms  GFLOP/s  of peak  ratio   backward ms  ratio")
    for layer, (forward, backward) in ours["layers"].items():
        operations = 2 * adds.get(layer, 0) * result["batch_size"]
        speed = operations / forward if forward else 0.0
        share = speed / facts["peak"] if facts["peak"] else 0.0
        peer = theirs["layers"].get(layer) if theirs else None
        lines.append(
            f"  {layer:<10}{forward * 1e3:12.2f}{speed / 1e9:9.0f}{share:9.0%}"
            f"{_ratio(peer, 0, forward)}{backward * 1e3:14.2f}{_ratio(peer, 1, backward)}"
        )
    return "\n".join([*lines, *slower(ours["layers"], theirs["layers"] if theirs else {})])


def slower(ours: Layers, theirs: Layers) -> list[str]:
    """Return a line with the passes in which PyTorch's counterpart is quicker, worst first; updates count."""
    ratios = sorted(
        (theirs[layer][way] / ours[layer][way], f"{layer} {name}")
        for layer in ours.keys() & theirs.keys()
        for way, name in enumerate(("forward", "backward"))
        if ours[layer][way] and theirs[layer][way]
    )
    behind = [f"{name} {ratio:.2f}" for ratio, name in ratios if ratio < 1]
    named = f": {', '.join(behind)}" if behind else ""
    return [f"  {len(behind)} of {len(ratios)} slower than PyTorch{named}"] if ratios else []


def _step(name: str, side: Mapping[str, Any], batch_size: int) -> str:
    return (
        f"  {name}: {side['least'] * 1e3:.2f} ms a step at least, {side['median'] * 1e3:.2f} ms median, "
        f"{batch_size / side['median']:,.0f} examples/s, {side['memory'] / 2**20:,.0f} MiB"
    )


def _ratio(peer: list[float] | None, index: int, ours: float) -> str:
    return f"{peer[index] / ours:7.2f}" if peer and ours else "      –"
