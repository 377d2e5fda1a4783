"""Which axes of an operation's arrays belong together: all that partitioning knows of a kernel.

``"x=n|c weights=f| y=n|f"`` says for each port which letter its first and its last axis bear; axes that bear
none are never shared out. ``n`` counts examples. Where an axis is shared out, so is each axis of the same
letter; an output without a letter that the inputs share out is, on each rank, a term of a sum over them.

A kind of operation without a rule runs on whole inputs on each of its ranks: always right, never fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.plan.types import BATCH, Operation

RULES: Mapping[str, str] = {
    "conv.forward": "x=n| weights=f| biases=|f y=n|f",
    "conv.backward_data": "dy=n|f weights=f| gate=n| dx=n|",
    "conv.backward_weights": "x=n| dy=n|f dweights=f| dbiases=|f",
    "local.forward": "x=n| weights=|f biases=|f y=n|f",
    "local.backward_data": "dy=n|f weights=|f gate=n| dx=n|",
    "local.backward_weights": "x=n| dy=n|f dweights=|f dbiases=|f",
    "fc.forward": "x=n| weights=o| biases=|o y=n|o",
    "fc.backward_data": "dy=n|o weights=o| gate=n| dx=n|",
    "fc.backward_weights": "x=n| dy=n|o dweights=o| dbiases=|o",
    "sfc.forward": "x=n| weights=| biases=| y=n|",
    "sfc.backward_data": "dy=n| weights=| dx=n|",
    "sfc.backward_weights": "x=n| dy=n| dweights=|",
    "bias.backward": "dy=n|f dbiases=|f",
    "max_pool.forward": "x=n|c y=n|c",
    "max_pool.backward": "x=n|c y=n|c dy=n|c gate=n|c dx=n|c",
    "avg_pool.forward": "x=n|c y=n|c",
    "avg_pool.backward": "dy=n|c gate=n|c dx=n|c",
    "maxabs_pool.forward": "x=n|c y=n|c",
    "maxabs_pool.backward": "x=n|c y=n|c dy=n|c dx=n|c",
    "cmpool.forward": "x=n| y=n|",
    "cmpool.backward": "x=n| y=n| dy=n| dx=n|",
    "global_avg.forward": "x=n|c y=n|c",
    "global_avg.backward": "dy=n|c dx=n|c",
    "neuron.forward": "x=n|c y=n|c",
    "neuron.backward": "y=n|c dy=n|c dx=n|c",
    "neuron.backward_from_input": "x=n|c dy=n|c dx=n|c",
    "dropout.forward": "x=n|c y=n|c mask=n|c",
    "dropout.backward": "mask=n|c dy=n|c gate=n|c dx=n|c",
    "eltsum.forward": "x=n|c y=n|c",
    "eltsum.backward": "dy=n|c dx=n|c",
    "eltmax.forward": "x=n|c y=n|c",
    "eltmax.backward": "x=n|c y=n|c dy=n|c dx=n|c",
    "concat.forward": "x=n| y=n|",
    "concat.backward": "dy=n| dx=n|",
    "blur.forward": "x=n|c y=n|c",
    "blur.backward": "dy=n|c dx=n|c",
    "mirror.forward": "x=n|c y=n|c",
    "mirror.backward": "dy=n|c dx=n|c",
    "nailbed.forward": "x=n|c y=n|c",
    "nailbed.backward": "dy=n|c dx=n|c",
    "crop.forward": "x=n|c y=n|c",
    "resize.forward": "x=n|c y=n|c",
    "random_scale.forward": "x=n| y=n|",
    "random_scale.evaluate": "x=n| y=n|",
    "rgb_to_yuv.forward": "x=n| y=n|",
    "rgb_to_lab.forward": "x=n| y=n|",
    "cmrnorm.forward": "x=n| y=n| denominators=n|",
    "cmrnorm.backward": "x=n| denominators=n| dy=n| gate=n| dx=n|",
    "rnorm.forward": "x=n|c y=n|c denominators=n|c",
    "rnorm.backward": "x=n|c denominators=n|c dy=n|c dx=n|c",
    "cnorm.forward": "x=n|c y=n|c contrasts=n|c denominators=n|c",
    "cnorm.backward": "x=n|c contrasts=n|c denominators=n|c dy=n|c dx=n|c",
    # Statistics are over the whole batch, so only maps can be shared out.
    "batch_norm.forward": "x=|c weights=|c biases=|c y=|c means=|c scales=|c "
    "average_means=|c average_variances=|c",
    "batch_norm.backward_data": "x=|c weights=|c means=|c scales=|c dy=|c dx=|c",
    "batch_norm.backward_weights": "x=|c means=|c scales=|c dy=|c dweights=|c",
    "batch_norm.evaluate": "x=n|c weights=|c biases=|c average_means=|c average_variances=|c y=n|c",
    "softmax.forward": "x=n| y=n|",
    "softmax.backward": "y=n| dy=n| dx=n|",
    "cross_entropy.forward": "probabilities=n| labels=n| metrics=|",
    "cross_entropy.backward": "probabilities=n| labels=n| dprobabilities=n|",
    "target_cross_entropy.forward": "probabilities=n| targets=n| metrics=|",
    "target_cross_entropy.backward": "probabilities=n| targets=n| dprobabilities=n|",
    "bce.forward": "probabilities=n| targets=n| metrics=|",
    "bce.backward": "probabilities=n| targets=n| dprobabilities=n|",
    "sum2.forward": "x=n| metrics=|",
    "sum2.backward": "x=n| dx=n|",
    "one_hot.forward": "labels=n| y=n|",
    "softmax_cross_entropy.backward": "probabilities=n| labels=n| dx=n|",
    # What GPUs do at once.
    "softmax_cross_entropy.forward_backward": "x=n| labels=n| metrics=| dx=n|",
    "cmrnorm_max_pool.forward": "x=n| y=n|",
    "cmrnorm_max_pool.backward": "x=n| y=n| dy=n| gate=n| dx=n|",
    "pack.pictures": "x=n| y=n|",
    "pack.filters": "x=f| y=f|",
    "pack.filters_gradient": "dpacked=f| dweights=f|",
}

OF_EACH_DEVICE: Mapping[str, str] = {
    "batch_norm.forward": "x=n| weights=| biases=| y=n| means=| scales=| average_means=| average_variances=|",
    "batch_norm.backward_data": "x=n| weights=| means=| scales=| dy=n| dx=n|",
    "batch_norm.backward_weights": "x=n| means=| scales=| dy=n| dweights=|",
}
"""The rules of layers whose statistics are over each device's own examples."""

