"""Writes docs/layers.md from the layers themselves.

    .venv/bin/python tools/write_layer_docs.py

A test holds the page equal to what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from engine.layers.base import Layer, Port
from engine.layers.catalogue import LAYERS
from engine.layers.neuron import NEURON_KINDS

PAGE = Path(__file__).parents[1] / "docs" / "layers.md"

_HEAD = """# Layers

Every kind of layer: what it computes, where that comes from, and its fields. This page is made from the
program (`tools/write_layer_docs.py`). Pictures are (height, width, channels); pictures are flattened in that
order where a vector is needed. A batch's last examples may be padding: it counts for no cost, no gradient
and no statistics. `file-format.md` shows the fields as a file holds them.

Two cross entropies are easily mixed up. For a label t and an output x in (0, 1) the talk shows the binary
one, t·log x + (1 − t)·log(1 − x) (without its minus sign): that is `bce`. What networks train with after a
softmax is −log p of the true class: that is `cross_entropy`.
"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD, *_neurons()]
    for family, layers in groupby(sorted(LAYERS, key=_place), lambda layer: layer.family):
        parts.append(f"## {family.capitalize()}\n")
        for layer in layers:
            parts += _layer(layer)
    return "\n".join(parts)


def _place(layer: type[Layer]) -> int:
    """Return the place of a layer's family: that of the family's first layer."""
    return [other.family for other in LAYERS].index(layer.family)


def _neurons() -> Iterator[str]:
    yield "## Neurons\n"
    yield "A field *Neuron* takes one of these; parameters stand in brackets, as in `tanh[1.7159,0.6667]`.\n"
    yield "| name | function | default parameters |\n|---|---|---|"
    for kind in NEURON_KINDS.values():
        numbers = ", ".join(f"{name} = {value:g}" for name, value in zip("ab", kind.parameters, strict=False))
        yield f"| `{kind.name}` | {_cell(kind.formula)} | {numbers} |"
    yield ""


def _layer(layer: type[Layer]) -> Iterator[str]:
    yield f"### {layer.title} (`{layer.kind}`)\n"
    yield f"{layer.summary}\n"
    yield "```\n" + layer.formula + "\n```\n"
    yield f"Source: {layer.source}.\n"
    yield f"Inputs: {', '.join(map(_port, layer.inputs)) or 'none'}.\n"
    specs = layer.specs()
    if not specs:
        return
    defaults = layer()
    yield "| field | default | values | meaning |\n|---|---|---|---|"
    for name, spec in specs.items():
        default = spec.dump(getattr(defaults, name))
        unit = f" {spec.unit}" if spec.unit else ""
        yield f"| `{name}` | {_cell(str(default))}{unit} | {_cell(spec.expected)} | {_cell(spec.help)} |"
    yield ""


def _port(port: Port) -> str:
    words = [port.title.lower()]
    if port.many:
        words.append(f"at least {port.least}, one wire each" if port.least > 1 else "one or several")
    if not port.gradient:
        words.append("no gradient back")
    return words[0] + (f" ({'; '.join(words[1:])})" if words[1:] else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "; ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
