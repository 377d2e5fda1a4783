"""Shapes, weights and costs of the layers, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from importlib import import_module

import pytest

from engine.layers.base import Cost, Initial, Layer, Learning, ShapeRuleError, TensorType
from engine.layers.catalogue import (
    KINDS,
    LAYERS,
    Conv,
    CrossEntropy,
    Data,
    Dropout,
    Fc,
    Labels,
    Neuron,
    Pool,
    Softmax,
)

PICTURE = TensorType((32, 24, 3))
VECTOR = TensorType((10,))
LABELS = TensorType((), "labels")


@pytest.mark.parametrize(
    ("layer", "inputs", "shape"),
    [
        (Data(size=(8, 9), channels=2), (), (8, 9, 2)),
        (Labels(), (), ()),
        (Conv(filters=7, size=(5, 3), stride=(2, 1), padding=(0, 1)), (PICTURE,), (15, 24, 7)),
        (Pool(size=(3, 2), stride=(2, 2), start=(-1, 0)), (PICTURE,), (16, 12, 3)),
        (Pool(size=(3, 2), stride=(2, 2), outputs=(0, 5)), (PICTURE,), (16, 5, 3)),
        (Fc(outputs=10), (PICTURE,), (10,)),
        (Fc(outputs=4), (VECTOR,), (4,)),
        (Neuron(), (PICTURE,), (32, 24, 3)),
        (Dropout(), (VECTOR,), (10,)),
        (Softmax(), (VECTOR,), (10,)),
        (CrossEntropy(), (VECTOR, LABELS), ()),
    ],
)
def test_output_shape(layer: Layer, inputs: tuple[TensorType, ...], shape: tuple[int, ...]) -> None:
    """(32 − 5) / 2 = 13.5 → 14 + 1 places; (32 + 1 − 3) / 2 = 15 + 1 windows."""
    assert layer.output(inputs).shape == shape


def test_contents_of_outputs() -> None:
    assert Labels().output(()).content == "labels"
    assert CrossEntropy().output((VECTOR, LABELS)).content == "cost"
    assert Fc().output((PICTURE,)).content == "values"
    assert (str(PICTURE), str(LABELS), str(CrossEntropy().output((VECTOR, LABELS)))) == (
        "32×24×3",
        "labels",
        "cost",
    )


@pytest.mark.parametrize(
    ("layer", "inputs", "port", "words"),
    [
        (Conv(), (VECTOR,), 0, "a picture (height × width × channels)"),
        (Pool(), (VECTOR,), 0, "a picture (height × width × channels)"),
        (Conv(size=(40, 24), padding=(1, 0)), (PICTURE,), 0, "a picture of at least 38 × 24 px"),
        (Pool(size=(33, 3), stride=(1, 1)), (PICTURE,), 0, "a picture of at least 33 × 3 px"),
        (Pool(size=(3, 3), stride=(4, 3)), (PICTURE,), 0, "a stride of at most the window size"),
        (Pool(outputs=(17, 0)), (PICTURE,), 0, "an input into which 17 windows fit"),
        (Pool(size=(3, 3), start=(0, -3)), (PICTURE,), 0, "a start less than a window size outside"),
        (Softmax(), (PICTURE,), 0, "a vector of one value a class"),
        (CrossEntropy(), (PICTURE, LABELS), 0, "a vector of one probability a class"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_what_would(
    layer: Layer, inputs: tuple[TensorType, ...], port: int, words: str
) -> None:
    with pytest.raises(ShapeRuleError) as caught:
        layer.output(inputs)
    assert (caught.value.port, caught.value.expected) == (port, words)
    assert caught.value.hint.endswith(".")


def test_a_window_may_be_as_large_as_the_padded_picture() -> None:
    assert Conv(filters=1, size=(34, 24), padding=(1, 0)).output((PICTURE,)).shape == (1, 1, 1)
    assert Pool(size=(32, 24)).output((PICTURE,)).shape == (1, 1, 3)


def test_conv_weights_and_cost() -> None:
    """7 filters of 5 × 3 × 3 = 45 weights each, applied at 15 × 24 places."""
    conv = Conv(filters=7, size=(5, 3), stride=(2, 1), padding=(0, 1))
    weights, biases = conv.weights((PICTURE,))
    assert (weights.name, weights.shape) == ("weights", (7, 5, 3, 3))
    assert weights.axes == ("filter", "kernel_height", "kernel_width", "channel")
    assert (biases.name, biases.shape, biases.axes) == ("biases", (7,), ("filter",))
    assert conv.cost((PICTURE,)) == Cost(
        weights=315, biases=7, multiply_adds=15 * 24 * 7 * 45, activations=15 * 24 * 7
    )


def test_fc_weights_and_cost() -> None:
    """Pictures are flattened: 32 · 24 · 3 = 2304 inputs."""
    fc = Fc(outputs=10)
    weights, biases = fc.weights((PICTURE,))
    assert (weights.shape, weights.axes) == ((10, 2304), ("output", "input"))
    assert (biases.shape, biases.axes) == ((10,), ("output",))
    assert fc.cost((PICTURE,)) == Cost(weights=23040, biases=10, multiply_adds=23040, activations=10)


@pytest.mark.parametrize(
    ("layer", "inputs", "activations"),
    [
        (Data(size=(8, 9), channels=2), (), 144),
        (Labels(), (), 1),
        (Pool(size=(2, 2)), (PICTURE,), 16 * 12 * 3),
        (Neuron(), (PICTURE,), 2304),
        (Dropout(), (VECTOR,), 10),
        (Softmax(), (VECTOR,), 10),
        (CrossEntropy(), (VECTOR, LABELS), 0),
    ],
)
def test_layers_without_weights_cost_their_activations(
    layer: Layer, inputs: tuple[TensorType, ...], activations: int
) -> None:
    assert layer.cost(inputs) == Cost(activations=activations)


def test_costs_add_up() -> None:
    assert Cost(1, 2, 3, 4) + Cost(10, 20, 30, 40) == Cost(11, 22, 33, 44)


@pytest.mark.parametrize(
    ("initial", "conv", "fc"),
    [
        ("he", math.sqrt(2 / 75), math.sqrt(2 / 2304)),
        ("glorot", math.sqrt(2 / (75 + 25 * 8)), math.sqrt(2 / (2304 + 5))),
        ("normal", 0.3, 0.3),
    ],
)
def test_weights_start_by_the_rule_that_was_chosen(initial: str, conv: float, fc: float) -> None:
    """He: √(2 / inputs). Glorot: √(2 / (inputs + outputs)); a filter has 5 · 5 · 8 outputs for each input."""
    layer = Conv(filters=8, size=(5, 5), initial=initial, deviation=0.3, bias=0.25)
    weights, biases = layer.weights((PICTURE,))
    assert weights.initial.distribution == "normal"
    assert weights.initial.deviation == pytest.approx(conv)
    assert biases.initial == Initial("constant", mean=0.25)
    dense = Fc(outputs=5, initial=initial, deviation=0.3).weights((PICTURE,))[0]
    assert dense.initial.deviation == pytest.approx(fc)


def test_rates_momentum_and_decay_reach_the_weights_and_biases_do_not_decay() -> None:
    weights, biases = Fc(rate=2.0, bias_rate=3.0, momentum=0.5, decay=0.1).weights((VECTOR,))
    assert weights.learning == Learning(rate=2.0, momentum=0.5, decay=0.1)
    assert biases.learning == Learning(rate=3.0, momentum=0.5, decay=0.0)


def test_unset_momentum_and_decay_are_left_to_the_network() -> None:
    weights, _ = Fc().weights((VECTOR,))
    assert weights.learning == Learning(rate=1.0, momentum=None, decay=None)


def test_frozen_layers_and_rates_of_zero_do_not_learn() -> None:
    assert [w.learning.learns for w in Fc(frozen=True, rate=5.0).weights((VECTOR,))] == [False, False]
    assert [w.learning.learns for w in Fc(rate=0.0).weights((VECTOR,))] == [False, True]
    assert [w.learning.learns for w in Fc(bias_rate=0.0).weights((VECTOR,))] == [True, False]


@pytest.mark.parametrize(
    ("layer", "caption"),
    [
        (Data(), "32×32 px · 3 ch"),
        (Conv(), "5×5 · 32 filters · ReLU"),
        (Conv(stride=(2, 2), neuron="none"), "5×5 · 32 filters · stride 2"),
        (Conv(stride=(2, 1), neuron="tanh"), "5×5 · 32 filters · stride 2×1 · tanh"),
        (Pool(), "Maximum · 3×3 · stride 2"),
        (Pool(pool="avg", size=(2, 3), stride=(1, 1)), "Average · 2×3"),
        (Fc(), "10 outputs"),
        (Fc(neuron="logistic"), "10 outputs · Logistic"),
        (Neuron(neuron="none"), "None (identity)"),
        (Dropout(keep=0.25), "keep 0.25"),
        (Labels(), ""),
    ],
)
def test_captions(layer: Layer, caption: str) -> None:
    assert layer.caption() == caption


@pytest.mark.parametrize("layer", LAYERS)
def test_each_kind_has_a_file_words_and_a_source(layer: type[Layer]) -> None:
    module = import_module(f"engine.layers.{layer.kind}")
    assert layer.__module__ == module.__name__
    assert layer.title
    assert layer.summary.endswith(".")
    assert "=" in layer.formula or layer is Labels
    assert layer.source
    # The file says beside the fields whether a layer is muted.
    assert layer().specs().keys() | {"muted"} == set(vars(layer()))


def test_kinds_are_unique_and_layers_cannot_be_changed() -> None:
    assert list(KINDS) == [layer.kind for layer in LAYERS]
    assert len(KINDS) == len(LAYERS)
    with pytest.raises(FrozenInstanceError):
        Fc().outputs = 3  # type: ignore[misc]
