"""``convnet bench gpu``: a training step on a GPU, whole and by operation, beside PyTorch's best."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

_EXAMPLES = ("cifar10", "imagenet")
_BATCH_SIZES = (128, 512)
_LARGE_BATCHES = (1024, 2048)


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
        Literal["auto", "bfloat16", "tf32", "float32"], typer.Option(help="Of the engine's step.")
    ] = "auto",
    full: Annotated[bool, typer.Option("--full", help="Every way of PyTorch; large batches too.")] = False,
    ways: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many ways of PyTorch.", show_default="all")
    ] = None,
    compilers: Annotated[
        int, typer.Option(min=0, help="Processes that compile PyTorch's steps beforehand.")
    ] = 6,
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
    from engine.cli import bench_gpu_measure

    chosen = networks or [_example(name) for name in _EXAMPLES]
    check(chosen, peer)
    if errors:
        _compare(chosen, output)
        return
    sizes = batch_size or [*_BATCH_SIZES, *(_LARGE_BATCHES if full else ())]
    orders = [
        {"network": str(network), "batch_size": size, "precision": precision, "full": full, "ways": ways}
        for network in chosen
        for size in sizes
    ]
    if peer == "torch" and compilers:
        bench_gpu_measure.compile_all(orders, compilers)
    results = []
    for order in orders:
        results.append(bench_gpu_measure.measure(order, peer, cold=cold))
        if output is not None:
            output.write_text(json.dumps(results, indent=2), encoding="utf-8")
    if any(result["ratio"] < bench_gpu_measure.BAR for result in results if "ratio" in result):
        raise typer.Exit(1)


def check(networks: list[Path], peer: str) -> None:
    """Raise what is wrong with a file, DeviceError without a GPU, BadParameter where the peer is missing."""
    from engine.graph.network_file import load
    from engine.runtime.devices import device_kind

    for network in networks:
        load(network)
    device_kind("cuda:0")
    if peer == "torch" and find_spec("torch") is None:
        raise typer.BadParameter("PyTorch is not installed", param_hint="--peer")


def _compare(networks: list[Path], output: Path | None) -> None:
    from engine.cli import bench_gpu_errors

    worst = bench_gpu_errors.compare(networks)
    print(bench_gpu_errors.describe(worst))
    if output is not None:
        output.write_text(json.dumps(worst, indent=2), encoding="utf-8")
    if not bench_gpu_errors.all_reached(worst):
        raise typer.Exit(1)


def _example(name: str) -> Path:
    return Path(str(files("resources").joinpath("examples", f"{name}.convnet")))