OWN = frozenset({"means", "scales"})
"""Ports at which each rank then has what no other has: like a term of a sum that nobody takes."""

AVERAGED = frozenset({"average_means", "average_variances"})
"""Ports at which each rank then brings forward what all have, and all take the mean."""

LINEAR = frozenset({"pack.filters_gradient"})
"""Kinds that make of terms of a sum, as gradients of weights often are, such terms of what they make."""

UNIT_KEYED = frozenset({"dropout.forward"})
"""Kinds whose kernel needs to know, where maps or units are shared out, which of all it has: ``channels``."""


@dataclass(frozen=True)
class Axes:
    """The letters of an array's first and last axis, "" where an axis bears none."""

    first: str = ""
    last: str = ""

    def axis(self, letter: str | None) -> int | None:
        """Return the axis that bears ``letter``: 0, −1, or None where none does."""
        if not letter:
            return None
        return 0 if self.first == letter else -1 if self.last == letter else None


@dataclass(frozen=True)
class Rule:
    """The letters at each port of an operation. ``own`` is the one letter that is not the batch's, if any."""

    ports: Mapping[str, Axes]
    own: str | None

    def axes(self, port: str) -> Axes:
        """Return the letters at a port; a port that the rule does not name is whole on every rank."""
        return self.ports.get(port, Axes())


def rule_of(operation: Operation, *, of_each_device: bool = False) -> Rule:
    """Return the rule of an operation; one without letters where there is none."""
    text = RULES.get(operation.kind, "")
    if of_each_device:
        text = OF_EACH_DEVICE.get(operation.kind, text)
    return _parse(text, whole_groups=operation.attributes.get("groups", 1) == 1)


def takes_terms(kind: str, port: str) -> bool:
    """Whether an operation may read at a port what is no whole, but a term of a sum, or a rank's own."""
    return kind in LINEAR or (kind in OF_EACH_DEVICE and port in OWN)


def _parse(text: str, *, whole_groups: bool) -> Rule:
    """Parse a rule. Filters that see only a group of the channels are not shared out."""
    ports = {}
    for entry in text.split():
        port, _, letters = entry.partition("=")
        first, _, last = letters.partition("|")
        ports[port] = Axes(first, last)
    own = {letter for axes in ports.values() for letter in (axes.first, axes.last)} - {"", BATCH}
    return Rule(ports, own.pop() if own and whole_groups else None)
