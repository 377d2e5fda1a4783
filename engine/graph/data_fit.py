"""Whether a data set fits a network, and which layers have to change so that it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.errors import DataMismatchError
from engine.graph.layer_graph import LayerGraph
from engine.layers.base import Layer, TensorType
from engine.layers.conv import Conv
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dropout import Dropout
from engine.layers.dropout2 import Dropout2
from engine.layers.fc import Fc
from engine.layers.global_avg import GlobalAvg
from engine.layers.neuron import Neuron
from engine.layers.one_hot import OneHot
from engine.layers.pass_on import PassOn
from engine.layers.softmax import Softmax
from engine.words import Words

LEAST_CROP = 0.75
"""Share of a picture's height and width that a crop has at least where it is meant to be one."""


@dataclass(frozen=True)
class DataFacts:
    """What a network has to know of a data set: ``shape`` is (height, width, channels) of its pictures."""

    name: str
    shape: tuple[int, int, int]
    classes: int


BUILT_IN = {
    "digits": DataFacts("digits", (8, 8, 1), 10),
    "shapes": DataFacts("shapes", (32, 32, 3), 10),
}
"""The data sets that come with the program."""


def data_problems(
    graph: LayerGraph, outputs: Mapping[str, TensorType], facts: DataFacts, border: int
) -> list[DataMismatchError]:
    """Return where a data set does not fit a network whose layers have these ``outputs``.

    Pictures with their ``border``, in px, may be larger than the data layer: they are cropped.
    """
    problems: list[DataMismatchError] = []
    sizes = [(name, layer) for name, layer in graph.layers().items() if isinstance(layer, Data)]
    for name, layer in sizes:
        problems += _data_layer_problems(name, layer, facts, border)
        if layer.size != sizes[0][1].size or layer.channels != sizes[0][1].channels:
            expected = Words("the size of {layer}, since both see the same crops", layer=sizes[0][0])
            found, hint = str(outputs.get(name, "another")), "Set both to one size."
            problems.append(
                DataMismatchError(layer=name, field="size", expected=expected, found=found, hint=hint)
            )
    for name, field, found_classes in _class_counts(graph, outputs):
        if found_classes < facts.classes:
            problems.append(
                DataMismatchError(
                    layer=name,
                    field=field,
                    expected=Words(
                        "one for each of the {count} classes of {data}", count=facts.classes, data=facts.name
                    ),
                    found=str(found_classes),
                    hint=Words("Set {field} to {count}.", field=field, count=facts.classes)
                    if field
                    else Words("Set the number of classes to {count}.", count=facts.classes),
                )
            )
    return problems


def _data_layer_problems(
    name: str, layer: Data, facts: DataFacts, border: int
) -> Iterator[DataMismatchError]:
    pictures = TensorType(facts.shape)
    seen = TensorType((*layer.size, layer.channels))
    height, width, channels = facts.shape
    wrong = None
    if layer.channels != channels:
        wrong = "channels"
    elif layer.size[0] > height + 2 * border or layer.size[1] > width + 2 * border:
        wrong = "size"
    if wrong is not None:
        yield DataMismatchError(
            layer=name,
            field=wrong,
            expected=Words("pictures of {size}, or larger ones to crop", size=seen),
            found=Words("{size} in the data set {data}", size=pictures, data=facts.name),
            hint=Words("Set size and channels of layer {layer} to {size}.", layer=name, size=pictures),
        )


def _class_counts(
    graph: LayerGraph, outputs: Mapping[str, TensorType]
) -> Iterator[tuple[str, str | None, int]]:
    """Yield layers that have something for each class, with the field that says how many, and the number."""
    for name, layer in graph.layers().items():
        if isinstance(layer, OneHot):
            yield name, "classes", layer.classes
        elif isinstance(layer, CrossEntropy):
            wire = graph.wire_into(name, 0)
            if wire is not None and len(outputs.get(wire.source, TensorType(())).shape) == 1:
                place = _decided_by(graph, name)
                yield *(place or (name, None)), outputs[wire.source].shape[0]


def _decided_by(graph: LayerGraph, cost: str) -> tuple[str, str] | None:
    """Return the layer before a cost that says how many probabilities there are, and its field."""
    name = cost
    while (wire := graph.wire_into(name, 0)) is not None:
        name = wire.source
        match graph[name]:
            case Fc():
                return name, "outputs"
            case Conv():
                return name, "filters"
            case Softmax() | PassOn() | Neuron() | Dropout() | Dropout2() | GlobalAvg():
                continue
        break
    return None


def fitted_layers(graph: LayerGraph, facts: DataFacts, border: int) -> dict[str, Layer]:
    """Return the layers that have to change so that a data set fits, by name, as they have to be.

    Data layers take the size of the pictures, unless they are a crop already; layers that have something for
    each class get their number.
    """
    fitted: dict[str, Layer] = {}
    for name, layer in graph.layers().items():
        if isinstance(layer, Data):
            size = layer.size if _is_crop(layer, facts, border) else facts.shape[:2]
            fitted[name] = replace(layer, size=size, channels=facts.shape[2])
        elif isinstance(layer, OneHot):
            fitted[name] = replace(layer, classes=facts.classes)
        elif layer.is_cost and (place := _decided_by(graph, name)) is not None:
            decider, field = place
            fitted[decider] = replace(graph[decider], **{field: facts.classes})  # type: ignore[arg-type]
    return {name: layer for name, layer in fitted.items() if layer != graph[name]}


def _is_crop(layer: Data, facts: DataFacts, border: int) -> bool:
    return all(
        LEAST_CROP * extent <= crop <= extent + 2 * border
        for extent, crop in zip(facts.shape, layer.size, strict=False)
    )
