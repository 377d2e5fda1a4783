"""``convnet bench gpu``: a training step on a GPU, whole and by operation, beside PyTorch's best."""

from __future__ import annotations

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

import typer

from engine.cli import bench_gpu_errors
from engine.cli.bench_gpu_report import describe_ours, describe_ratio, describe_variant
from engine.cli.bench_side import Side
from engine.graph.network_file import SUFFIX, load

BAR = 2.0
"""PyTorch's best time over ours that must be reached."""

_MODULE = "engine.cli.bench_gpu_side"
_EXAMPLES = ("cifar10", "imagenet")
_BATCH_SIZES = (128, 512)
_LARGE_BATCHES = (1024, 2048)
_TURNS = 9
_COMPILERS = 4
"""Processes that compile for PyTorch at a time, before it is measured."""

Result = dict[str, Any]


def bench_gpu(
    networks: Annotated[
        list[Path] | None, typer.Argument(help="*.convnet files.", show_default="cifar10 and imagenet")
    ] = None,
    *,
    batch_size: Annotated[
        list[int] | None, typer.Option(min=1, help="Examples of a step.", show_default="128 and 512")
    ] = None,
    peer: Annotated[Literal["none", "torch"], typer.Option(help="What to measure against.")] = "none",
    precision: Annotated[
        Literal["auto", "bfloat16", "float32"], typer.Option(help="Of the engine's step.")
    ] = "auto",
    full: Annotated[bool, typer.Option("--full", help="Every way of PyTorch; large batches too.")] = False,
    cold: Annotated[
        bool, typer.Option("--cold", help="Time first steps too, with and without caches.")
    ] = False,
    errors: Annotated[
        bool, typer.Option("--errors", help="Compare each kernel with float64 instead of timing it.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="A file for the figures, as JSON.")] = None,
) -> None:
    """Time training steps on a GPU, by turns with PyTorch's, whole and by operation.

    Exits with 1 where PyTorch's best takes less than twice as long, or an error is above its bar.
    """
    chosen = networks or [_example(name) for name in _EXAMPLES]
    check(chosen, peer)
    if errors:
        _compare(chosen, output)
        return
    sizes = batch_size or [*_BATCH_SIZES, *(_LARGE_BATCHES if full else ())]
    results: list[Result] = []
    for network in chosen:
        for size in sizes:
            order = {"network": str(network), "batch_size": size, "precision": precision, "full": full}
            result = {"network": network.stem, "batch_size": size}
            results.append(result)
            try:
                if cold:
                    result["first_step"] = first_steps(order)
                measure(order, peer, result)
            except ValueError:
                print(f"{network.stem}, batch {size}: a process ended; what it said is above", flush=True)
            if output is not None:
                output.write_text(json.dumps(results, indent=2), encoding="utf-8")
    if any(result["ratio"] < BAR for result in results if "ratio" in result):
        raise typer.Exit(1)


def check(networks: list[Path], peer: str) -> None:
    """Raise what is wrong with a file, DeviceError without a GPU, BadParameter where the peer is missing."""
    from engine.runtime.devices import device_kind

    for network in networks:
        load(network)
    device_kind("cuda:0")
    if peer == "torch" and find_spec("torch") is None:
        raise typer.BadParameter("PyTorch is not installed", param_hint="--peer")


def _compare(networks: list[Path], output: Path | None) -> None:
    worst = bench_gpu_errors.compare(networks)
    print(bench_gpu_errors.describe(worst))
    if output is not None:
        output.write_text(json.dumps(worst, indent=2), encoding="utf-8")
    if not bench_gpu_errors.all_reached(worst):
        raise typer.Exit(1)


def first_steps(order: Result) -> dict[str, float]:
    """Return s from a process's start until its first step is done, without and with CuPy's cache."""
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cold", "warm"):
            side = _ours(order, {"CUPY_CACHE_DIR": folder})
            seconds[name] = side.ask("ready")
            side.close()
    return seconds


def measure(order: Result, peer: str, result: Result) -> None:
    """Add all figures of a network at a batch size to ``result``, and print them as they come."""
    idle = memory_used()
    ours = _ours(order, {})
    result["ours"] = {"ready": ours.ask("ready"), "memory": memory_used() - idle, "facts": ours.ask("facts")}
    result["ours"] |= {"limits": ours.ask("limits"), "parts": ours.ask("parts")}
    result["ours"]["ms"] = [ours.ask("step") for _ in range(_TURNS)]
    print(describe_ours(result), flush=True)
    if peer == "torch":
        result["variants"] = _by_turns(ours, order)
        best = min((median(one["ratios"]) for one in result["variants"] if "ratios" in one), default=None)
        if best is not None:
            result["ratio"] = best
            print(describe_ratio(result, BAR), flush=True)
    ours.close()


def _compile(order: Result, variants: list[Result]) -> None:
    """Have PyTorch's compiler fill its cache with all variants at once; whether it can is seen later."""

    def compile_one(number: int) -> None:
        compiler = Side(_MODULE, order | {"side": "torch"}, {})
        compiler.ask(f"prepare {number} untuned")
        compiler.close()

    with ThreadPoolExecutor(_COMPILERS) as pool:
        list(pool.map(compile_one, [number for number, one in enumerate(variants) if one["compiled"]]))


def _by_turns(ours: Side, order: Result) -> list[Result]:
    """Return the figures of each of PyTorch's variants, timed by turns with our step."""
    idle = memory_used()
    theirs = Side(_MODULE, order | {"side": "torch"}, {})
    variants: list[Result] = theirs.ask("variants")
    facts = theirs.ask("facts")
    start = time.perf_counter()
    _compile(order, variants)
    print(f"  PyTorch compiled for {time.perf_counter() - start:.0f} s", flush=True)
    for number, variant in enumerate(variants):
        variant |= {"facts": facts, **theirs.ask(f"prepare {number}")}
        if "failed" not in variant:
            turns = [(theirs.ask("step"), ours.ask("step")) for _ in range(_TURNS)]
            variant["ms"] = [their_time for their_time, _ in turns]
            variant["ratios"] = [their_time / our_time for their_time, our_time in turns]
            variant["memory"] = memory_used() - idle
        print(describe_variant(variant, order["batch_size"]), flush=True)
    theirs.close()
    return variants


def memory_used() -> int:
    """Return the bytes of the first GPU that are in use, by NVML; 0 where it cannot tell."""
    from engine.supervisor.devices import read_gpus

    gpus = read_gpus()
    return gpus[0].memory_used if gpus else 0


def _ours(order: Result, settings: dict[str, str]) -> Side:
    return Side(_MODULE, order | {"side": "ours"}, settings)


def _example(name: str) -> Path:
    return Path(str(files("resources").joinpath("examples", name + SUFFIX)))
