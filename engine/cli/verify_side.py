"""Trains split and unsplit for ``convnet verify``: in one process, or as one of several that are ranks."""

from __future__ import annotations

import dataclasses
import sys
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from engine.cli.launched import answer
from engine.graph.network_file import load
from engine.graph.presets import choose_split
from engine.parallel.devices import device_names
from engine.parallel.team import ALONE, Team
from engine.plan.analysis.infer import infer
from engine.plan.compile.pipeline import compile_network
from engine.plan.types import DType, Precision
from engine.runtime.devices import device_kind
from engine.training.serial_parts import changes_the_answer, train_in_parts
from engine.training.verification import deviation, make_batches, train, train_rank

Numbers = Literal["float64", "float32", "bfloat16"]
"""What is computed with; bfloat16 on GPUs alone, with sums of float32."""


class Order(msgspec.Struct, frozen=True):
    """What to verify. ``split`` is a name as in training, "" for one device."""

    network: str  # path
    devices: str
    split: str
    steps: int
    batch_size: int
    numbers: Numbers


def compare(order: Order, team: Team = ALONE) -> dict[str, float]:
    """Return, on rank 0, how far each array of a split training is from that of one device.

    Without a team all ranks are threads of this process. That one is the CPU, but for bfloat16, which it has
    not.
    """
    network = load(Path(order.network))
    layers = infer(network.graph)
    names = device_names(order.devices)
    kind = device_kind(names[team.line.rank])
    dtype: DType = "float64" if order.numbers == "float64" else "float32"
    precision: Precision = "bfloat16" if order.numbers == "bfloat16" else "float32"
    chosen = choose_split(network.graph, network.splits, order.split, len(names))
    batches = make_batches(layers, order.batch_size, order.steps, network.training.seed)
    compile_for = partial(
        compile_network,
        network.graph,
        order.batch_size,
        dtype=dtype,
        precision=precision,
        training=network.training,
    )
    plan = compile_for(split=chosen, device=kind)
    if team.is_alone:
        other = train(plan, network, layers, batches, devices=names)
    else:
        own = names[team.line.rank]
        other = train_rank(plan, network, layers, batches, line=team.line, device=own)
    if not team.leads:
        return {}
    if changes_the_answer(layers, chosen):
        return deviation(train_in_parts(network, layers, batches, chosen, dtype), other)
    unsplit = dataclasses.replace(chosen, devices=("A",), layers=(), scheme="a")
    one_kind: Literal["cpu", "cuda"] = kind if precision == "bfloat16" else "cpu"
    one = compile_for(split=unsplit, device=one_kind)
    return deviation(
        train(one, network, layers, batches, devices=names[:1] if one_kind == kind else ()), other
    )


if __name__ == "__main__":
    sys.exit(answer(Order, compare))
