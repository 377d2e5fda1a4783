"""Measures training steps on a GPU, by turns with PyTorch's, for ``convnet bench gpu``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from engine.cli.bench_gpu_report import describe_ours, describe_ratio, describe_variant
from engine.cli.bench_side import Side
from engine.cli.torch_ways import Variant, variants
from engine.graph.network_file import load
from engine.plan.analysis.infer import infer

BAR = 2.0
"""PyTorch's best time over ours that must be reached."""

_MODULE = "engine.cli.bench_gpu_side"
_TURNS = 9
_NO_SETTINGS: Mapping[str, str] = {}

Order = Mapping[str, Any]
"""What a side measures: network, batch_size, precision, full, ways."""

Result = dict[str, Any]


def compile_all(orders: Sequence[Order], compilers: int) -> None:
    """Have PyTorch's compiler fill its cache with all variants, several at a time.

    What cannot be compiled here, for want of memory, say, is so later, when it is measured.
    """
    start = time.perf_counter()
    wanted = [
        (order, number)
        for order in orders
        for number, variant in enumerate(_variants(order))
        if variant.is_compiled
    ]

    def compile_one(order: Order, number: int) -> None:
        with closing(_side("torch", order)) as side:
            side.ask(f"prepare {number} untuned")

    with ThreadPoolExecutor(compilers) as pool:
        for done in [pool.submit(compile_one, *each) for each in wanted]:
            done.exception()
    print(f"PyTorch compiled {len(wanted)} steps in {time.perf_counter() - start:.0f} s", flush=True)


def measure(order: Order, peer: str, *, cold: bool) -> Result:
    """Return all figures of a network at a batch size, and print them as they come."""
    result: Result = {"network": Path(order["network"]).stem, "batch_size": order["batch_size"]}
    try:
        if cold:
            result["first_step"] = first_steps(order)
        idle = memory_used()
        with closing(_side("ours", order)) as ours:
            figures: Result = {"ready": ours.ask("ready"), "memory": memory_used() - idle}
            figures |= {word: ours.ask(word) for word in ("facts", "limits", "parts")}
            figures["ms"] = [ours.ask("step") for _ in range(_TURNS)]
            result["ours"] = figures
            print(describe_ours(result), flush=True)
            if peer == "torch":
                _add_peer(result, ours, order)
    except ValueError:
        print(f"{result['network']}, batch {result['batch_size']}: a process ended; see what it says above")
    return result


def _add_peer(result: Result, ours: Side, order: Order) -> None:
    """Add the figures of PyTorch's variants, and the median ratio of the best, if any ran."""
    result["variants"] = _by_turns(ours, order)
    ratios = [float(median(figure["ratios"])) for figure in result["variants"] if "ratios" in figure]
    if ratios:
        result["ratio"] = min(ratios)
        print(describe_ratio(result, BAR), flush=True)


def first_steps(order: Order) -> dict[str, float]:
    """Return s from a process's start until its first step is done, without and with anything cached."""
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cold", "warm"):
            caches = {"CUPY_CACHE_DIR": folder, "CONVNET_CODE_CACHE": folder}
            with closing(_side("ours", order, caches)) as side:
                seconds[name] = side.ask("ready")
    return seconds


def _by_turns(ours: Side, order: Order) -> list[Result]:
    """Return the figures of each of PyTorch's variants, timed by turns with our step."""
    idle = memory_used()
    layers = infer(load(Path(order["network"])).graph)
    figures = []
    with closing(_side("torch", order)) as theirs:
        facts = theirs.ask("facts")
        of_cuda = memory_used() - idle
        for number, variant in enumerate(_variants(order)):
            figure: Result = {"name": variant.name(layers), "facts": facts, **theirs.ask(f"prepare {number}")}
            if "failed" not in figure:
                turns = [(theirs.ask("step"), ours.ask("step")) for _ in range(_TURNS)]
                figure["ms"] = [their_time for their_time, _ in turns]
                figure["ratios"] = [their_time / our_time for their_time, our_time in turns]
                figure["memory"] = of_cuda + theirs.ask("memory")
            figures.append(figure)
            print(describe_variant(figure, order["batch_size"]), flush=True)
    return figures


def _variants(order: Order) -> list[Variant]:
    return variants(infer(load(Path(order["network"])).graph), full=order["full"])[: order["ways"]]


def _side(name: str, order: Order, settings: Mapping[str, str] = _NO_SETTINGS) -> Side:
    return Side(_MODULE, {**order, "side": name, "started": time.time()}, settings)


def memory_used() -> int:
    """Return the bytes of the first GPU that are in use, by NVML; 0 where it cannot tell."""
    from engine.supervisor.devices import read_gpus

    gpus = read_gpus()
    return gpus[0].memory_used if gpus else 0
